"""Lead kernel: which offers of many people can be among the first of each, told by bounds of utility, 64 at a time.

A rule that wants people of another region is not looked at where none of the 64 lives there, so people who come sorted
by region take least. What is left out is worth less than `k` others for certain: each pair has a bound from above and
one from below, and the k-th greatest of the lower ones is a line that every pair above which it may lie crosses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int32, Int64, UInt64
from features.kernel.jit import njit
from recommender.ranking.point_sums import PointSums, fill_sums, rough_likelihood
from recommender.rules.chance import MOST
from recommender.rules.chance_kernel import CHECKED, EVEN
from recommender.rules.chance_table import OpenShares, fill_atoms, fill_entries, fill_missed
from recommender.rules.rule_kernel import (
    ADVISORY,
    AND,
    BLOCK,
    OR,
    RulePlan,
    RuleRows,
    fill_words,
    kind_words,
    node_words,
)
from recommender.rules.rule_part import NO_RULE, ProgrammeNodes

__all__ = ["LedPairs", "LedPeople", "OfferBounds", "fill_leading"]

_SLACK = 8.0
"""Steps by which a sum of rounded parts may differ from the rounded sum; each of seven parts is rounded once."""


class OfferBounds(NamedTuple):
    """What can be told of the utility of P programmes before it is worked out for a person, in steps.

    Attributes:
        nodes: the rules of each.
        gates: int64[kinds, P], of `recommender.rules.rule_part.region_gates`.
        capped: bool[P], whether nobody can be answered yes.
        closed: bool[P], whether the window is closed for everybody.
        window: int64[P], the place of the window that depends on the person, -1 without one.
        urgency: float64[P], of windows that do not.
        low: float64[P], the least that it brings, times a likelihood.
        high: float64[P], the most, to people of few children.
        highest: float64[P], the most to anybody.
        likely: float64[P], no likelihood is greater.
        unlikely: float64[P], none is smaller.
        unlocks: float64[P], the most that what it opens counts.
        corrected: float64[P], the most that is added.
        effort: float64[P], at most 0.
        reads: int64[P], the place of what its rules read.
        read_at: int64[R + 1], where the columns of each such place begin.
        read: int64[...], columns.
        weights: float64[2], of doubt and of certainty.
    """

    nodes: ProgrammeNodes
    gates: Int64
    capped: Bool
    closed: Bool
    window: Int64
    urgency: Float64
    low: Float64
    high: Float64
    highest: Float64
    likely: Float64
    unlikely: Float64
    unlocks: Float64
    corrected: Float64
    effort: Float64
    reads: Int64
    read_at: Int64
    read: Int64
    weights: Float64


class LedPeople(NamedTuple):
    """n people, those of a region beside each other.

    Attributes:
        rows: as rules read them.
        shares: how likely what is open is to hold.
        many: bool[n], who may have more than a few children.
        closed: bool[n, windows], which windows that depend on a person are closed.
        urgency: float64[n, windows], what they count, in steps.
        shut_at: int64[groups + 1], where the entries of each 64 people begin in `shut`.
        shut: int64[...], programmes kept from a person otherwise: 64 times the programme, and which of the 64.
        bins: int32[n, slots], of the private ranker.
    """

    rows: RuleRows
    shares: OpenShares
    many: Bool
    closed: Bool
    urgency: Float64
    shut_at: Int64
    shut: Int64
    bins: Int32


class LedPairs(NamedTuple):
    """What is found, and room for it.

    Attributes:
        person: int64[room].
        programme: int64[room].
        chance: float64[room], how likely the person is to meet it; 1 where the rules say yes.
        high: float64[room], no utility is greater, in steps.
        enough: float64[n], so much k offers of each person have for certain; -infinity where there are fewer.
        offers: int64[n], how many may be offered to each.
        wanted: bool[n, F], which columns would help to judge some of these.
    """

    person: Int64
    programme: Int64
    chance: Float64
    high: Float64
    enough: Float64
    offers: Int64
    wanted: Bool


class _Group(NamedTuple):
    """Room for 64 people: words of comparisons and nodes, chances, who may be offered what, and the k best of each."""

    certain: UInt64
    possible: UInt64
    chance: Float64
    top: Float64
    missed: Float64
    yes: UInt64
    may: UInt64
    kinds: UInt64
    sums: Float64
    best: Float64


@njit
def fill_leading(
    plan: RulePlan, bounds: OfferBounds, people: LedPeople, points: PointSums, k: int, found: LedPairs
) -> int:
    """Fill found and return how many pairs there are, some of them below the line; more than its room are not filled.

    Any pair that is not there has a smaller utility than k pairs of its person that are.
    """
    room, many = _room(plan, bounds, points, k), 0
    for first in range(0, len(people.rows.values), BLOCK):
        last = min(first + BLOCK, len(people.rows.values))
        fill_words(plan, people.rows, first, last, room.certain, room.possible)
        for person in range(first, last):
            shares, lane = people.shares, person - first
            fill_atoms(plan.atoms, room.certain, room.possible, lane, shares, shares.of[person], room.chance)
        for i in range(len(plan.atoms)):
            room.top[i] = room.chance[i, : last - first].max()
        kind_words(people.rows.masks[first:last], room.kinds)
        _fill_may(plan.ops, len(plan.atoms), bounds, room)
        _shut(bounds, people, first, last, room)
        _count(bounds, first, last, room, found)
        for person in range(first, last):
            fill_sums(points.bins, points.usual, points.base, people.bins[person], room.sums[person - first])
        room.best[:] = -np.inf
        for certain in (True, False):
            many = _lead(
                plan.ops, len(plan.atoms), bounds, people, points, first, last, certain, room, found, many
            )  # fmt: skip
        found.enough[first:last] = room.best[: last - first, k - 1]
    return many


@njit
def _room(plan: RulePlan, bounds: OfferBounds, points: PointSums, k: int) -> _Group:
    atoms, most, programmes = len(plan.atoms), 1, len(bounds.closed)
    for p in range(programmes):
        most = max(most, bounds.nodes.starts[p + 1] - bounds.nodes.starts[p])
    return _Group(
        np.empty(atoms + most, np.uint64),
        np.empty(atoms + most, np.uint64),
        np.zeros((atoms + most, BLOCK)),
        np.empty(atoms + most),
        np.empty(BLOCK),
        np.empty(programmes, np.uint64),
        np.empty(programmes, np.uint64),
        np.empty(plan.roots.shape[0], np.uint64),
        np.zeros((BLOCK, points.bins.shape[1])),
        np.empty((BLOCK, k)),
    )


@njit
def _fill_may(ops: Int64, atoms: int, bounds: OfferBounds, room: _Group) -> None:
    """Fill for each programme who is answered yes and who is not answered no."""
    nodes, certain, possible = bounds.nodes, room.certain, room.possible
    starts, which, ends, parts, roots = nodes.starts, nodes.nodes, nodes.ends, nodes.parts, nodes.roots
    for p in range(len(bounds.closed)):
        yes, may = np.uint64(0), np.uint64(0)
        if not (bounds.closed[p] or _elsewhere(bounds.gates, p, room.kinds, possible)):
            for entry in range(starts[p], starts[p + 1]):
                at = atoms + entry - starts[p]
                certain[at], possible[at] = node_words(
                    ops[which[entry]], ends[entry], ends[entry + 1], parts, certain, possible
                )
            for kind in range(roots.shape[0]):
                root = roots[kind, p]
                if root >= 0:
                    yes |= certain[root] & room.kinds[kind]
                    may |= possible[root] & room.kinds[kind]
        room.yes[p], room.may[p] = np.uint64(0) if bounds.capped[p] else yes, may


@njit
def _elsewhere(gates: Int64, programme: int, kinds: UInt64, possible: UInt64) -> bool:
    """Whether each rule of a programme that is for one of the 64 wants a region in which none of them may live."""
    for kind in range(gates.shape[0]):
        gate = gates[kind, programme]
        if gate != NO_RULE and (gate < 0 or possible[gate] & kinds[kind] != 0):
            return False
    return True


@njit
def _shut(bounds: OfferBounds, people: LedPeople, first: int, last: int, room: _Group) -> None:
    """Take away whom a window is closed for, and who holds a programme or something it cannot be held with."""
    one, may, shut = np.uint64(1), room.may, np.zeros(people.closed.shape[1], np.uint64)
    for person in range(first, last):
        for window in range(len(shut)):
            shut[window] |= np.uint64(people.closed[person, window]) << np.uint64(person - first)
    for p in range(len(may)):
        if may[p] and bounds.window[p] >= 0:
            may[p] &= ~shut[bounds.window[p]]
    group = first // BLOCK
    for entry in people.shut[people.shut_at[group] : people.shut_at[group + 1]]:
        may[entry // BLOCK] &= ~(one << np.uint64(entry % BLOCK))


@njit
def _count(bounds: OfferBounds, first: int, last: int, room: _Group, found: LedPairs) -> None:
    """Count what may be offered to each, and note which columns would help to judge some of it."""
    one, sets = np.uint64(1), np.zeros(len(bounds.read_at) - 1, np.uint64)
    columns, offers = np.zeros(found.wanted.shape[1], np.uint64), np.zeros(BLOCK, np.int64)
    for p in range(len(room.may)):
        may = room.may[p]
        room.yes[p] &= may
        if may:
            sets[bounds.reads[p]] |= may & ~room.yes[p]
            for lane in range(BLOCK):
                offers[lane] += np.int64((may >> np.uint64(lane)) & one)
    for which in range(len(sets)):
        for column in bounds.read[bounds.read_at[which] : bounds.read_at[which + 1]]:
            columns[column] |= sets[which]
    for person in range(first, last):
        found.offers[person] = offers[person - first]
        for column in range(len(columns)):
            found.wanted[person, column] = (columns[column] >> np.uint64(person - first)) & one


@njit
def _most_likely(ops: Int64, bounds: OfferBounds, programme: int, atoms: int, top: Float64) -> float:
    """How likely any of the 64 can be to meet a programme, by how likely they can be to meet each comparison."""
    nodes, missed = bounds.nodes, 1.0
    starts, which, ends, parts, roots = nodes.starts, nodes.nodes, nodes.ends, nodes.parts, nodes.roots
    for entry in range(starts[programme], starts[programme + 1]):
        op, share = ops[which[entry]], 1.0
        for part in parts[ends[entry] : ends[entry + 1]]:
            if op == AND:
                share *= top[part]
            elif op == OR:
                share *= 1 - top[part]
            elif op == ADVISORY:
                share = top[part] + (1 - top[part]) * EVEN
        top[atoms + entry - starts[programme]] = 1 - share if op == OR else share  # a NOT is as good as certain
    for kind in range(roots.shape[0]):
        if roots[kind, programme] >= 0:
            missed *= 1 - top[roots[kind, programme]]
    return min((1 - missed) * (CHECKED if bounds.capped[programme] else 1.0), MOST)


@njit
def _insert(best: Float64, low: float) -> None:
    """Put a sum among the greatest, which come in falling order."""
    at = len(best) - 1
    if low <= best[at]:
        return
    while at > 0 and best[at - 1] < low:
        best[at] = best[at - 1]
        at -= 1
    best[at] = low


@njit
def _lead(
    ops: Int64, atoms: int, bounds: OfferBounds, people: LedPeople, points: PointSums, first: int, last: int,
    certain: bool, room: _Group, found: LedPairs, many: int,
) -> int:  # fmt: skip
    """Add what the rules say yes to, which draws the line, or what is open, as likely as it is to hold.

    What cannot cross the line of anybody is not looked at further, and of the rest a likelihood is worked out only
    where the pair would cross it with the greatest that there can be. Returns how many pairs there are.
    """
    one, end, learned = np.uint64(1), room.best.shape[1] - 1, len(points.programmes) > 0
    low, unlocks, corrected = bounds.low, bounds.unlocks, bounds.corrected
    high = bounds.highest if people.many[first:last].any() else bounds.high
    effort, all_likely, unlikely, window = bounds.effort, bounds.likely, bounds.unlikely, bounds.window
    best, masks, doubt, sure = room.best, people.rows.masks[first:last], bounds.weights[0], bounds.weights[1]
    lines, pressing = best[: last - first, end].min(), 0.0
    if people.urgency.shape[1]:
        pressing = people.urgency[first:last].max()
    for p in range(len(room.may)):
        still = room.yes[p] if certain else room.may[p] & ~room.yes[p]
        if not still:
            continue
        if not certain:
            urgency = bounds.urgency[p] if window[p] < 0 else pressing
            top = _most_likely(ops, bounds, p, atoms, room.top)
            greatest = (high[p] * all_likely[p] + urgency + unlocks[p]) * top - doubt * (1 - top) ** 2
            if greatest + corrected[p] + effort[p] + _SLACK < lines:
                continue
            fill_entries(ops, bounds.nodes, p, atoms, room.chance)
            fill_missed(bounds.nodes.roots, masks, p, room.chance, room.missed)
        right, lane = CHECKED if bounds.capped[p] else 1.0, -1
        while still:
            lane += 1
            mine = still & one
            still >>= one
            if not mine:
                continue
            chance = 1.0 if certain else min((1 - room.missed[lane]) * right, MOST)
            urgency = bounds.urgency[p] if window[p] < 0 else people.urgency[first + lane, window[p]]
            alike = effort[p] - doubt * (1 - chance) ** 2 + (sure if certain else 0.0)
            more = (urgency + unlocks[p]) * chance + alike + corrected[p] + _SLACK
            line = best[lane, end]
            brings = bounds.highest[p] if people.many[first + lane] else bounds.high[p]
            if brings * all_likely[p] * chance + more < line:
                continue
            likely, least = all_likely[p], unlikely[p]
            if learned:
                likely = rough_likelihood(points, room.sums[lane], people.bins[first + lane], p)
                least = likely
            most = brings * likely * chance + more
            if most < line:
                continue
            _insert(best[lane], (low[p] * least + urgency) * chance + alike - _SLACK)
            if many < len(found.person):
                found.person[many], found.programme[many] = first + lane, p
                found.chance[many], found.high[many] = chance, most
            many += 1
    return many
