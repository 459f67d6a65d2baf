"""How fast values are and what they hold in memory, beside scikit-learn, shapiq and pyDVL.

Usage: python -m tests.benchmarks.valuation.speed [--parts exact,peers,coalition,engine] [--write]

CPU seconds on one thread of linear algebra. Exact values are measured in a process each, so that
peak memory is theirs. The peers value the same game, all 65,536 coalitions of it, in environments
of their own, which takes three minutes and is kept while game, script and environment stay as they
are; the refits run in the same process as ours. With --write the parts go to docs/benchmarks.md.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.valuation import environments, page
from tests.benchmarks.valuation.games import EXACT, Arrays, Refitted, refitted
from valuation.core import DataGame, FunctionGame, value
from valuation.core.coalitions import enumerated

sys.path.insert(0, str(environments.LOCKS))
from refit_game import RefitGame  # noqa: E402 - shared with the peers' environments

BATCH = 2_000  # coalitions that our time per coalition is averaged over
BATCH_SLOW = 200  # the same where one takes over 2 ms
REFITS, REFITS_SLOW = 60, 10  # coalitions that are refitted; fewer where one takes over 0.2 s
REFITS_BARE = 4_096  # random coalitions that stand for all 65,536, which take over a minute
FREE_PLAYERS, FREE_EVALUATIONS = 16, 1_000
OVERHEAD_MAX_US = 20.0
PEERS = {"shapiq": 50.0, "pydvl": 100.0, "bare scikit-learn refits": 50.0}  # times ours, at least


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--parts", default=",".join(PARTS))
    options.add_argument("--case", help="measure this exact game alone, print JSON")
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    if asked.case:
        print(json.dumps(measured(asked.case)))
        return
    for name in asked.parts.split(","):
        lines = PARTS[name]()
        print("\n".join(lines), flush=True)
        if asked.write:
            page.put(f"speed {name}", lines)


# --- exact values ------------------------------------------------------------------------------


def exact_lines() -> list[str]:
    """Exact values: seconds and megabytes against their targets."""
    lines = [
        "### Exact values",
        "",
        "| exact values | CPU s | target | peak MB | target | Σ values − v(N) + v(∅) |",
        "|---|---|---|---|---|---|",
    ]
    for name, case in EXACT.items():
        command = [sys.executable, "-m", "tests.benchmarks.valuation.speed", "--case", name]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        seconds = shown(found["seconds"], case.seconds_max, "{:.2f}")
        mb = shown(found["mb"], case.mb_max, "{:.0f}")
        lines.append(f"| {case.what} | {seconds} | {mb} | {found['gap']:.0e} |")
    return [*lines, "", AFTER_EXACT]


AFTER_EXACT = (
    "Seconds include making the game; for nearest neighbours they begin once distances are sorted. "
    "A bare interpreter with NumPy, SciPy and scikit-learn has about 150 MB."
)


def measured(name: str) -> dict[str, float]:
    """One exact game in this process."""
    case = EXACT[name]
    arrays = case.arrays()
    start = time.process_time()
    game = DataGame(**arrays, model=case.model, utility=case.utility)
    if case.method == "closed-form":
        start = time.process_time()
    result = value(game, case.method, budget=1 << min(game.n_players, 20))
    seconds = time.process_time() - start
    gap = abs(result.values.sum() - (result.grand - result.empty))
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "mb": mb, "gap": float(gap)}


def shown(found: float, target: float | None, form: str) -> str:
    """Two cells: the figure, bold where it misses its target, and the target."""
    text = form.format(found)
    if target is None:
        return f"{text} | –"
    return f"{text if found <= target else f'**{text}**'} | ≤ {target:g}"


# --- peers -------------------------------------------------------------------------------------


def peer_lines() -> list[str]:
    """The same exact values by peers and by bare refits, CPU seconds in the same run."""
    arrays = EXACT["bayes"].arrays()
    count = 1 << arrays["n_players"]
    ours, values = ours_seconds(arrays)
    rows: list[tuple[str, float, float]] = []
    for peer in ("shapiq", "pydvl"):
        found = peer_values(peer, arrays)
        difference = float(np.abs(found["values"] - values).max())
        rows.append((peer, float(found["seconds"]), difference))
    bare, difference = refit_seconds(arrays, REFITS_BARE)
    rows.append(("bare scikit-learn refits", bare * count / REFITS_BARE, difference))
    lines = [
        "### Exact values beside peers",
        "",
        f"{EXACT['bayes'].what}: {count:,} coalitions each, all of them by ours, shapiq "
        f"and pyDVL (with a memo, which it lacks); the refits are {REFITS_BARE:,} random ones, "
        "multiplied. Largest difference of a value, or of a utility.",
        "",
        "| by | CPU s | µs per coalition | times ours | target | difference |",
        "|---|---|---|---|---|---|",
        f"| ours | {ours:.2f} | {ours / count * 1e6:.1f} | 1 | – | – |",
    ]
    for name, seconds, difference in rows:
        lines.append(
            f"| {name} | {seconds:.1f} | {seconds / count * 1e6:.0f} | "
            f"{at_least(seconds / ours, PEERS[name])} | {difference:.0e} |"
        )
    return [*lines, "", wide_line()]


def wide_line() -> str:
    """The widest set of the target against bare refits of some of its coalitions."""
    arrays = EXACT["bayes-wide"].arrays()
    ours = ours_seconds(arrays)[0] / (1 << arrays["n_players"])
    refit, difference = refit_seconds(arrays, REFITS_BARE)
    refit /= REFITS_BARE
    return (
        f"With 30 features and 1,000 validation rows ours takes {ours * 1e6:.1f} µs per coalition, "
        f"a bare refit (mean of {REFITS_BARE:,} random coalitions) {refit * 1e6:.0f} µs, "
        f"{refit / ours:.0f} times as much; the largest difference is {difference:.0e}."
    )


def ours_seconds(arrays: Arrays) -> tuple[float, NDArray]:
    """CPU seconds of all coalitions, and the values."""
    start = time.process_time()
    game = DataGame(**arrays, model="gaussian-naive-bayes", utility="log-loss")
    values = value(game, "exact", budget=1 << game.n_players).values
    return time.process_time() - start, values


def peer_values(peer: str, arrays: Arrays) -> dict[str, Any]:
    """What the peer's script found and how long it took there; kept while nothing changes."""
    folder, script = environments.FOLDER / "runs", environments.LOCKS / f"speed_{peer}.py"
    digest = hashlib.sha256(script.read_bytes() + environments.peer(peer).parts[-3].encode())
    digest.update((environments.LOCKS / "refit_game.py").read_bytes())
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    output = folder / f"speed-{peer}-{digest.hexdigest()[:16]}.npz"
    if not output.exists():
        folder.mkdir(parents=True, exist_ok=True)
        given = output.with_suffix(".given.npz")
        np.savez(given, **arrays)
        interpreter = str(environments.peer(peer))
        command = [interpreter, "-W", "ignore", str(script), str(given), str(output)]
        subprocess.run(command, check=True)
    return dict(np.load(output))


