"""Programmes and licences over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.api.common import signed_in, valid
from contributors.errors import NotFound
from contributors.models import Licence, Programme
from contributors.permissions import ReviewersWrite
from contributors.selectors.programmes import programme_get, programme_record
from contributors.services.programmes import (
    licence_create,
    programme_close,
    programme_create,
    programme_open,
)
from contributors.services.validation_sets import validation_set_register


class LicenceRequest(serializers.Serializer):
    identifier = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$")
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=200_000)


class LicenceAnswer(serializers.ModelSerializer):
    class Meta:
        model = Licence
        fields = ("id", "identifier", "title", "text", "text_sha256", "created_at")


class LicenceViewSet(viewsets.ReadOnlyModelViewSet):
    """Licences, with the text that a consent refers to."""

    permission_classes = [ReviewersWrite]
    serializer_class = LicenceAnswer
    queryset = Licence.objects.all()
    lookup_value_converter = "uuid"

    @extend_schema(request=LicenceRequest, responses={201: LicenceAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(LicenceRequest, request)
        licence = licence_create(actor=signed_in(request), now=timezone.now(), **fields)
        return Response(LicenceAnswer(licence).data, status=status.HTTP_201_CREATED)


def names(max_length: int) -> serializers.ListField:
    """A list of column names or labels."""
    child = serializers.CharField(max_length=128)
    return serializers.ListField(child=child, default=list, max_length=max_length)


class ProgrammeRequest(serializers.Serializer):
    """A draft; see docs/intake.md for the columns and their rules."""

    slug = serializers.SlugField(max_length=50)
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, default="", allow_blank=True)
    licence = serializers.UUIDField()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    kind = serializers.ChoiceField(choices=Programme.Kind.values, default="tabular")
    task = serializers.ChoiceField(choices=Programme.Task.values, default="classification")
    feature_columns = names(1000)
    target_column = serializers.CharField(max_length=128, default="", allow_blank=True)
    target_labels = names(1000)
    identity_columns = names(100)
    sensitive_column = serializers.CharField(
        max_length=128, default=None, allow_null=True, allow_blank=True
    )
    column_rules = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField()), default=dict
    )
    model = serializers.CharField(max_length=64, default="", allow_blank=True)
    model_options = serializers.DictField(default=dict)
    utility = serializers.CharField(max_length=64, default="", allow_blank=True)
    transform = serializers.DictField(default=None, allow_null=True)
    duplicate_rule = serializers.ChoiceField(
        choices=Programme.DuplicateRule.values, default="earliest"
    )
    near_duplicate_cut = serializers.FloatField(min_value=0.01, max_value=1, default=0.5)
    preview_max = serializers.IntegerField(min_value=0, max_value=100, default=3)


class ProgrammeAnswer(serializers.Serializer):
    """A programme; `spec` is frozen under `spec_digest` once it is open."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField()
    task = serializers.CharField()
    feature_columns = serializers.ListField(child=serializers.CharField())
    target_column = serializers.CharField()
    target_labels = serializers.ListField(child=serializers.CharField())
    identity_columns = serializers.ListField(child=serializers.CharField())
    sensitive_column = serializers.CharField(allow_null=True)
    column_rules = serializers.DictField()
    model = serializers.CharField()
    model_options = serializers.DictField()
    utility = serializers.CharField()
    duplicate_rule = serializers.CharField()
    currency = serializers.CharField()
    licence = serializers.UUIDField(source="licence_id")
    licence_identifier = serializers.CharField()
    licence_text_sha256 = serializers.CharField()
    status = serializers.CharField()
    opened_at = serializers.DateTimeField(allow_null=True)
    spec = serializers.DictField(allow_null=True)
    spec_digest = serializers.CharField()


class ValidationSetRequest(serializers.Serializer):
    purpose = serializers.ChoiceField(choices=["validation", "sealed", "background"])
    file = serializers.FileField()


class ValidationSetAnswer(serializers.Serializer):
    """What may be told of rows that nobody sees."""

    id = serializers.UUIDField()
    purpose = serializers.CharField()
    file_sha256 = serializers.CharField()
    content_sha256 = serializers.CharField()
    row_count = serializers.IntegerField()
    registered_at = serializers.DateTimeField()


class ProgrammeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Programmes: everybody reads open ones, reviewers make and open them."""

    permission_classes = [ReviewersWrite]
    serializer_class = ProgrammeAnswer
    filterset_fields = ["slug", "status", "kind", "task"]
    lookup_value_converter = "uuid"
    queryset = Programme.objects.none()

    def get_queryset(self) -> Any:
        return Programme.objects.visible_to(signed_in(self.request)).select_related("licence")

    def paginate_queryset(self, queryset: Any) -> Any:
        return [programme_record(row) for row in super().paginate_queryset(queryset) or ()]

    def seen(self, pk: Any) -> None:
        if not Programme.objects.visible_to(signed_in(self.request)).filter(pk=pk).exists():
            raise NotFound()

    def retrieve(self, request: Request, pk: Any) -> Response:
        self.seen(pk)
        return Response(ProgrammeAnswer(programme_get(pk)).data)

    @extend_schema(request=ProgrammeRequest, responses={201: ProgrammeAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(ProgrammeRequest, request)
        programme = programme_create(
            licence_id=fields.pop("licence"), actor=signed_in(request), now=timezone.now(), **fields
        )
        body = ProgrammeAnswer(programme_get(programme.id)).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ProgrammeAnswer)
    @action(detail=True, methods=["post"])
    def opening(self, request: Request, pk: Any) -> Response:
        """The specification is frozen and batches are taken."""
        programme_open(programme_id=pk, actor=signed_in(request), now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=None, responses=ProgrammeAnswer)
    @action(detail=True, methods=["post"])
    def closing(self, request: Request, pk: Any) -> Response:
        """No batches are taken any more."""
        programme_close(programme_id=pk, actor=signed_in(request), now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=ValidationSetRequest, responses={201: ValidationSetAnswer})
    @action(
        detail=True, methods=["post"], url_path="validation-sets", parser_classes=[MultiPartParser]
    )
    def validation_sets(self, request: Request, pk: Any) -> Response:
        """Rows that judge are stored apart; no address ever answers with them."""
        fields = valid(ValidationSetRequest, request)
        row = validation_set_register(
            programme_id=pk, actor=signed_in(request), now=timezone.now(), **fields
        )
        return Response(ValidationSetAnswer(row).data, status=status.HTTP_201_CREATED)
