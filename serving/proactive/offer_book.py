"""Offer book: the offers on record, and the messages they left in, within the transaction of one connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from recommender.contact.contact_decision import HELD_OUT
from recommender.contact.contact_record import DUE, Contact, PastOffer
from recommender.contact.due_offer import Terms
from serving.records.service_tables import MESSAGES, OFFERS

__all__ = [
    "OFFERS_KIND",
    "WITHDRAWAL_KIND",
    "KeptMessage",
    "KeptOffer",
    "OfferBook",
    "OnBook",
    "latest",
    "written_over",
]

OFFERS_KIND: Final = "offers"
FAILED: Final = "failed"
"""It was tried for days and never accepted."""
REFUSED: Final = "refused"
"""What it says no longer stood, or the person took back what allowed it, before it left."""
UNDELIVERED: Final = (FAILED, REFUSED)
WITHDRAWAL_KIND: Final = "withdrawal"
"""A message that takes back what was offered: no contact of its own."""


@dataclass(frozen=True)
class KeptOffer:
    """An offer on record.

    Attributes:
        id: as `serving.proactive.offer_identity` names it; it never changes.
        citizen: to whom.
        programme: of what.
        state: one of `recommender.contact.contact_record.OFFER_STATES`.
        made: the UTC second it was first due.
        changed: the UTC second of its state.
        terms: what it rested on when it last left or was last looked at before that.
        until: the UTC second until which it is put off.
        reason: why it is in this state, one of `recommender.contact.contact_decision.REASONS`, or nothing.
        channel: through which it left.
        message: in which.
        decision: by which decision.
    """

    id: str
    citizen: str
    programme: str
    state: str
    made: int
    changed: int
    terms: Terms
    until: int | None = None
    reason: str = ""
    channel: str = ""
    message: str = ""
    decision: str = ""

    @property
    def past(self) -> PastOffer:
        """What contact policy looks at."""
        return PastOffer(self.programme, self.state, self.changed, self.terms, self.until)

    def row(self) -> dict[str, Any]:
        """The row it is kept as."""
        return {**vars(self), "terms": json.dumps(list(self.terms))}


@dataclass(frozen=True)
class KeptMessage:
    """A message of the outbox.

    Attributes:
        id: as `serving.proactive.offer_identity` names it.
        citizen: to whom.
        kind: OFFERS_KIND or WITHDRAWAL_KIND.
        channel: through which it leaves.
        made: the UTC second it was written.
        urgent: whether it broke the frequency.
        body: what is sent, as JSON text.
        state: due, delivered, or why it ended.
        attempts: how often it was tried.
        next: the UTC second from which on it is tried.
        detail: why the last try failed, without anything of the person or the receiver.
    """

    id: str
    citizen: str
    kind: str
    channel: str
    made: int
    urgent: bool
    body: str
    state: str = DUE
    attempts: int = 0
    next: int = 0
    detail: str = ""


@dataclass(frozen=True)
class OnBook:
    """What is on the book about a person: offers and contacts, the earliest first."""

    offers: Sequence[KeptOffer] = ()
    contacts: Sequence[Contact] = ()


class OfferBook:
    """Reads and writes the offers and messages of people."""

    def __init__(self, connection: sa.Connection) -> None:
        """Take the connection of a `ServiceStore`."""
        self._connection = connection

    def on_book(self, citizen: str) -> OnBook:
        """Return what is on the book about a person."""
        return OnBook(self.offers_of(citizen), self.contacts_of(citizen))

    def offers_of(self, citizen: str) -> tuple[KeptOffer, ...]:
        """Return a person's offers, the earliest first; of one second in the order of ids."""
        query = sa.select(OFFERS).where(OFFERS.c.citizen == citizen).order_by(OFFERS.c.made, OFFERS.c.id)
        return tuple(_offer(row) for row in self._connection.execute(query))

    def held_out(self) -> tuple[str, ...]:
        """Return everybody about whom something waits by a holdout, sorted."""
        waits = (OFFERS.c.state == DUE) & (OFFERS.c.reason == HELD_OUT)
        query = sa.select(OFFERS.c.citizen).where(waits).distinct().order_by(OFFERS.c.citizen)
        return tuple(self._connection.execute(query).scalars())

    def find(self, id_: str) -> KeptOffer | None:
        """Return an offer, None where there is none of this id."""
        row = self._connection.execute(sa.select(OFFERS).where(OFFERS.c.id == id_)).first()
        return None if row is None else _offer(row)

    def contacts_of(self, citizen: str) -> tuple[Contact, ...]:
        """Return the contacts made with a person, the earliest first: every message of offers that left or will."""
        query = sa.select(MESSAGES.c.made, MESSAGES.c.urgent).order_by(MESSAGES.c.made)
        left = MESSAGES.c.state.not_in(UNDELIVERED)
        rows = self._connection.execute(
            query.where(MESSAGES.c.citizen == citizen, MESSAGES.c.kind == OFFERS_KIND, left)
        )
        return tuple(Contact(row.made, bool(row.urgent)) for row in rows)

    def put(self, offer: KeptOffer) -> None:
        """Write an offer, or what became of one that is there."""
        written_over(self._connection, OFFERS, "id", offer.row())

    def post(self, message: KeptMessage) -> bool:
        """Write a message that is new, or was refused before and stands again; return whether it was written."""
        found = self._connection.execute(sa.select(MESSAGES.c.state).where(MESSAGES.c.id == message.id)).scalar()
        if found in (None, REFUSED):
            written_over(self._connection, MESSAGES, "id", vars(message))
        return found in (None, REFUSED)


def latest(offers: Sequence[KeptOffer]) -> dict[str, KeptOffer]:
    """Return the latest offer of each programme."""
    return {one.programme: one for one in offers}


def written_over(connection: sa.Connection, table: sa.Table, key: str, row: dict[str, Any]) -> None:
    """Write a row, in the place of the one under the same key where there is one."""
    changed = connection.execute(sa.update(table).where(table.c[key] == row[key]).values(row))
    if not changed.rowcount:
        connection.execute(sa.insert(table), [row])


def _offer(row: sa.Row[Any]) -> KeptOffer:
    return KeptOffer(**{**row._asdict(), "terms": Terms(*json.loads(row.terms))})
