"""The application: routes, and what each may answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from features import __version__
from features.strict_json import MalformedError, parse
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.front_page import add_front_pages
from serving.http.problem_documents import ProblemItemValue, ProblemType, RefusedError
from serving.http.security import SecurityMiddleware
from serving.http.tokens import ACT_AS, READ, Caller
from serving.http.wire import Alive, ProblemDocument, Readiness, RecommendationRequest, RecommendationsOut

MAX_BODY: Final = 1_000_000
BODY_SECONDS: Final = 10.0
AT_WORK: Final = 2
EXAMPLE: Final = {
    "facts": {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]},
    "as_of": "2026-10-31",
    "k": 5,
}
WAITING: Final = 64
OPENAPI: Final = "/v1/openapi.json"
_JSON = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?\Z", re.IGNORECASE)
_DESCRIPTION = (
    "Offers of the benefits a person is entitled to. Rules decide who; a model, where there is one, only decides the "
    "order. Nothing sent to `/v1/recommendations` is stored. Errors are RFC 9457 problem documents that repeat nothing "
    "of the request."
)
T = TypeVar("T")


class Responses(Protocol):
    """What the application asks of the engine behind it; pure computing, called in a worker thread."""

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        """The answer as JSON; raises RefusedError for facts or events that cannot be judged."""
        ...

    def checks(self) -> Mapping[str, bool]:
        """What has to hold before requests are sent here, by name."""
        ...


@dataclass
class Lifecycle:
    """Whether the process is going away; set by the process that runs the server, read by `/readyz`."""

    draining: bool = False


class WorkerPool:
    """A bounded place for computing, so that the event loop, and with it `/healthz`, stays free."""

    def __init__(self, at_work: int, waiting: int) -> None:
        self._at_work = at_work
        self._most = at_work + waiting
        self._inside = 0
        self._limiter: CapacityLimiter | None = None

    async def run(self, job: Callable[[], T]) -> T:
        """Run a job in a worker thread, or refuse at once when too many wait.

        Raises:
            RefusedError: 503 with Retry-After.
        """
        if self._inside >= self._most:
            raise RefusedError(problems.BUSY, "Try again in a moment.", headers={"Retry-After": "1"})
        if self._limiter is None:  # a limiter belongs to the loop it is first used in
            self._limiter = CapacityLimiter(self._at_work)
        self._inside += 1
        try:
            return await to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._inside -= 1


def create_app(
    answers: Responses,
    access: Authentication,
    clock: Callable[[], int],
    lifecycle: Lifecycle | None = None,
    work: WorkerPool | None = None,
    welcome: Mapping[str, str] | None = None,
) -> FastAPI:
    """The ASGI application over values that were read elsewhere.

    `clock` gives UTC seconds; `welcome` is the page at `/` in each language, first the one for who prefers none.
    """
    app = FastAPI(
        title="Proffer",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=None,  # it is a route below, so that the log names it
        docs_url=None,  # FastAPI's page loads scripts from elsewhere: serving.http.front_page has one that does not
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # the documented way to extend it
    app.add_middleware(SecurityMiddleware)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    add_front_pages(app, welcome or {})
    _add_document(app)
    _add_recommendations(app, answers, access, clock, work or WorkerPool(AT_WORK, WAITING))
    _add_health(app, answers, lifecycle or Lifecycle())
    return app


def _add_document(app: FastAPI) -> None:
    @app.get(OPENAPI, include_in_schema=False)
    async def openapi_document() -> Response:
        """This document."""
        return JSONResponse(app.openapi())


def _add_health(app: FastAPI, answers: Responses, lifecycle: Lifecycle) -> None:
    @app.get("/healthz", response_model=Alive, tags=["operation"])
    async def health() -> Response:
        """The process runs; nothing else is looked at."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}}, tags=["operation"])
    async def readiness() -> Response:
        """Requests may be sent here; 503 while starting up badly or going away."""
        checks = {**answers.checks(), "staying": not lifecycle.draining}
        ready = all(checks.values())
        return JSONResponse({"ready": ready, "checks": checks}, 200 if ready else 503)


