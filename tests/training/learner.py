"""A learner that shows its work: what a run sees and computes of each unit before noise, as bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from features.log.history import History
from privacy.gate import Admission, PersistentUnits
from privacy.request import RunRequest
from privacy.unit import PrivacyUnit
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.bilinear import AttributeScaler
from recommender.ranking.bins import Bins
from recommender.ranking.programme_fit import fits
from tests.privacy.random_logs import END
from training.data.admission import admitted
from training.data.hold_out import HoldOut
from training.data.material import TrainingData
from training.rankers.bilinear_arrays import BilinearWeights, FeatureMap, LearningStart
from training.rankers.first_release import Cells
from training.rankers.private_bilinear import Objective, gradients
from training.rankers.private_ranker import sample_of, space_of
from training.rankers.schedules import plan
from training.runs import private_run

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
    start: LearningStart
    run: RunRequest = RUN

    @classmethod
    def of(cls, material: TrainingData) -> Learner:
        declaration, catalogue = material.declaration, material.catalogue
        vocabulary = Vocabulary.fit(catalogue, declaration, 4, np.random.default_rng(0))
        attributes, bins = vocabulary.attributes(catalogue, declaration), Bins.of(declaration)
        chosen = plan(10_000, Decimal(8), Decimal("1e-6"), len(catalogue.programmes))
        reading = AttributeScaler.fit(attributes, chosen.row.blocks, chosen.row.indicator)
        space = space_of(bins, reading, attributes, fits(bins, attributes, declaration, reading.codes), chosen)
        size = space.shape[0] * space.shape[1] + space.beside
        weights = BilinearWeights.of(np.random.default_rng(1).normal(size=size), space)
        rng = np.random.default_rng(2)
        base, seen = rng.normal(size=len(attributes.ids)), rng.uniform(0.2, 1, Cells.of(declaration).size)
        return cls(material, bins, space, weights, LearningStart(base, seen))

    @property
    def objective(self) -> Objective:
        """What the run climbs."""
        return Objective(self.space, self.start, "pointwise")

    def seen(self, history: History, unreadable: set[str], roll: PersistentUnits | None = None, end: int = END) -> Seen:
        """What a run on the log of the second `end` sees and computes of each person and each unit, as bytes."""
        log = admitted(history, Admission(self.run, pseudonym, roll), HoldOut(10**6), unreadable, end)
        lists = private_run.lists_of(replace(self.material, end=end), log, held_out=False)
        units = np.unique(lists.unit)
        people = np.array(log.history.people, dtype=object)
        names = {at: frozenset(people[log.unit == at]) for at in np.unique(log.unit).tolist()}
        made = {}
        if units.size:
            sample = sample_of(lists.lists, self.bins, lists.unit)
            found = gradients(sample, np.arange(units.size), self.objective, self.weights)
            for number, unit in enumerate(units.tolist()):
                part = slice(sample.unit_at[number], sample.unit_at[number + 1])
                rows = slice(sample.list_at[part.start], sample.list_at[part.stop])
                own = slice(found.at[number], found.at[number + 1])
                parts = (
                    found.left[own], found.value[own], found.right[own], found.extra[number], sample.bins[part],
                    sample.programme[rows], sample.label[rows], sample.cell[rows], sample.noticed[rows],
                )  # fmt: skip
                made[names[unit]] = b"".join(np.ascontiguousarray(one).tobytes() for one in parts)
        read = np.unique(log.unit[np.diff(log.history.offsets) > 0]).tolist()
        return Seen(frozenset(names[at] for at in read), made, private_run.counts(lists))


@dataclass(frozen=True)
class Seen:
    """The units of which a row is read (who is only named has none), what is computed of each, and the counts."""

    units: frozenset[frozenset[str]]
    made: dict[frozenset[str], bytes]
    counts: np.ndarray
