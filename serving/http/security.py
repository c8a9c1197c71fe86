"""The outermost layer of the service: security headers, a log line without personal data, and no error that leaks."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.problem_documents import FAILED, MEDIA_TYPE, document

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
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class SecurityMiddleware:
    """Wraps every request; an exception becomes a bare 500 and a log line that names code, never values."""

    def __init__(self, app: ASGIApp, timer: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._timer()
        watched = _Watched(send)
        try:
            await self._app(scope, receive, watched)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the log gets no values and the caller a document
            LOG.error("request failed: %s", where_it_failed(failure))
            await watched.fail()
        LOG.info("%s %s %d %d ms", _method(scope), _route(scope), watched.status, round(1000 * (self._timer() - began)))


class _Watched:
    """A `send` that adds the security headers an answer does not set itself, and remembers the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def fail(self) -> None:
        if self.status:  # half an answer is out: it cannot be taken back, and the server closes the connection
            return
        body = json.dumps(document(FAILED, "The error was recorded; try again later.")).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": FAILED.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def where_it_failed(failure: BaseException) -> str:
    """The type of an exception and the code it passed through, without its message, which may hold personal data."""
    frames = traceback.extract_tb(failure.__traceback__)[-8:]
    places = [f"{frame.name} ({PurePath(frame.filename).name}:{frame.lineno})" for frame in reversed(frames)]
    return f"{type(failure).__name__} in {' < '.join(places)}"


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _route(scope: Scope) -> str:
    """The route's template, never the path that was asked for: a path may name a person."""
    return getattr(scope.get("route"), "path", "(no route)")
