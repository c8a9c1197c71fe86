"""Grown programmes: read like any other, never copies, the same for a seed, with the mix that was counted."""

from __future__ import annotations

import json

import pytest

from composition import reading
from composition.catalogue_growth import growth
from composition.settings import country_folder
from data.growth.rule_mix import RuleMix
from data.growth.rule_traits import traits
from features.problem import Rejected
from recommender.rules.catalogue import catalogue

SIZE = 450
FAR = 0.12
"""How far shares may lie from those counted: of some 350 draws over a few outcomes chance alone moves half of it."""


@pytest.fixture(scope="module")
def grown():
    return growth(seed=1).documents(SIZE)


@pytest.fixture(scope="module")
def held(grown):
    return catalogue(grown, reading.read_declaration(), reading.read_regions())


def test_the_written_programmes_come_first_and_the_size_is_what_was_asked(grown):
    written = reading.programme_documents(reading.SHIPPED.catalogue)
    assert grown[: len(written)] == written
    assert len(grown) == SIZE
    assert growth(seed=1).documents(3) == written[:3]


def test_a_larger_catalogue_begins_with_a_smaller_one_and_another_seed_makes_another(grown):
    assert growth(seed=1).documents(130) == grown[:130]
    assert growth(seed=2).documents(130)[99:] != grown[99:130]


def test_hardly_two_grown_programmes_ask_the_same(held):
    who = [json.dumps(one.to_document()["who"], sort_keys=True) for one in held.programmes if one.id[:5] == "grown"]
    assert len(set(who)) > 0.97 * len(who)  # one in forty real ones asks no more than to live somewhere


def test_nobody_checking_a_grown_catalogue_would_send_a_programme_back(grown):
    made = growth(seed=1)
    assert made._unsound(dict(grown[99:])) == []
    torn = {"all": [{"fact": "farmer", "is": True}, {"fact": "farmer", "is": False}]}
    assert made._unsound({"torn": grown[99][1] | {"id": "torn", "who": torn}}) == ["torn"]


@pytest.mark.parametrize(
    "table",
    ["category", "level", "whole", "kinds", "delivery", "leaf", "joined", "payments", "region"],
)
def test_the_mix_of_what_is_grown_is_the_mix_that_was_counted(held, table):
    mix = growth(seed=1).mix
    own = [one for one in held.programmes if one.id.startswith("grown.")]
    again = RuleMix.counted(len(own), (trait for one in own for trait in traits(one)))
    wanted, found = mix.outcomes(table, "all of them"), again.outcomes(table, "all of them")
    shares = [{name: count / sum(counts.values()) for name, count in counts.items()} for counts in (wanted, found)]
    assert sum(abs(shares[0].get(one, 0) - shares[1].get(one, 0)) for one in {*wanted, *found}) / 2 < FAR


def test_some_bounds_are_new_and_lie_between_those_that_were_counted(held):
    mix = growth(seed=1).mix
    counted = {
        one["at_least"]
        for one in map(json.loads, mix.outcomes("fact"))
        if one.get("fact") == "age" and "at_least" in one
    }
    own = [one for one in held.programmes if one.id.startswith("grown.")]
    facts = [json.loads(trait[2]) for one in own for trait in traits(one) if trait[0] == "fact"]
    grown = {one["at_least"] for one in facts if one["fact"] == "age" and "at_least" in one}
    assert grown - counted
    assert min(counted) <= min(grown) <= max(grown) <= max(counted)


def test_a_country_without_a_mix_is_refused_and_takes_one_that_is_named(tmp_path):
    france = country_folder("fr")
    with pytest.raises(Rejected, match="no mix of rules is there"):
        growth(seed=1, country=france)
    programmes = reading.read_definitions(country=france).catalogue.programmes
    mix = tmp_path / "mix.json"
    counted = RuleMix.counted(len(programmes), (trait for one in programmes for trait in traits(one)))
    mix.write_text(json.dumps(counted.to_document()), encoding="utf-8")
    made = growth(seed=1, mix=mix, country=france).documents(60)
    declaration, regions = reading.read_declaration(country=france), reading.read_regions(country=france)
    assert len(catalogue(made, declaration, regions)) == 60
