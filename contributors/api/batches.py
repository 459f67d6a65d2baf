"""Batches over the API: registered with a receipt, read, withdrawn, erased."""

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from contributors import actors
from contributors.api.common import ContributorsWrite, own, signed_in, valid
from contributors.core.croissant import with_provenance_of
from contributors.core.sniff import ENCODINGS
from contributors.models import Batch
from contributors.selectors.batches import batch_receipt, receipt_of, with_names
from contributors.selectors.consequences import batch_croissant, withdrawal_preview
from contributors.services.batches import batch_withdraw
from contributors.services.file_previews import file_preview

DIALECT = ("encoding", "delimiter", "quote", "decimal")


class RowIssueAnswer(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    value = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class BatchAnswer(serializers.Serializer):
    """A receipt."""

    id = serializers.UUIDField()
    programme = serializers.UUIDField(source="programme_id")
    contributor = serializers.UUIDField(source="contributor_id")
    contributor_code = serializers.CharField()
    state = serializers.ChoiceField(choices=Batch.State.values)
    file_label = serializers.CharField()
    file_format = serializers.CharField()
    byte_count = serializers.IntegerField()
    file_sha256 = serializers.CharField()
    content_sha256 = serializers.CharField()
    row_count = serializers.IntegerField()
    accepted_count = serializers.IntegerField()
    duplicate_count = serializers.IntegerField()
    duplicate_other_count = serializers.IntegerField()
    invalid_count = serializers.IntegerField()
    refusal_code = serializers.CharField()
    refusal_sentence = serializers.CharField()
    flags = serializers.ListField(child=serializers.CharField())
    provenance = serializers.DictField()
    provenance_missing = serializers.ListField(child=serializers.CharField())
    consent = serializers.UUIDField(source="consent_id")
    consent_purpose = serializers.CharField()
    licence_identifier = serializers.CharField()
    licence_text_sha256 = serializers.CharField()
    received_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    erased_at = serializers.DateTimeField(allow_null=True)
    issues = RowIssueAnswer(many=True)
    replayed = serializers.BooleanField()


class IntakeOptions(serializers.Serializer):
    """How to read the file; what is left out is detected."""

    invalid_rows = serializers.ChoiceField(choices=Batch.InvalidRows.values, default="refuse")
    provenance = serializers.JSONField(default=dict)
    croissant = serializers.JSONField(
        required=False, help_text="A Croissant description; fills provenance fields not given."
    )
    encoding = serializers.ChoiceField(choices=ENCODINGS, required=False)
    delimiter = serializers.ChoiceField(choices=[",", ";", "\t", "|"], required=False)
    quote = serializers.ChoiceField(choices=['"', "'"], required=False)
    decimal = serializers.ChoiceField(choices=[".", ","], required=False)

    def validate_provenance(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise serializers.ValidationError("Give an object of groups of fields.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        dialect = {name: attrs.pop(name) for name in DIALECT if name in attrs}
        if "croissant" in attrs:
            document = json.dumps(attrs.pop("croissant")).encode()
            attrs["provenance"] = with_provenance_of(document, attrs["provenance"])
        return {**attrs, "dialect": dialect}


class BatchRequest(IntakeOptions):
    """A file for a programme. CSV, JSON Lines, Parquet, plain text, or gzip of each."""

    programme = serializers.UUIDField()
    file = serializers.FileField(allow_empty_file=True)


class PreviewRequest(serializers.Serializer):
    """A file to look at; nothing is stored."""

    programme = serializers.UUIDField()
    file = serializers.FileField(allow_empty_file=True)
    encoding = serializers.ChoiceField(choices=ENCODINGS, required=False)
    delimiter = serializers.ChoiceField(choices=[",", ";", "\t", "|"], required=False)
    quote = serializers.ChoiceField(choices=['"', "'"], required=False)
    decimal = serializers.ChoiceField(choices=[".", ","], required=False)


class DialectAnswer(serializers.Serializer):
    encoding = serializers.CharField()
    delimiter = serializers.CharField(trim_whitespace=False)
    quote = serializers.CharField()
    decimal = serializers.CharField()


class ColumnPreviewAnswer(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.CharField()
    role = serializers.CharField()
    examples = serializers.ListField(child=serializers.CharField())


class FilePreviewAnswer(serializers.Serializer):
    """What the file would be read as."""

    file_format = serializers.CharField()
    gzipped = serializers.BooleanField()
    dialect = DialectAnswer()
    encoding_hint = serializers.CharField()
    columns = ColumnPreviewAnswer(many=True)
    rows_seen = serializers.IntegerField()
    error_count = serializers.IntegerField()
    errors = RowIssueAnswer(many=True)  # type: ignore[assignment]


class WithdrawalPreviewAnswer(serializers.Serializer):
    """What a withdrawal or erasure of the batch would change, and what it would not."""

    rows_leaving = serializers.IntegerField()
    rows_left = serializers.IntegerField()
    rows_passing_to_others = serializers.IntegerField()
    batches_left = serializers.IntegerField()
    sentences = serializers.ListField(child=serializers.CharField())


class BatchViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Batches: contributors register and withdraw their own, staff roles read all receipts."""

    permission_classes = [ContributorsWrite]
    serializer_class = BatchAnswer
    filterset_fields = ["programme", "state", "contributor"]
    lookup_value_converter = "uuid"
    parser_classes = [MultiPartParser]
    queryset = Batch.objects.none()

    def get_queryset(self) -> Any:
        return with_names(Batch.objects.visible_to(signed_in(self.request)))

    def paginate_queryset(self, queryset: Any) -> Any:
        user = signed_in(self.request)
        return [receipt_of(batch, user=user) for batch in super().paginate_queryset(queryset) or ()]

    def retrieve(self, request: Request, pk: Any) -> Response:
        return Response(BatchAnswer(batch_receipt(pk, user=signed_in(request))).data)

    @extend_schema(request=BatchRequest, responses={201: BatchAnswer, 200: BatchAnswer})
    def create(self, request: Request) -> Response:
        """201 with the receipt; 200 with the first receipt if the same bytes were sent before."""
        fields = valid(BatchRequest, request)
        now, file = timezone.now(), fields.pop("file")
        receipt = actors.enqueue_batch_register(
            programme_id=fields.pop("programme"),
            contributor_id=own(request, now).id,
            file=file,
            file_label=file.name,
            actor=signed_in(request),
            now=now,
            **fields,
        )
        code = status.HTTP_200_OK if receipt.replayed else status.HTTP_201_CREATED
        return Response(BatchAnswer(receipt).data, status=code)

    @extend_schema(request=PreviewRequest, responses=FilePreviewAnswer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Format, dialect, columns and first errors of a file, before it is sent for good."""
        fields = valid(PreviewRequest, request)
        dialect = {name: fields.pop(name) for name in DIALECT if name in fields}
        found = file_preview(
            programme_id=fields["programme"],
            file=fields["file"],
            dialect=dialect,
            user=signed_in(request),
        )
        return Response(FilePreviewAnswer(found).data)

    @extend_schema(request=None, responses=BatchAnswer)
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: Any) -> Response:
        """The batch enters no future run."""
        receipt = batch_withdraw(batch_id=pk, actor=signed_in(request), now=timezone.now())
        return Response(BatchAnswer(receipt).data)

    @extend_schema(responses=WithdrawalPreviewAnswer)
    @action(detail=True, methods=["get"], url_path="withdrawal-preview")
    def withdrawal_preview(self, request: Request, pk: Any) -> Response:
        """What would change; nothing does."""
        found = withdrawal_preview(pk, user=signed_in(request))
        return Response(WithdrawalPreviewAnswer(found).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def croissant(self, request: Request, pk: Any) -> Response:
        """The batch described as Croissant JSON-LD."""
        return Response(batch_croissant(pk, user=signed_in(request)))
