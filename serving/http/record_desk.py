"""The record desk: what the service keeps of what it said, and who is told that there is nothing here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, NamedTuple, Protocol

from features.calendar import date_of
from features.log.event import Event
from features.problem import Rejected
from serving.http.list_page import ListPage
from serving.http.problem_documents import LOG_UNAVAILABLE, NOT_FOUND, TOO_MANY, RefusedError
from serving.records.act_book import Act, ActBook
from serving.records.decision import Decision
from serving.records.decision_log import DecisionLog, DecisionSummary, KeptDecision
from serving.records.erasure import ErasedRows
from serving.records.store import ServiceStore

MOST_A_DAY: Final = 200
"""So many answers about one person are put on record in 24 hours, whatever is asked."""
_FULL: Final = "Too many different questions were asked about this person; ask without parameters, or as before."
_AGAIN: Final = {"Retry-After": "5"}
_NOBODY: Final = "No events are known under this id, or the token is not for reading them."
_NOTHING: Final = "No decision is on record under this id, or the token is not for reading it."


class ToldLife(NamedTuple):
    """The events that touch somebody, and the ids of the decisions about them that were made last."""

    events: Sequence[Event]
    decisions: frozenset[str]


class OpenableStore(Protocol):
    """A home whose log and records can be opened."""

    @property
    def has_events(self) -> bool:
        """Whether a log was ever begun."""
        ...

    def knows(self, citizen: str) -> bool:
        """Whether anything is kept about a person."""
        ...

    def erase(self, citizen: str) -> ErasedRows:
        """Erase everything that is kept about a person."""
        ...

    def store(self) -> AbstractContextManager[ServiceStore]:
        """Both, to be read as they are at one instant."""
        ...

    def store_to_write(self) -> AbstractContextManager[ServiceStore]:
        """Both, to be written: kept, durably, when the block ends, and not when it raises."""
        ...


class RecordDesk:
    """Writes decisions, and gives them to those they are about."""

    def __init__(self, home: OpenableStore) -> None:
        """Nothing is opened yet: each request opens the store."""
        self._home = home

    def keep(self, decision: Decision, now: int, *, plain: bool, told: Collection[str] = ()) -> None:
        """Write a decision that is new.

        So that reading does not fill the disk, MOST_A_DAY answers about one person are put on record in 24 hours, and
        beyond them only answers to the plain question, of which there is one for each state of what is known.

        Args:
            decision: an answer about somebody whose events are kept.
            now: the UTC second.
            plain: whether it answers the question as of today, without any choice of the caller.
            told: ids of decisions that were seen on record, for which nobody has to write.

        Raises:
            RefusedError: 404, its citizen was erased meanwhile; 429, too many other answers were put on record; 503, it
                cannot be written now: what cannot be put on record is not told.
        """
        with available("The answer cannot be put on record now; ask again."):
            if decision.id in told:
                return
            with self._home.store_to_write() as store:
                if store.erased([decision.citizen or ""]):
                    raise RefusedError(NOT_FOUND, _NOBODY)
                log = DecisionLog(store.connection)
                limited = not plain and not log.has(decision.id)
                if limited and (free := log.free_at(decision.citizen or "", MOST_A_DAY, now)) > now:
                    raise RefusedError(TOO_MANY, _FULL, headers={"Retry-After": str(free - now)})
                log.write(decision, now)

    def decision(self, id_: str, readable: Callable[[str], bool]) -> KeptDecision:
        """A decision on record, for whoever may read what is about its citizen.

        Raises:
            RefusedError: 404, there is none, or it is about somebody else; 503.
        """
        with available("The records cannot be read now; ask again."):
            found = None
            if self._home.has_events:
                with self._home.store() as store:
                    found = DecisionLog(store.connection).find(id_)
        if found is None or found.decision.kind == "shadow" or not readable(found.decision.citizen or ""):
            raise RefusedError(NOT_FOUND, _NOTHING)
        return found

    def erase(self, citizen: str) -> Mapping[str, Any] | None:
        """Erase a person; None where nothing is known of one.

        Raises:
            RefusedError: 503, the database cannot be written now; the next opening of it erases the person.
        """
        with available("The person cannot be erased now; ask again."):
            if not self._home.knows(citizen):
                return None
            done = self._home.erase(citizen)
            return {"events": done.events, "records": done.records}

    def acted(self, act: Act) -> None:
        """Write that somebody acts for another, before anything is told to them.

        Raises:
            RefusedError: 404, one of them was erased meanwhile; 503.
        """
        later = "What is done for another cannot be put on record now; ask again."
        with available(later), self._home.store_to_write() as store:
            if store.erased([act.citizen, act.actor]):
                raise RefusedError(NOT_FOUND, _NOBODY)
            ActBook(store.connection).add(act)

    def acts(self, citizen: str) -> Sequence[Act]:
        """Who acted for somebody, the latest first, at most a hundred acts; raises RefusedError: 503."""
        with available("The records cannot be read now; ask again."):
            if not self._home.has_events:
                return ()
            with self._home.store() as store:
                return ActBook(store.connection).of(citizen, 100)

    def did(self, actor: str, citizen: str, act: str, since: int) -> bool:
        """Whether somebody did something for another since a UTC second; raises RefusedError: 503."""
        with available("The records cannot be read now; ask again."), self._home.store() as store:
            return ActBook(store.connection).did(actor, citizen, act, since)

    def counted(self) -> Mapping[str, int]:
        """How often each thing was done for anybody; raises RefusedError: 503."""
        with available("The records cannot be read now; ask again."):
            if not self._home.has_events:
                return {}
            with self._home.store() as store:
                return ActBook(store.connection).counted()

    def decisions(self, citizen: str, page: ListPage) -> Mapping[str, Any]:
        """A page of the decisions about somebody, the latest first.

        Raises:
            RefusedError: 422, the cursor is none; 503.
        """
        found: Sequence[DecisionSummary] = ()
        with available("The records cannot be read now; ask again."):
            if self._home.has_events:
                with self._home.store() as store:
                    found = DecisionLog(store.connection).told_to(citizen, page.after, page.limit + 1)
        shown, following = page.cut(found, lambda one: (one.made, one.id))
        rows = [
            {"decision_id": one.id, "made": one.made, "kind": one.kind, "as_of": date_of(one.day).isoformat()}
            for one in shown
        ]
        return {"decisions": rows, "next": following}


@contextmanager
def available(detail: str) -> Iterator[None]:
    """Whatever stops the database is said to be for now, without a word of where it is."""
    try:
        yield
    except (Rejected, OSError):
        raise RefusedError(LOG_UNAVAILABLE, detail, headers=_AGAIN) from None
