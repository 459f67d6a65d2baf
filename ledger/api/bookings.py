"""What a reviewer books by hand, over the API: the bank's fees, exchanges, remitted tax, losses."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.permissions import ReviewersWrite
from ledger.api.journal import JournalEntryAnswer
from ledger.api.shared import Amount
from ledger.models import JournalEntry
from ledger.selectors.journal import entry_get
from ledger.services import bookings, tax, unclaimed
from ledger.services.journal import PostedEntry

NAME = r"^[A-Za-z0-9][A-Za-z0-9-]{0,59}$"
REFERENCE = r"^[^\r\n]{1,60}$"


class BookingRequest(serializers.Serializer):
    """`reference` is of whoever reported it, and books it once."""

    reference = serializers.RegexField(REFERENCE)

    def asked(self) -> dict[str, Any]:
        """What the service is asked for."""
        wanted = dict(self.validated_data)
        money = wanted.pop("amount", None)
        return wanted | (dict(money) if money else {})


class BankFeeRequest(BookingRequest):
    bank = serializers.RegexField(NAME, default="main")
    amount = Amount()


class ExchangeRequest(BookingRequest):
    """Money of one currency that became another's, at the rate of the two amounts."""

    bank = serializers.RegexField(NAME, default="main")
    sold = Amount()
    bought = Amount()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["sold"]["currency"] == attrs["bought"]["currency"]:
            raise serializers.ValidationError({"bought": "Choose another currency."})
        return attrs

    def asked(self) -> dict[str, Any]:
        wanted = super().asked()
        sold, bought = wanted.pop("sold"), wanted.pop("bought")
        return wanted | {
            "sold_minor": sold["amount_minor"],
            "sold_currency": sold["currency"],
            "bought_minor": bought["amount_minor"],
            "bought_currency": bought["currency"],
        }


class TaxRemittanceRequest(BookingRequest):
    """Withheld tax that reached its authority."""

    bank = serializers.RegexField(NAME, default="main")
    authority = serializers.RegexField(NAME)
    amount = Amount()


class WriteOffRequest(BookingRequest):
    """An overpayment that nobody will pay back."""

    contributor = serializers.UUIDField(source="contributor_id")
    amount = Amount()


class UnclaimedRequest(BookingRequest):
    """All that is owed to somebody who cannot be paid, kept without a name."""

    contributor = serializers.UUIDField(source="contributor_id")
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class BookingViewSet(viewsets.GenericViewSet):
    """Bookings by hand; each is taken back by its reversal."""

    permission_classes = [ReviewersWrite]
    serializer_class = JournalEntryAnswer
    lookup_value_converter = "uuid"
    queryset = JournalEntry.objects.none()

    @extend_schema(request=BankFeeRequest, responses={201: JournalEntryAnswer})
    @action(detail=False, methods=["post"], url_path="bank-fees")
    def bank_fees(self, request: Request) -> Response:
        return _booked(request, BankFeeRequest, bookings.bank_fee_book)

    @extend_schema(request=ExchangeRequest, responses={201: JournalEntryAnswer})
    @action(detail=False, methods=["post"])
    def exchanges(self, request: Request) -> Response:
        return _booked(request, ExchangeRequest, bookings.currency_exchange_book)

    @extend_schema(request=TaxRemittanceRequest, responses={201: JournalEntryAnswer})
    @action(detail=False, methods=["post"], url_path="tax-remittances")
    def tax_remittances(self, request: Request) -> Response:
        return _booked(request, TaxRemittanceRequest, tax.tax_remit)

    @extend_schema(request=WriteOffRequest, responses={201: JournalEntryAnswer})
    @action(detail=False, methods=["post"], url_path="write-offs")
    def write_offs(self, request: Request) -> Response:
        return _booked(request, WriteOffRequest, bookings.clawback_write_off)

    @extend_schema(request=UnclaimedRequest, responses={201: JournalEntryAnswer})
    @action(detail=False, methods=["post"])
    def unclaimed(self, request: Request) -> Response:
        return _booked(request, UnclaimedRequest, unclaimed.payable_unclaim)

    @extend_schema(request=None, responses={201: JournalEntryAnswer})
    @action(detail=True, methods=["post"])
    def reversal(self, request: Request, pk: Any) -> Response:
        """Who claims what was kept as unclaimed is owed it again by this."""
        posted = bookings.booking_reverse(entry_id=pk, actor=request.user, now=timezone.now())
        return _answer(posted)


def _booked(request: Request, form: type[BookingRequest], service: Any) -> Response:
    wanted = form(data=request.data)
    wanted.is_valid(raise_exception=True)
    return _answer(service(**wanted.asked(), actor=request.user, now=timezone.now()))


def _answer(posted: PostedEntry) -> Response:
    return Response(JournalEntryAnswer(entry_get(posted.entry.id)).data, status=201)
