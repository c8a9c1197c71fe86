"""Lives apart: the history of many people in which each has what the events that touch them alone say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from features.log.history import ItemTable
from features.log.row_encoder import RowEncoder
from features.log.versions import distinct_events
from features.problem import Rejected

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.event import Event
    from features.log.history import History

__all__ = ["lives_apart"]


def lives_apart(lives: Mapping[str, Iterable[Event]], declaration: Declaration, unreadable: set[str]) -> History:
    """Return the history of people of each of whom it has what `history_of` has of one: what their own events say.

    Whom these events name besides is there without rows.

    Args:
        lives: the events that touch each person.
        declaration: what may happen.
        unreadable: takes those whose events contradict each other or cannot be read, of whom anything may be missing.

    Raises:
        Rejected: a person has too many rows (`features.log.row_limits`).
    """
    table, named = ItemTable(RowEncoder(declaration)), set(lives)
    for person, events in lives.items():
        try:
            unique = distinct_events(events)
            named.update(one for event in unique for one in event.people)
            table.of_one(person, unique)
        except Rejected:
            unreadable.add(person)
    return table.history(tuple(sorted(named)))
