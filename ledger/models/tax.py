"""Tax profiles and rules: dated rows, reviewed, never an advice or a filing.

A **profile** says at which rate a payee is taxed, on which evidence, from when to when. A
**rule** says which payees need which form before they can be paid.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.models.journal import AppendOnlyQuerySet

FORMS = ("W-9", "W-8BEN", "W-8BEN-E", "other")


class TaxProfile(models.Model):
    """One dated profile of a payee; a change is a new row, the newest in force counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="tax_profiles"
    )
    form = models.CharField(max_length=10, choices=[(form, form) for form in FORMS])
    country = models.CharField(max_length=2)
    rate_bp = models.PositiveIntegerField()
    treaty_article = models.CharField(max_length=20, blank=True)
    # 12 = other royalties on form 1042-S; the exemption code stands in its box 3a.
    income_code = models.CharField(max_length=4, default="12")
    exemption_code = models.CharField(max_length=4, blank=True)
    evidence_sha256 = models.CharField(max_length=64)
    valid_from = models.DateField()
    valid_to = models.DateField(help_text="Last day, included.")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_tax_profile"
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_bp__lte=10_000), name="tax_profile_rate_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lte=F("valid_to")), name="tax_profile_starts_before_it_ends"
            ),
            models.CheckConstraint(condition=Q(form__in=FORMS), name="tax_profile_form_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.rate_bp} bp"


class TaxRule(models.Model):
    """From when to when payees (of a country, or all) need one of these forms to be paid."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payee_country = models.CharField(max_length=2, blank=True, help_text="Blank: every country.")
    forms = models.JSONField(help_text="Any of these will do.")
    authority = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_tax_rule"

    def __str__(self) -> str:
        return f"{self.authority}: {self.forms}"
