"""Neighbours are neighbours: without one household, whatever it did to the log, no bit of any other changes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

pytest.importorskip("dp_accounting")

from features.log import history, versions
from features.log.columnar import read_segments
from features.log.files import write_parquet
from features.log.history import History, history_of
from features.log.households import households
from privacy.request import RunRequest
from privacy.unit import PrivacyUnit
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.bilinear import AttributeScaler, fits
from recommender.ranking.bins import Bins
from tests.examples import examples
from tests.privacy.random_logs import END, random_log, without
from training.data import admission
from training.data.admission import admitted
from training.data.material import TrainingData
from training.rankers.bilinear_arrays import BilinearWeights, FeatureMap
from training.rankers.private_bilinear import Objective, gradients
from training.rankers.private_ranker import sample_of, space_of
from training.rankers.schedules import plan
from training.runs import private_run

LOGS = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 40
"""Random logs; `make soak` tries twenty times as many, 10,000."""
SEEDS = st.integers(0, 2**32 - 1)
FEW = 5
"""The most people of a unit here: households of random logs are often larger."""
RUN = RunRequest("kr", PrivacyUnit.HOUSEHOLD, Decimal(1), Decimal("0.000001"), "offers", "tester")


def pseudonym(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Learner:
    """What a run computes of people before noise, on public parts made once."""

    material: TrainingData
    bins: Bins
    space: FeatureMap
    weights: BilinearWeights

    @classmethod
    def of(cls, material: TrainingData) -> Learner:
        declaration, catalogue = material.declaration, material.catalogue
        vocabulary = Vocabulary.fit(catalogue, declaration, 4, np.random.default_rng(0))
        attributes, bins = vocabulary.attributes(catalogue, declaration), Bins.of(declaration)
        chosen = plan(10_000, Decimal(8), Decimal("1e-6"), len(catalogue.programmes))
        reading = AttributeScaler.fit(attributes, chosen.row.blocks, chosen.row.indicator)
        space = space_of(bins, reading, attributes, fits(bins, attributes, declaration), chosen)
        size = space.shape[0] * space.shape[1] + space.beside
        weights = BilinearWeights.of(np.random.default_rng(1).normal(size=size), space)
        return cls(material, bins, space, weights)

    def seen(self, history: History, unreadable: set[str]) -> Seen:
        """What a run sees and computes of each person and each unit, as bytes."""
        log = admitted(history, RUN, pseudonym, 10**6, unreadable, END)
        lists = private_run._lists(self.material, log, held_out=False)
        units = np.unique(lists.unit)
        people = np.array(log.history.people, dtype=object)
        names = {at: frozenset(people[log.unit == at]) for at in np.unique(log.unit).tolist()}
        made = {}
        if units.size:
            sample = sample_of(lists.lists, self.bins, lists.unit)
            objective = Objective(self.space, np.zeros(self.space.attributes.shape[0]), "listwise")
            found = gradients(sample, np.arange(units.size), objective, self.weights)
            for number, unit in enumerate(units.tolist()):
                part = slice(sample.unit_at[number], sample.unit_at[number + 1])
                rows = slice(sample.list_at[part.start], sample.list_at[part.stop])
                own = slice(found.at[number], found.at[number + 1])
                parts = (
                    found.left[own], found.value[own], found.right[own], found.extra[number], sample.bins[part],
                    sample.programme[rows], sample.label[rows], sample.place[rows],
                )  # fmt: skip
                made[names[unit]] = b"".join(np.ascontiguousarray(one).tobytes() for one in parts)
        return Seen(frozenset(names.values()), made, private_run.counts(lists))


@dataclass(frozen=True)
class Seen:
    """The units that may be learned from, what is computed of each that was shown anything, and the counts."""

    units: frozenset[frozenset[str]]
    made: dict[frozenset[str], bytes]
    counts: np.ndarray


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
    return (one for one in actions.get(event.key, ()) if one.recorded >= event.recorded and one.key > event.key)


def ids_of_everybody(events: Any, _: Any = None) -> Any:
    """One of two events of one id counts, whoever is their subject."""
    return list({one.key: one for one in events}.values())


FAULTS = {
    "strangers act on others": (versions, "_acting_on", anybody),
    "rows cross units": (History, "within", lambda self, *_: self),
    "one id for everybody": (history, "distinct_events", ids_of_everybody),
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
