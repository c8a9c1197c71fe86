"""A contact policy is data: read whole, refused whole, and told in the country's own languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.calendar import Duration
from features.problem import Rejected
from recommender.contact.contact_policy import ContactPolicy, parse_contact_policy
from recommender.contact.contact_record import Choices, Contact, ContactRecord
from tests.recommender.contact.policies import BOTH, DOCUMENT, NOON, NOTICE, POLICY, ZONE


def test_a_policy_says_by_what_right_through_which_channels_and_how_often():
    assert POLICY.purposes[NOTICE].basis.own == "a law"
    assert list(POLICY.channels) == ["app", "webhook", "letter"]
    assert (POLICY.contacts, POLICY.within, POLICY.programmes, POLICY.quiet) == (2, Duration(months=1), 3, (1260, 480))


def test_what_is_left_out_keeps_the_default():
    bare = parse_contact_policy({key: DOCUMENT[key] for key in ("purposes", "channels")}, ("en",))
    default = ContactPolicy({}, {})
    assert (bare.contacts, bare.breaks, bare.quiet) == (default.contacts, default.breaks, default.quiet)


def test_every_problem_of_a_policy_is_told_at_once():
    wrong = {
        "purposes": {NOTICE: {"title": "Notice", "needs": "luck"}},
        "channels": {"pigeon": {"mode": "fly", "purpose": "fun"}},
        "frequency": {"contacts": -1, "within": "monthly"},
        "quiet": {"from": "9pm", "until": "08:00"},
        "message": {"programmes": 0},
        "sensitive": {"categories": ["secrets"]},
        "frequence": 3,
    }
    with pytest.raises(Rejected) as refusal:
        parse_contact_policy(wrong, ("en",))
    told = {(".".join(map(str, one.path[1:])), one.code) for one in refusal.value.problems}
    assert told == {
        (f"purposes.{NOTICE}.needs", "unknown"),
        (f"purposes.{NOTICE}.basis", "missing"),
        ("channels.pigeon.mode", "unknown"),
        ("channels.pigeon.purpose", "unknown"),
        ("frequency.contacts", "range"),
        ("frequency.within", "invalid"),
        ("quiet.from", "invalid"),
        ("message.programmes", "range"),
        ("sensitive.categories.0", "unknown"),
        ("frequence", "unknown"),
    }


@pytest.mark.parametrize(
    ("quiet", "minute", "until"),
    [
        ((1260, 480), 1259, None),
        ((1260, 480), 1260, 1440 + 480),
        ((1260, 480), 0, 480),
        ((1260, 480), 479, 480),
        ((1260, 480), 480, None),
        ((0, 480), 60, 480),
        ((0, 0), 60, None),
    ],
)
def test_quiet_hours_end_at_their_last_minute_also_past_midnight(quiet, minute, until):
    found = replace(POLICY, quiet=quiet).quiet_until(86_400 + 60 * minute)
    assert found == (None if until is None else 86_400 + 60 * until)


@pytest.mark.parametrize(
    ("choices", "webhook", "app"),
    [
        (Choices(), "no_basis", "no_basis"),
        (Choices(frozenset({NOTICE})), "no_channel", None),
        (BOTH, None, None),
        (Choices(BOTH.given, frozenset({NOTICE})), "no_basis", "no_basis"),
        (Choices(BOTH.given, frozenset({f"{NOTICE}:webhook", f"{NOTICE}:app"})), "no_channel", "no_channel"),
    ],
)
def test_a_channel_is_used_for_whoever_applied_and_chose_it_and_took_nothing_back(choices, webhook, app):
    assert choices.may_use(POLICY, "webhook") == webhook
    assert choices.may_use(POLICY, "app") == app


def test_a_law_that_needs_no_application_lets_write_until_there_is_an_objection():
    purpose = replace(POLICY.purposes[NOTICE], needs="no_objection")
    policy = replace(POLICY, purposes={NOTICE: purpose})
    assert Choices().may_use(policy, "app") is None
    assert Choices(refused=frozenset({NOTICE})).may_use(policy, "app") == "no_basis"


def test_sensitive_programmes_are_carried_by_a_channel_chosen_for_them_and_never_by_a_letter():
    chosen = Choices(frozenset({f"{NOTICE}:webhook:p", f"{NOTICE}:letter:p", f"{NOTICE}:app:sensitive"}))
    carried = {(way, name) for way in POLICY.channels for name in ("p", "q") if chosen.may_carry(POLICY, way, name)}
    assert carried == {("webhook", "p"), ("app", "p"), ("app", "q")}


def test_a_word_on_one_sensitive_programme_goes_before_the_word_on_all_of_them():
    for_all, for_p = f"{NOTICE}:webhook:sensitive", f"{NOTICE}:webhook:p"
    without_p = Choices(frozenset({for_all}), frozenset({for_p}))
    only_p = Choices(frozenset({for_p}), frozenset({for_all}))
    assert [without_p.may_carry(POLICY, "webhook", name) for name in ("p", "q")] == [False, True]
    assert [only_p.may_carry(POLICY, "webhook", name) for name in ("p", "q")] == [True, False]


def test_contacts_are_counted_in_every_span_and_breaks_apart():
    day = 86_400
    record = ContactRecord(contacts=(Contact(NOON - 31 * day), Contact(NOON - 30 * day), Contact(NOON - day)))
    assert record.contacts_left(POLICY, NOON, ZONE, urgent=False) == 0
    assert record.contacts_left(POLICY, NOON, ZONE, urgent=True) == 1
    broken = replace(record, contacts=(*record.contacts, Contact(NOON - 60, urgent=True)))
    assert broken.contacts_left(POLICY, NOON, ZONE, urgent=True) == 0
    assert broken.contacts_left(POLICY, NOON + 300 * day, ZONE, urgent=True) == 2
