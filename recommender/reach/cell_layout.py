"""Cell layout: at which values a table of people tells facts apart; every place and span of values is a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.mapping import MappingReader
from features.members import nobody
from features.problem import Problems, Where
from features.snapshot import Snapshots
from features.value import NONE, UNKNOWN
from recommender.reach.reach_population import REGION

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.region import Regions

__all__ = ["CellLayout", "parse_layout"]

_MOST: Final = 2_000_000
"""Cells of a table at most."""
_REMEDY: Final = "Write the least value of each span, ascending, such as [0, 19, 65]"
_KINDS: Final = ("integer", "boolean")


@dataclass(frozen=True, eq=False)
class CellLayout:
    """Which facts are told apart where, all of it public.

    Every person is in one cell: a value below the least of a fact counts as the least, and one that is known to be
    absent as not known.

    Attributes:
        facts: of each fact the least value of each span, ascending; who is unknown is a span of its own, the last.
        places: int64[R], the regions that people may live in, and last that it is not known.
        moved: the place of each region that is none of them and lies in one, as one of an earlier day does; needed to
            count people alone, so that no document holds it.
    """

    facts: Mapping[str, tuple[int, ...]]
    places: Int64
    moved: Mapping[int, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many places, and of each fact how many spans."""
        return (len(self.places), *(len(edges) + 1 for edges in self.facts.values()))

    @property
    def size(self) -> int:
        """How many cells there are."""
        return int(np.prod(self.shape))

    def cells_of(self, people: Snapshots) -> Int64:
        """The cell of each person, int64[n]."""
        lives = people.column(REGION)
        if self.moved:
            codes, at = np.unique(lives, return_inverse=True)
            lives = np.array([self.moved.get(code, code) for code in codes.tolist()], np.int64)[at]
        place = np.minimum(np.searchsorted(self.places[:-1], lives), max(len(self.places) - 2, 0))
        spans = [np.where(self.places[place] == lives, place, len(self.places) - 1)]
        for name, edges in self.facts.items():
            own = people.column(name)
            span = np.searchsorted(np.array(edges), own, side="right") - 1
            spans.append(np.where((own == UNKNOWN) | (own == NONE), len(edges), np.maximum(span, 0)))
        return np.asarray(np.ravel_multi_index(spans, self.shape), np.int64)

    def somebody(self, declaration: Declaration, at: int) -> Snapshots:
        """Somebody of every cell, of whom nothing else is known; each fact has the least value of its span."""
        spans = np.unravel_index(np.arange(self.size), self.shape)
        values = np.full((self.size, len(declaration.columns)), UNKNOWN, np.int64)
        values[:, declaration.columns.index(REGION)] = self.places[spans[0]]
        for span, (name, edges) in zip(spans[1:], self.facts.items(), strict=True):
            values[:, declaration.columns.index(name)] = np.array([*edges, UNKNOWN])[span]
        relations = len(declaration.household.relations) if declaration.household else 0
        return Snapshots(
            ("",) * self.size, np.full(self.size, at, np.int64), declaration.columns, values, declaration.hash,
            declaration, nobody(self.size, relations),
        )  # fmt: skip

    def to_document(self) -> dict[str, Any]:
        """As JSON values, which say where each cell stands."""
        facts = {name: list(edges) for name, edges in self.facts.items()}
        return {"facts": facts, "places": self.places.tolist()}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> CellLayout:
        """Read what `to_document` wrote."""
        facts = {name: tuple(edges) for name, edges in document["facts"].items()}
        return cls(facts, np.array(document["places"], np.int64))


def parse_layout(document: object, where: Where, declaration: Declaration, regions: Regions, day: int) -> CellLayout:
    """Read `facts`, each with the least value of every span that is told apart; places are the regions of a day.

    Raises:
        Rejected: with everything that is wrong in it.
    """
    problems = Problems()
    top = MappingReader(document, where, problems, {"facts"})
    facts: dict[str, tuple[int, ...]] = {}
    for name, edges in top.mapping("facts").items():
        fact = declaration.facts.get(name)
        if fact is None or fact.type not in _KINDS:
            what = "is no declared fact that is a number, or true or false"
            problems.add(top.at("facts", name), "unknown", what, "Name a fact of facts.yaml")
        elif not isinstance(edges, list) or not ascending(edges):
            problems.add(top.at("facts", name), "invalid", "is no list of ascending whole numbers", _REMEDY)
        else:
            facts[name] = tuple(edges)
    places = sorted(code for code, region in regions.by_code.items() if region.current(day))
    layout = CellLayout(facts, np.array([*places, UNKNOWN], np.int64), moved_places(regions, places, day))
    if layout.size > _MOST:
        problems.add(where, "range", f"makes {layout.size:,} cells, over {_MOST:,}", "Tell fewer facts or values apart")
    problems.raise_any()
    return layout


def moved_places(regions: Regions, places: list[int], day: int) -> dict[int, int]:
    """The place of a day that each other region became or, where it became several, that all of them lie in."""
    known, found = set(places), {}
    for code in regions.by_code.keys() - known:
        leaves = regions.leaves(code, day)
        found[code] = next(iter(leaves)) if len(leaves) == 1 else regions.largest(code, day)
    return {code: place for code, place in found.items() if place in known}


def ascending(edges: list[Any]) -> bool:
    """Whether a list holds whole numbers, each above the one before, and at least one."""
    whole = bool(edges) and all(type(one) is int for one in edges)
    return whole and all(one < other for one, other in pairwise(edges))
