"""The private bilinear ranker on arrays: its gradients, its optimiser, and what does not change what is learned."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.learning.step import GRID, Schedule
from tests.privacy.noises import Seeded, Silent
from training.rankers.bilinear_arrays import Basis, BilinearWeights, FeatureMap, Match, Sample
from training.rankers.private_bilinear import Objective, PrivateBilinear, Shares, gradients, rate_at, shrunk, summed

PROGRAMMES, WIDTH = 9, 4
CLASSES = (3, 4)


def space(own=0.5, seed=3):
    """Everybody's bin, one slot of three named classes, one of four with a wave; two tables of fit with one weight."""
    rng = np.random.default_rng(seed)
    place = np.array([[0, 0], [1, 1], [2, 2], [3, 3], *([[4, 5 + at] for at in range(4)])], dtype=np.int32)
    value = np.array([[1.0, 0], [0.7, 0], [0.7, 0], [0.3, 0], *([[np.cos(at), 0.4] for at in range(4)])])
    code = Basis(np.array([1, 1, 2]), place, value)
    table = rng.normal(size=(7, PROGRAMMES)) * (rng.random((7, PROGRAMMES)) < 0.6)
    starts = np.array([0, 3, 7])
    match = Match(np.array([1, 2], np.int32), np.array([1, 4], np.int32), starts, table, np.zeros(2, np.int32))
    return FeatureMap(code, rng.normal(size=(PROGRAMMES, WIDTH)), match, own)


def sample(units=12, seed=4):
    rng = np.random.default_rng(seed)
    unit_at = np.r_[0, np.cumsum(rng.integers(0, 4, units))].astype(np.int64)
    lists = int(unit_at[-1])
    sizes = rng.integers(1, 7, lists)
    list_at = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    bins = np.stack([np.zeros(lists), rng.integers(1, 4, lists), rng.integers(4, 8, lists)], axis=1).astype(np.int32)
    programme = np.concatenate([rng.permutation(PROGRAMMES)[:size] for size in sizes]).astype(np.int32)
    label = (rng.random(programme.size) < 0.4).astype(float)
    place = np.concatenate([np.log1p(np.arange(size)) for size in sizes])
    return Sample(unit_at, list_at, bins, programme, label, place)


def drawn_weights(of, seed=5):
    rng = np.random.default_rng(seed)
    return BilinearWeights.of(rng.normal(size=of.shape[0] * of.shape[1] + of.beside), of)


def score(rows, one, of, weights, base):
    """The score of one list, the long way."""
    code = of.code.matrix()
    person = sum(code[bin_] for bin_ in rows.bins[one]) @ weights.cross
    found = []
    for item in range(rows.list_at[one], rows.list_at[one + 1]):
        what = rows.programme[item]
        fit = sum(
            weights.beside[of.owned + of.match.weight[b]]
            * of.match.table[of.match.start[b] + rows.bins[one, of.match.slot[b]] - of.match.first[b], what]
            for b in range(of.match.slot.size)
        )
        own = of.own * weights.beside[what] if of.owned else 0.0
        found.append(base[what] + person @ of.attributes[what] + own + fit + weights.beside[-1] * rows.place[item])
    return np.array(found)


def likelihood(rows, unit, of, weights, base, loss):
    total = 0.0
    for one in range(rows.unit_at[unit], rows.unit_at[unit + 1]):
        label = rows.label[rows.list_at[one] : rows.list_at[one + 1]]
        found = score(rows, one, of, weights, base)
        if loss == "pointwise":
            total += float((label * found - np.logaddexp(0, found)).sum())
        elif label.any():
            total += float((label * (found - np.logaddexp.reduce(found))).sum() / label.sum())
    return total


def flat(products, unit, of):
    matrix = np.zeros(of.shape)
    for row in range(products.at[unit], products.at[unit + 1]):
        np.add.at(matrix, products.left[row], products.value[row][:, None] * products.right[row])
    return np.r_[matrix.ravel(), products.extra[unit]]


