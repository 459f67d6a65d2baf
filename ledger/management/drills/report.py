"""The drill's table: what was attempted, what was measured, what the goal is, whether it is met."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ledger.management.drills import attacks
from ledger.management.drills.attacks import Measured
from ledger.management.drills.scenes import Scene

Summary = Callable[[Measured], tuple[str, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    attack: str
    measured: str
    goal: str
    met: bool


def spread(values: Iterable[float]) -> str:
    """Return mean, least and most; ratios to an honest share of 0 are none and left out."""
    found = np.array(list(values))
    known = found[~np.isnan(found)]
    without = f", without {len(found) - len(known)} of 0/0" if len(known) < len(found) else ""
    return f"{known.mean():.3f} ({known.min():.3f} to {known.max():.3f}{without})"


def most(values: Iterable[float]) -> float:
    return float(np.nanmax(list(values)))


def counted(values: list[float]) -> str:
    return f"{int(sum(values))} of {len(values)}"


def copies_line(m: Measured) -> tuple[str, bool]:
    text = f"gain {spread(m['defended'])}; undefended, k = 2 and 3: {spread(m['undefended'])}"
    return text, most(m["defended"]) <= 1.01


def linked_line(m: Measured) -> tuple[str, bool]:
    text = f"gain {spread(m['linked'])}; not linked: {spread(m['unlinked'])}"
    return text, most(abs(gain - 1) for gain in m["linked"]) <= 0.005


def copy_line(m: Measured) -> tuple[str, bool]:
    return f"{counted(m['copy'])} flagged", all(m["copy"])


def half_line(m: Measured) -> tuple[str, bool]:
    return f"{counted(m['half'])} flagged", all(m["half"])


def honest_line(m: Measured) -> tuple[str, bool]:
    return f"{counted(m['honest'])} flagged", not any(m["honest"])


def merged_line(m: Measured) -> tuple[str, bool]:
    text = f"gain {spread(m['merged'])}; not merged: {spread(m['bare'])}"
    return text, most(m["merged"]) <= 1.05


def half_merged_line(m: Measured) -> tuple[str, bool]:
    text = f"{spread(m['half_merged'])} of what the honest half alone would earn"
    return text, float(np.nanmean(m["half_merged"])) <= 1.05


def random_line(m: Measured) -> tuple[str, bool]:
    text = (
        f"{spread(m['paid'])} of an honest share; below zero in {counted(m['negative'])}, "
        f"told from 0 by the rows that judge in {counted(m['above'])} (of honest ones in "
        f"{counted(m['honest_above'])})"
    )
    return text, max(m["paid"]) <= 0.01


def all_line(m: Measured) -> tuple[str, bool]:
    text = f"{spread(m['all_paid'])}; below zero, so flagged, in {counted(m['all_negative'])}"
    return text, max(m["all_paid"]) == 0 and all(m["all_negative"])


def some_line(m: Measured) -> tuple[str, bool]:
    return f"{spread(m['some_paid'])} of an honest share", max(m["some_paid"]) <= 0.5


def leak_line(m: Measured) -> tuple[str, bool]:
    least, most, honest = int(min(m["found"])), int(max(m["found"])), int(max(m["honest"]))
    text = f"{least} to {most} of 150 found; {honest} in an honest batch"
    return text, min(m["found"]) >= 1 and max(m["honest"]) == 0


def near_leak_line(m: Measured) -> tuple[str, bool]:
    told = [float(one or other) for one, other in zip(m["board"], m["sealed"], strict=True)]
    text = (
        f"{counted(told)} flagged: {counted(m['board'])} as near the validation set, "
        f"{counted(m['sealed'])} by its share ({spread(m['seen'])}; on the sealed set "
        f"{spread(m['true'])}); of honest ones {counted(m['honest_board'])} and "
        f"{counted(m['honest_sealed'])}"
    )
    return text, all(told)


def inflation(m: Measured, name: str) -> float:
    """Return the gain on the validation set over the gain on the sealed set, less one.

    Of mean shares over all scenes: in a single scene the sealed share may be 0.
    """
    seen = np.mean(m[f"seen_{name}"]) / np.mean(m["seen_base"])
    true = np.mean(m[f"true_{name}"]) / np.mean(m["true_base"])
    return float(seen / true - 1)


def probe_line(m: Measured) -> tuple[str, bool]:
    limited, ladder, bare = (inflation(m, name) for name in ("limited", "ladder", "bare"))
    text = (
        f"inflation {limited:.3f} with ten previews on the Ladder, {ladder:.3f} with all 60, "
        f"{bare:.3f} by bare scores"
    )
    return text, limited <= 0.10


def repeat_line(m: Measured) -> tuple[str, bool]:
    return f"gain {spread(m['gain'])}", most(m["gain"]) <= 1 + 1e-9


def rerun_line(m: Measured) -> tuple[str, bool]:
    return f"{counted(m['same'])} identical", all(m["same"])


# Attack function, then for each line of it: name, goal, summary.
PLAN: tuple[tuple[Callable[[Scene], Measured], tuple[tuple[str, str, Summary], ...]], ...] = (
    (attacks.copies, (("A1 copies under k = 2…10 accounts", "gain ≤ 1.01", copies_line),)),
    (attacks.repeated_rows, (("A2 every row three times", "gain ≤ 1.00", repeat_line),)),
    (attacks.split, (("A3 split, accounts linked", "1.00 ± 0.005", linked_line),)),
    (
        attacks.near_copies,
        (
            ("A4 jittered copies, σ ≤ 0.3", "all flagged", copy_line),
            ("A4 half-copies, σ ≤ 0.1", "all flagged", half_line),
            ("A4 honest pairs", "none flagged", honest_line),
            ("A4 jittered copy once merged", "gain ≤ 1.05", merged_line),
            ("A4 half-copy once merged", "its honest half, ≤ 1.05 on average", half_merged_line),
        ),
    ),
    (attacks.free_riding, (("A5 random labels", "paid ≤ 1 % of honest", random_line),)),
    (
        attacks.flipped,
        (
            ("A6 all labels flipped", "paid 0, flagged", all_line),
            ("A6 30 % of labels flipped", "paid ≤ half", some_line),
        ),
    ),
    (attacks.leaked, (("A7 batch with validation rows", "refused", leak_line),)),
    (
        attacks.leaked_nearly,
        (("A7 validation rows in disguise, σ = 0.1", "flagged", near_leak_line),),
    ),
    (attacks.probing, (("A8 best of 60 probes", "inflation ≤ 10 %", probe_line),)),
    (attacks.rerun, (("A9 the same run again", "bit-identical", rerun_line),)),
)


def pooled(measurements: Iterable[Measured]) -> Measured:
    """Put the measurements of all scenes together."""
    together: Measured = {}
    for measured in measurements:
        for name, values in measured.items():
            together.setdefault(name, []).extend(float(value) for value in values)
    return together


def lines(scenes: list[Scene], *, told: Callable[[str], None]) -> list[Line]:
    """Play every attack on every scene; `told` hears of each before it begins."""
    found = []
    for attack, rows in PLAN:
        told(attack.__name__)
        measured = pooled(attack(scene) for scene in scenes)
        for name, goal, summary in rows:
            text, met = summary(measured)
            found.append(Line(attack=name, measured=text, goal=goal, met=met))
    return found


def markdown(found: list[Line]) -> str:
    head = ["| attack | goal | measured: mean (least to most) | met |", "|---|---|---|---|"]
    body = [f"| {x.attack} | {x.goal} | {x.measured} | {'yes' if x.met else 'no'} |" for x in found]
    return "\n".join([*head, *body])
