"""The Ladder: previews that do not wear out the validation set (Blum and Hardt, 2015).

An answer moves only when the score beats the best answer by a whole step, and then to a
multiple of the step. So many probes learn about as much as the logarithm of their number.
"""

from math import floor


def step_for(spread: float, rows: int) -> float:
    """Return the step: two standard errors of the mean utility over `rows` validation rows.

    `spread` is the standard deviation of the utility of single rows.

    >>> step_for(0.5, 2500)
    0.02
    """
    return 2 * spread / rows**0.5


def answer(score: float, *, best: float, step: float) -> float:
    """Return what is told of a score: the best answer so far, or a new multiple of the step.

    >>> answer(0.37, best=0.0, step=0.1)
    0.30000000000000004
    >>> answer(0.37, best=0.3, step=0.1)
    0.3
    """
    if score < best + step:
        return best
    return floor(score / step) * step
