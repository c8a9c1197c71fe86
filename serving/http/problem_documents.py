"""Every way this service says no: RFC 9457 problem documents that never echo what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MEDIA_TYPE = "application/problem+json"
_TYPES = "urn:proffer:problem:"


@dataclass(frozen=True)
class ProblemType:
    """One stable kind of problem: its name in the type URI, its HTTP status and its title."""

    name: str
    status: int
    title: str


MALFORMED_BODY = ProblemType("malformed-body", 400, "The body is not acceptable JSON")
MALFORMED_REQUEST = ProblemType("malformed-request", 400, "This is not an HTTP request")
UNAUTHENTICATED = ProblemType("unauthenticated", 401, "A bearer token is needed")
INSUFFICIENT_SCOPE = ProblemType("insufficient-scope", 403, "The token does not allow this")
NOT_FOUND = ProblemType("not-found", 404, "There is nothing here")
UNKNOWN_POPULATION = ProblemType("unknown-population", 404, "This population has no budget")
UNKNOWN_SPEND = ProblemType("unknown-spend", 404, "There is no such reservation")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This method is not offered here")
SLOW_REQUEST = ProblemType("slow-request", 408, "The request did not arrive in time")
TIMED_OUT = ProblemType("timed-out", 408, "The body did not arrive in time")
BUDGET_EXHAUSTED = ProblemType("privacy-budget-exhausted", 409, "Too little of the privacy budget is left")
CONFLICT = ProblemType("conflict", 409, "This was done already, or is not for this caller to do")
SPEND_CONFLICT = ProblemType("spend-conflict", 409, "The id belongs to another spend")
SPEND_SETTLED = ProblemType("spend-settled", 409, "The reservation is settled already")
MORE_THAN_RESERVED = ProblemType("more-than-reserved", 409, "Something else was run than had been reserved")
OFFER_SETTLED = ProblemType("offer-settled", 409, "The offer does not stand any more")
TOO_LARGE = ProblemType("too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA = ProblemType("unsupported-media-type", 415, "This media type is not taken here")
MISDIRECTED = ProblemType("misdirected", 421, "This host name is not served in dev mode")
UNPROCESSABLE = ProblemType("unprocessable", 422, "The request is well-formed but cannot be answered")
TOO_MANY = ProblemType("too-many-requests", 429, "This caller asks too often")
FAILED = ProblemType("failed", 500, "Something went wrong here")
BUSY = ProblemType("busy", 503, "Too many requests are waiting")
LOG_UNAVAILABLE = ProblemType("log-unavailable", 503, "The event log cannot be used now")
LEDGER_UNAVAILABLE = ProblemType("ledger-unavailable", 503, "The ledger cannot grant anything now")

READING = (UNAUTHENTICATED, INSUFFICIENT_SCOPE, NOT_FOUND, TOO_MANY, BUSY, LOG_UNAVAILABLE)
"""How a route refuses that reads what is kept about a citizen."""
WRITING = (*READING, MALFORMED_BODY, TIMED_OUT, TOO_LARGE, UNSUPPORTED_MEDIA, UNPROCESSABLE)
"""How a route refuses that takes a body about a citizen."""

KINDS = (
    MALFORMED_BODY,
    MALFORMED_REQUEST,
    UNAUTHENTICATED,
    INSUFFICIENT_SCOPE,
    NOT_FOUND,
    UNKNOWN_POPULATION,
    UNKNOWN_SPEND,
    METHOD_NOT_ALLOWED,
    SLOW_REQUEST,
    TIMED_OUT,
    BUDGET_EXHAUSTED,
    CONFLICT,
    SPEND_CONFLICT,
    SPEND_SETTLED,
    MORE_THAN_RESERVED,
    OFFER_SETTLED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA,
    MISDIRECTED,
    UNPROCESSABLE,
    TOO_MANY,
    FAILED,
    BUSY,
    LOG_UNAVAILABLE,
    LEDGER_UNAVAILABLE,
)


@dataclass(frozen=True)
class ProblemItemValue:
    """One thing wrong with a request: a JSON pointer made of names this service declares, and what is expected."""

    pointer: str
    detail: str


class RefusedError(Exception):
    """Raised to answer with a problem document; every word of it is written by this service, never by the caller."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        items: Sequence[ProblemItemValue] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail
        self.items = tuple(items)
        self.headers = dict(headers or {})


def document(kind: ProblemType, detail: str, items: Sequence[ProblemItemValue] = ()) -> dict[str, Any]:
    """The problem document of one refusal (RFC 9457 section 3; `errors` as in its section 3 example).

    >>> document(NOT_FOUND, "No such route.")["status"]
    404
    """
    body: dict[str, Any] = {
        "type": _TYPES + kind.name,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
    }
    if items:
        body["errors"] = [{"pointer": item.pointer, "detail": item.detail} for item in items]
    return body
