"""Caseworker pages: requests with their clocks, people who agreed to be looked up, and what is brought to people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final, NamedTuple

from features.problem import Rejected
from rendering import casework_page, contact_page
from rendering.contact_page import PrintedMessage, letters_view
from rendering.offers_page import OffersShown
from serving.http import problem_documents as problems
from serving.http.citizen_routes import LifeQuestion
from serving.http.list_page import MOST_SHOWN, ListPage
from serving.http.problem_documents import RefusedError
from serving.http.record_desk import available
from serving.http.stand_in import LOOKING_UP, StandIns
from serving.http.wire import MAX_K, RecommendationRequest
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.page_form import LONGEST_TEXT, PageForm
from serving.pages.page_frame import GoOn, PageFrame, PageShown, Visit
from serving.pages.page_role import CASEWORKER
from serving.proactive import contact_list
from serving.proactive.offer_look import Watch
from serving.proactive.store_access import Stores
from serving.records.act_book import Act

QUICK_SECONDS: Final = 5
"""Whoever rules sooner after the page was shown can hardly have read it."""
EXPLAINED: Final = "decision:explained"
_OFFICE: Final = "office"
_PEOPLE: Final = "/caseworker/people"
_BRING: Final = "/caseworker/bring"
_CALLS: Final = "caseworker"


class ContactWork(NamedTuple):
    """What is brought to people: the store, and what looks at whether a message may still leave."""

    stores: Stores
    watch: Callable[[], Watch]


@dataclass(frozen=True)
class CaseworkPages:
    """The pages of caseworkers."""

    desk: CitizenDesk
    contact: ContactWork

    # --- requests ----------------------------------------------------------------------------------------------------

    def requests(self, visit: Visit) -> PageShown:
        """What waits for an answer, what is late first."""
        found = self.desk.log.requests.waiting(visit.now, ListPage("", MOST_SHOWN))["requests"]
        view = casework_page.list_view(found, visit.now, self.desk.day_of, visit.voice)
        return PageShown(casework_page.LIST, view)

    def request(self, visit: Visit) -> PageShown:
        """One request; with its reasons, which is on record of whoever opened them."""
        one = self.desk.log.requests.one(visit.of["request"], visit.now)
        explained = None
        if "reasons" in visit.query and one.get("decision_id"):
            kept = self.desk.log.records.decision(one["decision_id"], lambda citizen: citizen == one["citizen"])
            explained = self.desk.answers.explain(kept, "full", None)
            self._record(visit, one["citizen"], EXPLAINED)
        return self._shown(visit, one, explained)

    def _shown(
        self, visit: Visit, one: Mapping[str, Any], explained: Mapping[str, Any] | None = None, status: int = 200,
        **more: object,
    ) -> PageShown:  # fmt: skip
        labels = {name: fact.label for name, fact in self.desk.answers.engine.declaration.facts.items()}
        view = casework_page.request_view(one, labels, explained, visit.now, self.desk.day_of, visit.voice)
        return PageShown(casework_page.ONE, {"wrong": "", "note": "", **view, **more}, status)

    def rule(self, visit: Visit, form: PageForm) -> PageShown | GoOn:
        """Rule on a request, with a reason; whoever comes second is told, and keeps what they wrote."""
        id_, note = visit.of["request"], form.text("note").strip()[:LONGEST_TEXT]
        one, chosen = self.desk.log.requests.one(id_, visit.now), form.text("granted")
        if not note or chosen not in ("yes", "no"):
            return self._shown(visit, one, None, 422, wrong=visit.voice.say("case.one.no_note"), note=note)
        try:
            self.desk.log.requests.rule(id_, chosen == "yes", note, visit.subject, visit.now)
        except RefusedError as refusal:
            if refusal.kind is not problems.CONFLICT:
                raise
            told = "case.one.own" if one["citizen"] == visit.subject else "case.one.too_late"
            one = self.desk.log.requests.one(id_, visit.now)
            return self._shown(visit, one, None, 409, wrong=visit.voice.say(told), note=note)
        self._record(visit, one["citizen"], self._ruling(visit, one, chosen == "yes", form.text("shown")))
        return GoOn(casework_page.REQUESTS, visit.session.telling(visit.voice.say("case.one.done")))

    def _ruling(self, visit: Visit, one: Mapping[str, Any], granted: bool, shown: str) -> str:
        """What is put on record of a ruling: of a review, whether what it confirms had been looked at."""
        if one["kind"] == "claim":
            return f"claim:{'granted' if granted else 'refused'}"
        if granted:
            return casework_page.CHANGED
        read = self.desk.log.records.did(visit.subject, one["citizen"], EXPLAINED, one["made"])
        quick = shown.isdigit() and visit.now - int(shown[:12]) < QUICK_SECONDS
        unread = "" if read or not one.get("decision_id") else casework_page.UNREAD
        return casework_page.CONFIRMED + unread + (casework_page.QUICK if quick else "")

    def _record(self, visit: Visit, citizen: str, act: str) -> None:
        self.desk.log.records.acted(Act(token_hex(16), citizen, visit.subject, _OFFICE, act, visit.now))

    # --- people who agreed -------------------------------------------------------------------------------------------

    def people(self, visit: Visit) -> PageShown:
        """Where somebody is looked up; the id stands in no address, so that it is in no history and no log."""
        return PageShown(casework_page.PEOPLE, casework_page.people_view("", None, (), self.desk.day_of, visit.voice))

    def looked_up(self, visit: Visit, form: PageForm) -> PageShown:
        """What there is for somebody who agreed, on record as the caseworker's act; as a stranger who did not."""
        citizen = form.text("citizen").strip()
        try:
            stand_ins = StandIns(self.desk.answers, self.desk.log)
            act = stand_ins.acting(visit.caller, citizen, visit.now, LOOKING_UP)
            asked = RecommendationRequest(events=[], k=MAX_K)
            question = LifeQuestion(asked, citizen, visit.now, plain=True, act=act)
            answer = question.answered(self.desk.answers, self.desk.log)
        except RefusedError as refusal:
            if refusal.kind is not problems.NOT_FOUND:
                raise
            view = casework_page.people_view(citizen, None, (), self.desk.day_of, visit.voice)
            return PageShown(casework_page.PEOPLE, view, 404)
        programmes = {
            one["programme"]: self.desk.programme(visit, one["programme"]) for one in answer["recommendations"]
        }
        acts = [one.to_document() for one in self.desk.log.records.acts(citizen)]
        shown = OffersShown(answer, programmes, {}, {})
        view = casework_page.people_view(citizen, shown, acts, self.desk.day_of, visit.voice)
        return PageShown(casework_page.PEOPLE, view)

    # --- what is brought ---------------------------------------------------------------------------------------------

    def bring(self, visit: Visit) -> PageShown:
        """Letters to send, and whom to call."""
        letters, calls = (self._waiting(visit, channel) for channel in (contact_list.LETTER, _CALLS))
        return PageShown(casework_page.BRING, casework_page.bring_view(letters, calls, visit.voice))

    def letters(self, visit: Visit) -> PageShown:
        """The letters, each on a page of its own, to print."""
        waiting = self._waiting(visit, contact_list.LETTER)
        return PageShown(contact_page.LETTERS, letters_view(waiting, visit.voice), whole=True)

    def brought(self, visit: Visit, form: PageForm) -> GoOn:
        """Say that a message was brought to the person."""
        declaration = self.desk.answers.engine.declaration
        try:
            with self.contact.stores.writing() as store:
                contact_list.bring(store, form.text("message"), visit.now, declaration)
        except Rejected:
            raise RefusedError(problems.NOT_FOUND, "No such message waits.") from None
        return GoOn(_BRING, visit.session.telling(visit.voice.say("case.bring.did")))

    def _waiting(self, visit: Visit, channel: str) -> Sequence[PrintedMessage]:
        watch = self.contact.watch()
        if channel not in watch.policy.channels:
            return ()
        with available("The messages cannot be read now; ask again."):
            found = contact_list.to_bring(self.contact.stores, channel, visit.now, watch)
        bodies = ((json.loads(one.body), one.made) for one in found)
        return [PrintedMessage(body, self.desk.day_of(made)) for body, made in bodies]

    def habits(self, visit: Visit) -> PageShown:
        """How often the computer's answer was confirmed without a look at its reasons."""
        counts = self.desk.log.records.counted()
        return PageShown(casework_page.HABITS, casework_page.habits_view(counts, visit.voice))


def add_caseworker_pages(frame: PageFrame, desk: CitizenDesk, contact: ContactWork) -> None:
    """Add the pages."""
    pages, one = CaseworkPages(desk, contact), f"{casework_page.REQUESTS}/requests/{{request}}"
    frame.shows(casework_page.REQUESTS, CASEWORKER, pages.requests, "case.list.name")
    frame.shows(one, CASEWORKER, pages.request)
    frame.takes(one, CASEWORKER, pages.rule)
    frame.shows(_PEOPLE, CASEWORKER, pages.people, "case.people.name")
    frame.takes(_PEOPLE, CASEWORKER, pages.looked_up)
    frame.shows(_BRING, CASEWORKER, pages.bring, "case.bring.name")
    frame.takes(_BRING, CASEWORKER, pages.brought)
    frame.shows(f"{_BRING}/letters", CASEWORKER, pages.letters)
    frame.shows("/caseworker/habits", CASEWORKER, pages.habits, "case.habits.name")
