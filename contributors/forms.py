"""Forms of the contributors' pages."""

import re
from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from contributors.core.croissant import DOCUMENT_BYTES_MAX, provenance_of
from contributors.core.scopes import SCOPES
from contributors.core.sniff import DELIMITERS, ENCODINGS
from contributors.errors import Refusal
from contributors.models import Batch, Programme, User, ValidationSet

LIFETIME_DAYS, LIFETIME_DAYS_MAX = 90, 365

# DESIGN.md §3 lists them; the valuation refuses a pair that does not fit when a run starts.
MODELS = (
    "logistic-regression",
    "gaussian-naive-bayes",
    "ridge",
    "k-nearest-neighbours",
    "decision-tree",
    "random-forest",
    "gradient-boosting",
)
UTILITIES = (
    "log-loss",
    "brier",
    "log-loss-skill",
    "brier-skill",
    "absolute-error-skill",
    "probability",
    "auc",
    "f1",
    "r2",
    "absolute-error",
    "accuracy",
)


class PageForm(forms.Form):
    """A form that answers 422 once something in it was refused."""

    @property
    def status(self) -> int:
        return 422 if self.errors else 200

    def refuse(self, refusal: Refusal) -> None:
        """The refusal's sentence, and what to do, stand above the form."""
        self.add_error(None, f"{refusal.sentence} {refusal.remedy}")


