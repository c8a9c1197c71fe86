"""Offer order: the first offers of many people, in the order in which the service shows them to each."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Float64, Int8, Int64
from features.kernel.jit import njit
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.utility import UtilityInputs, weigh
from recommender.ranking.scorer import Pairs
from recommender.rules.chance_table import ChanceTable
from recommender.rules.clause import Answer
from recommender.rules.rule_part import plan_of_programmes, programmes_reading

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.offers.amount_table import AmountTable, SweptPeople
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled

__all__ = ["OfferOrder", "OfferedPairs", "OrderedPairs"]

_AT_ONCE = 1 << 13
"""So many pairs are weighed at a time: what stays near the processor."""


class OfferedPairs(NamedTuple):
    """What may be offered to n people, by person and then by programme.

    Attributes:
        pairs: m rows of (person, programme).
        days_left: until its window closes, or something is lost otherwise, int64[m].
        answers: of every programme to every person, int8[n, P].
    """

    pairs: Pairs
    days_left: Int64
    answers: Int8


class OrderedPairs(NamedTuple):
    """The first pairs of each person, person by person, the first first.

    Attributes:
        row: int64[r], places among the offered pairs.
        rank: int64[r], from 1.
        utility: int64[r], in steps; see `recommender.offers.utility`.
    """

    row: Int64
    rank: Int64
    utility: Int64


class OfferOrder:
    """The order of a day's offers; what it says of each person is what `recommender.offers.batch.recommend` says."""

    def __init__(self, compiled: Compiled, ranker: Ranker, amounts: AmountTable, applicant: int = 1) -> None:
        self._compiled, self._ranker, self._amounts, self._applicant = compiled, ranker, amounts, applicant
        self._table, self._chances = offer_arrays(compiled), ChanceTable(compiled, applicant)

    def first(self, people: SweptPeople, offered: OfferedPairs, k: int) -> OrderedPairs:
        """Return each person's first `k` pairs.

        Raises:
            Rejected: the model answers with something that is not a probability.
        """
        starts = np.searchsorted(offered.pairs.person, np.arange(len(people.known) + 1))
        many, utility = np.minimum(np.diff(starts), k), self._utility(people, offered)
        row = np.empty(int(many.sum()), np.int64)
        _fill_first(starts, utility, self._table.id_rank[offered.pairs.programme], k, row)
        rank = np.arange(row.size) - np.repeat(np.cumsum(many) - many, many) + 1
        return OrderedPairs(row, rank, utility[row])

    def _utility(self, people: SweptPeople, offered: OfferedPairs) -> Int64:
        """The utility of each pair, in steps, int64[m]."""
        found, table, known = np.empty(len(offered.pairs), np.int64), self._table, people.known
        likely, chance = self._ranker.likelihoods(known, offered.pairs), self._chance(known, offered)
        amount, unlocks = self._amount(people, offered.pairs), self._unlocks(known, offered)
        corrected = self._ranker.corrected(known, offered.pairs, self._compiled)
        for part in (slice(begin, begin + _AT_ONCE) for begin in range(0, found.size, _AT_ONCE)):
            programme = offered.pairs.programme[part]
            inputs = UtilityInputs(
                likelihood=None if likely is None else likely[part],
                amount=amount[part],
                gives=table.gives[programme],
                chance=chance[part],
                days_left=offered.days_left[part],
                unlocks=unlocks[part],
                effort_minutes=table.effort_minutes[programme],
                corrected=None if corrected is None else corrected[part],
            )
            found[part] = weigh(inputs, self._ranker.weights).total
        return found

    def _chance(self, known: Snapshots, offered: OfferedPairs) -> Float64:
        pairs = offered.pairs
        found, open_ = np.ones(len(pairs), np.float64), np.flatnonzero(
            offered.answers[pairs.person, pairs.programme] == int(Answer.UNKNOWN)
        )  # fmt: skip
        starts = np.searchsorted(pairs.person[open_], np.arange(len(known) + 1))
        found[open_] = self._chances.of_pairs(known.values, known.members, starts, pairs.programme[open_])
        return found

    def _amount(self, people: SweptPeople, pairs: Pairs) -> Int64:
        """What each offer comes to in the first year, int64[m]: for everybody alike, or worked out for the person."""
        found = self._table.usual[pairs.programme]
        own = self._table.depending(people.known.values, pairs)
        found[own] = self._amounts.amounts(people, pairs.person[own], pairs.programme[own])[:, 2]
        return found

    @cached_property
    def _opening(self) -> tuple[tuple[Compiled, Int64], ...]:
        """For each set of grants the rules that it can change, and the places of their programmes."""
        compiled, found = self._compiled, []
        plan, last = compiled.plan, compiled.last_known
        other = (plan.roots != last.roots).any(axis=0) | (plan.capped != last.capped)
        for grants in self._table.grant_sets:
            chosen = np.flatnonzero(programmes_reading(plan, np.array(grants, np.int64)) | other)
            found.append((replace(compiled, plan=plan_of_programmes(plan, chosen)), chosen))
        return tuple(found)

    def _unlocks(self, known: Snapshots, offered: OfferedPairs) -> Int64:
        """How many other programmes each offer opens, int64[m]; a set of grants is tried once for a person."""
        pairs, table = offered.pairs, self._table
        sets, opened = table.grant_set[pairs.programme], np.zeros(len(pairs), np.int64)
        for which in np.unique(sets[sets >= 0]).tolist():
            rules, chosen = self._opening[which]
            rows = np.flatnonzero(sets == which)
            people, back = np.unique(pairs.person[rows], return_inverse=True)
            granted = known.values[people]
            granted[:, list(table.grant_sets[which])] = 1
            members = known.members[people] if len(rules.plan.tests) else None
            rises = rules.answers(granted, self._applicant, members) > offered.answers[np.ix_(people, chosen)]
            opened[rows] = rises.sum(axis=1)[back]
        return opened


@njit
def _fill_first(starts: Int64, utility: Int64, id_rank: Int64, k: int, row: Int64) -> None:
    """Fill row with each person's first pairs: the greatest utility first, of equal ones the first id."""
    begin = 0
    for person in range(len(starts) - 1):
        many = 0
        for pair in range(starts[person], starts[person + 1]):
            at = begin + many
            while at > begin and (
                utility[pair] > utility[row[at - 1]]
                or (utility[pair] == utility[row[at - 1]] and id_rank[pair] < id_rank[row[at - 1]])
            ):
                if at < begin + k:
                    row[at] = row[at - 1]
                at -= 1
            if at < begin + k:
                row[at] = pair
                many = min(many + 1, k)
        begin += many
