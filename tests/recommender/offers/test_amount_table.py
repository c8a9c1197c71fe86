"""What the shipped programmes come to for one person, remembered by case, beside the estimate made anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from features.calendar import date_of, day_of
from features.log.history import history_of
from features.snapshot import known_from_facts
from features.value import UNKNOWN
from recommender.offers.amount_table import AmountTable, SweptPeople, amount_table
from recommender.offers.offer_arrays import offer_arrays, ordered_amount
from recommender.rules.catalogue import Catalogue
from recommender.rules.compiled import compile_catalogue
from recommender.rules.payment import GIVES
from recommender.rules.person import Person

TODAY = date(2026, 11, 28)
DAYS = st.integers(0, 7000).map(lambda ago: (TODAY - timedelta(ago)).isoformat())
FAMILIES = st.fixed_dictionaries(
    {},
    optional={
        "birth_date": st.dates(date(1940, 1, 1), date(2008, 1, 1)).map(date.isoformat),
        "children": st.lists(DAYS, max_size=3, unique=True).map(sorted),
        "region": st.sampled_from(["11440", "41111", "26530", "41150"]),
        "near_poverty": st.booleans(),
        "basic_livelihood_recipient": st.booleans(),
        "multiple_birth": st.booleans(),
        "income_percent": st.integers(0, 200),
    },
)


GROWN = FAMILIES.filter(lambda facts: all(day <= "2025-01-01" for day in facts.get("children", ())))


@cache
def rules_of(day):
    declaration, regions = reading.read_declaration(), reading.read_regions()
    catalogue = reading.read_catalogue(None, declaration, regions)
    return compile_catalogue(catalogue, declaration.columns, declaration, regions, day_of(day))


@pytest.fixture(scope="module")
def shipped():
    return rules_of(TODAY)


@given(facts=FAMILIES)
def test_an_amount_remembered_by_case_is_the_amount_worked_out_for_the_person(shipped, facts):
    declaration = shipped.declaration
    t = declaration.zone.end_of_day(TODAY)
    person = Person(known_from_facts(declaration, facts, t), regions=shipped.regions)
    places = np.flatnonzero(offer_arrays(shipped).personal)
    table = amount_table(shipped, t)
    found = table.of_person(person, places, table.child_keys(person.snapshot))
    values = [shipped.catalogue.programmes[place].value for place in places.tolist()]
    own = declaration.country.currency
    estimates = [value.amount_of(person, t) for value in values]
    sums = [ordered_amount(one, value.currency, own) for one, value in zip(estimates, values, strict=True)]
    spans = [(one.low, one.high) if one.stated else (None, None) for one in estimates]
    expected = [
        (*span, middle, GIVES.index(one.gives)) for span, middle, one in zip(spans, sums, estimates, strict=True)
    ]
    assert found.tolist() == [[UNKNOWN if one is None else one for one in row] for row in expected]


@pytest.mark.parametrize("back", [1, 31, 400])
@given(facts=GROWN)
def test_a_programme_comes_to_the_same_in_equal_cases_of_two_days(shipped, facts, back):
    declaration, sides, tables = shipped.declaration, [], []
    for rules in (shipped, rules_of(TODAY - timedelta(back))):
        t = declaration.zone.end_of_day(date_of(rules.day))
        tables.append(AmountTable(rules, t, tables[0] if tables else None))
        person = Person(known_from_facts(declaration, facts, t), regions=rules.regions)
        people = SweptPeople(history_of([], declaration), np.zeros(1, np.int64), person.snapshot)
        programmes = np.arange(len(rules.catalogue))
        cases = tables[-1].cases(people, np.zeros_like(programmes), programmes)
        told = [one.value.amount_of(person, t) for one in rules.catalogue.programmes]
        sides.append(list(zip(cases.tolist(), told, strict=True)))
    assert tables[0].is_alike(tables[1])
    for (case, told), (other, before) in zip(*sides, strict=True):
        if case == other:
            assert (told.low, told.high, told.stated) == (before.low, before.high, before.stated)


def test_cases_of_other_programmes_are_not_compared(shipped):
    t, programmes = shipped.declaration.zone.end_of_day(TODAY), shipped.catalogue.programmes
    other = replace(programmes[0], value=programmes[1].value)
    rules = replace(shipped, catalogue=Catalogue((other, *programmes[1:])))
    table = AmountTable(shipped, t)
    assert AmountTable(replace(shipped), t, table).is_alike(table)
    assert not AmountTable(rules, t, table).is_alike(table)
