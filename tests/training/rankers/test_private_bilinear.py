"""The private bilinear ranker on arrays: its gradients, its optimiser, and what does not change what is learned."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.learning.step import GRID, Schedule
from recommender.ranking.programme_fit import Fits
from tests.privacy.noises import Seeded, Silent
from training.rankers.bilinear_arrays import Basis, BilinearWeights, FeatureMap, LearningStart, Sample
from training.rankers.private_bilinear import Objective, PrivateBilinear, Shares, gradients, rate_at, summed

PROGRAMMES, WIDTH, CELLS = 9, 4, 3
CLASSES = (3, 4)


def space(own=0.5, seed=3):
    """Everybody's bin, three named classes, four with a wave, a pair; fits with two weights, read off two slots."""
    rng = np.random.default_rng(seed)
    pair = [[9, 0]] * 5
    place = np.array([[0, 0], [1, 1], [2, 2], [3, 3], *([[4, 5 + at] for at in range(4)]), *pair], dtype=np.int32)
    waves = [[np.cos(at), 0.4] for at in range(4)]
    value = np.array(
        [[1.0, 0], [0.7, 0], [0.7, 0], [0.3, 0], *waves, *([says, 0] for says in (0.5, -0.5, -0.4, 0.4, 0.0))]
    )
    code = Basis(np.array([1, 1, 2, 1]), place, value)
    return FeatureMap(code, rng.normal(size=(PROGRAMMES, WIDTH)), fit(rng), own, pairs=1, reach=(1, 3))


def fit(rng):
    """Every other programme reads the named slot, every third the one with a wave; weights 0 and 1 in turn."""
    slots = [[1] * (what % 2) + [2] * (what % 3 == 0) for what in range(PROGRAMMES)]
    flat, at = [slot for own in slots for slot in own], np.r_[0, np.cumsum([len(own) for own in slots])]
    sizes, first = {1: 3, 2: 4}, {1: 1, 2: 4}
    begin = np.r_[0, np.cumsum([sizes[slot] for slot in flat])]
    row = np.array([start - first[slot] for start, slot in zip(begin, flat, strict=False)])
    weight = (np.arange(begin[-1]) % 2).astype(np.int32)
    return Fits(at.astype(np.int64), np.array(flat, np.int32), row, weight, rng.normal(size=begin[-1]), 2)


def sample(units=12, seed=4):
    rng = np.random.default_rng(seed)
    unit_at = np.r_[0, np.cumsum(rng.integers(0, 4, units))].astype(np.int64)
    lists = int(unit_at[-1])
    sizes = rng.integers(1, 7, lists)
    list_at = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    bins = np.stack(
        [np.zeros(lists), rng.integers(1, 4, lists), rng.integers(4, 8, lists), rng.integers(8, 13, lists)], axis=1
    ).astype(np.int32)
    programme = np.concatenate([rng.permutation(PROGRAMMES)[:size] for size in sizes]).astype(np.int32)
    label = (rng.random(programme.size) < 0.4).astype(float)
    cell = np.concatenate([np.minimum(np.arange(size), CELLS - 1) for size in sizes]).astype(np.int32)
    return Sample(unit_at, list_at, bins, programme, label, cell, label)


def started():
    """Programmes that start apart, and places of which only the first is always noticed."""
    return LearningStart(np.linspace(-1, 1, PROGRAMMES), np.array([1.0, 0.7, 0.2]))


EVEN = LearningStart.even(PROGRAMMES, CELLS)


def drawn_weights(of, seed=5):
    rng = np.random.default_rng(seed)
    return BilinearWeights.of(rng.normal(size=of.shape[0] * of.shape[1] + of.beside), of)


def score(rows, one, of, weights, start):
    """The score of one list, the long way."""
    code, apart = of.code.matrix(), of.code.size - of.pairs
    person = sum(code[bin_] for bin_ in rows.bins[one])
    found = []
    for item in range(rows.list_at[one], rows.list_at[one + 1]):
        what = rows.programme[item]
        crossed = person[:apart] @ weights.cross[:apart] @ of.attributes[what]
        for column in range(*of.reach):
            crossed += person[apart:] @ weights.cross[apart:, column] * of.attributes[what, column]
        fit = 0.0
        for entry in range(of.fit.at[what], of.fit.at[what + 1]):
            spoken = of.fit.row[entry] + rows.bins[one, of.fit.slot[entry]]
            fit += weights.beside[of.owned + of.fit.weight[spoken]] * of.fit.value[spoken]
        own = of.own * weights.beside[what] if of.owned else 0.0
        found.append(start.base[what] + crossed + own + fit)
    return np.array(found)


