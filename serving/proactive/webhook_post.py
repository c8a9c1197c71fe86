"""Webhook post: one message sent to its receiver over HTTPS, and what came of it; nothing is followed or read on."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult

from serving.proactive.public_address import NotPublicError, Resolver, resolved

__all__ = ["Posted", "WebhookPost"]

TIMEOUT: Final = 15.0
"""Seconds for connecting, and for each wait after that (Standard Webhooks: 15 to 30)."""
_LONGEST_WAIT: Final = 86_400
_GONE: Final = 410
_HTTPS: Final = 443


@dataclass(frozen=True)
class Posted:
    """What came of sending once.

    Attributes:
        status: the HTTP status; None where there was no answer.
        detail: why it failed, in a few words of our own: nothing that the receiver said.
        wait: seconds for which the receiver asks to be left alone; 0 where it does not.
    """

    status: int | None
    detail: str = ""
    wait: int = 0

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver has it; a redirect is none, for what it names was never configured."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more."""
        return self.status == _GONE


class _PinnedConnection(http.client.HTTPSConnection):
    """A connection to the address that was checked, under the name that the certificate has to be for."""

    def __init__(self, address: str, parts: SplitResult, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(parts.hostname or "", parts.port or _HTTPS, context=context, timeout=timeout)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        """Connect to the address, not to whatever the name means now."""
        plain = self._create_connection((self._address, self.port), self.timeout, None)  # type: ignore[attr-defined]
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


@dataclass(frozen=True, eq=False)
class WebhookPost:
    """Sends to one receiver.

    Attributes:
        parts: of the URL, as `serving.proactive.public_address.checked_url` allows it.
        resolver: what gives the addresses of a name; None for the system's.
        context: of TLS; None for the system's certificates.
        timeout: in seconds.
    """

    parts: SplitResult
    resolver: Resolver | None = None
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    timeout: float = TIMEOUT

    def send(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is said, never raised."""
        path = (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")
        try:
            connection = self._connection()
        except NotPublicError as refusal:
            return Posted(None, f"the receiver's name {refusal}")
        try:
            connection.request(
                "POST", path, body, {"Content-Type": "application/json", "Connection": "close", **headers}
            )
            answer = connection.getresponse()
            asked = answer.headers.get("Retry-After", "")
            wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0
            said = "" if answer.status < 300 else f"status {answer.status}"
            return Posted(answer.status, said, min(wait, _LONGEST_WAIT))
        except (OSError, http.client.HTTPException) as failure:
            return Posted(None, _said(failure))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self.parts.scheme == "http":  # this machine, for trying it: `checked_url` allows no other
            return http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=self.timeout)
        address = resolved(self.parts.hostname or "", self.parts.port or _HTTPS, self.resolver)
        return _PinnedConnection(address, self.parts, self.context(), self.timeout)


def _said(failure: Exception) -> str:
    """What went wrong, in words of our own."""
    if isinstance(failure, ssl.SSLError):
        return "the certificate is not accepted"
    if isinstance(failure, TimeoutError):
        return "no answer in time"
    return "the connection failed" if isinstance(failure, OSError) else "the answer cannot be read"
