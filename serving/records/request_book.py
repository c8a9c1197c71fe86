"""The requests of citizens to an office: claims and reviews, each ruled on once, within a month."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import sqlalchemy as sa

from features.canonical_json import canonical_text
from features.problem import Problem, Rejected
from serving.records.service_tables import REQUESTS

DAYS: Final = 30
"""Within how many days an office rules (Korea: Personal Information Protection Act, article 37-2)."""
Request = Literal["claim", "review"]
State = Literal["open", "granted", "refused"]


@dataclass(frozen=True)
class CitizenRequest:
    """What somebody asked of an office.

    Attributes:
        id: under which it is kept.
        citizen: who asked, or for whom it was asked.
        kind: a `claim` that a fact is another than a register says, or the `review` of a decision by a person.
        body: of a claim its facts and the source and id of its event; of a review its reason and its decision.
        made: the UTC second it was made.
        due: the UTC second until which it is to be ruled on.
        state: `open`, or how it was ruled.
        note: what the office says to it.
        ruled_by: who ruled.
        ruled: the UTC second of the ruling, None while it is open.
    """

    id: str
    citizen: str
    kind: str
    body: Mapping[str, Any]
    made: int
    due: int
    state: str = "open"
    note: str = ""
    ruled_by: str = ""
    ruled: int | None = None

    def to_document(self, now: int) -> dict[str, Any]:
        """Return it as JSON values, with whether the office is late at `now`."""
        late = self.due < (now if self.ruled is None else self.ruled)
        return {
            "id": self.id, "citizen": self.citizen, "kind": self.kind, **self.body, "made": self.made, "due": self.due,
            "late": late, "state": self.state, "note": self.note, "ruled_by": self.ruled_by, "ruled": self.ruled,
        }  # fmt: skip


class RequestBook:
    """Every request, within the transaction of one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        """Take the connection of a `ServiceStore`."""
        self._connection = connection

    def add(self, id_: str, citizen: str, kind: Request, body: Mapping[str, Any], made: int) -> CitizenRequest:
        """Keep a new request; it is due a month after it was made."""
        one = CitizenRequest(id_, citizen, kind, body, made, made + DAYS * 86_400)
        row = {**vars(one), "body": canonical_text(body)}
        self._connection.execute(sa.insert(REQUESTS), [row])
        return one

    def find(self, id_: str) -> CitizenRequest | None:
        """Return one request, None where there is none of this id."""
        row = self._connection.execute(sa.select(REQUESTS).where(REQUESTS.c.id == id_)).first()
        return None if row is None else _request(row)

    def of(self, citizen: str, after: tuple[int, str] | None = None, most: int | None = None) -> list[CitizenRequest]:
        """Return the requests of a person, the latest first.

        Args:
            citizen: whose.
            after: when the last request before these was made, and its id; None for the beginning.
            most: how many at most; None for all.
        """
        query = sa.select(REQUESTS).where(REQUESTS.c.citizen == citizen)
        if after is not None:
            same = (REQUESTS.c.made == after[0]) & (REQUESTS.c.id > after[1])
            query = query.where((REQUESTS.c.made < after[0]) | same)
        query = query.order_by(REQUESTS.c.made.desc(), REQUESTS.c.id).limit(most)
        return [_request(row) for row in self._connection.execute(query)]

    def waiting(self, after: tuple[int, str] | None = None, most: int | None = None) -> list[CitizenRequest]:
        """Return the requests that are open, those first that are due first; `after` is when one is due, and its id."""
        query = sa.select(REQUESTS).where(REQUESTS.c.state == "open")
        if after is not None:
            same = (REQUESTS.c.due == after[0]) & (REQUESTS.c.id > after[1])
            query = query.where((REQUESTS.c.due > after[0]) | same)
        query = query.order_by(REQUESTS.c.due, REQUESTS.c.id).limit(most)
        return [_request(row) for row in self._connection.execute(query)]

    def rule(self, id_: str, granted: bool, note: str, by: str, at: int) -> CitizenRequest:
        """Rule on an open request.

        Raises:
            KeyError: there is none of this id.
            Rejected: it was ruled on already, or by the person who made it.
        """
        found = self.find(id_)
        if found is None:
            raise KeyError(id_)
        if found.state != "open":
            remedy = "Read it again; whoever disagrees asks anew"
            raise Rejected([Problem(("request",), "conflict", "was ruled on already", remedy)])
        if found.citizen == by:
            remedy = "Let somebody else rule"
            raise Rejected([Problem(("request",), "forbidden", "is of the person who would rule on it", remedy)])
        state = "granted" if granted else "refused"
        changed = sa.update(REQUESTS).where(REQUESTS.c.id == id_)
        self._connection.execute(changed.values(state=state, note=note, ruled_by=by, ruled=at))
        return replace(found, state=state, note=note, ruled_by=by, ruled=at)


def _request(row: sa.Row[Any]) -> CitizenRequest:
    return CitizenRequest(**{**row._asdict(), "body": json.loads(row.body)})
