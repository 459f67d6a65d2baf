"""Addresses of the ledger under /api/v1/."""

from django.urls import path, re_path
from rest_framework.routers import DefaultRouter

from ledger.api.bookings import BookingViewSet
from ledger.api.disputes import DisputeViewSet, HoldbackViewSet
from ledger.api.erasure import BatchErasureView, ContributorErasureView
from ledger.api.journal import AccountViewSet, JournalEntryViewSet
from ledger.api.payouts import (
    AdvanceViewSet,
    BankDetailsView,
    BankMessageViewSet,
    PayoutBatchViewSet,
    PayoutViewSet,
)
from ledger.api.pools import PeriodViewSet, PolicyViewSet, PoolViewSet
from ledger.api.reports import EXPORT_FORMS, LedgerExportView, LedgerReportView
from ledger.api.royalties import RoyaltyRunViewSet
from ledger.api.statements import RoyaltyReportView, StatementFileView, StatementViewSet
from ledger.api.tax import TaxProfileViewSet, TaxRuleViewSet

router = DefaultRouter(use_regex_path=False)  # an id that is none is 404
router.include_root_view = False
router.include_format_suffixes = False
router.register("periods", PeriodViewSet, basename="period")
router.register("policies", PolicyViewSet, basename="policy")
router.register("pools", PoolViewSet, basename="pool")
router.register("royalty-runs", RoyaltyRunViewSet, basename="royalty-run")
router.register("statements", StatementViewSet, basename="statement")
router.register("disputes", DisputeViewSet, basename="dispute")
router.register("holdbacks", HoldbackViewSet, basename="holdback")
router.register("advances", AdvanceViewSet, basename="advance")
router.register("payout-batches", PayoutBatchViewSet, basename="payout-batch")
router.register("payouts", PayoutViewSet, basename="payout")
router.register("bank-messages", BankMessageViewSet, basename="bank-message")
router.register("tax-profiles", TaxProfileViewSet, basename="tax-profile")
router.register("tax-rules", TaxRuleViewSet, basename="tax-rule")
router.register("journal-entries", JournalEntryViewSet, basename="journal-entry")
router.register("bookings", BookingViewSet, basename="booking")
router.register("accounts", AccountViewSet, basename="account")

urlpatterns = [
    re_path(
        r"^statements/(?P<number>[A-Za-z0-9._-]+)\.(?P<form>pdf|csv|xlsx|json)$",
        StatementFileView.as_view(),
        name="statement-file",
    ),
    path("batches/<uuid:pk>/erasure/", BatchErasureView.as_view(), name="batch-erasure"),
    path(
        "contributors/<uuid:pk>/erasure/",
        ContributorErasureView.as_view(),
        name="contributor-erasure",
    ),
    path("reports/<slug:name>/", LedgerReportView.as_view(), name="ledger-report"),
    re_path(
        rf"^exports/(?P<form>{'|'.join(EXPORT_FORMS)})/$",
        LedgerExportView.as_view(),
        name="ledger-export",
    ),
    path("bank-details/", BankDetailsView.as_view(), name="bank-details"),
    path("royalty-reports/", RoyaltyReportView.as_view(), name="royalty-reports"),
    *router.urls,
]
