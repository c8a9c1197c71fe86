"""Stops: which order and which programmes are off, for whom; and what of the file cannot be read."""

from __future__ import annotations

from copy import copy

import pytest

from features.problem import Rejected
from recommender.offers.batch import Ranker
from serving.records.switched_off import Stop, Stops

FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440"}


def off(kind, name):
    return Stop(kind, name, "kim", "it is wrong", "2026-11-29T00:00:00Z")


@pytest.fixture(scope="module")
def learned(shipped):
    engine = copy(shipped)
    engine.ranker = Ranker(scorer=object(), model={"kind": "bilinear", "name": "m1"})
    return engine


@pytest.mark.parametrize(
    ("stop", "stops_the_order"),
    [
        (off("model", "all"), True),
        (off("model", "m1"), True),
        (off("model", "m2"), False),
        (off("region", "11"), True),
        (off("region", "11440"), True),
        (off("region", "26"), False),
        (off("programme", "kr.child-allowance"), False),
    ],
)
def test_the_learned_order_is_off_by_model_and_by_region(stop, stops_the_order, learned, lives):
    person = learned.from_facts(FACTS, ["citizen"], lives[1])
    assert bool(Stops((stop,)).of_order(learned, person)) is stops_the_order


def test_a_region_that_is_not_known_is_not_stopped_and_without_a_model_there_is_nothing_to_stop(
    learned, shipped, lives
):
    somewhere = learned.from_facts({"sex": "female"}, ["citizen"], lives[1])
    assert Stops((off("region", "11"),)).of_order(learned, somewhere) == ()
    person = shipped.from_facts(FACTS, ["citizen"], lives[1])
    assert Stops((off("model", "all"),)).of_order(shipped, person) == ()


def test_what_was_written_is_read_again():
    stops = Stops((off("model", "all"), off("programme", "kr.x")))
    assert Stops.parse(stops.to_document()) == stops
    assert stops.programmes == {"kr.x"}


@pytest.mark.parametrize("row", [{"kind": "model"}, {"kind": "house"}, "x", {**vars(off("model", "m")), "more": 1}])
def test_a_wrong_file_is_refused(row):
    with pytest.raises(Rejected):
        Stops.parse({"stops": [row]})
