"""Offer look: one person looked at, at one instant: what is due, what the policy decides, and when to look again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from features.calendar import date_of
from features.kernel.lowering import lower
from recommender.changes.offer_state import offer_states
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.contact.contact_decision import ContactDecision, ContactSituation, decide
from recommender.contact.contact_policy import NO_OBJECTION, ContactPolicy
from recommender.contact.contact_record import ALIVE, DECLINED, SNOOZED, ContactRecord
from recommender.contact.due_offer import DueOffer, due_offers
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
        engine, zone, t = self.engine, self.engine.declaration.zone, now + 1
        day = date_of(zone.today(t))
        person = engine.from_events(events, citizen, ["citizen"], day)
        history = person.known.history
        assert history is not None  # it was made of events
        answering, person, closed = self.purposes.allowed(engine, person, citizen)
        if ELIGIBILITY in closed:
            return None
        person = unread(person, hidden) if hidden else person
        unordered = tuple(one.said for one in self.stops.of_order(engine, person))
        found = (answering.by_rules if unordered else answering).offers(person, day)
        due = due_offers(found, person.held, self.policy, engine.declaration.sensitive_facts)
        declined = declines_of(history, citizen, t, engine.catalogue)
        held, book = book, OnBook(reconciled(book.offers, declined, self.policy.risen_percent, zone), book.contacts)
        stood = latest(book.offers)
        said = [word for name, word in declined.items() if name not in stood or stood[name].changed < word.at]
        sensitive = [one.programme for one in due if one.sensitive]
        record = ContactRecord(
            [*(one.past for one in book.offers), *said], book.contacts,
            choices_of(history, citizen, t, self.policy, sensitive), self.stops.programmes,
        )  # fmt: skip
        states = offer_states(person, engine.compiled(day))
        situation = ContactSituation(now, zone, due, states, record, self._delays(citizen, due, found, book))
        decision = decide(self.policy, situation)
        return OfferLook(citizen, now, person, history, found, situation, decision, held, book, closed, unordered)

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
        rows = history.rows_of([look.citizen])
        own = turning_days(self.turning, history, zone, rows, today, today + AHEAD_DAYS).day.tolist()
        days = [today + AHEAD_DAYS, *own, *(day for day in self._turns(today) if today < day)]
        if any(kept.reason in _TOMORROW for kept in look.decision.kept):
            days.append(today + 1)
        until = [kept.until for kept in look.decision.kept if kept.until is not None]
        return min([zone.end_of_day(date_of(min(days) - 1)), *until])

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
