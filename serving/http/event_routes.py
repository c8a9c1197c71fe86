"""The route by which events come in: CloudEvents, one or a batch, each with its own result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol

import msgspec
from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.log.event import Event
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.event_wire import BATCH, EVENT_BODIES, MOST_EVENTS, STRUCTURED, EventOutcomesOut
from serving.http.offer_desk import OfferDesk
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.record_desk import RecordDesk, ToldLife
from serving.http.request_desk import RequestDesk
from serving.http.service_frame import JSON, WorkerPool, bodies, media_of, parsed, received, refusals
from serving.http.tokens import WRITE

WAITING: Final = 16

_REFUSED: Final = (
    problems.MALFORMED_BODY, problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.TIMED_OUT,
    problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA, problems.UNPROCESSABLE, problems.TOO_MANY, problems.BUSY,
    problems.LOG_UNAVAILABLE,
)  # fmt: skip


class Writing(Protocol):
    """What the application asks of the event log behind it; called in a worker thread."""

    def take(self, documents: Sequence[object], now: int) -> Future[Mapping[str, Any]]:
        """What became of each event, once it is durable, or RefusedError where the log cannot be written."""
        ...


_NO_LOG: Final = RefusedError(
    problems.LOG_UNAVAILABLE, "This service keeps no event log.", headers={"Retry-After": "60"}
)


class NoLog:
    """No event log: every call is told to come back."""

    def take(self, _documents: Sequence[object], _now: int) -> Future[Mapping[str, Any]]:
        """Refuse."""
        raise _NO_LOG

    def life(self, _citizen: str) -> Sequence[Event]:
        """Refuse."""
        raise _NO_LOG

    def told_life(self, _citizen: str) -> ToldLife:
        """Refuse."""
        raise _NO_LOG

    @property
    def records(self) -> RecordDesk:
        """Refuse."""
        raise _NO_LOG

    @property
    def offers(self) -> OfferDesk:
        """Refuse."""
        raise _NO_LOG

    @property
    def requests(self) -> RequestDesk:
        """Refuse."""
        raise _NO_LOG


NO_LOG: Final = NoLog()


def add_events(app: FastAPI, log: Writing, access: Authentication, clock: Callable[[], int]) -> None:
    """Add the route; events are read apart from the threads that recommend, and written together."""
    work = WorkerPool(1, WAITING, "events")
    sent, said = bodies(EVENT_BODIES, WRITE), refusals(*_REFUSED)

    @app.post("/v1/events", response_model=EventOutcomesOut, responses=said, openapi_extra=sent, tags=["events"])
    async def events(request: Request) -> Response:
        """Write events into the log; what is good and new is kept in one commit, durably before this answers."""
        now = clock()
        need(access.caller(request, now), WRITE)
        body = await received(request, (STRUCTURED, BATCH))
        several = media_of(request) == BATCH
        taken = await work.run(lambda: log.take(_documents(body, several), now))
        answer = await asyncio.wrap_future(taken)
        return Response(msgspec.json.encode(answer), media_type=JSON)


def _documents(body: bytes, several: bool) -> Sequence[object]:
    document = parsed(body)
    if not several:
        if not isinstance(document, dict):
            raise RefusedError(
                problems.UNPROCESSABLE, f"{STRUCTURED} is one event.", [ProblemItemValue("", "a JSON object")]
            )
        return [document]
    if not isinstance(document, list):
        raise RefusedError(problems.UNPROCESSABLE, f"{BATCH} is a list.", [ProblemItemValue("", "a list of events")])
    if len(document) > MOST_EVENTS:
        raise RefusedError(problems.TOO_LARGE, f"At most {MOST_EVENTS} events are taken at once.")
    return document
