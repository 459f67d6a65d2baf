"""Forms of the valuation pages."""

from typing import Any
from uuid import UUID

from django import forms

from valuation.core import METHODS
from valuation.models import Analysis
from valuation.services.runs import BUDGET_DEFAULT

BUDGET_MAX = 10_000_000  # a form that asks for more is a slip of the hand
SEED_MAX = 2**63 - 1


class RunForm(forms.Form):
    """What a run is started with."""

    programme = forms.ChoiceField(label="Programme")
    cutoff_at = forms.DateTimeField(
        label="Cut-off",
        help_text="Batches accepted up to this moment play. Take the moment the period's "
        "intake was frozen.",
        # Text, for a browser's own field has no microseconds, and the cut-off is exact.
        widget=forms.TextInput(attrs={"class": "code", "autocomplete": "off"}),
    )
    method = forms.ChoiceField(
        label="Method", help_text="“auto” chooses and says why: exact where the budget allows it."
    )
    budget = forms.IntegerField(
        label="Budget",
        min_value=2,
        max_value=BUDGET_MAX,
        initial=BUDGET_DEFAULT,
        help_text="The most combinations of players a model may be trained on.",
    )
    seed = forms.IntegerField(
        label="Seed",
        min_value=0,
        max_value=SEED_MAX,
        initial=0,
        help_text="The same seed gives the same values, to the last digit.",
    )
    tolerance = forms.FloatField(
        label="Stop at",
        required=False,
        min_value=0.000001,
        max_value=1.0,
        help_text="Largest 95 % half-width allowed, as a share of v(N) − v(∅); 0.01 is one per "
        "cent. Empty: spend the whole budget.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    purpose = forms.ChoiceField(
        label="Judged on",
        choices=[("payment", "the validation set, for payment"), ("audit", "the sealed set")],
    )
    work = forms.CharField(
        label="Work",
        required=False,
        max_length=200,
        help_text="For text programmes alone: the work whose royalties are shared.",
    )
    continues = forms.TypedChoiceField(
        label="Continues",
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text="A finished run of the same game. What it evaluated of players whose rows are "
        "still the same is known from the start and does not count.",
    )

    def __init__(self, *args: Any, programmes: Any = (), finished: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = {
            "programme": [(str(p.id), p.title) for p in programmes],
            "method": [(name, name) for name in ("auto", *sorted(METHODS.keys() - {"auto"}))],
            "continues": [("", "none"), *((str(run.id), _title(run)) for run in finished)],
        }
        for name, choices in chosen.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def status(self) -> int:
        """The answer's HTTP status: 422 once something in the form was refused."""
        return 422 if self.errors else 200

    def request(self) -> dict[str, Any]:
        """What the service is asked for, from a valid form."""
        asked = dict(self.cleaned_data)
        return {"programme_id": UUID(asked.pop("programme")), **asked}


def _title(run: Any) -> str:
    parts = (run.programme_title, run.work, run.method, f"{run.computed_at:%Y-%m-%d %H:%M}")
    return " · ".join(part for part in parts if part)


class PriorityForm(forms.Form):
    """How early the shards of a run are taken; higher goes first."""

    priority = forms.IntegerField(min_value=-100, max_value=100)


class QuestionForm(forms.Form):
    """A question about a run, and the batch it is about, if any."""

    kind = forms.ChoiceField(choices=Analysis.Kind.choices)
    batch = forms.UUIDField(required=False)
