"""Work list: whom events since the last time touched, and who is due to be looked at with no new event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple
from zlib import crc32

import sqlalchemy as sa

from features.log.tables import EVENTS, OTHERS
from features.log.touching import portions
from serving.proactive.offer_book import written_over
from serving.records.service_tables import LOOKS, WORKED

__all__ = ["OWN_SOURCE", "WHOLE", "Lag", "Touched", "WorkList", "WorkPart"]

OFFERS_WORK: Final = "offers"
OWN_SOURCE: Final = "proffer/offers"
"""Who says what was shown; such an event changes nothing that is due, and nobody is looked at for it."""


class Touched(NamedTuple):
    """Whom some events touch.

    Attributes:
        people: each once, in the order of their events.
        upto: the number of the last of these events; the one worked off before where there are none.
    """

    people: tuple[str, ...]
    upto: int


MOST_COUNTED: Final = 100_000


class Lag(NamedTuple):
    """What waits: events not worked off, seconds since the first was recorded, and people due to be looked at.

    At most MOST_COUNTED of each are counted, so that asking takes no longer the more there are.
    """

    events: int
    seconds: int
    looks: int


class WorkPart(NamedTuple):
    """Whom one of several processes looks at where nothing happened: people are shared out by their ids.

    >>> [WorkPart(place, 2).has("ann") for place in (1, 2)]
    [False, True]

    Attributes:
        place: which part, from 1; the first works off what happened, too.
        of: how many there are.
    """

    place: int
    of: int

    def has(self, citizen: str) -> bool:
        """Whether a person is in it."""
        return crc32(citizen.encode()) % self.of == self.place - 1


WHOLE: Final = WorkPart(1, 1)


@dataclass(frozen=True)
class WorkList:
    """How far the log was worked off, and whom to look at when, within the transaction of one connection."""

    connection: sa.Connection

    @property
    def done(self) -> int:
        """The number of the last event that was worked off."""
        query = sa.select(WORKED.c.number).where(WORKED.c.name == OFFERS_WORK)
        return int(self.connection.execute(query).scalar_one_or_none() or 0)

    def touched(self, most: int) -> Touched:
        """Return whom the next events touch, at most so many events."""
        query = sa.select(EVENTS.c.number, EVENTS.c.subject, EVENTS.c.source).where(EVENTS.c.number > self.done)
        rows = self.connection.execute(query.order_by(EVENTS.c.number).limit(most)).all()
        if not rows:
            return Touched((), self.done)
        first, last = rows[0].number, rows[-1].number
        named = sa.select(OTHERS.c.person).where(OTHERS.c.number.between(first, last)).order_by(OTHERS.c.number)
        others = self.connection.execute(named).scalars()
        own = (row.subject for row in rows if row.source != OWN_SOURCE)
        return Touched(tuple(dict.fromkeys((*own, *others))), last)

    def due(self, now: int, most: int, part: WorkPart = WHOLE) -> tuple[str, ...]:
        """Return who of a part is due to be looked at, the longest due first, at most so many."""
        query = sa.select(LOOKS.c.citizen).where(LOOKS.c.at <= now).order_by(LOOKS.c.at, LOOKS.c.citizen)
        if part.of == 1:
            query = query.limit(most)
        found = self.connection.execute(query, execution_options={"yield_per": MOST_COUNTED // 100}).scalars()
        mine = tuple(islice((one for one in found if part.has(one)), most))
        found.close()
        return mine

    def finish(self, upto: int) -> None:
        """Remember up to which event the log was worked off."""
        written_over(self.connection, WORKED, "name", [{"name": OFFERS_WORK, "number": upto}])

    def look_again(self, looks: Mapping[str, int | None]) -> None:
        """Remember when each of these people is looked at next; None where only an event brings that about."""
        forgotten = [who for who, at in looks.items() if at is None]
        for some in portions(forgotten):
            self.connection.execute(sa.delete(LOOKS).where(LOOKS.c.citizen.in_(some)))
        written_over(
            self.connection, LOOKS, "citizen",
            [{"citizen": who, "at": at} for who, at in sorted(looks.items()) if at is not None],
        )  # fmt: skip

    def look_at(self, people: Sequence[str], at: int) -> int:
        """Look at people at a UTC second, or before where they are due before; return how many the log knows.

        Whoever the log does not know, or no more, is left out: no name comes in this way.
        """
        count = 0
        for some in portions(people):
            touched = sa.select(EVENTS.c.subject).where(EVENTS.c.subject.in_(some))
            named = sa.select(OTHERS.c.person).where(OTHERS.c.person.in_(some))
            known = set(self.connection.execute(sa.union(touched, named)).scalars())
            of_known = LOOKS.c.citizen.in_(known)
            self.connection.execute(sa.update(LOOKS).where(of_known, LOOKS.c.at > at).values(at=at))
            new = known.difference(self.connection.execute(sa.select(LOOKS.c.citizen).where(of_known)).scalars())
            if new:
                self.connection.execute(sa.insert(LOOKS), [{"citizen": one, "at": at} for one in sorted(new)])
            count += len(known)
        return count

    def lag(self, now: int) -> Lag:
        """Return what waits at a UTC second."""
        waiting = (EVENTS.c.number > self.done) & (EVENTS.c.source != OWN_SOURCE)
        some = sa.select(EVENTS.c.recorded).where(waiting).order_by(EVENTS.c.number).limit(MOST_COUNTED).subquery()
        count, first = self.connection.execute(sa.select(sa.func.count(), sa.func.min(some.c.recorded))).one()
        people = sa.select(LOOKS.c.citizen).where(LOOKS.c.at <= now).limit(MOST_COUNTED).subquery()
        looks = sa.select(sa.func.count()).select_from(people)
        return Lag(count, max(now - first, 0) if count else 0, int(self.connection.execute(looks).scalar_one()))
