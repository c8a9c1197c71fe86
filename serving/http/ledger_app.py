"""The ledger's own application: other machines reserve before they read a row, and commit after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.ledger_wire import LEDGER_BODY, CommitRequest, LedgerBalanceOut, LedgerReceiptOut, ReservationRequest
from serving.http.service_frame import (
    OPENAPI,
    Lifecycle,
    WorkerPool,
    add_document,
    add_health,
    add_metrics,
    documented,
    fitted,
    framed,
    json_text,
    refusals,
)
from serving.http.tokens import RESERVE, Caller

WAITING: Final = 32
_RESERVATION: Final = {
    "spend": "ranker-2026-11", "population": "kr", "purpose": "ranker, November",
    "mechanism": {"mechanism": "gaussian", "noise": "4.22"}, "people": None,
}  # fmt: skip
_DESCRIPTION: Final = (
    "Reservations from the privacy budgets of one ledger. A reservation is durable before it is acknowledged, and "
    "counts as spent until two approvers give it back. Errors are RFC 9457 problem documents that repeat nothing of "
    "the request."
)
_BODY: Final = (problems.MALFORMED_BODY, problems.TIMED_OUT, problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA)
_ALWAYS: Final = (
    problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.UNPROCESSABLE, problems.BUSY,
    problems.LEDGER_UNAVAILABLE,
)  # fmt: skip


class Reservations(Protocol):
    """What the application asks of the ledger behind it; called in a worker thread."""

    def reserve(self, asked: ReservationRequest, requester: str) -> Mapping[str, Any]:
        """The receipt of a reservation; raises RefusedError where it is not granted."""
        ...

    def commit(self, spend: str, asked: CommitRequest, requester: str) -> Mapping[str, Any]:
        """The receipt of a commit; raises RefusedError where it is not taken."""
        ...

    def balance(self, population: str) -> Mapping[str, Any]:
        """A population's budget; raises RefusedError where it has none."""
        ...

    def checks(self) -> Mapping[str, bool]:
        """What has to hold before requests are sent here, by name."""
        ...


def create_ledger_app(
    desk: Reservations, access: Authentication, clock: Callable[[], int], lifecycle: Lifecycle | None = None
) -> FastAPI:
    """The ASGI application over one ledger; `clock` gives UTC seconds."""
    lifecycle = lifecycle or Lifecycle()
    app = framed("Proffer, the ledger", _DESCRIPTION, OPENAPI, access, lifecycle)
    work = WorkerPool(1, WAITING, "ledger")

    named = replace(access, unnamed=None)  # whoever reserves is named by a token, in dev mode too

    def allowed(request: Request) -> Caller:
        caller = named.caller(request, clock())
        need(caller, RESERVE)
        return caller

    add_document(app, access, (RESERVE,))
    add_metrics(app)
    _add_reservations(app, desk, allowed, work)
    _add_budgets(app, desk, allowed, work)
    add_health(app, desk.checks, lifecycle)
    return app


def _add_reservations(app: FastAPI, desk: Reservations, allowed: Callable[[Request], Caller], work: WorkerPool) -> None:
    @app.post(
        "/v1/privacy/reservations",
        response_model=LedgerReceiptOut,
        responses=refusals(
            *_BODY,
            *_ALWAYS,
            problems.UNKNOWN_POPULATION,
            problems.BUDGET_EXHAUSTED,
            problems.SPEND_CONFLICT,
        ),
        openapi_extra=documented(ReservationRequest, _RESERVATION),
        tags=["privacy"],
    )
    async def reservations(request: Request) -> Response:
        """Set a spend aside, durably, before any row is read; the same request again has the same receipt."""
        caller = allowed(request)
        asked = await fitted(request, ReservationRequest, LEDGER_BODY)
        return _json(await work.run(lambda: desk.reserve(asked, caller.subject)))

    @app.post(
        "/v1/privacy/reservations/{spend:path}/commit",
        response_model=LedgerReceiptOut,
        responses=refusals(
            *_BODY, *_ALWAYS, problems.UNKNOWN_SPEND, problems.SPEND_SETTLED, problems.MORE_THAN_RESERVED
        ),
        openapi_extra=documented(CommitRequest, {"artefact": "0" * 64}),
        tags=["privacy"],
    )
    async def commits(request: Request, spend: str) -> Response:
        """Say that what this caller reserved was run, and what was released; the same again has the same receipt."""
        caller = allowed(request)
        asked = await fitted(request, CommitRequest)
        return _json(await work.run(lambda: desk.commit(spend, asked, caller.subject)))


def _add_budgets(app: FastAPI, desk: Reservations, allowed: Callable[[Request], Caller], work: WorkerPool) -> None:
    @app.get(
        "/v1/privacy/budgets/{population:path}",
        response_model=LedgerBalanceOut,
        responses=refusals(*_ALWAYS, problems.UNKNOWN_POPULATION),
        openapi_extra={"security": [{"bearer": []}]},
        tags=["privacy"],
    )
    async def budgets(request: Request, population: str) -> Response:
        """A population's budget, what was spent of it and what is left."""
        allowed(request)
        return _json(await work.run(lambda: desk.balance(population)))


def _json(answer: Mapping[str, Any]) -> Response:
    return Response(json_text(answer), media_type="application/json")
