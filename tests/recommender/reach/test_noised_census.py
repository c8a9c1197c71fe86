"""A rule over a table of cells counts what it counts over the people in them, with the error of so many cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from features.value import NONE, UNKNOWN
from recommender.reach.cell_layout import CellLayout, parse_layout
from recommender.reach.census import CountTerms, ExactCensus
from recommender.reach.noised_census import NoisedCensus, NoisedTable
from recommender.reach.reach_document import document
from recommender.rules.working_days import WEEKENDS_ONLY
from tests.examples import examples
from tests.recommender.catalogues import DAY, DECLARATION, MESSAGES, REGIONS
from tests.recommender.reach.test_rule_reach import GROUPS, population, rule, snapshots

FACTS = {"age": [0, 19, 65, 75], "income_percent": [0, 51, 101], "farmer": [0, 1]}
LAYOUT = parse_layout({"facts": FACTS}, ("reach.yaml",), DECLARATION, REGIONS, DAY)
TERMS = CountTerms(REGIONS, WEEKENDS_ONLY, MESSAGES)
LIVES = [int(code) for code in LAYOUT.places[:-1] if code > 1000][:3]


def table_of(persons, deviation=0.0, layout=LAYOUT):
    cells = layout.cells_of(snapshots(persons))
    return NoisedTable(layout, np.bincount(cells, minlength=layout.size), deviation, DAY)


def census_of(table):
    return NoisedCensus.over(table, DECLARATION, GROUPS, REGIONS)


persons = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "age": st.integers(0, 100), "income_percent": st.integers(0, 200), "farmer": st.integers(0, 1),
            "region": st.sampled_from(LIVES),
        },
    ),
    min_size=1, max_size=30,
)  # fmt: skip
tests = st.one_of(
    st.builds(
        lambda op, at: {"fact": "age", op: at}, st.sampled_from(["at_least", "below"]), st.sampled_from([19, 65])
    ),
    st.builds(lambda at: {"fact": "income_percent", "at_most": at}, st.sampled_from([50, 100])),
    st.builds(lambda value: {"fact": "farmer", "is": value}, st.booleans()),
    st.builds(lambda code: {"fact": "region", "is": str(code)[:2]}, st.sampled_from(LIVES)),
    st.just({"no_data": "nobody publishes it"}),
)
rules = st.recursive(
    tests,
    lambda parts: st.one_of(
        st.builds(lambda of: {"all": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda of: {"any": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda of: {"not": of}, parts),
    ),
    max_leaves=6,
)


@examples(40)
@given(persons, rules)
def test_without_noise_every_count_is_that_of_the_people(people, who):
    exact, table = ExactCensus(population(people)), census_of(table_of(people))
    asked = rule(who)
    one, other = exact.reach(asked, TERMS), table.reach(asked, TERMS)
    assert other.total.tolist() == one.total.tolist()
    by_place = dict(zip(table.people.places.tolist(), other.regions.tolist(), strict=True))
    for place, counted in zip(exact.people.places.tolist(), one.regions.tolist(), strict=True):
        assert by_place[place] == counted
    assert other.groups.tolist() == one.groups.tolist()
    assert len(table.people) == len(people)


def test_the_error_of_a_count_is_that_of_the_cells_it_sums():
    told = census_of(table_of([{"age": 70, "region": LIVES[0]}] * 40, deviation=3.0))
    found = told.reach(rule({"fact": "age", "at_least": 65}), TERMS)
    at = told.people.places.tolist().index(LIVES[0])
    spans = 4 * 3  # of income and of farming, with who is unknown in each
    assert found.region_errors[at].tolist() == pytest.approx(
        [math.sqrt(cells * spans * (9 + 1 / 12)) for cells in (2, 0, 1, 2)]
    )
    shown = document(found, told.people, REGIONS, ("region",))
    row = next(one for one in shown["regions"] if one["region"] == str(LIVES[0]))
    assert (row["yes"], row["standard_error"]["yes"]) == (40, math.ceil(math.sqrt(2 * spans * (9 + 1 / 12))))
    assert shown["total"]["standard_error"]["yes"] >= row["standard_error"]["yes"]


def test_a_count_that_noise_made_negative_is_told_as_none_and_a_small_one_not_at_all():
    layout = CellLayout({}, np.array([*LIVES[:3], UNKNOWN]))
    told = census_of(NoisedTable(layout, np.array([-5, 7, 30, 900]), 4.0, DAY))
    shown = document(told.reach(rule({"all": []}), TERMS), told.people, REGIONS, ("region",))
    assert {one["region"]: one["yes"] for one in shown["regions"]} == {
        **{str(code): None for code in LIVES[:3]}, None: 900
    }  # fmt: skip


@pytest.mark.parametrize("who", [{"fact": "age", "at_least": 66}, {"fact": "income_percent", "at_most": 51},
                                 {"fact": "age", "at_most": 80}])  # fmt: skip
def test_a_bound_within_a_span_is_refused_with_the_bounds_there_are(who):
    with pytest.raises(Rejected, match=r"is not told apart from \d+ (on|to \d{2,3}) by the table"):
        census_of(table_of([{}])).reach(rule(who), TERMS)
    with pytest.raises(Rejected, match="begins a span at one of 0, "):
        census_of(table_of([{}])).reach(rule(who), TERMS)


def test_what_is_absent_or_lives_elsewhere_is_in_the_cell_of_what_is_not_known():
    cells = LAYOUT.cells_of(snapshots([{}, {"income_percent": NONE}, {"region": NONE}, {"age": 3}]))
    assert len(set(cells[:3].tolist())) == 1
    assert cells[3] != cells[0]


def test_who_gave_a_region_of_an_earlier_day_is_counted_where_it_went():
    before, now = [29110, 46, 28110, 28140, 99], [12110, 12310, 28, 28125, UNKNOWN]
    cells = [LAYOUT.cells_of(snapshots([{"region": code} for code in codes])).tolist() for codes in (before, now)]
    assert cells[0] == cells[1]
    assert len(set(cells[1])) == len(now)


@pytest.mark.parametrize(
    "wrong",
    [{"facts": {"agee": [0]}}, {"facts": {"sex": [0]}}, {"facts": {"age": []}}, {"facts": {"age": [3, 3]}},
     {"facts": {"age": ["3"]}}, {"facts": {"age": 3}}, {"fact": {}}, {"facts": {"age": list(range(100)),
     "income_percent": list(range(0, 9000, 2))}}],
)  # fmt: skip
def test_a_layout_that_cannot_be_is_refused(wrong):
    with pytest.raises(Rejected):
        parse_layout(wrong, ("reach.yaml",), DECLARATION, REGIONS, DAY)
