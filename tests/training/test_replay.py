"""Record and replay on the private ranker: without one unit nobody else's gradient changes, no sum by over the clip."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Admission, Gate
from privacy.learning.step import Products, Schedule, Total
from privacy.request import RunRequest
from privacy.unit import PrivacyUnit
from recommender.ranking.programme_fit import Fits
from tests.privacy.fixed_rows import FixedRows
from tests.privacy.tape import Coins, Tape, moved
from tests.privacy.test_gate import RecordingAccount
from training.data.admission import only_those
from training.data.hold_out import HoldOut
from training.data.ranking_dataset import RankingDataset
from training.rankers import private_bilinear, private_ranker
from training.rankers.bilinear_arrays import Basis, FeatureMap, Sample
from training.rankers.models import calibrate
from training.rankers.private_bilinear import PrivateBilinear, gradients
from training.runs import private_run
from training.runs.private_run import train

pytestmark = pytest.mark.slow

SLOTS, BINS, WIDTH, PROGRAMMES, UNITS = 4, 5, 6, 12, 30
SCHEDULE = Schedule.of(units=40, q="0.5", steps=8, sigma="0.7")


def world(seed=1):
    """Units with one to four lists of five, of which one or none is taken up."""
    rng = np.random.default_rng(seed)
    unit_at = np.r_[0, np.cumsum(rng.integers(1, 5, UNITS))].astype(np.int64)
    lists = int(unit_at[-1])
    bins = (np.arange(SLOTS) * BINS + rng.integers(0, BINS, (lists, SLOTS))).astype(np.int32)
    programme = np.concatenate([rng.permutation(PROGRAMMES)[:5] for _ in range(lists)]).astype(np.int32)
    label = np.zeros((lists, 5))
    label[np.arange(lists), rng.integers(0, 5, lists)] = rng.random(lists) < 0.8
    return Sample(
        unit_at, np.arange(lists + 1) * 5, bins, programme, label.ravel(), np.zeros(5 * lists, np.int32), label.ravel()
    )


def space(seed=2):
    rng = np.random.default_rng(seed)
    each = np.arange(PROGRAMMES)
    fit = Fits(
        np.arange(PROGRAMMES + 1), np.ones(PROGRAMMES, np.int32), each * BINS - BINS,
        np.zeros(PROGRAMMES * BINS, np.int32), rng.normal(size=PROGRAMMES * BINS), 1,
    )  # fmt: skip
    code = Basis(
        np.ones(SLOTS, np.int64), np.arange(SLOTS * BINS, dtype=np.int32)[:, None], np.full((SLOTS * BINS, 1), 0.4)
    )
    return FeatureMap(code, rng.normal(size=(PROGRAMMES, WIDTH)), fit, own=0.3)


def of_units(sample, units):
    """The rows of some units, in the order given."""
    lists, unit_at = within(sample.unit_at, units)
    rows, list_at = within(sample.list_at, lists)
    return Sample(
        unit_at, list_at, sample.bins[lists], sample.programme[rows], sample.label[rows], sample.cell[rows],
        sample.noticed[rows],
    )  # fmt: skip


def within(at, chosen):
    parts = [np.arange(at[one], at[one + 1]) for one in chosen]
    return np.concatenate(parts), np.r_[0, np.cumsum([part.size for part in parts])].astype(np.int64)


class Watch:
    """The gradient of every unit in every step, before clipping, as bytes."""

    def __init__(self, monkeypatch, without=None):
        self.steps: list[dict[int, bytes]] = [{}]
        self.without = without
        honest = private_bilinear.gradients

        def watched(sample, units, *rest):
            made = honest(sample, units, *rest)
            for number, unit in enumerate(units.tolist()):
                self.steps[-1][self.name(unit)] = written(made, number)
            return made

        monkeypatch.setattr(private_bilinear, "gradients", watched)

    def name(self, unit):
        return unit if self.without is None or unit < self.without else unit + 1

    def step(self, _):
        self.steps.append({})


def written(made: Products, number: int) -> bytes:
    rows = slice(made.at[number], made.at[number + 1])
    return b"".join(
        np.ascontiguousarray(part).tobytes() for part in (made.left[rows], made.right[rows], made.extra[number])
    )


def trained(sample, monkeypatch, without=None):
    with monkeypatch.context() as patch:
        watch = Watch(patch, without)
        ranker = PrivateBilinear(SCHEDULE).fit(sample, space(), Coins(5, UNITS, without), advance=watch.step)
    return ranker, watch


def twice(monkeypatch, gone, sample=None):
    """The run, and the run without one unit in which the same is released."""
    sample = world() if sample is None else sample
    tape = Tape()
    with monkeypatch.context() as patch:
        tape.record(patch)
        one, seen = trained(sample, monkeypatch)
    with monkeypatch.context() as patch:
        replayed = tape.replay(patch)
        others = of_units(sample, np.delete(np.arange(UNITS), gone))
        other, seen_without = trained(others, monkeypatch, gone)
    return (one, seen, tape), (other, seen_without, replayed)


@pytest.mark.parametrize("gone", [0, 7, UNITS - 1])
def test_without_one_unit_every_other_units_gradient_is_the_same_bit_for_bit(monkeypatch, gone) -> None:
    (_, seen, _), (_, without, _) = twice(monkeypatch, gone)
    assert any(gone in step for step in seen.steps)
    for step, other in zip(seen.steps, without.steps, strict=True):
        step.pop(gone, None)
        assert step == other


@pytest.mark.parametrize("gone", [0, 7, UNITS - 1])
def test_without_one_unit_no_steps_sum_moves_by_more_than_the_clip(monkeypatch, gone) -> None:
    (_, seen, tape), (_, _, replayed) = twice(monkeypatch, gone)
    far = moved(tape, replayed)
    assert max(far) <= 1
    assert [distance > 0 for distance in far] == [gone in step for step in seen.steps[: len(far)]]


def test_what_is_learned_depends_on_nothing_but_what_was_released(monkeypatch) -> None:
    (one, _, _), (other, _, _) = twice(monkeypatch, 3)
    assert np.array_equal(one.weights_.cross, other.weights_.cross)
    assert np.array_equal(one.weights_.beside, other.weights_.beside)


def test_a_unit_whose_rows_are_no_numbers_is_as_good_as_absent(monkeypatch) -> None:
    sample = world()
    first, last = sample.list_at[sample.unit_at[3]], sample.list_at[sample.unit_at[4]]
    sample.label[first:last] = np.nan
    (one, _, tape), (_, _, replayed) = twice(monkeypatch, 3, sample)
    assert max(moved(tape, replayed)) == 0
    assert np.isfinite(one.weights_.beside).all()


def test_every_step_clips_at_the_public_clip_and_at_no_other(monkeypatch) -> None:
    clips, honest = [], Total.add
    monkeypatch.setattr(Total, "add", lambda total, made, clip: clips.append(clip) or honest(total, made, clip))
    for noise in (Coins(5, UNITS), Coins(6, UNITS)):
        PrivateBilinear(SCHEDULE).fit(world(), space(), noise)
    assert set(clips) == {SCHEDULE.clip}


# --- the whole lesson: from showings to a file ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(material):
    from privacy.request import Request
    from privacy.spend import Spend
    from training.data.material import learning_showings

    lists = learning_showings(material, material.gate.admit(Request("replay", Spend.infinite())), 2000, 0)
    return lists, lists.examples.person // 2, material.catalogue


@pytest.fixture(scope="module")
def chosen():
    pytest.importorskip("opacus")
    from training.rankers.schedules import plan

    return replace(plan(10_000, Decimal(8), Decimal("1e-6"), 8), schedule=SCHEDULE)


def only(lists, rows):
    """Some rows, and no snapshot of anybody else."""
    kept, at = np.unique(lists.at[rows], return_inverse=True)
    people = lists.people
    some = replace(
        people, people=tuple(people.people[row] for row in kept), t=people.t[kept], values=people.values[kept]
    )
    return RankingDataset(lists.examples[rows], some, at)


def lesson_twice(monkeypatch, shown, chosen, gone):
    """The lesson, and the lesson without one unit in which the same is released, each with everybody's gradients."""
    lists, unit, catalogue = shown
    whole = np.unique(unit)
    tape = Tape()

    def lesson(rows, without):
        noise = Coins(11, whole.size, without)
        with monkeypatch.context() as patch:
            watch = Watch(patch, without)
            made = private_ranker.learn(only(lists, rows), catalogue, chosen, noise, watch.step, unit[rows])
        return made, watch.steps

    with monkeypatch.context() as patch:
        tape.record(patch)
        one = lesson(np.ones(len(lists), dtype=bool), None)
    with monkeypatch.context() as patch:
        replayed = tape.replay(patch)
        other = lesson(unit != whole[gone], gone)
    return one, other, moved(tape, replayed)


