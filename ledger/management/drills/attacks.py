"""The attacks of docs/integrity.md, each a function of a scene that returns measurements.

The first contributor is the attacker; `gain` is their share of the pool after the attack
over their share before.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np

from contributors.core import ladder
from ledger.management.drills.defence import (
    CUT,
    near,
    near_validation,
    on_both_sets,
    overlap_count,
    played,
)
from ledger.management.drills.scenes import ROWS, Floats, Rows, Scene, joined

COPIES = range(2, 11)
JITTERS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3)
HONEST_BATCHES = 16  # 120 pairs a scene
PROBES, PROBE_ROWS, PREVIEWS = 60, 150, 10
LEAKED, LEAK_JITTER = 150, 0.1

Measured = dict[str, list[float]]


def rng_of(scene: Scene) -> np.random.Generator:
    return np.random.default_rng([scene.seed, 7])


def share_before(scene: Scene) -> float:
    """Return the attacker's honest share; a ratio to 0 is none."""
    return float(played(scene.honest, scene).shares[0]) or np.nan


def copies(scene: Scene) -> Measured:
    """Exact copies under k accounts, defended for every k, undefended for two and three."""
    before, own = share_before(scene), scene.honest[0]
    found: Measured = {"defended": [], "undefended": []}
    for k in COPIES:
        accounts = [*scene.honest, *[own] * (k - 1)]
        mine = [0, *range(len(scene.honest), len(accounts))]
        after = played(accounts, scene)
        found["defended"].append(float(after.shares[mine].sum()) / before)
        if k <= 3:
            bare = played(accounts, scene, defended=False)
            found["undefended"].append(float(bare.shares[mine].sum()) / before)
    return found


def repeated_rows(scene: Scene) -> Measured:
    """Every row three times in one batch."""
    accounts = [joined([scene.honest[0]] * 3), *scene.honest[1:]]
    return {"gain": [float(played(accounts, scene).shares[0]) / share_before(scene)]}


def split(scene: Scene) -> Measured:
    """One batch in disjoint parts under two and three accounts, linked and not."""
    before, own = share_before(scene), scene.honest[0]
    found: Measured = {"linked": [], "unlinked": []}
    for k in (2, 3):
        parts = [own.take(rows) for rows in np.array_split(np.arange(len(own)), k)]
        accounts = [*parts, *scene.honest[1:]]
        pairs = list(combinations(range(k), 2))
        for name, linked in (("linked", pairs), ("unlinked", [])):
            after = played(accounts, scene, linked=linked)
            found[name].append(float(after.shares[:k].sum()) / before)
    return found


def jittered(rows: Rows, sigma: float, scene: Scene, share: float = 1.0) -> Rows:
    """A copy under forged identities, every feature with noise of sigma standard deviations.

    `share` of the rows are copied; the rest are other rows of the same source.
    """
    rng, count = rng_of(scene), int(len(rows) * share)
    x = rows.x[:count] + sigma * rng.normal(size=rows.x[:count].shape)
    copy = Rows(x=x, y=rows.y[:count], record=-1 - rows.record[:count])  # forged identities
    rest = scene.pool.take(np.arange(len(rows) - count))
    return joined([copy, rest]) if count < len(rows) else copy


