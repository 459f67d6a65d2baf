"""Addresses of the ledger's pages."""

from django.urls import path, re_path

from ledger.pages import (
    bank_details,
    disputes,
    erasure,
    home,
    journal,
    operations,
    payees,
    payouts,
    periods,
    pools,
    royalty_runs,
    statements,
    terms,
    welcome,
)

app_name = "ledger"
PAYOUT_NOUNS = "|".join(sorted(payouts.SERVICES))
RUN_NOUNS = "|".join(sorted(royalty_runs.SERVICES))
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
urlpatterns = [
    path("", home.home, name="home"),
    path("about/", welcome.about, name="about"),
    path("statements/", statements.statement_list, name="statements"),
    path("statements/<str:number>/", statements.statement_detail, name="statement"),
    path(
        "statements/<str:number>/files/<str:form>/",
        statements.statement_file,
        name="statement-file",
    ),
    path("statements/<str:number>/check/", statements.statement_check, name="statement-check"),
    path("statements/<str:number>/dispute/", disputes.dispute_new, name="dispute-new"),
    path("disputes/", disputes.dispute_list, name="disputes"),
    path("disputes/<uuid:dispute_id>/", disputes.dispute_detail, name="dispute"),
    path("disputes/<uuid:dispute_id>/messages/", disputes.dispute_message, name="dispute-message"),
    path("disputes/<uuid:dispute_id>/decision/", disputes.dispute_decide, name="dispute-decide"),
    path(
        "disputes/<uuid:dispute_id>/withdrawal/", disputes.dispute_withdraw, name="dispute-withdraw"
    ),
    path("batches/<uuid:batch_id>/erasure/", erasure.batch_erase, name="batch-erase"),
    path("profile/erasure/", erasure.contributor_erase, name="contributor-erase"),
    path("profile/bank-details/", bank_details.bank_details, name="bank-details"),
    path("programmes/<uuid:programme_id>/terms/", terms.programme_terms, name="programme-terms"),
    path("periods/", periods.period_list, name="periods"),
    path("periods/new/", periods.period_new, name="period-new"),
    path("periods/<str:code>/", periods.period_detail, name="period"),
    path("periods/<str:code>/freeze/", periods.period_freeze, name="period-freeze"),
    path("periods/<str:code>/closing/", periods.period_close, name="period-close"),
    path("pools/", pools.pool_list, name="pools"),
    path("pools/new/", pools.pool_new, name="pool-new"),
    path("pools/<str:code>/", pools.pool_detail, name="pool"),
    path("pools/<str:code>/funding/", pools.pool_fund, name="pool-fund"),
    path("policies/new/", pools.policy_new, name="policy-new"),
    path("royalty-runs/", royalty_runs.run_list, name="royalty-runs"),
    path("royalty-runs/new/", royalty_runs.run_new, name="royalty-run-new"),
    path("royalty-runs/<uuid:run_id>/", royalty_runs.run_detail, name="royalty-run"),
    re_path(
        rf"^royalty-runs/(?P<run_id>{UUID})/(?P<noun>{RUN_NOUNS})/$",
        royalty_runs.run_act,
        name="royalty-run-act",
    ),
    path("payouts/", payouts.batch_list, name="payout-batches"),
    path("payouts/new/", payouts.batch_new, name="payout-batch-new"),
    path("payouts/<uuid:batch_id>/", payouts.batch_detail, name="payout-batch"),
    path("payouts/<uuid:batch_id>/file/", payouts.batch_file, name="payout-batch-file"),
    path("payouts/<uuid:batch_id>/answers/", payouts.bank_answer, name="bank-answer"),
    re_path(
        rf"^payouts/(?P<batch_id>{UUID})/(?P<noun>{PAYOUT_NOUNS})/$",
        payouts.batch_act,
        name="payout-batch-act",
    ),
    path("payees/", payees.payee_list, name="payees"),
    path("payees/<str:code>/", payees.payee_detail, name="payee"),
    path("payees/<str:code>/tax-profile/", payees.tax_profile_new, name="tax-profile-new"),
    path("payees/<str:code>/unclaimed/", payees.payee_unclaim, name="payee-unclaim"),
    path(
        "payees/<str:code>/holdbacks/<uuid:holdback_id>/",
        payees.payee_holdback,
        name="payee-holdback",
    ),
    path("payees/<str:code>/advance/", payees.advance_new, name="advance-new"),
    path("journal/", journal.entry_list, name="journal"),
    path("journal/check/", journal.books_check, name="books-check"),
    path("journal/<uuid:entry_id>/", journal.entry_detail, name="entry"),
    path("journal/trial-balance/", journal.trial_balance, name="trial-balance"),
    path("journal/accounts/<str:code>/<str:currency>/", journal.account_detail, name="account"),
    path("operations/", operations.operations, name="operations"),
]
