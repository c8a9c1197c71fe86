"""The route for many people at once, such as a city's nightly run; each has a result of its own, none is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.answer_form import explained_so
from serving.http.batch_wire import BatchOut, BatchPerson, BatchRequest
from serving.http.problem_documents import RefusedError, document
from serving.http.service_frame import JSON, WorkerPool, documented, fitted, json_text, refusals
from serving.http.tokens import ACT_AS, READ
from serving.http.wire import RecommendationRequest

_EXAMPLE: Final = {
    "people": [{"ref": "1", "facts": {"birth_date": "1993-04-02", "sex": "female"}}, {"ref": "2", "facts": {}}],
    "k": 5,
}  # fmt: skip
_REFUSED: Final = (
    problems.MALFORMED_BODY, problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.TIMED_OUT,
    problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA, problems.UNPROCESSABLE, problems.TOO_MANY, problems.BUSY,
)  # fmt: skip


class BatchAnswers(Protocol):
    """What the route asks of the engine behind it; called in a worker thread."""

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        """The answer to what is sent, as JSON; raises RefusedError where it cannot be judged."""
        ...


def add_batch(
    app: FastAPI, answers: BatchAnswers, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    """Add the route; each person waits for a turn in `work`, so that others are served between them."""

    @app.post("/v1/batch/recommendations", response_model=BatchOut, responses=refusals(*_REFUSED),
              openapi_extra=documented(BatchRequest, _EXAMPLE, READ, ACT_AS), tags=["recommendations"])  # fmt: skip
    async def batch_recommendations(request: Request) -> Response:
        """Ranked recommendations for each of up to a hundred people; one that cannot be judged refuses no other."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, READ)
        need(caller, ACT_AS)
        asked = await fitted(request, BatchRequest)
        told = [await work.run(lambda one=person: _told(answers, asked, one, now)) for person in asked.people]  # type: ignore[misc]
        return Response(f'{{"results":[{",".join(told)}]}}', media_type=JSON)


def _told(answers: BatchAnswers, asked: BatchRequest, person: BatchPerson, now: int) -> str:
    one = RecommendationRequest(facts=person.facts, applicant=person.applicant, as_of=asked.as_of, k=asked.k)
    result: dict[str, Any] = {"ref": person.ref, "status": 200, "answer": None, "problem": None}
    try:
        result["answer"] = explained_so(answers.recommend(one, person.ref, now), asked.explain)
    except RefusedError as refusal:
        told = document(refusal.kind, refusal.detail, refusal.items)
        result |= {"status": refusal.kind.status, "problem": told}
    return json_text(result)
