from rest_framework.routers import SimpleRouter

from valuation.api import PreviewViewSet, ValuationRunViewSet

router = SimpleRouter(use_regex_path=False)  # an id that is no UUID is not found
router.register("valuation-runs", ValuationRunViewSet, basename="valuation-run")
router.register("previews", PreviewViewSet, basename="preview")
urlpatterns = router.urls
