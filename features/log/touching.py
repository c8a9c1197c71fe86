"""Touching: which events of the log touch people, with all that acts on these events or that they act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

import sqlalchemy as sa

from features.log.tables import ACTIONS, EVENTS, OTHERS

__all__ = ["connected", "portions", "touching"]

_ASKED: Final = 400  # keys named in one query, below what every SQLite allows
_Asked = TypeVar("_Asked")
_PEOPLE: Final[sa.BindParameter[str]] = sa.bindparam("people", expanding=True)
_TOUCHED: Final = (
    sa.select(EVENTS.c.subject, EVENTS.c.number).where(EVENTS.c.subject.in_(_PEOPLE)),
    sa.select(OTHERS.c.person, OTHERS.c.number).where(OTHERS.c.person.in_(_PEOPLE)),
)
_PAIRS: Final = sa.select(ACTIONS.c.number, EVENTS.c.number).join(
    EVENTS, (EVENTS.c.source == ACTIONS.c.target_source) & (EVENTS.c.id == ACTIONS.c.target_id)
)
"""What acts on an event, and that event."""
_MINE: Final = sa.union_all(*(query.with_only_columns(query.selected_columns.number) for query in _TOUCHED))
_NUMBERS: Final[sa.BindParameter[int]] = sa.bindparam("numbers", expanding=True)
_OF_PEOPLE: Final = [_PAIRS.where(column.in_(_MINE)) for column in (ACTIONS.c.number, EVENTS.c.number)]
_OF_NUMBERS: Final = [_PAIRS.where(column.in_(_NUMBERS)) for column in (ACTIONS.c.number, EVENTS.c.number)]


def touching(connection: sa.Connection, people: Sequence[str]) -> dict[str, set[int]]:
    """Return the numbers of the events that touch each of some people, and of all connected with these, repeatedly."""
    found = {one: set[int]() for one in people}
    for some in portions(people):
        for query in _TOUCHED:
            for person, number in connection.execute(query, {"people": some}):
                found[person].add(number)
    return connected(connection, found)


def connected(connection: sa.Connection, touched: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """Return the numbers of events with all that is connected with them.

    Args:
        connection: to the log.
        touched: by person the numbers of all the events that touch them.
    """
    acting, known = dict[int, set[int]](), set[int]().union(*touched.values())
    fresh = _met(connection, _OF_PEOPLE, "people", list(touched), acting) - known
    while fresh:
        known |= fresh
        fresh = _met(connection, _OF_NUMBERS, "numbers", sorted(fresh), acting) - known
    return {person: _closed(numbers, acting) for person, numbers in touched.items()}


def _met(
    connection: sa.Connection, queries: Sequence[sa.Select[int, int]], name: str, asked: Sequence[object],
    acting: dict[int, set[int]],
) -> set[int]:  # fmt: skip
    """Note which events act on which, or are acted on by them, among those asked about; return all of these."""
    met = set[int]()
    for some in portions(asked):
        for query in queries:
            for one, other in connection.execute(query, {name: some}):
                acting.setdefault(one, set()).add(other)
                acting.setdefault(other, set()).add(one)
                met.update((one, other))
    return met


def _closed(numbers: set[int], acting: Mapping[int, set[int]]) -> set[int]:
    """Numbers with all that they are connected with."""
    found, fresh = set(numbers), numbers
    while fresh:
        fresh = set[int]().union(*(acting.get(one, ()) for one in fresh)) - found
        found |= fresh
    return found


def portions(listed: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    """Yield what is named in queries, so many at a time as every database takes."""
    for begin in range(0, len(listed), _ASKED):
        yield listed[begin : begin + _ASKED]
