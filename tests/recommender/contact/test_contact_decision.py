"""What leaves, what is taken back and why the rest waits: each rule holds over random lives."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given

from features.calendar import Duration
from recommender.changes.offer_change import difference
from recommender.contact.contact_decision import REASONS, ContactSituation, decide
from recommender.contact.contact_message import excludes, household_view
from recommender.contact.contact_policy import PUSH
from recommender.contact.contact_record import (
    ALIVE,
    DECLINED,
    DUE,
    SENT,
    SNOOZED,
    Choices,
    Contact,
    ContactRecord,
    PastOffer,
)
from recommender.contact.due_offer import terms_of
from tests.examples import examples
from tests.recommender.contact.contact_lives import SENSITIVE, lived, lives
from tests.recommender.contact.policies import AWAKE, BOTH, NOON, NOTICE, POLICY, ZONE, bars, offer, state

DAY = 86_400


@examples(30)
@given(lives)
def test_nothing_leaves_that_the_rules_exclude_that_is_received_or_whose_window_is_closed(life):
    for one in lived(life):
        for gone in one.offers:
            found = one.states[gone.programme]
            assert found.offerable
            assert gone.is_open
            assert gone.programme not in one.situation.record.stopped


@examples(30)
@given(lives)
def test_what_was_offered_leaves_again_only_for_another_window(life):
    for one in lived(life):
        latest = one.situation.record.latest()
        for gone in one.offers:
            past = latest.get(gone.programme)
            if past is not None and past.state in ALIVE and past.state not in (DUE, SNOOZED):
                assert past.terms.window != gone.terms.window


@examples(30)
@given(lives)
def test_what_was_declined_leaves_again_only_once_it_has_changed(life):
    for one in lived(life):
        latest = one.situation.record.latest()
        for gone in one.offers:
            past = latest.get(gone.programme)
            if past is not None and past.state == DECLINED:
                assert past.terms is not None
                assert gone.terms.has_changed(past.terms, POLICY.risen_percent)


@examples(30)
@given(lives)
def test_what_was_put_off_does_not_leave_before_that_is_over(life):
    for one in lived(life):
        latest = one.situation.record.latest()
        for gone in one.offers:
            past = latest.get(gone.programme)
            if past is not None and past.state == SNOOZED:
                assert past.until <= one.situation.now


@examples(30)
@given(lives)
def test_in_every_month_at_most_two_messages_leave_and_one_more_where_something_is_lost_soon(life):
    found = [one for one in lived(life) if one.offers]
    for last in found:
        begin = Duration(months=1).back_from(ZONE.local_seconds(last.situation.now))
        month = [
            one
            for one in found
            if begin <= ZONE.local_seconds(one.situation.now) and one.situation.now <= last.situation.now
        ]
        assert len(month) <= POLICY.contacts + POLICY.breaks
        usual = [one for one in month if not one.decision.message.urgent]
        assert len(usual) <= POLICY.contacts
    for one in found:
        if one.decision.message.urgent:
            assert any(gone.days_left is not None and gone.days_left <= POLICY.urgent_days for gone in one.offers)


@examples(30)
@given(lives)
def test_the_cap_is_broken_once_in_the_span_that_the_policy_states(life):
    broken = [one.situation.now for one in lived(life) if one.offers and one.decision.message.urgent]
    for first, second in pairwise(broken):
        assert Duration(months=12).back_from(ZONE.local_seconds(second)) > ZONE.local_seconds(first)


@examples(30)
@given(lives)
def test_nothing_leaves_in_quiet_hours_in_the_zone_of_the_person(life):
    for one in lived(life):
        hour = ZONE.local_seconds(one.situation.now) % DAY // 3600
        if hour >= 21 or hour < 8:
            assert one.decision.message is None


@examples(30)
@given(lives)
def test_a_message_holds_at_most_three_programmes_each_once_none_of_which_excludes_another(life):
    for one in lived(life):
        assert len({gone.programme for gone in one.offers}) == len(one.offers) <= POLICY.programmes
        assert not any(excludes(a, b) for a in one.offers for b in one.offers if a != b)


@examples(30)
@given(lives)
def test_a_likely_one_leaves_only_after_every_yes_that_can_leave_and_depends_never(life):
    for one in lived(life):
        standings = [gone.standing for gone in one.offers]
        assert set(standings) <= {"yes", "likely"}
        if "likely" in standings:
            kept = {each.programme: each.reason for each in one.decision.kept}
            waiting = [due.programme for due in one.situation.due if due.standing == "yes"]
            assert not {"frequency", "next_message", "after_yes"} & {kept.get(name) for name in waiting}
            assert standings == sorted(standings, reverse=True)


@examples(30)
@given(lives)
def test_what_depends_adds_at_most_one_question_and_never_starts_a_message(life):
    for one in lived(life):
        message = one.decision.message
        if message is not None and message.asks is not None:
            asked = {due.programme: due for due in one.situation.due}[message.asks[1]]
            assert message.offers
            assert asked.standing == "depends"
            assert not asked.sensitive


@examples(30)
@given(lives)
def test_a_sensitive_programme_leaves_only_where_the_person_chose_the_channel_for_it(life):
    for one in lived(life):
        message, given = one.decision.message, one.situation.record.choices.given
        for gone in one.offers:
            if gone.programme in SENSITIVE:
                assert message.channel != "letter"
                assert f"{NOTICE}:{message.channel}:{gone.programme}" in given
                assert gone.programme not in message.preview
        for channel, listed in one.decision.listed.items():
            named = {due.programme for due in listed} & SENSITIVE
            assert not named or f"{NOTICE}:{channel}:sensitive" in given
        assert not {due.programme for due in household_view(one.situation.due)} & SENSITIVE


@examples(30)
@given(lives)
def test_nothing_leaves_and_nothing_is_listed_without_the_purpose_and_the_channel(life):
    for one in lived(life):
        choices, message = one.situation.record.choices, one.decision.message
        held = choices.given - choices.refused
        if message is not None:
            assert {NOTICE, f"{NOTICE}:{message.channel}"} <= held
            assert POLICY.channels[message.channel].mode == PUSH
        assert not one.decision.listed or NOTICE in held


@examples(30)
@given(lives)
def test_everything_that_is_due_leaves_or_has_one_reason_why_not(life):
    for one in lived(life):
        gone = [each.programme for each in one.offers]
        kept = [each.programme for each in one.decision.kept]
        assert sorted(gone + kept) == sorted(each.programme for each in one.situation.due)
        assert {each.reason for each in one.decision.kept} <= set(REASONS)


@examples(30)
@given(lives)
def test_what_no_longer_stands_is_taken_back_and_whoever_received_it_is_told_where_it_was_corrected(life):
    for one in lived(life):
        taken = {each.programme: each for each in one.decision.withdrawals}
        for name, past in one.situation.record.latest().items():
            found = one.states.get(name)
            unsure = any(due.programme == name and due.standing == "depends" for due in one.situation.due)
            stands = found is not None and found.offerable and not unsure
            assert (name in taken) == (past.state in ALIVE and not stands)
            if name in taken and found is None:
                assert taken[name].told == (past.state != DUE)


@examples(30)
@given(lives)
def test_the_same_situation_is_the_same_decision(life):
    for one in lived(life):
        assert decide(POLICY, one.situation) == one.decision


def situation(*due, record=None, now=NOON, states=None):
    states = {one.programme: state() for one in due} if states is None else states
    return ContactSituation(now, ZONE, due, bars(states), record or ContactRecord(choices=BOTH))


def sent(*names, at=NOON - DAY):
    return tuple(PastOffer(name, SENT, at, terms_of(state())) for name in names)


def names_of(decision):
    return [one.programme for one in decision.message.offers]


def test_a_bundle_leaves_together_before_single_offers_that_bring_more_each():
    due = [offer(name, gain=100, bundles=("life.child_born",)) for name in "abc"] + [offer("z", gain=150)]
    assert names_of(decide(POLICY, situation(*due))) == ["a", "b", "c"]


def test_of_a_bundle_that_is_longer_than_a_message_the_rest_leaves_in_the_next():
    due = [offer(name, gain=100 + i, bundles=("life.child_born",)) for i, name in enumerate("abcde")]
    first = decide(POLICY, situation(*due))
    assert names_of(first) == ["e", "d", "c"]
    assert {(one.programme, one.reason) for one in first.kept} == {("a", "next_message"), ("b", "next_message")}
    record = ContactRecord(sent(*"edc"), (Contact(NOON - DAY),), BOTH)
    assert names_of(decide(POLICY, situation(*due, record=record))) == ["b", "a"]


def test_of_two_that_exclude_each_other_the_better_leaves_and_the_other_waits_while_it_stands():
    due = [offer("a", gain=9, excludes=frozenset("b")), offer("b", gain=100)]
    first = decide(POLICY, situation(*due))
    assert names_of(first) == ["b"]
    assert first.kept[0].reason == "incompatible"
    later = decide(POLICY, situation(*due, record=ContactRecord(sent("b"), (), BOTH)))
    assert later.message is None
    assert {one.programme: one.reason for one in later.kept} == {"a": "incompatible", "b": "offered"}


def test_what_is_lost_soon_breaks_the_cap_and_takes_the_best_of_the_rest_along():
    contacts = (Contact(NOON - 9 * DAY), Contact(NOON - 5 * DAY))
    due = [offer("a", gain=900), offer("b", gain=50, days_left=3)]
    found = decide(POLICY, situation(*due, record=ContactRecord((), contacts, BOTH)))
    assert names_of(found) == ["b", "a"]
    assert found.message.urgent
    calm = decide(POLICY, situation(due[0], record=ContactRecord((), contacts, BOTH)))
    assert (calm.message, calm.kept[0].reason) == (None, "frequency")


def test_quiet_hours_say_until_when_they_last():
    night = NOON + 10 * 3600
    found = decide(POLICY, situation(offer("a"), now=night))
    assert found.kept == (("a", "quiet_hours", NOON + 20 * 3600),)


def test_an_offer_whose_reason_was_corrected_away_is_withdrawn_saying_so_and_one_received_or_closed_is_over():
    record = ContactRecord(sent(*"abcd"), (), BOTH)
    states = {"b": state(held=True), "c": state(window="closed"), "d": state()}
    found = decide(POLICY, situation(record=record, states=states))
    assert set(found.withdrawals) == {("a", "excluded", True), ("b", "received", False), ("c", "closed", False)}


def test_what_was_offered_and_only_depends_on_something_now_is_taken_back():
    record = ContactRecord(sent("a"), (), BOTH)
    found = decide(POLICY, situation(offer("a", "depends"), record=record))
    assert (found.withdrawals, found.kept) == ((("a", "depends", True),), (("a", "depends", None),))


def test_the_next_period_of_what_somebody_receives_is_offered_while_that_is_not():
    due = [offer("old"), offer("new", renewal=True)]
    found = decide(AWAKE, situation(*due, states={"old": state(held=True), "new": state()}))
    assert names_of(found) == ["new"]
    assert found.kept == (("old", "received", None),)


def test_a_programme_that_was_declined_elsewhere_comes_back_with_its_next_window():
    today = ZONE.local_seconds(NOON) // DAY
    record = ContactRecord((PastOffer("a", DECLINED, NOON - DAY),), (), BOTH)
    same, later = state(opens=today - 30), state(opens=today)
    for given_state, leaves in ((same, False), (later, True)):
        due = offer("a", given=given_state)
        found = decide(POLICY, situation(due, record=record, states={"a": given_state}))
        assert (found.message is not None) == leaves


def test_a_question_is_added_to_a_message_and_none_where_nothing_leaves():
    asked = offer("d", "depends", asks="income_percent")
    assert decide(POLICY, situation(offer("a"), asked)).message.asks == ("income_percent", "d")
    assert decide(POLICY, situation(asked)).message is None


def test_what_was_sent_is_what_the_differences_of_two_moments_leave_due():
    before, after = {"a": state(), "b": state()}, {"b": state(), "c": state()}
    kinds = {one.programme: one.kinds[0] for one in difference(before, after)}
    record = ContactRecord(sent("a", "b"), (), BOTH)
    found = decide(POLICY, situation(offer("b"), offer("c"), record=record, states=after))
    assert names_of(found) == [name for name, kind in kinds.items() if kind == "offered"] == ["c"]
    assert [one.programme for one in found.withdrawals] == [name for name, kind in kinds.items() if kind == "withdrawn"]


def test_nobody_is_contacted_by_a_country_without_a_policy():
    from recommender.contact.contact_policy import ContactPolicy

    found = decide(ContactPolicy({}, {}), situation(offer("a"), record=ContactRecord(choices=Choices())))
    assert found.message is None
    assert replace(found, kept=()).listed == {}


def test_a_programme_that_the_operator_stopped_does_not_leave_and_says_so():
    record = ContactRecord(choices=BOTH, stopped=frozenset("a"))
    found = decide(POLICY, situation(offer("a"), offer("b"), record=record))
    assert names_of(found) == ["b"]
    assert found.kept == (("a", "stopped", None),)


def test_a_likely_one_fills_a_message_after_every_yes_and_starts_one_where_there_is_no_yes():
    likely = offer("l", "likely", gain=10_000)
    assert names_of(decide(POLICY, situation(likely, offer("a")))) == ["a", "l"]
    assert names_of(decide(POLICY, situation(likely))) == ["l"]
    many = [offer(name) for name in "abcd"]
    found = decide(POLICY, situation(likely, *many))
    assert "l" not in names_of(found)
    assert {one.programme: one.reason for one in found.kept}["l"] == "after_yes"


def test_a_likely_one_waits_for_a_yes_that_leaves_through_another_channel():
    ways = {name: replace(way, needs_choice=False) for name, way in POLICY.channels.items()}
    policy = replace(POLICY, channels={name: ways[name] for name in ("letter", "webhook")})
    record = ContactRecord(choices=Choices(frozenset({NOTICE, f"{NOTICE}:webhook:s"})))
    due = [offer("l", "likely", gain=900), offer("s", sensitive=True, gain=1)]
    found = decide(policy, situation(*due, record=record))
    assert (found.message.channel, names_of(found)) == ("webhook", ["s"])
    assert found.kept == (("l", "next_message", None),)


def test_what_depends_waits_for_its_answer_and_a_sensitive_fact_is_never_asked_for_in_a_message():
    found = decide(POLICY, situation(offer("a"), offer("d", "depends", asks="violence_victim", sensitive=True)))
    assert found.message.asks is None
    assert found.kept == (("d", "depends", None),)


def test_nothing_is_told_of_an_offer_that_never_left():
    record = ContactRecord((PastOffer("a", DUE, NOON - DAY, terms_of(state())),), (), BOTH)
    assert decide(POLICY, situation(record=record, states={})).withdrawals == (("a", "excluded", False),)


def test_who_looks_finds_what_was_offered_too_but_nothing_sensitive_that_was_not_asked_for():
    due = [offer("a"), offer("s", sensitive=True), offer("x")]
    record = ContactRecord((*sent("a"), PastOffer("x", DECLINED, NOON, terms_of(state()))), (), BOTH)
    assert [one.programme for one in decide(POLICY, situation(*due, record=record)).listed["app"]] == ["a"]


def test_without_a_contact_and_without_a_break_nothing_leaves_however_urgent():
    contacts = (Contact(NOON - 9 * DAY), Contact(NOON - 5 * DAY), Contact(NOON - 2 * DAY, urgent=True))
    due = offer("a", days_left=1)
    found = decide(POLICY, situation(due, record=ContactRecord((), contacts, BOTH)))
    assert (found.message, found.kept[0].reason) == (None, "frequency")
