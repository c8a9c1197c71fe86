"""Every private learner keeps scikit-learn's word, and touches rows through nothing but clipped and noised sums."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from features.problem import Rejected
from privacy.accounting.mechanism import gaussian_sgd, non_private
from privacy.learning.step import GRID, Schedule
from research import boosted, challengers, logistic, towers
from research.boosted import BoostedTrees, Splits
from research.codebook import CodeBook, Grid, WordList
from research.learner import LearnerRows, PrivateLearner, Unprotected
from research.logistic import LogisticBins
from research.towers import Shape, TwoTowers
from tests.examples import examples

WIDE = CodeBook(rest=Grid("number", tuple(np.linspace(-8.0, 8.0, 33).tolist())))
BOOK = CodeBook((
    Grid("age", (20.0, 40.0, 60.0)), WordList("work", ("none", "some", "full")),
    Grid("hours", (10.0, 20.0, 30.0, 40.0)),
))  # fmt: skip

SMALL = {
    "boosted": lambda **more: BoostedTrees(BOOK, **{"trees": 30, "depth": 3, "units": 200, **more}),
    "logistic": lambda **more: LogisticBins(BOOK, **{"steps": 20, "units": 200, **more}),
    "towers": lambda **more: TwoTowers(BOOK, **{"steps": 12, "hidden": 4, "rank": 2, "units": 200, "q": "1", **more}),
}
every = pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)


class Replay:
    """Noise from one seed and samples from another, so that a unit more draws no other noise for the rest."""

    def __init__(self, seed=0, sampled=True):
        self.normal, self.flat = np.random.default_rng(seed), np.random.default_rng(seed + 1)
        self.sampled = sampled

    def gaussian(self, shape, sigma):
        return self.normal.standard_normal(shape) * sigma

    def uniform(self, count):
        return self.flat.random(count) if self.sampled else np.ones(count)


def people(seed=0, rows=200):
    rng = np.random.default_rng(seed)
    table = np.column_stack([rng.integers(10, 80, rows), rng.integers(-1, 4, rows), rng.integers(0, 50, rows)])
    table = table.astype(float)
    table[rng.random(table.shape) < 0.05] = np.nan
    score = np.nan_to_num(table[:, 0] - 45) / 12 + np.nan_to_num(table[:, 2] - 25) / 12
    return table, (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(int)


def learned(model):
    return {name: value for name, value in vars(model).items() if isinstance(value, np.ndarray)}


def same(one, other):
    mine, yours = learned(one), learned(other)
    assert mine.keys() == yours.keys()
    return all(np.array_equal(mine[name], yours[name]) for name in mine)


# --- scikit-learn's word ---------------------------------------------------------------------------------------------
# Checked without noise: scikit-learn's checks know neither units nor sources of noise, and expect the same twice.


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        BoostedTrees(WIDE, trees=40, labels=None),
        LogisticBins(WIDE, steps=60, labels=None),
        TwoTowers(WIDE, steps=60, q="1", hidden=8, labels=None),
    ]
)
def test_a_private_learner_keeps_the_word_of_a_scikit_learn_classifier(estimator, check):
    check(estimator)


# --- what every learner promises -------------------------------------------------------------------------------------


@every
def test_a_private_fit_without_a_source_of_noise_is_refused(make):
    with pytest.raises(ValueError, match="needs a source of noise"):
        make(sigma="2").fit(*people())


@every
@pytest.mark.parametrize("missing", [{"units": None}, {"labels": None}])
def test_a_private_fit_never_counts_units_or_reads_labels_off_the_rows(make, missing):
    with pytest.raises(ValueError, match="state units and labels"):
        make(sigma="2", **missing).fit(*people(), noise=Replay())


@every
@pytest.mark.parametrize(
    "book", [None, people()[0], {"age": (20, 40)}, type("Forged", (CodeBook,), {})(rest=WIDE.rest)]
)
def test_nothing_but_a_code_book_may_say_where_to_cut(make, book):
    with pytest.raises(TypeError, match="book is a CodeBook"):
        make().set_params(book=book).fit(*people())


@every
def test_the_mechanism_is_known_before_any_row_and_is_what_a_fit_did(make):
    model = make(sigma="3.5", q="0.25")
    count = getattr(model, model.steps_parameter)
    assert model.mechanism == gaussian_sgd("3.5", "0.25", count)
    before, drawn = model.mechanism, Counting()
    assert model.fit(*people(), noise=drawn).mechanism == before
    assert (drawn.releases, drawn.samples) == (count, count)


class Counting(Replay):
    """It counts what it is asked for."""

    releases = samples = 0

    def gaussian(self, shape, sigma):
        self.releases += 1
        assert sigma > 0
        return super().gaussian(shape, sigma)

    def uniform(self, count):
        self.samples += 1
        return super().uniform(count)


@every
def test_a_fit_without_noise_says_that_it_protects_nobody(make):
    assert make(sigma="0").mechanism == non_private()
    assert make(sigma=0.0).fit(*people()).mechanism == non_private()


def test_a_repeatable_source_of_samples_never_pretends_to_add_noise():
    with pytest.raises(ValueError, match="asked to add some"):
        Unprotected(0).gaussian(3, 1.0)


@every
def test_a_row_whose_label_was_never_announced_adds_nothing(make):
    table, label = people()
    strange = np.vstack([table, [50.0, 1.0, 12.0]])
    without = make(sigma="1").fit(table, label, noise=Replay())
    beside = make(sigma="1").fit(strange, np.r_[label, 9], noise=Replay())
    assert same(without, beside)


@every
@pytest.mark.parametrize("row", [[np.nan] * 3, [np.inf, -np.inf, np.nan], [1e308, -1e308, 1e308]])
def test_a_row_of_nonsense_stops_nothing_and_makes_no_weight_nan(make, row):
    table, label = people()
    model = make(sigma="1").fit(np.vstack([table, row]), np.r_[label, 1], noise=Replay())
    assert np.isfinite(model.decision_function(table)).all()


@every
def test_an_empty_batch_still_gets_noise(make):
    table, label = people()
    model = make(sigma="5", q="0.5").fit(table, label, noise=Replay(sampled=False))
    other = make(sigma="5", q="0.5").fit(table, 1 - label, noise=Replay(sampled=False))
    assert np.ptp(model.decision_function(table)) > 0
    assert same(model, other)  # and nothing but noise


@every
def test_the_order_of_rows_changes_nothing_where_units_say_whose_they_are(make):
    table, label = people()
    unit, order = np.arange(200) // 4, np.random.default_rng(3).permutation(200)
    one = make(units=50).fit(table, label, unit=unit)
    other = make(units=50).fit(table[order], label[order], unit=unit[order])
    assert np.allclose(one.decision_function(table), other.decision_function(table), atol=1e-6)


@pytest.mark.parametrize("name", ["logistic", "towers"])
def test_sums_are_divided_by_the_public_number_of_units_and_never_by_the_real_one(name):
    table, label = people()
    once = SMALL[name](units=200).fit(table, label)
    twice = SMALL[name](units=400).fit(np.vstack([table, table]), np.r_[label, label])
    wrong = SMALL[name](units=400).fit(table, label)
    assert np.allclose(once.decision_function(table), twice.decision_function(table))
    assert not np.allclose(once.decision_function(table), wrong.decision_function(table))


def test_leaves_are_steps_of_what_was_released_whatever_the_number_of_units():
    one, other = (SMALL["boosted"](units=units, sigma="1").fit(*people(), noise=Replay()) for units in (200, 999))
    assert np.allclose(one.leaves_, other.leaves_)


@every
def test_it_learns_who_is_who(make):
    table, label = people(rows=2000)
    score = make(units=2000, sigma="1").fit(table, label, noise=Replay()).decision_function(table)
    assert score[label == 1].mean() > score[label == 0].mean() + 0.3


@every
def test_a_unit_of_another_length_than_the_rows_is_refused(make):
    with pytest.raises(ValueError, match="inconsistent"):
        make().fit(*people(), unit=np.arange(7))


# --- record and replay: what one unit can change ---------------------------------------------------------------------


def boosted_total(rows, places, weights, clip):
    splits = Splits.draw(BOOK.columns, 1, 3, np.random.default_rng(int(weights[0] * 1e3) % 97))
    score = 3 * np.sin(np.nan_to_num(rows.codes @ weights[:3]))
    return boosted.leaf_sums(rows, splits.leaves(rows.codes, 0), score, places, 3, clip)


def logistic_total(rows, places, weights, clip, chunk=16):
    features = logistic.Indicators(BOOK.columns).of(rows.codes)
    return logistic.gradient_sum(features, rows, np.resize(weights, features.shape[1]), places, clip, chunk)


def towers_total(rows, places, weights, clip, chunk=16):
    sides = tower_sides(rows)
    shape = Shape((sides[0].shape[1], sides[1].shape[1]), 3, 2)
    return towers.gradient_sum(shape, np.resize(weights, shape.size), sides, rows, places, clip, chunk)


def tower_sides(rows):
    return TwoTowers(BOOK)._sides_of(BOOK.columns, rows.codes)


TOTALS = {"boosted": boosted_total, "logistic": logistic_total, "towers": towers_total}
totals = pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)

worlds = st.tuples(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 7), min_size=2, max_size=40),
    st.sampled_from([0.05, 0.8, 1.0, 7.0]),
    st.sampled_from([0.0, 0.3, 4.0]),
)


def world(seed, owners):
    """Rows of at most eight units, every unit's; and weights to look at them with."""
    rng = np.random.default_rng(seed)
    table, label = people(seed, len(owners))
    units = np.unique(owners, return_inverse=True)[1]
    return LearnerRows.of(BOOK.codes(table), label.astype(float), units), rng.standard_normal(40)


