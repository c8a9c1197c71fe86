"""The frame of an application: strict bodies, refusals as problem documents, health, and its OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from anyio import to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request

from features import __version__
from features.strict_json import JsonLimits, MalformedError, parse
from serving.http import metrics
from serving.http import problem_documents as problems
from serving.http.access import METADATA, Authentication
from serving.http.fair_share import WorkerPool as WorkerPool
from serving.http.list_page import MOST_SHOWN, SHOWN, ListPage
from serving.http.problem_documents import ProblemItemValue, ProblemType, RefusedError
from serving.http.refusal_page import refusal_page
from serving.http.request_span import Tell, nothing_told
from serving.http.security import SecurityMiddleware
from serving.http.wire import Alive, ProblemDocument, Readiness

MAX_BODY: Final = 1_000_000
BODY_SECONDS: Final = 10.0
LARGE_BODY: Final = 32_000
"""Bytes of a body from which on it is read beside the event loop."""
SMALL_BODY: Final = 1_000
"""Bytes of an answer below which it is not compressed."""
OPENAPI: Final = "/v1/openapi.json"
JSON: Final = "application/json"
REQUESTS: Final[dict[str, type[BaseModel]]] = {}
"""The bodies that routes document, by name: what is parsed by hand is not found by FastAPI."""
_SCHEMAS: Final = "#/components/schemas/"
_UNTOLD: Final[Any] = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""FastAPI's own spans name paths and queries, and so people: serving.http.request_span tells what may be told."""
_MEDIA = re.compile(r"(application/[a-z+-]{1,60})\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?\Z", re.IGNORECASE)
_WHOLE: Final = JsonLimits(whole=True)
Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Lifecycle:
    """What the application knows of its process; set by what runs the server.

    Attributes:
        draining: whether it is going away; read by `/readyz`.
        worker: which of several it is.
        tell: is told of each request that was answered.
    """

    draining: bool = False
    worker: int = 0
    tell: Tell = nothing_told


def framed(title: str, description: str, see: str, access: Authentication, lifecycle: Lifecycle) -> FastAPI:
    """An application with the route of its metadata alone; `see` says where else its routes are told."""
    app = FastAPI(
        title=title,
        version=__version__,
        description=description,
        openapi_url=None,  # it is a route below, so that the log names it
        docs_url=None,  # FastAPI's page loads scripts from elsewhere: serving.http.front_page has one that does not
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=_UNTOLD,
    )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # the documented way to extend it
    app.add_middleware(GZipMiddleware, minimum_size=SMALL_BODY, compresslevel=4)
    app.add_middleware(
        SecurityMiddleware,
        prepare=access.prepare,
        draining=lambda: lifecycle.draining,
        tell=lambda answered: lifecycle.tell(answered),
        drawn=refusal_page,
    )
    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(HTTPException, lambda request, failure: _http_error(request, failure, see))
    return app


def add_document(app: FastAPI, access: Authentication, scopes: tuple[str, ...]) -> None:
    """Add the routes of the OpenAPI document, and of what says how to get a token with one of these scopes."""

    @app.get(METADATA, include_in_schema=False)
    async def protected_resource() -> Response:
        """Where tokens for this service come from (RFC 9728)."""
        return JSONResponse(access.metadata(scopes), headers={"Cache-Control": "max-age=300"})

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi_document() -> Response:
        """This document."""
        return JSONResponse(app.openapi())


