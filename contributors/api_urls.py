from rest_framework.routers import SimpleRouter

from contributors.api.batches import BatchViewSet
from contributors.api.evidence import AuditEventViewSet, OwnerLinkViewSet, SuspectedPairViewSet
from contributors.api.people import ConsentViewSet, ContributorViewSet
from contributors.api.programmes import LicenceViewSet, ProgrammeViewSet
from contributors.api.tokens import TokenViewSet
from contributors.api.uploads import UploadViewSet

router = SimpleRouter(use_regex_path=False)  # an id that is none is 404
router.register("tokens", TokenViewSet, basename="token")
router.register("licences", LicenceViewSet, basename="licence")
router.register("programmes", ProgrammeViewSet, basename="programme")
router.register("contributors", ContributorViewSet, basename="contributor")
router.register("consents", ConsentViewSet, basename="consent")
router.register("batches", BatchViewSet, basename="batch")
router.register("uploads", UploadViewSet, basename="upload")
router.register("suspected-pairs", SuspectedPairViewSet, basename="suspected-pair")
router.register("owner-links", OwnerLinkViewSet, basename="owner-link")
router.register("audit-events", AuditEventViewSet, basename="audit-event")
urlpatterns = router.urls
