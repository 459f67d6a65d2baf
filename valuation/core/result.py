"""What a valuation returns: values, their uncertainty, and how they came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from valuation.core.coalitions import Floats

Z_95 = 1.959963984540054  # standard errors in the half-width of a 95 % interval, normal quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Values of the players of one game.

    Attributes
    ----------
    values : float64 (n_players,)
    standard_errors : float64 (n_players,)
        Exactly 0 where the values are exact. `value ± 1.96 standard errors` is a
        95 % interval: small samples are allowed for in the standard error.
    method : str
        The method used, also where `auto` was asked for.
    reason : str
        Why this method.
    empty, grand : float
        v(∅) and v(N).
    evaluations : int
        Distinct coalitions passed to the game, ∅ and N included.
    untrainable : int
        How many of them could not train and have the value v(∅).
    details : mapping
        What else the method has to say; plain numbers, strings and lists.
    """

    values: Floats
    standard_errors: Floats
    method: str
    empty: float
    grand: float
    reason: str = "asked for"
    evaluations: int = 0
    untrainable: int = 0
    details: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for array in (self.values, self.standard_errors):
            array.setflags(write=False)
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))

    @property
    def n_players(self) -> int:
        return len(self.values)

    @property
    def range(self) -> float:
        """v(N) − v(∅)."""
        return self.grand - self.empty

    @property
    def intervals(self) -> Floats:
        """The 95 % intervals, (n_players, 2)."""
        half = Z_95 * self.standard_errors
        return np.stack([self.values - half, self.values + half], axis=1)

    @property
    def uncertainty(self) -> float:
        """The largest 95 % half-width as a share of v(N) − v(∅); 0 where all are exact,
        infinite where v(N) = v(∅)."""
        half = Z_95 * float(self.standard_errors.max())
        if half == 0.0:
            return 0.0
        return half / abs(self.range) if self.range else np.inf
