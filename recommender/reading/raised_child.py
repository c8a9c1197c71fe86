"""Raised child: a child asked of a person may be one whom they raise and who is not their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from recommender.rules.clause import All, Any, Clause, Compare, NoData, Not

__all__ = ["with_raised"]

_OWN_CHILDREN: Final = ("child_ages", "youngest_child_months", "children_count")
_RAISED: Final = All((Compare("minor_caretaker", "is", True), NoData("돌보는 아동의 나이")))
"""A grandchild or a foster child: how old it is no fact tells."""


def with_raised(clause: Clause) -> Clause:
    """Return a clause in which nobody is shut out for having no such child who raises somebody else's.

    >>> with_raised(Compare("child_ages", "at_most", 6)).of[1].of[0].fact
    'minor_caretaker'
    """
    if isinstance(clause, All | Any):
        return replace(clause, of=tuple(map(with_raised, clause.of)))
    if isinstance(clause, Not):
        return replace(clause, of=with_raised(clause.of))
    if isinstance(clause, Compare) and clause.fact in _OWN_CHILDREN:
        return Any((clause, _RAISED))
    return clause
