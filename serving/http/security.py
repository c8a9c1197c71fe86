"""The outermost layer of the service: security headers, a line of the log, counts, and no error that leaks."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http import metrics
from serving.http.fair_share import LEFT, CallerLeftError
from serving.http.problem_documents import BUSY, FAILED, MEDIA_TYPE, ProblemType, document
from serving.http.request_span import Answered, Tell, nothing_told

LOG: Final = logging.getLogger("proffer.serving")
SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
REQUEST_ID: Final = "X-Request-Id"
_LEFT_STATUS: Final = 499
"""What the log says of a request whose caller left; nothing is answered."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID = re.compile(r"[!-~]{1,128}")
_NOBODYS = re.compile(r"[0-9a-fA-F-]{16,64}|[0-9A-HJKMNP-TV-Z]{26}")  # a UUID, a trace or a ULID cannot name anybody

Prepare = Callable[[Headers], Awaitable[None]]
Drawn = Callable[[Request, ProblemType], Response | None]


class SecurityMiddleware:
    """Wraps every request; an exception becomes a bare 500 and a log line that names code, never values."""

    def __init__(
        self,
        app: ASGIApp,
        timer: Callable[[], float] = time.monotonic,
        prepare: Prepare | None = None,
        draining: Callable[[], bool] = lambda: False,
        tell: Tell = nothing_told,
        drawn: Drawn = lambda _request, _kind: None,
    ) -> None:
        """Await `prepare` before a request with a token, and `tell` of each that was answered.

        Answers say that the connection ends while `draining`; `drawn` gives the page of a failure, for who reads pages.
        """
        self._app = app
        self._timer = timer
        self._prepare = prepare
        self._draining = draining
        self._tell = tell
        self._drawn = drawn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, asked = self._timer(), scope["method"]
        scope = _plain(scope)
        headers = Headers(scope=scope)
        sent = headers.get(REQUEST_ID, "")
        name = sent if _ID.fullmatch(sent) else str(uuid.uuid4())
        watched = _Watched(send, name, silent=asked == "HEAD", closing=self._draining())
        LEFT.set(lambda: gone_from(receive))
        try:
            if self._prepare is not None and "authorization" in headers:
                await self._prepare(headers)
            await self._app(scope, receive, watched)
        except CallerLeftError:
            watched.status = _LEFT_STATUS
            metrics.LEFT.inc()
        except asyncio.CancelledError:  # the process must end now
            await watched.fail(BUSY, "The service is stopping; try again.")
        except Exception as failure:  # noqa: BLE001 - whatever it is, the log gets no values and the caller a document
            LOG.error("request failed: %s", where_it_failed(failure), extra={"fields": {"request_id": _logged(name)}})
            await watched.fail(FAILED, "The error was recorded; try again later.", self._page_of_failure(scope))
        self._record(asked, scope, watched.status, self._timer() - began, name)

    def _page_of_failure(self, scope: Scope) -> Response | None:
        try:
            return self._drawn(Request(scope), FAILED)
        except Exception as failure:  # noqa: BLE001 - what makes pages is broken itself: there is still the document
            LOG.error("no page of the failure: %s", where_it_failed(failure))
            return None

    def _record(self, asked: str, scope: Scope, status: int, seconds: float, name: str) -> None:
        method = asked if asked in _METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", "(no route)")  # never the path asked for: it may name a person
        self._tell(Answered(method, route, status, seconds, Headers(scope=scope).get("traceparent", "")))
        metrics.REQUESTS.labels(method, route, str(status)).inc()
        metrics.SECONDS.labels(route).observe(seconds)
        spent = round(1000 * seconds)
        if LOG.isEnabledFor(logging.INFO):
            told = {"method": method, "route": route, "status": status, "ms": spent, "request_id": _logged(name)}
            LOG.info("%s %s %d %d ms", method, route, status, spent, extra={"fields": told})


def _plain(scope: Scope) -> Scope:
    """The request as routes know it: HEAD is answered as GET (RFC 9110, section 9.3.2), and the target is a path."""
    path: str = scope["path"]
    if path.startswith(("http://", "https://")):  # the absolute form must be taken too (RFC 9112, section 3.2.2)
        path = urlsplit(path).path or "/"
    return {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"], "path": path}


async def gone_from(receive: Receive) -> None:
    """Return once the caller has closed the connection; what is left of a body is let go."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _logged(name: str) -> str | None:
    """The id of a request, where it has a form that cannot name anybody."""
    return name if _NOBODYS.fullmatch(name) else None


class _Watched:
    """A `send` that adds the headers an answer does not set itself, and remembers the status."""

    def __init__(self, send: Send, name: str, *, silent: bool, closing: bool) -> None:
        self._send = send
        self._added: Mapping[str, str] = {**SECURITY_HEADERS, REQUEST_ID: name}
        self._silent = silent
        self._closing = closing
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._added.items():
                headers.setdefault(name, value)
            if self._closing:
                headers["Connection"] = "close"
        elif self._silent and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def fail(self, kind: ProblemType, detail: str, drawn: Response | None = None) -> None:
        if self.status:  # half an answer is out: it cannot be taken back, and the server closes the connection
            return
        body, headers = problem_bytes(kind, detail) if drawn is None else (bytes(drawn.body), drawn.raw_headers)
        await self({"type": "http.response.start", "status": kind.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def problem_bytes(kind: ProblemType, detail: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A problem document and its headers, where there is no application to send it; it is counted."""
    metrics.REFUSALS.labels(kind.name).inc()
    body = json.dumps(document(kind, detail)).encode()
    return body, [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]


def where_it_failed(failure: BaseException) -> str:
    """The type of an exception and the code it passed through, without its message, which may hold personal data."""
    frames = traceback.extract_tb(failure.__traceback__)[-8:]
    places = [f"{frame.name} ({PurePath(frame.filename).name}:{frame.lineno})" for frame in reversed(frames)]
    return f"{type(failure).__name__} in {' < '.join(places)}"


class JsonLines(logging.Formatter):
    """One JSON object a line: the time, the level, what happened, and the fields of a request; no values of anybody."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        fields: Mapping[str, Any] | None = getattr(record, "fields", None)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        line = {"time": f"{at}.{int(record.msecs):03d}Z", "level": record.levelname.lower(), "logger": record.name}
        said = {} if fields and "route" in fields else {"message": record.getMessage()}
        return json.dumps({**line, **said, **(fields or {})}, ensure_ascii=False)
