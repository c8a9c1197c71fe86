"""The private network on arrays: its gradients are Opacus', its sums exact, and what moves it was released."""

import pickle
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (make setup-private)")
pytest.importorskip("opacus", reason="opacus is not installed (make setup-private)")

import torch

from privacy.learning.network import UNIT
from privacy.learning.step import GRID, Schedule, Total
from tests.privacy.noises import Seeded, Silent
from tests.training.rankers.test_private_bilinear import EVEN, PROGRAMMES, permuted, sample, space, started
from training.rankers.bilinear_arrays import Sample
from training.rankers.private_bilinear import Objective
from training.rankers.private_network import LOUDEST, NetworkInputs, NetworkSum, PrivateNetwork

pytestmark = pytest.mark.slow  # it loads torch

NEURONS, CLIP = 5, 0.3
FULL = Schedule.of(units=12, q="1", steps=6, sigma="0.5")


def drawn(of, seed=5):
    """Weights of every part, multiples of the unit."""
    size = NetworkInputs.of(of).shape(NEURONS).size
    return np.rint(np.random.default_rng(seed).normal(size=size) / UNIT) * UNIT


def score(rows, of, flat):
    """The score of every row beside its programme's start, the long way, by torch, from flat weights that may move."""
    inputs, fit = NetworkInputs.of(of), of.fit
    shape = inputs.shape(NEURONS)
    outer, hidden, beside = flat.split(shape.sizes)
    outer, hidden = outer.view(1 + NEURONS, shape.columns), hidden.view(NEURONS, shape.people)
    found = []
    for one in range(rows.list_at.size - 1):
        person = torch.from_numpy(inputs.people(rows.bins[one : one + 1])[0])
        said = torch.cat([torch.tensor([shape.always]), LOUDEST * torch.clamp(hidden @ person, -1, 1)])
        for item in range(rows.list_at[one], rows.list_at[one + 1]):
            what = rows.programme[item]
            added = said @ (outer @ torch.from_numpy(inputs.attributes[what])) + of.own * beside[what]
            for entry in range(fit.at[what], fit.at[what + 1]):
                spoken = fit.row[entry] + rows.bins[one, fit.slot[entry]]
                added = added + beside[of.owned + fit.weight[spoken]] * fit.value[spoken]
            found.append(added)
    return torch.stack(found)


def likelihood(rows, of, flat, start, loss):
    base, seen = torch.from_numpy(start.base[rows.programme]), torch.from_numpy(start.attention[rows.cell])
    found, label = base + score(rows, of, flat), torch.from_numpy(rows.label)
    if loss == "pointwise":
        taken = seen * torch.sigmoid(found)
        return (label * torch.log(taken) + (1 - label) * torch.log1p(-taken)).sum()
    total = torch.zeros((), dtype=torch.float64)
    for one in range(rows.list_at.size - 1):
        items = slice(rows.list_at[one], rows.list_at[one + 1])
        if label[items].any():
            share = torch.log_softmax(found[items] + torch.log(seen[items]), 0)
            total = total + (label[items] * share).sum() / label[items].sum()
    return total


def alone(rows, unit):
    """One unit by itself."""
    lists = slice(rows.unit_at[unit], rows.unit_at[unit + 1])
    at = rows.list_at[lists.start : lists.stop + 1]
    items = slice(at[0], at[-1])
    return Sample(
        np.array([0, at.size - 1]), at - at[0], rows.bins[lists], rows.programme[items], rows.label[items],
        rows.cell[items], rows.noticed[items],
    )  # fmt: skip


@pytest.mark.parametrize("loss", ["listwise", "pointwise"])
def test_what_is_summed_of_a_unit_is_the_slope_of_its_likelihood(loss) -> None:
    rows, of = sample(9, seed=11), space()
    of = replace(of, own=0.5)
    taken = [unit for unit in range(9) if alone(rows, unit).label.any()]
    assert len(taken) > 3
    for unit in taken:
        mine = alone(rows, unit)
        flat = torch.nn.Parameter(torch.from_numpy(drawn(of)))
        likelihood(mine, of, flat, started(), loss).backward()
        found = NetworkSum(Objective(of, started(), loss), NEURONS, drawn(of), 1000.0)(mine, np.arange(1))
        assert np.allclose(found.values * GRID, flat.grad.numpy(), atol=2e-4)  # the grid of what flows back


def summed(rows, units, of, chunk=3, clip=CLIP):
    return NetworkSum(Objective(of, started(), "pointwise"), NEURONS, drawn(of), clip, chunk)(rows, units).values


def test_company_and_chunks_change_no_bit_of_what_is_summed() -> None:
    rows, of = sample(40, seed=7), space()
    each = sum(summed(rows, np.array([unit]), of) for unit in range(40))
    for chunk in (1, 3, 40):
        assert np.array_equal(summed(rows, np.arange(40), of, chunk), each)
    order = np.random.default_rng(2).permutation(40)
    assert np.array_equal(summed(permuted(rows, order), np.arange(40), of), each)


def test_all_lists_of_a_unit_are_one_sample_clipped_once() -> None:
    rows, of = sample(1, seed=8), space()
    assert rows.unit_at[-1] > 1
    total = summed(rows, np.arange(1), of, clip=0.02)
    assert np.sqrt(sum(int(value) ** 2 for value in total)) * GRID == pytest.approx(0.02, rel=1e-6)


def test_one_unit_more_moves_a_sum_by_at_most_the_clip() -> None:
    rows, of = sample(30, seed=3), space()
    whole = summed(rows, np.arange(30), of)
    for gone in range(0, 30, 7):
        moved = whole - summed(rows, np.delete(np.arange(30), gone), of)
        assert np.sqrt((moved.astype(object) ** 2).sum()) * GRID <= CLIP


