"""Offer look: one person looked at, at one instant: what is due, what the policy decides, and when to look again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.calendar import date_of
from features.kernel.lowering import lower
from features.problem import Rejected
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.contact.contact_decision import ContactDecision, ContactSituation, decide
from recommender.contact.contact_policy import NO_OBJECTION, ContactPolicy
from recommender.contact.contact_record import ALIVE, DECLINED, SNOOZED, ContactRecord
from recommender.contact.due_offer import DueOffer, SensitiveMarks, due_offers
from recommender.contact.holdout import ContactDelay, HoldoutPolicy, contact_delays
from serving.proactive.offer_book import KeptOffer, OnBook, latest
from serving.proactive.person_choices import choices_of, declines_of
from serving.records.live_basis import ELIGIBILITY, RANKING, PurposeRegister, unread
from serving.records.switched_off import Stops

if TYPE_CHECKING:
    from features.calendar import Zone
    from features.log.event import Event
    from features.log.history import History
    from recommender.changes.turning_rule import TurningRules
    from recommender.contact.contact_record import PastOffer
    from recommender.engine import Engine
    from recommender.offers.recommendation import Recommendations
    from recommender.rules.person import Person
    from serving.proactive.offer_identity import OfferIdentity

__all__ = ["OfferLook", "Watch"]

GIVES: Final = "consent.given"
AHEAD_DAYS: Final = 60
"""Somebody for whom nothing turns so soon is looked at again after so many days."""
_KIND: Final = "citizen"
"""As what kind of applicant people are looked at."""
_TOMORROW: Final = ("frequency", "next_message", "after_yes")


@dataclass(frozen=True)
class OfferLook:
    """What was found when a person was looked at.

    Attributes:
        citizen: whom.
        now: the UTC second.
        person: as known then, as far as may be read.
        history: of what is recorded.
        found: everything that can be recommended, with its words, without what to ask.
        situation: what the policy looked at.
        decision: what it decided.
        held: what was on the book.
        book: the same with what was declined since by the word of the log.
        closed: the purposes for which nothing of the person may be read.
        unordered: what is switched off, so that rules alone order for the person.
    """

    citizen: str
    now: int
    person: Person
    history: History
    found: Recommendations
    situation: ContactSituation
    decision: ContactDecision
    held: OnBook
    book: OnBook
    closed: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()

    @property
    def by_rules(self) -> bool:
        """Whether no model may order for the person: they refused it, or it is switched off for them."""
        return RANKING in self.closed or bool(self.unordered)

    def id_of(self, due: DueOffer, ids: OfferIdentity) -> str:
        """Return the id of the offer of a programme: of the one that stands, or of the next one."""
        past = latest(self.book.offers).get(due.programme)
        if past is not None and past.state in ALIVE and past.terms.window == due.terms.window:
            return past.id
        return ids.offer(self.citizen, due.programme, due.terms.window, "" if past is None else past.id)


class _Readable(NamedTuple):
    """A person as far as may be read, with who answers them."""

    citizen: str
    person: Person
    closed: tuple[str, ...]
    unordered: tuple[str, ...]
    engine: Engine
    by_rules: bool


@dataclass(frozen=True, eq=False)
class Watch:
    """Looks at people with one engine and one policy.

    Attributes:
        engine: who may have what, in which order.
        policy: what of that leaves.
        stops: what is switched off: programmes that nobody is offered, models that order for nobody or nowhere.
        purposes: for what facts may be read; what has no live basis for a person leads to no offer.
        holdout: by which the contact of a few waits for a while; None where no two people signed one.
    """

    engine: Engine
    policy: ContactPolicy
    purposes: PurposeRegister = field(default_factory=PurposeRegister)
    stops: Stops = field(default_factory=Stops)
    holdout: HoldoutPolicy | None = None

    def may_concern(self, events: Sequence[Event]) -> bool:
        """Whether somebody may be written to, as far as is known without computing anything of them."""
        if any(one.needs == NO_OBJECTION for one in self.policy.purposes.values()):
            return True
        return any(one.type == GIVES for one in events)

    def look(
        self, events: Sequence[Event], citizen: str, now: int, book: OnBook, hidden: Collection[str] = ()
    ) -> OfferLook | None:
        """Return what is found of a person from the events that touch them; None where they may not be judged.

        Facts that are `hidden` are not read: what is found is for somebody else's eyes.

        What is known is what is recorded of the day of `now`; consent is what holds at that second.

        Raises:
            Rejected: two events with one id say different things, or none is about the person.
        """
        day = date_of(self.engine.declaration.zone.today(now + 1))
        person = self.engine.from_events(events, citizen, [_KIND], day)
        readable = self._readable(person, citizen, hidden)
        if readable is None:
            return None
        return self._decided(readable, readable.engine.offers([readable.person], day)[0], now, book)

    def looks(
        self, lives: Mapping[str, Sequence[Event]], now: int, books: Mapping[str, OnBook]
    ) -> dict[str, OfferLook]:
        """Return what is found of many people, as `look` does of each; whom it refuses is left out."""
        day = date_of(self.engine.declaration.zone.today(now + 1))
        try:
            people = self.engine.from_lives(lives, [_KIND], day)
        except Rejected:
            if len(lives) < 2:
                return {}
            alone = [self.looks({who: life}, now, books) for who, life in lives.items()]
            return {who: look for one in alone for who, look in one.items()}
        readable = [kept for who, one in people.items() if (kept := self._readable(one, who)) is not None]
        looks = dict[str, OfferLook]()
        for by_rules in (False, True):
            some = [one for one in readable if one.by_rules == by_rules]
            answers = some[0].engine.offers([one.person for one in some], day) if some else ()
            for one, found in zip(some, answers, strict=True):
                looks[one.citizen] = self._decided(one, found, now, books[one.citizen])
        return looks

    def _readable(self, person: Person, citizen: str, hidden: Collection[str] = ()) -> _Readable | None:
        """What may be read of a person, and who answers them; None where they may not be judged."""
        answering, person, closed = self.purposes.allowed(self.engine, person, citizen)
        if ELIGIBILITY in closed:
            return None
        person = unread(person, hidden) if hidden else person
        unordered = tuple(one.said for one in self.stops.of_order(self.engine, person))
        by_rules = RANKING in closed or bool(unordered)
        return _Readable(citizen, person, closed, unordered, answering.by_rules if by_rules else answering, by_rules)

    def _decided(self, one: _Readable, found: Recommendations, now: int, book: OnBook) -> OfferLook:
        engine, zone, t, person, citizen = self.engine, self.engine.declaration.zone, now + 1, one.person, one.citizen
        history = person.known.history
        assert history is not None  # it was made of events
        due = due_offers(found, person.held, self.marks)
        declined = declines_of(history, citizen, t, engine.catalogue)
        held, book = book, OnBook(reconciled(book.offers, declined, self.policy.risen_percent, zone), book.contacts)
        stood = latest(book.offers)
        said = [word for name, word in declined.items() if name not in stood or stood[name].changed < word.at]
        sensitive = [one.programme for one in due if one.sensitive]
        record = ContactRecord(
            [*(one.past for one in book.offers), *said], book.contacts,
            choices_of(history, citizen, t, self.policy, sensitive), self.stops.programmes,
        )  # fmt: skip
        bars = {one.programme: "" for one in due} | dict(found.barred)
        situation = ContactSituation(now, zone, due, bars, record, self._delays(citizen, due, found, book))
        decision = decide(self.policy, situation)
        return OfferLook(
            citizen, now, person, history, found, situation, decision, held, book, one.closed, one.unordered
        )  # fmt: skip

    def _delays(
        self, citizen: str, due: Sequence[DueOffer], found: Recommendations, book: OnBook
    ) -> dict[str, ContactDelay]:
        """Which contacts wait by the holdout that is in force; whoever put something off asked to be reminded."""
        if self.holdout is None:
            return {}
        programmes = {one.programme.id: one.programme for one in found.shown}
        delays = contact_delays(self.holdout, citizen, due, programmes, self.policy, found.day)
        put_off = latest(book.offers).items()
        asked = (name for name, one in put_off if one.state == SNOOZED and name in delays)
        return delays | dict.fromkeys(asked, ContactDelay(False, "put_off"))

    def next_look(self, look: OfferLook) -> int:
        """Return the UTC second from which on something can be another for a person with no new event."""
        zone, history, today = self.engine.declaration.zone, look.history, look.found.day
        own = self._own_turns(history, today).get(int(history.rows_of([look.citizen])[0]), ())
        days = [today + AHEAD_DAYS, *own, *(day for day in self._turns(today) if today < day)]
        if any(kept.reason in _TOMORROW for kept in look.decision.kept):
            days.append(today + 1)
        until = [kept.until for kept in look.decision.kept if kept.until is not None]
        return min([zone.end_of_day(date_of(min(days) - 1)), *until])

    def _own_turns(self, history: History, today: int) -> Mapping[int, Sequence[int]]:
        """By place in a history, the days on which something can turn for somebody; worked out once for all of them."""
        key = ("own turns", id(self.turning), today)
        if key not in history.kept:
            people, zone = np.arange(len(history.people)), self.engine.declaration.zone
            turns = turning_days(self.turning, history, zone, people, today, today + AHEAD_DAYS)
            found: dict[int, list[int]] = {}
            for person, day in zip(turns.person.tolist(), turns.day.tolist(), strict=True):
                found.setdefault(person, []).append(day)
            history.kept[key] = found
        turns_of: Mapping[int, Sequence[int]] = history.kept[key]
        return turns_of

    @cached_property
    def marks(self) -> SensitiveMarks:
        """What is sensitive."""
        catalogue = self.engine.catalogue
        return SensitiveMarks.of(catalogue.programmes, self.policy, self.engine.declaration.sensitive_facts)

    @cached_property
    def turning(self) -> TurningRules:
        """How days turn for people by the programmes."""
        catalogue = self.engine.catalogue
        return turning_rules(catalogue, lower(self.engine.declaration, catalogue.receipts), self.engine.working_days)

    def _turns(self, today: int) -> Sequence[int]:
        """The days, from today on, on which a programme turns; counted once a day."""
        if today not in self._turned:
            engine, days = self.engine, range(today, today + AHEAD_DAYS + 1)
            turns = programme_turns(engine.catalogue, engine.declaration, engine.regions, engine.working_days, days)
            self._turned.clear()
            self._turned[today] = sorted(turns)
        return self._turned[today]

    @cached_property
    def _turned(self) -> dict[int, Sequence[int]]:
        return {}


def reconciled(
    offers: Sequence[KeptOffer], declined: Mapping[str, PastOffer], percent: int, zone: Zone
) -> tuple[KeptOffer, ...]:
    """Return offers, those declined by the word of the log.

    Args:
        offers: of one person.
        declined: the word on each programme, as `declines_of` gives it.
        percent: how much more is worth asking again who declined.
        zone: in which a word has its day.
    """

    def concerns(word: PastOffer, one: KeptOffer) -> bool:
        if one.made <= word.at:
            return True
        before = (other for other in offers if other.programme == one.programme and other.state == DECLINED)
        # a word from before the offer that no other offer answers to came late, unless what it declined was another one
        return all(other.changed < word.at for other in before) and not word.is_news(one.terms, percent, zone)

    return tuple(
        replace(one, state=DECLINED, changed=max(word.at, one.changed), reason="", until=None)
        if one.state in ALIVE and (word := declined.get(one.programme)) is not None and concerns(word, one)
        else one
        for one in offers
    )
