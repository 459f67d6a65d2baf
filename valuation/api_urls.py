from rest_framework.routers import SimpleRouter

from valuation.api import ValuationRunViewSet

router = SimpleRouter()
router.register("valuation-runs", ValuationRunViewSet, basename="valuation-run")
urlpatterns = router.urls
