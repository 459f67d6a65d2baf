"""Utilities equal scikit-learn's metrics; sums of utilities have sums of values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_wine

from tests.valuation.core.games.data import coalitions, sample
from valuation.core import value
from valuation.core.utilities import UTILITIES, Scorer, Utility, utility_named
from valuation.errors import UnknownUtility, UnsuitableUtility

CLASSES = [name for name, u in UTILITIES.items() if u.task == "classification"]


NUMBERS = [name for name, u in UTILITIES.items() if u.task == "regression"]


def drawn(seed, classes, rows=40, b=5):
    """Labels that all occur, and coarse probabilities with ties; class first."""
    random = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), random.integers(0, classes, rows - classes)])
    p = random.integers(1, 5, (classes, b, rows)).astype(float)
    return y, p / p.sum(axis=0)


def reference(name, y, p):
    """One coalition's score by scikit-learn, p (rows, classes)."""
    labels, hard = np.unique(y), p.argmax(axis=1)
    onehot = np.eye(p.shape[1])[y]
    truth = p[np.arange(len(y)), y]
    if name == "log-loss":
        return np.log(np.maximum(truth, 1e-3)).mean()
    if name == "brier":
        return -((p - onehot) ** 2).sum(axis=1).mean()
    if name == "probability":
        return truth.mean()
    if name == "accuracy":
        return metrics.accuracy_score(y, hard)
    if name == "f1":
        return metrics.f1_score(y, hard, labels=labels, average="macro", zero_division=0)
    if len(labels) == 2:
        return metrics.roc_auc_score(y, p[:, 1])
    return np.mean([metrics.roc_auc_score(y == c, p[:, c]) for c in labels])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 4))
@pytest.mark.parametrize("name", ["log-loss", "brier", "probability", "accuracy", "f1", "auc"])
def test_scores_of_classes_are_those_of_scikit_learn(name, seed, classes):
    y, p = drawn(seed, classes)
    expected = [reference(name, y, p[:, at].T) for at in range(p.shape[1])]
    np.testing.assert_allclose(UTILITIES[name].function(y, p), expected, rtol=0, atol=1e-14)


def test_scores_of_numbers_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    y, p = random.normal(size=30), random.normal(size=(4, 30))
    p[0] *= 100
    expected = [max(metrics.r2_score(y, row), -1.0) for row in p]
    np.testing.assert_allclose(UTILITIES["r2"].function(y, p), expected, atol=1e-14)
    expected = [-metrics.mean_absolute_error(y, row) for row in p]
    np.testing.assert_allclose(UTILITIES["absolute-error"].function(y, p), expected, atol=1e-14)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_constant_predictor_has_the_declared_values(classes):
    y, _ = drawn(1, classes)
    f = np.bincount(y) / len(y)
    expected = {
        "log-loss": f @ np.log(f),
        "brier": f @ f - 1.0,
        "probability": f @ f,
        "accuracy": f.max(),
        "auc": 0.5,
        "f1": 2 * f.max() / (1 + f.max()) / classes,
        "log-loss-skill": 0.0,
        "brier-skill": 0.0,
    }
    for name, at in expected.items():
        empty = Scorer(UTILITIES[name], y, np.arange(classes)).empty()
        assert empty == pytest.approx(at, abs=1e-15), name
    assert sorted(expected) == sorted(CLASSES)


def test_the_mean_has_the_declared_values():
    y = np.array([1.0, 2.0, 6.0])
    empties = {name: Scorer(UTILITIES[name], y, None).empty() for name in NUMBERS}
    assert empties == {
        "r2": 0.0,
        "absolute-error": pytest.approx(-2.0),
        "absolute-error-skill": 0.0,
    }


@pytest.mark.parametrize("name", [name for name in UTILITIES if name.endswith("-skill")])
def test_a_skill_is_one_minus_the_share_of_the_loss_left(name):
    load = load_diabetes if "absolute" in name else load_wine
    model = "k-nearest-neighbours"
    s = sample(load, n_players=4)
    loss = s.game(model=model, utility=name.removesuffix("-skill"))
    skill = s.game(model=model, utility=name)
    chosen = coalitions(4)
    np.testing.assert_allclose(skill(chosen), 1 - loss(chosen) / loss.empty, atol=1e-14)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownUtility, match="log-loss"):
        utility_named("karma")


def test_values_of_a_sum_are_the_sum_of_the_values_of_its_parts():
    s = sample(load_wine, n_players=4)
    whole = s.game(model="gaussian-naive-bayes", utility=0.7 * UTILITIES["brier"] - UTILITIES["f1"])
    parts = [s.game(model="gaussian-naive-bayes", utility=name) for name in ("brier", "f1")]
    brier, f1 = (value(part, method="exact", budget=16).values for part in parts)
    total = value(whole, method="exact", budget=16)
    np.testing.assert_allclose(total.values, 0.7 * brier - f1, rtol=0, atol=1e-12)
    assert whole.empty == pytest.approx(0.7 * parts[0].empty - parts[1].empty)
    chosen = coalitions(4)
    expected = np.stack([part(chosen) for part in parts], axis=1)
    np.testing.assert_array_equal(whole.parts(chosen), expected)


def test_classes_and_numbers_do_not_mix():
    with pytest.raises(UnsuitableUtility):
        UTILITIES["brier"] + UTILITIES["r2"]


def test_a_custom_utility_without_empty_scores_the_constant_predictor():
    y = np.array([0, 0, 1])
    mine = Utility("mine", lambda y, p: p[:, 0].mean(), task="classification")
    assert Scorer(mine, y, np.arange(2)).empty() == pytest.approx(2 / 3)