def without(rows, unit):
    keep = np.ones(len(rows.target), dtype=bool)
    keep[rows.at[unit] : rows.at[unit + 1]] = False
    owner = np.repeat(np.arange(rows.units), np.diff(rows.at))
    return LearnerRows.of(rows.codes[keep], rows.target[keep], owner[keep])


@totals
@given(worlds)
@examples(60)
def test_a_unit_more_moves_a_released_sum_by_at_most_the_clip(total, drawn):
    seed, owners, clip, size = drawn
    rows, weights = world(seed, owners)
    for unit in range(rows.units):
        fewer = without(rows, unit)
        everyone = total(rows, np.arange(rows.units), weights * size, clip)
        others = total(fewer, np.arange(fewer.units), weights * size, clip)
        moved = np.linalg.norm((everyone.values - others.values) * GRID)
        assert moved <= clip


@totals
@given(worlds)
@examples(40)
def test_the_sum_over_units_is_the_sum_of_each_alone(total, drawn):
    seed, owners, clip, size = drawn
    rows, weights = world(seed, owners)
    everyone = total(rows, np.arange(rows.units), weights * size, clip)
    alone = [total(rows, np.array([unit]), weights * size, clip).values for unit in range(rows.units)]
    assert np.array_equal(everyone.values, np.sum(alone, axis=0))