def network(schedule=FULL, **settings):
    return PrivateNetwork(schedule, neurons=NEURONS, gain=1.0, **settings)


def test_a_batch_of_nobody_is_a_step_like_any_other() -> None:
    nobody = Sample(
        np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((0, 4), np.int32), np.zeros(0, np.int32), np.zeros(0),
        np.zeros(0, np.int32), np.zeros(0),
    )  # fmt: skip
    ranker = network().fit(nobody, space(), Seeded(1), EVEN)
    assert np.isfinite(ranker.weights_of_neurons_.outer).all()
    assert ranker.weights_of_neurons_.outer.any()


def test_what_is_learned_is_that_of_the_noise_and_of_nothing_that_torch_draws() -> None:
    torch.manual_seed(1)
    one = network().fit(sample(), space(), Seeded(1), started())
    torch.manual_seed(2)
    other = network().fit(sample(), space(), Seeded(1), started())
    third = network().fit(sample(), space(), Seeded(2), started())
    assert np.array_equal(one.weights_of_neurons_.hidden, other.weights_of_neurons_.hidden)
    assert not np.array_equal(one.weights_of_neurons_.hidden, third.weights_of_neurons_.hidden)


def test_what_is_learned_depends_on_nothing_but_what_was_released(monkeypatch) -> None:
    """With the same releases other people leave the same model."""
    released = np.random.default_rng(0).normal(size=NetworkInputs.of(space()).shape(NEURONS).size)
    monkeypatch.setattr(Schedule, "released", lambda *_: released)
    one, other = (network().fit(sample(seed=seed), space(), Seeded(1), EVEN) for seed in (1, 2))
    assert np.array_equal(one.weights_of_neurons_.outer, other.weights_of_neurons_.outer)
    assert np.array_equal(one.weights_.beside, other.weights_.beside)


def test_every_step_draws_a_poisson_sample_and_adds_the_noise_of_the_schedule(monkeypatch) -> None:
    schedule, batches, sigmas = Schedule.of(units=30, q="0.3", steps=8, sigma="2.5"), [], []
    honest = NetworkSum.__call__
    monkeypatch.setattr(
        NetworkSum, "__call__", lambda self, rows, units: batches.append(units) or honest(self, rows, units)
    )

    class Watched(Seeded):
        def gaussian(self, shape, sigma):
            sigmas.append(sigma * GRID)
            return super().gaussian(shape, sigma)

    network(schedule).fit(sample(30), space(), Watched(1), EVEN)
    told = Seeded(1)
    for batch in batches:
        assert np.array_equal(batch, np.flatnonzero(told.uniform(30) < 0.3))
        told.gaussian(NetworkInputs.of(space()).shape(NEURONS).size, 1.0)
    assert len(batches) == 8
    assert sigmas == pytest.approx([2.5 * schedule.clip] * 8)
    assert schedule.mechanism().gaussian_runs() == ((2.5, 0.3, 8),)


def test_more_steps_without_noise_find_more_likely_weights() -> None:
    rows, of = sample(60), space()

    def reached(steps):
        schedule = Schedule(60, Decimal(1), steps, Decimal(0), 0.35)
        ranker = network(schedule, rate=4.0).fit(rows, of, Silent(1), started())
        found = ranker.decision_function(rows, np.arange(rows.programme.size))
        taken = started().attention[rows.cell] / (1 + np.exp(-found))
        return float(np.where(rows.label == 1, np.log(taken), np.log1p(-taken)).sum())

    assert reached(40) > reached(8) > reached(1)


def test_neurons_learn_what_no_sum_over_single_facts_can_say() -> None:
    """Whoever is of one of two classes, and not of both, takes up one programme."""
    rng, units = np.random.default_rng(0), 400
    at = np.arange(units + 1)
    kinds, others = rng.integers(0, 2, units), rng.integers(0, 2, units)
    bins = np.stack([0 * kinds, 1 + kinds, 4 + 3 * others, 12 + 0 * kinds], axis=1).astype(np.int32)
    label = (kinds != others).astype(float)
    rows = Sample(at, at, bins, np.zeros(units, np.int32), label, np.zeros(units, np.int32), label)
    schedule = Schedule(units, Decimal(1), 200, Decimal(0), 2.0)
    ranker = PrivateNetwork(schedule, neurons=24, gain=2.0, rate=60.0).fit(rows, space(), Silent(1), EVEN)
    found = ranker.decision_function(rows, np.arange(units))
    assert ((found > (found.min() + found.max()) / 2) == (label == 1)).all()


def test_scores_of_rows_are_those_of_the_long_way() -> None:
    rows, of = sample(), space()
    ranker = network().fit(rows, of, Seeded(1), started())
    flat = np.r_[
        ranker.weights_.cross[0], ranker.weights_of_neurons_.outer.ravel() / LOUDEST,
        ranker.weights_of_neurons_.hidden.ravel(), ranker.weights_.beside,
    ]  # fmt: skip
    long = started().base[rows.programme] + score(rows, of, torch.from_numpy(flat)).numpy()
    found = ranker.decision_function(rows, np.arange(rows.programme.size))
    assert np.allclose(found, long, atol=1e-3)
    assert of.attributes.shape[0] == PROGRAMMES


def test_the_sum_of_shards_is_that_of_the_whole_and_can_be_sent_to_where_rows_are() -> None:
    rows, of = sample(12, seed=6), space()
    work = pickle.loads(pickle.dumps(NetworkSum(Objective(of, started(), "pointwise"), NEURONS, drawn(of), CLIP)))
    parts = [Total.empty(extra=drawn(of).size)]
    for unit in range(12):
        parts[0].merge(work(alone(rows, unit), np.arange(1)))
    assert np.array_equal(parts[0].values, work(rows, np.arange(12)).values)
