"""Outbox: messages that are due to leave, who has taken one to send it, and what came of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import sqlalchemy as sa

from recommender.contact.contact_record import DELIVERED, DUE, SENT
from serving.proactive.offer_book import OFFERS_KIND, KeptMessage, written_over
from serving.records.service_tables import MESSAGES, OFFERS, WORKED

__all__ = ["RETRIES", "Outbox", "retry_after"]

LEASE: Final = 120
"""Seconds for which whoever took a message keeps it: another sender takes it over once they are gone."""
RETRIES: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from one try to the next, of Standard Webhooks: in all about three days."""
_GONE: Final = "gone:"


@dataclass(frozen=True)
class Outbox:
    """The messages that leave, within the transaction of one connection."""

    connection: sa.Connection

    def take(self, channels: Collection[str], now: int, most: int) -> tuple[KeptMessage, ...]:
        """Take messages to send them: nobody else does before LEASE is over, by when they are delivered or put off."""
        ready = sa.select(MESSAGES).where(MESSAGES.c.state == DUE, MESSAGES.c.next <= now)
        query = ready.where(MESSAGES.c.channel.in_(sorted(channels))).order_by(MESSAGES.c.next, MESSAGES.c.id)
        found = tuple(KeptMessage(**row._asdict()) for row in self.connection.execute(query.limit(most)))
        self._change([one.id for one in found], next=now + LEASE)
        return found

    def delivered(self, message: KeptMessage, now: int) -> None:
        """Write that a message was accepted, and with it the offers in it."""
        self._change([message.id], state=DELIVERED, attempts=message.attempts + 1, detail="", next=now)
        if message.kind == OFFERS_KIND:
            mine = sa.update(OFFERS).where(OFFERS.c.message == message.id, OFFERS.c.state == SENT)
            self.connection.execute(mine.values(state=DELIVERED, changed=now))

    def put_off(self, message: KeptMessage, until: int, detail: str) -> None:
        """Write that a try failed, and when the next is."""
        self._change([message.id], attempts=message.attempts + 1, next=until, detail=detail)

    def wait(self, message: KeptMessage, until: int) -> None:
        """Write when a message is tried next that was taken and not tried."""
        self._change([message.id], next=until)

    def end(self, message: KeptMessage, state: str, now: int, detail: str) -> None:
        """Write that a message never leaves: the offers in it are due again, through whatever channel there is."""
        self._change([message.id], state=state, attempts=message.attempts + 1, next=now, detail=detail)
        mine = sa.update(OFFERS).where(OFFERS.c.message == message.id, OFFERS.c.state == SENT)
        self.connection.execute(mine.values(state=DUE, changed=now, message="", channel="", reason="no_channel"))

    def close_receiver(self, receiver: str, now: int) -> None:
        """Remember that a receiver wants no more; `receiver` is a hash of its address."""
        written_over(self.connection, WORKED, "name", [{"name": _GONE + receiver, "number": now}])

    def is_closed(self, receiver: str) -> bool:
        """Whether a receiver said that it wants no more."""
        found = sa.select(WORKED.c.number).where(WORKED.c.name == _GONE + receiver)
        return self.connection.execute(found).first() is not None

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many messages there are of each channel in each state."""
        query = sa.select(MESSAGES.c.channel, MESSAGES.c.state, sa.func.count()).group_by(
            MESSAGES.c.channel, MESSAGES.c.state
        )
        return {(channel, state): count for channel, state, count in self.connection.execute(query)}

    def waiting_in(self, channel: str) -> tuple[KeptMessage, ...]:
        """Return what is due through a channel that people work off, the longest waiting first."""
        query = sa.select(MESSAGES).where(MESSAGES.c.state == DUE, MESSAGES.c.channel == channel)
        rows = self.connection.execute(query.order_by(MESSAGES.c.made, MESSAGES.c.id))
        return tuple(KeptMessage(**row._asdict()) for row in rows)

    def find(self, id_: str) -> KeptMessage | None:
        """Return a message, None where there is none of this id."""
        row = self.connection.execute(sa.select(MESSAGES).where(MESSAGES.c.id == id_)).first()
        return None if row is None else KeptMessage(**row._asdict())

    def _change(self, ids: list[str], **values: Any) -> None:
        if ids:
            self.connection.execute(sa.update(MESSAGES).where(MESSAGES.c.id.in_(ids)).values(values))


def retry_after(attempts: int, wait: int, rng: Random) -> int | None:
    """Return the seconds to the next try, None where there is none: each a fifth earlier or later, so that they spread.

    Args:
        attempts: how often it was tried before the try that failed now.
        wait: how long the receiver asks to be left alone.
        rng: what spreads them.

    >>> retry_after(0, 0, Random(1)) in range(4, 7), retry_after(9, 0, Random(1))
    (True, None)
    """
    if attempts >= len(RETRIES):
        return None
    return max(round(RETRIES[attempts] * rng.uniform(0.8, 1.2)), wait)
