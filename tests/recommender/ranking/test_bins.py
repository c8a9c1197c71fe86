"""Bins: public classes of people, from the declaration alone."""

import datetime

import numpy as np
import pytest

from composition.reading import read_declaration
from features.declaration.declaration import declare
from features.snapshot import Snapshots, from_facts
from features.value import NONE, UNKNOWN
from recommender.ranking.bins import YEARS, Bins, slot_of


@pytest.fixture(scope="module")
def declaration():
    return read_declaration()


@pytest.fixture(scope="module")
def bins(declaration):
    return Bins.of(declaration)


def of(declaration, bins, **facts):
    t = declaration.zone.end_of_day(datetime.date(2026, 11, 1))
    people = from_facts(declaration, facts, t)
    row = bins.of_people(people)[0]
    return {
        slot.column: int(row[at]) - start
        for at, (slot, start) in enumerate(zip(bins.slots, bins.starts, strict=False), 1)
    }


def test_bins_follow_from_the_declaration_and_from_nobody(declaration, bins) -> None:
    assert bins == Bins.of(declaration)
    assert {slot.column for slot in bins.slots} <= set(declaration.columns)


def test_what_may_not_be_used_for_ranking_has_no_slot(declaration, bins) -> None:
    barred = {name for name, fact in declaration.facts.items() if "ranking" not in fact.purpose}
    assert barred
    assert not barred & {slot.column for slot in bins.slots}


def test_unknown_and_none_are_classes_of_their_own_and_never_the_least(declaration, bins) -> None:
    slots = {slot.column: slot for slot in bins.slots}
    nobody_knows = of(declaration, bins)
    assert nobody_knows["income_percent"] == slots["income_percent"].classes + 1
    assert nobody_knows["worker"] == slots["worker"].classes + 1
    childless = of(declaration, bins, children=[])
    assert childless["youngest_child_age"] == slots["youngest_child_age"].classes


def test_what_is_unknown_of_everything_is_the_bins_of_somebody_nobody_knows(declaration, bins) -> None:
    people = from_facts(declaration, {}, declaration.zone.end_of_day(datetime.date(2026, 11, 1)))
    assert bins.unknown.tolist() == bins.of_people(people)[0].tolist()


def test_a_class_begins_on_its_cut(declaration, bins) -> None:
    cuts = next(slot.cuts for slot in bins.slots if slot.column == "income_percent")
    for place, cut in enumerate(cuts):
        assert of(declaration, bins, income_percent=cut)["income_percent"] == place + 1
        assert of(declaration, bins, income_percent=cut - 1)["income_percent"] == place


def test_an_age_falls_between_the_cuts_it_lies_between(declaration, bins) -> None:
    assert of(declaration, bins, birth_date="1990-05-01")["age"] == sum(cut <= 36 for cut in YEARS)
    assert of(declaration, bins, birth_date="1961-11-01")["age"] == sum(cut <= 65 for cut in YEARS)


def test_yes_and_no_and_every_choice_are_told_apart(declaration, bins) -> None:
    assert [of(declaration, bins, worker=answer)["worker"] for answer in (False, True)] == [0, 1]
    assert of(declaration, bins, sex="female")["sex"] == 1


def test_every_bin_lies_in_its_slot_whatever_the_value(declaration, bins) -> None:
    rng = np.random.default_rng(1)
    one = from_facts(declaration, {}, 1_790_000_000)
    drawn = rng.choice([UNKNOWN, NONE, -5, 0, 1, 40, 10**6, 2**40], (50, len(one.columns)))
    who, t = ("",) * 50, np.full(50, one.t[0])
    people = Snapshots(who, t, one.columns, drawn, one.features_hash, declaration, one.members)
    found = bins.of_people(people)
    starts, ends = np.array(bins.starts), np.array([*bins.starts[1:], bins.size])
    assert ((found[:, 1:] >= starts) & (found[:, 1:] < ends)).all()
    assert not found[:, 0].any()


def test_a_column_without_public_classes_has_no_slot(declaration) -> None:
    assert slot_of("region", declaration) is None
    assert slot_of("children", declaration) is None


def test_a_small_bounded_number_has_a_class_for_each_value(declaration) -> None:
    assert slot_of("care_grade", declaration).cuts == (2, 3, 4, 5, 6)


def test_a_pair_tells_which_of_its_two_flags_are_true_or_that_one_is_not_known(bins) -> None:
    rng, slots = np.random.default_rng(2), bins.slots
    within = np.array([rng.integers(0, slot.size, 40) for slot in slots], dtype=np.int32).T
    rows = np.concatenate([np.zeros((40, 1), np.int32), within + np.array(bins.starts[: len(slots)])], axis=1)
    found = bins.with_pairs(rows.astype(np.int32))
    assert (found[:, : rows.shape[1]] == rows).all()
    pair_starts = bins.starts[len(slots) :]
    for at, (pair, start) in enumerate(zip(bins.pairs, pair_starts, strict=True), rows.shape[1]):
        for person in range(40):
            own = [int(within[person, flag.slot]) for flag in pair]
            known = all(one < slots[flag.slot].classes for one, flag in zip(own, pair, strict=True))
            one, other = (value >= flag.begins for value, flag in zip(own, pair, strict=True))
            assert found[person, at] - start == (2 * one + other if known else 4)


def declared(**facts):
    return declare({"zone": "UTC", "epoch": "1900-01-01", "types": {}}, {"facts": facts}, {"features": {}})


PAY = {"type": "integer", "low": 0, "high": 1000, "purpose": ["ranking"]}
BORN = {"type": "date", "low": "1900-01-01", "high": "2100-12-31", "purpose": ["ranking"]}
TENTHS = {**PAY, "scale": 10}


def test_classes_begin_where_the_declaration_says() -> None:
    made = declared(pay={**PAY, "bins": [100, 250]}, born={**BORN, "bins": [18, 65]}, share={**TENTHS, "bins": [2.5]})
    assert slot_of("pay", made).cuts == (100, 250)
    assert slot_of("born", made).cuts == (18 * 365, 65 * 365)
    assert slot_of("share", made).cuts == (25,)
    found = Bins.of(made)
    assert of(made, found, pay=99)["pay"] == 0
    assert of(made, found, pay=100)["pay"] == 1
    assert of(made, found, born="2000-01-01")["born"] == 1


def test_quantiles_divide_public_answers_into_classes_as_common_as_they_can_be() -> None:
    answers = [{"value": value, "weight": weight} for value, weight in [(10, 25), (20, 25), (30, 10), (40, 40)]]
    quarters = declared(pay={**PAY, "answers": answers, "bins": {"quantiles": 4}})
    assert slot_of("pay", quarters).cuts == (20, 30)  # 25, 25 and 50 of a hundred: no answer is cut in two
    halves = declared(pay={**PAY, "answers": answers, "bins": {"quantiles": 2}})
    assert slot_of("pay", halves).cuts == (30,)
    years = [{"years_ago": value, "weight": 1} for value in (10, 20, 30, 40)]
    born = declared(born={**BORN, "answers": years, "bins": {"quantiles": 2}})
    assert slot_of("born", born).cuts == (30 * 365,)
