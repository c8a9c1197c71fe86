"""The application: routes, and what each may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.log.event import Event
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.batch_routes import add_batch
from serving.http.citizen_routes import Keeping, LifeAnswers, add_citizens
from serving.http.decision_routes import DecisionReading, Explaining, add_decisions
from serving.http.event_routes import NO_LOG, Writing, add_events
from serving.http.front_page import add_front_pages
from serving.http.offer_routes import Offering, add_offers
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.record_desk import ToldLife
from serving.http.reference_routes import Reference, add_reference
from serving.http.request_desk import RequestDesk
from serving.http.request_routes import EffectAnswers, add_requests
from serving.http.rights_routes import ConsentAnswers, Erasing, add_rights
from serving.http.service_frame import (
    OPENAPI,
    Lifecycle,
    WorkerPool,
    add_document,
    add_health,
    add_metrics,
    documented,
    fitted,
    framed,
    refusals,
)
from serving.http.tokens import ACT_AS, ANSWER, AUDIT, CASEWORK, REACH, READ, RIGHTS, WRITE, Caller
from serving.http.told_answer import told
from serving.http.wire import RecommendationRequest, RecommendationsOut

AT_WORK: Final = 2
EXAMPLE: Final = {
    "facts": {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]},
    "as_of": "2026-10-31",
    "k": 5,
}
WAITING: Final = 64
SCOPES_HERE: Final = (READ, ACT_AS, CASEWORK, WRITE, RIGHTS, ANSWER, AUDIT, REACH)
_DESCRIPTION = (
    "Offers of the benefits a person is entitled to. Rules decide who; a model, where there is one, only decides the "
    "order. Nothing sent to `/v1/recommendations` is stored; what is sent to `/v1/events` is. Errors are RFC 9457 "
    "problem documents that repeat nothing of the request."
)


class Responses(LifeAnswers, Explaining, ConsentAnswers, EffectAnswers, Protocol):
    """What the application asks of the engine behind it; pure computing, called in a worker thread."""

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        """The answer to what is sent, as JSON; raises RefusedError where it cannot be judged."""
        ...

    @property
    def reference(self) -> Reference:
        """What may be looked up without a person."""
        ...

    def checks(self) -> Mapping[str, bool]:
        """What has to hold before requests are sent here, by name."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The languages that texts are told in."""
        ...


class KeptRecords(Keeping, DecisionReading, Erasing, Protocol):
    """What the application asks of what was said before."""


class KeptLog(Writing, Protocol):
    """What the application asks of the event log behind it; called in a worker thread."""

    def life(self, citizen: str) -> Sequence[Event]:
        """The events that touch somebody, none where nothing is known."""
        ...

    def told_life(self, citizen: str) -> ToldLife:
        """The same with what was told of it lately."""
        ...

    @property
    def requests(self) -> RequestDesk:
        """What citizens ask of an office."""
        ...

    @property
    def records(self) -> KeptRecords:
        """What is kept beside it."""
        ...

    @property
    def offers(self) -> Offering:
        """What people are offered."""
        ...


def create_app(
    answers: Responses,
    access: Authentication,
    clock: Callable[[], int],
    lifecycle: Lifecycle | None = None,
    welcome: Mapping[str, str] | None = None,
    log: KeptLog = NO_LOG,
) -> FastAPI:
    """The ASGI application over values that were read elsewhere.

    `clock` gives UTC seconds; `welcome` is the page at `/` in each language, first the one for who prefers none; `log`
    takes events and gives those of one person.
    """
    lifecycle = lifecycle or Lifecycle()
    app = framed("Proffer", _DESCRIPTION, f"{OPENAPI}, or /docs in a browser", access, lifecycle)
    add_front_pages(app, welcome or {})
    add_document(app, access, SCOPES_HERE)
    measure = getattr(log, "measure", None)
    add_metrics(app, None if measure is None else lambda: measure(clock()))
    work = WorkerPool(AT_WORK, WAITING, "answers")
    _add_recommendations(app, answers, access, clock, work)
    add_batch(app, answers, access, clock, work)
    add_citizens(app, answers, log, access, clock, work)
    add_decisions(app, answers, log, access, clock, work)
    add_rights(app, answers, log, access, clock, work)
    add_offers(app, answers, log, access, clock, work)
    add_requests(app, answers, log, access, clock, work)
    add_events(app, log, access, clock)
    add_reference(app, answers, access, clock, work)
    add_health(app, answers.checks, lifecycle, getattr(answers, "degraded", tuple))
    return app


def _add_recommendations(
    app: FastAPI, answers: Responses, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.post(
        "/v1/recommendations",
        response_model=RecommendationsOut,
        responses=refusals(
            problems.MALFORMED_BODY,
            problems.UNAUTHENTICATED,
            problems.INSUFFICIENT_SCOPE,
            problems.TIMED_OUT,
            problems.TOO_LARGE,
            problems.UNSUPPORTED_MEDIA,
            problems.UNPROCESSABLE,
            problems.TOO_MANY,
            problems.BUSY,
        ),
        openapi_extra=documented(RecommendationRequest, EXAMPLE, READ),
        tags=["recommendations"],
    )
    async def recommendations(request: Request) -> Response:
        """Ranked recommendations and bundles for one person's facts or events, which are not stored."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, READ)
        asked = _either(await fitted(request, RecommendationRequest))
        citizen = _whose(asked, caller)
        return await told(request, asked, answers, work, lambda: answers.recommend(asked, citizen, now))


def _either(asked: RecommendationRequest) -> RecommendationRequest:
    if (asked.facts is None) == (asked.events is None):
        raise RefusedError(
            problems.UNPROCESSABLE, "Send either facts or events.", [ProblemItemValue("", "one of facts, events")]
        )
    return asked


def _whose(asked: RecommendationRequest, caller: Caller) -> str:
    citizen = asked.citizen or _only_subject(asked, caller) or caller.subject
    if citizen != caller.subject:
        need(caller, ACT_AS)
    return citizen


def _only_subject(asked: RecommendationRequest, caller: Caller) -> str | None:
    """A caller that may act for others need not name the one person all events are about."""
    subjects = [event.get("subject") for event in asked.events or ()]  # a list: what is sent need not be hashable
    if not caller.may(ACT_AS) or not subjects or any(subject != subjects[0] for subject in subjects):
        return None
    return subjects[0] if isinstance(subjects[0], str) else None
