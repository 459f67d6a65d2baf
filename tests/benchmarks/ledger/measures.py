"""What both sides are asked, and how it is timed."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PAYEES = 200  # accounts that share the postings of the balance questions
STATEMENT_LINES = 1_000
LINES_AT = 100_000  # postings there are when the lines are asked for


def payee(index: int) -> int:
    """Which payee the posting of this index goes to.

    The first takes one of a hundred, so that it has a statement's lines at 10⁵ postings.
    """
    return index % (PAYEES - 1) + 1 if index % 100 else 0


@dataclass(slots=True)
class Figures:
    """Figures of one side on one database; printed as one line of JSON."""

    values: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, act: Callable[[], Any], *, repeat: int = 1) -> Any:
        """Record the median seconds of an act; return what it returned last."""
        seconds, answer = [], None
        for _ in range(repeat):
            start = time.perf_counter()
            answer = act()
            seconds.append(time.perf_counter() - start)
        self.values[name] = statistics.median(seconds)
        return answer

    def rate(self, name: str, act: Callable[[int], Any], *, n: int, rounds: int = 3) -> None:
        """Record acts per second: the median of several rounds."""
        rates = []
        for number in range(rounds):
            start = time.perf_counter()
            for index in range(n):
                act(number * n + index)
            rates.append(n / (time.perf_counter() - start))
        self.values[name] = statistics.median(rates)

    def memory(self, name: str) -> None:
        """Record the process's largest memory so far, in MiB."""
        self.values[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def print(self) -> None:
        json.dump(self.values, sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()
