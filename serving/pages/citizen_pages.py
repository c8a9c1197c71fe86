"""Citizen pages: what somebody may get, by the desks that answer the API, on record as its answers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from rendering import offers_page
from serving.http.citizen_routes import LifeAnswers, LifeQuestion, LifeReading
from serving.http.wire import MAX_K, RecommendationRequest
from serving.pages.page_frame import PageFrame, PageShown, Visit
from serving.pages.page_role import CITIZEN

OFFERS: Final = "/citizen"


class CitizenAnswers(LifeAnswers, Protocol):
    """What the pages ask of the engine behind them; called in a worker thread."""


class CitizenLog(LifeReading, Protocol):
    """What the pages ask of the event log behind them; called in a worker thread."""


@dataclass(frozen=True)
class CitizenPages:
    """The pages of whoever looks at them."""

    answers: CitizenAnswers
    log: CitizenLog

    def offers(self, visit: Visit) -> PageShown:
        """What there is for this citizen."""
        asked = RecommendationRequest(events=[], k=MAX_K)
        answer = LifeQuestion(asked, visit.subject, visit.now, plain=True).answered(self.answers, self.log)
        return PageShown(offers_page.TEMPLATE, offers_page.offers_view(answer, visit.voice))


def add_citizen_pages(frame: PageFrame, answers: CitizenAnswers, log: CitizenLog) -> None:
    """Add the pages."""
    pages = CitizenPages(answers, log)
    frame.shows(OFFERS, CITIZEN, pages.offers, "citizen.offers.name")
