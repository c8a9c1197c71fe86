"""Touching: which events of the log touch people, with all that acts on these events or that they act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

import sqlalchemy as sa

from features.log.tables import ACTIONS, EVENTS, OTHERS

__all__ = ["portions", "touching"]

_ASKED: Final = 400  # keys named in one query, below what every SQLite allows
_Asked = TypeVar("_Asked")


def touching(connection: sa.Connection, people: Sequence[str]) -> dict[str, set[int]]:
    """Return the numbers of the events that touch each of some people, and of all connected with these, repeatedly."""
    found = {one: set[int]() for one in people}
    for some in portions(people):
        for column, table in ((EVENTS.c.subject, EVENTS), (OTHERS.c.person, OTHERS)):
            for person, number in connection.execute(sa.select(column, table.c.number).where(column.in_(some))):
                found[person].add(number)
    acting = _acting(connection, set[int]().union(*found.values()))
    return {person: _closed(numbers, acting) for person, numbers in found.items()} if acting else found


def _acting(connection: sa.Connection, numbers: set[int]) -> dict[int, set[int]]:
    """Which events act on which, or are acted on by them, among some and all that this leads to."""
    same = (EVENTS.c.source == ACTIONS.c.target_source) & (EVENTS.c.id == ACTIONS.c.target_id)
    pairs = sa.select(ACTIONS.c.number, EVENTS.c.number).join(EVENTS, same)
    found, fresh = dict[int, set[int]](), numbers
    while fresh:
        met = set[int]()
        for some in portions(sorted(fresh)):
            for column in (ACTIONS.c.number, EVENTS.c.number):
                for one, other in connection.execute(pairs.where(column.in_(some))):
                    found.setdefault(one, set()).add(other)
                    found.setdefault(other, set()).add(one)
                    met.update((one, other))
        numbers, fresh = numbers | met, met - numbers
    return found


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
