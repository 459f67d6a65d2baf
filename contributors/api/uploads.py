"""Large files in parts: begun, sent part by part, completed, resumed where it broke off."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from contributors import actors
from contributors.api.batches import BatchAnswer, IntakeOptions
from contributors.api.common import ContributorsWrite, own, signed_in, valid
from contributors.errors import UploadIncomplete
from contributors.models import Upload
from contributors.services.uploads import (
    PART_BYTES,
    PART_BYTES_MAX,
    missing_parts,
    own_upload,
    upload_begin,
    upload_part_put,
)


class BytesParser(BaseParser):
    """A part is sent as raw bytes."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        data = stream.read(PART_BYTES_MAX + 1)
        if len(data) > PART_BYTES_MAX:
            raise UploadIncomplete("A part has 64 MiB at most.")
        return data


class UploadRequest(serializers.Serializer):
    programme = serializers.UUIDField()
    byte_count = serializers.IntegerField(min_value=1)
    part_bytes = serializers.IntegerField(min_value=1, max_value=PART_BYTES_MAX, default=PART_BYTES)
    file_label = serializers.CharField(max_length=120, default="", allow_blank=True)


class UploadAnswer(serializers.Serializer):
    """What is there and what is missing (the first thousand parts)."""

    id = serializers.UUIDField()
    programme = serializers.UUIDField(source="programme_id")
    file_label = serializers.CharField()
    byte_count = serializers.IntegerField()
    part_bytes = serializers.IntegerField()
    missing_parts = serializers.SerializerMethodField()
    batch = serializers.UUIDField(source="batch_id", allow_null=True)

    def get_missing_parts(self, upload: Upload) -> list[int]:
        return [] if upload.batch_id else missing_parts(upload)


class UploadViewSet(viewsets.GenericViewSet):
    """One's own uploads under way."""

    permission_classes = [ContributorsWrite]
    serializer_class = UploadAnswer
    lookup_value_converter = "uuid"
    pagination_class = None
    queryset = Upload.objects.none()

    @extend_schema(request=UploadRequest, responses={201: UploadAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(UploadRequest, request)
        now = timezone.now()
        upload = upload_begin(
            programme_id=fields.pop("programme"),
            contributor_id=own(request, now).id,
            actor=signed_in(request),
            now=now,
            **fields,
        )
        return Response(UploadAnswer(upload).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: Any) -> Response:
        return Response(UploadAnswer(own_upload(pk, signed_in(request))).data)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH)],
        responses=UploadAnswer,
    )
    @action(
        detail=True,
        methods=["put"],
        url_path="parts/<int:number>",
        parser_classes=[BytesParser],
    )
    def parts(self, request: Request, pk: Any, number: int) -> Response:
        """Part `number`, from 0, as raw bytes; send it again if in doubt."""
        data = request.data if isinstance(request.data, bytes) else b""
        upload_part_put(upload_id=pk, number=number, data=data, actor=signed_in(request))
        return self.retrieve(request, pk)

    @extend_schema(request=IntakeOptions, responses={201: BatchAnswer, 200: BatchAnswer})
    @action(detail=True, methods=["post"], parser_classes=[JSONParser])
    def completion(self, request: Request, pk: Any) -> Response:
        """The parts are one batch, with its receipt."""
        fields = valid(IntakeOptions, request)
        receipt = actors.enqueue_upload_complete(
            upload_id=pk, actor=signed_in(request), now=timezone.now(), **fields
        )
        code = status.HTTP_200_OK if receipt.replayed else status.HTTP_201_CREATED
        return Response(BatchAnswer(receipt).data, status=code)
