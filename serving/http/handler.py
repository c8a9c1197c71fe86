"""Answers a recommendation request with the engine, and reports what is wrong with it without repeating it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

from features.calendar import ISO_DAY, YEARS, date_of
from features.declaration.declaration import Declaration, Fact
from features.log.event import Event
from features.log.event_parser import parse_event
from features.log.history import history_of
from features.problem import Code, Problem, Problems, Rejected
from recommender.contact.contact_policy import ContactPolicy
from recommender.engine import AS_OF, Engine
from recommender.rules.clause import RECEIVES
from recommender.rules.person import Person
from recommender.rules.question_form import ASKED, DECLINED
from serving.http.answer_form import in_language, place_of
from serving.http.answering_engine import AnsweringEngine
from serving.http.consent_desk import ConsentDesk
from serving.http.event_words import names_of_events, pointer_into
from serving.http.problem_documents import LOG_UNAVAILABLE, UNPROCESSABLE, ProblemItemValue, RefusedError
from serving.http.reference_desk import ReferenceDesk
from serving.http.wire import RecommendationRequest
from serving.records.decision import ID, Decision, Recorder
from serving.records.decision_log import KeptDecision
from serving.records.explanation import Length, explained
from serving.records.live_basis import PurposeRegister, unread
from serving.records.representation import Representation
from serving.records.switched_off import Stops

_MOST_ITEMS: Final = 20
_MOST_MEMBERS: Final = 100
_EXPECTED: Final = {
    "specversion": "1.0, or absent",
    "datacontenttype": "application/json, or absent",
    "id": "a printable text of 1 to 400 characters, unique within the source",
    "source": "a printable text of 1 to 400 characters",
    "subject": "a printable text of 1 to 400 characters: the person",
    "type": "an event type that is declared",
    "time": "when it happened, as RFC 3339 with its offset, not after it was recorded",
    "recordedtime": "when it was recorded, as RFC 3339 with its offset, not in the future; or absent",
    "data": "the fields declared for the type of the event, each within its bounds",
    "data_base64": "absent: the payload is JSON, in data",
}


_TOGETHER: Final[Mapping[Code, str]] = {
    "missing": "at least one event",
    "unknown": "at least one event about the citizen who is asked for",
    "conflict": "each source and id once, or each time with the same content",
    "range": "fewer events about one person",
}
"""What is expected of the events as a whole, by the code of the problem."""


@dataclass(frozen=True)
class _AskedAnswer:
    """An answer that is asked for: what decides, for whom, as of when, how many are shown; what it lacks and why."""

    recorder: Recorder
    person: Person
    day: date
    k: int
    said: dict[str, list[str]]

    def decided(self, citizen: str | None) -> Decision:
        return self.recorder.decide(self.person, self.day, self.k, citizen, said=self.said)


@dataclass(frozen=True)
class RecommendationHandler:
    """Answers requests with one engine."""

    engine: Engine
    purposes: PurposeRegister = field(default_factory=PurposeRegister)
    stops: Callable[[], Stops] = Stops
    policy: ContactPolicy = field(default_factory=lambda: ContactPolicy({}, {}))
    representation: Representation = field(default_factory=Representation)

    @cached_property
    def reference(self) -> ReferenceDesk:
        """What may be looked up of its catalogue and declaration."""
        return ReferenceDesk(self.engine.catalogue, self.engine.declaration)

    @cached_property
    def recorder(self) -> Recorder:
        """What makes an answer a decision."""
        return Recorder(self.engine)

    @cached_property
    def _reduced(self) -> dict[frozenset[str], Recorder]:
        """The recorder without the programmes that were switched off last."""
        return {}

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        """The answer to what is sent, as JSON; with the decision it is, where the request asks for the record.

        Raises:
            RefusedError: 422, with a pointer to each thing that is wrong; 503, it cannot be told what is switched off.
        """
        asked = self._asked(request, citizen, now, None)
        if not request.record:
            return asked.recorder.engine.answer(asked.person, asked.day, asked.k).to_json() | asked.said
        found = asked.decided(None)
        return {**found.answer, ID: found.id, "decision": dict(found.document)} | asked.said

    def decide(
        self, request: RecommendationRequest, citizen: str, now: int, held: Sequence[Event], acting: str = ""
    ) -> Decision:
        """Answer a citizen, or whoever acts for them on the ground `acting`, from the events that are held.

        To whoever acts for another nothing is said that rests on a fact marked sensitive: it is not read.

        Raises:
            RefusedError: as `recommend`.
        """
        asked = self._asked(request, citizen, now, held)
        if acting:
            hidden = unread(asked.person, self.engine.declaration.sensitive_facts)
            asked = replace(asked, person=hidden, said=asked.said | {"acting": [acting]})
        return asked.decided(citizen)

    def ground(self, actor: str, held: Sequence[Event], citizen: str, now: int, noun: str) -> str | None:
        """On which ground somebody, whose events are held, may act for a citizen; None where there is none."""
        return self.representation.ground(held, actor, citizen, now, self.engine.declaration, noun)

    def consented(self, held: Sequence[Event], citizen: str) -> str | None:
        """By which purpose a citizen, whose events are held, lets caseworkers ask for them now; None where by none."""
        return self.purposes.casework(history_of(held, self.engine.declaration), citizen)

    def _asked(
        self, request: RecommendationRequest, citizen: str, now: int, held: Sequence[Event] | None
    ) -> _AskedAnswer:
        """What a request asks for, of whom, and what may answer it now; None held where the request has all."""
        answering, day = self._answering(), self._day(request.as_of, now)
        with self._told():
            events = self._events(request.events, now) if held is None and request.events is not None else held
            person = self._person(answering.engine, request, citizen, day, events)
        _, person, closed = self.purposes.allowed(answering.engine, person, citizen)
        recorder, said = answering.ordering(person, closed)
        # a cursor is of the catalogue in use, whatever of it is switched off
        k = place_of(request.cursor, self.engine.catalogue.hash) + request.k
        return _AskedAnswer(recorder, person, day, k, said)

    def _answering(self) -> AnsweringEngine:
        try:
            stops = self.stops()
        except (Rejected, OSError):
            raise RefusedError(LOG_UNAVAILABLE, "It cannot be told what is switched off; ask again.") from None
        names = frozenset(stops.programmes & self.engine.catalogue.index.keys())
        recorder = self._reduced.get(names) if names else self.recorder
        if recorder is None:
            recorder = Recorder(self.engine.without(names))
            self._reduced.clear()
            self._reduced[names] = recorder
        return AnsweringEngine(recorder, stops, names)

    @cached_property
    def consents(self) -> ConsentDesk:
        """What people can agree to, and how it stands for one."""
        return ConsentDesk(self.engine.declaration, self.engine.catalogue, self.purposes, self.policy)

    def effect(
        self, citizen: str, before: Sequence[Event], after: Sequence[Event], now: int, acting: str = ""
    ) -> list[dict[str, Any]]:
        """Which programmes stand otherwise by one life of a citizen than by another, in the order of the catalogue."""
        asked, found = RecommendationRequest(events=[]), []
        for held in (before, after):
            whole = asked.model_copy(update={"k": len(self.engine.catalogue)})
            answer = self.decide(whole, citizen, now, held, acting).answer
            found.append({one["programme"]: one["standing"] for one in answer["recommendations"]})
        pairs = ((name, *(side.get(name) for side in found)) for name in self.engine.catalogue.index)
        return [{"programme": name, "before": one, "after": other} for name, one, other in pairs if one != other]

    def explain(self, decision: KeptDecision, length: Length, language: str | None) -> Mapping[str, Any]:
        """A decision explained, in one language or (None) in each.

        Raises:
            RefusedError: 422, there is no such language.
        """
        languages = self.engine.messages.languages
        if language is not None and language not in languages:
            raise _unprocessable([ProblemItemValue("/language", f"one of {', '.join(languages)}")])
        found = explained(decision, self.engine, length, self.policy)
        return found if language is None else dict(in_language(found, language, frozenset(languages)))

    @property
    def languages(self) -> Sequence[str]:
        """The languages that texts are told in."""
        return self.engine.messages.languages

    def checks(self) -> Mapping[str, bool]:
        """Whether there is something to recommend."""
        return {"catalogue": len(self.engine.catalogue) > 0}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever is wrong with a request is told without a word of it."""
        try:
            yield
        except Rejected as refusal:
            items = dict.fromkeys(self._item(problem) for problem in refusal.problems)
            raise _unprocessable(list(items)[:_MOST_ITEMS]) from None

    def _day(self, text: str | None, now: int) -> date:
        if text is None:
            return date_of(self.engine.declaration.zone.today(now + 1))
        try:
            day = date.fromisoformat(text) if ISO_DAY.fullmatch(text) else date.min
        except ValueError:
            day = date.min
        if day.year not in YEARS:
            raise _unprocessable([ProblemItemValue("/as_of", f"a day of the calendar from {YEARS[0]} to {YEARS[-1]}")])
        return day

    def _person(
        self, engine: Engine, request: RecommendationRequest, citizen: str, day: date, events: Sequence[Event] | None
    ) -> Person:
        facts = dict(request.facts or {})
        applicants = self._applicants(request, facts.pop("applicant", None))
        if any(isinstance(value, list) and len(value) > _MOST_MEMBERS for value in facts.values()):
            raise _unprocessable([ProblemItemValue("/facts", f"lists of at most {_MOST_MEMBERS} members")])
        unanswered = {ASKED: request.asked or [], DECLINED: request.declined or []}
        if events is None:
            person = engine.from_facts(facts, applicants, day)
        else:
            person = engine.from_events(events, citizen, applicants, day)
        return engine.not_asking(person, unanswered, ())

    def _applicants(self, request: RecommendationRequest, stated: object) -> Sequence[str]:
        if stated is not None and request.applicant is not None:
            raise _unprocessable([ProblemItemValue("/applicant", "given once: here or among the facts")])
        try:
            asked = RecommendationRequest.model_validate({"facts": {}, "applicant": stated})
        except ValueError:
            item = ProblemItemValue("/facts/applicant", "citizen, small_business, organisation, or a list of them")
            raise _unprocessable([item]) from None
        named = request.applicant if stated is None else asked.applicant
        return [named or "citizen"] if named is None or isinstance(named, str) else named

    def _events(self, documents: Sequence[Mapping[str, Any]], now: int) -> list[Event]:
        events: list[Event] = []
        problems = Problems()
        for place, document in enumerate(documents):
            with problems.gathered():
                events.append(parse_event(document, self.engine.declaration, now=now, where=("events", place), hints=0))
        problems.raise_any()
        return events

    def _item(self, problem: Problem) -> ProblemItemValue:
        """Pointers and sentences made of declared names only: what a caller writes may be personal."""
        if problem.path == (AS_OF,):
            return ProblemItemValue("/as_of", "a day on which something was known about the person")
        if problem.path[-1] in (ASKED, DECLINED):
            return ProblemItemValue("/" + "/".join(map(str, problem.path)), "a list of names of facts, as in ask_next")
        if problem.path == ("facts",) and problem.code == "range":
            return ProblemItemValue("/as_of", "a day after the epoch of the declaration")
        if problem.path[0] != "facts":
            return self._event_item(problem)
        name = str(problem.path[1]) if len(problem.path) > 1 else ""
        fact = self.engine.declaration.facts.get(name)
        if fact is None:
            known = name.startswith(RECEIVES)
            return ProblemItemValue(
                "/facts", "receives.<programme>: true or false" if known else "only facts that are declared"
            )
        return ProblemItemValue(f"/facts/{fact.name}", expected(fact, self.engine.declaration))

    def _event_item(self, problem: Problem) -> ProblemItemValue:
        if len(problem.path) == 1:
            return ProblemItemValue("/events", _TOGETHER.get(problem.code, "events that can be read together"))
        pointer = f"/events/{problem.path[1]}{pointer_into(problem.path[2:], names_of_events(self.engine.declaration))}"
        name = problem.path[2] if len(problem.path) > 2 else ""
        return ProblemItemValue(pointer, _EXPECTED.get(str(name), "a CloudEvent 1.0.2"))


def expected(fact: Fact, declaration: Declaration) -> str:
    """What values a fact takes, in one phrase; nothing of what was given."""
    if fact.derived is not None:
        return f"computed, not stated: state {fact.derived.of}"
    phrases = {
        "boolean": "true or false",
        "enum": f"one of {', '.join(fact.values)}",
        "region": "the code of a region, of a larger one when no more is known",
        "date": "a day written YYYY-MM-DD",
        "dates": "a list of days written YYYY-MM-DD, empty for none",
        "integer": "a whole number",
    }
    phrase = phrases.get(fact.type, f"a value of type {fact.type}")
    bounds = _bounds(declaration.facts[fact.name]) if fact.type in ("integer", "date", "dates") else ""
    return f"{phrase}{bounds}{', not in the future' if fact.past else ''}"


def _bounds(fact: Fact) -> str:
    if fact.low is None or fact.high is None:
        return ""
    low, high = (fact.kind.member.decode(bound) for bound in (fact.low, fact.high))
    return f" from {low} to {high}{' ' + fact.unit if fact.unit else ''}"


def _unprocessable(items: Sequence[ProblemItemValue]) -> RefusedError:
    return RefusedError(UNPROCESSABLE, "The request cannot be judged as it stands.", items)
