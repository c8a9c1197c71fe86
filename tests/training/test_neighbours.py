"""Neighbours are neighbours: without one household, whatever it did to the log, no bit of any other changes."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

pytest.importorskip("dp_accounting")

from features.log import history, row_limits, versions
from features.log.columnar import read_segments
from features.log.history import History, history_of
from features.log.households import households
from tests.examples import examples
from tests.features.log.written_events import write_parquet
from tests.privacy.random_logs import END, random_log, without
from tests.training.learner import Learner, Seen, pseudonym
from training.data import admission

LOGS = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 40
"""Random logs; `make soak` tries twenty times as many, 10,000."""
SEEDS = st.integers(0, 2**32 - 1)
FEW = 5
"""The most people of a unit here: households of random logs are often larger."""
MUCH = 20
"""The most rows here that one person's events may add to another's."""


@pytest.fixture(scope="module")
def learner(material):
    return Learner.of(replace(material, end=END))


def read(events, declaration, *, as_file: bool) -> tuple[History, set[str]]:
    unreadable: set[str] = set()
    if not as_file:
        return history_of(events, declaration, unreadable), unreadable
    with tempfile.TemporaryDirectory() as folder:
        write_parquet(events, Path(folder) / "events.parquet")
        return read_segments(Path(folder) / "events.parquet", declaration, unreadable=unreadable), unreadable


def neighbours(learner: Learner, seed: int) -> tuple[Seen, Seen, set[str]]:
    """What is seen of a log, of the log without one household, and who that household is."""
    declaration = learner.material.declaration
    programmes = tuple(programme.id for programme in learner.material.catalogue.programmes)
    events, as_file = random_log(seed, programmes), seed % 3 == 0
    known, unreadable = read(events, declaration, as_file=as_file)
    found = dict(zip(known.people, households(known).tolist(), strict=True))
    chosen = sorted(found)[seed % len(found)]
    gone = {name for name, at in found.items() if at == found[chosen]}
    neighbour = read(without(events, gone), declaration, as_file=as_file)
    return learner.seen(known, unreadable), learner.seen(*neighbour), gone


def check(learner: Learner, seed: int) -> None:
    """All that is seen of any other unit is the same, and one count moves by one at most."""
    one, other, gone = neighbours(learner, seed)
    names = {pseudonym(person) for person in gone}
    of_others = [{unit for unit in seen.units if not unit & names} for seen in (one, other)]
    assert of_others[0] == of_others[1]
    assert [unit for unit in one.units if unit & names and not unit <= names] == []
    made = [{unit: value for unit, value in seen.made.items() if not unit & names} for seen in (one, other)]
    assert made[0] == made[1]
    assert not [unit for unit in other.made if unit & names]
    assert np.abs(one.counts - other.counts).sum() <= 1


@given(seed=SEEDS)
@examples(LOGS, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_without_one_household_no_other_units_gradient_bin_row_or_consent_changes_by_a_bit(learner, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "MOST_PEOPLE", FEW)
        patch.setattr(row_limits, "MOST_SAID", MUCH)
        patch.setattr(versions, "MOST_ACTS", 3)
        check(learner, seed)


def test_the_logs_hold_everything_that_was_ever_used_to_break_the_claim(learner):
    """Else the property would prove little: each kind of act occurs, and each way to be left out."""
    programmes = tuple(programme.id for programme in learner.material.catalogue.programmes)
    logs = [random_log(seed, programmes) for seed in range(60)]
    acts = [one for events in logs for one in events if one.target]
    subjects = [{one.key: one.subject for one in events} for events in logs]
    foreign = [one for events, known in zip(logs, subjects, strict=True) for one in events
               if one.target and known[one.target] != one.subject]  # fmt: skip
    undone = [one for one in acts if one.type == "event.retracted" and str(one.data["id"]) in
              {str(other.id) for other in acts if other.type == "event.retracted"}]  # fmt: skip
    assert min(len(foreign), len(acts) - len(foreign), len(undone)) > 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "MOST_PEOPLE", FEW)
        counts = sum(neighbours(learner, seed)[0].counts > 0 for seed in range(60))
    assert (counts > 3).all()


# --- each check fails where what it guards is broken ------------------------------------------------------------------


def anybody(event: Any, actions: Any) -> Any:
    """Corrections and retractions by whoever sends them."""
    acting = [one for (*key, _), acts in actions.items() if tuple(key) == event.key for one in acts]
    return (one for one in acting if one.recorded >= event.recorded and one.key > event.key)


def whoever_is_named(people: Any, person: Any, _: Any, rows: Any, unreadable: Any) -> Any:
    """What is said of somebody counts against them, whoever said it."""
    over = np.bincount(person, weights=rows, minlength=len(people)) > MUCH
    unreadable.update(people[at] for at in np.flatnonzero(over))
    return over


def ids_of_everybody(events: Any, _: Any = None) -> Any:
    """One of two events of one id counts, whoever is their subject."""
    return list({one.key: one for one in events}.values())


FAULTS = {
    "strangers act on others": (versions, "_acting_on", anybody),
    "rows cross units": (History, "within", lambda self, *_: self),
    "one id for everybody": (history, "distinct_events", ids_of_everybody),
    "what strangers say counts": (history, "saying_too_much", whoever_is_named),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(learner, fault):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*fault)
        assert any(found(learner, seed) for seed in range(800))


def found(learner: Learner, seed: int) -> bool:
    try:
        check(learner, seed)
    except AssertionError:
        return True
    return False