def _add_recommendations(
    app: FastAPI, answers: Responses, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.post(
        "/v1/recommendations",
        response_model=RecommendationsOut,
        responses=_refusals(
            problems.MALFORMED_BODY,
            problems.UNAUTHENTICATED,
            problems.INSUFFICIENT_SCOPE,
            problems.TIMED_OUT,
            problems.TOO_LARGE,
            problems.UNSUPPORTED_MEDIA,
            problems.UNPROCESSABLE,
            problems.BUSY,
        ),
        openapi_extra=_documented(RecommendationRequest),
        tags=["recommendations"],
    )
    async def recommendations(request: Request) -> Response:
        """Ranked recommendations and bundles for one person's facts or events, which are not stored."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, READ)
        asked = _validated(_parsed(await _body(request)))
        citizen = _whose(asked, caller)
        answer = await work.run(lambda: answers.recommend(asked, citizen, now))
        return Response(json.dumps(answer, ensure_ascii=False, allow_nan=False), media_type="application/json")


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        document["components"]["securitySchemes"] = {"bearer": bearer}
        schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= {**schema.pop("$defs", {}), "ProblemDocument": schema}
        app.openapi_schema = document
    return app.openapi_schema


def _refusals(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {kind.status: {"description": kind.title, "content": content} for kind in (*kinds, problems.FAILED)}


def _documented(model: type[RecommendationRequest]) -> dict[str, Any]:
    """The body is parsed by hand, strictly; OpenAPI gets what FastAPI would have given it."""
    schema = model.model_json_schema()
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": EXAMPLE}}},
        "security": [{"bearer": []}],
    }


async def _body(request: Request) -> bytes:
    if not _JSON.match(request.headers.get("content-type", "")) or "content-encoding" in request.headers:
        raise RefusedError(problems.UNSUPPORTED_MEDIA, "Send application/json in UTF-8, not compressed.")
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or int(announced[:12]) > MAX_BODY:
        raise RefusedError(problems.TOO_LARGE, f"At most {MAX_BODY} bytes are taken.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request)
    except TimeoutError:
        raise RefusedError(problems.TIMED_OUT, f"The body must arrive within {BODY_SECONDS:.0f} seconds.") from None
    except ClientDisconnect:
        raise RefusedError(problems.MALFORMED_BODY, "The body ended too early.") from None


async def _read(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_BODY:
            raise RefusedError(problems.TOO_LARGE, f"At most {MAX_BODY} bytes are taken.")
    return bytes(parts)


def _parsed(body: bytes) -> object:
    try:
        return parse(body)
    except MalformedError as failure:
        raise RefusedError(problems.MALFORMED_BODY, f"The body {failure}.") from None


def _validated(document: object) -> RecommendationRequest:
    try:
        asked = RecommendationRequest.model_validate(document)
    except ValidationError as failure:
        raise RefusedError(problems.UNPROCESSABLE, "The request does not fit its schema.", _items(failure)) from None
    if (asked.facts is None) == (asked.events is None):
        raise RefusedError(
            problems.UNPROCESSABLE, "Send either facts or events.", [ProblemItemValue("", "one of facts, events")]
        )
    return asked


def _items(failure: ValidationError) -> Sequence[ProblemItemValue]:
    """Pydantic's findings without the input: pointers of known names only, and only its own sentences."""
    found = failure.errors(include_url=False, include_context=False, include_input=False)
    return [ProblemItemValue(_pointer(error["loc"]), error["msg"]) for error in found[:20]]


def _pointer(location: Sequence[int | str]) -> str:
    known = RecommendationRequest.model_fields
    head = [str(part) for part in location[:1] if part in known]
    inside = (str(part) for part in location[1:] if head and isinstance(part, int))
    return "".join(f"/{part}" for part in (*head, *inside))


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


async def _refused(_request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RefusedError)
    return _problem(failure.kind, failure.detail, failure.items, failure.headers)


async def _http_error(_request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    allow = {name: value for name, value in (failure.headers or {}).items() if name.lower() == "allow"}
    if failure.status_code == problems.METHOD_NOT_ALLOWED.status:
        return _problem(problems.METHOD_NOT_ALLOWED, f"See {OPENAPI}, or /docs in a browser, for what is.", (), allow)
    return _problem(problems.NOT_FOUND, f"See {OPENAPI}, or /docs in a browser, for what there is.")


def _problem(
    kind: ProblemType, detail: str, items: Sequence[ProblemItemValue] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = problems.document(kind, detail, items)
    return JSONResponse(body, kind.status, headers=dict(headers or {}), media_type=problems.MEDIA_TYPE)
