"""What a ranker is to everything that ranks: (person, programme) pairs in, scores and probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from features.arrays import Float64, Int8, Int64

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.ranking.attributes import ProgrammeAttributes
    from recommender.rules.catalogue import Catalogue


@dataclass(frozen=True)
class Pairs:
    """Rows of (person, programme): indices into snapshots and into the catalogue's programmes, int64[m] each.

    >>> Pairs.permitted(np.array([[0, 1, 2], [2, 0, 0]], dtype=np.int8)).programme
    array([1, 2, 0])
    """

    person: Int64
    programme: Int64

    def __post_init__(self) -> None:
        """Refuse columns that do not pair up."""
        if self.person.ndim != 1 or self.person.shape != self.programme.shape:
            shapes = f"{self.person.shape} and {self.programme.shape}"
            raise ValueError(f"pairs need two columns of one length, not {shapes}")

    @classmethod
    def permitted(cls, answers: Int8) -> Pairs:
        """Every pair the rules do not exclude: answers int8[n, P] of `rules.clause.Answer`, where NO is 0."""
        person, programme = np.nonzero(answers)
        return cls(person.astype(np.int64), programme.astype(np.int64))

    def __len__(self) -> int:
        """How many pairs."""
        return int(self.person.size)

    def __getitem__(self, rows: Any) -> Pairs:
        """The pairs at `rows` (a slice, a mask or positions)."""
        return Pairs(self.person[rows], self.programme[rows])


@dataclass(frozen=True)
class Scores:
    """A ranker's answer for each pair: `score` orders within a person, `probability` is P(takes up | offered)."""

    score: Float64
    probability: Float64


class Scorer(Protocol):
    """Anything that can rank: it decides order, never who is eligible.

    `attributes` is done once per catalogue and handed back to every `score`; programmes the scorer never saw are scored
    from what is public about them.
    """

    @property
    def features_hash(self) -> str:
        """The features it was trained on; `score` raises Rejected when the people carry another."""
        ...

    @property
    def catalogue_hash(self) -> str:
        """The catalogue it was trained on; ranking another catalogue is allowed."""
        ...

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> ProgrammeAttributes:
        """The catalogue's programmes as this scorer reads them."""
        ...

    def score(self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs) -> Scores:
        """Score each pair; float64[m] each."""
        ...
