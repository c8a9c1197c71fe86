"""Contradiction: rules nobody can meet: a fact would need two values, or two programmes need each other first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from features.problem import Problem, Where
from recommender.rules.clause import (
    RECEIVES,
    WITHIN,
    All,
    Any,
    Clause,
    Compare,
    MemberCount,
    MemberTest,
    Not,
    compares,
)
from recommender.rules.interval import Interval
from recommender.rules.member_lowering import count_interval
from recommender.rules.rule_kernel import MEMBERS, RANGE
from recommender.rules.rule_lowering import LEAST, MOST, plainest

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.programme import Validity
    from recommender.rules.window_rule import WindowRule

__all__ = ["contradictions"]

_Spans = tuple[Interval, ...]
_Members = tuple[frozenset[str], frozenset[MemberTest]]
"""Which members are counted: of one of the relations, meeting every test."""
_Demands = Mapping[str | _Members, _Spans]
"""In which intervals each fact, or the number of such members, must lie, as far as that is certain."""
_AMONG: Final = ("nth", "youngest")
"""What holds of a member among those counted: with other relations it means something else."""


class _UnmetError(Exception):
    """Nobody can meet a clause: `fact`, or the number of some members, would have to be two things at once."""

    def __init__(self, fact: str | _Members) -> None:
        super().__init__(fact)
        self.fact = fact


def contradictions(catalogue: Catalogue, declaration: Declaration, places: Mapping[str, Where]) -> Iterator[Problem]:
    """Find rules that nobody can meet; `places` says where each id is written."""
    for programme in catalogue.texts:
        if all(_never_opens(window, programme.valid) for window in programme.windows):
            path = (*places.get(programme.id, (programme.id,)), "window")
            what = "never opens: its days are outside those on which the rules are in force"
            yield Problem(path, "conflict", what, "Correct the days of the window, or those of valid")
        several = len(programme.who) > 1
        rules = [(("who", kind) if several else ("who",), clause) for kind, clause in programme.who.items()]
        for place, clause in (*rules, *((("value", *below), when) for below, when in programme.value.conditions)):
            try:
                _demands(clause, declaration, False)
            except _UnmetError as unmet:
                path = (*places.get(programme.id, (programme.id,)), *place)
                what = f"nobody can meet it: {_told(clause, unmet.fact)}"
                yield Problem(path, "conflict", what, "Correct one of the two, or put them under any:")
    yield from _unobtainable(catalogue, places)


def _never_opens(window: WindowRule, valid: Validity) -> bool:
    if window.kind != "dated":
        return False
    over = window.closes is not None and valid.first is not None and window.closes < valid.first
    return over or (window.opens is not None and valid.last is not None and window.opens > valid.last)


def _told(clause: Clause, fact: str | _Members) -> str:
    if not isinstance(fact, str):
        return f"the number of members ({', '.join(sorted(fact[0])) or 'anybody'}) would have to be two things at once"
    return f"{fact} would have to {_values(clause, fact)} at once"


def _values(clause: Clause, fact: str) -> str:
    tests = [f"{op} {operand}" for one in compares(clause) if one.fact == fact for op, operand in one.tests]
    told = tuple(dict.fromkeys(test.replace("_", " ").removeprefix("is ").lower() for test in tests))
    return f"be {' and '.join(told)}" if len(told) > 1 else f"be {told[0]} and not {told[0]}"


def _demands(clause: Clause, declaration: Declaration, negated: bool) -> _Demands:
    """Return what a clause (or its opposite) certainly demands of single facts; raises _UnmetError."""
    if isinstance(clause, Compare):
        return _compared(clause, declaration, negated)
    if isinstance(clause, MemberCount):
        return _counted(clause, declaration, negated)
    if isinstance(clause, Not):
        return _demands(clause.of, declaration, not negated)
    if not isinstance(clause, (All, Any)):
        return {}
    if isinstance(clause, All) != negated:
        return _together(clause.of, declaration, negated)
    return _either(clause.of, declaration, negated, {})


def _compared(compare: Compare, declaration: Declaration, negated: bool) -> _Demands:
    if any(op == WITHIN for op, _ in compare.tests):
        return {}
    test = plainest(compare, declaration)
    if test.kind == MEMBERS and not test.members and not negated:
        raise _UnmetError(compare.fact)
    if test.kind != RANGE:
        return {}
    spans = _outside(test.intervals) if negated else test.intervals
    if not spans:
        raise _UnmetError(compare.fact)
    return {compare.fact: spans}


def _counted(clause: MemberCount, declaration: Declaration, negated: bool) -> _Demands:
    key = (frozenset(clause.relations), frozenset(clause.tests))
    home, most = declaration.household, MOST
    if home is not None and clause.relations:
        related = [home.relations[name] for name in clause.relations]
        most = len(related) if all(one.single and not one.expected for one in related) else MOST
    demanded = count_interval(clause)
    return _crossed({key: ((0, most),)}, {key: _outside((demanded,)) if negated else (demanded,)})


def _check_within(found: _Demands) -> None:
    """Raise _UnmetError where more must be of some members than of those among whom they all are."""
    counted = {key: spans for key, spans in found.items() if not isinstance(key, str)}
    for key, spans in counted.items():
        for other, most in counted.items():
            among = any(test.of in _AMONG for test in key[1] | other[1])
            wider = other[0] >= key[0] > frozenset() and other[1] <= key[1] and not among
            if wider and min(low for low, _ in spans) > max(high for _, high in most):
                raise _UnmetError(key)


def _together(parts: Sequence[Clause], declaration: Declaration, negated: bool) -> _Demands:
    """Every part holds: their demands of a fact cross; an alternative that cannot hold beside the others is out."""
    found: dict[str | _Members, _Spans] = {}
    alternatives = []
    for part in parts:
        if isinstance(part, (All, Any)) and isinstance(part, All) == negated:
            alternatives.append(part)
        else:
            found = _crossed(found, _demands(part, declaration, negated))
    for part in alternatives:
        found = _crossed(found, _either(part.of, declaration, negated, found))
    return found


def _either(parts: Sequence[Clause], declaration: Declaration, negated: bool, beside: _Demands) -> _Demands:
    """One part holds, beside what is demanded already: a fact lies where any part that can hold lets it."""
    kept, unmet = [], None
    for part in parts:
        try:
            kept.append(_crossed(beside, _demands(part, declaration, negated)))
        except _UnmetError as failure:
            unmet = unmet or failure
    if not kept:
        if unmet is None:
            return {}
        raise unmet
    shared = set.intersection(*(set(one) for one in kept))
    return {fact: tuple(sorted({span for one in kept for span in one[fact]})) for fact in shared}


def _crossed(left: _Demands, right: _Demands) -> dict[str | _Members, _Spans]:
    found = dict(left)
    for fact, spans in right.items():
        mine = found.get(fact, ((LEAST, MOST),))
        both = ((max(a, c), min(b, d)) for a, b in mine for c, d in spans)
        found[fact] = tuple(sorted({one for one in both if one[0] <= one[1]}))
        if not found[fact]:
            raise _UnmetError(fact)
    _check_within(found)
    return found


def _outside(spans: _Spans) -> _Spans:
    found, low = [], LEAST
    for first, last in spans:
        if low < first:
            found.append((low, first - 1))
        low = last + 1
    return (*found, (low, MOST)) if low <= MOST else tuple(found)


def _unobtainable(catalogue: Catalogue, places: Mapping[str, Where]) -> Iterator[Problem]:
    """Find programmes that need the receipt of others which, in turn, nobody can receive before them."""
    granting: dict[str, list[str]] = {}
    for programme in catalogue.texts:
        for fact in programme.grants:
            granting.setdefault(fact.removeprefix(RECEIVES), []).append(programme.id)
    reached: set[str] = set()
    left = {one.id for one in catalogue.programmes}
    while True:
        received = {name for name in left if name in reached or any(one in reached for one in granting.get(name, ()))}
        found = {
            one.id
            for one in catalogue.texts
            if one.id not in reached and any(_can_hold(clause, received, left, False) for clause in one.who.values())
        }
        if not found:
            break
        reached |= found
    for name in sorted(left - reached):
        clauses = [clause for text in catalogue.versions(name) for clause in text.who.values()]
        needs = {
            compare.fact for clause in clauses for compare in compares(clause) if compare.fact.startswith(RECEIVES)
        }
        needed = sorted(fact for fact in needs if fact.removeprefix(RECEIVES) in left - reached)
        if needed:
            what = f"nobody can ever get it: it needs {', '.join(needed)}, which nobody can receive before it"
            yield Problem(
                (*places.get(name, (name,)), "who"), "conflict", what, "Let one of them be had without the other"
            )


def _can_hold(clause: Clause, received: set[str], known: set[str], negated: bool) -> bool:
    """Whether a clause could hold for somebody who can receive only some of the known programmes."""
    if isinstance(clause, Compare):
        name = clause.fact.removeprefix(RECEIVES)
        wanted = clause.fact.startswith(RECEIVES) and bool(clause.operand) != negated
        return not wanted or name not in known or name in received
    if isinstance(clause, Not):
        return _can_hold(clause.of, received, known, not negated)
    if not isinstance(clause, (All, Any)):
        return True
    parts = (_can_hold(part, received, known, negated) for part in clause.of)
    return all(parts) if isinstance(clause, All) != negated else any(parts) or not clause.of
