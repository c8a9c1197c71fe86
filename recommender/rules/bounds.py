"""Demand: what a programme's rules ask of single facts, flattened to intervals for a ranker to measure distances to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recommender.rules.clause import (
    RECEIVES,
    Advisory,
    All,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    UnreadText,
    encoded,
)
from recommender.rules.interval import interval_of
from recommender.rules.member_lowering import count_interval, plainest_members

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.programme import Programme

LEAST, MOST = -(2**62), 2**62
"""Bounds where a rule sets none; no declared value is beyond them."""


@dataclass(frozen=True, slots=True)
class FactBound:
    """That one fact is from `low` to `high`, both included; `firm` when no other fact can stand in for it.

    It is a summary, not the rule: alternatives on one fact become the interval that spans them. Who is eligible is
    decided by verdicts alone; this only tells a ranker how well somebody fits.
    """

    fact: str
    low: int
    high: int
    firm: bool = True


def fact_bounds(programme: Programme, declaration: Declaration) -> tuple[FactBound, ...]:
    """Return what the programme asks of citizens (of the first kind of applicant where it is not for citizens).

    Regions and what somebody receives already are left out: containment is no interval, and receipt is a rule's affair.
    """
    clause = programme.who.get("citizen") or next(iter(programme.who.values()))
    return tuple(asked for _, asked in sorted(_of(clause, declaration).items()))


_Asked = Mapping[str, FactBound]


def _of(clause: Clause, declaration: Declaration) -> _Asked:
    if isinstance(clause, Compare):
        return _compared(clause, declaration)
    if isinstance(clause, MemberCount):
        return _counted(clause, declaration)
    if isinstance(clause, (NoData, UnreadText)):
        return {}
    if isinstance(clause, Advisory):
        return {fact: replace(one, firm=False) for fact, one in _of(clause.of, declaration).items()}
    if isinstance(clause, Not):
        return _opposite(_of(clause.of, declaration))
    parts = [_of(part, declaration) for part in clause.of]
    return _narrowed(parts) if isinstance(clause, All) or len(parts) == 1 else _spanned(parts)


def _compared(clause: Compare, declaration: Declaration) -> _Asked:
    if clause.fact.startswith(RECEIVES) or declaration.facts[clause.fact].type in ("region", "dates"):
        return {}
    low, high = LEAST, MOST
    for op, operands in encoded(clause, declaration):
        within = (min(operands), max(operands)) if op in ("is", "in") else interval_of(op, operands[0], LEAST, MOST)
        low, high = max(low, within[0]), min(high, within[1])
    return {clause.fact: FactBound(clause.fact, low, high)}


def _counted(clause: MemberCount, declaration: Declaration) -> _Asked:
    """What a clause over members asks of the youngest of them, where a column tells the age of that one in months."""
    home = declaration.household
    if home is None or count_interval(clause)[0] < 1:
        return {}
    low, high = plainest_members(clause, home)[4:6]
    bounds = max(low, LEAST), min(high, MOST)
    return {
        fact.name: FactBound(fact.name, *bounds, firm=False)
        for fact in declaration.facts.values()
        if fact.derived is not None
        and (fact.derived.op, fact.derived.which) == ("months_since", "latest")
        and set(declaration.facts[fact.derived.of].members) & set(clause.relations or home.born)
        and bounds != (LEAST, MOST)
    }


def _narrowed(parts: Iterable[_Asked]) -> _Asked:
    """All of them: both bounds of one fact hold."""
    found: dict[str, FactBound] = {}
    for part in parts:
        for fact, asked in part.items():
            had = found.get(fact, asked)
            firm = had.firm or asked.firm
            found[fact] = FactBound(fact, max(had.low, asked.low), min(had.high, asked.high), firm)
    return found


def _spanned(parts: Iterable[_Asked]) -> _Asked:
    """Any of them: what spans the alternatives; firm only if every alternative asks it."""
    alternatives = list(parts)
    found: dict[str, FactBound] = {}
    for part in alternatives:
        for fact, asked in part.items():
            had = found.get(fact, asked)
            found[fact] = FactBound(fact, min(had.low, asked.low), max(had.high, asked.high), had.firm and asked.firm)
    shared = set.intersection(*(set(part) for part in alternatives))
    return {fact: replace(asked, firm=asked.firm and fact in shared) for fact, asked in found.items()}


def _opposite(asked: _Asked) -> _Asked:
    """Not: the other side of a bound; the outside of a closed interval is no interval and is left out."""
    found = {}
    for fact, one in asked.items():
        if (one.low, one.high) in ((0, 0), (1, 1)):
            found[fact] = replace(one, low=1 - one.low, high=1 - one.high)
        elif one.low == LEAST:
            found[fact] = replace(one, low=one.high + 1, high=MOST)
        elif one.high == MOST:
            found[fact] = replace(one, low=LEAST, high=one.low - 1)
    return found
