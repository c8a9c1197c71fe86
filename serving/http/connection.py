"""Connections of the HTTP server: what its parser refuses is told as a problem document, and idle ones are closed."""

from __future__ import annotations

import asyncio
import logging
import time
from types import FrameType
from typing import Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from serving.http import metrics
from serving.http.problem_documents import MALFORMED_REQUEST, SLOW_REQUEST, ProblemType
from serving.http.security import LOG, SECURITY_HEADERS, problem_bytes
from serving.http.service_frame import Lifecycle

KEEP_ALIVE: Final = 75
"""Seconds for which an idle connection is kept: longer than a load balancer's usual 60, so that it closes first."""
HEAD_SECONDS: Final = 10.0
"""Seconds from the first byte of a request to the end of its head."""


class Connection(H11Protocol):
    """One connection, by h11: it refuses what others let through (two lengths, folded lines, bare carriage returns)."""

    _head_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close it if nothing comes."""
        super().connection_made(transport)
        self._close_in(self.timeout_keep_alive)

    def data_received(self, data: bytes) -> None:
        """Close it if the head that has begun does not end."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if self.transport.is_closing() or (cycle is not None and not cycle.response_complete):
            self._head_since = None
        elif not self.conn.trailing_data[0]:  # all of it was read, and no other request has begun
            self._head_since = None
            self._close_in(self.timeout_keep_alive)
        else:
            now = self.loop.time()
            self._head_since = self._head_since or now
            self._close_in(self._head_since + HEAD_SECONDS - now)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the server's words are not ours
        """Refuse what is no HTTP request."""
        self._refuse(MALFORMED_REQUEST, "What was sent is not an HTTP/1.1 request.")

    def timeout_keep_alive_handler(self) -> None:
        """Close what was idle for too long, or tell who sends a head too slowly."""
        if self._head_since is not None and not self.transport.is_closing():
            self._refuse(SLOW_REQUEST, f"The head of a request must arrive within {HEAD_SECONDS:.0f} seconds.")
        else:
            super().timeout_keep_alive_handler()

    def _close_in(self, seconds: float) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _refuse(self, kind: ProblemType, detail: str) -> None:
        body, headers = problem_bytes(kind, detail)
        headers += [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        response = h11.Response(status_code=kind.status, headers=[*headers, (b"connection", b"close")])
        try:
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer is under way on this connection, which ends here
            pass
        self.transport.close()
        metrics.REQUESTS.labels("-", "(no request)", str(kind.status)).inc()
        if LOG.isEnabledFor(logging.INFO):
            told = {"method": "-", "route": "(no request)", "status": kind.status, "ms": 0}
            LOG.info("- (no request) %d 0 ms", kind.status, extra={"fields": told})


class DrainingServer(uvicorn.Server):
    """A server that is not ready any more from the moment it is told to stop, and takes calls a while longer."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, seconds: float) -> None:
        """Take calls for so many seconds once told; told again, or with none, it stops at once."""
        super().__init__(config)
        self._lifecycle, self._seconds = lifecycle, seconds
        self._told: tuple[float, int] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain, or stop."""
        self._lifecycle.draining = True
        if self._told is None and self._seconds > 0:
            self._told = (time.monotonic(), sig)
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Stop once it has drained."""
        if self._told is not None and not self.should_exit and time.monotonic() - self._told[0] >= self._seconds:
            super().handle_exit(self._told[1], None)
        return await super().on_tick(counter)
