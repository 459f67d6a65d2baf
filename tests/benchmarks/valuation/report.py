"""The measurements as Markdown and as plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from tests.benchmarks.valuation import errors, judging
from tests.benchmarks.valuation.environments import ROOT
from tests.benchmarks.valuation.errors import OURS, OURS_PLAIN, Measured

PAGE = ROOT / "docs" / "benchmarks.md"
FOLDER = ROOT / "docs" / "benchmarks"
BEGIN, END = "<!-- estimators: begin -->", "<!-- estimators: end -->"
COLUMNS = (
    OURS, OURS_PLAIN, "leverage", "permutation",
    "RegressionMSR", "ProxySHAP", "ProxySHAP adjusted", "SVARM", "KernelSHAP", "permutations",
)  # fmt: skip
TITLES = {"permutations": "pyDVL permutations", "permutation": "our permutation"}
TARGET_BEST, TARGET_PERMUTATIONS = 0.67, 0.12


def text_of(found: Measured, *, seeds: int) -> str:
    """The estimators' part of the page."""
    sections = [
        HEAD.format(games=len(found.games), seeds=seeds),
        "### Summary\n\n" + "\n".join(summary(found)),
        "### Every cell\n\n" + "\n".join(cells(found)),
        "### What is lost\n\n" + "\n".join(lost(found)),
        "### Intervals on these games\n\n" + "\n".join(intervals(found)),
        "### Exact values agree\n\n" + "\n".join(agreement(found)),
        "### Which games\n\n" + "\n".join(listed(found)),
    ]
    return "\n\n".join(sections) + "\n"


HEAD = """## Estimators against their peers

`python -m tests.benchmarks.valuation.run` made this part: {games} games, {seeds} seeds each. Every
estimator reads the same table of utilities. A cell is the median over the seeds of
‖estimate − exact‖ / ‖exact‖ at the same number of *distinct* coalitions. shapiq and pyDVL run in
environments of their own, pinned by hash in `tests/benchmarks/valuation/peers`.

![Error against budget](benchmarks/error-against-budget.svg)

![Utility as players are removed](benchmarks/removal.svg)"""


def measured(found: Measured, names: Iterable[str]) -> list[str]:
    """Those of the estimators that were run."""
    return [name for name in names if (found.games[0], name, found.budgets[0]) in found.cells]


def summary(found: Measured) -> Iterator[str]:
    """Geometric means of the ratios over all cells."""
    ours = measured(found, (OURS, OURS_PLAIN))
    yield from _row(["geometric mean of error ratios", "target", *ours])
    yield from _row(["---"] * (2 + len(ours)))
    best = [f"{errors.geometric_mean(found.ratios(name)):.2f}" for name in ours]
    yield from _row(["best shapiq estimator in each cell", f"≤ {TARGET_BEST}", *best])
    for peer in (*errors.BEST_OF, "KernelSHAP", "permutations"):
        target = f"≤ {TARGET_PERMUTATIONS}" if peer == "permutations" else ""
        ratios = [f"{errors.geometric_mean(found.ratios(name, peer)):.3f}" for name in ours]
        yield from _row([TITLES.get(peer, peer), target, *ratios])


def cells(found: Measured) -> Iterator[str]:
    names = measured(found, COLUMNS)
    yield from _row(["game", "budget", *(TITLES.get(name, name) for name in names)])
    yield from _row(["---"] * (len(names) + 2))
    for game in found.games:
        for budget in found.budgets:
            values = {name: found.error(game, name, budget) for name in names}
            least = min(values.values())
            shown = [f"**{v:.4f}**" if v == least else f"{v:.4f}" for v in values.values()]
            yield from _row([game, str(budget), *shown])


def lost(found: Measured) -> Iterator[str]:
    """Cells where a peer has less error, and those where it comes nearest."""
    total = len(found.games) * len(found.budgets)
    for name in measured(found, (OURS, OURS_PLAIN)):
        ratios = sorted(
            (found.error(game, name, budget) / found.best(game, budget), game, budget)
            for game in found.games
            for budget in found.budgets
        )
        worse = sum(ratio > 1 for ratio, _, _ in ratios)
        yield f"{name}: of {total} cells the best peer wins {worse}. The least is gained, as the"
        yield "ratio of its error to the best peer's, in"
        yield ""
        yield from (f"- {game}, {budget}: {ratio:.2f}" for ratio, game, budget in ratios[:-6:-1])
        yield ""
    if OURS_PLAIN in measured(found, (OURS_PLAIN,)):
        against = sorted(found.ratios(OURS, OURS_PLAIN))
        hurt = sum(ratio > 1 for ratio in against)
        yield f"Controls change the error by a factor of {against[0]:.2f} to {against[-1]:.2f},"
        yield f"{errors.geometric_mean(against):.2f} on average; in {hurt} cells they cost."


