"""Noised census: real people as the noised counts of cells, over which rules are counted with their standard errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64, Int64
from features.calendar import date_of
from features.problem import Problem, Rejected
from recommender.reach.census import MOST_PATTERNS, CountTerms
from recommender.reach.reach_population import REGION, ReachPopulation, populated
from recommender.reach.rule_reach import RuleReach, compiled_rule, quick_reach, weighed_reach
from recommender.rules.clause import compares
from recommender.rules.rule_kernel import RANGE

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.reach.cell_layout import CellLayout
    from recommender.rules.compiled import Compiled
    from recommender.rules.people_group import PeopleGroup
    from recommender.rules.programme import Programme
    from recommender.rules.region import Regions

__all__ = ["ROUNDING", "TABLE", "NoisedCensus", "NoisedTable"]

TABLE: Final = "table"
"""Of what a problem is that a rule has with the table alone; its remedy repeats nothing of the rule."""
_NO_BOUND: Final = 2**40
ROUNDING: Final = 1 / 12
"""The variance of rounding a count to a whole number."""


@dataclass(frozen=True, eq=False)
class NoisedTable:
    """Counts of cells with noise.

    Attributes:
        layout: which cells.
        counts: int64[cells]; noise makes some negative.
        deviation: the standard deviation of the noise in each.
        day: on which people were counted, since 1970-01-01.
    """

    layout: CellLayout
    counts: Int64
    deviation: float
    day: int


@dataclass(frozen=True, eq=False)
class NoisedCensus:
    """Real people, of whom nothing but a noised table is looked at: each answer is a sum of its cells.

    Attributes:
        table: the table.
        people: the cells, each weighing as many people as it counts.
        kind: who they are.
    """

    table: NoisedTable
    people: ReachPopulation
    kind: str = "noised"

    @classmethod
    def over(
        cls, table: NoisedTable, declaration: Declaration, groups: tuple[PeopleGroup, ...], regions: Regions
    ) -> NoisedCensus:
        """Lay a table's cells out for counting; only groups that its facts decide are told apart."""
        cells = table.layout.somebody(declaration, declaration.zone.end_of_day(date_of(table.day)))
        known = {REGION, *table.layout.facts}
        told = tuple(one for one in groups if {asked.fact for asked in compares(one.who)} <= known)
        laid = populated(lambda: iter([cells]), told, declaration, regions, table.day)
        bits = np.unpackbits(laid.rows.real.view(np.uint8), bitorder="little")
        weights = np.zeros(len(bits), np.int64)
        weights[np.flatnonzero(bits)] = table.counts[np.argsort(cells.column(REGION), kind="stable")]
        of_cells = replace(laid, rows=laid.rows._replace(weights=weights))
        inside = np.unpackbits(laid.rows.groups[:, 0].copy().view(np.uint8), axis=-1, bitorder="little")
        people = np.add.reduceat(weights, 64 * laid.rows.starts[:-1])
        return cls(table, replace(of_cells, people=people, sizes=inside.astype(np.int64) @ weights))

    @cached_property
    def cells(self) -> ReachPopulation:
        """The same cells, each counted as one."""
        real, groups = self.people.rows.real, self.people.rows.groups[:, 0]
        each = np.bitwise_count(real).astype(np.int64)
        people = np.add.reduceat(each, self.people.rows.starts[:-1])
        sizes = np.bitwise_count(groups).sum(axis=1).astype(np.int64)
        rows = self.people.rows._replace(weights=np.zeros(0, np.int64))
        return replace(self.people, people=people, sizes=sizes, rows=rows)

    def edges(self, fact: str) -> tuple[int, ...]:
        """The least values of the spans of a fact that the table tells apart."""
        return self.table.layout.facts.get(fact, ())

    def reach(self, rule: Programme, terms: CountTerms, *, quick: bool = False) -> RuleReach:
        """Count how everybody stands to a rule, each count a sum of cells.

        Raises:
            Rejected: the rule tells values apart that the table does not.
        """
        compiled = compiled_rule(rule, self.people, terms.regions, terms.working_days)
        if found := list(self._between(compiled)):
            raise Rejected(found)
        weighings = self.people, self.cells
        counted, summed = (
            [quick_reach(compiled, one) for one in weighings]
            if quick
            else weighed_reach(compiled, weighings, terms.messages, MOST_PATTERNS)
        )
        return replace(counted, region_errors=self._errors(summed.regions), group_errors=self._errors(summed.groups))

    def _errors(self, cells: Int64) -> Float64:
        return np.asarray(np.sqrt(cells * (self.table.deviation**2 + ROUNDING)))

    def _between(self, compiled: Compiled) -> Iterator[Problem]:
        """What is wrong with the bounds of a rule: those that lie within a span of values."""
        for kind, place, low, high in compiled.plan.atoms.tolist():
            name = compiled.columns[place] if kind == RANGE else ""
            edges = self.table.layout.facts.get(name, ())
            whole = high >= _NO_BOUND or compiled.declaration.facts[name].type == "boolean" if edges else True
            if not (whole or high + 1 in edges) or (edges and low > edges[0] and low not in edges):
                to = "on" if high >= _NO_BOUND else f"to {high}"
                what = f"is not told apart from {max(low, edges[0])} {to} by the table"
                remedy = f"{name} begins a span at one of {', '.join(map(str, edges))}, and ends one before the next"
                yield Problem((TABLE, name), "range", what, remedy)
