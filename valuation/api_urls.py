from rest_framework.routers import SimpleRouter

from valuation.api import PreviewViewSet, ValuationRunViewSet

router = SimpleRouter()
router.register("valuation-runs", ValuationRunViewSet, basename="valuation-run")
router.register("previews", PreviewViewSet, basename="preview")
urlpatterns = router.urls
