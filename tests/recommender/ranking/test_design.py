"""One row per (person, programme): compared with a plain reading of what each column means."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_declaration
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import from_facts, snapshots
from features.value import NONE, UNKNOWN
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.design import CONTEXT, FITS, NOTHING, Context, DesignMatrix
from recommender.ranking.scorer import Pairs
from recommender.rules.bounds import LEAST, MOST, fact_bounds
from recommender.rules.catalogue import catalogue
from tests.examples import examples

DECLARATION = read_declaration()
DAY = datetime.date(2026, 6, 30)
T = DECLARATION.zone.end_of_day(DAY)
BASE = {
    "provider": {"id": "toy", "name": {"ko": "청"}, "level": "national"}, "form": "cash", "delivery": "offer",
    "documents": [], "valid": {}, "source": {"url": "https://e.org"}, "verified": True, "category": "health",
    "title": {"ko": "이름"}, "effort_minutes": 5,
}  # fmt: skip
BIRTH = {"after": "life.child_born", "within": "P12M"}
DATED = {"kind": "dated", "from": "2026-01-01", "until": "2026-07-10"}
CATALOGUE = catalogue(
    [
        (name, BASE | {"id": f"toy.{name}", "who": who, "window": window, "value": {"amount": amount}})
        for name, who, window, amount in [
            ("a", {"fact": "age", "at_least": 20, "at_most": 40}, BIRTH, 1_000_000),
            ("b", {"all": [{"fact": "age", "at_least": 65}, {"fact": "income_percent", "at_most": 70}]}, DATED, None),
            ("c", {"fact": "child_ages", "at_least": 3, "at_most": 8}, {"kind": "unknown"}, 50_000),
            ("d", {"any": [{"fact": "disabled", "is": True}, {"fact": "ill", "is": True}]}, DATED, 0),
            ("e", {"fact": "income_percent", "at_least": 10}, BIRTH, 10),
        ]
    ],
    DECLARATION,
)
VOCABULARY = Vocabulary.fit(CATALOGUE, DECLARATION, 2, np.random.default_rng(0))
ATTRIBUTES = VOCABULARY.attributes(CATALOGUE, DECLARATION)
TABLE = DesignMatrix.of(DECLARATION, VOCABULARY)


def row(facts, programme, context=None):
    person = from_facts(DECLARATION, facts, T)
    pairs = Pairs(np.zeros(1, np.int64), np.array([CATALOGUE.index[f"toy.{programme}"]]))
    return dict(zip(TABLE.names, TABLE.rows(person, ATTRIBUTES, pairs, context)[0].tolist(), strict=True))


def fit(facts, programme):
    found = row(facts, programme)
    return [found[f"fit.{name}"] for name in ("met", "failed", "unknown", "others_met", "members")]


def test_no_column_names_a_programme_or_is_there_twice():
    assert len(set(TABLE.names)) == len(TABLE.names)
    assert not any("toy." in name for name in TABLE.names)


def test_facts_that_may_not_be_used_for_ranking_are_not_columns():
    assert "person.violence_victim" not in TABLE.names
    assert "person.child_ages" not in TABLE.names
    assert "person.age" in TABLE.names


def test_unknown_is_a_gap_and_known_to_be_none_is_not():
    found = row({"children": []}, "a")
    assert math.isnan(found["person.age"])
    assert found["person.youngest_child_age"] == NOTHING
    assert found["person.children_count"] == 0


def test_dates_are_read_as_days_ago():
    assert row({"birth_date": "2026-06-20"}, "a")["person.birth_date"] == 10


def test_demands_are_met_failed_or_unknown():
    assert fit({"birth_date": "1996-01-01"}, "a") == [1, 0, 0, 0, 0]
    assert fit({"birth_date": "1956-01-01"}, "a") == [0, 1, 0, 0, 0]
    assert fit({"birth_date": "1956-01-01"}, "b") == [1, 0, 1, 0, 0]
    assert fit({}, "b") == [0, 0, 2, 0, 0]


def test_alternatives_that_are_met_are_counted_apart():
    assert fit({"disabled": True, "ill": True}, "d") == [0, 0, 0, 2, 0]
    assert fit({"disabled": True, "ill": False}, "d") == [0, 1, 0, 1, 0]


def test_members_of_a_set_inside_the_bounds_are_counted():
    assert fit({"children": ["2021-01-01", "2019-01-01", "2010-01-01"]}, "c") == [1, 0, 0, 0, 2]
    assert fit({"children": ["2010-01-01"]}, "c") == [0, 1, 0, 0, 0]
    assert fit({"children": []}, "c") == [0, 1, 0, 0, 0]


def test_distances_to_bounds_are_signed():
    found = row({"birth_date": "1996-01-01"}, "a")
    assert (found["above_low.age"], found["below_high.age"]) == (10, 10)
    older = row({"birth_date": "1956-01-01", "income_percent": 90}, "b")
    assert (older["above_low.age"], older["below_high.income_percent"]) == (5, -20)
    assert math.isnan(older["below_high.age"])


def test_amounts_are_compared_with_income_only_where_both_are_known():
    found = row({"annual_pay_won": 999_999}, "a")
    assert found["amount_over.annual_pay_won"] == pytest.approx(math.log1p(1_000_000) - math.log(1_000_000), abs=1e-6)
    assert math.isnan(row({}, "a")["amount_over.annual_pay_won"])
    assert math.isnan(row({"annual_pay_won": 1}, "b")["amount_over.annual_pay_won"])


def birth_on(day):
    born = DECLARATION.zone.end_of_day(day) - 3600
    event = Event("1", "registry", "c1", "life.child_born", born, born, {}, (("k1", "child"),))
    found = history_of([event], DECLARATION)
    return snapshots(DECLARATION, found, found.rows_of(["c1"]), np.array([T]))


def test_days_since_the_trigger_and_days_left_follow_the_window():
    people = birth_on(datetime.date(2026, 6, 20))
    rows = TABLE.rows(people, ATTRIBUTES, Pairs(np.zeros(2, np.int64), np.array([0, 1])))
    column = [TABLE.names.index(f"fit.{name}") for name in ("days_since_trigger", "days_left", "days_to_close")]
    assert rows[0, column[0]] == 10
    assert rows[0, column[1]] == pytest.approx(365.25 - 10)
    assert np.isnan(rows[0, column[2]])
    assert np.isnan(rows[1, column[:2]]).all()
    assert rows[1, column[2]] == 10


def test_how_a_row_was_shown_stands_last_and_is_fixed_when_nothing_was_shown():
    assert TABLE.names[-2:] == CONTEXT
    assert [TABLE.names[at] for at in TABLE.additive] == list(CONTEXT)
    quiet = row({}, "a")
    assert [quiet[name] for name in CONTEXT] == [1, 0]
    shown = row({}, "a", Context(np.array([4], np.float32), np.array([2], np.float32)))
    assert [shown[name] for name in CONTEXT] == [4, 2]


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "birth_date": st.dates(datetime.date(1930, 1, 1), datetime.date(1979, 12, 31)).map(str),
        "income_percent": st.integers(0, 400),
        "disabled": st.booleans(),
        "ill": st.booleans(),
        "children": st.lists(st.dates(datetime.date(1990, 1, 1), DAY).map(str), max_size=3),
    },
)


@examples(40)
@given(FACTS)
def test_the_compiled_columns_are_what_a_plain_reading_gives(facts):
    person = from_facts(DECLARATION, facts, T)
    pairs = Pairs(np.zeros(len(CATALOGUE), np.int64), np.arange(len(CATALOGUE)))
    rows = TABLE.rows(person, ATTRIBUTES, pairs)
    first = TABLE.names.index(FITS[0])
    for at, programme in enumerate(CATALOGUE.programmes):
        assert rows[at, first : first + 5].tolist() == plain(person, programme)


def plain(person, programme):
    met, failed, unknown, others, members = 0, 0, 0, 0, 0
    for ask in fact_bounds(programme, DECLARATION):
        value = person.value(ask.fact)
        if value == UNKNOWN:
            unknown += 1
            continue
        if ask.fact == "child_ages":
            ages = [] if value == NONE else DECLARATION.kind("child_ages").decode(value)
            inside = sum(max(ask.low, LEAST) <= age <= min(ask.high, MOST) for age in ages)
            members += inside
            holds = inside > 0
        else:
            holds = value != NONE and ask.low <= value <= ask.high
        met, failed, others = met + (holds and ask.firm), failed + (not holds), others + (holds and not ask.firm)
    return [met, failed, unknown, others, members]


def test_pairs_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Pairs(np.zeros(2, np.int64), np.zeros(3, np.int64))


def test_pairs_are_every_verdict_that_is_not_no():
    pairs = Pairs.permitted(np.array([[0, 1, 2], [2, 0, 0]], dtype=np.int8))
    assert pairs.person.tolist() == [0, 0, 1]
    assert pairs.programme.tolist() == [1, 2, 0]
    assert len(pairs[1:]) == 2
