"""Stand-in: who acts for a citizen, by what registries say of them or by consent, and that it is on record first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Final, NamedTuple, Protocol

from features.log.event import Event
from features.unicode_form import composed
from serving.http.access import may_see, need
from serving.http.fair_share import WorkerPool
from serving.http.problem_documents import NOT_FOUND, RefusedError
from serving.http.tokens import CASEWORK, READ, Caller
from serving.records.act_book import Act

LOOKED_UP: Final = "recommendations:read"
"""The one act that a person's own consent lets caseworkers do."""


class Errand(NamedTuple):
    """What somebody comes for: the scope it takes, the act as it is put on record, the words for who may not."""

    scope: str
    act: str
    nobody: str

    @property
    def noun(self) -> str:
        """What the act is about, as `representation.yaml` names it."""
        return self.act.partition(":")[0]


class Grounds(Protocol):
    """What is asked of the engine; called in a worker thread."""

    def ground(self, actor: str, held: Sequence[Event], citizen: str, now: int, noun: str) -> str | None:
        """On which ground somebody, whose events are held, may act for a citizen; None where there is none."""
        ...

    def consented(self, held: Sequence[Event], citizen: str) -> str | None:
        """By which purpose a citizen, whose events are held, lets caseworkers ask for them; None where by none."""
        ...


class ActKeeping(Protocol):
    """What is asked of the records; called in a worker thread."""

    def acted(self, act: Act) -> None:
        """Write that somebody acts for another, durably; raises RefusedError where it cannot be written."""
        ...


class LivesAndActs(Protocol):
    """What is asked of the event log; called in a worker thread."""

    def life(self, citizen: str) -> Sequence[Event]:
        """The events that touch somebody, none where nothing is known; raises RefusedError for a log out of reach."""
        ...

    @property
    def records(self) -> ActKeeping:
        """Where acts are kept."""
        ...


@dataclass(frozen=True)
class StandIns:
    """Lets callers act for citizens, over what the log and the rules of the country say."""

    answers: Grounds
    log: LivesAndActs

    def acting(self, caller: Caller, citizen: str, now: int, errand: Errand) -> Act:
        """That a caller acts for somebody else: by what registries say of the caller, or by that person's consent.

        Only of caseworkers are the other's events looked at; whoever did not agree is answered as a stranger is.

        Raises:
            RefusedError: 404, there is none.
        """
        found = self.answers.ground(caller.subject, self.log.life(caller.subject), citizen, now, errand.noun)
        if found is None and errand.act == LOOKED_UP and caller.may(CASEWORK):
            found = self.answers.consented(self.log.life(citizen), citizen)
        if found is None:
            raise RefusedError(NOT_FOUND, errand.nobody)
        return Act(token_hex(16), citizen, caller.subject, found, errand.act, now)

    async def admitted(
        self, work: WorkerPool, caller: Caller, citizen: str, now: int, errand: Errand
    ) -> tuple[str, Act | None]:
        """Return the citizen that a path names and, where the caller acts for them by a rule, the act, put on record.

        Raises:
            RefusedError: 403, the scope is missing; 404, as where there is no such citizen; 503.
        """
        need(caller, errand.scope)
        name = composed(citizen)
        if may_see(caller, name):
            return name, None

        def on_record() -> Act:
            act = self.acting(caller, name, now, errand)
            self.log.records.acted(act)
            return act

        return name, await work.run(on_record)


LOOKING_UP: Final = Errand(READ, LOOKED_UP, "No events are known under this id, or the token is not for reading them.")
