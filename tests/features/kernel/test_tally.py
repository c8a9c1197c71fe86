"""What is counted is never known wrongly, whatever the log does not say; and known where the log can tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import DAY_SECONDS
from features.kernel import tally
from features.kernel.chain_oracle import _another_region
from features.kernel.tally_oracle import MOST_NAMED, Cue, OracleTally
from features.value import NONE, UNKNOWN, region_code
from tests.examples import examples

A, B, C = 1, 2, 3
SOME = UNKNOWN
"""An event that does not say which."""


def said(base, *acts):
    """What the compiled tally and the plain one say after (sign, name) acts, each on a day of its own."""
    cells, plain = np.zeros(tally.WIDTH, np.int64), OracleTally.of(base)
    tally.restart(cells, base)
    for day, (begins, name) in enumerate(acts):
        if begins:
            tally.begin(cells, name)
        else:
            tally.end(cells, name, day, False)
        plain.hear(Cue(begins, name, day * DAY_SECONDS, False), first=False)
        assert tally.counted(cells) == plain.value()
    return plain.value()


UP, DOWN = True, False


@pytest.mark.parametrize(
    ("base", "acts", "value"),
    [
        (0, [(UP, A), (UP, B), (DOWN, A)], 1),
        (0, [(UP, A), (UP, B), (DOWN, A), (DOWN, B)], 0),
        (0, [(UP, A), (UP, B), (DOWN, SOME)], 1),
        (0, [(UP, SOME), (UP, SOME), (DOWN, SOME)], UNKNOWN),
        (0, [(UP, SOME), (UP, SOME), (DOWN, SOME), (DOWN, SOME)], 0),
        (0, [(UP, SOME), (DOWN, SOME)], 0),
        (0, [(UP, SOME), (DOWN, A)], 0),
        (UNKNOWN, [(UP, SOME), (DOWN, SOME)], UNKNOWN),
        (UNKNOWN, [(UP, A), (DOWN, A)], UNKNOWN),
        (UNKNOWN, [(UP, A), (UP, B), (DOWN, B)], 1),
        (1, [(DOWN, SOME)], UNKNOWN),
        (1, [(UP, A), (DOWN, A)], 1),
        (1, [(UP, SOME), (DOWN, SOME)], UNKNOWN),
        (0, [(UP, A), (UP, A), (DOWN, A)], 0),
        (0, [(UP, A), (UP, B), (DOWN, A), (DOWN, A)], 1),
        (0, [(UP, NONE), (UP, A), (DOWN, A)], UNKNOWN),
        (0, [(UP, NONE)], UNKNOWN),
        (0, [(UP, A), (DOWN, NONE)], UNKNOWN),
        (0, [(DOWN, A)], 0),
    ],
)
def test_one_of_two_that_are_named_stays_and_what_nobody_named_is_not_known(base, acts, value):
    assert said(base, *acts) == value


def test_two_ends_on_one_day_may_be_one():
    cells = np.zeros(tally.WIDTH, np.int64)
    tally.restart(cells, 0)
    tally.begin(cells, A)
    tally.begin(cells, B)
    tally.end(cells, A, 5, False)
    tally.end(cells, SOME, 5, False)
    assert tally.counted(cells) == UNKNOWN


def test_more_names_than_are_told_apart_count_as_none():
    many = [(UP, name) for name in range(10, 12 + MOST_NAMED)]
    assert tally.MOST_NAMED == MOST_NAMED
    assert said(0, *many) == 1
    assert said(0, *many, *((DOWN, name) for _, name in many)) == 0
    assert said(0, *many, *((DOWN, name) for _, name in many[:-1])) == UNKNOWN


@st.composite
def lives(draw):
    """What truly begins and ends, day by day, and what a log that tells no lies says of each."""
    there = set(draw(st.sampled_from([(), (), (A,), (A, B)])))
    base = draw(st.sampled_from([int(bool(there)), UNKNOWN]))
    acts, truth = [], bool(there)
    for day in range(draw(st.integers(0, 8))):
        begins = draw(st.booleans()) or not there
        free = sorted({A, B, C, 4, 5} - there)
        if begins and not free:
            continue
        which = draw(st.sampled_from(free if begins else sorted(there)))
        there ^= {which}
        name = draw(st.sampled_from([which, which, SOME]))
        acts.append((day, begins, name, False))
        if not begins and name != SOME and draw(st.integers(0, 3)) == 0:
            acts.append((day, begins, SOME, False))  # another office reports it, without a name
        if draw(st.integers(0, 5)) == 0:
            acts.append((day, False, SOME if draw(st.booleans()) else 99, True))  # something that is not counted ends
        truth = bool(there)
    return base, acts, truth


@examples(600)
@given(lives())
def test_what_is_known_is_true(life):
    base, acts, truth = life
    cells, plain = np.zeros(tally.WIDTH, np.int64), OracleTally.of(base)
    tally.restart(cells, base)
    for day, begins, name, partly in acts:
        if begins:
            tally.begin(cells, name)
        else:
            tally.end(cells, name, day, partly)
        plain.hear(Cue(begins, name, day * DAY_SECONDS, partly), first=False)
        assert tally.counted(cells) == plain.value()
    assert plain.value() in (UNKNOWN, int(truth))


REGIONS = [
    (41570, 41570, 0), (11440, 41570, 1), (11, 11440, UNKNOWN), (11440, 11, UNKNOWN), (41111, 41113, UNKNOWN),
    (11, 26, 1), (UNKNOWN, 41570, UNKNOWN), (NONE, 41570, UNKNOWN), (41570, UNKNOWN, UNKNOWN), (41110, 41130, 1),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "changed"), REGIONS)
def test_a_move_is_one_into_a_region_where_the_region_before_is_known_to_be_another(before, now, changed):
    assert tally.moved(before, now) == changed
    assert _another_region(before, now) == {UNKNOWN: None, 0: False, 1: True}[changed]


_TEXTS = st.text("0A12", min_size=1, max_size=6) | st.sampled_from(["41111", "41113", "41110", "41", "11440"])


@examples(300)
@given(_TEXTS, _TEXTS)
def test_regions_of_any_country_are_compared_alike_compiled_and_plain(before, now):
    one, other = region_code(before), region_code(now)
    said = _another_region(one, other)
    assert tally.moved(one, other) == (UNKNOWN if said is None else int(said))
