"""Shadow difference: what would change for people if a challenger's order were served in place of the champion's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Float64
from training.evaluation.evaluation import order
from training.measures import places

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.material import TrainingData
    from training.data.ranking_dataset import Candidates

FIRST: Final = 5
"""As many offers as a person sees first."""
TOLD: Final = 10
"""Of so many programmes the change is told, the largest first."""


@dataclass(frozen=True)
class ShadowDifference:
    """Two orders of what the same held-out people can be offered.

    Attributes:
        shadow: the challenger's name.
        people: how many they are.
        other_first: for how many another programme would come first.
        other_five: for how many another programme would be among the first five.
        moved: by programme, how many more people would see it among the first five (fewer: below 0).
    """

    shadow: str
    people: int
    other_first: int
    other_five: int
    moved: dict[str, int]

    def to_document(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        return dict(self.__dict__)

    def __str__(self) -> str:
        """For people."""
        what = f"{self.other_first} would see another programme first, {self.other_five} another among the first five"
        moved = [f"  {count:+d} {name}" for name, count in self.moved.items()]
        return "\n".join([f"shadow {self.shadow}: of {self.people} people {what}", *moved])


def shadow_difference(
    material: TrainingData, some: Candidates, champion: Float64, shadow: Model, name: str
) -> ShadowDifference:
    """Score the same pairs by the shadow, and count what changes.

    Args:
        material: the catalogue.
        some: what held-out people can be offered.
        champion: float64[m], its scores of these pairs.
        shadow: the challenger.
        name: what it is called.
    """
    person, programme = some.pairs.person, some.pairs.programme
    both = [places(person, score) for score in (champion, order(shadow, some, material.catalogue))]
    first, five = ([place < most for place in both] for most in (1, FIRST))
    people = np.unique(person)
    # who sees another has a row that is among the first by one order alone
    changed = [int(np.unique(person[one != other]).size) for one, other in (first, five)]
    gained = np.bincount(programme, five[1].astype(np.float64) - five[0], len(material.codes)).astype(np.int64)
    order_of = np.argsort(-np.abs(gained), kind="stable")[:TOLD]
    moved = {material.catalogue.programmes[at].id: int(gained[at]) for at in order_of.tolist() if gained[at]}
    return ShadowDifference(name, people.size, changed[0], changed[1], moved)
