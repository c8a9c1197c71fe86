"""The request desk: claims and reviews come in, and offices rule on them, each in one commit with its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any, Final

from features.declaration.declaration import Declaration
from features.declaration.vocabulary import RETRACTED, STATED
from features.log.event import Event, rfc3339
from features.log.event_parser import parse_event
from features.problem import Rejected
from serving.http.event_words import names_of_events, told
from serving.http.list_page import ListPage
from serving.http.problem_documents import CONFLICT, NOT_FOUND, UNPROCESSABLE, ProblemItemValue, RefusedError
from serving.http.record_desk import OpenableStore, available
from serving.records.decision_log import DecisionLog
from serving.records.request_book import CitizenRequest, RequestBook
from serving.records.store import ServiceStore

CLAIMS: Final = "proffer:claim"
"""The source of what citizens claim: no register is ever written over."""
_NOBODY: Final = "Nothing is known under this id, or the token is not for acting on it."
_LATER: Final = "The request cannot be kept now; send it again."


class RequestDesk:
    """Takes what citizens ask of an office, and what the office says."""

    def __init__(self, declaration: Declaration, home: OpenableStore) -> None:
        """Nothing is opened yet."""
        self._declaration = declaration
        self._home = home

    def claim(
        self, citizen: str, facts: Mapping[str, Any], note: str, now: int, *, acting: bool = False
    ) -> tuple[CitizenRequest, list[Event]]:
        """Keep a claim; its facts count from now on. Returns it with the person's events before.

        Raises:
            RefusedError: 404, nobody is known; 422, the facts cannot be stated, or one is sensitive and claimed by
                somebody `acting` for the person; 503.
        """
        if acting and (own := self._sensitive(facts)):
            items = [ProblemItemValue(f"/facts/{name}", "a fact that only the person claims") for name in own]
            raise RefusedError(UNPROCESSABLE, "These facts cannot be stated.", items)
        event = self._event(STATED, citizen, facts, now)
        with available(_LATER), self._home.store_to_write() as store:
            before = list(store.log.events([citizen]))
            if not before:
                raise RefusedError(NOT_FOUND, _NOBODY)
            store.log.append([event])
            told = next(one for one in store.log.events([citizen]) if (one.source, one.id) == (CLAIMS, event.id))
            # as the log holds them: without the names of erased people
            body = {"facts": dict(told.data), "note_of_claim": note, "event": {"source": event.source, "id": event.id}}
            return RequestBook(store.connection).add(token_hex(16), citizen, "claim", body, now), before

    def review(self, citizen: str, reason: str, decision: str | None, now: int) -> CitizenRequest:
        """Keep the request that a person looks at a decision.

        Raises:
            RefusedError: 404, nobody is known, or the decision is not about this person; 503.
        """
        with available(_LATER), self._home.store_to_write() as store:
            known = store.log.events([citizen])
            if next(iter(known), None) is None or not self._of(store, decision, citizen):
                raise RefusedError(NOT_FOUND, _NOBODY)
            body = {"reason": reason, "decision_id": decision}
            return RequestBook(store.connection).add(token_hex(16), citizen, "review", body, now)

    def of(self, citizen: str, now: int, page: ListPage, *, acting: bool = False) -> Mapping[str, Any]:
        """A page of the requests of a person, the latest first; raises RefusedError: 422, 503.

        To whoever is `acting` for them only claims are told, and none of a sensitive fact; a page may then have fewer.
        """
        found = self._read(lambda book: book.of(citizen, page.after, page.limit + 1))
        shown, following = page.cut(found, lambda one: (one.made, one.id))
        if acting:
            shown = [one for one in shown if one.kind == "claim" and not self._sensitive(one.body["facts"])]
        return {"requests": [one.to_document(now) for one in shown], "next": following}

    def waiting(self, now: int, page: ListPage) -> Mapping[str, Any]:
        """A page of the open requests, those first that are due first; raises RefusedError: 422, 503."""
        found = self._read(lambda book: book.waiting(page.after, page.limit + 1))
        shown, following = page.cut(found, lambda one: (one.due, one.id))
        return {"requests": [one.to_document(now) for one in shown], "next": following}

    def one(self, id_: str, now: int) -> Mapping[str, Any]:
        """One request; raises RefusedError: 404, there is none of this id; 503."""
        found = self._read(lambda book: [one for one in [book.find(id_)] if one is not None])
        if not found:
            raise RefusedError(NOT_FOUND, _NOBODY)
        return found[0].to_document(now)

    def rule(self, id_: str, granted: bool, note: str, by: str, now: int) -> CitizenRequest:
        """Rule on a request; what a refused claim stated is retracted, and the register's fact counts again.

        Raises:
            RefusedError: 404, there is no such request; 409, it was ruled on already, or by its own citizen; 503.
        """
        with available(_LATER), self._home.store_to_write() as store:
            try:
                done = RequestBook(store.connection).rule(id_, granted, note, by, now)
            except KeyError:
                raise RefusedError(NOT_FOUND, _NOBODY) from None
            except Rejected as refusal:
                raise RefusedError(CONFLICT, f"The request {refusal.problems[0].what}.") from None
            if done.kind == "claim" and not granted:
                store.log.append([self._event(RETRACTED, done.citizen, done.body["event"], now)])
            return done

    def _sensitive(self, facts: Iterable[str]) -> list[str]:
        return [name for name in facts if name in self._declaration.sensitive_facts]

    def _event(self, kind: str, citizen: str, data: Mapping[str, Any], now: int) -> Event:
        document = {
            "id": token_hex(16), "source": CLAIMS, "subject": citizen, "type": kind, "time": rfc3339(now), "data": data,
        }  # fmt: skip
        try:
            return parse_event(document, self._declaration, now=now, where=(), hints=0)
        except Rejected as refusal:
            rows = told(refusal.problems, names_of_events(self._declaration))
            items = [ProblemItemValue(row["pointer"].replace("/data", "/facts", 1), row["what"]) for row in rows]
            raise RefusedError(UNPROCESSABLE, "These facts cannot be stated.", items) from None

    @staticmethod
    def _of(store: ServiceStore, decision: str | None, citizen: str) -> bool:
        if decision is None:
            return True
        found = DecisionLog(store.connection).find(decision)
        return found is not None and found.decision.citizen == citizen

    def _read(self, asked: Callable[[RequestBook], Sequence[CitizenRequest]]) -> Sequence[CitizenRequest]:
        with available("The requests cannot be read now; ask again."):
            if not self._home.has_events:
                return ()
            with self._home.store() as store:
                return asked(RequestBook(store.connection))
