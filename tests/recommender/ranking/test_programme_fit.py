"""How people fit programmes: what rules ask of one fact, and how long ago what a programme is offered on was."""

from __future__ import annotations

import datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_definitions
from features.snapshot import from_facts
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.bins import Bins, Slot
from recommender.ranking.programme_fit import ASKED, RECENCY, SHARED, WINDOW, Fits, _inside, fits

PENSION, NEWBORN = "kr.basic-pension", "kr.buyeo-newborn-care"
DAY = datetime.date(2026, 11, 1)


@pytest.fixture(scope="module")
def known():
    """The declaration shipped, its catalogue, the bins of people, and how both fit."""
    declaration, catalogue, _ = read_definitions()
    vocabulary = Vocabulary.fit(catalogue, declaration, 8, np.random.default_rng(0))
    attributes, bins = vocabulary.attributes(catalogue, declaration), Bins.of(declaration)
    own = np.array([attributes.codes[attributes.ids.index(NEWBORN)]])
    return declaration, attributes, bins, fits(bins, attributes, declaration, own)


def spoken(known, programme, **facts):
    """What each weight of a programme is multiplied by for somebody of whom some facts are known; the slots' names."""
    declaration, attributes, bins, found = known
    row = bins.of_people(from_facts(declaration, facts, declaration.zone.end_of_day(DAY)))[0]
    at, says = attributes.ids.index(programme), {}
    for entry in range(found.at[at], found.at[at + 1]):
        place = found.row[entry] + row[found.slot[entry]]
        column = bins.slots[found.slot[entry] - 1].column
        says.setdefault(column, []).append((int(found.weight[place]), float(found.value[place])))
    return says


def born(years):
    return DAY.replace(year=DAY.year - years).isoformat()


def test_a_class_that_a_rule_lets_through_speaks_and_one_that_it_does_not_is_silent(known):
    old, young = (dict(spoken(known, PENSION, birth_date=born(age))["age"]) for age in (72, 30))
    (weight,) = set(old) & set(young)
    assert (old[weight], young[weight]) == (ASKED, 0.0)


def test_what_is_not_known_speaks_by_a_weight_of_its_own(known):
    ((weight, value),) = spoken(known, PENSION)["age"]
    ((other, _),) = spoken(known, PENSION, birth_date=born(72))["age"]
    assert (value, weight != other) == (ASKED, True)
    assert {weight} == {entry[0] for entry in spoken(known, PENSION)["citizen_of_korea"]}


def test_two_programmes_that_ask_the_same_fact_share_the_weight_of_it(known):
    ((pension, _),) = spoken(known, PENSION, birth_date=born(72))["age"]
    ((dental, _),) = spoken(known, "kr.asan-child-dental", birth_date=born(72))["age"]
    assert pension == dental


def test_days_since_what_a_programme_is_offered_on_speak_for_all_for_the_event_and_for_itself(known):
    since = spoken(known, NEWBORN)["days_since_birth_of_child"]
    assert len(since) == 5  # shared, of the event, its own, within the window and beyond it
    other = spoken(known, "kr.child-allowance")["days_since_birth_of_child"]
    assert len(other) == 2  # it has no window, and no weights of its own
    assert since[0][0] == other[0][0]


def test_every_class_of_recency_has_a_weight_and_where_nothing_is_known_none_speaks(known):
    _, attributes, bins, found = known
    at = attributes.ids.index("kr.child-allowance")
    slot = [one.column for one in bins.slots].index("days_since_birth_of_child")
    entry = next(one for one in range(found.at[at], found.at[at + 1]) if found.slot[one] == slot + 1)
    begin = found.row[entry] + bins.starts[slot]
    assert found.weight[begin : begin + RECENCY].tolist() == list(range(RECENCY))
    assert found.value[begin : begin + RECENCY + 1].tolist() == [SHARED] * RECENCY + [0.0]


def test_a_window_divides_what_is_in_time_from_what_is_late(known):
    _, attributes, bins, found = known
    at = attributes.ids.index(NEWBORN)
    slot = [one.column for one in bins.slots].index("days_since_birth_of_child")
    mine = [one for one in range(found.at[at], found.at[at + 1]) if found.slot[one] == slot + 1][-2:]
    starts = [found.row[one] + bins.starts[slot] for one in mine]
    inside, beyond = (found.value[start : start + bins.slots[slot].classes] for start in starts)
    assert inside + beyond == pytest.approx(np.full(inside.size, WINDOW))
    assert (inside[0], inside[-1]) == (WINDOW, 0.0)
    assert (np.diff(inside) <= 0).all()


def test_every_entry_has_a_row_for_each_bin_of_its_slot_and_every_weight_is_counted(known):
    found = known[3]
    assert found.at[-1] == found.slot.size == found.row.size
    assert found.weight.size == found.value.size
    assert found.weight.min() >= 0
    assert found.weight.max() < found.weights
    assert Fits.none(3).at.tolist() == [0, 0, 0, 0]


cuts = st.lists(st.integers(1, 200), min_size=1, max_size=5, unique=True).map(lambda found: tuple(sorted(found)))


@given(cuts, st.integers(0, 250), st.integers(0, 250))
def test_the_share_of_a_class_within_bounds_is_that_of_its_numbers(edges, one, other):
    low, high = sorted((one, other))
    found = _inside(Slot("x", edges, ordered=True), low, high)
    bounded = [np.arange(begin, end) for begin, end in pairwise(edges)]
    for share, numbers in zip(found[1:-1], bounded, strict=True):
        assert share == pytest.approx(((numbers >= low) & (numbers <= high)).mean())
    assert found[0] == (low < edges[0])
    assert found[-1] == (high >= edges[-1])
