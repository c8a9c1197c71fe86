"""Gate: what a challenger has to show to take the champion's place, the same for exact and for noised figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

from features.mapping import MappingReader
from features.problem import Problems, Where
from training.evaluation.fairness import FEWEST
from training.measures import SURE
from training.policy.off_policy import LEAST_EFFECTIVE

Says = Literal["passed", "failed", "cannot_tell"]
_BOUNDS: Final = {"margin": (0.0, 0.5), "level": (0.0001, 0.5), "calibration": (0.0, 0.5)}


@dataclass(frozen=True)
class GateTerms:
    """What a deployment demands, as `gate.yaml` of its declaration says it.

    Attributes:
        margin: how much lower a declared group's NDCG@5 may be than under the champion.
        level: how likely all groups together may be refused though none is worse by the margin (Holm).
        calibration: how far the mean predicted chance may be from the share that was taken up.
    """

    margin: float = 0.02
    level: float = 0.05
    calibration: float = 0.05


USUAL: Final = GateTerms()
"""What is demanded where a declaration has no `gate.yaml`."""


def parse_terms(document: object, where: Where) -> GateTerms:
    """Read the terms; what is not given is as usual.

    Raises:
        Rejected: with every key that is unknown, no number or out of range.

    >>> parse_terms({"margin": 0.01}, ("gate.yaml",)).margin
    0.01
    """
    problems = Problems()
    reader = MappingReader(document, where, problems, set(_BOUNDS))
    given = {}
    for name, (low, high) in _BOUNDS.items():
        value = reader.take(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            given[name] = float(value)
        elif value is not None:
            reader.wrong(name, "range", f"cannot be {value!r}", f"Give a number from {low} to {high}")
    problems.raise_any()
    return GateTerms(**given)


class GateFigure(NamedTuple):
    """How much better a challenger is on some people, how far that may be off (95 %), and how many they are."""

    difference: float
    error: float
    units: float

    @property
    def known(self) -> bool:
        """Whether the people are enough for the figure to mean anything."""
        return self.units >= FEWEST and math.isfinite(self.difference) and math.isfinite(self.error)


def order_says(figure: GateFigure, *, first: bool = False) -> Says:
    """Whether the order is better by more than chance and noise; of the first model only that it is not worse.

    >>> order_says(GateFigure(0.02, 0.01, 500)), order_says(GateFigure(0.005, 0.01, 500))
    ('passed', 'cannot_tell')
    """
    if figure.known and abs(figure.difference) > figure.error:
        return "passed" if figure.difference > 0 else "failed"
    return "passed" if first else "cannot_tell"


def groups_say(figures: Mapping[str, GateFigure], terms: GateTerms) -> dict[str, Says]:
    """Of each declared group, whether it is worse by more than the margin, by Holm's procedure over all (1979).

    A group fails where that is beyond chance and noise. It passes where so large a loss would have shown: its error is
    within the margin; else nothing can be told of it, as of a group that is too small.
    """
    normal = NormalDist()
    chance = {
        name: normal.cdf((one.difference + terms.margin) / max(one.error / SURE, 1e-12))
        for name, one in figures.items()
        if one.known
    }
    failed: set[str] = set()
    for rank, name in enumerate(sorted(chance, key=lambda name: chance[name])):
        if chance[name] > terms.level / (len(chance) - rank):
            break
        failed.add(name)

    def says(name: str, one: GateFigure) -> Says:
        if name in failed:
            return "failed"
        return "passed" if one.known and one.error <= terms.margin else "cannot_tell"

    return {name: says(name, one) for name, one in figures.items()}


def calibration_says(bias: GateFigure, terms: GateTerms) -> Says:
    """Whether the mean prediction is as near to what happened as is demanded, as far as chance and noise tell."""
    if not bias.known:
        return "cannot_tell"
    if abs(bias.difference) - bias.error > terms.calibration:
        return "failed"
    return "passed" if abs(bias.difference) + bias.error <= 2 * terms.calibration else "cannot_tell"


def drawn_says(figure: GateFigure) -> Says:
    """Whether a challenger is not worse than popularity where chance decided what stood where; `units` are effective.

    >>> drawn_says(GateFigure(-0.02, 0.01, 400)), drawn_says(GateFigure(-0.02, 0.01, 80))
    ('failed', 'cannot_tell')
    """
    if figure.units < LEAST_EFFECTIVE or not math.isfinite(figure.difference) or not math.isfinite(figure.error):
        return "cannot_tell"
    return "failed" if figure.difference < -figure.error else "passed"


def not_worse_says(figure: GateFigure) -> Says:
    """Whether a challenger is not worse beyond chance and noise."""
    if not figure.known:
        return "cannot_tell"
    return "failed" if figure.difference < -figure.error else "passed"
