"""The routes of decisions on record: explained, whole, and listed; who may not read one learns nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, may_see, need, whose
from serving.http.decision_wire import DecisionRecordOut, DecisionsOut, ExplanationOut
from serving.http.list_page import MOST_SHOWN, ListPage
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.service_frame import JSON, WorkerPool, json_text, page_of, page_query, queried, query_items, refusals
from serving.http.tokens import READ, Caller
from serving.records.decision_log import KeptDecision
from serving.records.explanation import Length

_LENGTHS: Final[Mapping[str, Length]] = {"short": "short", "full": "full"}
_QUERY: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "explain": ("How much is told; absent means short.", {"type": "string", "enum": [*_LENGTHS]}),
    "language": ("In which language texts stand; absent means in each.", {"type": "string"}),
}
_NOBODY: Final = "Nothing is on record under this id, or the token is not for reading it."


class Explaining(Protocol):
    """What the application asks of the engine behind it; called in a worker thread."""

    def explain(self, decision: KeptDecision, length: Length, language: str | None) -> Mapping[str, Any]:
        """A decision explained; raises RefusedError for a language that there is none of."""
        ...


class DecisionReading(Protocol):
    """What the application asks of the records behind it; called in a worker thread."""

    def decision(self, id_: str, readable: Callable[[str], bool]) -> KeptDecision:
        """A decision on record; raises RefusedError where there is none that the caller may read."""
        ...

    def decisions(self, citizen: str, page: ListPage) -> Mapping[str, Any]:
        """A page of the decisions about somebody, the latest first; raises RefusedError for a cursor that is none."""
        ...


class RecordReading(Protocol):
    """A log with records beside it."""

    @property
    def records(self) -> DecisionReading:
        """The records."""
        ...


def add_decisions(
    app: FastAPI, answers: Explaining, log: RecordReading, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    """Add the routes; `work` are the threads that recommend."""
    said, bearer = refusals(*problems.READING), queried({}, READ)

    def reader(request: Request) -> Caller:
        caller = access.caller(request, clock())
        need(caller, READ)
        return caller

    @app.get("/v1/decisions/{decision_id}", response_model=ExplanationOut, tags=["decisions"],
             responses=refusals(*problems.READING, problems.UNPROCESSABLE),
             openapi_extra=queried(_QUERY, READ))  # fmt: skip
    async def decision_explanation(request: Request, decision_id: str) -> Response:
        """Why: a decision on record explained to the person it is about, in short or in full."""
        caller, (length, language) = reader(request), _asked(request)

        def answered() -> str:
            found = log.records.decision(decision_id, lambda citizen: may_see(caller, citizen))
            told = answers.explain(found, length, language)
            return json_text({"decision_id": found.id, "made": found.made, **told})

        return Response(await work.run(answered), media_type=JSON)

    @app.get("/v1/decisions/{decision_id}/record", response_model=DecisionRecordOut, responses=said,
             openapi_extra=bearer, tags=["decisions"])  # fmt: skip
    async def decision_record(request: Request, decision_id: str) -> Response:
        """A decision on record, whole: what `proffer replay` makes again."""
        caller = reader(request)

        def answered() -> str:
            found = log.records.decision(decision_id, lambda citizen: may_see(caller, citizen))
            return json_text({"decision_id": found.id, "made": found.made, **found.decision.to_document()})

        return Response(await work.run(answered), media_type=JSON)

    @app.get("/v1/citizens/{citizen:path}/decisions", response_model=DecisionsOut, tags=["decisions"],
             responses=refusals(*problems.READING, problems.UNPROCESSABLE),
             openapi_extra=queried(page_query(MOST_SHOWN), READ))  # fmt: skip
    async def citizen_decisions(request: Request, citizen: str) -> Response:
        """The decisions on record about one citizen, the latest first, page by page."""
        name = whose(access.caller(request, clock()), citizen, READ, _NOBODY)
        page = page_of(request, MOST_SHOWN)
        return Response(await work.run(lambda: json_text(log.records.decisions(name, page))), media_type=JSON)


def _asked(request: Request) -> tuple[Length, str | None]:
    query = dict(query_items(request, _QUERY))
    length = _LENGTHS.get(query.get("explain", "short"))
    if length is None:
        item = ProblemItemValue("/explain", f"one of {', '.join(_LENGTHS)}")
        raise RefusedError(problems.UNPROCESSABLE, "The query cannot be answered as it stands.", [item])
    return length, query.get("language")
