"""A witness over HTTP (C2SP tlog-witness): the server that runs one, and the client that asks one."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from features.problem import Problem, Rejected
from privacy.ledger.ledger import Ledger
from privacy.ledger.legible import escaped
from privacy.ledger.merkle import BadProof
from privacy.ledger.witness import LARGEST, PATH, CosignResponse, Witness, request_bytes

_LENGTH: Final = re.compile("[0-9]{1,6}")


def server(witness: Witness, address: tuple[str, int], clock: Callable[[], int]) -> ThreadingHTTPServer:
    """An HTTP server for one witness; the caller runs it and shuts it down."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds that a client may keep the line without a word

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH or not _LENGTH.fullmatch(length) or int(length) > LARGEST:
                self._say(CosignResponse(404 if self.path != PATH else 413, "POST a checkpoint to /add-checkpoint\n"))
                return
            request = self.rfile.read(int(length))
            with turn:
                try:
                    answer = witness.answer(request, clock())
                except (Rejected, OSError):
                    answer = CosignResponse(500, "the witness cannot remember what it saw, so it signs nothing\n")
            self._say(answer)

        def _say(self, answer: CosignResponse) -> None:
            content = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing: the answers are the record."""

    return ThreadingHTTPServer(address, Handler)


def ask(ledger: Ledger, url: str, old: int) -> tuple[int, str]:
    """Send the latest checkpoint to a witness that saw the ledger at size `old`; returns the status and the answer.

    Raises:
        Rejected: the address is not http(s), or nobody answers there.
    """
    if not url.startswith(("http://", "https://")) or not url.isascii():
        raise Rejected([Problem(("--witness",), "invalid", f"{url!r} is not a web address", "Give http://HOST:PORT")])
    try:
        content = request_bytes(old, ledger.consistency(old), ledger.checkpoint())
    except BadProof as failure:
        return 409, f"it saw {old} entries: {failure}"
    try:
        request = urllib.request.Request(url.rstrip("/") + PATH, content, method="POST")  # noqa: S310 - http(s)
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
            return response.status, response.read(LARGEST).decode(errors="replace")
    except urllib.error.HTTPError as failure:
        return failure.code, failure.read(LARGEST).decode(errors="replace")
    except (OSError, ValueError, http.client.HTTPException) as failure:  # the address is none, or what answers is none
        reason = getattr(failure, "reason", failure)
        said = " ".join(escaped(getattr(reason, "strerror", None) or str(reason)).lower().split())
        remedy = "See that the witness runs, and give the address it listens on"
        raise Rejected([Problem(("--witness",), "unavailable", f"{url} does not answer ({said})", remedy)]) from None
