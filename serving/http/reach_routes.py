"""The route that counts how many people a draft rule reaches, for agencies; nothing of the rule is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from serving.http import problem_documents as problems
from serving.http.access import Authentication, need
from serving.http.reach_wire import ReachOut, ReachRequest
from serving.http.service_frame import JSON, WorkerPool, documented, fitted, json_text, refusals
from serving.http.tokens import REACH

__all__ = ["LARGEST_RULE", "ReachCounting", "add_reach"]

LARGEST_RULE: Final = 65_536
"""Bytes of a rule with its request."""
AT_WORK: Final = 1
WAITING: Final = 32
_EXAMPLE: Final = {
    "rule": {"who": {"all": [{"fact": "age", "at_least": 65}, {"fact": "income_percent", "at_most": 70}]}},
    "by": ["region", "group"],
}
_REFUSED: Final = (
    problems.MALFORMED_BODY, problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.NOT_FOUND,
    problems.TIMED_OUT, problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA, problems.UNPROCESSABLE, problems.TOO_MANY,
    problems.BUSY,
)  # fmt: skip


class ReachCounting(Protocol):
    """What the route asks of the desk behind it; called in a worker thread."""

    def count(self, rule: Mapping[str, Any], by: Sequence[str]) -> Mapping[str, Any]:
        """How everybody stands to a rule, as JSON; raises RefusedError where it cannot be counted."""
        ...


def add_reach(app: FastAPI, desk: ReachCounting, access: Authentication, clock: Callable[[], int]) -> None:
    """Add the route; callers wait for their turn, one rule at a time."""
    work = WorkerPool(AT_WORK, WAITING, "reach")

    @app.post("/v1/reach", response_model=ReachOut, responses=refusals(*_REFUSED),
              openapi_extra=documented(ReachRequest, _EXAMPLE, REACH), tags=["reach"])  # fmt: skip
    async def reach(request: Request) -> Response:
        """How many people stand how to a draft rule: yes, likely, depends or no, by region and by group."""
        need(access.caller(request, clock()), REACH)
        asked = await fitted(request, ReachRequest, LARGEST_RULE)
        return Response(await work.run(lambda: json_text(desk.count(asked.rule, asked.by))), media_type=JSON)
