"""Erasure over the API: of a batch, of a contributor."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contributors.api.batches import BatchAnswer
from contributors.api.people import ContributorAnswer
from contributors.models import Contributor
from contributors.permissions import ContributorsAndAdministratorsWrite, ContributorsWrite
from ledger.api.shared import checked, person
from ledger.errors import NotFound
from ledger.services.erasure import batch_erase, contributor_erase


class BatchErasureView(APIView):
    """Rows and files are deleted for good; the receipt's digests and counts stay."""

    permission_classes = [ContributorsWrite]

    @extend_schema(request=None, responses=BatchAnswer)
    def post(self, request: Request, pk: UUID) -> Response:
        receipt = batch_erase(batch_id=pk, actor=request.user, now=timezone.now())
        return Response(BatchAnswer(receipt).data)


class ContributorErasureRequest(serializers.Serializer):
    """The code of the contributor, said again, as there is no way back."""

    code = serializers.CharField(max_length=32)


class ContributorErasureView(APIView):
    """Person and data are deleted for good, by oneself or an administrator; the books stay."""

    permission_classes = [ContributorsAndAdministratorsWrite]

    @extend_schema(request=ContributorErasureRequest, responses=ContributorAnswer)
    def post(self, request: Request, pk: UUID) -> Response:
        found = Contributor.objects.visible_to(person(request)).filter(pk=pk).first()
        if found is None:
            raise NotFound()
        if checked(ContributorErasureRequest, request)["code"] != found.code:
            raise serializers.ValidationError({"code": "This is not the contributor's code."})
        erased = contributor_erase(contributor_id=pk, actor=request.user, now=timezone.now())
        return Response(ContributorAnswer(erased).data)
