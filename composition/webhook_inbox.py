"""Webhook inbox: a small receiver of webhooks on this machine, which checks signatures and takes each message once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from serving.proactive.webhook_signature import Verifier

MOST: Final = 1_000_000
"""The longest message that is read, in bytes."""
TIMEOUT: Final = 10
"""Seconds that a sender may keep the line without a word."""


class ReceivedMessage(NamedTuple):
    """A message that was taken: what it says, and by which kinds of signature it was found to be the sender's."""

    body: dict[str, Any]
    signed: tuple[str, ...]


class WebhookInbox:
    """Takes messages that every one of its verifiers accepts; a message that it knows is accepted, and dropped."""

    def __init__(self, verifiers: dict[str, Verifier], clock: Callable[[], int]) -> None:
        """Keep what messages are checked with, by the kind of signature, and what tells the time."""
        self._verifiers = verifiers
        self._clock = clock
        self._changed = threading.Condition()
        self._taken: dict[str, ReceivedMessage] = {}

    def take(self, headers: dict[str, str], content: bytes) -> int:
        """Return the status that answers a message: 204 it is here, 401 it is not signed by who should."""
        now = self._clock()
        signed = tuple(kind for kind, one in self._verifiers.items() if one.accepts(headers, content, now))
        if len(signed) < len(self._verifiers):
            return 401
        with self._changed:
            self._taken.setdefault(headers["webhook-id"], ReceivedMessage(json.loads(content), signed))
            self._changed.notify_all()
        return 204

    def messages(self, citizen: str) -> tuple[ReceivedMessage, ...]:
        """Return what came about somebody, in the order in which it came."""
        with self._changed:
            return tuple(one for one in self._taken.values() if one.body["citizen"] == citizen)

    def wait_for(self, citizen: str, count: int, seconds: float) -> bool:
        """Wait until so many messages about somebody are here; return whether they came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.messages(citizen)) >= count, seconds)

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen on a free port of this machine; gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(inbox: WebhookInbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            readable = length.isdigit() and int(length) <= MOST
            content = self.rfile.read(int(length)) if readable else b""
            named = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(inbox.take(named, content) if readable else 413)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing: the story tells what came."""

    return Handler
