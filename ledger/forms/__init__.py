"""Forms of the ledger's pages."""

import re
from typing import Any
from uuid import UUID

from django import forms

from ledger.core.bookkeeping import Event
from ledger.core.money import amount_minor
from ledger.core.policy import (
    CONFIDENCE_RULES,
    DISPUTE_WINDOW_DAYS_MAX,
    DUPLICATE_RULES,
    FULL_BP,
    HOLDBACK_PERIODS_MAX,
    NEGATIVE_RULES,
    TIE_RULES,
    UNCLAIMED_DAYS_MAX,
)
from ledger.errors import Refusal
from ledger.models import Dispute

GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)


def day(**kwargs: Any) -> forms.DateField:
    """A calendar day."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **kwargs)


class LedgerForm(forms.Form):
    """A form that answers 422 once something in it was refused."""

    @property
    def status(self) -> int:
        return 422 if self.errors else 200

    def refuse(self, refusal: Refusal) -> None:
        """The refusal's sentence, and what to do, stand above the form."""
        self.add_error(None, f"{refusal.sentence} {refusal.remedy}")


class JournalFilter(LedgerForm):
    """Which entries are looked at."""

    event = forms.ChoiceField(
        required=False,
        choices=[("", "every event"), *((e.value, e.value.replace("_", " ")) for e in Event)],
    )
    period = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, periods: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "every period"), *((str(p.id), p.code) for p in periods)]
        self.fields["period"].choices = choices  # type: ignore[attr-defined]


class DaysFilter(LedgerForm):
    """Between which days an account is looked at, both included."""

    starts_on = day(required=False, label="From")
    ends_on = day(required=False, label="To")


class PeriodForm(LedgerForm):
    """A new period."""

    code = forms.RegexField(
        r"^[A-Za-z0-9-]{1,20}$", label="Code", help_text="For example 2013-Q4; it names statements."
    )
    starts_on = day(label="First day")
    ends_on = day(label="Last day", help_text="Included.")


class PolicyForm(LedgerForm):
    """A new version of a policy: every number that decides who gets what."""

    name = forms.SlugField(label="Name", max_length=40, initial="standard")
    valid_from = day(label="Valid from")
    fee_bp = forms.IntegerField(
        label="Platform fee, basis points",
        min_value=0,
        max_value=FULL_BP - 1,
        initial=1000,
        help_text="100 basis points are one per cent. Taken before anything is split.",
    )
    negative_rule = forms.ChoiceField(
        label="A negative value",
        choices=list(
            zip(
                NEGATIVE_RULES,
                ("earns 0", "also reduces later values", "is owed back"),
                strict=True,
            )
        ),
    )
    confidence_rule = forms.ChoiceField(
        label="What is paid",
        choices=list(
            zip(CONFIDENCE_RULES, ("the estimate", "what the interval supports"), strict=True)
        ),
    )
    duplicate_rule = forms.ChoiceField(
        label="Inside a cluster of accounts",
        choices=list(
            zip(DUPLICATE_RULES, ("by rows", "equal parts", "all to the earliest"), strict=True)
        ),
    )
    holdback_bp = forms.IntegerField(
        label="Holdback, basis points", min_value=0, max_value=FULL_BP - 1, initial=0
    )
    holdback_periods = forms.IntegerField(
        label="Released over, periods", min_value=0, max_value=HOLDBACK_PERIODS_MAX, initial=0
    )
    recoupment_bp = forms.IntegerField(
        label="Recoupment, basis points", min_value=0, max_value=FULL_BP, initial=FULL_BP
    )
    threshold_minor = forms.IntegerField(
        label="Payment threshold, minor units",
        min_value=0,
        initial=1000,
        help_text="1000 is 10.00 in a currency with cents. Less is carried forward.",
    )
    dispute_window_days = forms.IntegerField(
        label="Dispute window, days", min_value=1, max_value=DISPUTE_WINDOW_DAYS_MAX, initial=30
    )
    tie_rule = forms.ChoiceField(
        label="A minor unit that several have the same claim to goes to",
        choices=list(zip(TIE_RULES, ("the smaller code", "whose data came first"), strict=True)),
    )
    unclaimed_days = forms.IntegerField(
        label="Unclaimed after, days",
        min_value=0,
        max_value=UNCLAIMED_DAYS_MAX,
        initial=0,
        help_text="When a balance that cannot be paid may be kept without a name; 0 is never.",
    )


def chosen_amount_minor(form: forms.Form, amount: str, currency: str) -> int | None:
    """The written amount in minor units, or an error at its field.

    A comma stands between thousands alone: 12,50 is no amount, for it is not 1,250.
    """
    if "," in amount and not GROUPED.fullmatch(amount):
        form.add_error("amount", "Write 12.50 or 1,250.00: a point before the decimals.")
        return None
    try:
        return amount_minor(amount.replace(",", ""), currency)
    except Refusal as refusal:
        form.add_error("amount", f"{refusal.sentence} {refusal.remedy}")
        return None


