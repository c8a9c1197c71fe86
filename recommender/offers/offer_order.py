"""Offer order: the first offers of many people, in the order in which the service shows them to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from features.kernel.jit import njit
from recommender.offers.grant_opening import grant_opening
from recommender.offers.lead_kernel import LedPairs, LedPeople, fill_leading
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.offer_bounds import offer_bounds, point_sums
from recommender.offers.utility import STEP, UtilityInputs, weigh
from recommender.ranking.bilinear import Bilinear
from recommender.ranking.scorer import Pairs
from recommender.rules.chance_table import ChanceTable
from recommender.rules.clause import Answer
from recommender.rules.estimate_bound import MANY_CHILDREN
from recommender.rules.rule_kernel import BLOCK

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from recommender.offers.amount_table import AmountTable, SweptPeople
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled

__all__ = ["FirstOffers", "LeadingOffers", "OfferCounts", "OfferLimits", "OfferOrder"]

_ROOM: Final = 64
"""So many pairs a person there is room for at first."""


class OfferLimits(NamedTuple):
    """What but the rules keeps offers from n people, and how long they last.

    Attributes:
        closed: bool[n, windows], which of `OfferArrays.personal_windows` are closed.
        days_left: int64[n, windows], until they close, or something is lost otherwise; UNKNOWN without a known end.
        shut: int64[m], what somebody holds or cannot hold beside that: ascending, person times P plus programme.
    """

    closed: Bool
    days_left: Int64
    shut: Int64


class OfferCounts(NamedTuple):
    """What may be offered to n people, counted.

    Attributes:
        offers: int64[n], how much.
        wanted: bool[n, F], which columns the rules read of what they do not decide.
    """

    offers: Int64
    wanted: Bool


class LeadingOffers(NamedTuple):
    """Pairs that can be among the first of their person, by person and programme.

    Attributes:
        pairs: m rows of (person, programme).
        chance: float64[m], how likely the person is to meet it; 1 where the rules say yes.
        high: float64[m], no utility is greater, in steps.
        days_left: int64[m], as of `OfferLimits`.
        counts: of all that may be offered.
    """

    pairs: Pairs
    chance: Float64
    high: Float64
    days_left: Int64
    counts: OfferCounts


class FirstOffers(NamedTuple):
    """The first pairs of each person, by person and programme.

    Attributes:
        person: int64[r].
        programme: int64[r].
        answer: int8[r] of Answer.
        rank: int64[r], from 1.
        utility: int64[r], in steps; see `recommender.offers.utility`.
        amount: int64[r, 2], the least and the most that they come to; see `recommender.offers.amount_table`.
        counts: of all that may be offered.
    """

    person: Int64
    programme: Int64
    answer: Int8
    rank: Int64
    utility: Int64
    amount: Int64
    counts: OfferCounts


class OfferOrder:
    """The order of a day's offers; what it says of each person is what `recommender.offers.batch.recommend` says."""

    def __init__(self, compiled: Compiled, ranker: Ranker, amounts: AmountTable, applicant: int = 1) -> None:
        self._compiled, self._ranker, self._amounts, self._applicant = compiled, ranker, amounts, applicant
        self._table, self._chances = offer_arrays(compiled), ChanceTable(compiled)
        self._bounds, self._points = offer_bounds(compiled, ranker), point_sums(ranker)
        self._opening = grant_opening(compiled)

    def first(self, people: SweptPeople, limits: OfferLimits, k: int) -> FirstOffers:
        """Return each person's first `k` pairs.

        Raises:
            Rejected: the model answers with something that is not a probability.
        """
        led = self.leading(people, limits, k)
        person, programme = led.pairs.person, led.pairs.programme
        starts = np.searchsorted(person, np.arange(len(people.known) + 1))
        sums = self.sums(people, led.pairs)
        many, utility = np.minimum(np.diff(starts), k), self.utility(people.known, led, sums)
        row = np.empty(int(many.sum()), np.int64)
        _fill_first(starts, utility, self._table.id_rank[programme], k, row)
        rank, order = np.arange(row.size) - np.repeat(np.cumsum(many) - many, many) + 1, np.argsort(row)
        row = row[order]
        answer = np.where(led.chance[row] >= 1, np.int8(Answer.YES), np.int8(Answer.UNKNOWN))
        return FirstOffers(person[row], programme[row], answer, rank[order], utility[row], sums[row, :2], led.counts)

    def leading(self, people: SweptPeople, limits: OfferLimits, k: int) -> LeadingOffers:
        """Return the pairs that can be among the first `k` of each person: any other is worth less than k of these."""
        known, compiled = people.known, self._compiled
        order, homes = np.arange(len(known)), compiled.region_columns[:1]
        if homes.size:
            order = np.argsort(known.values[:, homes[0]], kind="stable")
        led, n = self._led(known, limits, order), len(known)
        points = self._points.about(led.bins)
        enough, offers = np.empty(n), np.empty(n, np.int64)
        wanted, room = np.zeros((n, len(compiled.columns)), np.bool_), _ROOM * n
        while True:
            (person, programme), (chance, high) = np.empty((2, room), np.int64), np.empty((2, room))
            found = LedPairs(person, programme, chance, high, enough, offers, wanted)
            many = fill_leading(compiled.last_known, self._bounds, led, points, k, found)
            if many <= room:
                break
            room = many
        rows = np.flatnonzero(found.high[:many] >= enough[found.person[:many]])
        rows = rows[np.argsort(order[found.person[rows]] * len(compiled.catalogue) + found.programme[rows])]
        person, programme = order[found.person[rows]], found.programme[rows]
        back = np.argsort(order)
        return LeadingOffers(
            Pairs(person, programme), found.chance[rows], found.high[rows],
            self._days_left(limits, person, programme), OfferCounts(offers[back], wanted[back]),
        )  # fmt: skip

    def _led(self, known: Snapshots, limits: OfferLimits, order: Int64) -> LedPeople:
        """People in an order, as the kernel reads them."""
        compiled, weights, scorer = self._compiled, self._ranker.weights, self._ranker.scorer
        rows = compiled.rows(known.values[order], self._applicant, known.members[order])
        person, programme = np.divmod(limits.shut, len(compiled.catalogue))
        place = np.argsort(order)[person]
        shut = np.argsort(place // BLOCK, kind="stable")
        bins = np.zeros((len(known), 0), np.int32)
        if isinstance(scorer, Bilinear) and len(self._points.programmes):
            bins = scorer.bins.of_people(known)
        return LedPeople(
            rows=rows,
            shares=self._chances.shares(rows.values, known.members[order]),
            many=known.members.counts[order] > (MANY_CHILDREN if self._amounts.counts_members else -1),
            closed=limits.closed[order],
            urgency=STEP * weights.urgency * weights.urgency_of(limits.days_left[order]),
            shut_at=np.searchsorted(place[shut] // BLOCK, np.arange(-(-len(known) // BLOCK) + 1)),
            shut=(programme * BLOCK + place % BLOCK)[shut],
            bins=bins[order],
        )

    def _days_left(self, limits: OfferLimits, person: Int64, programme: Int64) -> Int64:
        window = self._table.personal_window[programme]
        found, own = self._table.days_left[programme], np.flatnonzero(window >= 0)
        found[own] = limits.days_left[person[own], window[own]]
        return found

    def sums(self, people: SweptPeople, pairs: Pairs) -> Int64:
        """Return what each offer comes to, int64[m, 3]; see `recommender.offers.amount_table`."""
        return self._amounts.amounts(people, pairs.person, pairs.programme)

    def utility(self, known: Snapshots, led: LeadingOffers, sums: Int64) -> Int64:
        """Return the utility of each pair, in steps, int64[m].

        Args:
            known: n people.
            led: their pairs, m of them.
            sums: int64[m, 3], what these come to.

        Raises:
            Rejected: the model answers with something that is not a probability.
        """
        table, pairs, compiled = self._table, led.pairs, self._compiled
        inputs = UtilityInputs(
            likelihood=self._ranker.likelihoods(known, pairs),
            amount=self._amount(known, pairs, sums[:, 2]),
            gives=table.gives[pairs.programme],
            chance=led.chance,
            days_left=led.days_left,
            unlocks=self._opening.opened(known, self._applicant, pairs),
            effort_minutes=table.effort_minutes[pairs.programme],
            corrected=self._ranker.corrected(known, pairs, compiled),
        )
        return weigh(inputs, self._ranker.weights).total

    def _amount(self, known: Snapshots, pairs: Pairs, own: Int64) -> Int64:
        """What each offer is ordered by, int64[m]: the same for everybody, or `own` where it depends on the person."""
        found = self._table.usual[pairs.programme]
        depending = self._table.depending(known.values, pairs)
        found[depending] = own[depending]
        return found


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
