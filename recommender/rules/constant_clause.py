"""Constant clause: clauses that are always true or never, over all values that the declaration lets facts have."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Final

from features.problem import Problem, Where
from recommender.rules import clause as rule
from recommender.rules.clause import WITHIN, Clause, Compare
from recommender.rules.dated_texts import texts_of, where_written
from recommender.rules.fact_values import met_by_ages, stated_bounds, turning_points
from recommender.rules.member_kernel import MANY
from recommender.rules.member_lowering import count_interval, plainest_members
from recommender.rules.programme import KINDS
from recommender.rules.rule_kernel import MEMBERS, RANGE
from recommender.rules.rule_lowering import LEAST, MOST, Plain, plainest

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.programme import Programme

__all__ = ["constant_clauses"]

TRIED: Final = 4096
"""At most so many combinations of values are tried for one clause; beyond, a constant one may go unnoticed."""

_NO, _UNKNOWN, _YES = 1, 2, 4
_SWAPPED = {mask: mask >> 2 & 1 | mask & 2 | (mask & 1) << 2 for mask in range(8)}
_SINCE: Final = {"years_since": 365, "months_since": 28, "days_since": 1}
"""How many days a completed unit takes at least."""


def constant_clauses(
    documents: Sequence[tuple[str, object]], catalogue: Catalogue, declaration: Declaration
) -> Iterator[Problem]:
    """Find the clauses of a catalogue that are always true or never, each where its document has it.

    Exact for clauses whose facts take few combinations, and else sound: what is reported is constant. Facts derived
    from one stated fact are taken to vary freely, regions and `within` to hold or not as they please.
    """
    texts: dict[str, list[Programme]] = {}
    for programme in catalogue.texts:
        texts.setdefault(programme.id, []).append(programme)
    placed: dict[str, list[tuple[Where, Mapping[str, Any], object]]] = {}
    for name, document in documents:
        for where, text in texts_of((name,), document):
            if isinstance(text, Mapping):
                placed.setdefault(str(text.get("id")), []).append((where, text, document))
    values = _FactValues(declaration)
    for name, found in placed.items():
        in_order = sorted(found, key=lambda one: str((one[1].get("valid") or {}).get("from", "")))
        for (where, text, document), programme in zip(in_order, texts.get(name, []), strict=False):
            several = any(kind in text["who"] for kind in KINDS)
            for kind, clause in programme.who.items():
                path = (*where, "who", kind) if several else (*where, "who")
                yield from (where_written(one, document) for one in values.constant(clause, path))
            for below, when in programme.value.conditions:
                found_there = values.constant(when, (*where, "value", *below))
                yield from (where_written(one, document) for one in found_there)


class _FactValues:
    """What the values of facts make of clauses."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._known: dict[int, tuple[Clause, int]] = {}

    def constant(self, clause: Clause, path: Where) -> Iterator[Problem]:
        """Yield the innermost clauses that are constant, but for those that are meant to be for everybody."""
        below = [one for part, place in _parts(clause, path) for one in self.constant(part, place)]
        yield from below
        outcome = self.outcomes(clause)
        if not below and (outcome == _NO or (outcome == _YES and not _is_meant(clause))):
            said = "never" if outcome == _NO else "always"
            what = f"is {said} true, whatever is known of a person"
            yield Problem(path, "conflict", what, "Correct its bounds, or leave the clause out")

    def outcomes(self, clause: Clause) -> int:
        """Return answers a clause can take (bits NO, UNKNOWN, YES), its facts known: all if it is constant."""
        if id(clause) not in self._known:
            self._known[id(clause)] = (clause, self._tried(clause))  # the clause is kept, so its id stays its own
        return self._known[id(clause)][1]

    def _tried(self, clause: Clause) -> int:
        leaves = [leaf for leaf in _leaves(clause) if self._plain(leaf) is not None]
        counted = Counter(leaf.fact for leaf in leaves)
        ways = [self._ways([leaf for leaf in leaves if leaf.fact == name]) for name, n in counted.items() if n > 1]
        if prod(map(len, ways)) > TRIED:
            ways = []
        found = 0
        for chosen in itertools.product(*ways):
            found |= self._reached(clause, {leaf: mask for way in chosen for leaf, mask in way.items()})
            if found not in (_NO, _YES):  # it is not constant, and what else it can be does not matter
                break
        return found

    def _reached(self, clause: Clause, fixed: Mapping[int, int]) -> int:
        if isinstance(clause, Compare):
            known = fixed.get(id(clause))
            return self._alone(clause) if known is None else known
        if isinstance(clause, rule.MemberCount):
            return self._counted(clause)
        if isinstance(clause, (rule.NoData, rule.UnreadText)):
            return _UNKNOWN
        if isinstance(clause, rule.Not):
            return _SWAPPED[self._reached(clause.of, fixed)]
        if isinstance(clause, rule.Advisory):
            mask = self._reached(clause.of, fixed)
            return mask & ~_NO | (_UNKNOWN if mask & _NO else 0)
        pick, mask = (min, _YES) if isinstance(clause, rule.All) else (max, _NO)
        for part in clause.of:
            mask = _met(pick, mask, self._reached(part, fixed))
        return mask

    def _counted(self, clause: rule.MemberCount) -> int:
        """There may be any number of members, unless none can meet the tests."""
        low, high = count_interval(clause)
        home = self._declaration.household
        row = plainest_members(clause, home) if home else ()
        possible = all(first <= last for first, last in zip(row[4:10:2], row[5:10:2], strict=True))
        if not possible or low > high:
            return _YES if low <= 0 <= high else _NO
        return _YES if (low, high) == (0, MANY) else _NO | _YES

    def _alone(self, leaf: Compare) -> int:
        if self._plain(leaf) is None:
            return _NO | _YES
        mask = 0
        for way in self._ways([leaf]):
            mask |= way[id(leaf)]
        return mask

    def _plain(self, leaf: Compare) -> Plain | None:
        """Return what a comparison asks of a column; None where it depends on more than the column."""
        if any(op == WITHIN for op, _ in leaf.tests):
            return None
        plain = plainest(leaf, self._declaration)
        return plain if plain.kind in (RANGE, MEMBERS) else None

    def _ways(self, leaves: Sequence[Compare]) -> list[dict[int, int]]:
        """Return every way in which the values of one fact answer the comparisons of it."""
        plains = [plain for leaf in leaves if (plain := self._plain(leaf)) is not None]
        if plains[0].kind == MEMBERS:
            ways = met_by_ages(plains)
        else:
            low, high, none = _bounds(leaves[0].fact, self._declaration)
            ways = {tuple(_lies(value, plain) for plain in plains) for value in turning_points(plains, low, high)}
            ways |= {(False,) * len(plains)} if none else set()
        return [{id(leaf): _YES if met else _NO for leaf, met in zip(leaves, way, strict=True)} for way in sorted(ways)]