def refit_seconds(arrays: Arrays, count: int) -> tuple[float, float]:
    """CPU seconds of refits of that many coalitions, and how far a utility is from ours."""
    refit = RefitGame(arrays)
    members = enumerated(refit.n_players)
    if count < len(members):
        members = members[np.random.default_rng(0).permutation(len(members))[:count]]
    start = time.process_time()
    theirs = np.array([refit(row) for row in members])
    seconds = time.process_time() - start
    game = DataGame(**arrays, model="gaussian-naive-bayes", utility="log-loss")
    return seconds, float(np.abs(theirs - game(members)).max())


def at_least(ratio: float, target: float | None) -> str:
    """Two cells: the ratio, bold where it misses its target, and the target."""
    if target is None:
        return f"{ratio:.0f} | –"
    text = f"{ratio:.0f}" if ratio >= target else f"**{ratio:.1f}**"
    return f"{text} | ≥ {target:g}"


# --- one coalition -----------------------------------------------------------------------------


def coalition_lines() -> list[str]:
    """One coalition against scikit-learn's fit of it."""
    warnings.simplefilter("ignore")  # scikit-learn's convergence warnings, which we do not time
    lines = [
        "### One coalition",
        "",
        f"Random coalitions of half the players; theirs is the mean of {REFITS}, or of "
        f"{REFITS_SLOW} where a refit takes over 0.2 s.",
        "",
        "| game, and what is refitted | µs | refit µs | times ours | target | difference |",
        "|---|---|---|---|---|---|",
    ]
    return lines + [coalition_line(case) for case in refitted()]


def coalition_line(case: Refitted) -> str:
    chosen = np.random.default_rng(1).random((BATCH, case.ours.n_players)) < 0.5
    chosen[~chosen.any(axis=1)] = True
    count = BATCH if seconds(case.ours, chosen[:8]) < 0.016 else BATCH_SLOW
    ours = seconds(case.ours, chosen[:count]) / count
    refits = REFITS if seconds(case.refit, chosen[:1]) < 0.2 else REFITS_SLOW
    theirs = seconds(case.refit, chosen[:refits]) / refits
    apart = np.abs(case.ours(chosen[:refits]) - case.refit(chosen[:refits])).max()
    ratio = at_least(theirs / ours, case.ratio_min)
    return f"| {case.what} | {ours * 1e6:.1f} | {theirs * 1e6:.0f} | {ratio} | {apart:.0e} |"


def seconds(game: DataGame, coalitions: NDArray) -> float:
    start = time.process_time()
    game(coalitions)
    return time.process_time() - start


# --- the engine --------------------------------------------------------------------------------


def engine_lines() -> list[str]:
    """What methods add to a utility that costs nothing."""
    game = FunctionGame(FREE_PLAYERS, lambda members: members.sum(axis=1))
    lines = [
        "### The engine",
        "",
        f"CPU time that a method adds to each of {FREE_EVALUATIONS:,} evaluations of a utility "
        f"that costs nothing, {FREE_PLAYERS} players.",
        "",
        "| method | µs per evaluation | target |",
        "|---|---|---|",
    ]
    for method in ("permutation", "antithetic", "stratified", "kernel", "leverage", "banzhaf"):
        value(game, method, budget=FREE_EVALUATIONS)  # imports and first calls are not counted
        start = time.process_time()
        evaluations = value(game, method, budget=FREE_EVALUATIONS, seed=1).evaluations
        spent = (time.process_time() - start) / evaluations * 1e6
        lines.append(f"| {method} | {shown(spent, OVERHEAD_MAX_US, '{:.1f}')} |")
    return lines


PARTS: dict[str, Callable[[], list[str]]] = {
    "exact": exact_lines,
    "peers": peer_lines,
    "coalition": coalition_lines,
    "engine": engine_lines,
}


if __name__ == "__main__":
    main()
