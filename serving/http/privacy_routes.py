"""The routes by which auditors read what a home's ledger says: what is left of each budget, and each use of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from privacy.ledger.registry_entry import LONGEST_TEXT, MOST_TEXTS, NAME, USE, DeploymentFacts, is_fact
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.ledger_wire import PrivacyRegistryOut, PrivacySpendsOut, PrivacyStatusOut
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.service_frame import JSON, WorkerPool, json_text, queried, query_items, refusals
from serving.http.tokens import AUDIT

_SAID: Final = refusals(
    problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.NOT_FOUND, problems.TOO_MANY, problems.BUSY,
    problems.LEDGER_UNAVAILABLE,
)  # fmt: skip
_WAITING: Final = 8
_TEXTS: Final = f"at least one text of 1 to {LONGEST_TEXT} characters, at most {MOST_TEXTS}"
_ONE: Final = {"type": "string", "maxLength": LONGEST_TEXT}
_MANY: Final = {"type": "array", "items": _ONE, "maxItems": MOST_TEXTS}
_ONCE: Final = ("population", "region", "name", "use")
_SEVERAL: Final = ("curator", "author", "source")
_NEEDED: Final = ("population", "region", "curator", "author")
_FACTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "population": ("Whose uses are described.", _ONE),
    "region": ("Whom the data are about, such as South Korea.", _ONE),
    "name": (f"Of what is published; absent means {NAME}.", _ONE),
    "use": (f"What it is for; absent means: {USE}.", _ONE),
    "curator": ("Who publishes; at least one.", _MANY),
    "author": ("Who fills this in; at least one.", _MANY),
    "source": ("Where more is said.", _MANY),
}


class LedgerReading(Protocol):
    """What the routes ask of the ledger behind them; called in a worker thread."""

    def status(self) -> Mapping[str, Any]:
        """What every population has left; raises RefusedError where there is no ledger, or none that can be trusted."""
        ...

    def spends(self) -> Mapping[str, Any]:
        """Every use of people's data, in the order of the entries; raises RefusedError likewise."""
        ...

    def registry(self, population: str, facts: DeploymentFacts) -> Mapping[str, Any]:
        """The entry of a population in the registry of deployments; raises RefusedError where nothing was published."""
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

    _add_registry(app, ledger, access, clock, work)


def _add_registry(
    app: FastAPI, ledger: LedgerReading, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.get(
        "/v1/privacy/registry", response_model=PrivacyRegistryOut, tags=["privacy"],
        responses=_SAID | refusals(problems.UNPROCESSABLE), openapi_extra=queried(_FACTS, AUDIT, needed=_NEEDED),
    )  # fmt: skip
    async def privacy_registry(request: Request) -> Response:
        """The entry of the OpenDP registry of deployments that the ledger has the facts for, as a draft."""
        need(access.caller(request, clock()), AUDIT)
        population, facts = _described(request)
        return Response(await work.run(lambda: json_text(ledger.registry(population, facts))), media_type=JSON)


def _described(request: Request) -> tuple[str, DeploymentFacts]:
    """The population that is asked for, and what no ledger knows of a deployment."""
    given: dict[str, list[str]] = {}
    for name, value in query_items(request, _ONCE, _SEVERAL):
        given.setdefault(name, []).append(value)
    wrong = [ProblemItemValue(f"/{name}", _TEXTS) for name in _NEEDED if name not in given]
    for name, values in given.items():
        if len(values) > MOST_TEXTS or not all(map(is_fact, values)):
            wrong.append(ProblemItemValue(f"/{name}", _TEXTS))
    if wrong:
        raise RefusedError(problems.UNPROCESSABLE, "The entry cannot be written so.", wrong)
    one = {name: values[0] for name, values in given.items()}
    curators, authors, sources = (tuple(given.get(name, ())) for name in _SEVERAL)
    facts = DeploymentFacts(one.get("name", NAME), curators, authors, one["region"], one.get("use", USE), sources)
    return one["population"], facts
