"""Citizen rights pages: why somebody is shown a programme, what they agree to, and what they ask of an office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from rendering import consent_page, reason_page
from rendering.consent_page import consents_view
from rendering.reason_page import requests_view, why_view
from serving.http import problem_documents as problems
from serving.http.list_page import MOST_SHOWN, ListPage
from serving.http.problem_documents import RefusedError
from serving.http.request_wire import ReviewRequest
from serving.http.rights_routes import consent_stated
from serving.http.rights_wire import ConsentRequest
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.page_form import LONGEST_TEXT, PageForm
from serving.pages.page_frame import GoOn, PageShown, Visit

CONSENTS: Final = "/citizen/consents"
REQUESTS: Final = "/citizen/requests"


@dataclass(frozen=True)
class RightsPages:
    """The rights of whoever looks."""

    desk: CitizenDesk

    def why(self, visit: Visit) -> PageShown:
        """Why a programme is shown, from the decision that is on record of it."""
        id_ = self.desk.answer(visit)["decision_id"]
        kept = self.desk.log.records.decision(id_, lambda citizen: citizen == visit.subject)
        explained = {"decision_id": id_, **self.desk.answers.explain(kept, "full", None)}
        told = next((one for one in explained["programmes"] if one["programme"] == visit.of["programme"]), None)
        if told is None:
            raise RefusedError(problems.NOT_FOUND, "Nothing is shown of this programme.")
        return PageShown(reason_page.WHY, why_view(explained, told, visit.voice))

    def consents(self, visit: Visit) -> PageShown:
        """Everything that can be agreed to or taken back."""
        consents = self.desk.answers.consents
        channels = {name: one.title.to_document() for name, one in consents.policy.channels.items() if one.title}
        told = consents.told(visit.subject, self.desk.held(visit))
        return PageShown(consent_page.TEMPLATE, consents_view(told, channels, visit.voice))

    def consent(self, visit: Visit, form: PageForm) -> GoOn:
        """Agree to something, or take it back: from the next request on."""
        given = form.text("given") == "yes"
        try:
            asked = ConsentRequest(purpose=form.text("purpose"), given=given)
        except ValidationError:
            raise RefusedError(problems.UNPROCESSABLE, "Nothing is done for this purpose.") from None
        consent_stated(self.desk.answers, self.desk.log, visit.subject, asked, visit.now)
        said = visit.voice.say(f"citizen.consents.saved_{'on' if given else 'off'}")
        return GoOn(CONSENTS, visit.session.telling(said))

    def requests(self, visit: Visit) -> PageShown:
        """What was asked of an office, until when it answers, and what it said."""
        found = self.desk.log.requests.of(visit.subject, visit.now, ListPage("", MOST_SHOWN))["requests"]
        labels = {name: one.label for name, one in self.desk.answers.engine.declaration.facts.items()}
        return PageShown(reason_page.REQUESTS, requests_view(found, labels, visit.voice, self.desk.day_of))

    def review(self, visit: Visit) -> PageShown:
        """The form by which a person is asked to look."""
        title = visit.voice.say("citizen.requests.ask")
        return PageShown(reason_page.REVIEW, {"title": title, "decision": visit.query.get("decision", "")})

    def reviewed(self, visit: Visit, form: PageForm) -> GoOn:
        """Ask that a person looks."""
        try:
            decision = form.text("decision") or None
            asked = ReviewRequest(reason=form.text("reason").strip()[:LONGEST_TEXT], decision_id=decision)
        except ValidationError:
            raise RefusedError(problems.UNPROCESSABLE, "Say what should be looked at.") from None
        due = self._asked_already(visit, asked)
        if due is None:
            due = self.desk.log.requests.review(visit.subject, asked.reason, asked.decision_id, visit.now).due
        said = visit.voice.say("citizen.requests.sent", day=self.desk.day_of(due))
        return GoOn(REQUESTS, visit.session.telling(said))

    def _asked_already(self, visit: Visit, asked: ReviewRequest) -> int | None:
        """When the same request is due that still waits: whoever presses twice, or sends a form again, asks once."""
        same = {"kind": "review", "state": "open", "reason": asked.reason, "decision_id": asked.decision_id}
        held = self.desk.log.requests.of(visit.subject, visit.now, ListPage("", MOST_SHOWN))["requests"]
        return next((one["due"] for one in held if all(one.get(key) == value for key, value in same.items())), None)
