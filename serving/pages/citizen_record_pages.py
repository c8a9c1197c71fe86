"""Citizen record pages: what is known of somebody's life and household, and how they say that it is otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rendering import household_page, life_page
from rendering.household_page import fact_view, household_view
from rendering.life_page import Happening, life_view
from rendering.question_view import answered
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.page_form import LONGEST_TEXT, PageForm
from serving.pages.page_frame import GoOn, PageShown, Visit

HOUSEHOLD: Final = "/citizen/household"


@dataclass(frozen=True)
class RecordPages:
    """What is known of whoever looks."""

    desk: CitizenDesk

    def life(self, visit: Visit) -> PageShown:
        """What happened, opened, was taken or missed, and what will come."""
        engine, answer = self.desk.answers.engine, self.desk.answer(visit)
        events = engine.declaration.events
        happened = [
            Happening(
                one.type, self.desk.day_of(one.time), dict(events[one.type].title), str(one.data.get("programme", ""))
            )
            for one in self.desk.held(visit)
            if one.type in events and one.subject == visit.subject
        ]
        titles = {one.id: one.title.to_document() for one in engine.catalogue.programmes}
        return PageShown(life_page.TEMPLATE, life_view(happened, answer, titles, visit.voice))

    def household(self, visit: Visit) -> PageShown:
        """Everything that is known, and what is not."""
        facts = self.desk.answers.engine.declaration.facts
        lists = [(name, one.question) for name, one in facts.items() if one.kind.type == "dates" and not one.derived]
        return PageShown(household_page.TEMPLATE, household_view(self.desk.known(visit), lists, visit.voice))

    def fact(self, visit: Visit) -> PageShown | GoOn:
        """One fact, to be said or to be claimed wrong; for one that is computed, what it is computed from."""
        day, name = self.desk.today(visit), visit.of["fact"]
        declared = self.desk.answers.engine.declaration.facts.get(name)
        if declared is not None and declared.derived is not None:
            return GoOn(f"/citizen/fact/{declared.derived.of}")
        asked = self.desk.facts.question(name, day)
        if asked is None:
            raise RefusedError(problems.NOT_FOUND, "There is no such fact.")
        known = next((one for one in self.desk.known(visit)["facts"] if one["fact"] == name and one["known"]), None)
        regions = self.desk.facts.region_names(day) if asked["answers"]["type"] == "region" else {}
        return PageShown(household_page.FACT, fact_view(asked, known, regions, visit.voice))

    def claim(self, visit: Visit, form: PageForm) -> GoOn:
        """Claim that a fact is another than a register says: it counts at once, and an office looks at it."""
        asked = self.desk.facts.question(form.text("fact"), self.desk.today(visit))
        facts = None if asked is None else answered(asked, form.fields.get("answer", ()), form.fields.get("box", ()))
        if facts is None:
            back = f"/citizen/fact/{form.text('fact')}" if asked is not None else HOUSEHOLD
            return GoOn(back, visit.session.telling(visit.voice.say("citizen.question.wrong")))
        made = []
        note = form.text("note")[:LONGEST_TEXT]
        told = self.desk.after(
            visit, lambda: made.append(self.desk.log.requests.claim(visit.subject, facts, note, visit.now)[0])
        )
        said = visit.voice.say("citizen.fact.sent", day=self.desk.day_of(made[0].due))
        return GoOn("/citizen/requests", visit.session.telling(said, *told))