def likelihood(rows, unit, of, weights, start, loss):
    total = 0.0
    for one in range(rows.unit_at[unit], rows.unit_at[unit + 1]):
        items = slice(rows.list_at[one], rows.list_at[one + 1])
        label, seen = rows.label[items], start.attention[rows.cell[items]]
        found = score(rows, one, of, weights, start)
        if loss == "pointwise":
            taken = seen / (1 + np.exp(-found))
            total += float((label * np.log(taken) + (1 - label) * np.log1p(-taken)).sum())
        elif label.any():
            found = found + np.log(seen)
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
    weights, start = drawn_weights(of), started()
    found = gradients(rows, np.arange(rows.units), Objective(of, start, loss), weights)
    everything = np.r_[weights.cross.ravel(), weights.beside]
    for unit in range(4):
        slope = np.empty(everything.size)
        for at in range(everything.size):
            sides = []
            for side in (1e-5, -1e-5):
                moved = everything.copy()
                moved[at] += side
                sides.append(likelihood(rows, unit, of, BilinearWeights.of(moved, of), start, loss))
            slope[at] = (sides[0] - sides[1]) / 2e-5
        assert np.allclose(flat(found, unit, of), slope, atol=1e-6)


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 20), st.integers(1, 3))
def test_chunks_and_threads_change_no_bit_of_a_batch(seed, chunk, threads) -> None:
    rows, of = sample(20, seed), space()
    units = np.arange(rows.units)
    objective = Objective(of, started(), "listwise")
    whole = summed(rows, units, objective, drawn_weights(of), 0.35)
    parts = summed(rows, units, objective, drawn_weights(of), 0.35, Shares(chunk, threads))
    assert np.array_equal(whole.values, parts.values)


def unit_features(rows, of):
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
                table[unit, done : done + count, at] = score(rows, one, of, weights, EVEN)
            lists[unit, done : done + count] = one
            done += count
    return table, lists


@pytest.mark.slow  # it loads torch
@pytest.mark.filterwarnings("ignore:Full backward hook")  # Opacus hooks inputs that need no gradient
def test_opacus_finds_the_same_gradients_and_the_same_clipped_sum() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (make setup)")
    opacus = pytest.importorskip("opacus", reason="opacus is not installed (make setup)")
    rows, of, clip = sample(9, seed=11), space(), 0.3
    weights = drawn_weights(of)
    table, lists = unit_features(rows, of)
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
    ours = gradients(rows, np.arange(rows.units), Objective(of, EVEN, "listwise"), weights)
    for unit in range(rows.units):
        assert np.allclose(flat(ours, unit, of), -theirs[unit], atol=1e-12)
    optimiser.clip_and_accumulate()
    total = summed(rows, np.arange(rows.units), Objective(of, EVEN, "listwise"), weights, clip).values * GRID
    assert np.allclose(total, -layer.weight.summed_grad[0].numpy(), atol=1e-5)  # Opacus divides by norm plus 1e-6


def permuted(rows, order):
    """The same units in another order."""
    lists = np.concatenate([np.arange(rows.unit_at[u], rows.unit_at[u + 1]) for u in order])
    items = np.concatenate([np.arange(rows.list_at[one], rows.list_at[one + 1]) for one in lists])
    return Sample(
        np.r_[0, np.cumsum(np.diff(rows.unit_at)[order])], np.r_[0, np.cumsum(np.diff(rows.list_at)[lists])],
        rows.bins[lists], rows.programme[items], rows.label[items], rows.cell[items], rows.noticed[items],
    )  # fmt: skip


FULL = Schedule.of(units=12, q="1", steps=15, sigma="0.5")


def test_units_in_another_order_give_the_same_model_bit_for_bit() -> None:
    rows = sample()
    one = PrivateBilinear(FULL).fit(rows, space(), Seeded(1), EVEN).weights_
    order = np.random.default_rng(2).permutation(rows.units)
    other = PrivateBilinear(FULL).fit(permuted(rows, order), space(), Seeded(1), EVEN).weights_
    assert np.array_equal(one.cross, other.cross)
    assert np.array_equal(one.beside, other.beside)


def test_a_list_that_nobody_answered_says_nothing_to_a_listwise_loss() -> None:
    rows = sample()
    quiet = Sample(rows.unit_at, rows.list_at, rows.bins, rows.programme, 0 * rows.label, rows.cell, 0 * rows.label)
    total = summed(quiet, np.arange(12), Objective(space(), EVEN, "listwise"), drawn_weights(space()), 1.0)
    assert not total.values.any()


def test_all_lists_of_a_unit_are_one_sample_clipped_once() -> None:
    rows, of = sample(1, seed=8), space()
    assert rows.unit_at[-1] > 1
    total = summed(rows, np.arange(1), Objective(of, EVEN, "pointwise"), drawn_weights(of), 0.2)
    assert np.sqrt(sum(int(value) ** 2 for value in total.values)) * GRID == pytest.approx(0.2, rel=1e-6)


def test_a_batch_of_nobody_is_a_step_like_any_other() -> None:
    nobody = Sample(
        np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((0, 4), np.int32), np.zeros(0, np.int32), np.zeros(0),
        np.zeros(0, np.int32), np.zeros(0),
    )  # fmt: skip
    ranker = PrivateBilinear(FULL, threads=2).fit(nobody, space(), Seeded(1), EVEN)
    assert np.isfinite(ranker.weights_.cross).all()
    assert ranker.weights_.cross.any()