@pytest.mark.parametrize("loss", ["listwise", "pointwise"])
@pytest.mark.parametrize("own", [0.0, 0.5])
def test_the_gradient_is_the_slope_of_the_likelihood(loss, own) -> None:
    rows, of = sample(), space(own)
    weights, base = drawn_weights(of), np.linspace(-1, 1, PROGRAMMES)
    found = gradients(rows, np.arange(rows.units), Objective(of, base, loss), weights)
    start = np.r_[weights.cross.ravel(), weights.beside]
    for unit in range(4):
        slope = np.empty(start.size)
        for at in range(start.size):
            sides = []
            for side in (1e-5, -1e-5):
                moved = start.copy()
                moved[at] += side
                sides.append(likelihood(rows, unit, of, BilinearWeights.of(moved, of), base, loss))
            slope[at] = (sides[0] - sides[1]) / 2e-5
        assert np.allclose(flat(found, unit, of), slope, atol=1e-6)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 20), st.integers(1, 3))
def test_chunks_and_threads_change_no_bit_of_a_batch(seed, chunk, threads) -> None:
    rows, of = sample(20, seed), space()
    units = np.arange(rows.units)
    base = np.zeros(PROGRAMMES)
    objective = Objective(of, base, "listwise")
    whole = summed(rows, units, objective, drawn_weights(of), 0.35)
    parts = summed(rows, units, objective, drawn_weights(of), 0.35, Shares(chunk, threads))
    assert np.array_equal(whole.values, parts.values)


def unit_features(rows, of, base):
    """The score as a linear function of the weights: float64[U, m, W] by unit (padded), which list each row is in."""
    width = of.shape[0] * of.shape[1] + of.beside
    sizes = [range(rows.list_at[rows.unit_at[u]], rows.list_at[rows.unit_at[u + 1]]) for u in range(rows.units)]
    table = np.zeros((rows.units, max(map(len, sizes)), width))
    lists = np.full(table.shape[:2], -1)
    for unit in range(rows.units):
        done = 0
        for one in range(rows.unit_at[unit], rows.unit_at[unit + 1]):
            count = rows.list_at[one + 1] - rows.list_at[one]
            for at in range(width):
                weights = BilinearWeights.of(np.eye(width)[at], of)
                table[unit, done : done + count, at] = (
                    score(rows, one, of, weights, base)
                    - base[rows.programme][rows.list_at[one] : rows.list_at[one + 1]]
                )
            lists[unit, done : done + count] = one
            done += count
    return table, lists


@pytest.mark.slow  # it loads torch
@pytest.mark.filterwarnings("ignore:Full backward hook")  # Opacus hooks inputs that need no gradient
def test_opacus_finds_the_same_gradients_and_the_same_clipped_sum() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (make setup)")
    opacus = pytest.importorskip("opacus", reason="opacus is not installed (make setup)")
    rows, of, clip = sample(9, seed=11), space(), 0.3
    weights, base = drawn_weights(of), np.zeros(PROGRAMMES)
    table, lists = unit_features(rows, of, base)
    layer = torch.nn.Linear(table.shape[2], 1, bias=False, dtype=torch.float64)
    layer.weight.data = torch.from_numpy(np.r_[weights.cross.ravel(), weights.beside][None])
    hooked = opacus.GradSampleModule(layer, loss_reduction="sum")
    optimiser = opacus.optimizers.DPOptimizer(
        torch.optim.SGD(hooked.parameters(), lr=1.0), noise_multiplier=0.0, max_grad_norm=clip,
        expected_batch_size=None, loss_reduction="sum",
    )  # fmt: skip
    found = hooked(torch.from_numpy(table))[..., 0]
    loss = torch.zeros((), dtype=torch.float64)
    for one in range(int(rows.unit_at[-1])):
        label = torch.from_numpy(rows.label[rows.list_at[one] : rows.list_at[one + 1]])
        if label.any():
            loss = loss - (label * torch.log_softmax(found[torch.from_numpy(lists == one)], 0)).sum() / label.sum()
    loss.backward()
    theirs = layer.weight.grad_sample[:, 0].numpy()
    ours = gradients(rows, np.arange(rows.units), Objective(of, base, "listwise"), weights)
    for unit in range(rows.units):
        assert np.allclose(flat(ours, unit, of), -theirs[unit], atol=1e-12)
    optimiser.clip_and_accumulate()
    total = summed(rows, np.arange(rows.units), Objective(of, base, "listwise"), weights, clip).values * GRID
    assert np.allclose(total, -layer.weight.summed_grad[0].numpy(), atol=1e-5)  # Opacus divides by norm plus 1e-6


def permuted(rows, order):
    """The same units in another order."""
    lists = np.concatenate([np.arange(rows.unit_at[u], rows.unit_at[u + 1]) for u in order])
    items = np.concatenate([np.arange(rows.list_at[one], rows.list_at[one + 1]) for one in lists])
    return Sample(
        np.r_[0, np.cumsum(np.diff(rows.unit_at)[order])], np.r_[0, np.cumsum(np.diff(rows.list_at)[lists])],
        rows.bins[lists], rows.programme[items], rows.label[items], rows.place[items],
    )  # fmt: skip


