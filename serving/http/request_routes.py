"""The routes of what citizens ask of an office: claims, reviews, and the rulings on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.log.event import Event
from serving.http import problem_documents as problems
from serving.http.access import Authentication, need, whose
from serving.http.list_page import MOST_SHOWN
from serving.http.request_desk import RequestDesk
from serving.http.request_wire import ClaimedOut, ClaimRequest, RequestOut, RequestsOut, ReviewRequest, RulingRequest
from serving.http.service_frame import (
    JSON,
    WorkerPool,
    documented,
    fitted,
    json_text,
    page_of,
    page_query,
    queried,
    refusals,
)
from serving.http.stand_in import Errand, Grounds, LivesAndActs, StandIns
from serving.http.tokens import ACT_AS, READ, RIGHTS

_LISTED: Final = refusals(*problems.READING, problems.UNPROCESSABLE)
_NOBODY: Final = "Nothing is known under this id, or the token is not for acting on it."
_CITIZEN: Final = "/v1/citizens/{citizen:path}"
_CLAIMING: Final = Errand(RIGHTS, "claims:write", _NOBODY)
_CLAIMED: Final = Errand(READ, "claims:read", _NOBODY)
_CLAIM: Final = {"facts": {"region": "11440"}, "note": "I moved in May."}
_REVIEW: Final = {"reason": "The child lives with me.", "decision_id": None}
_RULING: Final = {"granted": True, "note": "The address was checked."}


class EffectAnswers(Grounds, Protocol):
    """What the application asks of the engine behind it; called in a worker thread."""

    def effect(
        self, citizen: str, before: Sequence[Event], after: Sequence[Event], now: int, acting: str = ""
    ) -> Sequence[Any]:
        """Which programmes stand otherwise after than before, to whoever acts on the ground `acting`."""
        ...


class Requesting(LivesAndActs, Protocol):
    """What the application asks of the event log behind it; called in a worker thread."""

    @property
    def requests(self) -> RequestDesk:
        """What citizens ask of an office."""
        ...


def add_requests(
    app: FastAPI, answers: EffectAnswers, log: Requesting, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    """Add the routes; `work` are the threads that recommend."""
    _add_rulings(app, log, access, clock, work)
    stand_ins = StandIns(answers, log)

    @app.post(f"{_CITIZEN}/claims", response_model=ClaimedOut, responses=refusals(*problems.WRITING), tags=["rights"],
              openapi_extra=documented(ClaimRequest, _CLAIM, RIGHTS))  # fmt: skip
    async def claim(request: Request, citizen: str) -> Response:
        """Claim that a fact is another than a register says: it counts at once; an office confirms or refuses it."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, _CLAIMING)
        asked, ground = await fitted(request, ClaimRequest), "" if act is None else act.ground

        def kept() -> str:
            made, before = log.requests.claim(name, asked.facts, asked.note, now, acting=bool(ground))
            effect = answers.effect(name, before, log.life(name), now, ground)
            return json_text({**made.to_document(now), "effect": effect})

        return Response(await work.run(kept), media_type=JSON)

    @app.post(f"{_CITIZEN}/reviews", response_model=RequestOut, responses=refusals(*problems.WRITING), tags=["rights"],
              openapi_extra=documented(ReviewRequest, _REVIEW, RIGHTS))  # fmt: skip
    async def review(request: Request, citizen: str) -> Response:
        """Ask that a person reviews a decision: the answer is due within 30 days."""
        now = clock()
        name = whose(access.caller(request, now), citizen, RIGHTS, _NOBODY)
        asked = await fitted(request, ReviewRequest)

        def kept() -> str:
            return json_text(log.requests.review(name, asked.reason, asked.decision_id, now).to_document(now))

        return Response(await work.run(kept), media_type=JSON)

    @app.get(f"{_CITIZEN}/requests", response_model=RequestsOut, responses=_LISTED,
             openapi_extra=queried(page_query(MOST_SHOWN), READ), tags=["rights"])  # fmt: skip
    async def citizen_requests(request: Request, citizen: str) -> Response:
        """The claims and reviews of one citizen, the latest first, page by page, and how they were ruled on."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, _CLAIMED)
        page, acting = page_of(request, MOST_SHOWN), act is not None
        answer = await work.run(lambda: json_text(log.requests.of(name, now, page, acting=acting)))
        return Response(answer, media_type=JSON)


def _add_rulings(
    app: FastAPI, log: Requesting, access: Authentication, clock: Callable[[], int], work: WorkerPool
) -> None:
    @app.get("/v1/requests", response_model=RequestsOut, responses=_LISTED,
             openapi_extra=queried(page_query(MOST_SHOWN), READ, ACT_AS), tags=["rights"])  # fmt: skip
    async def open_requests(request: Request) -> Response:
        """The open claims and reviews of everybody, those first that are due first, page by page."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, READ)
        need(caller, ACT_AS)
        page = page_of(request, MOST_SHOWN)
        return Response(await work.run(lambda: json_text(log.requests.waiting(now, page))), media_type=JSON)

    @app.post("/v1/requests/{request_id}/ruling", response_model=RequestOut, tags=["rights"],
              responses=refusals(*problems.WRITING, problems.CONFLICT),
              openapi_extra=documented(RulingRequest, _RULING, RIGHTS, ACT_AS))  # fmt: skip
    async def rule(request: Request, request_id: str) -> Response:
        """Confirm or refuse a claim, or answer a review; nobody rules on what is their own."""
        now = clock()
        caller = access.caller(request, now)
        need(caller, RIGHTS)
        need(caller, ACT_AS)
        asked = await fitted(request, RulingRequest)

        def ruled() -> str:
            done = log.requests.rule(request_id, asked.granted, asked.note, caller.subject, now)
            return json_text(done.to_document(now))

        return Response(await work.run(ruled), media_type=JSON)
