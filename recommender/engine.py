"""The engine: one person's facts or events in, recommendations out; values only, nothing read and nothing kept."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from features.calendar import day_of
from features.declaration.kinship import HOUSEHOLD
from features.log.event import Event
from features.log.history import history_of
from features.log.lives_apart import lives_apart
from features.mapping import nearest
from features.problem import Problem, Rejected, Where
from features.snapshot import known, known_from_facts, known_of
from recommender.offers.batch import Ranker, batch, recommend
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.recommendation import Recommendations
from recommender.rules.clause import RECEIVES
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.look_ahead import Ahead, ahead
from recommender.rules.person import Person, held_programmes
from recommender.rules.programme import kinds_mask
from recommender.rules.question import ask_next
from recommender.rules.question_form import ASKED, DECLINED, Question, put
from recommender.rules.receipt import receipts_of_facts, unknown_receipts
from recommender.rules.verdict import Verdicts, judge
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.messages import Messages
    from recommender.offers.exploration import ExplorationPolicy
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions

AS_OF: Final = "--as-of"
ASKS: Final = 5
_DAYS_KEPT: Final = 4


class Engine:
    """A service over a catalogue, a declaration and a ranker; the rules are compiled once for each day asked about.

    It keeps the rules of the last few days and may be shared by threads; what it is made of does not change.
    """

    def __init__(
        self,
        declaration: Declaration,
        catalogue: Catalogue,
        regions: Regions,
        messages: Messages,
        ranker: Ranker | None = None,
        working_days: WorkingDays = WEEKENDS_ONLY,
    ) -> None:
        """Answer by the rules alone where no ranker is given."""
        self.declaration = declaration
        self.catalogue = catalogue
        self.regions = regions
        self.messages = messages
        self.ranker = ranker or Ranker()
        self.working_days = working_days
        self._compiled: dict[int, Compiled] = {}
        self._lock, self._compiling = threading.Lock(), threading.Lock()

    @property
    def by_rules(self) -> Engine:
        """The same engine without a model and without anything left to chance, which shares the compiled rules."""
        if self.ranker.scorer is None and self.ranker.exploration is None:
            return self
        return self._ordering(Ranker(self.ranker.weights))

    def exploring(self, policy: ExplorationPolicy | None) -> Engine:
        """The same engine where chance orders near-ties by a policy, or (None) nothing; it shares the rules."""
        return self if policy == self.ranker.exploration else self._ordering(replace(self.ranker, exploration=policy))

    def _ordering(self, ranker: Ranker) -> Engine:
        other = copy(self)
        other.ranker = ranker
        return other

    def without(self, programmes: Collection[str]) -> Engine:
        """An engine over the other programmes."""
        left = self.catalogue.of(text for text in self.catalogue.texts if text.id not in programmes)
        ranker = self.ranker
        if ranker.scorer is not None:
            ranker = replace(ranker, attributes=ranker.scorer.attributes(left, self.declaration))
        return Engine(self.declaration, left, self.regions, self.messages, ranker, self.working_days)

    def compiled(self, day: date) -> Compiled:
        """The rules as they stand on a day."""
        number = day_of(day)
        with self._lock:
            if (found := self._compiled.pop(number, None)) is not None:
                self._compiled[number] = found  # used last: a day that many ask about is not pushed out by others
                return found
        with self._compiling:  # two threads that ask for a new day would compile it twice; nobody else waits for it
            if (found := self._compiled.get(number)) is None:
                columns = (*self.declaration.columns, *(f"receives.{name}" for name in self.catalogue.receives))
                rules = compile_catalogue(
                    self.catalogue, columns, self.declaration, self.regions, number, self.working_days
                )
                found = rules.explaining(self.messages)
                with self._lock:
                    while len(self._compiled) >= _DAYS_KEPT:
                        self._compiled.pop(next(iter(self._compiled)))
                    self._compiled[number] = found
            return found

    def from_facts(
        self, facts: Mapping[str, object], applicants: Iterable[str], day: date, where: Where = ("facts",)
    ) -> Person:
        """A person as a facts file describes one, at the end of `day`; `where` is what problems call the facts.

        Raises:
            Rejected: with every fact that is not declared or cannot hold, every unknown region, every receipt of a
                programme that no catalogue knows, and everything listed as asked or declined that cannot be asked for.
        """
        unanswered = {name: facts[name] for name in (ASKED, DECLINED) if name in facts}
        facts = {name: value for name, value in facts.items() if name not in unanswered}
        problems = [*self._unknown_regions(facts, where), *self._not_questions(unanswered, where)]
        problems += unknown_receipts(receipts_of_facts(facts, where), self.catalogue)
        applicant = kinds_mask(applicants)
        t = self.declaration.zone.end_of_day(day)
        try:
            found = known_from_facts(self.declaration, facts, t, self.catalogue.receipts, where)
        except Rejected as refusal:
            raise Rejected([*refusal.problems, *problems]) from None
        if problems:
            raise Rejected(problems)
        person = Person(found, applicant, held_programmes(self.catalogue, found), self.regions)
        return self.not_asking(person, unanswered, where)

    def _unknown_regions(self, facts: Mapping[str, object], where: Where) -> Iterator[Problem]:
        """A region has the form of a code in every declaration; whether there is one of it, only the table knows."""
        for name, value in facts.items():
            fact = self.declaration.facts.get(name)
            region = fact is not None and fact.type == "region"
            if fact and region and fact.kind.accepts(value) and not self.regions.known(fact.encode(value)):
                remedy = "Use a code of the country's table of regions (regions.yaml)"
                yield Problem((*where, name), "unknown", f"there is no region {value}", remedy)

    def not_asking(self, person: Person, unanswered: Mapping[str, object], where: Where = ("facts",)) -> Person:
        """The same person, who is not asked again for what is listed under `asked` and `declined`.

        Raises:
            Rejected: something listed cannot be asked for.
        """
        problems = list(self._not_questions(unanswered, where))
        if problems:
            raise Rejected(problems)
        asked = frozenset(str(name) for names in unanswered.values() if isinstance(names, list) for name in names)
        return replace(person, asked=person.asked | asked) if asked else person

    def _not_questions(self, unanswered: Mapping[str, object], where: Where) -> Iterator[Problem]:
        """What was asked and not answered is a list of facts that a person can state, or of receipts."""
        stated: list[str] = []
        if any(unanswered.values()):
            stated = [name for name, fact in self.declaration.facts.items() if fact.stated]
            stated += [HOUSEHOLD] if self.declaration.household else []
        for key, names in unanswered.items():
            if not isinstance(names, list):
                yield Problem((*where, key), "invalid", "is not a list", "List the facts that were asked for, by name")
                continue
            for name in names:
                if name not in stated and not str(name).startswith(RECEIVES):
                    what = f"{name!r} is not a fact that can be asked for{nearest(str(name), stated)}"
                    yield Problem((*where, key), "unknown", what, "Use the names that stand in ask_next")

    def from_events(self, events: Sequence[Event], citizen: str, applicants: Iterable[str], day: date) -> Person:
        """A person as the events up to the end of `day` tell.

        Raises:
            Rejected: two events with one id say different things, no event is about the person, or the day is
                before all of them.
        """
        if not events:
            raise Rejected([Problem(("events",), "missing", "contain no event", "Give the events of the person")])
        applicant, t = kinds_mask(applicants), self.declaration.zone.end_of_day(day)
        history = history_of(events, self.declaration)
        if int(history.rows_of([citizen])[0]) < 0:
            remedy = "Name a person the events are about"
            raise Rejected([Problem(("events",), "unknown", "contain no event about this person", remedy)])
        if not history.begun(citizen, t):
            remedy = "Choose a later day"
            raise Rejected([Problem((AS_OF,), "range", "is before every event of this person", remedy)])
        found = known(self.declaration, history, citizen, t, self.catalogue.receipts)
        return Person(found, applicant, held_programmes(self.catalogue, found), self.regions)

    def from_lives(
        self, lives: Mapping[str, Sequence[Event]], applicants: Iterable[str], day: date
    ) -> dict[str, Person]:
        """People, each as the events that touch them tell up to the end of `day`; as `from_events` of each.

        Whom it refuses is left out.

        Raises:
            Rejected: of one of them there are too many events to be read beside the others'.
        """
        applicant, t, unreadable = kinds_mask(applicants), self.declaration.zone.end_of_day(day), set[str]()
        history = lives_apart(lives, self.declaration, unreadable)
        people = [one for one in lives if one not in unreadable and history.begun(one, t)]
        found = zip(people, known_of(self.declaration, history, people, t, self.catalogue.receipts), strict=True)
        catalogue, regions = self.catalogue, self.regions
        return {one: Person(seen, applicant, held_programmes(catalogue, seen), regions) for one, seen in found}

    def answer(self, person: Person, day: date, k: int | None) -> Recommendations:
        """What to offer the person on a day, and what to ask."""
        compiled = self.compiled(day)
        asks = self.asks(person, day)
        return recommend(compiled, person, self.ranker, k, asks)

    def offers(self, people: Sequence[Person], day: date) -> tuple[Recommendations, ...]:
        """All that may be offered to people on a day, nothing by lot; not what stands beside it, to ask, or whence."""
        unsaid = [replace(person, known=replace(person.known, traced={})) for person in people]
        return batch(unsaid, self.compiled(day), self.exploring(None).ranker, beside=False)

    def verdicts(self, person: Person, day: date) -> Verdicts:
        """Every programme judged on the person, in the catalogue's order; iterating explains them."""
        return judge(self.compiled(day), person.snapshot, person.applicant)

    def ahead(self, person: Person, day: date) -> tuple[Ahead, ...]:
        """What the rules exclude on a day and will not after the person's next birthday, if that is soon."""
        verdicts = self.verdicts(person, day)
        return ahead(verdicts.compiled, verdicts.values, verdicts.members, person.applicant, verdicts.answers)

    def asks(self, person: Person, day: date) -> tuple[Question, ...]:
        """The questions that would settle most, without those the person did not answer before."""
        compiled = self.compiled(day)
        worth = offer_arrays(compiled).settling
        found = ask_next(compiled, person.snapshot, person.applicant, ASKS, worth, person.asked)
        return tuple(put(ask, compiled) for ask in found)
