"""The private lesson by a network: what it releases is scored without torch, to the last bit, as it was learned."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (make setup-private)")
pytest.importorskip("opacus", reason="opacus is not installed (make setup-private)")

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.gate import Admission
from privacy.learning.step import Schedule
from recommender.ranking.hidden_layer import FORMAT, KIND, HiddenLayer
from recommender.ranking.model import read_model
from recommender.ranking.scorer import Pairs
from tests.privacy.noises import Seeded
from training.data.material import learning_showings
from training.rankers import private_ranker
from training.rankers.private_ranker import learn
from training.rankers.schedules import SMALL_NETWORK, plan, row_for

pytestmark = pytest.mark.slow

DELTA = Decimal("1e-6")


@pytest.fixture(scope="module")
def lists(material):
    return learning_showings(material, material.gate.rows.open(Admission()), 10**9, 0)


@pytest.fixture(scope="module")
def planned():
    """As it ships, at two steps and hardly any noise beside the toy world's few people."""
    made = plan(10_000, Decimal(8), DELTA, 8, learner="network")
    return replace(
        made, schedule=Schedule(200, made.schedule.q, 6, Decimal("0.01"), made.schedule.clip),
        row=replace(made.row, neurons=8),
    )  # fmt: skip


@pytest.fixture(scope="module")
def kept():
    return []


@pytest.fixture(scope="module")
def lesson(lists, material, planned, kept):
    honest = private_ranker.calibrated

    def calibrated(ranker, sample, *rest):
        kept.append((ranker, sample))
        return honest(ranker, sample, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(private_ranker, "calibrated", calibrated)
        return learn(lists, material.catalogue, planned, Seeded(1))


def files_of(lesson):
    files, scorer = lesson.files(), lesson.scorer
    manifest = {
        "format": FORMAT, "kind": KIND, "features_hash": scorer.features_hash, "catalogue_hash": scorer.catalogue_hash,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }  # fmt: skip
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def test_its_scores_are_those_of_what_was_learned_but_for_rounding(material, lists, lesson, kept) -> None:
    scorer, (ranker, sample) = lesson.scorer, kept[0]
    assert isinstance(scorer, HiddenLayer)
    assert scorer.outer.any()
    plain = ranker.decision_function(sample, np.arange(sample.programme.size))
    alone = lists.at[np.lexsort((np.arange(len(lists)), lists.at, lists.examples.person))]
    pairs = Pairs(alone, sample.programme.astype(np.int64))
    found = scorer.score(lists.people, scorer.attributes(material.catalogue, material.declaration), pairs).score
    assert np.allclose(found, plain, atol=1e-2)


def test_a_score_is_the_sum_of_whole_numbers_by_plain_python(material, lists, lesson) -> None:
    scorer, pairs = lesson.scorer, Pairs(lists.at[:20], lists.examples.programme[:20])
    folded = scorer.attributes(material.catalogue, material.declaration)
    found = scorer.score(lists.people, folded, pairs).score
    bins = scorer.linear.bins.of_people(lists.people)
    for row in range(20):
        mine, what = bins[pairs.person[row]].tolist(), int(pairs.programme[row])
        points = sum(int(folded.points[what, one]) for one in mine)
        for neuron in range(scorer.hidden.shape[1]):
            said = min(max(sum(int(scorer.hidden[one, neuron]) for one in mine), -(2**16)), 2**16)
            points += said * int(folded.neurons[what, neuron])
        assert found[row] == points * 2.0**-32


def test_an_artefact_reads_back_as_the_same_scorer_and_a_changed_one_is_refused(material, lists, lesson) -> None:
    files = files_of(lesson)
    back = read_model(files, material.declaration.hash)
    pairs = Pairs(lists.at[:50], lists.examples.programme[:50])
    plain = back.vocabulary.attributes(material.catalogue, material.declaration)
    mine = lesson.scorer.score(lists.people, plain, pairs)
    found = back.score(lists.people, back.attributes(material.catalogue, material.declaration), pairs)
    assert np.array_equal(found.score, mine.score)
    assert np.array_equal(found.probability, mine.probability)
    with pytest.raises(Rejected, match="sha256 differs"):
        read_model({**files, "neurons.npz": b"other"})
    with pytest.raises(Rejected, match="features hash"):
        read_model(files, "0" * 64)


def test_rows_in_another_order_give_the_same_model(lists, material, planned, lesson) -> None:
    shuffled = np.random.default_rng(3).permutation(np.unique(lists.at))
    rows = np.concatenate([np.flatnonzero(lists.at == one) for one in shuffled])
    other = learn(lists[rows], material.catalogue, planned, Seeded(1))
    assert other.files() == lesson.files()


def test_a_network_plan_samples_and_costs_what_was_asked_by_both_accountants() -> None:
    made = plan(10_000, Decimal(1), DELTA, 99, learner="network")
    assert made.learner == "network"
    assert made.to_document()["learner"] == "network"
    assert made.to_document()["neurons"] == made.row.neurons > 0
    assert made.schedule.q < 1
    priced = accountant.price(made.mechanism(), DELTA)
    assert Decimal("0.98") < priced.epsilon <= 1
    assert priced.pld is not None
    assert priced.prv is not None
    assert made.mechanism().steps() == made.schedule.steps + 3


def test_every_signal_has_a_row_with_neurons() -> None:
    assert row_for(1, Decimal(1), 99, "network") is SMALL_NETWORK[0]
    assert all(row_for(units, Decimal(1), size, "network").neurons for units in (10, 10**7) for size in (8, 9_000))


def test_scoring_a_network_loads_neither_torch_nor_opacus() -> None:
    code = (
        "import sys, recommender.ranking.hidden_layer, training.rankers.private_ranker; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'opacus')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_network_without_torch_is_refused_with_what_installs_it(planned, monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "training.rankers.private_network", raising=False)
    monkeypatch.delitem(sys.modules, "privacy.learning.network", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Rejected, match="is not installed; a network learns with it"):
        private_ranker.estimator(planned)
