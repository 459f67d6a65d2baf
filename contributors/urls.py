"""Addresses of the contributors' pages."""

from django.urls import path

from contributors.pages import account, batches, integrity, people, programmes, uploads

app_name = "contributors"
urlpatterns = [
    path("programmes/", programmes.programme_list, name="programmes"),
    path("programmes/new/", programmes.programme_new, name="programme-new"),
    path("programmes/<uuid:programme_id>/", programmes.programme_detail, name="programme"),
    path(
        "programmes/<uuid:programme_id>/template/",
        programmes.programme_template,
        name="programme-template",
    ),
    path(
        "programmes/<uuid:programme_id>/opening/", programmes.programme_open, name="programme-open"
    ),
    path(
        "programmes/<uuid:programme_id>/validation-sets/",
        programmes.validation_set,
        name="validation-set",
    ),
    path("programmes/<uuid:programme_id>/consent/", programmes.consent_give, name="consent-give"),
    path(
        "programmes/<uuid:programme_id>/consent/revocation/",
        programmes.consent_revoke,
        name="consent-revoke",
    ),
    path("programmes/<uuid:programme_id>/upload/", uploads.upload_new, name="upload"),
    path("uploads/<uuid:upload_id>/", uploads.upload_confirm, name="upload-confirm"),
    path("batches/", batches.batch_list, name="batches"),
    path("batches/<uuid:batch_id>/", batches.batch_detail, name="batch"),
    path("batches/<uuid:batch_id>/withdrawal/", batches.batch_withdraw, name="batch-withdraw"),
    path("profile/", account.profile, name="profile"),
    path("tokens/", account.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revocation/", account.token_revoke, name="token-revoke"),
    path("people/", people.people, name="people"),
    path("people/<uuid:user_id>/role/", people.role_set, name="role-set"),
    path("integrity/", integrity.board, name="integrity"),
    path("integrity/pairs/<uuid:pair_id>/", integrity.pair_decide, name="pair-decide"),
    path(
        "integrity/<uuid:programme_id>/intake/<uuid:contributor_id>/",
        integrity.intake_open,
        name="intake-open",
    ),
    path("integrity/links/<uuid:link_id>/", integrity.link_decide, name="link-decide"),
]
