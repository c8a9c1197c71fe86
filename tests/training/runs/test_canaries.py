"""Canaries in the private ranker: a sound run passes the audit, and each fault in its code fails it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

pytest.importorskip("dp_accounting")

from features.problem import Rejected
from features.value import UNKNOWN
from privacy.accounting.accountant import price
from privacy.learning.audit import Claim
from privacy.learning.noise import secure
from privacy.learning.step import Sampler, Schedule, Total
from privacy.request import Request
from privacy.spend import Spend
from tests.privacy.noises import Seeded, Silent
from training.data.material import learning_showings
from training.rankers.first_release import LARGE
from training.rankers.private_ranker import learn
from training.rankers.schedules import SMALL, TABLE, plan
from training.runs import canaries
from training.runs.canaries import SHOWN, AuditedRun, Canaries, among_people, tried

pytestmark = pytest.mark.slow

SCHEDULE = Schedule(500, Decimal("0.1"), 120, Decimal("4.88"), 0.35)  # epsilon .99 at 1e-6 by itself
DELTA = Decimal("1e-6")
LEAST_SEEN = 0.7
LEAST_OF_LARGE = 0.35  # where attributes count alike, less of a gradient lies in the category
CANARIES = 500


@pytest.fixture(scope="module")
def lists(material):
    return learning_showings(material, material.gate.admit(Request("audit", Spend.infinite())), 2000, 0)


@pytest.fixture(scope="module")
def chosen():
    """A plan as it ships for catalogues like ours, but for its steps: those sample, so that sampling can go wrong."""
    pytest.importorskip("opacus")
    return replace(plan(10_000, Decimal(1), DELTA, LARGE), schedule=SCHEDULE)


@pytest.fixture(scope="module")
def claim(chosen):
    """What such a plan costs, its start and calibration included."""
    priced = Claim(price(chosen.mechanism(), DELTA).epsilon, DELTA)
    assert 1 < priced.epsilon < Decimal("1.1")
    return priced


@pytest.fixture
def trial(lists, material, chosen, claim):
    def run(noise, coins=3):
        person = lists.examples.person
        found = tried(AuditedRun(lists, person, material.catalogue, chosen, claim), noise, Seeded(coins), CANARIES)
        print(f"shown by the releases {found.steps.lower}, by the model {found.model.lower}, of {claim.epsilon}")
        return found

    return run


def test_a_canary_is_a_unit_of_its_own_that_is_shown_what_nobody_else_is(lists, material) -> None:
    among = Canaries.among(material.catalogue, 4)
    shown, whose = among.added(lists, lists.examples.person, np.array([True, False, True, True]))
    rows, mine = len(lists), slice(len(lists), None)
    assert [programme.id for programme in among.catalogue.programmes] == sorted(among.catalogue.by_id)
    assert among.catalogue.programmes[: among.first] == material.catalogue.programmes
    assert shown.examples.programme[:rows].max() < among.first
    assert sorted(set(shown.examples.programme[mine].tolist())) == [8, 12, 14]
    assert shown.examples.label[mine].tolist() == [1.0] * 2 * SHOWN + [0.0] * SHOWN
    assert np.unique(whose[mine], return_counts=True)[1].tolist() == [SHOWN] * 3
    assert not np.isin(whose[mine], whose[:rows]).any()
    assert np.unique(shown.at[mine]).size == 3 * SHOWN
    assert len(shown.people.people) == shown.at[-1] + 1 == shown.people.values.shape[0]
    assert (shown.people.values[shown.at[mine]] == UNKNOWN).all()
    for name in ("person", "t", "programme", "position", "label"):
        assert np.array_equal(getattr(shown.examples, name)[:rows], getattr(lists.examples, name), equal_nan=True)


def test_the_model_tells_by_a_canarys_category_whether_it_took_part(lists, material, chosen) -> None:
    among = Canaries.among(material.catalogue, 40)
    included = np.arange(40) % 4 < 2
    shown, whose = among.added(lists, lists.examples.person, included)
    bare = replace(chosen.without_noise(), schedule=replace(SCHEDULE, sigma=Decimal(0)))
    wishes = among.wishes(learn(shown, among.catalogue, bare, Silent(1), unit=whose).scorer, lists.people)
    assert np.abs(wishes[~included]).max() < wishes[included].min() / 10


def test_what_is_tried_is_what_the_plan_says_but_that_it_is_watched(lists, material, chosen, claim) -> None:
    """By its own loss, from the noised start, at its own rate."""
    ran, planned = [], replace(chosen, schedule=replace(SCHEDULE, steps=2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canaries, "learn", lambda *args, **more: ran.append(args[2]) or learn(*args, **more))
        run = AuditedRun(lists, lists.examples.person, material.catalogue, planned, claim)
        tried(run, Seeded(1), Seeded(3), 100)
    assert [one.to_document() for one in ran] == [planned.to_document()]
    assert ran[0].mechanism() == planned.mechanism()
    assert [len(one.seen) for one in (ran[0].first.programmes, ran[0].schedule)] == [1, 2]


@pytest.mark.parametrize(
    ("row", "least"), [(SMALL[0], LEAST_SEEN), (TABLE[0], LEAST_OF_LARGE)], ids=["own columns", "no own columns"]
)
def test_most_of_a_canarys_gradient_lies_where_it_is_watched_and_no_one_elses(
    lists, material, chosen, claim, monkeypatch, row, least
) -> None:
    """Of the start and of each step, without noise: nearly one clip of each that takes part, else nothing."""
    watched = []

    def seen(self, along=None):
        watched.extend(self.seen if along is None else [(step * along).sum(axis=1) for step in self.seen])
        return np.zeros(100)

    monkeypatch.setattr(canaries.Watched, "suspicion", seen)
    planned = replace(chosen, row=row, schedule=replace(SCHEDULE, q=Decimal(1), steps=2))
    run = AuditedRun(lists, lists.examples.person, material.catalogue, planned, claim)
    tried(run, Silent(1), Seeded(3), 100)
    included = Seeded(3).uniform(100) < 0.5
    assert len(watched) == 3
    for one in watched:
        assert one[included].min() > least
        assert one[included].max() <= 1
        assert np.abs(one[~included]).max() < 1e-6  # others' sums are of whole numbers on a grid


@pytest.mark.parametrize("noise", [Seeded(1), secure()], ids=["seeded", "secure"])
def test_a_sound_run_is_refuted_by_neither_observer(trial, noise) -> None:
    found = trial(noise)
    assert not found.refuted
    assert found.units > 100


def test_noise_that_is_off_is_found_in_the_steps_and_in_the_model(trial) -> None:
    found = trial(Silent(1))
    assert found.steps.refutes
    assert found.model.refutes
    assert found.to_document()["refuted"] is True


def test_clipping_that_is_off_is_found_in_the_steps_and_in_the_model(trial, monkeypatch) -> None:
    honest = Total.add
    monkeypatch.setattr(Total, "add", lambda total, made, clip: honest(total, made, 100 * clip))
    found = trial(Seeded(1))
    assert found.steps.refutes
    assert found.model.refutes


def test_batches_of_everybody_where_a_tenth_is_accounted_are_found(trial, monkeypatch) -> None:
    monkeypatch.setattr(Sampler, "draw", lambda _self, units, _noise: np.arange(units))
    found = trial(Seeded(1))
    assert found.steps.refutes
    assert found.refuted


def test_canaries_are_put_among_nobody_who_may_exist(private_material, chosen, claim) -> None:
    with pytest.raises(Rejected, match="infinite epsilon of real people's privacy"):
        among_people(private_material, chosen, claim, Seeded(1), CANARIES, lambda: None)


@pytest.mark.parametrize("noised", [True, False])
def test_a_network_passes_and_without_its_noise_it_does_not(lists, material, noised) -> None:
    pytest.importorskip("torch", reason="torch is not installed (make setup-private)")
    made = plan(10_000, Decimal(1), DELTA, LARGE, learner="network")
    made = replace(
        made, schedule=replace(SCHEDULE, steps=10, q=Decimal(1), sigma=Decimal(20)), row=replace(made.row, neurons=8)
    )
    claim = Claim(price(made.mechanism(), DELTA).epsilon, DELTA)
    run = AuditedRun(lists, lists.examples.person, material.catalogue, made, claim)
    found = tried(run, Seeded(1) if noised else Silent(1), Seeded(3), 100)
    assert found.steps.refutes == (not noised)