def near_copies(scene: Scene) -> Measured:
    """Jittered copies, half-copies and honest pairs: which are flagged, and what copies gain."""
    own, before = scene.honest[0], share_before(scene)
    names = ("copy", "half", "honest", "bare", "merged", "half_merged")
    found: Measured = {name: [] for name in names}
    for sigma in JITTERS:
        copy = jittered(own, sigma, scene)
        found["copy"].append(float(near(own, copy, scene).looks_copied(CUT)))
        if sigma <= 0.1:
            half = jittered(own, sigma, scene, share=0.5)
            found["half"].append(float(near(own, half, scene).looks_copied(CUT)))
            fresh = half.take(np.arange(len(own) // 2, len(own)))
            honestly = second_account(fresh, scene, linked=True) or np.nan
            found["half_merged"].append(second_account(half, scene, linked=True) / honestly)
        found["bare"].append(second_account(copy, scene, linked=False) / before)
        found["merged"].append(second_account(copy, scene, linked=True) / before)
    for one, other in combinations(honest_batches(scene), 2):
        found["honest"].append(float(near(one, other, scene).looks_copied(CUT)))
    return found


def second_account(batch: Rows, scene: Scene, *, linked: bool) -> float:
    """Return the attacker's share with this batch under a second account, linked or not."""
    accounts, mine = [*scene.honest, batch], [0, len(scene.honest)]
    pairs = [(mine[0], mine[1])] if linked else []
    return float(played(accounts, scene, linked=pairs).shares[mine].sum())


def honest_batches(scene: Scene) -> list[Rows]:
    more = min(HONEST_BATCHES - len(scene.honest), len(scene.pool) // ROWS)
    extra = [scene.pool.take(np.arange(i * ROWS, (i + 1) * ROWS)) for i in range(more)]
    return [*scene.honest, *extra]


def free_riding(scene: Scene) -> Measured:
    """Real features with labels drawn by the class frequencies: paid, in honest shares."""
    own = scene.honest[0]
    y = rng_of(scene).permutation(own.y)
    accounts = [replace(own, y=y), *scene.honest[1:]]
    after, above = played(accounts, scene), on_both_sets(accounts, scene).above_zero
    return {
        "paid": [relative(after.shares)],
        "negative": [float(after.values[0] < 0)],
        "above": [float(above[0])],
        "honest_above": above[1:].astype(float).tolist(),
    }


def relative(shares: Floats) -> float:
    """Return the attacker's share over the mean share of the honest."""
    return float(shares[0] / shares[1:].mean())


def flipped(scene: Scene) -> Measured:
    """30 % and all of the labels flipped."""
    own, found = scene.honest[0], {}
    for name, share in (("some", 0.3), ("all", 1.0)):
        flip = rng_of(scene).random(len(own)) < share
        accounts = [replace(own, y=np.where(flip, 1 - own.y, own.y)), *scene.honest[1:]]
        after = played(accounts, scene)
        found[f"{name}_paid"] = [relative(after.shares)]
        found[f"{name}_negative"] = [float(after.values[0] < 0)]
    return found


def leaked(scene: Scene) -> Measured:
    """150 validation rows in the batch: how many the intake counts; it refuses at one."""
    batch = joined([scene.honest[0], scene.validation.take(np.arange(LEAKED))])
    return {
        "found": [overlap_count(batch, scene)],
        "honest": [overlap_count(scene.honest[0], scene)],
    }


def leaked_nearly(scene: Scene) -> Measured:
    """150 validation rows with a little noise under other identities, which no digest finds."""
    near_rows = jittered(scene.validation.take(np.arange(LEAKED)), LEAK_JITTER, scene)
    kept_rows = scene.honest[0].take(np.arange(LEAKED, len(scene.honest[0])))
    batch = joined([near_rows, kept_rows])
    found = on_both_sets([batch, *scene.honest[1:]], scene)
    honest = on_both_sets(scene.honest, scene)
    return {
        "board": [float(near_validation(batch, scene))],
        "sealed": [float(found.flagged[0])],
        "seen": [float(found.shares[0])],
        "true": [float(found.sealed_shares[0])],
        "honest_board": [float(near_validation(one, scene)) for one in honest_batches(scene)],
        "honest_sealed": honest.flagged.astype(float).tolist(),
    }


def probing(scene: Scene) -> Measured:
    """The best of 60 subsets, chosen by bare scores and by previews: shares on both held-out sets.

    `seen` shares are on the validation set, `true` ones on the sealed set; the base is the
    mean of the first ten subsets.
    """
    rng, own = rng_of(scene), scene.honest[0]
    subsets = [own.take(rng.choice(len(own), PROBE_ROWS, replace=False)) for _ in range(PROBES)]
    outcomes = [played([subset, *scene.honest[1:]], scene) for subset in subsets]
    seen = np.array([o.shares[0] for o in outcomes])
    step = ladder.step_for(row_spread(scene), len(scene.validation)) / total(outcomes[0].values)
    told = answers([float(o.values[0] / total(o.values)) for o in outcomes], step)
    true = {i: sealed_share(subsets[i], scene) for i in {*range(10), *picks(seen, told).values()}}
    found: Measured = {
        "seen_base": [float(seen[:10].mean())],
        "true_base": [float(np.mean([true[i] for i in range(10)]))],
    }
    for name, pick in picks(seen, told).items():
        found[f"seen_{name}"], found[f"true_{name}"] = [float(seen[pick])], [true[pick]]
    return found


def total(values: Floats) -> float:
    return float(values.sum())


def answers(scores: list[float], step: float) -> Floats:
    """Return what the Ladder tells of one score after the other."""
    told, best = [], 0.0
    for score in scores:
        best = ladder.answer(score, best=best, step=step)
        told.append(best)
    return np.array(told)


def picks(seen: Floats, told: Floats) -> dict[str, int]:
    """Return the subset chosen by bare scores, by the Ladder, by ten previews on the Ladder."""
    return {
        "bare": int(np.argmax(seen)),
        "ladder": int(np.argmax(told)),
        "limited": int(np.argmax(told[:PREVIEWS])),
    }


def sealed_share(subset: Rows, scene: Scene) -> float:
    return float(played([subset, *scene.honest[1:]], scene, sealed=True).shares[0])


def row_spread(scene: Scene) -> float:
    """Return the standard deviation of the constant predictor's log-loss over single rows."""
    frequencies = np.bincount(scene.validation.y) / len(scene.validation)
    return float(np.log(frequencies[scene.validation.y]).std())


def rerun(scene: Scene) -> Measured:
    """The same game twice: 1 if every bit is the same."""
    one, two = played(scene.honest, scene), played(scene.honest, scene)
    return {"same": [float(np.array_equal(one.values, two.values))]}