def _is_meant(clause: Clause) -> bool:
    """Tell whether a clause says itself that it is for everybody, or quotes the words of a record that say so."""
    if isinstance(clause, rule.All) and all(_is_meant(part) for part in clause.of):
        return True
    quoted = clause.source is not None and clause.source.field is not None
    return quoted or any(_is_meant(part) for part, _ in _parts(clause, ()) if not isinstance(part, rule.All) or part.of)


def _parts(clause: Clause, path: Where) -> Iterator[tuple[Clause, Where]]:
    if isinstance(clause, (rule.All, rule.Any)):
        key = "all" if isinstance(clause, rule.All) else "any"
        yield from ((part, (*path, key, i)) for i, part in enumerate(clause.of))
    elif isinstance(clause, (rule.Not, rule.Advisory)):
        yield clause.of, (*path, "not" if isinstance(clause, rule.Not) else "advisory")


def _leaves(clause: Clause) -> Iterator[Compare]:
    """Yield the comparisons of a clause as often as they stand there."""
    if isinstance(clause, Compare):
        yield clause
    for part, _ in _parts(clause, ()):
        yield from _leaves(part)


def _met(pick: Any, left: int, right: int) -> int:
    """Return the answers of which each is what two answers together give."""
    mask = 0
    for a, b in itertools.product(range(3), repeat=2):
        if left >> a & 1 and right >> b & 1:
            mask |= 1 << pick(a, b)
    return mask


def _lies(value: int, plain: Plain) -> bool:
    return any(low <= value <= high for low, high in plain.intervals)


def _bounds(name: str, declaration: Declaration) -> tuple[int, int, bool]:
    """Return the least and the greatest value of a fact, and whether there may be none."""
    stated = stated_bounds(name, declaration)
    if stated is not None:
        return *stated, False
    derived = declaration.facts[name].derived
    assert derived is not None
    of, op = declaration.facts[derived.of], derived.op
    none = op != "count_of" and of.type == "dates"
    if op == "count_of":
        return 0, MOST, none
    if op not in _SINCE or of.low is None or of.high is None:
        return LEAST, MOST, none
    return 0, (of.high - of.low) // _SINCE[op], none
