"""Canaries in the private ranker: a sound run passes the audit, and each fault in its code fails it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

pytest.importorskip("dp_accounting")

from features.problem import Rejected
from privacy.learning.audit import LENGTH, Claim
from privacy.learning.noise import secure
from privacy.learning.step import Sampler, Schedule, Total
from privacy.request import Request
from privacy.spend import Spend
from tests.privacy.noises import Seeded, Silent
from training.data.material import learning_showings
from training.rankers.private_ranker import learn
from training.rankers.schedules import plan
from training.runs.canaries import SHOWN, AuditedRun, Canaries, among_people, tried

pytestmark = pytest.mark.slow

CLAIM = Claim(Decimal(1), Decimal("1e-6"))
SCHEDULE = Schedule(500, Decimal("0.1"), 120, Decimal("4.88"), 0.35)  # epsilon .99 at 1e-6
CANARIES = 500


@pytest.fixture(scope="module")
def lists(material):
    return learning_showings(material, material.gate.admit(Request("audit", Spend.infinite())), 2000, 0)


@pytest.fixture(scope="module")
def chosen():
    """A plan as it ships, but for its steps: those sample, so that sampling can go wrong."""
    pytest.importorskip("opacus")
    return replace(plan(10_000, Decimal(8), Decimal("1e-6"), 2 * CANARIES + 8), schedule=SCHEDULE)


@pytest.fixture
def trial(lists, material, chosen):
    def run(noise, coins=3):
        person = lists.examples.person
        return tried(AuditedRun(lists, person, material.catalogue, chosen, CLAIM), noise, Seeded(coins), CANARIES)

    return run


def test_a_canary_is_a_unit_of_its_own_that_is_shown_what_nobody_else_is(lists, material) -> None:
    among = Canaries.among(material.catalogue, 4)
    shown, whose = among.added(lists, lists.examples.person, np.array([True, False, True, True]))
    rows, mine = len(lists), slice(len(lists), None)
    assert [programme.id for programme in among.catalogue.programmes] == sorted(among.catalogue.by_id)
    assert among.catalogue.programmes[: among.first] == material.catalogue.programmes
    assert shown.examples.programme[:rows].max() < among.first
    assert sorted(set(shown.examples.programme[mine].tolist())) == [8, 9, 12, 13, 14, 15]
    assert np.unique(whose[mine], return_counts=True)[1].tolist() == [2 * SHOWN] * 3
    assert not np.isin(whose[mine], whose[:rows]).any()
    assert np.bincount(shown.at[mine] - shown.at[rows]).tolist() == [2] * (3 * SHOWN)
    assert len(shown.people.people) == shown.at[-1] + 1 == shown.people.values.shape[0]
    for name in ("person", "t", "programme", "position", "label"):
        assert np.array_equal(getattr(shown.examples, name)[:rows], getattr(lists.examples, name), equal_nan=True)


def test_the_model_offers_a_canary_more_of_what_it_took_up_where_it_took_part(lists, material, chosen) -> None:
    among = Canaries.among(material.catalogue, 40)
    included = np.arange(40) % 2 == 0
    shown, whose = among.added(lists, lists.examples.person, included)
    bare = replace(chosen.without_noise(), schedule=replace(SCHEDULE, sigma=Decimal(0)))
    wishes = among.wishes(learn(shown, among.catalogue, bare, Silent(1), unit=whose).scorer, lists.people)
    assert wishes[included].min() > 0
    assert np.abs(wishes[~included]).max() < wishes[included].min() / 10


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
    monkeypatch.setattr(Total, "add", lambda total, made, clip: honest(total, made, 2 * LENGTH * clip))
    found = trial(Seeded(1))
    assert found.steps.refutes
    assert found.model.refutes


def test_batches_of_everybody_where_a_tenth_is_accounted_are_found(trial, monkeypatch) -> None:
    monkeypatch.setattr(Sampler, "draw", lambda _self, units, _noise: np.arange(units))
    found = trial(Seeded(1))
    assert found.steps.refutes
    assert found.refuted


def test_canaries_are_put_among_nobody_who_may_exist(private_material, chosen) -> None:
    with pytest.raises(Rejected, match="infinite epsilon of real people's privacy"):
        among_people(private_material, chosen, CLAIM, Seeded(1), CANARIES, lambda: None)
