"""The log desk: what callers write into the event log of a home and read of it, and every way in which it says no."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Protocol

from features.declaration.declaration import Declaration
from features.log.event import Event
from features.log.event_log import EventLog, Outcome
from features.log.event_parser import parse_event
from features.problem import Rejected
from serving.http import metrics
from serving.http.event_words import names_of_events, told
from serving.http.group_commit import GroupCommit
from serving.http.offer_desk import OfferDesk
from serving.http.problem_documents import LOG_UNAVAILABLE, RefusedError
from serving.http.record_desk import OpenableStore, RecordDesk, ToldLife, available
from serving.http.request_desk import RequestDesk
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.work_list import WorkList
from serving.records.decision_log import DecisionLog

_WITHOUT_PROBLEMS: Final[Mapping[str, dict[str, Any]]] = {
    name: {"outcome": name, "problems": []} for name in ("accepted", "duplicate")
}
"""Nearly every result is one of these two, which are made once."""
MOST_TOLD: Final = 50
"""So many decisions about a person are looked up with the events; whether another is on record is asked apart."""
_UNWRITTEN: Final = "Nothing was written. Send the same again: what is there already is told as a duplicate."


class OpenableLog(OpenableStore, Protocol):
    """A home whose event log can be opened."""

    def log(self) -> AbstractContextManager[EventLog]:
        """The log, to be read as it is at one instant."""
        ...

    def log_to_write(self) -> AbstractContextManager[EventLog]:
        """The log, to be written: kept, durably, when the block ends, and not when it raises."""
        ...


class LogDesk:
    """Writes to one event log and reads of it, through the reader and the log that `proffer ingest` uses."""

    def __init__(
        self, declaration: Declaration, home: OpenableLog, worker: Callable[[], OfferWorker] | None = None
    ) -> None:
        """Nothing is opened yet: each request opens the log, so that one that is gone or was replaced is noticed.

        `worker` looks at people with the engine of the moment; without it nobody is offered anything.
        """
        self._worker = worker
        self._declaration = declaration
        self._home = home
        self._writer = GroupCommit(self._commit)
        self._names = names_of_events(declaration)

    @cached_property
    def records(self) -> RecordDesk:
        """What is kept of what the service said, in the same database."""
        return RecordDesk(self._home)

    @cached_property
    def offers(self) -> OfferDesk:
        """What people are offered, in the same database.

        Raises:
            RefusedError: 503, this service offers nothing.
        """
        if self._worker is None:
            raise RefusedError(LOG_UNAVAILABLE, "This service keeps no offers.", headers={"Retry-After": "60"})
        return OfferDesk(self._home, self._worker)

    @cached_property
    def requests(self) -> RequestDesk:
        """What citizens ask of an office."""
        return RequestDesk(self._declaration, self._home)

    def take(self, documents: Sequence[object], now: int) -> Future[Mapping[str, Any]]:
        """Write the events that are good and new in one commit, with those of others that wait.

        The future has what became of each, once that is durable; or RefusedError: 503, the log cannot be written now,
        and nothing of this request was.

        Raises:
            RefusedError: 503, too many events wait.
        """
        read: list[Event | Rejected] = []
        for document in documents:
            try:
                read.append(parse_event(document, self._declaration, now=now, where=(), hints=0))
            except Rejected as refusal:
                read.append(refusal)
        told: Future[Mapping[str, Any]] = Future()
        told.set_running_or_notify_cancel()  # what is written is written: nobody can take it back

        def tell(done: Future[Sequence[Outcome]]) -> None:
            if (failure := done.exception()) is not None:
                told.set_exception(failure)
                return
            outcomes = iter(done.result())
            found = [self._result(next(outcomes) if isinstance(one, Event) else one) for one in read]
            for outcome, count in Counter([one["outcome"] for one in found]).items():
                metrics.EVENTS.labels(outcome).inc(count)
            told.set_result({"results": found})

        self._writer.put([one for one in read if isinstance(one, Event)]).add_done_callback(tell)
        return told

    def _commit(self, events: Sequence[Event]) -> Sequence[Outcome]:
        with available(_UNWRITTEN), self._home.log_to_write() as log:
            return log.append_each(events)

    def life(self, citizen: str) -> Sequence[Event]:
        """Every event that touches somebody, none where there is no such person or no log.

        Raises:
            RefusedError: 503, the log cannot be read now.
        """
        with available("The log cannot be read now; ask again."):
            if not self._home.has_events:
                return ()
            with self._home.log() as log:
                return list(log.events([citizen]))

    def told_life(self, citizen: str) -> ToldLife:
        """Every event that touches somebody, and which decisions about them were made last, in one transaction.

        Raises:
            RefusedError: 503, the log cannot be read now.
        """
        with available("The log cannot be read now; ask again."):
            if not self._home.has_events:
                return ToldLife((), frozenset())
            with self._home.store() as store:
                told = DecisionLog(store.connection).latest(citizen, MOST_TOLD)
                return ToldLife(list(store.log.events([citizen])), told)

    def measure(self, now: int) -> None:
        """Set what waits to become offers, where this service offers anything; left as it was while nothing is read."""
        with contextlib.suppress(RefusedError), available(""):
            if self._worker is None or not self._home.has_events:
                return
            with self._home.store() as store:
                lag = WorkList(store.connection).lag(now)
            metrics.OFFERS_LAG.set(lag.seconds)
            metrics.OFFERS_WAITING.labels("events").set(lag.events)
            metrics.OFFERS_WAITING.labels("people").set(lag.looks)

    def _result(self, found: Outcome | Rejected) -> dict[str, Any]:
        if isinstance(found, Rejected):
            return {"outcome": "rejected", "problems": told(found.problems, self._names)}
        if isinstance(found, str):
            return _WITHOUT_PROBLEMS[found]
        if found.code == "refused":  # about somebody who was erased
            return {"outcome": "rejected", "problems": told((replace(found, path=("subject",)),), self._names)}
        same = found.code == "conflict"
        placed = replace(found, path=("id",) if same else ("data", "id"))  # the log names an event by its key
        return {"outcome": "conflict" if same else "rejected", "problems": told((placed,), self._names)}
