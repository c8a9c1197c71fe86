"""What was shown by chance and what came of it: rounds of a logged bandit, checked before anything is made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from features.arrays import Float64, Int64
from features.problem import Problem, Problems

_SUM: Final = 1e-6
"""How far the chances of one round may be from summing to 1."""
_REMEDY: Final = "Give arrays of one row a round"


@dataclass(frozen=True)
class LoggedBandit:
    """n rounds in which one of A programmes was shown by chance, and what came of it.

    Attributes:
        action: int64[n], the programme shown, from 0.
        reward: float64[n], what came of it (1 taken up, 0 not).
        logged: float64[n, A], the chance with which each programme would have been shown then, as it was logged; rows
            sum to 1.
        unit: int64[n], whose rounds they are: one unit's rounds are not independent. None where each is a unit.
        predicted: float64[n, A], what a model that never saw the round expects of each programme; None without a model.
    """

    action: Int64
    reward: Float64
    logged: Float64
    unit: Int64 | None = None
    predicted: Float64 | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit each other, with everything that is wrong.

        Raises:
            Rejected: shapes differ, or a number cannot be.
        """
        problems = Problems()
        if self.logged.ndim != 2 or not self.logged.size:
            problems.add(("logged",), "invalid", "is no table of rounds and programmes", _REMEDY)
            problems.raise_any()
        problems.found += [*self._shapes(), *self._numbers()]
        problems.raise_any()

    def __len__(self) -> int:
        """How many rounds."""
        return len(self.logged)

    def _shapes(self) -> list[Problem]:
        rounds, table = self.logged.shape[:1], self.logged.shape
        wanted = {"action": rounds, "reward": rounds, "unit": rounds, "predicted": table}
        wrong = []
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                wrong.append(Problem((name,), "invalid", f"has the shape {array.shape}, not {shape}", _REMEDY))
        return wrong

    def _numbers(self) -> list[Problem]:
        wrong = chances_that_cannot_be(self.logged, "logged")
        if ((self.action < 0) | (self.action >= self.logged.shape[1])).any():
            wrong.append(Problem(("action",), "range", "names a programme that is not there", "Number them from 0"))
        elif self.action.shape == self.logged.shape[:1] and (self.chance <= 0).any():
            what = "says that something was shown which had no chance to be"
            wrong.append(Problem(("logged",), "conflict", what, "Log the chance with which each was shown"))
        for name in ("reward", "predicted"):
            array = getattr(self, name)
            if array is not None and not np.isfinite(array).all():
                wrong.append(Problem((name,), "invalid", "holds what is no number", "Give finite numbers"))
        return wrong

    @property
    def chance(self) -> Float64:
        """The chance with which what was shown was shown: float64[n]."""
        return self.logged[np.arange(len(self)), self.action]

    def rows(self, some: Int64) -> LoggedBandit:
        """Some of the rounds."""
        unit = None if self.unit is None else self.unit[some]
        predicted = None if self.predicted is None else self.predicted[some]
        taken = (self.action[some], self.reward[some], self.logged[some])
        return replace(self, action=taken[0], reward=taken[1], logged=taken[2], unit=unit, predicted=predicted)


def chances_that_cannot_be(table: Float64, name: str) -> list[Problem]:
    """What is wrong with chances that each row should share out."""
    if not np.isfinite(table).all() or (table < 0).any():
        return [Problem((name,), "range", "holds what is no chance", "Give numbers from 0 to 1")]
    if np.abs(table.sum(axis=1) - 1).max() > _SUM:
        return [Problem((name,), "range", "has rows that do not sum to 1", "Share out the chance of each round")]
    return []
