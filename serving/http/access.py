"""Who may call: callers with a valid bearer token, and in dev mode, on loopback only, callers without one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from serving.http.problem_documents import INSUFFICIENT_SCOPE, MISDIRECTED, UNAUTHENTICATED, RefusedError
from serving.http.tokens import ACT_AS, READ, WRITE, Caller, TokenRefusedError, TokenVerifier

DEV_CALLER: Final = Caller("dev", frozenset({READ, ACT_AS, WRITE}))  # who calls without a token in dev mode
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True)
class Authentication:
    """Whose tokens this deployment accepts (nobody's: every call is refused), and whether it is in dev mode."""

    verifiers: tuple[TokenVerifier, ...] = ()
    dev: bool = False

    def caller(self, request: Request, now: int) -> Caller:
        """Who makes this request.

        Raises:
            RefusedError: no token, an invalid one, or in dev mode a request that is not from this machine.
        """
        if self.dev:
            _check_local(request)
        headers = request.headers.getlist("authorization")
        if not headers and self.dev:
            return DEV_CALLER
        if len(headers) != 1:
            raise _unauthenticated("Send one Authorization header: Bearer and a token.")
        scheme, _, token = headers[0].partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthenticated("Send one Authorization header: Bearer and a token.")
        return self._verified(token.strip(), now)

    def _verified(self, token: str, now: int) -> Caller:
        refusals = []
        for verifier in self.verifiers:
            try:
                return verifier.caller(token, now)
            except TokenRefusedError as refusal:
                refusals.append(str(refusal))
        detail = refusals[-1] if refusals else "no verification key is configured"
        raise _unauthenticated(f"The token was refused: {detail}.", error="invalid_token")


def need(caller: Caller, scope: str) -> None:
    """Refuse a caller whose token lacks `scope`.

    Raises:
        RefusedError: 403 with the scope that is missing (RFC 6750 section 3.1).
    """
    if not caller.may(scope):
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise RefusedError(
            INSUFFICIENT_SCOPE, f"The token needs the scope {scope}.", headers={"WWW-Authenticate": challenge}
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("localhost"), is_loopback("example.kr")
    (True, False, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_local(request: Request) -> None:
    """Refuse what reaches dev mode from outside this machine: through a proxy, or by a rebound host name."""
    client = request.client.host if request.client else ""
    proxied = any(name in request.headers for name in _PROXIED)
    if proxied or not is_loopback(client):
        raise _unauthenticated("Dev mode answers only callers on this machine, without a proxy between.")
    name = request.headers.get("host", "")
    if name.rsplit(":", 1)[0] not in _LOCAL_NAMES and name not in _LOCAL_NAMES:
        raise RefusedError(MISDIRECTED, "Dev mode is served as localhost, 127.0.0.1 or [::1].")


def _unauthenticated(detail: str, error: str = "") -> RefusedError:
    challenge = f'Bearer error="{error}"' if error else "Bearer"
    return RefusedError(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})
