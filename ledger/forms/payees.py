"""Forms about payees: certificates and advances."""

from hashlib import sha256
from typing import Any

from django import forms

from ledger.core.policy import FULL_BP
from ledger.forms import LedgerForm, chosen_amount_minor, day
from ledger.models.tax import FORMS


class PayeeFilter(LedgerForm):
    """Which payees are looked at, and in which year."""

    code = forms.CharField(required=False, label="Code begins with", max_length=32)
    year = forms.IntegerField(required=False, label="Year", min_value=1970, max_value=9998)


class TaxProfileForm(LedgerForm):
    """A dated tax profile, and the certificate that it rests on."""

    form = forms.ChoiceField(label="Form", choices=[(form, form) for form in FORMS])
    country = forms.RegexField(
        r"^[A-Z]{2}$", label="Country of the payee", help_text="Two letters, such as DE."
    )
    rate_bp = forms.IntegerField(
        label="Rate, basis points",
        min_value=0,
        max_value=FULL_BP,
        help_text="3000 is 30 %. Withheld from each payment.",
    )
    valid_from = day(label="Valid from")
    valid_to = day(label="Valid to", help_text="Included. Without a valid form nothing is paid.")
    certificate = forms.FileField(
        label="Certificate", help_text="Only its SHA-256 is kept here; keep the file itself."
    )
    treaty_article = forms.CharField(label="Treaty article", max_length=20, required=False)
    income_code = forms.CharField(
        label="Income code", max_length=4, initial="12", help_text="12 is other royalties."
    )
    exemption_code = forms.CharField(label="Exemption code", max_length=4, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_on, ends_on = cleaned.get("valid_from"), cleaned.get("valid_to")
        if starts_on and ends_on and starts_on > ends_on:
            self.add_error("valid_to", "The last day is before the first.")
        return cleaned

    def request(self) -> dict[str, Any]:
        """What the service is asked for, from a valid form."""
        asked = dict(self.cleaned_data)
        certificate = asked.pop("certificate")
        found = sha256()
        for chunk in certificate.chunks():
            found.update(chunk)
        return {**asked, "evidence_sha256": found.hexdigest()}


class AdvanceForm(LedgerForm):
    """Money that is paid before it is earned."""

    amount = forms.CharField(label="Amount", help_text="In major units, such as 1,000.00.")
    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency")
    agreement = forms.CharField(
        label="Agreement",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What was agreed, and where it is written. The same words again are the same "
        "advance.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "amount" in cleaned and "currency" in cleaned:
            cleaned["amount_minor"] = chosen_amount_minor(
                self, cleaned["amount"], cleaned["currency"]
            )
        return cleaned

    def request(self) -> dict[str, Any]:
        """What the service is asked for, from a valid form."""
        return {name: text for name, text in self.cleaned_data.items() if name != "amount"}


class UnclaimedForm(LedgerForm):
    """By which decision a balance is kept as unclaimed."""

    currency = forms.RegexField(r"^[A-Z]{3}$", widget=forms.HiddenInput)
    reference = forms.CharField(
        label="Decision", max_length=60, help_text="Where it is written; it books it once."
    )
