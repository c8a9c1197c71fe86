"""Labelled rows of every form: what counts as an offer, what as its answer, and what of an answer not there yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.log.interactions import APPLIED, ASKED, ENDED, GRANTED, HELD, KINDS, OPENED, SHOWN, USED, Interactions
from training.data.examples import NOTHING_HIDDEN
from training.data.label_form import LabelForm
from training.data.labelled import LogSpan, WhatPassed, delays, labelled

DAY = 86_400
CODES = np.array([5, 3, 9])


def told(*rows):
    """Rows of (type, person, programme code, day)."""
    kind = np.array([KINDS.index(row[0]) for row in rows], np.int8)
    person, code, day = (np.array([row[at] for row in rows], np.int64) for at in (1, 2, 3))
    nowhere = np.full(len(rows), np.nan, np.float32)
    return Interactions(kind, person, code, day * DAY, day * DAY, nowhere, nowhere, nowhere)


def parts(log, people=10_000):
    """Everybody as one part."""
    return [WhatPassed(np.arange(people), log)]


def rows_of(found):
    whole = zip(found.person, found.t // DAY, found.programme, found.label, strict=True)
    return [(int(p), int(t), int(CODES[at]), int(label)) for p, t, at, label in whole]


def test_who_was_asked_and_uses_it_is_a_yes_and_who_was_asked_and_does_not_is_a_no():
    form = LabelForm("asked", (USED,), None)
    found = labelled(form, parts(told((ASKED, 0, 5, 1), (USED, 0, 5, 1), (ASKED, 0, 3, 1))), CODES, LogSpan(9 * DAY))
    assert sorted(rows_of(found)) == [(0, 1, 3, 0), (0, 1, 5, 1)]


def test_without_a_bound_an_answer_counts_whenever_it_comes_and_nothing_is_too_young():
    form = LabelForm("asked", (USED,), None)
    log = told((ASKED, 0, 5, 1), (USED, 0, 5, 900), (ASKED, 0, 3, 999))
    found = labelled(form, parts(log), CODES, LogSpan(1000 * DAY))
    assert sorted(rows_of(found)) == [(0, 1, 5, 1), (0, 999, 3, 0)]


def test_each_programme_that_is_held_at_the_day_is_hidden_in_turn_among_those_that_are_not():
    form = LabelForm("held", (), None, at=2)
    log = told((HELD, 4, 5, 0), (HELD, 4, 9, 1), (HELD, 4, 3, 0), (ENDED, 4, 3, 1), (HELD, 6, 3, 5))
    found = labelled(form, parts(log), CODES, LogSpan(9 * DAY, at=2 * DAY))
    assert sorted(zip(CODES[found.hidden], *zip(*rows_of(found), strict=True), strict=True)) == [
        (5, 4, 2, 3, 0), (5, 4, 2, 5, 1), (9, 4, 2, 3, 0), (9, 4, 2, 9, 1),
    ]  # fmt: skip
    assert np.unique(found.lists).size == 2


def test_what_was_granted_without_a_day_makes_one_list_of_whoever_got_something():
    log = told((APPLIED, 4, 5, 3), (GRANTED, 4, 9, 1), (APPLIED, 2, 3, 0), (APPLIED, 6, 77, 0), (SHOWN, 7, 3, 0))
    found = labelled(LabelForm("granted", (GRANTED, APPLIED), None), parts(log), CODES, LogSpan(9 * DAY))
    assert found.person.tolist() == [2, 2, 2, 4, 4, 4]  # who got nothing of the catalogue is in no list
    assert (found.t // DAY).tolist() == [0, 0, 0, 1, 1, 1]
    assert found.label.tolist() == [1, 0, 0, 1, 1, 0]
    assert [sorted(found.programme[at : at + 3].tolist()) for at in (0, 3)] == [[0, 1, 2], [0, 1, 2]]
    assert set(found.position.tolist()) == {1}


def test_what_was_granted_from_a_day_on_makes_a_list_of_everybody_without_what_they_had():
    form = LabelForm("granted", (GRANTED,), 3, at=4)
    log = told((GRANTED, 0, 5, 1), (GRANTED, 0, 3, 5), (GRANTED, 0, 9, 8))
    found = labelled(form, parts(log, people=2), CODES, LogSpan(99 * DAY, at=5 * DAY))
    assert sorted(rows_of(found)) == [(0, 5, 3, 1), (0, 5, 9, 0), (1, 5, 3, 0), (1, 5, 5, 0), (1, 5, 9, 0)]


def test_a_list_of_what_was_granted_depends_on_nobody_else():
    form = LabelForm("granted", (APPLIED,), None)
    mine, others = ((APPLIED, 1, 5, 1), (APPLIED, 1, 9, 2)), ((APPLIED, 0, 3, 5), (SHOWN, 1, 3, 0))
    alone, among = (labelled(form, parts(told(*rows)), CODES, LogSpan(9 * DAY)) for rows in (mine, (*mine, *others)))
    own = among[among.person == 1]
    assert (own.programme.tolist(), own.label.tolist()) == (alone.programme.tolist(), alone.label.tolist())
    assert len(labelled(form, parts(told()), CODES, LogSpan(9 * DAY))) == 0


def test_an_offer_whose_answer_may_still_come_counts_for_what_is_known_of_delays():
    form, end = LabelForm(within=10), 100 * DAY
    rng = np.random.default_rng(3)
    rows, wanted = [], rng.random(6000) < 0.3
    for person, day in enumerate(rng.integers(0, 100, 6000).tolist()):
        rows.append((SHOWN, person, 5, day))
        if wanted[person] and day + (late := int(rng.integers(0, 10))) < 100:
            rows.append((APPLIED, person, 5, day + late))
    log = told(*rows)
    ripe = labelled(form, parts(log), CODES, LogSpan(end))
    young = labelled(form, parts(log), CODES, LogSpan(end, young=True))
    assert ripe.t.max() == 90 * DAY
    assert young.t.max() > 97 * DAY
    recent = young[young.t > 90 * DAY]
    assert np.average(recent.label, weights=recent.weight) == pytest.approx(0.3, abs=0.06)
    assert recent.label.mean() < 0.24  # what counting every such offer whole would say


@pytest.mark.parametrize(
    "form",
    [LabelForm(within=10), LabelForm(within=None), LabelForm("granted", (APPLIED,), None), LabelForm("held", (), None)],
)
def test_rows_are_the_same_to_the_last_bit_in_whatever_parts_people_are_told_of(form):
    rng = np.random.default_rng(5)
    rows = [(KINDS[int(kind)], int(who), int(code), int(day)) for kind, who, code, day in zip(
        rng.integers(0, len(KINDS), 4000), np.sort(rng.integers(0, 200, 4000)), rng.choice(CODES, 4000),
        rng.integers(0, 60, 4000), strict=True,
    )]  # fmt: skip
    whole, span = told(*rows), LogSpan(50 * DAY, at=40 * DAY, young=True)
    apart, where = [], rng.integers(0, 3, 200)
    for number in range(3):
        places = np.flatnonzero(where == number)
        some = whole[np.isin(whole.person, places)]
        apart.append(WhatPassed(places, replace(some, person=np.searchsorted(places, some.person))))
    at_once, in_parts = (labelled(form, one, CODES, span).by_list() for one in (parts(whole, 200), apart))
    assert len(at_once) > 100
    for name in at_once.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(at_once, name), getattr(in_parts, name), name)


def test_delays_are_those_of_all_answers_though_late_ones_of_young_offers_are_missing():
    rng = np.random.default_rng(1)
    delay, age = rng.integers(0, 10, 40_000), rng.integers(0, 11, 40_000)
    seen = delay <= age
    assert delays(delay[seen], age[seen], 10) == pytest.approx(np.arange(1, 11) / 10, abs=0.02)
    assert (np.arange(1, 11) / 10)[4] < np.mean(delay[seen] < 5) - 0.1  # what a plain share would say


def test_only_lists_of_what_is_held_hide_anything():
    found = labelled(LabelForm(), parts(told((SHOWN, 0, 5, 0))), CODES, LogSpan(99 * DAY))
    assert found.hidden.tolist() == [NOTHING_HIDDEN]


@pytest.mark.parametrize(
    ("meaning", "opened", "looked"),
    [(None, [1, 1, 0], [1, 1, 1]), ("noticed", [1, 1, 0], [1, 1, 0]), ("chosen", [0, 1, 0], [1, 1, 1])],
)
def test_what_opening_means_decides_what_it_tells_of_attention(meaning, opened, looked):
    """Of three showings one was opened, one answered without, and one neither."""
    log = told((SHOWN, 0, 5, 1), (SHOWN, 0, 3, 1), (SHOWN, 0, 9, 1), (OPENED, 0, 5, 2), (APPLIED, 0, 3, 2))
    found = labelled(LabelForm(opened=meaning), parts(log), CODES, LogSpan(99 * DAY))
    by_code = np.argsort([CODES.tolist().index(code) for code in CODES[found.programme]])
    assert found.opened[by_code].tolist() == opened
    assert found.looked[by_code].round().tolist() == looked
    assert (found.looked > 0).all()


def test_what_was_opened_or_answered_was_looked_at_for_certain():
    log = told((SHOWN, 0, 5, 0), (SHOWN, 0, 3, 0), (SHOWN, 0, 9, 0), (OPENED, 0, 5, 1), (APPLIED, 0, 3, 2))
    found = labelled(LabelForm(), parts(log), CODES, LogSpan(99 * DAY))
    assert dict(zip(CODES[found.programme].tolist(), found.opened.tolist(), strict=True)) == {
        5: True,
        3: True,
        9: False,
    }
    assert found.attended is None  # nothing is known of attention before it is learned
