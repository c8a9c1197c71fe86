"""Random lives under a contact policy: what becomes possible, what leaves, and what the person answers, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from recommender.contact.contact_decision import ContactSituation, decide
from recommender.contact.contact_record import (
    DECLINED,
    DUE,
    SENT,
    SNOOZED,
    WITHDRAWN,
    Choices,
    Contact,
    ContactRecord,
    PastOffer,
)
from recommender.contact.due_offer import terms_of
from recommender.rules.clause import Answer
from tests.recommender.contact.policies import NOON, NOTICE, POLICY, ZONE, bars, offer, state

NAMES = "abcdefghijkl"
CONSENTS = [NOTICE, *(f"{NOTICE}:{one}" for one in ("webhook", "letter", "app:sensitive", "webhook:a", "letter:b"))]
GIVEN = [frozenset(CONSENTS)] * 4 + [frozenset(CONSENTS[:size]) for size in range(len(CONSENTS))]
SENSITIVE = frozenset("ab")
RIVALS = {"c": frozenset("d"), "e": frozenset("f")}


@dataclass(frozen=True)
class Step:
    """What happens before a decision is made: hours pass, programmes change, the person answers or chooses."""

    hours: int
    states: dict
    standings: dict
    answers: dict
    given: frozenset
    refused: frozenset
    stopped: frozenset


@dataclass(frozen=True)
class Decided:
    """One decision, and all it was made of."""

    situation: ContactSituation
    states: dict
    decision: object

    @property
    def offers(self):
        return () if self.decision.message is None else self.decision.message.offers


a_state = st.one_of(
    st.none(),
    st.builds(state, closes=st.sampled_from([20_900, 20_950])),
    st.builds(state, st.just(Answer.UNKNOWN)),
    st.builds(
        state,
        st.sampled_from([Answer.YES, Answer.YES, Answer.UNKNOWN]),
        st.sampled_from([None, 20_900, 20_950]),
        st.sampled_from([None, (100, 100), (104, 104), (150, 200)]),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([False, False, False, True]),
        window=st.sampled_from(["open", "open", "closed", "upcoming"]),
    ),
)
steps = st.builds(
    Step,
    st.sampled_from([1, 24, 24, 24, 48, 24 * 12, 24 * 40]),
    st.dictionaries(st.sampled_from(NAMES), a_state, max_size=7),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["likely", "depends"]), max_size=4),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([DECLINED, SNOOZED]), max_size=2),
    st.sampled_from(GIVEN),
    st.sampled_from([frozenset()] * 4 + [frozenset({one}) for one in CONSENTS]),
    st.sampled_from([frozenset()] * 4 + [frozenset("c"), frozenset("d")]),
)
lives = st.lists(steps, min_size=1, max_size=14)


def lived(steps_of_a_life, policy=POLICY):
    """Every decision of a life, in order; what leaves is put on record, as the outbox does."""
    now, states, record, found = NOON, dict.fromkeys("abcdefghij", state(amount=None)), ContactRecord(), []
    for step in steps_of_a_life:
        now += 3600 * step.hours
        states = {**states, **step.states}
        record = replace(answered(record, step, now), choices=Choices(step.given, step.refused), stopped=step.stopped)
        standing = {name: one for name, one in states.items() if one is not None}
        situation = ContactSituation(now, ZONE, due_of(standing, step), bars(standing), record)
        decision = decide(policy, situation)
        found.append(Decided(situation, standing, decision))
        record = recorded(record, decision, now)
    return found


def due_of(states, step):
    """Offers of everything, also of what may not be offered: the decision itself has to refuse that."""
    names = [name for name in NAMES if name in states or name == "l"]
    return tuple(
        offer(
            name,
            "yes" if states.get(name, state()).answer == Answer.YES else step.standings.get(name, "likely"),
            100 + NAMES.index(name),
            states.get(name),
            days_left=None if states.get(name, state()).window.closes is None else 5,
            is_open=states.get(name, state()).window.state != "upcoming",
            sensitive=name in SENSITIVE,
            bundles=("life.moved",) if name in "cfgl" else (),
            excludes=RIVALS.get(name, frozenset()),
            asks="income",
        )
        for name in names
    )


def answered(record, step, now):
    """The person answers what was offered."""
    latest, more = record.latest(), []
    for name, answer in step.answers.items():
        past = latest.get(name)
        if past is not None and past.state == SENT:
            more.append(replace(past, state=answer, at=now, until=now + 86_400 * 40 if answer == SNOOZED else None))
        elif past is None and answer == DECLINED:
            more.append(PastOffer(name, DECLINED, now))
    return replace(record, offers=(*record.offers, *more))


def recorded(record, decision, now):
    more = [PastOffer(one.programme, WITHDRAWN, now) for one in decision.withdrawals]
    more += [PastOffer(one.programme, SENT, now, one.terms) for one in offers_of(decision)]
    gone = {one.programme for one in more}
    latest = record.latest()
    more += [
        PastOffer(one.programme, DUE, now)
        for one in decision.kept
        if one.reason in ("frequency", "next_message") and one.programme not in gone and one.programme not in latest
    ]
    contacts = record.contacts
    if decision.message is not None:
        contacts = (*contacts, Contact(now, decision.message.urgent))
    return replace(record, offers=(*record.offers, *more), contacts=contacts)


def offers_of(decision):
    return () if decision.message is None else decision.message.offers


__all__ = ["SENSITIVE", "Decided", "lived", "lives", "terms_of"]
