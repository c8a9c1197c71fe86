"""The private lesson: what it learns of a small world, and that it is what its plan says."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from features.problem import Rejected
from privacy.accounting.mechanism import non_private
from privacy.gate import Admission
from privacy.learning.noise import secure
from privacy.learning.step import Schedule
from recommender.ranking.bilinear import FORMAT, KIND, UNIT, Bilinear
from recommender.ranking.bins import Bins, Flag, Slot
from recommender.ranking.scorer import Pairs
from tests.privacy.noises import Seeded
from training.data.material import candidates, learning_showings, with_truth
from training.evaluation.evaluation import order, standing
from training.measures import log_loss
from training.rankers import private_ranker
from training.rankers.models import probability
from training.rankers.private_ranker import EDGES, Scales, code_of, learn, line_through, sample_of
from training.rankers.schedules import plan

pytestmark = pytest.mark.slow

DELTA = Decimal("1e-6")


@pytest.fixture(scope="module")
def log(material):
    return material.gate.rows.open(Admission())


@pytest.fixture(scope="module")
def lists(material, log):
    return learning_showings(material, log, 10**9, 0)


@pytest.fixture(scope="module")
def ample():
    """A plan for a nation: so much signal that the noise is nothing to the toy world, whose sums are divided by 200."""
    made = plan(2_000_000, Decimal(8), DELTA, 8)
    return replace(made, schedule=Schedule(200, Decimal(1), 60, Decimal("0.01"), made.schedule.clip))


@pytest.fixture(scope="module")
def lesson(lists, material, ample):
    return learn(lists, material.catalogue, ample, Seeded(1))


def with_manifest(lesson):
    files = lesson.files()
    scorer = lesson.scorer
    manifest = {
        "format": FORMAT, "kind": KIND, "features_hash": scorer.features_hash, "catalogue_hash": scorer.catalogue_hash,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }  # fmt: skip
    return {**files, "manifest.json": json.dumps(manifest).encode()}


@pytest.fixture(scope="module")
def places(material, log):
    return with_truth(material, candidates(material, log))


def ndcg_of(lesson, material, places):
    some, truth = places
    return standing(some, order(lesson.scorer, some, material.catalogue), truth).mean


def test_it_finds_much_of_the_taste_of_a_small_world(material, places, lesson) -> None:
    some, truth = places
    chance = standing(some, np.zeros(len(some.pairs)), truth).mean
    reached = ndcg_of(lesson, material, places)
    assert (reached - chance) / (standing(some, truth.reachable, truth).mean - chance) > 0.6


def test_its_scores_are_those_of_what_was_learned_but_for_rounding(material, lists, ample, lesson, monkeypatch) -> None:
    kept = []
    monkeypatch.setattr(
        private_ranker, "calibrated", lambda ranker, sample, *_: kept.append((ranker, sample)) or (1.0, 0.0)
    )
    scorer = learn(lists, material.catalogue, ample, Seeded(1)).scorer
    ranker, sample = kept[0]
    rows = np.arange(sample.programme.size)
    plain = ranker.decision_function(sample, rows)
    alone = lists.at[np.lexsort((np.arange(len(lists)), lists.at, lists.examples.person))]
    pairs = Pairs(alone, sample.programme.astype(np.int64))
    attributes = scorer.attributes(material.catalogue, material.declaration)
    assert np.allclose(scorer.score(lists.people, attributes, pairs).score, plain, atol=1e-2)
    assert np.array_equal(scorer.cross, lesson.scorer.cross)


def test_its_probabilities_are_about_as_many_as_took_up(lists, material, lesson) -> None:
    scorer = lesson.scorer
    attributes = scorer.attributes(material.catalogue, material.declaration)
    found = scorer.score(lists.people, attributes, Pairs(lists.at, lists.examples.programme)).probability
    first = lists.examples.position == 1
    assert found[first].mean() == pytest.approx(lists.examples.label[first].mean(), abs=0.12)
    label = lists.examples.label
    assert log_loss(label, found) < log_loss(label, np.full(label.size, 0.5))


def test_rows_in_another_order_give_the_same_model(lists, material, ample, lesson) -> None:
    shuffled = np.random.default_rng(3).permutation(np.unique(lists.at))
    rows = np.concatenate([np.flatnonzero(lists.at == one) for one in shuffled])
    other = learn(lists[rows], material.catalogue, ample, Seeded(1))
    for name, content in lesson.files().items():
        assert other.files()[name] == content


def test_two_runs_of_secure_noise_give_two_models(lists, material, ample) -> None:
    short = replace(ample, schedule=replace(ample.schedule, steps=2))
    one, other = (learn(lists, material.catalogue, short, secure()).scorer for _ in range(2))
    assert not np.array_equal(one.cross, other.cross)


def test_the_mechanism_is_the_plans(lesson, ample) -> None:
    assert lesson.mechanism == ample.mechanism()
    assert lesson.mechanism != non_private()


def test_the_figures_are_the_plans_and_of_nobody(lesson) -> None:
    assert lesson.metrics == {"steps": 60.0, "sigma": 0.01, "stated_units": 200.0}


def test_a_household_is_one_unit_where_it_is_the_unit(lists) -> None:
    bins = Bins.of(lists.people.declaration)
    homes = lists.examples.person // 2
    alone, together = sample_of(lists, bins, lists.examples.person), sample_of(lists, bins, homes)
    assert together.units == np.unique(homes).size < alone.units
    assert together.programme.size == alone.programme.size == len(lists)


def test_an_artefact_reads_back_as_the_same_scorer(lists, material, lesson) -> None:
    back = Bilinear.from_files(with_manifest(lesson), material.declaration.hash)
    attributes = back.attributes(material.catalogue, material.declaration)
    pairs = Pairs(lists.at[:50], lists.examples.programme[:50])
    mine = lesson.scorer.score(lists.people, attributes, pairs)
    found = back.score(lists.people, attributes, pairs)
    assert np.array_equal(found.score, mine.score)
    assert np.array_equal(found.probability, mine.probability)


def test_a_catalogue_folded_on_the_way_scores_the_same(lists, material, lesson) -> None:
    scorer = lesson.scorer
    pairs = Pairs(lists.at[:20], lists.examples.programme[:20])
    folded = scorer.attributes(material.catalogue, material.declaration)
    plain = scorer.vocabulary.attributes(material.catalogue, material.declaration)
    assert np.array_equal(
        scorer.score(lists.people, folded, pairs).score, scorer.score(lists.people, plain, pairs).score
    )


def test_the_points_of_a_few_pairs_and_of_many_are_the_sum_over_the_persons_bins(lists, material, lesson) -> None:
    scorer = lesson.scorer
    folded, bins = scorer.attributes(material.catalogue, material.declaration), scorer.bins.of_people(lists.people)
    everything = Pairs(np.repeat(lists.at, 3), np.tile(lists.examples.programme, 3))
    assert len(everything) > len(folded.points)
    for pairs in (everything, Pairs(lists.at[:9], lists.examples.programme[:9])):
        summed = folded.points[pairs.programme[:, None], bins[pairs.person]].sum(axis=1)
        assert np.array_equal(scorer.score(lists.people, folded, pairs).score, summed * UNIT**2)


def test_people_computed_with_other_features_are_refused(lists, material, lesson) -> None:
    other = replace(lesson.scorer, features_hash="0" * 64)
    with pytest.raises(Rejected, match="features hash"):
        other.score(lists.people, other.attributes(material.catalogue, material.declaration), Pairs(lists.at, lists.at))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda files: files.pop("manifest.json"), "manifest.json is missing"),
        (lambda files: files.pop("bilinear.npz"), "bilinear.npz: is missing"),
        (lambda files: files.update({"bilinear.npz": b"other"}), "sha256 differs"),
        (lambda files: files.update({"manifest.json": b"no"}), "not the manifest"),
        (lambda files: files.update({"manifest.json": b'{"kind": "lightgbm", "format": 2}'}), "kind lightgbm"),
        (lambda files: files.update({"manifest.json": b'{"kind": "bilinear", "format": 1}'}), "is format 1 of kind"),
        (lambda files: files.update({"manifest.json": b'{"kind": "bilinear", "format": 2}'}), "does not list"),
        (
            lambda files: files.update({"manifest.json": files["manifest.json"].replace(b"features_hash", b"f")}),
            "does not say what",
        ),
    ],
)
def test_an_artefact_that_is_not_what_it_says_is_refused(lesson, change, match) -> None:
    files = with_manifest(lesson)
    change(files)
    with pytest.raises(Rejected, match=match):
        Bilinear.from_files(files)


def test_a_model_of_other_features_is_refused(lesson) -> None:
    with pytest.raises(Rejected, match="features hash"):
        Bilinear.from_files(with_manifest(lesson), "0" * 64)


def test_codes_of_ordered_classes_are_waves_and_of_others_places_of_their_own() -> None:
    slots = (Slot("age", (19, 65), ordered=True), Slot("job", (1, 2), ordered=False), Slot("yes", (1,), ordered=False))
    code = code_of(Bins(slots), Scales(1.0, 2))
    matrix = code.matrix()
    assert matrix.shape[0] == Bins(slots).size
    age, job, yes = matrix[1:6], matrix[6:11], matrix[11:15]
    wave = np.flatnonzero(age[:3].any(axis=0))
    assert np.allclose(age[0, wave[0]], -age[2, wave[0]])  # the first wave falls from one end to the other
    assert np.allclose(age[0, wave[1]], age[2, wave[1]])  # the second is the same at both
    assert not age[3:, wave].any()
    assert np.linalg.matrix_rank(job[:4]) == 4
    assert yes[1].any()
    assert not np.r_[age[4], job[4], yes[3]].any()  # what is unknown says nothing
    assert not (np.abs(age).sum(axis=0).astype(bool) & np.abs(job).sum(axis=0).astype(bool)).any()


def test_what_is_thought_to_be_common_is_the_centre_and_what_is_rare_is_not_loud() -> None:
    slots = (
        Slot("worker", (1,), ordered=False, share=(0.4, 0.6)),
        Slot("rare", (1,), ordered=False, share=(0.99, 0.01)),
    )
    worker, rare = (code_of(Bins(slots), Scales(1.0, 2)).matrix()[at : at + 4].sum(axis=1) for at in (1, 5))
    assert 0.4 * worker[0] + 0.6 * worker[1] == pytest.approx(0, abs=1e-9)
    assert rare[0] == 0
    assert 0 < rare[1] < 2.1 * worker.max() * np.sqrt(0.6 / 0.4)


def test_what_happened_fades_and_what_never_did_says_nothing() -> None:
    slot = Slot("days_since", (7, 30, 400), ordered=True, fading=True)
    says = code_of(Bins((slot,)), Scales(1.0, 2)).matrix()[1:].sum(axis=1)
    assert (np.diff(says[:4]) < 0).all()
    assert says[3] > 0
    assert not says[4:].any()


def test_a_pair_says_the_product_of_what_two_facts_say_and_nothing_where_one_is_unknown() -> None:
    slots = tuple(Slot(name, (1,), ordered=False, share=(0.5, 0.5)) for name in ("one", "other"))
    bins = Bins(slots, ((Flag(0, 1, 0.5), Flag(1, 1, 0.5)),))
    says = code_of(bins, Scales(1.0, 2, pairs=0.7)).matrix()[-5:].sum(axis=1)
    assert says == pytest.approx([0.7, -0.7, -0.7, 0.7, 0])
    classes = np.array([[0, 1 + one, 5 + other] for one in range(4) for other in range(4)], dtype=np.int32)
    both = bins.with_pairs(classes)[:, -1] - bins.starts[-1]
    assert both.reshape(4, 4).tolist() == [[0, 1, 4, 4], [2, 3, 4, 4], [4] * 4, [4] * 4]


def counts_on_a_line(slope, intercept, of):
    middle = np.r_[EDGES[0] - 0.5, EDGES + 0.5]
    shown = of * np.exp(-(middle**2) / 4)
    return shown * probability(slope * middle + intercept), shown


def test_without_noise_the_line_is_the_one_that_made_the_counts() -> None:
    taken, shown = counts_on_a_line(0.8, -1.5, of=1e6)
    assert line_through(taken, shown, 1e-3) == pytest.approx((0.8, -1.5), abs=0.01)


def test_noise_as_large_as_most_classes_bends_the_line_little() -> None:
    taken, shown = counts_on_a_line(0.8, -1.5, of=20_000)
    rng = np.random.default_rng(0)
    found = np.array(
        [line_through(taken + rng.normal(0, 60, taken.size), shown + rng.normal(0, 1200, shown.size), 60)
         for _ in range(20)]
    )  # fmt: skip
    assert np.abs(np.median(found, axis=0) - [0.8, -1.5]).max() < 0.25


def test_where_nothing_is_certain_the_prior_speaks() -> None:
    nothing = np.zeros(EDGES.size + 1)
    assert line_through(nothing, nothing, 1e6) == pytest.approx((1, -2), abs=0.05)