@pytest.mark.parametrize("total", [logistic_total, towers_total])
@given(worlds, st.integers(1, 50))
@examples(40)
def test_the_size_of_chunks_changes_nothing(total, drawn, chunk):
    seed, owners, clip, size = drawn
    rows, weights = world(seed, owners)
    places = np.arange(rows.units)
    one, other = (total(rows, places, weights * size, clip, size_of) for size_of in (chunk, 512))
    assert np.array_equal(one.values, other.values)


@given(worlds)
@examples(40)
def test_another_row_changes_no_bit_of_a_rows_gradient(drawn):
    seed, owners, _, size = drawn
    rows, weights = world(seed, owners)
    features = logistic.Indicators(BOOK.columns).of(rows.codes)
    sides = tower_sides(rows)
    shape = Shape((sides[0].shape[1], sides[1].shape[1]), 3, 2)
    changed = np.r_[np.nan, rows.target[1:]]
    swapped = [np.vstack([part[-1:], part[1:]]) for part in (features, *sides)]
    flat, deep = np.resize(weights * size, features.shape[1]), np.resize(weights * size, shape.size)
    mine = logistic.row_gradients(features, rows.target, flat)
    yours = logistic.row_gradients(swapped[0], changed, flat)
    assert np.array_equal(mine[1:], yours[1:])
    mine = towers.row_gradients(shape, deep, sides, rows.target)
    yours = towers.row_gradients(shape, deep, (swapped[1], swapped[2]), changed)
    assert np.array_equal(mine[1:], yours[1:])


