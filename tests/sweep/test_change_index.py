"""An index knows people by the marks of their rows, wherever they stand, and whoever is not known has news."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.change_index import NEWS, ChangeIndex
from sweep.sweep_folder import SweepFolder


def index_of(marks, day=20, **may):
    days = np.full(len(marks), day, np.int32)
    return ChangeIndex(np.array(marks, np.uint64), days, {name: np.array(one, np.bool_) for name, one in may.items()})


def same(one, other):
    assert np.array_equal(one.mark, other.mark)
    assert np.array_equal(one.day, other.day)
    assert one.may.keys() == other.may.keys()
    assert all(np.array_equal(one.may[name], other.may[name]) for name in one.may)


people = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.integers(-5, 40_000), st.booleans()), unique_by=lambda one: one[0]
)


def of(rows):
    marks, days, may = zip(*rows, strict=True) if rows else ((), (), ())
    return ChangeIndex(np.array(marks, np.uint64), np.array(days, np.int32), {"p": np.array(may, np.bool_)})


@given(people, people, st.booleans())
def test_all_of_two_indexes_but_a_few_are_found_and_nobody_else(first, second, joined):
    asked = [*first, *second, *([(2**64 - 1, 0, False)] if joined else [])]
    found = ChangeIndex.known(of(asked).mark, [of(one) for one in (first, second)], ["p"])
    held, lost = {mark: rest for mark, *rest in (*second, *first)}, 0
    for mark, day, may in zip(found.mark.tolist(), found.day.tolist(), found.may["p"].tolist(), strict=True):
        lost += day == NEWS and mark in held
        assert [day, may] == (held.get(mark, [NEWS, False]) if day > NEWS else [NEWS, False])
    assert lost * 16 <= len(asked)


def test_people_who_moved_within_a_shard_or_to_the_next_are_found():
    marks = np.random.default_rng(1).permutation(200).astype(np.uint64)
    own, beside = index_of(marks[:150], day=30), index_of(marks[150:], day=31)
    assert ChangeIndex.known(marks[:150], [own, beside], []).day.tolist() == [30] * 150
    shifted = ChangeIndex.known(marks[20:170], [own, beside], []).day.tolist()
    assert shifted == [30] * 130 + [31] * 20
    news = marks[:150].copy()
    news[7] = 999
    assert np.flatnonzero(ChangeIndex.known(news, [own], []).day == NEWS).tolist() == [7]


@given(people)
def test_what_is_written_is_read_again(rows):
    one = of(rows)
    one = one._replace(may={"kr.a b": one.may["p"]})
    same(ChangeIndex.of_bytes(one.to_bytes(), one.may), one)
    same(ChangeIndex.of_bytes(one.to_bytes(), ["q"]), one._replace(may={}))


def test_somebody_is_due_by_a_day_of_their_own_by_a_programme_that_turned_or_by_news():
    index = ChangeIndex.known(
        np.array([1, 2, 3, 4], np.uint64), [index_of([1, 2, 3], p=[0, 1, 0], q=[0, 0, 1])], ["p", "q"]
    )
    assert index.due(19, []).tolist() == [False, False, False, True]
    assert index.due(20, []).tolist() == [True, True, True, True]
    assert index.due(19, ["p"]).tolist() == [False, True, False, True]
    assert index.own(20).tolist() == [True, True, True, False]


def test_an_index_that_lacks_a_programme_says_nothing():
    short = index_of([1, 2], p=[0, 0])
    assert ChangeIndex.known(short.mark, [short], ["p", "q"]).day.tolist() == [NEWS, NEWS]
    whole = index_of([2], p=[1], q=[1])
    assert ChangeIndex.known(short.mark, [short, whole], ["p", "q"]).day.tolist() == [NEWS, 20]


def test_some_people_are_as_others_say_and_the_rest_as_before():
    index = index_of([7, 8, 9], p=[1, 1, 1], q=[0, 0, 1])
    others = ChangeIndex(np.array([7, 9], np.uint64), np.array([30, 31], np.int32), {"q": np.array([True, False])})
    found = index.updated(np.array([0, 2]), others)
    assert (found.day.tolist(), found.may["q"].tolist()) == ([30, 20, 31], [True, False, False])
    assert (index.day.tolist(), list(found.may)) == ([20, 20, 20], ["q"])


@pytest.mark.parametrize(
    "harm", [lambda content: content[:-3], lambda content: content[:40] + b"x" + content[41:], None]
)
def test_an_index_that_is_not_whole_is_none(tmp_path, harm):
    folder, index = SweepFolder(tmp_path, 1), index_of([3, 1], p=[1, 0])
    folder.leave(0, index)
    same(folder.left(0, index.may), index)
    file = tmp_path / "next-00000.index"
    if harm is None:
        file.unlink()
    else:
        file.write_bytes(harm(file.read_bytes()))
    assert folder.left(0, ()) is None
