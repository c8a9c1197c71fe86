"""The routes about one citizen whose log the home keeps; who may not read it learns nothing of whether there is one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.log.event import Event
from features.unicode_form import composed
from serving.http import problem_documents as problems
from serving.http.access import Authentication, may_see, need, whose
from serving.http.problem_documents import RefusedError
from serving.http.record_desk import ToldLife
from serving.http.rights_wire import ActsOut
from serving.http.service_frame import JSON, WorkerPool, fitting, json_text, queried, query_items, refusals
from serving.http.stand_in import LOOKING_UP, Grounds, StandIns
from serving.http.tokens import READ
from serving.http.told_answer import Telling, told
from serving.http.wire import MAX_K, RecommendationRequest, RecommendationsOut
from serving.records.act_book import Act
from serving.records.decision import ID, Decision

_ONCE: Final = ("as_of", "k", "cursor", "explain")
_SEVERAL: Final = ("applicant", "asked", "declined")
_REFUSED: Final = (
    problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.NOT_FOUND, problems.UNPROCESSABLE,
    problems.TOO_MANY, problems.BUSY, problems.LOG_UNAVAILABLE,
)  # fmt: skip
_QUERY: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "as_of": ("Judge as at the end of this day; absent means today.", {"type": "string", "format": "date"}),
    "k": ("How many at most; absent means 10.", {"type": "integer", "minimum": 1, "maximum": MAX_K}),
    "cursor": ("The Proffer-Next of the page before.", {"type": "string"}),
    "explain": ("How many reasons are told; absent means full.", {"type": "string", "enum": ["none", "short", "full"]}),
    "applicant": ("In which roles the person asks.", {"type": "array", "items": {"type": "string"}, "maxItems": 3}),
    "asked": ("Facts the person does not know.", {"type": "array", "items": {"type": "string"}}),
    "declined": ("Facts the person would rather not say.", {"type": "array", "items": {"type": "string"}}),
}
_FORM: Final = "explain"
"""What changes nothing of what is decided, only how it is told."""
_NOBODY: Final = LOOKING_UP.nobody


class Keeping(Protocol):
    """What the application asks of the records behind it; called in a worker thread."""

    def keep(self, decision: Decision, now: int, *, plain: bool, told: Collection[str] = ()) -> None:
        """Write a decision that is new, durably; `plain` where the caller chose nothing of what is asked.

        `told` are ids of decisions that were seen on record, for which nothing is written. Raises RefusedError where it
        cannot be written, or too many were.
        """
        ...

    def acted(self, act: Act) -> None:
        """Write that somebody acts for another, durably; raises RefusedError where it cannot be written."""
        ...

    def acts(self, citizen: str) -> Sequence[Act]:
        """Who acted for somebody, the latest first."""
        ...


class LifeReading(Protocol):
    """What the application asks of the event log behind it; called in a worker thread."""

    def life(self, citizen: str) -> Sequence[Event]:
        """The events that touch somebody, none where nothing is known; raises RefusedError for a log out of reach."""
        ...

    def told_life(self, citizen: str) -> ToldLife:
        """The same with what was told of it lately, as they were at one instant."""
        ...

    @property
    def records(self) -> Keeping:
        """Where decisions are kept."""
        ...


class LifeAnswers(Telling, Grounds, Protocol):
    """What the application asks of the engine behind it; called in a worker thread."""

    def decide(
        self, request: RecommendationRequest, citizen: str, now: int, held: Sequence[Event], acting: str = ""
    ) -> Decision:
        """The answer from the events that are held of a citizen, and what it rests on."""
        ...


def add_citizens(
    app: FastAPI, answers: LifeAnswers, log: LifeReading, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    """Add the route; `work` are the threads that recommend."""
    said, path = refusals(*_REFUSED), "/v1/citizens/{citizen:path}/recommendations"

    @app.get(
        path, response_model=RecommendationsOut, responses=said, openapi_extra=queried(_QUERY, READ), tags=["citizens"]
    )
    async def citizen_recommendations(request: Request, citizen: str) -> Response:
        """Recommendations for one citizen from the events that the log holds; the answer is on record once given."""
        now = clock()
        caller, name = access.caller(request, now), composed(citizen)
        need(caller, READ)
        of_another = not may_see(caller, name)
        stand_ins = StandIns(answers, log)
        act = await work.run(lambda: stand_ins.acting(caller, name, now, LOOKING_UP)) if of_another else None
        question = LifeQuestion(_asked(request), name, now, not set(request.query_params) - {_FORM}, act)
        return await told(request, question.asked, answers, work, lambda: question.answered(answers, log))

    _add_acts(app, log, access, clock, work)


@dataclass(frozen=True)
class LifeQuestion:
    """A question about what the log holds of one citizen, whose answer is on record before it is told.

    Attributes:
        asked: what is asked.
        citizen: about whom.
        now: the UTC second.
        plain: whether whoever asks chose nothing of what is asked.
        act: that somebody asks for the citizen; None where they ask themselves.
    """

    asked: RecommendationRequest
    citizen: str
    now: int
    plain: bool
    act: Act | None = None

    def answered(self, answers: LifeAnswers, log: LifeReading) -> dict[str, Any]:
        """The answer with the id under which it is on record.

        Raises:
            RefusedError: 404, nothing is known of them; 422; 429, too much was asked; 503, it cannot be put on record.
        """
        held, told = log.told_life(self.citizen)
        if not held:
            raise RefusedError(problems.NOT_FOUND, _NOBODY)
        found = answers.decide(self.asked, self.citizen, self.now, held, "" if self.act is None else self.act.ground)
        if self.act is not None:
            log.records.acted(self.act)
        log.records.keep(found, self.now, plain=self.plain, told=told)
        return {**found.answer, **found.document["said"], ID: found.id}


def _add_acts(
    app: FastAPI, log: LifeReading, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.get("/v1/citizens/{citizen:path}/acts", response_model=ActsOut, responses=refusals(*problems.READING),
             openapi_extra=queried({}, READ), tags=["rights"])  # fmt: skip
    async def citizen_acts(request: Request, citizen: str) -> Response:
        """Who acted for one citizen and on which ground, the latest first, at most a hundred acts."""
        name = whose(access.caller(request, clock()), citizen, READ, _NOBODY)
        rows = await work.run(lambda: [one.to_document() for one in log.records.acts(name)])
        return Response(json_text({"acts": rows}), media_type=JSON)


def _asked(request: Request) -> RecommendationRequest:
    """The query as the request it is, of which the log has the events."""
    given = query_items(request, _ONCE, _SEVERAL)
    lists: dict[str, list[str]] = {}
    for name, value in given:
        if name in _SEVERAL:
            lists.setdefault(name, []).append(value)
    single = {name: value for name, value in given if name in _ONCE}
    k = single.get("k", "10")
    number = int(k) if k.isascii() and k.isdigit() and len(k) < 4 else 0
    return fitting({**single, **lists, "k": number, "events": []}, RecommendationRequest)
