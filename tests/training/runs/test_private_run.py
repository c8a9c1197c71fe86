"""The private path: everything is reserved before it runs, and nothing but what was paid for comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.util import find_spec

import numpy as np
import pytest

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.accounting.accountant import price as price_of
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Admission
from privacy.learning.step import GRID
from privacy.request import RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit, UnitSupport
from tests.privacy.fixed_rows import FixedRows
from training.evaluation.release import NAMES, bundle_mechanism, noised_metrics
from training.rankers.forest_ranker import ForestSettings
from training.rankers.forest_ranker import learn as grow
from training.runs import private_run
from training.runs.private_run import PrivateRunResult, RunChoice, stages, train
from training.tracking import METRICS, PARAMS, RELEASED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("opacus") is None, reason="opacus is not installed (make setup)"),
]

DELTA = Decimal("0.000001")
RUN = RunRequest("toy", PrivacyUnit.PERSON, Decimal(1), DELTA, "offers", "tester")
STATED = replace(RUN, units=200)
SGD = m.gaussian_sgd("30", "1", 20)
LESS = m.gaussian_sgd("30", "1", 10)
QUICK = ForestSettings(rounds=10, min_leaf=20, threads=1)


class Paper:
    def __init__(self, spend):
        self.spend = spend

    def to_document(self):
        return {"spend": self.spend}


class RecordingAccount:
    """A budget account that remembers what was done with it."""

    population, unit = "toy", PrivacyUnit.PERSON

    def __init__(self, left="9"):
        self.left, self.done = Decimal(left), []

    def left_after(self, *mechanisms):
        return self.left - len(mechanisms)

    def price_of(self, *mechanisms):
        return Spend(Decimal(len(mechanisms)), Decimal("0.0000001"))

    def reserve(self, spend, run, _people, metrics=None):
        self.done.append((spend.partition("-")[0], run.mechanism, run.units, metrics))
        return Paper(spend)

    def commit(self, spend, ran, _artefact=None):
        self.done.append((f"{spend.partition('-')[0]} done", ran))
        return Paper(spend)

    def roll(self, spend):  # noqa: ARG002
        return None

    def pseudonym(self, person):
        return person

    def is_public(self, _people, _rows):
        return False


class Silent:
    """No noise, so that what was measured can be told from what was released."""

    def gaussian(self, shape, _sigma):
        return np.zeros(shape)


class Loud(Silent):
    """Noise that remembers how much it was."""

    def __init__(self):
        self.sigmas = []

    def gaussian(self, shape, sigma):
        self.sigmas.append(sigma)
        return super().gaussian(shape, sigma)


@dataclass(frozen=True)
class Plan:
    units: int
    epsilon: Decimal
    learner: str = "bilinear"

    def mechanism(self):
        return SGD

    def to_document(self):
        return {"units": self.units, "epsilon": str(self.epsilon)}


@dataclass(frozen=True)
class Lesson:
    scorer: object
    mechanism: object = LESS

    def files(self):
        return {"bilinear.npz": b"weights", "vocabulary.npz": b"words"}


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """A learner that grows a forest in place of the private model, and notes what it was given."""
    given = []

    def learn(lists, catalogue, plan, _noise, _progress, unit):
        given.append((lists, plan, unit))
        return Lesson(grow(lists, catalogue, QUICK).forest)

    monkeypatch.setattr(private_run, "learn", learn)
    monkeypatch.setattr(private_run, "plan", lambda units, epsilon, *_: Plan(units, epsilon))
    return given


@pytest.fixture
def booked(private_material):
    account = RecordingAccount()
    return replace(private_material, gate=replace(private_material.gate, account=account)), account


def test_a_run_counts_then_trains_each_reserved_before_and_committed_after(booked, seen):
    material, account = booked
    taught = train(material, RUN, Silent())
    count, units = stages(RUN).count, taught.result.units
    assert account.done == [
        ("count", count, 0, None), ("count done", count), ("train", SGD, units, None), ("train done", LESS)
    ]  # fmt: skip
    (lists, plan, unit) = seen[0]
    assert units == plan.units == np.unique(unit).size
    assert np.array_equal(unit, lists.examples.person)
    assert (taught.report, taught.released) == (None, {})


def test_a_stated_number_of_units_is_taken_and_nothing_is_counted(booked, seen):
    material, account = booked
    taught = train(material, STATED, Silent())
    assert [what for what, *_ in account.done] == ["train", "train done"]
    assert (taught.result.units, seen[0][1].epsilon) == (200, Decimal(1))


def test_nobody_who_is_held_out_is_learned_from_in_private_either(booked, seen, material):
    from training.data.material import hidden

    train(booked[0], STATED, Silent())
    assert not hidden(material, material.gate.rows.open(Admission()))[seen[0][0].examples.person].any()


def test_no_row_is_left_out_because_others_have_many(booked, seen, material):
    from training.data.material import learning_showings

    train(booked[0], STATED, Silent())
    whole = learning_showings(material, material.gate.rows.open(Admission()), 10**9, 0)
    assert len(seen[0][0]) == len(whole)
    assert (seen[0][0].examples.weight == 1).all()


def test_households_are_one_sample(booked, seen):
    material, account = booked
    log = material.gate.rows.open(Admission())
    paired = replace(log, unit=np.arange(len(log.history.people)) // 2)
    account.unit = PrivacyUnit.HOUSEHOLD
    rows = FixedRows(lambda _: paired, people=log.history.people, units=UnitSupport(readers=("children",)))
    gate = replace(material.gate, rows=rows)
    train(replace(material, gate=gate), replace(STATED, unit=PrivacyUnit.HOUSEHOLD), Silent())
    lists, _, unit = seen[0]
    assert np.array_equal(unit, lists.examples.person // 2)


def test_too_few_units_to_learn_from_are_refused_by_the_noised_count_alone(booked, seen):
    class Shift(Silent):
        def gaussian(self, shape, _sigma):
            return np.full(shape, -170.0)

    material, account = booked
    with pytest.raises(Rejected, match=r"noised count of privacy units is below 50.*--purpose"):
        train(material, RUN, Shift())
    assert [what for what, *_ in account.done] == ["count", "count done"]
    assert seen == []


def test_a_crash_in_training_leaves_the_reservation_spent(booked, monkeypatch):
    material, account = booked
    monkeypatch.setattr(private_run, "learn", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        train(material, STATED, Silent())
    assert [what for what, *_ in account.done] == ["train"]


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", ["0.1", "1", "8"])
def test_count_and_training_together_cost_at_most_what_was_asked(epsilon):
    from privacy.accounting.accountant import calibrate

    run = replace(RUN, epsilon=Decimal(epsilon))
    made = stages(run)
    training = m.gaussian(calibrate(made.left, DELTA, 1, 1))
    assert private_run.spent(run, made, training, None).epsilon <= run.epsilon
    assert made.left == run.epsilon * Decimal("0.98")


def test_a_plan_that_costs_more_than_was_asked_is_never_run(booked, seen, monkeypatch):
    monkeypatch.setattr(private_run, "plan", lambda *_: type("P", (), {"mechanism": lambda _: m.gaussian("2")})())
    with pytest.raises(Rejected, match=r"would cost.*and 1 was asked for"):
        train(booked[0], STATED, Silent())
    assert (seen, booked[1].done) == ([], [])


def test_what_was_spent_is_what_was_run_and_never_more_than_asked(booked):
    taught = train(booked[0], STATED, Silent())
    assert taught.provenance.spend == Spend(price_of(m.composed(LESS), DELTA).epsilon, DELTA)
    assert taught.provenance.spend.epsilon < 1


def test_a_dry_run_prices_a_run_and_opens_nothing(private_material, seen):
    rows = FixedRows(lambda _: pytest.fail("a row was read"))
    shut = replace(private_material.gate, account=RecordingAccount(), rows=rows)
    found = private_run.price(replace(private_material, gate=shut), RUN)
    assert (found.left, found.remaining, found.spend) == (9, 7, Spend(Decimal(1), DELTA))
    assert found.composed == Spend(Decimal(2), Decimal("0.0000001"))  # at the delta that the balance is kept at
    assert seen == []


# --- what comes out --------------------------------------------------------------------------------------------------


def test_no_figure_about_people_who_may_exist_comes_out_unless_it_was_paid_for(booked):
    taught = train(booked[0], RUN, Silent())
    assert taught.metrics() == {}
    files = taught.files("run1", "now")
    assert json.loads(files["report.json"]) == {"released": {}}


def test_figures_that_were_paid_for_are_one_entry_with_their_names(booked):
    material, account = booked
    noise = Loud()
    taught = train(material, STATED, noise, RunChoice(evaluate=Decimal(2)))
    mechanism = bundle_mechanism(Decimal(2), DELTA)
    assert account.done[-1] == ("evaluate", mechanism, 200, NAMES)
    assert set(taught.metrics()) == set(NAMES) <= set(RELEASED)
    assert noise.sigmas == [pytest.approx(2 * float(mechanism["noise"]) / GRID)]
    assert taught.provenance.spend.epsilon > price_of(m.composed(LESS), DELTA).epsilon


def test_synthetic_people_are_measured_exactly_beside_the_truth(material):
    synthetic = replace(material, gate=replace(material.gate, account=RecordingAccount()))
    taught = train(synthetic, STATED, Silent())
    assert taught.provenance.data_kind is DataKind.SYNTHETIC
    assert set(taught.report.means) == {"popularity", "views", "logistic", "private", "reachable"}
    assert set(taught.metrics()) <= set(METRICS)


def test_the_manifest_names_whose_privacy_was_spent_and_the_ledgers_receipts(booked):
    taught = train(booked[0], RUN, Silent())
    manifest = json.loads(taught.files("run1", "now")["manifest.json"])
    assert manifest["kind"] == "bilinear"
    assert (manifest["population"], manifest["unit"], manifest["data_kind"]) == ("toy", "person", "private")
    assert manifest["spend"] == taught.provenance.spend.to_document()
    assert manifest["spend_id"].startswith("train-")
    assert len(manifest["receipts"]) == 4
    assert (manifest["units"], manifest["units_are"]) == (taught.result.units, "noised")
    assert {"features_hash", "catalogue_hash"} <= set(manifest)


def test_what_a_run_was_told_is_on_the_allow_list(booked):
    taught = train(booked[0], RUN, Silent())
    assert isinstance(taught.result, PrivateRunResult)
    assert set(taught.params()) <= set(PARAMS)
    assert not taught.provenance.allows_exact_metrics


# --- noised figures --------------------------------------------------------------------------------------------------


def test_one_unit_more_or_less_moves_the_four_sums_by_at_most_their_length(material):
    from training.data.material import held_out_showings
    from training.evaluation import release

    log = material.gate.rows.open(Admission())
    lists = held_out_showings(material, log, 10**9, 0)
    scorer = grow(lists, material.catalogue, QUICK).forest
    parts = release._parts(scorer, lists, lists.examples.person, material.catalogue)
    assert ((parts >= 0) & (parts <= 1)).all()
    assert pytest.approx(np.sqrt(parts.shape[1])) == release._LENGTH
    assert parts.shape[0] == np.unique(lists.examples.person).size


def test_figures_without_noise_are_those_that_would_be_measured(material):
    from training.data.material import held_out_showings

    log = material.gate.rows.open(Admission())
    lists = held_out_showings(material, log, 10**9, 0)
    scorer = grow(lists, material.catalogue, QUICK).forest
    found = noised_metrics(scorer, lists, lists.examples.person, material.catalogue, m.gaussian("1"), Silent())
    assert 0.2 < found["noised_held_out_log_loss"] < 1
    assert 0.5 < found["noised_ndcg@5"] <= 1


def test_a_prediction_that_is_not_a_number_costs_its_unit_the_most_and_nobody_else_anything():
    from training.evaluation import release

    losses = release._losses(np.array([1.0, 1.0]), np.array([np.nan, 1.0]))
    assert losses[0] > release.MOST_LOSS
    assert losses[1] == 0


def test_a_stamp_decides_what_may_be_measured_and_not_where_the_budget_lies(material):
    private = replace(material.gate, account=RecordingAccount(), provenance=Provenance.parse(None))
    unmarked = replace(material, gate=private)
    assert train(unmarked, STATED, Silent()).report is None
