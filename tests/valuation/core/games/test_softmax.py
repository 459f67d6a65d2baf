"""The loss of a row and its derivatives, also where 1 − p would cancel."""

import numpy as np
import pytest

from valuation.core.games.softmax import RowLoss, basis_of, probabilities


def rows(count, seed=0, scale=1.0):
    """A loss of as many classes on six rows, and scores of two coalitions."""
    random = np.random.default_rng(seed)
    basis = basis_of(count)
    loss = RowLoss(basis, np.arange(6) % count)
    return loss, scale * random.normal(size=(basis.shape[1], 2, 6))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_loss_is_minus_the_log_of_the_true_probability(count):
    loss, scores = rows(count)
    shares = probabilities(scores, loss.basis)
    truth = shares[np.arange(6) % count, :, np.arange(6)].T
    np.testing.assert_allclose(loss.losses(scores), -np.log(truth), rtol=1e-13)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_residuals_and_curvatures_are_derivatives(count):
    loss, scores = rows(count)
    wrong, step = loss.wrong(scores), 1e-6
    residuals = loss.residuals(wrong)
    curvatures = {(r, s): c for r, s, c in loss.curvatures(wrong)}
    for r in range(len(scores)):
        moved = np.zeros_like(scores)
        moved[r] = step
        up, down = scores + moved, scores - moved
        slope = (loss.losses(up) - loss.losses(down)) / (2 * step)
        np.testing.assert_allclose(residuals[r], slope, atol=1e-8)
        bend = (loss.residuals(loss.wrong(up)) - loss.residuals(loss.wrong(down))) / (2 * step)
        np.testing.assert_allclose(loss.bend(wrong, moved / step), bend, atol=1e-8)
        for s in range(r, len(scores)):
            np.testing.assert_allclose(curvatures[r, s], bend[s], atol=1e-8)
    trace = sum(c for (r, s), c in curvatures.items() if r == s) / len(scores)
    np.testing.assert_allclose(loss.mean_curvature(wrong), trace, atol=1e-14)


@pytest.mark.parametrize("count", [2, 3])
def test_nothing_cancels_where_the_true_class_is_almost_certain(count):
    basis = basis_of(count)
    loss = RowLoss(basis, np.array([1]))
    logits = np.zeros(count)
    logits[1] = 60.0  # 1 − p is 1e-26, which 1 − p in floats would call 0
    scores = np.linalg.lstsq(basis, logits - (logits.mean() if count > 2 else 0.0), rcond=None)[0]
    wrong = loss.wrong(scores[:, None, None])
    left = (count - 1) * np.exp(-60.0)
    assert wrong.sum() == pytest.approx(left, rel=1e-10)
    assert loss.losses(scores[:, None, None])[0, 0] == pytest.approx(left, rel=1e-10)
    assert np.abs(loss.residuals(wrong)).max() > 0.5 * left


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_basis_keeps_lengths(count):
    basis = basis_of(count)
    np.testing.assert_allclose(basis.T @ basis, np.eye(count - 1), atol=1e-14)
    assert count == 2 or np.abs(basis.sum(axis=0)).max() < 1e-14
