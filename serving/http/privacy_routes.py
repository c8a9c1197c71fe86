"""The routes by which auditors read what a home's ledger says: what is left of each budget, and each use of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.ledger_wire import PrivacySpendsOut, PrivacyStatusOut
from serving.http.service_frame import JSON, WorkerPool, json_text, queried, refusals
from serving.http.tokens import AUDIT

_SAID: Final = refusals(
    problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.NOT_FOUND, problems.TOO_MANY, problems.BUSY,
    problems.LEDGER_UNAVAILABLE,
)  # fmt: skip
_WAITING: Final = 8


class LedgerReading(Protocol):
    """What the routes ask of the ledger behind them; called in a worker thread."""

    def status(self) -> Mapping[str, Any]:
        """What every population has left; raises RefusedError where there is no ledger, or none that can be trusted."""
        ...

    def spends(self) -> Mapping[str, Any]:
        """Every use of people's data, in the order of the entries; raises RefusedError likewise."""
        ...


def add_privacy(app: FastAPI, ledger: LedgerReading, access: Authentication, clock: Callable[[], int]) -> None:
    """Add the routes, which change nothing; one answer is computed at a time."""
    work, extra = WorkerPool(1, _WAITING, "privacy"), queried({}, AUDIT)

    async def answer(request: Request, found: Callable[[], Mapping[str, Any]]) -> Response:
        need(access.caller(request, clock()), AUDIT)
        return Response(await work.run(lambda: json_text(found())), media_type=JSON)

    @app.get(
        "/v1/privacy/status", response_model=PrivacyStatusOut, responses=_SAID, openapi_extra=extra, tags=["privacy"]
    )
    async def privacy_status(request: Request) -> Response:
        """What is left of every population's privacy budget, and which spends are open."""
        return await answer(request, ledger.status)

    @app.get(
        "/v1/privacy/spends", response_model=PrivacySpendsOut, responses=_SAID, openapi_extra=extra, tags=["privacy"]
    )
    async def privacy_spends(request: Request) -> Response:
        """Every use of people's data: its mechanism, its price, who asked, and what was released."""
        return await answer(request, ledger.spends)
