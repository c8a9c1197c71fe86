"""The routes by which a person exercises rights: consents and objections, what came of offers, and erasure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.log.event import Event, rfc3339
from features.unicode_form import composed
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need, whose
from serving.http.consent_desk import ConsentDesk
from serving.http.event_wire import EventOutcomesOut
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.rights_wire import ConsentRequest, ConsentsOut, ErasedOut, FeedbackRequest
from serving.http.service_frame import JSON, WorkerPool, documented, fitted, json_text, queried, refusals
from serving.http.stand_in import ActKeeping, Errand, Grounds, StandIns
from serving.http.tokens import ACT_AS, READ, RIGHTS, WRITE

SOURCE: Final = "proffer:service"
"""The source of events that this service writes of what people tell it."""
_NOBODY: Final = "No events are known under this id, or the token is not for acting on them."
_CONSENT: Final = {"purpose": "ranking", "given": False}
_FEEDBACK: Final = {"items": [{"kind": "opened", "programme": "parent-benefit", "position": 1, "channel": "app"}]}


class ConsentAnswers(Grounds, Protocol):
    """What the application asks of the engine behind it; called in a worker thread."""

    @property
    def consents(self) -> ConsentDesk:
        """What people can agree to, and how it stands for one."""
        ...


class Erasing(ActKeeping, Protocol):
    """What the application asks of the records behind it; called in a worker thread."""

    def erase(self, citizen: str) -> Mapping[str, Any] | None:
        """Erase a person; None where nothing is known of one."""
        ...


class LifeTaking(Protocol):
    """What the application asks of the event log behind it; called in a worker thread."""

    def take(self, documents: Sequence[object], now: int) -> Future[Mapping[str, Any]]:
        """Write events, and tell what became of each once that is durable."""
        ...

    def life(self, citizen: str) -> Sequence[Event]:
        """The events that touch somebody."""
        ...

    @property
    def records(self) -> Erasing:
        """What is kept beside it."""
        ...


def add_rights(
    app: FastAPI, answers: ConsentAnswers, log: LifeTaking, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    """Add the routes; `work` are the threads that recommend."""
    _add_consents(app, answers, log, access, clock, work)
    _add_feedback(app, log, access, clock, work)

    @app.delete("/v1/citizens/{citizen:path}", response_model=ErasedOut, responses=refusals(*problems.READING),
                openapi_extra=queried({}, RIGHTS), tags=["rights"])  # fmt: skip
    async def erase_citizen(request: Request, citizen: str) -> Response:
        """Erase everything kept about a person, for good: events, decisions, and every other row."""
        name = whose(access.caller(request, clock()), citizen, RIGHTS, _NOBODY)
        done = await work.run(lambda: log.records.erase(name))
        if done is None:
            raise RefusedError(problems.NOT_FOUND, _NOBODY)
        return Response(json_text(done), media_type=JSON)


def consent_stated(
    answers: ConsentAnswers, log: LifeTaking, citizen: str, asked: ConsentRequest, now: int, acting: bool = False
) -> Mapping[str, Any]:
    """Write what somebody agrees to or takes back, or whoever is `acting` for them, and tell how everything stands.

    Raises:
        RefusedError: 404, nothing is known of them; 422, nothing is done for this purpose; 503.
    """
    held = log.life(citizen)
    if not held:
        raise RefusedError(problems.NOT_FOUND, _NOBODY)
    answers.consents.check(asked.purpose, asked.given, held, acting=acting)
    kind = "consent.given" if asked.given else "consent.withdrawn"
    stated(log, citizen, kind, {"purpose": asked.purpose}, now)
    return answers.consents.told(citizen, log.life(citizen), acting=acting)


def stated(log: LifeTaking, citizen: str, kind: str, data: Mapping[str, Any], now: int) -> None:
    """Write, durably, what somebody says of themselves.

    Raises:
        RefusedError: 422, the log does not take it; 503.
    """
    _taken(log.take([_event(kind, citizen, data, now)], now).result())


def _consents_told(answers: ConsentAnswers, log: LifeTaking, citizen: str, acting: bool) -> str:
    held = log.life(citizen)
    if not held:
        raise RefusedError(problems.NOT_FOUND, _NOBODY)
    return json_text(answers.consents.told(citizen, held, acting=acting))


def _add_consents(
    app: FastAPI, answers: ConsentAnswers, log: LifeTaking, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    path = "/v1/citizens/{citizen:path}/consents"

    stand_ins = StandIns(answers, log)
    reading, stating = Errand(READ, "consents:read", _NOBODY), Errand(RIGHTS, "consents:write", _NOBODY)

    @app.get(path, response_model=ConsentsOut, responses=refusals(*problems.READING), openapi_extra=queried({}, READ),
             tags=["rights"])  # fmt: skip
    async def consents(request: Request, citizen: str) -> Response:
        """Everything a person can agree to or take back: for what facts are read, and how they are written to."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, reading)
        return Response(await work.run(lambda: _consents_told(answers, log, name, act is not None)), media_type=JSON)

    @app.put(path, response_model=ConsentsOut, responses=refusals(*problems.WRITING), tags=["rights"],
             openapi_extra=documented(ConsentRequest, _CONSENT, RIGHTS))  # fmt: skip
    async def state_consent(request: Request, citizen: str) -> Response:
        """Give consent to a purpose, or withdraw it (so is the learned order refused): from the next request on."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, stating)
        asked, acting = await fitted(request, ConsentRequest), act is not None
        answer = await work.run(lambda: json_text(consent_stated(answers, log, name, asked, now, acting)))
        return Response(answer, media_type=JSON)


def _add_feedback(
    app: FastAPI, log: LifeTaking, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.post("/v1/feedback", response_model=EventOutcomesOut, responses=refusals(*problems.WRITING), tags=["rights"],
              openapi_extra=documented(FeedbackRequest, _FEEDBACK, READ))  # fmt: skip
    async def feedback(request: Request) -> Response:
        """What came of what was shown: opened, applied for, declined, rated; and, from an office, what was decided."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, READ)
        asked = await fitted(request, FeedbackRequest)
        name = composed(asked.citizen) if asked.citizen is not None else caller.subject
        if name != caller.subject:
            need(caller, ACT_AS)
        if any(one.by_office for one in asked.items):
            need(caller, WRITE)  # nobody grants themselves a benefit
        documents = [
            _event(f"benefit.{one.kind}", name, one.data, now)
            | ({"id": sha256(f"{name}\0{one.id}".encode()).hexdigest()} if one.id else {})
            | ({"time": one.time} if one.time else {})
            for one in asked.items
        ]
        answer = await work.run(lambda: json_text(log.take(documents, now).result()))
        return Response(answer, media_type=JSON)


def _event(kind: str, subject: str, data: Mapping[str, Any], now: int) -> dict[str, Any]:
    return {
        "id": token_hex(16), "source": SOURCE, "subject": subject, "type": kind, "time": rfc3339(now),
        "data": dict(data),
    }  # fmt: skip


def _taken(done: Mapping[str, Any]) -> None:
    """Refuse what the log did not take."""
    for one in done["results"]:
        if one["outcome"] != "accepted":
            items = [ProblemItemValue(problem["pointer"], problem["what"]) for problem in one["problems"]]
            raise RefusedError(problems.UNPROCESSABLE, "The log does not take this.", items)
