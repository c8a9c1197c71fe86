"""Logic: clauses put together, and what two readings of the same words have in common."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.rules.clause import All, Any, Clause, NoData

__all__ = ["EVERYONE", "agreed_within", "all_of", "any_of", "softened", "undecided"]

EVERYONE = All(())
_OPEN = NoData("두 가지로 읽을 수 있는 문장")


def all_of(clauses: Iterable[Clause]) -> Clause:
    """Return that all hold, without what asks nothing; one clause stands alone.

    >>> all_of([EVERYONE, EVERYONE]) == EVERYONE
    True
    """
    kept: dict[Clause, None] = {}
    for clause in clauses:
        parts = clause.of if isinstance(clause, All) and clause.source is None else (clause,)
        kept |= dict.fromkeys(part for part in parts if not _asks_nothing(part))
    several = tuple(kept)
    return several[0] if len(several) == 1 else All(several)


def any_of(clauses: Iterable[Clause]) -> Clause:
    """Return that one holds; what asks nothing makes it ask nothing."""
    kept: dict[Clause, None] = {}
    for clause in clauses:
        if _asks_nothing(clause):
            return EVERYONE
        kept |= dict.fromkeys(clause.of if isinstance(clause, Any) and clause.source is None else (clause,))
    several = tuple(kept)
    return several[0] if len(several) == 1 else Any(several)


def agreed_within(stricter: Clause, wider: Clause) -> Clause:
    """Return what two readings agree on where whoever meets the stricter meets the wider one too.

    It is yes or no where both say so, else unknown; strong Kleene: stricter or (unknown and wider).
    """
    return wider if stricter == wider else any_of([stricter, all_of([_OPEN, wider])])


def softened(clause: Clause) -> Clause:
    """Return a clause that does not exclude: its no is unknown."""
    return any_of([clause, _OPEN])


def undecided(clause: Clause) -> Clause:
    """Return a clause that does not grant: its yes is unknown."""
    return all_of([clause, _OPEN])


def _asks_nothing(clause: Clause) -> bool:
    return isinstance(clause, All) and not clause.of