@totals
def test_many_rows_of_one_unit_are_clipped_once(total):
    table, _ = people(rows=60)
    rows = LearnerRows.of(BOOK.codes(table), np.ones(60), np.zeros(60, dtype=np.int64))
    found = total(rows, np.array([0]), np.linspace(-1, 1, 40), 0.5).values * GRID
    assert 0.49 < np.linalg.norm(found) <= 0.5


@totals
def test_a_unit_of_which_one_row_is_nan_adds_exactly_nothing(total):
    rows, weights = world(5, [0, 1, 1, 2])
    spoiled = LearnerRows(rows.codes, np.where(np.arange(4) == 1, np.nan, rows.target), rows.at)
    rest = total(rows, np.array([0, 2]), weights, 1.0)
    assert np.array_equal(total(spoiled, np.arange(3), weights, 1.0).values, rest.values)


# --- trees -----------------------------------------------------------------------------------------------------------


def test_splits_never_depend_on_rows():
    one, other = (SMALL["boosted"](sigma="1").fit(*people(seed), noise=Replay(seed)) for seed in (1, 2))
    assert np.array_equal(one.splits_.column, other.splits_.column)
    assert np.array_equal(one.splits_.right, other.splits_.right)


def test_numbers_are_parted_at_one_cut_and_every_column_is_asked():
    splits = Splits.draw(BOOK.columns, 200, 4, np.random.default_rng(0))
    assert set(splits.column.ravel().tolist()) == {0, 1, 2}
    assert len(splits) == 200
    ages = splits.right[splits.column == 0][:, :4]
    assert (np.diff(ages.astype(int), axis=1) >= 0).all()
    assert (ages.any(axis=1) & ~ages.all(axis=1)).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_a_row_falls_into_the_leaf_that_its_answers_lead_to(seed, depth):
    splits = Splits.draw(BOOK.columns, 1, depth, np.random.default_rng(seed))
    codes = BOOK.codes(people(seed, 20)[0])
    for row, leaf in zip(codes, splits.leaves(codes, 0), strict=True):
        node = 0
        for _ in range(depth):
            node = 2 * node + 1 + splits.right[0, node, row[splits.column[0, node]]]
        assert leaf == node - (2**depth - 1)


def test_the_ridge_grows_with_the_noise():
    assert BoostedTrees(BOOK, sigma="100", ridge=2.0, clip=0.5)._ridge() == pytest.approx(100)
    assert BoostedTrees(BOOK)._ridge() == boosted.LEAST_RIDGE


# --- towers beside torch and Opacus ----------------------------------------------------------------------------------


def tower(seed, owners):
    rows, weights = world(seed, owners)
    sides = tower_sides(rows)
    shape = Shape((sides[0].shape[1], sides[1].shape[1]), 3, 2)
    return rows, sides, shape, np.resize(weights, shape.size)


def network(shape, weights):
    """The same network as modules that Opacus can hook."""
    torch = pytest.importorskip("torch", reason="torch is not installed (make setup)")

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(
                torch.nn.Linear(part.shape[1], part.shape[0], bias=False, dtype=torch.float64)
                for part in shape.split(weights)
            )
            for layer, part in zip(self.layers, shape.split(weights), strict=True):
                layer.weight.data = torch.from_numpy(part.copy())

        def forward(self, left, right):
            first, out, second, back = self.layers
            u, v = out(torch.tanh(first(left))), back(torch.tanh(second(right)))
            return u[:, 0] + v[:, 0] + (u[:, 1:] * v[:, 1:]).sum(dim=1)

    return torch, Network()