def intervals(found: Measured) -> Iterator[str]:
    pooled = np.mean([found.covered[key] for key in found.covered if key[1] == OURS])
    yield "Share of printed 95 % intervals that hold the exact value, players and seeds pooled;"
    yield f"{pooled:.3f} of all. Ten seeds leave a cell uncertain by about 0.03."
    yield ""
    yield from _row(["game", *(f"{budget}" for budget in found.budgets)])
    yield from _row(["---"] * (len(found.budgets) + 1))
    for game in found.games:
        shares = [f"{found.covered[game, OURS, budget]:.2f}" for budget in found.budgets]
        yield from _row([game, *shares])


def agreement(found: Measured) -> Iterator[str]:
    yield "Largest difference from our `exact`, as a share of the largest value."
    yield ""
    yield from _row(["game", "peer", "difference"])
    yield from _row(["---"] * 3)
    for game, peer, difference in errors.agreement(found):
        yield from _row([game, peer, f"{difference:.0e}"])


def listed(found: Measured) -> Iterator[str]:
    yield "Judged on, never looked at while designing:"
    yield ""
    yield from (f"- {game}, {len(found.exact[game])} players" for game in found.games)
    yield ""
    yield "Designed on:"
    yield ""
    yield from (f"- {game}" for game in judging.DESIGNED_ON)


def _row(entries: Iterable[str]) -> Iterator[str]:
    yield "| " + " | ".join(entries) + " |"


def write(text: str, found: Measured) -> None:
    """Our part of docs/benchmarks.md, between its marks, and the plots."""
    page = PAGE.read_text() if PAGE.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    if BEGIN not in page:
        page += f"\n{BEGIN}\n{END}\n"
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "error-against-budget.svg").write_text(error_plot(found))
    (FOLDER / "removal.svg").write_text(removal_plot(found))


def error_plot(found: Measured) -> str:
    """Error against budget, a panel per game, as SVG."""
    shown = (OURS, OURS_PLAIN, "RegressionMSR", "ProxySHAP adjusted", "SVARM", "permutations")
    names = measured(found, shown)
    rows: list[dict[str, Any]] = [
        {
            "game": game,
            "budget": budget,
            "error": found.error(game, name, budget),
            "estimator": TITLES.get(name, name),
        }
        for game in found.games
        for name in names
        for budget in found.budgets
    ]
    panel = (
        alt.Chart(pd.DataFrame(rows), width=240, height=150)
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "budget:Q", scale=alt.Scale(type="log", nice=False), title="distinct evaluations"
            ),
            y=alt.Y("error:Q", scale=alt.Scale(type="log"), title="relative error"),
            color=alt.Color("estimator:N", sort=[TITLES.get(name, name) for name in names]),
            strokeDash=alt.StrokeDash("estimator:N", legend=None),
        )
    )
    chart = panel.facet(alt.Facet("game:N", title=None), columns=3).resolve_scale(y="independent")
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


def removal_plot(found: Measured) -> str:
    """Utility as players leave, the most or the least valued first by 200 evaluations; SVG."""
    rows: list[dict[str, Any]] = []
    for game in found.games:
        values = found.cells[game, OURS, 200][0]
        bits = 1 << np.arange(len(values))
        random = np.random.default_rng(0).permutation(len(values))
        for order, which in (
            (np.argsort(-values), "most valued first"),
            (np.argsort(values), "least valued first"),
            (random, "at random"),
        ):
            left = bits.sum() - np.concatenate([[0], np.cumsum(bits[order])])
            rows += [
                {"game": game, "removed": count, "utility": float(utility), "order": which}
                for count, utility in enumerate(found.tables[game][left])
            ]
    panel = (
        alt.Chart(pd.DataFrame(rows), width=240, height=150)
        .mark_line(point=True)
        .encode(
            x=alt.X("removed:Q", title="players removed"),
            y=alt.Y("utility:Q", scale=alt.Scale(zero=False)),
            color=alt.Color("order:N"),
        )
    )
    chart = panel.facet(alt.Facet("game:N", title=None), columns=3).resolve_scale(y="independent")
    return str(vl_convert.vegalite_to_svg(chart.to_json()))