@pytest.mark.parametrize("gone", [0, 20])
def test_a_lesson_without_one_unit_leaves_the_same_files(monkeypatch, shown, chosen, gone) -> None:
    (one, _), (other, _), far = lesson_twice(monkeypatch, shown, chosen, gone)
    assert len(far) == SCHEDULE.steps + 3  # two releases that steps start from, and one that probabilities are read off
    assert 0 < max(far) <= 1
    assert one.files() == other.files()
    assert one.metrics == other.metrics
    assert (one.scorer.slope, one.scorer.intercept) == (other.scorer.slope, other.scorer.intercept)


@pytest.mark.parametrize("gone", [0, 20])
def test_in_a_lesson_without_one_unit_every_other_gradient_is_the_same(monkeypatch, shown, chosen, gone) -> None:
    (_, seen), (_, without), _ = lesson_twice(monkeypatch, shown, chosen, gone)
    assert any(gone in step for step in seen)
    for step, other in zip(seen, without, strict=True):
        step.pop(gone, None)
        assert step == other


# --- the whole run: through the gate, to the artefact ----------------------------------------------------------------

RUN = RunRequest("kr", PrivacyUnit.PERSON, Decimal(2), Decimal("1e-6"), "offers", "tester", units=200)


def gated_twice(monkeypatch, material, gone):
    """A private run on a log, and on the log without somebody, in which the same is released."""
    log = material.gate.rows.open(Admission())
    people = log.history.people
    known = replace(log, unit=np.arange(len(people)), held=HoldOut().of(people))
    tape = Tape()

    def run(kept):
        only_these = only_those(known, kept, str)
        rows = FixedRows(lambda _: only_these, people=only_these.history.people)
        gate = Gate(rows, Provenance(DataKind.PRIVATE), RecordingAccount())
        return train(replace(material, gate=gate), RUN, Coins(12, len(people)))

    everybody = np.ones(len(people), dtype=bool)
    with monkeypatch.context() as patch:
        tape.record(patch)
        one = run(everybody)
    with monkeypatch.context() as patch:
        replayed = tape.replay(patch)
        other = run(everybody & (np.arange(len(people)) != gone))
    return one, other, moved(tape, replayed)


