"""Labelled showings: what follows answers what came before, and nothing known later is known before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.log.interactions import Interactions
from training.data.examples import thinned
from training.data.hold_out import HoldOut
from training.data.label_form import LabelForm
from training.data.labelled import LogSpan, WhatPassed, labelled

DAY = 86_400
CODES = np.array([5, 3, 9])


def happened(*rows):
    """Rows of (kind, person, programme code, time, position)."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    whole = table.astype(np.int64)
    place = table[:, 4].astype(np.float32)
    return Interactions(
        whole[:, 0].astype(np.int8),
        whole[:, 1],
        whole[:, 2],
        whole[:, 3],
        whole[:, 3],
        place,
        place * 0,
        place * np.nan,
    )


def shown(told, codes, end, within=2, *, young=False):
    return labelled(LabelForm(within=within), [WhatPassed(np.arange(10_000), told)], codes, LogSpan(end, young=young))


def labels(*rows, end=10_000, within=2):
    return shown(happened(*rows), CODES, end * DAY, within).label.tolist()


SHOW, OPEN, APPLY = 0, 1, 2


def test_an_application_in_time_answers_the_showing():
    assert labels((SHOW, 1, 5, 0, 1), (APPLY, 1, 5, DAY, 0)) == [1]


def test_an_application_too_late_by_others_or_for_something_else_does_not():
    assert labels((SHOW, 1, 5, 0, 1), (APPLY, 1, 5, 2 * DAY, 0)) == [0]
    assert labels((SHOW, 1, 5, 0, 1), (APPLY, 2, 5, DAY, 0)) == [0]
    assert labels((SHOW, 1, 5, 0, 1), (APPLY, 1, 3, DAY, 0)) == [0]


def test_an_application_before_the_showing_is_no_answer():
    assert labels((APPLY, 1, 5, 0, 0), (SHOW, 1, 5, DAY, 1)) == [0]


def test_an_application_answers_the_latest_showing_only():
    assert labels((SHOW, 1, 5, 0, 1), (SHOW, 1, 5, DAY, 1), (APPLY, 1, 5, DAY + 60, 0)) == [0, 1]


def test_a_showing_whose_answer_had_no_time_yet_is_left_out():
    found = shown(happened((SHOW, 1, 5, 0, 1), (SHOW, 1, 3, 9 * DAY, 1)), CODES, 10 * DAY, 2)
    assert found.t.tolist() == [0]


def test_programmes_are_places_in_the_catalogue_and_strangers_are_left_out():
    found = shown(happened((SHOW, 1, 9, 0, 1), (SHOW, 1, 7, 0, 2), (SHOW, 1, 3, 0, 3)), CODES, 99 * DAY, 2)
    assert found.programme.tolist() == [1, 2]
    assert found.position.tolist() == [3, 1]


def test_opening_is_neither_showing_nor_answer():
    assert labels((SHOW, 1, 5, 0, 1), (OPEN, 1, 5, 60, 0)) == [0]


def test_rows_of_one_person_at_one_time_are_one_list():
    found = shown(happened((SHOW, 2, 5, 0, 1), (SHOW, 1, 5, 0, 1), (SHOW, 2, 3, 0, 2)), CODES, 99 * DAY, 2).by_list()
    assert found.person.tolist() == [1, 2, 2]
    assert found.lists.tolist() == [0, 1, 1]
    heads = found.heads()
    assert (heads.person.tolist(), heads.t.tolist()) == ([1, 2], [0, 0])


ROW = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([3, 5]), st.integers(0, 9))


@given(st.lists(ROW, max_size=12))
def test_nothing_recorded_later_changes_an_earlier_label(rows):
    told = [(kind, person, code, day * DAY, 1) for kind, person, code, day in rows]
    before = [row for row in told if row[3] < 5 * DAY]
    early = shown(happened(*before), CODES, 5 * DAY, 2)
    late = shown(happened(*told), CODES, 99 * DAY, 2)
    ripe = late[late.t + 2 * DAY <= 5 * DAY]
    key = [(e.person.tolist(), e.t.tolist(), e.programme.tolist(), e.label.tolist()) for e in (early, ripe)]
    assert key[0] == key[1]


def test_thinning_keeps_every_answered_list_whole_and_weighs_the_others_up():
    rows = [(SHOW, person, code, 0, 1) for person in range(400) for code in (5, 3)]
    rows += [(APPLY, person, 5, 60, 0) for person in range(40)]
    whole = shown(happened(*rows), CODES, 99 * DAY, 2)
    thin = thinned(whole, 400, np.random.default_rng(0))
    assert len(thin) < 600
    assert thin.label.sum() == 40
    assert (thin.weight[thin.person < 40] == 1).all()
    assert thin.weight.sum() == pytest.approx(800, rel=0.15)
    assert np.bincount(thin.person)[np.unique(thin.person)].tolist() == [2] * np.unique(thin.person).size


def test_where_every_list_was_answered_a_share_of_all_stands_for_all():
    rows = [(kind, person, 5, 60 * kind, 0) for person in range(400) for kind in (SHOW, APPLY)]
    thin = thinned(shown(happened(*rows), CODES, 99 * DAY), 100, np.random.default_rng(0))
    assert 60 < len(thin) < 140
    assert thin.weight.sum() == pytest.approx(400, rel=0.4)


def test_few_rows_are_not_thinned():
    whole = shown(happened((SHOW, 1, 5, 0, 1)), CODES, 99 * DAY, 2)
    assert thinned(whole, 10, np.random.default_rng(0)) is whole


def test_who_is_held_out_depends_on_nobody_else():
    people = [f"c{at:07d}" for at in range(1000)]
    whole = HoldOut().of(people)
    assert 150 < whole.sum() < 250
    assert np.array_equal(HoldOut().of(people[500:]), whole[500:])
