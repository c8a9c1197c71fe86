"""Citizen pages: what there is for somebody, answered in place, by the desks that answer the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from features.calendar import day_of
from features.problem import Rejected
from rendering import contact_page, offers_page
from rendering.contact_page import MOST, PrintedMessage, letters_view
from rendering.offers_page import OffersShown, offers_view
from rendering.page import page
from rendering.question_view import answered
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.http.rights_routes import stated
from serving.pages.citizen_desk import CitizenAnswers, CitizenDesk
from serving.pages.citizen_record_pages import RecordPages
from serving.pages.citizen_rights_pages import RightsPages
from serving.pages.page_form import BACK, PageForm, local_path
from serving.pages.page_frame import FileSent, GoOn, PageFrame, PageShown, Visit
from serving.pages.page_role import CITIZEN

OFFERS: Final = "/citizen"
Paper = Callable[[str, str], bytes]
"""Makes PDF of a page in a language; raises Rejected where this machine lacks what that needs."""
REMIND_DAYS: Final = 14
"""So many days after which what was put off is offered again."""


@dataclass(frozen=True)
class OfferPages:
    """What there is for whoever looks, and what they say to it."""

    desk: CitizenDesk
    paper: Paper | None = None

    def offers(self, visit: Visit, *, whole: bool = False) -> PageShown:
        """What there is for this citizen, first of all what belongs together."""
        view = offers_view(self._shown(visit, whole=whole), visit.voice)
        return PageShown(offers_page.TEMPLATE, {**view, "paper": self.paper is not None})

    def _shown(self, visit: Visit, *, whole: bool) -> OffersShown:
        answer, desk = self.desk.answer(visit), self.desk
        programmes = {one["programme"]: desk.programme(visit, one["programme"]) for one in answer["recommendations"]}
        asks_place = any(one["answers"]["type"] == "region" for one in answer["ask_next"])
        regions = desk.facts.region_names(desk.today(visit)) if asks_place else {}
        offers = {one["programme"]: one["id"] for one in self._offered(visit) if one["state"] != "declined"}
        return OffersShown(answer, programmes, offers, regions, whole)

    def _offered(self, visit: Visit) -> list[Mapping[str, Any]]:
        """What is offered; nothing where this service keeps no offers."""
        try:
            return list(self.desk.log.offers.offers(visit.subject, None, visit.now)["offers"])
        except RefusedError:
            return []

    def answer(self, visit: Visit, form: PageForm) -> GoOn:
        """An answer to a question, or that it is left open."""
        back, fact, left = local_path(form.text(BACK), OFFERS), form.text("fact"), form.text("leave")
        asked = next((one for one in self.desk.answer(visit)["ask_next"] if one["fact"] == fact), None)
        asked = asked or self.desk.facts.question(fact, self.desk.today(visit))
        if asked is None:
            raise RefusedError(problems.UNPROCESSABLE, "This is asked of nobody.")
        if left in ("asked", "declined"):
            session = visit.session.leaving_open(fact, left).telling(visit.voice.say("citizen.question.left"))
            return GoOn(OFFERS, session)
        facts = answered(asked, form.fields.get("answer", ()), form.fields.get("box", ()))
        if facts is None:
            return GoOn(back, visit.session.telling(visit.voice.say("citizen.question.wrong")))
        told = self.desk.state(visit, facts)
        saved = visit.voice.say("citizen.question.saved" if told else "citizen.question.none")
        return GoOn(OFFERS, visit.session.telling(saved, *told))

    def programme(self, visit: Visit, form: PageForm) -> GoOn:
        """What somebody says to a programme: not for me, I get it already, remind me."""
        name, offer = form.text("programme"), form.text("offer")
        self.desk.programme(visit, name)
        does: Mapping[str, Callable[[], object]] = {
            "decline": lambda: self._declined(visit, name, offer),
            "already": lambda: self.desk.state(visit, {f"receives.{name}": True}),
            "snooze": lambda: self.desk.log.offers.snooze(
                visit.subject, offer, day_of(self.desk.today(visit)) + REMIND_DAYS, visit.now
            ),
        }
        chosen = form.text("does")
        if chosen not in does:
            raise RefusedError(problems.UNPROCESSABLE, "Nothing was chosen.")
        does[chosen]()
        said = {"decline": "declined", "already": "received", "snooze": "reminded"}[chosen]
        return GoOn(OFFERS, visit.session.telling(visit.voice.say(f"citizen.offers.{said}")))

    def _declined(self, visit: Visit, name: str, offer: str) -> None:
        if offer:
            self.desk.log.offers.decline(visit.subject, offer, visit.now)
        else:
            stated(self.desk.log, visit.subject, "benefit.declined", {"programme": name}, visit.now)

    def letter(self, visit: Visit) -> PageShown:
        """What is offered as letters in large type, as they are sent to people without a screen."""
        offers = [one for one in self._offered(visit) if not one["sensitive"]]
        day = self.desk.today(visit)
        parts = [offers[place : place + MOST] for place in range(0, len(offers), MOST)]
        bodies = [{"kind": "offers", "id": part[0]["id"], "offers": part} for part in parts]
        shown = letters_view([PrintedMessage(body, day) for body in bodies], visit.voice)
        return PageShown(contact_page.LETTERS, shown, whole=True)

    def letter_file(self, visit: Visit) -> FileSent:
        """The same as a file to keep or to print elsewhere.

        Raises:
            RefusedError: 404, this service writes none; 503, it cannot now.
        """
        if self.paper is None:
            raise RefusedError(problems.NOT_FOUND, "No such files are written here.")
        shown = self.letter(visit)
        try:
            made = self.paper(page(shown.template, shown.context), visit.voice.language)
        except Rejected:
            raise RefusedError(problems.BUSY, "The letter cannot be written now.") from None
        return FileSent("letter.pdf", made, "application/pdf")


def add_citizen_pages(frame: PageFrame, answers: CitizenAnswers, desk: Any, paper: Paper | None = None) -> None:
    """Add the pages of citizens over the desks of the service; with `paper`, letters are files, too."""
    shared = CitizenDesk(answers, desk)
    offers, rights, record = OfferPages(shared, paper), RightsPages(shared), RecordPages(shared)
    frame.shows(OFFERS, CITIZEN, offers.offers, "citizen.offers.name")
    frame.shows("/citizen/all", CITIZEN, lambda visit: offers.offers(visit, whole=True))
    frame.shows("/citizen/letter", CITIZEN, offers.letter)
    frame.shows("/citizen/letter.pdf", CITIZEN, offers.letter_file)
    frame.takes("/citizen/answer", CITIZEN, offers.answer)
    frame.takes("/citizen/programme", CITIZEN, offers.programme)
    frame.shows("/citizen/life", CITIZEN, record.life, "citizen.life.name")
    frame.shows("/citizen/household", CITIZEN, record.household, "citizen.household.name")
    frame.shows("/citizen/fact/{fact}", CITIZEN, record.fact)
    frame.takes("/citizen/claim", CITIZEN, record.claim)
    frame.shows("/citizen/why/{programme}", CITIZEN, rights.why)
    frame.shows("/citizen/consents", CITIZEN, rights.consents, "citizen.consents.name")
    frame.takes("/citizen/consents", CITIZEN, rights.consent)
    frame.shows("/citizen/requests", CITIZEN, rights.requests, "citizen.requests.name")
    frame.shows("/citizen/review", CITIZEN, rights.review)
    frame.takes("/citizen/review", CITIZEN, rights.reviewed)
