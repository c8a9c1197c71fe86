"""A year of monthly runs: whoever marries or has a child, each run changes by one unit for each household of then."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

pytest.importorskip("dp_accounting")

from features.log import households as households_module
from features.log.event import Event
from features.log.history import history_of
from features.log.households import households
from privacy.request import LegalBasis
from tests.examples import examples
from tests.privacy.random_logs import ENDS, random_year, recorded_by, without
from tests.training.learner import Learner, Seen, pseudonym
from training.data import admission

YEARS = int(os.environ.get("PROFFER_YEARS", "300" if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else "8"))
"""Random years; `make soak` tries twenty times as many. Half an hour of processor time is some of them."""
FEW = 5
"""The most people of a unit here: households of random years are often larger."""


class PaperRoll:
    """A roll of units in memory."""

    def __init__(self) -> None:
        self.unit: dict[str, int] = {}

    def fixed(self, people, grouping):
        number = np.array([self.number(one) for one in people], np.uint64)
        before = np.array([self.unit.get(one, 0) for one in people], np.uint64)
        unit, stays = grouping(number, before)
        for at in np.flatnonzero(stays).tolist():
            self.unit.setdefault(people[at], int(unit[at]))
        return unit

    @staticmethod
    def number(person: str) -> int:
        return int.from_bytes(hashlib.sha256(person.encode()).digest()[:7], "big") + 1


@pytest.fixture(scope="module")
def learner(material):
    return Learner.of(material)


def year(learner: Learner, events: list[Event], roll: PaperRoll) -> list[Seen]:
    """What thirteen runs see, one after the other."""
    found = []
    for end in ENDS:
        unreadable: set[str] = set()
        known = history_of(recorded_by(events, end), learner.material.declaration, unreadable)
        found.append(learner.seen(known, unreadable, roll, end))
    return found


def together(learner: Learner, events: list[Event]) -> list[set[str]]:
    """The households of today."""
    known = history_of(recorded_by(events, ENDS[-1]), learner.material.declaration, set())
    found = households(known)
    return [{known.people[at] for at in np.flatnonzero(found == head)} for head in np.unique(found)]


def changed(before: list[Seen], after: list[Seen], gone: set[str]) -> int:
    """The most units that one run changes by where some people are gone; everything of everybody else is the same."""
    names, most = {pseudonym(person) for person in gone}, 0
    for one, other in zip(before, after, strict=True):
        assert {unit for unit in one.units if not unit & names} == {unit for unit in other.units if not unit & names}
        assert all(unit <= names for unit in one.units if unit & names)
        rest = [{unit: value for unit, value in seen.made.items() if not unit & names} for seen in (one, other)]
        assert rest[0] == rest[1]
        assert not any(unit & names for unit in other.made)
        moved = np.abs(one.counts - other.counts).sum()
        most = max(most, int(moved), sum(bool(unit & names) for unit in one.made))
    return most


def check(learner: Learner, seed: int) -> int:
    """Leave out one unit, then the household of today that was most units; return how many it was."""
    learner = replace(learner, run=replace(learner.run, basis=list(LegalBasis)[seed % 2]))
    programmes = tuple(programme.id for programme in learner.material.catalogue.programmes)
    events, kept = random_year(seed, programmes), PaperRoll()
    before = year(learner, events, kept)
    today = together(learner, events)
    units = [{kept.unit[who] for who in group if who in kept.unit} for group in today]
    at = max(range(len(today)), key=lambda place: (len(units[place]), place))
    chosen = sorted(units[at])[seed % len(units[at])]
    unit = {who for who, number in kept.unit.items() if number == chosen}
    assert unit <= today[at]
    assert changed(before, year(learner, without(events, unit), PaperRoll()), unit) <= 1
    assert changed(before, year(learner, without(events, today[at]), PaperRoll()), today[at]) <= len(units[at])
    return len(units[at])


@given(seed=st.integers(0, 2**32 - 1))
@examples(YEARS, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_in_thirteen_monthly_runs_a_unit_changes_one_and_a_household_of_today_as_many_as_it_was(learner, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "MOST_PEOPLE", FEW)
        check(learner, seed)


def test_in_the_years_households_grow_newborns_join_and_strangers_bring_nobody_together(learner):
    """Else the property would prove little."""
    programmes = tuple(programme.id for programme in learner.material.catalogue.programmes)
    grown, joined, waiting = 0, 0, 0
    for seed in range(6):
        events, roll = random_year(seed, programmes), PaperRoll()
        for run, end in enumerate(ENDS):
            known = history_of(recorded_by(events, end), learner.material.declaration, set())
            before = set(roll.unit.values())
            earlier = set(roll.unit)
            learner.seen(known, set(), roll, end)
            joined += bool(run and any(roll.unit[who] in before for who in set(roll.unit) - earlier))
            waiting += len(set(known.people) - set(roll.unit)) > 0
        grown += any(len({roll.unit.get(who) for who in group} - {None}) > 1 for group in together(learner, events))
    assert (grown, joined > 3, waiting > 3) == (6, True, True)


# --- each part of the rule is needed ----------------------------------------------------------------------------------

FAULTS = {
    "households are those of today": (
        admission, "fixed_households", lambda history, number, *_: number[households(history)]
    ),
    "who is only named brings people together": (
        households_module, "subjects", lambda history: np.ones(len(history.people), np.bool_)
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_over_time_is_found(learner, fault):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "MOST_PEOPLE", FEW)
        patch.setattr(*fault)
        assert any(found(learner, seed) for seed in range(400))


def found(learner: Learner, seed: int) -> bool:
    try:
        check(learner, seed)
    except AssertionError:
        return True
    return False