FULL = Schedule.of(units=12, q="1", steps=15, sigma="0.5")


def test_units_in_another_order_give_the_same_model_bit_for_bit() -> None:
    rows = sample()
    one = PrivateBilinear(FULL).fit(rows, space(), Seeded(1)).weights_
    order = np.random.default_rng(2).permutation(rows.units)
    other = PrivateBilinear(FULL).fit(permuted(rows, order), space(), Seeded(1)).weights_
    assert np.array_equal(one.cross, other.cross)
    assert np.array_equal(one.beside, other.beside)


def test_a_list_that_nobody_answered_says_nothing_to_a_listwise_loss() -> None:
    rows = sample()
    quiet = Sample(rows.unit_at, rows.list_at, rows.bins, rows.programme, 0 * rows.label, rows.place)
    total = summed(
        quiet, np.arange(12), Objective(space(), np.zeros(PROGRAMMES), "listwise"), drawn_weights(space()), 1.0
    )
    assert not total.values.any()


def test_all_lists_of_a_unit_are_one_sample_clipped_once() -> None:
    rows, of = sample(1, seed=8), space()
    assert rows.unit_at[-1] > 1
    total = summed(rows, np.arange(1), Objective(of, np.zeros(PROGRAMMES), "pointwise"), drawn_weights(of), 0.2)
    assert np.sqrt(sum(int(value) ** 2 for value in total.values)) * GRID == pytest.approx(0.2, rel=1e-6)


def test_a_batch_of_nobody_is_a_step_like_any_other() -> None:
    nobody = Sample(
        np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((0, 3), np.int32), np.zeros(0, np.int32), np.zeros(0),
        np.zeros(0),
    )  # fmt: skip
    ranker = PrivateBilinear(FULL, threads=2).fit(nobody, space(), Seeded(1))
    assert np.isfinite(ranker.weights_.cross).all()
    assert ranker.weights_.cross.any()


def test_without_a_take_up_or_noise_nothing_is_learned() -> None:
    rows = sample()
    quiet = Sample(rows.unit_at, rows.list_at, rows.bins, rows.programme, 0 * rows.label, rows.place)
    ranker = PrivateBilinear(FULL).fit(quiet, space(), Silent(1))
    assert not ranker.weights_.cross.any()


def test_the_score_of_rows_is_that_of_the_long_way() -> None:
    rows, of = sample(), space()
    ranker = PrivateBilinear(FULL, shrink=0.0).fit(rows, of, Seeded(1), base=np.linspace(0, 1, PROGRAMMES))
    items = np.arange(rows.programme.size)
    lists = range(rows.list_at.size - 1)
    long = np.concatenate([score(rows, one, of, ranker.weights_, ranker.base_) for one in lists])
    assert np.allclose(ranker.decision_function(rows, items), long)


def test_more_steps_without_noise_find_more_likely_weights() -> None:
    rows, of, base = sample(60), space(), np.zeros(PROGRAMMES)

    def reached(steps):
        schedule = Schedule(60, Decimal(1), steps, Decimal(0))
        ranker = PrivateBilinear(schedule, shrink=0.0).fit(rows, of, Seeded(1))
        return sum(likelihood(rows, unit, of, ranker.weights_, base, "listwise") for unit in range(60))

    assert reached(80) > reached(10) > reached(1)


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 40, 0.1) for step in range(40)]
    assert rates[0] < rates[3] == pytest.approx(0.1)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.001


def test_singular_values_are_lowered_and_small_ones_vanish() -> None:
    rng = np.random.default_rng(1)
    cross = np.outer(rng.normal(size=30), rng.normal(size=20)) + 0.01 * rng.normal(size=(30, 20))
    lowered = np.linalg.svd(shrunk(cross, 1.0), compute_uv=False)
    before = np.linalg.svd(cross, compute_uv=False)
    assert (lowered < before).all()
    assert (lowered[11:] < 1e-12).all()
    assert lowered[0] > 0.9 * before[0]


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_nothing_to_shrink_is_left_as_it_is(share) -> None:
    assert np.array_equal(shrunk(np.zeros((3, 2)), share), np.zeros((3, 2)))
    assert np.array_equal(shrunk(np.eye(3), 0.0), np.eye(3))
