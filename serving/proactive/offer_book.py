"""Offer book: the offers on record, and the messages they left in, within the transaction of one connection."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from features.log.touching import portions
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


_NAMES: Final = [one.name for one in fields(KeptOffer)]
_CELLS: Final = [OFFERS.c[name] for name in _NAMES]
_TERMS: Final = _NAMES.index("terms")


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
        return self.on_books([citizen])[citizen]

    def on_books(self, people: Sequence[str]) -> dict[str, OnBook]:
        """Return what is on the book about each of some people."""
        offers, contacts = defaultdict[str, list[KeptOffer]](list), defaultdict[str, list[Contact]](list)
        for some in portions(people):
            query = sa.select(*_CELLS).where(OFFERS.c.citizen.in_(some)).order_by(OFFERS.c.made, OFFERS.c.id)
            for row in self._connection.execute(query):
                offers[row.citizen].append(_offer(row))
            left = sa.select(MESSAGES.c.citizen, MESSAGES.c.made, MESSAGES.c.urgent).order_by(MESSAGES.c.made)
            mine = (MESSAGES.c.citizen.in_(some), MESSAGES.c.kind == OFFERS_KIND)
            for who, made, urgent in self._connection.execute(left.where(*mine, MESSAGES.c.state.not_in(UNDELIVERED))):
                contacts[who].append(Contact(made, bool(urgent)))
        return {one: OnBook(tuple(offers[one]), tuple(contacts[one])) for one in people}

    def held_out(self) -> tuple[str, ...]:
        """Return everybody about whom something waits by a holdout, sorted."""
        waits = (OFFERS.c.state == DUE) & (OFFERS.c.reason == HELD_OUT)
        query = sa.select(OFFERS.c.citizen).where(waits).distinct().order_by(OFFERS.c.citizen)
        return tuple(self._connection.execute(query).scalars())

    def find(self, id_: str) -> KeptOffer | None:
        """Return an offer, None where there is none of this id."""
        row = self._connection.execute(sa.select(*_CELLS).where(OFFERS.c.id == id_)).first()
        return None if row is None else _offer(row)

    def put(self, offers: Sequence[KeptOffer]) -> None:
        """Write offers, or what became of those that are there."""
        written_over(self._connection, OFFERS, "id", [one.row() for one in offers])

    def post(self, messages: Sequence[KeptMessage]) -> None:
        """Write the messages that are new, or were refused before and stand again."""
        known = dict[str, str]()
        for some in portions([one.id for one in messages]):
            found = sa.select(MESSAGES.c.id, MESSAGES.c.state).where(MESSAGES.c.id.in_(some))
            known.update((id_, state) for id_, state in self._connection.execute(found))
        fresh = [vars(one) for one in messages if known.get(one.id, REFUSED) == REFUSED]
        written_over(self._connection, MESSAGES, "id", fresh)


def latest(offers: Sequence[KeptOffer]) -> dict[str, KeptOffer]:
    """Return the latest offer of each programme."""
    return {one.programme: one for one in offers}


def written_over(connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows, each in the place of the one under the same key where there is one."""
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    made = insert(table)
    values = {name: made.excluded[name] for name in rows[0] if name != key}
    connection.execute(made.on_conflict_do_update(index_elements=[key], set_=values), rows)


def _offer(row: sa.Row[Any]) -> KeptOffer:
    cells = list(row)
    cells[_TERMS] = _terms(cells[_TERMS])
    return KeptOffer(*cells)


@lru_cache(maxsize=4096)
def _terms(text: str) -> Terms:
    """Terms as they are kept; those of one programme are alike for many people."""
    return Terms(*json.loads(text))
