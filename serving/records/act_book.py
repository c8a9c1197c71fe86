"""Act book: who acted for whom, on which ground and when, within the transaction of one connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from features.calendar import DAY_SECONDS
from serving.records.service_tables import ACTS

__all__ = ["Act", "ActBook"]


@dataclass(frozen=True)
class Act:
    """One thing that somebody did for another.

    Attributes:
        id: of the act.
        citizen: for whom.
        actor: who did it.
        ground: on which ground of `representation.Representation`.
        act: what was done.
        made: the UTC second.
    """

    id: str
    citizen: str
    actor: str
    ground: str
    act: str
    made: int

    def to_document(self) -> dict[str, Any]:
        """Return the act as JSON values."""
        return {"actor": self.actor, "ground": self.ground, "act": self.act, "made": self.made}


@dataclass(frozen=True)
class ActBook:
    """The acts on record."""

    connection: sa.Connection

    def add(self, act: Act) -> None:
        """Write an act that is not the repetition of one of the last DAY_SECONDS: who asks often fills no disk."""
        same = (ACTS.c.citizen == act.citizen, ACTS.c.actor == act.actor, ACTS.c.ground == act.ground)
        lately = sa.select(ACTS.c.id).where(*same, ACTS.c.act == act.act, ACTS.c.made > act.made - DAY_SECONDS)
        if self.connection.execute(lately.limit(1)).first() is None:
            self.connection.execute(sa.insert(ACTS).values(vars(act)))

    def of(self, citizen: str, most: int) -> tuple[Act, ...]:
        """Return what was done for somebody, the latest first, at most so many acts."""
        query = sa.select(ACTS).where(ACTS.c.citizen == citizen).order_by(ACTS.c.made.desc(), ACTS.c.id)
        return tuple(Act(**row._asdict()) for row in self.connection.execute(query.limit(most)))

    def did(self, actor: str, citizen: str, act: str, since: int) -> bool:
        """Return whether somebody did something for another at or after a UTC second."""
        query = sa.select(ACTS.c.id).where(ACTS.c.actor == actor, ACTS.c.citizen == citizen)
        return (
            self.connection.execute(query.where(ACTS.c.act == act, ACTS.c.made >= since).limit(1)).first() is not None
        )

    def counted(self) -> dict[str, int]:
        """Return how often each thing was done for anybody."""
        query = sa.select(ACTS.c.act, sa.func.count()).group_by(ACTS.c.act)
        return {str(act): int(count) for act, count in self.connection.execute(query)}