class NamesField(forms.CharField):
    """Names, one a line or parted by commas, as a list without repetition of blanks."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return [name.strip() for name in re.split(r"[,\n]", text or "") if name.strip()]


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail and password, in the words of the other pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].label = "Stay signed in"


class ConsentForm(PageForm):
    """Agreement to exactly the text that was shown."""

    licence_text_sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    agree = forms.BooleanField(
        label="I have read the licence. My data may be used to train and evaluate the models of "
        "this programme, and I am paid for it by its rules."
    )


class UploadForm(PageForm):
    """A file, and what to do with rows that are not as they should be."""

    file = forms.FileField(label="File", allow_empty_file=True)


class BatchForm(PageForm):
    """How a file is to be read, as it was found or as the sender says instead."""

    invalid_rows = forms.ChoiceField(
        label="If some rows are not as they should be",
        choices=[
            (Batch.InvalidRows.REFUSE, "refuse the file and tell me all of them"),
            (Batch.InvalidRows.LEAVE_OUT, "leave those rows out and accept the others"),
        ],
        initial=Batch.InvalidRows.REFUSE,
        widget=forms.RadioSelect,
    )
    delimiter = forms.ChoiceField(
        required=False,
        label="Cells are parted by",
        choices=[("", "as found"), *((d, "tab" if d == "\t" else d) for d in DELIMITERS)],
    )
    encoding = forms.ChoiceField(
        required=False,
        label="Encoding",
        choices=[("", "as found"), *((name, name) for name in ENCODINGS)],
    )
    decimal = forms.ChoiceField(
        required=False,
        label="Decimals are written with",
        choices=[("", "as found"), (".", "a point"), (",", "a comma")],
    )

    croissant = forms.FileField(
        required=False,
        label="Provenance, as a Croissant file",
        help_text="Where the data comes from and what it may be used for. What is left out is "
        "listed as missing on the receipt.",
    )

    def clean_croissant(self) -> dict[str, Any]:
        """The provenance that the file names; a file that is no Croissant file is refused."""
        if not (file := self.cleaned_data["croissant"]):
            return {}
        try:
            return provenance_of(file.read(DOCUMENT_BYTES_MAX + 1))
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal

    def ask_of_dialect_alone(self) -> None:
        """Leaving rows out is no choice where the file is refused whatever its rows."""
        self.fields["invalid_rows"].widget = forms.HiddenInput()

    def dialect(self) -> dict[str, str]:
        """What the sender said instead of what was found."""
        names = ("delimiter", "encoding", "decimal")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class ProgrammeForm(PageForm):
    """A programme's draft."""

    title = forms.CharField(label="Title", max_length=200)
    slug = forms.SlugField(
        label="Short name", max_length=50, help_text="In addresses: small letters and dashes."
    )
    description = forms.CharField(
        label="What it is for", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    task = forms.ChoiceField(label="Task", choices=Programme.Task.choices)
    feature_columns = NamesField(
        label="Feature columns", required=False, help_text="What is known beforehand; one a line."
    )
    identity_columns = NamesField(
        label="Identity columns",
        required=False,
        help_text="What names a row, such as a record’s number; the model does not see them. "
        "Duplicates are judged by them.",
    )
    target_column = forms.CharField(label="Target column", required=False, max_length=128)
    target_labels = NamesField(
        label="Labels of the target",
        required=False,
        help_text="For a classification: every label that may occur.",
    )
    model = forms.ChoiceField(
        label="Model",
        choices=[("", "—"), *((m, m.replace("-", " ")) for m in MODELS)],
        required=False,
    )
    utility = forms.ChoiceField(
        label="Score",
        choices=[("", "—"), *((u, u.replace("-", " ")) for u in UTILITIES)],
        required=False,
        help_text="For money take a proper score: log-loss or Brier.",
    )
    standardise = forms.BooleanField(
        label="Standardise the features by the validation rows’ mean and spread",
        required=False,
        initial=True,
    )
    duplicate_rule = forms.ChoiceField(
        label="Rows that two accounts gave", choices=Programme.DuplicateRule.choices
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$", label="Currency", help_text="A code of ISO 4217, such as EUR."
    )
    licence = forms.ChoiceField(label="Licence", required=False)
    licence_identifier = forms.CharField(
        label="Or a new licence: its identifier",
        required=False,
        max_length=64,
        help_text="An SPDX identifier, or LicenceRef-… for one of your own.",
    )
    licence_title = forms.CharField(
        label="Title of the new licence", required=False, max_length=200
    )
    licence_text = forms.CharField(
        label="Text of the new licence", required=False, widget=forms.Textarea
    )

    def __init__(self, *args: Any, licences: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "a new one"), *((str(licence.id), licence.title) for licence in licences)]
        self.fields["licence"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        new = ("licence_identifier", "licence_title", "licence_text")
        if not cleaned.get("licence") and not all(cleaned.get(name) for name in new):
            self.add_error("licence", "Choose a licence, or give a new one in full.")
        return cleaned

    def request(self) -> dict[str, Any]:
        """What the service is asked for besides the licence, from a valid form."""
        asked = {
            name: value
            for name, value in self.cleaned_data.items()
            if not name.startswith("licence")
        }
        text = asked["task"] == Programme.Task.ATTRIBUTION
        asked["kind"] = Programme.Kind.TEXT if text else Programme.Kind.TABULAR
        asked["transform"] = (
            {"kind": "standardise"} if asked.pop("standardise") and not text else None
        )
        return asked


class ValidationSetForm(PageForm):
    """Rows held apart."""

    purpose = forms.ChoiceField(label="Purpose", choices=ValidationSet.Purpose.choices)
    file = forms.FileField(label="File", allow_empty_file=True)


class ProfileForm(PageForm):
    """Personal data, kept apart from the books."""

    display_name = forms.CharField(
        label="Shown name", max_length=200, help_text="Reviewers and statements use it."
    )
    legal_name = forms.CharField(label="Legal name", required=False, max_length=200)
    address = forms.CharField(
        label="Address", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    country = forms.RegexField(
        r"^[A-Z]{2}$", label="Country", required=False, help_text="Two letters, such as DE."
    )
    beneficial_owner = forms.CharField(
        label="Beneficial owner",
        required=False,
        max_length=200,
        help_text="Who stands behind this account, if somebody else.",
    )


class WithdrawForm(PageForm):
    """A last look before a batch is taken back."""

    sure = forms.BooleanField(label="I have read what changes and what stays.")


SCOPE_LABELS = {
    "read": "read all that you may see",
    "write": "write all that you may write, except tokens",
    "batches": "upload and withdraw batches, give consents",
    "programmes": "write programmes and licences",
    "evidence": "decide suspected pairs and owner links",
    "valuation": "start and steer valuation runs",
    "money": "write periods, pools, royalty runs, payouts, disputes",
    "tokens": "make and revoke tokens",
}


# What a contributor can use of them, in the words of a contributor.
CONTRIBUTORS_SCOPE_LABELS = {
    **{name: SCOPE_LABELS[name] for name in ("read", "write", "batches")},
    "evidence": "declare accounts of the same owner",
    "money": "object to statements",
    "tokens": SCOPE_LABELS["tokens"],
}


class TokenForm(PageForm):
    """A new token, of scopes that the role can use."""

    name = forms.CharField(label="Name", max_length=100, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        initial=list(SCOPES)[:1],
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime_days = forms.IntegerField(
        label="Days until it expires",
        min_value=1,
        max_value=LIFETIME_DAYS_MAX,
        initial=LIFETIME_DAYS,
    )

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = CONTRIBUTORS_SCOPE_LABELS if role == User.Role.CONTRIBUTOR else SCOPE_LABELS
        self.fields["scopes"].choices = list(labels.items())  # type: ignore[attr-defined]
