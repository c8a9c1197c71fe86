"""The routes that tell of programmes, facts and event types; what a caller has already is not sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.reference_wire import ProgrammeOut, ProgrammesOut
from serving.http.service_frame import JSON, WorkerPool, json_text, page_of, page_query, queried, refusals
from serving.http.tokens import READ

SCHEMA: Final = "application/schema+json"
_Said = dict[int | str, dict[str, Any]]
_TAGS: Final[list[str | Enum]] = ["reference"]
_ID: Final = "{programme:path}"
_SCHEMA_SAID: Final[_Said] = {
    200: {
        "description": "A JSON Schema (2020-12)",
        "content": {SCHEMA: {"schema": {"type": "object", "additionalProperties": True}}},
    }
}
_SAME: Final[_Said] = {304: {"description": "It is what the tag in If-None-Match names"}}
_KNOWN: Final[_Said] = {
    **refusals(problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.TOO_MANY, problems.BUSY),
    **_SAME,
}
_ONE: Final[_Said] = {**_KNOWN, **refusals(problems.NOT_FOUND)}
_LIST: Final[_Said] = {**_KNOWN, **refusals(problems.UNPROCESSABLE)}


class Reference(Protocol):
    """What may be looked up."""

    facts: Mapping[str, Any]
    events: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The hash of the catalogue."""
        ...

    def page(self, now: int, cursor: str, limit: int) -> Mapping[str, Any]:
        """Some programmes; raises RefusedError where the cursor is none."""
        ...

    def programme(self, now: int, name: str) -> Mapping[str, Any]:
        """One programme; raises RefusedError where there is none."""
        ...


class Referring(Protocol):
    """What has a reference."""

    @property
    def reference(self) -> Reference:
        """What may be looked up."""
        ...


Telling = Callable[[Request, Callable[[int], Mapping[str, Any]], str], Awaitable[Response]]
"""Answers a request with what is found at a UTC second, in a media type."""


def add_reference(
    app: FastAPI, answers: Referring, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    """Add the routes, for callers who may read recommendations."""

    async def told(request: Request, found: Callable[[int], Mapping[str, Any]], media: str) -> Response:
        now = clock()
        need(access.caller(request, now), READ)
        body = await work.run(lambda: json_text(found(now)).encode())
        return _tagged(request, body, media, answers.reference.version)

    _add_programmes(app, answers, told)
    _add_schemas(app, answers, told)


def _add_programmes(app: FastAPI, answers: Referring, told: Telling) -> None:
    paged, single, path = queried(page_query(), READ), queried({}, READ), "/v1/programmes"

    @app.get(path, response_model=ProgrammesOut, responses=_LIST, openapi_extra=paged, tags=_TAGS)
    async def programmes(request: Request) -> Response:
        """The programmes of the catalogue in the order of their ids, page by page."""
        return await told(request, lambda now: answers.reference.page(now, *page_of(request)), JSON)

    @app.get(f"{path}/{_ID}", response_model=ProgrammeOut, responses=_ONE, openapi_extra=single, tags=_TAGS)
    async def programme(request: Request, programme: str) -> Response:
        """One programme as it is written in the catalogue, by the text that is the rule today, or was last."""
        return await told(request, lambda now: answers.reference.programme(now, programme), JSON)


def _add_schemas(app: FastAPI, answers: Referring, told: Telling) -> None:
    said: _Said = {**_KNOWN, **_SCHEMA_SAID}

    @app.get("/v1/facts", responses=said, openapi_extra=queried({}, READ), tags=_TAGS)
    async def facts(request: Request) -> Response:
        """What may be stated of a person, as JSON Schema."""
        return await told(request, lambda _now: answers.reference.facts, SCHEMA)

    @app.get("/v1/events/types", responses=said, openapi_extra=queried({}, READ), tags=_TAGS)
    async def event_types(request: Request) -> Response:
        """What may be sent as an event, as JSON Schema."""
        return await told(request, lambda _now: answers.reference.events, SCHEMA)


def _tagged(request: Request, body: bytes, media: str, version: str) -> Response:
    """The body, or 304 where the caller has it already (RFC 9110, section 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Proffer-Catalogue": version}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media)