class PoolForm(LedgerForm):
    """A new pool."""

    code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}$",
        label="Code",
        help_text="Names the pool’s account, for example flights-2013-Q4.",
    )
    period = forms.ChoiceField(label="Period")
    programme = forms.ChoiceField(label="Programme")
    amount = forms.CharField(label="Amount", help_text="In major units, such as 100,000.00.")
    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency")
    funder = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}$",
        label="Funder",
        help_text="A short name; who promised the money.",
    )
    policy = forms.ChoiceField(label="Policy")

    def __init__(
        self,
        *args: Any,
        periods: Any = (),
        programmes: Any = (),
        policies: Any = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = {
            "period": [(str(p.id), p.code) for p in periods],
            "programme": [(str(p.id), p.title) for p in programmes],
            "policy": [(str(p.id), str(p)) for p in policies],
        }
        for name, choices in chosen.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "amount" in cleaned and "currency" in cleaned:
            cleaned["amount_minor"] = chosen_amount_minor(
                self, cleaned["amount"], cleaned["currency"]
            )
        return cleaned

    def request(self) -> dict[str, Any]:
        """What the service is asked for, from a valid form."""
        asked = dict(self.cleaned_data)
        asked.pop("amount")
        ids = {f"{name}_id": UUID(asked.pop(name)) for name in ("period", "programme", "policy")}
        return {**asked, **ids}


class FundForm(LedgerForm):
    """The bank's booking of the pool's money."""

    bank = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}$", label="Bank account", initial="main"
    )
    key = forms.CharField(label="The bank’s reference", max_length=60)


class RoyaltyRunForm(LedgerForm):
    """Which pool is divided by which values."""

    pool = forms.ChoiceField(label="Pool")
    valuation_run = forms.ChoiceField(
        label="Values", help_text="Only runs whose values are locked are offered."
    )

    def __init__(
        self, *args: Any, pools: Any = (), valuation_runs: Any = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].choices = [(str(p.id), p.code) for p in pools]  # type: ignore[attr-defined]
        self.fields["valuation_run"].choices = [  # type: ignore[attr-defined]
            (str(r.id), f"{r.programme_title}, computed {r.computed_at:%-d %b %Y, %H:%M} UTC")
            for r in valuation_runs
        ]


class NoteForm(LedgerForm):
    """Why somebody decided so."""

    note = forms.CharField(
        label="Why",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed when you send it back or decide; kept with the decision.",
    )


class AmountForm(LedgerForm):
    """A form with an amount in the major units of a currency that is known."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].label = f"{self.fields['amount'].label}, {currency}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "amount" in cleaned:
            cleaned["amount_minor"] = chosen_amount_minor(
                self, cleaned["amount"] or "0", self.currency
            )
        return cleaned


class DisputeForm(AmountForm):
    """What is wrong with a statement, and how much is in question."""

    kind = forms.ChoiceField(label="About", choices=Dispute.Kind.choices)
    amount = forms.CharField(label="Amount in question", help_text="Only this much is held.")
    text = forms.CharField(label="What is wrong", max_length=10_000, widget=forms.Textarea)


class MessageForm(LedgerForm):
    """A message in a dispute's thread."""

    text = forms.CharField(label="Message", max_length=10_000, widget=forms.Textarea)


class DecisionForm(AmountForm):
    """How a dispute is decided."""

    outcome = forms.ChoiceField(label="Outcome", choices=Dispute.Outcome.choices)
    decision = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))
    amount = forms.CharField(
        label="Adjustment",
        required=False,
        help_text="More owed is positive, less is negative; leave empty to change nothing.",
    )
    reserve = forms.ChoiceField(
        label="Pool of the adjustment",
        required=False,
        help_text="More is taken from it, less goes back to it.",
    )

    def __init__(self, *args: Any, reserves: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "none"), *((pool.code, pool.code) for pool in reserves)]
        self.fields["reserve"].choices = choices  # type: ignore[attr-defined]

    def request(self) -> dict[str, Any]:
        """What the service is asked for, from a valid form."""
        asked = dict(self.cleaned_data)
        asked.pop("amount")
        adjustment_minor = asked.pop("amount_minor")
        return {**asked, "adjustment_minor": adjustment_minor}


class BankDetailsForm(LedgerForm):
    """An account at a bank."""

    holder = forms.CharField(label="Name of the account’s holder", max_length=70)
    iban = forms.CharField(label="IBAN", max_length=42)
    bic = forms.CharField(
        label="BIC", max_length=11, required=False, help_text="Found from the IBAN where possible."
    )


class EraseContributorForm(LedgerForm):
    """A last look before everything of a contributor is erased."""

    code = forms.CharField(max_length=32)
    sure = forms.BooleanField(label="I have read what goes and what stays.")

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = code
        self.fields["code"].label = f"Your code, {code}, to confirm"

    def clean_code(self) -> str:
        if self.cleaned_data["code"] != self.expected:
            raise forms.ValidationError("This is not your code.")
        return self.expected


class PayoutBatchForm(LedgerForm):
    """Which payments are prepared."""

    code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]{0,29}$", label="Code", help_text="For example 2026-12-EUR."
    )
    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency")
    rail = forms.RegexField(
        r"^[a-z0-9-]{1,20}$",
        label="Rail",
        initial="sepa",
        help_text="sepa for EUR alone, else transfer.",
    )
    bank = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}$", label="Bank account", initial="main"
    )
    pay_on = day(label="Pay on")


class BankAnswerForm(LedgerForm):
    """A message of the bank."""

    file = forms.FileField(
        label="File", help_text="pain.002, camt.053 or camt.054, as the bank sent it."
    )