@pytest.mark.slow  # it loads torch
@pytest.mark.filterwarnings("ignore:Full backward hook")  # Opacus hooks inputs that need no gradient
def test_opacus_finds_the_same_gradients_and_the_same_clipped_sum():
    opacus = pytest.importorskip("opacus", reason="opacus is not installed (make setup)")
    from opacus.optimizers import DPOptimizer

    rows, sides, shape, flat = tower(11, list(range(30)))
    torch, plain = network(shape, flat)
    hooked, clip = opacus.GradSampleModule(plain, loss_reduction="sum"), 0.3
    optimiser = DPOptimizer(
        torch.optim.SGD(hooked.parameters(), lr=1.0), noise_multiplier=0.0, max_grad_norm=clip,
        expected_batch_size=None, loss_reduction="sum",
    )  # fmt: skip
    score, target = hooked(*map(torch.from_numpy, sides)), torch.from_numpy(rows.target)
    torch.nn.functional.binary_cross_entropy_with_logits(score, target, reduction="sum").backward()
    theirs = torch.cat([layer.weight.grad_sample.flatten(1) for layer in plain.layers], dim=1).numpy()
    assert np.allclose(towers.row_gradients(shape, flat, sides, rows.target), -theirs, atol=1e-12)
    optimiser.clip_and_accumulate()
    summed = torch.cat([layer.weight.summed_grad.flatten() for layer in plain.layers]).numpy()
    ours = towers.gradient_sum(shape, flat, sides, rows, np.arange(30), clip, 7).values * GRID
    assert np.allclose(ours, -summed, atol=1e-5)  # Opacus divides by the norm plus a millionth


@pytest.mark.slow  # it loads torch
def test_the_score_of_a_network_is_what_torch_finds():
    _, sides, shape, flat = tower(3, [0] * 12)
    torch, plain = network(shape, flat)
    theirs = plain(*map(torch.from_numpy, sides)).detach().numpy()
    assert np.allclose(shape.score(flat, *sides), theirs, atol=1e-12)


def test_a_tower_of_columns_that_nobody_described_is_refused():
    with pytest.raises(ValueError, match="does not describe: height"):
        TwoTowers(BOOK, left=("age", "height")).fit(*people())


def test_towers_share_out_all_columns():
    named = TwoTowers(BOOK, left=("work",), steps=1, q="1").fit(*people())
    assert named.shape_.sides == (1 + 5, 1 + 5 + 3 + 6 + 4)
    assert TwoTowers(BOOK, steps=1, q="1").fit(*people()).shape_.sides == (1 + 5 + 3 + 5, 1 + 6 + 4)


# --- the register ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["boosted", "logistic", "towers"])
def test_learners_of_single_rows_are_one_interface(name):
    assert issubclass(challengers.learner(name), PrivateLearner)


def test_lists_are_for_the_bilinear_ranker_and_single_rows_for_trees():
    assert challengers.choice("lists", 10) == challengers.DEFAULT == "bilinear"
    assert {challengers.choice("pointwise", units) for units in (3_000, 50_000)} == {"boosted"}
    assert challengers.learner(challengers.DEFAULT).__name__ == "PrivateBilinear"


def test_an_unknown_learner_and_nobody_are_refused():
    with pytest.raises(Rejected, match="'forest' is no private learner"):
        challengers.learner("forest")
    with pytest.raises(Rejected, match="0 is not at least 1"):
        challengers.choice("pointwise", 0)
    with pytest.raises(Rejected, match="learns by a plan"):
        challengers.sigma_for("bilinear", Decimal(1), Decimal("1e-6"))


@pytest.mark.slow  # it loads torch
def test_noise_is_the_least_that_the_accountants_allow():
    from privacy.accounting.accountant import price

    sigma = challengers.sigma_for("logistic", Decimal(1), Decimal("1e-6"), steps=20, q="0.5")
    assert price(LogisticBins(sigma=sigma, steps=20, q="0.5").mechanism, Decimal("1e-6")).epsilon <= 1
    less = sigma - Decimal("0.01")
    assert price(LogisticBins(sigma=less, steps=20, q="0.5").mechanism, Decimal("1e-6")).epsilon > 1


def test_the_schedule_of_a_learner_is_the_run_it_makes():
    assert SMALL["logistic"](sigma="2", q="0.5").schedule == Schedule(200, Decimal("0.5"), 20, Decimal(2), 1.0)
