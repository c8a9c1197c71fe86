"""Who may call: callers with a valid bearer token, and in dev mode, on loopback only, callers without one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, Final

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request

from features.unicode_form import composed
from serving.http.fair_share import PARTY
from serving.http.problem_documents import (
    INSUFFICIENT_SCOPE,
    MISDIRECTED,
    NOT_FOUND,
    TOO_MANY,
    UNAUTHENTICATED,
    RefusedError,
)
from serving.http.quota import Quota
from serving.http.tokens import (
    ACT_AS,
    ANSWER,
    AUDIT,
    REACH,
    READ,
    RIGHTS,
    WRITE,
    Caller,
    TokenRefusedError,
    TokenVerifier,
    key_named,
)

METADATA: Final = "/.well-known/oauth-protected-resource"

DEV_CALLER: Final = Caller(
    "dev", frozenset({READ, ACT_AS, WRITE, RIGHTS, ANSWER, AUDIT, REACH})
)  # without a token, in dev mode
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})  # written in small letters
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True)
class Authentication:
    """Whose tokens this deployment accepts (nobody's: every call is refused), how often, and whether in dev mode.

    Attributes:
        verifiers: of tokens.
        dev: whether only callers on this machine are answered.
        quota: how often each caller may ask.
        unnamed: who calls without a token in dev mode; None where everybody needs one.
    """

    verifiers: tuple[TokenVerifier, ...] = ()
    dev: bool = False
    quota: Quota | None = None
    unnamed: Caller | None = DEV_CALLER

    async def prepare(self, headers: Headers) -> None:
        """Read keys again that are old, or lack the one that the token of a request names."""
        token = headers.get("authorization", "").partition(" ")[2].strip()
        name = key_named(token) if token else None
        for verifier in self.verifiers if token else ():
            if verifier.keys.stale(name):
                await to_thread.run_sync(verifier.keys.refresh)

    def metadata(self, scopes: tuple[str, ...]) -> dict[str, Any]:
        """What an application must know to get a token for this service (RFC 9728, section 2)."""
        return {
            "resource": self.verifiers[0].audience if self.verifiers else None,
            "authorization_servers": [] if self.dev else [one.issuer for one in self.verifiers],
            "scopes_supported": list(scopes),
            "bearer_methods_supported": ["header"],
        }

    def caller(self, request: Request, now: int) -> Caller:
        """Who makes this request; it counts against its quota, and waits in its own queue.

        Raises:
            RefusedError: no token, an invalid one, in dev mode a request that is not from this machine, or too many.
        """
        caller = self._known(request, now)
        self._count(caller)
        return caller

    def admit(self, request: Request, caller: Caller) -> None:
        """Let somebody in who is known otherwise than by a token; it counts as `caller` does.

        Raises:
            RefusedError: in dev mode a request that is not from this machine, or too many.
        """
        if self.dev:
            _check_local(request)
        self._count(caller)

    def _count(self, caller: Caller) -> None:
        PARTY.set(caller.party)
        if self.quota is not None and (seconds := self.quota.seconds(caller.party)):
            policy = f'"default";q={self.quota.rate:.0f};w=1'
            headers = {
                "Retry-After": str(seconds),
                "RateLimit-Policy": policy,
                "RateLimit": f'"default";r=0;t={seconds}',
            }
            raise RefusedError(TOO_MANY, "Ask less often; Retry-After says when.", headers=headers)

    def _known(self, request: Request, now: int) -> Caller:
        if self.dev:
            _check_local(request)
        headers = request.headers.getlist("authorization")
        if not headers and self.dev and self.unnamed is not None:
            return self.unnamed
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


def may_see(caller: Caller, citizen: str) -> bool:
    """Whether what is about a citizen is told to a caller: about themselves, or with `act-as` about anybody."""
    return citizen == caller.subject or caller.may(ACT_AS)


def whose(caller: Caller, citizen: str, scope: str, nobody: str) -> str:
    """Return the citizen that a path names, for whoever has the scope and may see what is about them.

    Raises:
        RefusedError: 403, the scope is missing; 404 with the words of `nobody`, as where there is no such citizen.
    """
    need(caller, scope)
    name = composed(citizen)
    if not may_see(caller, name):
        raise RefusedError(NOT_FOUND, nobody)
    return name


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
    name = request.headers.get("host", "").lower()
    if name.rsplit(":", 1)[0] not in _LOCAL_NAMES and name not in _LOCAL_NAMES:
        raise RefusedError(MISDIRECTED, "Dev mode is served as localhost, 127.0.0.1 or [::1].")


def _unauthenticated(detail: str, error: str = "") -> RefusedError:
    challenge = f'Bearer error="{error}"' if error else "Bearer"
    return RefusedError(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})