def test_without_a_take_up_or_noise_nothing_is_learned() -> None:
    rows = sample()
    quiet = Sample(rows.unit_at, rows.list_at, rows.bins, rows.programme, 0 * rows.label, rows.cell, 0 * rows.label)
    ranker = PrivateBilinear(FULL, loss="listwise").fit(quiet, space(), Silent(1), EVEN)
    assert not ranker.weights_.cross.any()


def test_the_score_of_rows_is_that_of_the_long_way() -> None:
    rows, of = sample(), space()
    ranker = PrivateBilinear(FULL).fit(rows, of, Seeded(1), started())
    items = np.arange(rows.programme.size)
    lists = range(rows.list_at.size - 1)
    long = np.concatenate([score(rows, one, of, ranker.weights_, ranker.start_) for one in lists])
    assert np.allclose(ranker.decision_function(rows, items), long)


def test_more_steps_without_noise_find_more_likely_weights() -> None:
    rows, of = sample(60), space()

    def reached(steps):
        schedule = Schedule(60, Decimal(1), steps, Decimal(0))
        ranker = PrivateBilinear(schedule, rate=4.0).fit(rows, of, Seeded(1), started())
        return sum(likelihood(rows, unit, of, ranker.weights_, started(), "pointwise") for unit in range(60))

    assert reached(80) > reached(10) > reached(1)


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 40, 0.1) for step in range(40)]
    assert rates[0] < rates[3] == pytest.approx(0.1)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.001


def test_what_pairs_are_not_crossed_with_is_never_learned() -> None:
    ranker = PrivateBilinear(FULL).fit(sample(), space(), Seeded(1), started())
    assert not ranker.weights_.cross[-1, [0, 3]].any()
    assert ranker.weights_.cross[-1, 1:3].all()


def beside(of, seen):
    """A space whose last column all programmes share, and the same beside what is shown."""
    whole = of.attributes.copy()
    whole[:, -1] = 0.5
    plain = replace(of, attributes=whole, always=WIDTH - 1)
    return plain, plain.beside_shown(replace(started(), seen=seen))


@given(st.lists(st.floats(0, 1e6), min_size=PROGRAMMES, max_size=PROGRAMMES).filter(any), st.integers(0, 5))
def test_weights_beside_what_is_shown_and_plain_ones_give_the_same_scores(seen, seed) -> None:
    plain, apart = beside(space(), np.array(seen))
    weights = drawn_weights(apart, seed).cross * apart.learned[: apart.shape[0] * apart.shape[1]].reshape(apart.shape)
    moved = apart.of_plain(weights)
    assert moved @ plain.attributes.T == pytest.approx(weights @ apart.attributes.T, abs=1e-9)


def test_what_is_shown_on_average_is_the_middle_of_the_attributes_but_for_the_common_one() -> None:
    seen = np.arange(PROGRAMMES, dtype=float)
    _, apart = beside(space(), seen)
    assert seen @ apart.attributes[:, :-1] == pytest.approx(0, abs=1e-9)
    assert (apart.attributes[:, -1] == 0.5).all()


def test_nothing_is_moved_where_nothing_was_counted_or_no_column_is_common() -> None:
    plain, _ = beside(space(), np.ones(PROGRAMMES))
    assert plain.beside_shown(started()) is plain
    assert plain.beside_shown(replace(started(), seen=np.zeros(PROGRAMMES))) is plain
    assert space().beside_shown(replace(started(), seen=np.ones(PROGRAMMES))).middle is None


def test_who_answers_nothing_is_not_learned_to_want_what_nobody_was_shown() -> None:
    """Everybody is shown the same three programmes; of class 1 nobody takes any, of class 2 half do."""
    units, shown = 200, 3
    at = np.arange(units + 1)
    kind = 1 + at[:-1] % 2
    bins = np.stack([0 * kind, kind, 4 + 0 * kind, 12 + 0 * kind], axis=1).astype(np.int32)
    programme = np.tile(np.arange(shown, dtype=np.int32), units)
    label = ((np.arange(units * shown) // 2) % 2 * np.repeat(kind == 2, shown)).astype(float)
    rows = Sample(at, at * shown, bins, programme, label, 0 * programme, label)
    plain, apart = beside(replace(space(own=0.0), fit=Fits.none(PROGRAMMES)), np.r_[np.ones(shown), np.zeros(6)])

    def lead(of):
        """By how much the programmes that were never shown are put above those that were, of class 1 beside class 2."""
        schedule = Schedule(units, Decimal(1), 60, Decimal(0))
        points = PrivateBilinear(schedule, rate=8.0).fit(rows, of, Silent(1)).points()
        more = points[1] - points[2]
        return more[shown:].mean() - more[:shown].mean()

    assert abs(lead(apart)) < abs(lead(plain)) / 3
