"""Citizen desk: what the pages of one citizen ask of the desks of the service, and what they write through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from features.calendar import date_of
from features.declaration.vocabulary import STATED
from features.log.event import Event
from recommender.engine import Engine
from rendering.offers_page import changes_told
from rendering.voice import Spoken
from serving.http import problem_documents as problems
from serving.http.citizen_routes import LifeAnswers, LifeQuestion
from serving.http.consent_desk import ConsentDesk
from serving.http.decision_routes import Explaining
from serving.http.fact_desk import FactDesk
from serving.http.log_desk import LogDesk
from serving.http.problem_documents import RefusedError
from serving.http.request_routes import EffectAnswers
from serving.http.rights_routes import stated
from serving.http.wire import MAX_K, RecommendationRequest
from serving.pages.page_frame import Visit

_NOBODY: Final = "No events are known of this person."


class CitizenAnswers(LifeAnswers, Explaining, EffectAnswers, Protocol):
    """What the pages ask of the engine behind them; called in a worker thread."""

    @property
    def engine(self) -> Engine:
        """The engine of this moment."""
        ...

    @property
    def consents(self) -> ConsentDesk:
        """What people can agree to, and how it stands for one."""
        ...


@dataclass(frozen=True)
class CitizenDesk:
    """What is asked and written for whoever looks at a page, about themselves.

    Attributes:
        answers: the engine that answers.
        log: the log that is read and written.
    """

    answers: CitizenAnswers
    log: LogDesk

    def answer(self, visit: Visit) -> dict[str, Any]:
        """What there is for the citizen: on record, as an answer of the API is."""
        left = visit.session.unanswered
        lists = {name: [fact for fact, listed in left.items() if listed == name] for name in ("asked", "declined")}
        asked = RecommendationRequest(events=[], k=MAX_K, asked=lists["asked"], declined=lists["declined"])
        return LifeQuestion(asked, visit.subject, visit.now, plain=not left).answered(self.answers, self.log)

    def programme(self, visit: Visit, name: str) -> Mapping[str, Any]:
        """A programme as the catalogue has it; raises RefusedError: 404."""
        return self.answers.reference.programme(visit.now, name)

    def held(self, visit: Visit) -> Sequence[Event]:
        """The events of the citizen; raises RefusedError: 404, there are none."""
        found = self.log.life(visit.subject)
        if not found:
            raise RefusedError(problems.NOT_FOUND, _NOBODY)
        return found

    @property
    def facts(self) -> FactDesk:
        """What is known of people, and how it is asked for."""
        return FactDesk(self.answers.engine)

    def today(self, visit: Visit) -> date:
        """The local day."""
        return self.day_of(visit.now)

    def day_of(self, second: int) -> date:
        """The local day of a UTC second."""
        return date_of(self.answers.engine.declaration.zone.today(second + 1))

    def known(self, visit: Visit) -> dict[str, Any]:
        """What is known of the citizen."""
        return self.facts.told(visit.subject, self.held(visit), self.today(visit))

    def state(self, visit: Visit, facts: Mapping[str, Any]) -> list[str]:
        """Write what the citizen says of themselves, and tell what it changes.

        Raises:
            RefusedError: 409, a register says one of the facts: that is claimed, not stated; 422; 503.
        """
        known = {one["fact"]: one for one in self.known(visit)["facts"]}
        if any(known.get(name, {}).get("by") == "register" for name in facts):
            raise RefusedError(problems.CONFLICT, "A register says this; claim that it is wrong.")
        return self.after(visit, lambda: stated(self.log, visit.subject, STATED, facts, visit.now))

    def after(self, visit: Visit, write: Any) -> list[str]:
        """Write something, and tell what it changes."""
        before = self.held(visit)
        write()
        effect = self.answers.effect(visit.subject, before, self.log.life(visit.subject), visit.now)
        return changes_told(effect, self.titles(visit), visit.voice)

    def titles(self, visit: Visit) -> dict[str, Spoken]:
        """The title of each programme of the catalogue, by its id."""
        programmes = self.answers.engine.catalogue.programmes
        return {one.id: visit.voice.spoken(one.title.to_document()) for one in programmes}