def add_metrics(app: FastAPI, measure: Callable[[], None] | None = None) -> None:
    """Add the route that Prometheus asks; `measure` sets what is only known by looking, in a thread."""

    @app.get("/metrics", include_in_schema=False)
    async def counted() -> Response:
        """What is counted, without anything of a person."""
        if measure is not None:
            await to_thread.run_sync(measure)
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def add_health(
    app: FastAPI,
    checks: Callable[[], Mapping[str, bool]],
    lifecycle: Lifecycle,
    degraded: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Add the routes by which it is known whether the process runs, and whether to send requests to it."""

    @app.get("/healthz", response_model=Alive, tags=["operation"])
    async def health() -> Response:
        """The process runs; nothing else is looked at."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}}, tags=["operation"])
    async def readiness() -> Response:
        """Requests may be sent here; 503 while starting up badly or going away."""
        found = {**checks(), "staying": not lifecycle.draining}
        ready = all(found.values())
        return JSONResponse({"ready": ready, "checks": found, "degraded": list(degraded())}, 200 if ready else 503)


# --- bodies ----------------------------------------------------------------------------------------------------------


async def fitted(request: Request, model: type[Model], most: int = MAX_BODY) -> Model:
    """The body of a request: strict JSON of at most so many bytes that fits its schema.

    Raises:
        RefusedError: it is none.
    """
    body = await received(request, (JSON,), most)
    document = parsed(body) if len(body) < LARGE_BODY else await to_thread.run_sync(parsed, body)
    return fitting(document, model)


def fitting(document: object, model: type[Model]) -> Model:
    """A document that fits its schema.

    Raises:
        RefusedError: it does not; with a pointer to each thing that is wrong.
    """
    try:
        return model.model_validate(document)
    except ValidationError as failure:
        # Pydantic's findings without the input: pointers of known names only, and only its own sentences.
        found = failure.errors(include_url=False, include_context=False, include_input=False)[:20]
        items = [ProblemItemValue(_pointer(error["loc"], model), error["msg"]) for error in found]
        raise RefusedError(problems.UNPROCESSABLE, "The request does not fit its schema.", items) from None


def json_text(document: Any) -> str:
    """What a reply says, as JSON; text stays as it is written, and what is no JSON raises ValueError."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def query_items(request: Request, once: Collection[str], several: Collection[str] = ()) -> list[tuple[str, str]]:
    """The query of a request, name by name.

    Args:
        request: what came.
        once: names that may be given, once.
        several: names that may be given any number of times.

    Raises:
        RefusedError: 422, it has another name, or one too often.
    """
    given = request.query_params.multi_items()
    times = Counter(name for name, _ in given)
    if set(times) - {*once, *several} or any(times[name] > 1 for name in once):
        expected = f"{'each once' if len(once) > 1 else 'once'}: {', '.join(once)}"
        expected += f"; any number of times: {', '.join(several)}" if several else ""
        item = ProblemItemValue("", expected)
        raise RefusedError(problems.UNPROCESSABLE, "The query has names that this route does not take.", [item])
    return given


def page_query(shown: int = SHOWN) -> dict[str, tuple[str, dict[str, Any]]]:
    """The query of a list, as OpenAPI tells it; `shown` rows where no limit is given."""
    return {
        "cursor": ("The `next` of the page before; absent for the first.", {"type": "string"}),
        "limit": (
            f"How many at most; absent means {shown}.", {"type": "integer", "minimum": 1, "maximum": MOST_SHOWN},
        ),
    }  # fmt: skip


def page_of(request: Request, shown: int = SHOWN) -> ListPage:
    """Return which part of a list is asked for.

    Raises:
        RefusedError: 422, the limit is none, or the query has other names.
    """
    limit = request.query_params.get("limit", str(shown))
    number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 0
    if not 1 <= number <= MOST_SHOWN:
        item = ProblemItemValue("/limit", f"a whole number from 1 to {MOST_SHOWN}")
        raise RefusedError(problems.UNPROCESSABLE, "The list cannot be cut so.", [item])
    query_items(request, page_query())
    return ListPage(request.query_params.get("cursor", ""), number)


def media_of(request: Request) -> str:
    """The media type of a body in UTF-8, in small letters; empty for another encoding."""
    found = _MEDIA.match(request.headers.get("content-type", ""))
    return found[1].lower() if found else ""


async def received(request: Request, taken: Sequence[str], most: int = MAX_BODY) -> bytes:
    """The bytes of a body, whose media type is one of those taken.

    Raises:
        RefusedError: it is of another type, compressed, too large, too slow or broken off.
    """
    if media_of(request) not in taken or "content-encoding" in request.headers:
        raise RefusedError(problems.UNSUPPORTED_MEDIA, f"Send {' or '.join(taken)} in UTF-8, not compressed.")
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or int(announced[:12]) > most:
        raise RefusedError(problems.TOO_LARGE, f"At most {most} bytes are taken.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request, most)
    except TimeoutError:
        raise RefusedError(problems.TIMED_OUT, f"The body must arrive within {BODY_SECONDS:.0f} seconds.") from None
    except ClientDisconnect:
        raise RefusedError(problems.MALFORMED_BODY, "The body ended too early.") from None


async def _read(request: Request, most: int) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > most:
            raise RefusedError(problems.TOO_LARGE, f"At most {most} bytes are taken.")
    return bytes(parts)


def parsed(body: bytes) -> object:
    """The JSON value of a body; a number without a fraction is an integer, however it is written (JSON Schema, 6.1.1).

    Raises:
        RefusedError: it is not strict JSON.
    """
    try:
        return parse(body, _WHOLE)
    except MalformedError as failure:
        raise RefusedError(problems.MALFORMED_BODY, f"The body {failure}.") from None


def _pointer(location: Sequence[int | str], model: type[BaseModel]) -> str:
    head = [str(part) for part in location[:1] if part in model.model_fields]
    inside = (str(part) for part in location[1:] if head and isinstance(part, int))
    return "".join(f"/{part}" for part in (*head, *inside))


# --- documents -------------------------------------------------------------------------------------------------------


def refusals(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, as its document lists them; of several with one status the titles are joined."""
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    titles: dict[int | str, list[str]] = {}
    for kind in (*kinds, problems.FAILED):
        titles.setdefault(kind.status, []).append(kind.title)
    return {status: {"description": "; ".join(named), "content": content} for status, named in titles.items()}


def documented(model: type[BaseModel], example: Mapping[str, Any], *scopes: str) -> dict[str, Any]:
    """The body is parsed by hand, strictly; OpenAPI gets what FastAPI would have given it."""
    REQUESTS[model.__name__] = model
    return bodies({JSON: {"schema": {"$ref": f"{_SCHEMAS}{model.__name__}"}, "example": example}}, *scopes)


def bodies(content: Mapping[str, Mapping[str, Any]], *scopes: str) -> dict[str, Any]:
    """What OpenAPI says of a route for callers whose token has these scopes: its bodies by media type."""
    return {"requestBody": {"required": True, "content": content}, "security": [{"bearer": list(scopes)}]}


def queried(
    parameters: Mapping[str, tuple[str, Mapping[str, Any]]], *scopes: str, needed: Collection[str] = ()
) -> dict[str, Any]:
    """What OpenAPI says of a route that reads, for callers whose token has these scopes: its query by name."""
    listed = [
        {"name": name, "in": "query", "required": name in needed, "description": said, "schema": schema}
        for name, (said, schema) in parameters.items()
    ]
    return {"parameters": listed, "security": [{"bearer": list(scopes)}]}


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        document["components"]["securitySchemes"] = {"bearer": bearer}
        schemas = document["components"]["schemas"]
        schemas |= _components(ProblemDocument)
        for one in schemas.values():  # replies: a client must bear fields that it does not know
            one.pop("additionalProperties", None) if one.get("additionalProperties") is False else None
        text = json.dumps(document["paths"])
        for name, model in REQUESTS.items():
            schemas |= _components(model) if f'"{_SCHEMAS}{name}"' in text else {}
        app.openapi_schema = document
    return app.openapi_schema


def _components(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


async def refused(request: Request, failure: Exception) -> Response:
    """The page or the problem document of a refusal."""
    assert isinstance(failure, RefusedError)
    return _problem(request, failure)


def _http_error(request: Request, failure: Exception, see: str) -> Response:
    assert isinstance(failure, HTTPException)
    allow = {name: value for name, value in (failure.headers or {}).items() if name.lower() == "allow"}
    if failure.status_code == problems.METHOD_NOT_ALLOWED.status:
        return _problem(request, RefusedError(problems.METHOD_NOT_ALLOWED, f"See {see}, for what is.", (), allow))
    return _problem(request, RefusedError(problems.NOT_FOUND, f"See {see}, for what there is."))


def _problem(request: Request, refusal: RefusedError) -> Response:
    if shown := refusal_page(request, refusal.kind):
        shown.headers.update(refusal.headers)
        return shown
    metrics.REFUSALS.labels(refusal.kind.name).inc()
    body = problems.document(refusal.kind, refusal.detail, refusal.items)
    return JSONResponse(body, refusal.kind.status, headers=refusal.headers, media_type=problems.MEDIA_TYPE)
