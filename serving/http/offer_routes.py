"""The routes of a citizen's offers: listed, declined and put off; they appear to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response
from starlette.requests import Request

from features.calendar import ISO_DAY, day_of
from serving.http import problem_documents as problems
from serving.http.access import Authentication
from serving.http.offer_wire import OfferAnswerOut, OffersOut, SnoozeRequest
from serving.http.problem_documents import ProblemItemValue, RefusedError
from serving.http.service_frame import JSON, WorkerPool, documented, fitted, json_text, queried, query_items, refusals
from serving.http.stand_in import Errand, Grounds, LivesAndActs, StandIns
from serving.http.tokens import ANSWER, READ

_QUERY: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "channel": ("Through which channel they are looked at; absent means the first of the country.", {"type": "string"}),
}
_REFUSED: Final = (
    problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.NOT_FOUND, problems.UNPROCESSABLE,
    problems.TOO_MANY, problems.BUSY, problems.LOG_UNAVAILABLE,
)  # fmt: skip
_BODY: Final = (problems.MALFORMED_BODY, problems.TIMED_OUT, problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA)
_NOBODY: Final = "There is no such offer, or the token is not for reading it."
_LISTING: Final = Errand(READ, "offers:read", _NOBODY)
_ANSWERING: Final = Errand(ANSWER, "offers:answer", _NOBODY)
_OF_ONE: Final = "/v1/citizens/{citizen:path}/offers/{offer}"


class Offering(Protocol):
    """What the application asks of the offers behind it; called in a worker thread."""

    def offers(self, citizen: str, channel: str | None, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """What a citizen is offered now; raises RefusedError where nothing is known of them."""
        ...

    def decline(self, citizen: str, offer: str, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """Decline an offer, durably; raises RefusedError where it is not theirs or does not stand."""
        ...

    def snooze(self, citizen: str, offer: str, until: int, now: int, *, acting: bool = False) -> Mapping[str, Any]:
        """Put an offer off until a day, durably; raises RefusedError as above."""
        ...


class LogWithOffers(LivesAndActs, Protocol):
    """A log with offers beside it."""

    @property
    def offers(self) -> Offering:
        """The offers; raises RefusedError where this service has none."""
        ...


def add_offers(
    app: FastAPI, answers: Grounds, log: LogWithOffers, access: Authentication, clock: Callable[[], int],
    work: WorkerPool,
) -> None:  # fmt: skip
    """Add the routes; `work` are the threads that recommend."""
    stand_ins = StandIns(answers, log)
    settled = refusals(*_REFUSED, problems.OFFER_SETTLED)

    @app.get("/v1/citizens/{citizen:path}/offers", response_model=OffersOut, responses=refusals(*_REFUSED),
             openapi_extra=queried(_QUERY, READ), tags=["offers"])  # fmt: skip
    async def citizen_offers(request: Request, citizen: str) -> Response:
        """What one citizen is offered now, and what was taken back of what was offered."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, _LISTING)
        channel, acting = dict(query_items(request, _QUERY)).get("channel"), act is not None
        answer = await work.run(lambda: json_text(log.offers.offers(name, channel, now, acting=acting)))
        return Response(answer, media_type=JSON)

    @app.post(_OF_ONE + "/decline", response_model=OfferAnswerOut, responses=settled,
              openapi_extra=queried({}, ANSWER), tags=["offers"])  # fmt: skip
    async def offer_decline(request: Request, citizen: str, offer: str) -> Response:
        """Decline an offer; the programme is offered again only once it changed, and stays among recommendations."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, _ANSWERING)
        acting = act is not None
        answer = await work.run(lambda: json_text(log.offers.decline(name, offer, now, acting=acting)))
        return Response(answer, media_type=JSON)

    @app.post(_OF_ONE + "/snooze", response_model=OfferAnswerOut,
              responses=refusals(*_REFUSED, *_BODY, problems.OFFER_SETTLED),
              openapi_extra=documented(SnoozeRequest, {"until": "2026-12-01"}, ANSWER), tags=["offers"])  # fmt: skip
    async def offer_snooze(request: Request, citizen: str, offer: str) -> Response:
        """Put an offer off until a day."""
        now = clock()
        name, act = await stand_ins.admitted(work, access.caller(request, now), citizen, now, _ANSWERING)
        until, acting = _day((await fitted(request, SnoozeRequest)).until), act is not None
        answer = await work.run(lambda: json_text(log.offers.snooze(name, offer, until, now, acting=acting)))
        return Response(answer, media_type=JSON)


def _day(text: str) -> int:
    try:
        if ISO_DAY.fullmatch(text):
            return day_of(date.fromisoformat(text))
    except ValueError:
        pass
    item = ProblemItemValue("/until", "a day of the calendar, written YYYY-MM-DD")
    raise RefusedError(problems.UNPROCESSABLE, "The offer cannot be put off until then.", [item])