@pytest.mark.parametrize("gone", [3, 100])
def test_a_run_through_the_gate_without_somebody_leaves_the_same_artefact(monkeypatch, material, gone) -> None:
    pytest.importorskip("opacus")
    one, other, far = gated_twice(monkeypatch, material, gone)
    assert 0 < max(far) <= 1
    assert one.result.fit.files() == other.result.fit.files()
    assert (one.metrics(), one.params(), one.provenance) == (other.metrics(), other.params(), other.provenance)
    assert (one.report, one.result.plan, one.result.units) == (None, other.result.plan, other.result.units)


# --- each check fails where what it guards is broken -----------------------------------------------------------------


def centred(sample, units, *rest):
    """Batch-mean centring: gradients that depend on who else is in the batch."""
    made = gradients(sample, units, *rest)
    made.extra[:] -= made.extra.mean(axis=0)
    return made


def test_a_gradient_that_depends_on_the_rest_of_the_batch_is_found(monkeypatch) -> None:
    monkeypatch.setattr(private_bilinear, "gradients", centred)
    with pytest.raises(AssertionError):
        test_without_one_unit_every_other_units_gradient_is_the_same_bit_for_bit(monkeypatch, 7)


def test_a_sum_that_is_not_clipped_is_found(monkeypatch) -> None:
    honest = Total.add
    monkeypatch.setattr(Total, "add", lambda total, made, clip: honest(total, made, 1000 * clip))
    with pytest.raises(AssertionError):
        test_without_one_unit_no_steps_sum_moves_by_more_than_the_clip(monkeypatch, 7)


def test_a_rate_that_is_taken_from_the_rows_is_found(monkeypatch) -> None:
    """Steps of a size that the number of units decides: exact, and never accounted."""
    honest = PrivateBilinear.fit

    def fit(self, sample, *rest, **more):
        self.rate = 2.0 / sample.units
        return honest(self, sample, *rest, **more)

    monkeypatch.setattr(PrivateBilinear, "fit", fit)
    with pytest.raises(AssertionError):
        test_what_is_learned_depends_on_nothing_but_what_was_released(monkeypatch)


def exactly_calibrated(ranker, sample, plan, noise):  # noqa: ARG001 - as the lesson's
    """A line fitted on the rows themselves."""
    rows = np.arange(sample.label.size)
    return calibrate(ranker.decision_function(sample, rows), sample.label, np.ones(rows.size))


def test_a_calibration_on_exact_rows_is_found(monkeypatch, shown, chosen) -> None:
    monkeypatch.setattr(private_ranker, "calibrated", exactly_calibrated)
    with pytest.raises(AssertionError):
        test_a_lesson_without_one_unit_leaves_the_same_files(monkeypatch, shown, chosen, 0)


def test_rows_that_are_centred_by_all_rows_are_found(monkeypatch, shown, chosen) -> None:
    honest = private_ranker.sample_of

    def centred_rows(*args):
        made = honest(*args)
        return replace(made, label=made.label - made.label.mean())

    monkeypatch.setattr(private_ranker, "sample_of", centred_rows)
    with pytest.raises(AssertionError):
        test_in_a_lesson_without_one_unit_every_other_gradient_is_the_same(monkeypatch, shown, chosen, 0)


def test_a_divisor_counted_from_the_rows_is_found(monkeypatch, material) -> None:
    honest = private_run.learn

    def counting(lists, catalogue, plan, noise, tell, unit):
        schedule = replace(plan.schedule, units=np.unique(unit).size)
        return honest(lists, catalogue, replace(plan, schedule=schedule), noise, tell, unit)

    monkeypatch.setattr(private_run, "learn", counting)
    with pytest.raises(AssertionError):
        test_a_run_through_the_gate_without_somebody_leaves_the_same_artefact(monkeypatch, material, 3)
