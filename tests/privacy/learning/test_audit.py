"""The audit: its bound, its observer, and the faults it must find."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting.accountant import pld
from privacy.accounting.right_guesses import lower_bound, p_value
from privacy.learning.audit import Claim, Watched, judged, most
from privacy.learning.noise import secure
from privacy.learning.step import Sampler, Schedule, Total
from tests.privacy.noises import Seeded, Silent

CLAIM = Claim(Decimal(1), Decimal("1e-6"))
SCHEDULE = Schedule.of(units=1000, q="0.1", steps=120, sigma="4.88")  # epsilon .99 at 1e-6
CANARIES = 1000
LENGTH = 50.0  # of a canary's gradient before it is clipped, in clips: without clipping it cannot be missed

COUNTS = st.integers(1, 400).flatmap(
    lambda canaries: st.integers(1, canaries).flatmap(
        lambda guesses: st.integers(0, guesses).map(lambda correct: (canaries, guesses, correct))
    )
)
DELTAS = st.sampled_from([0.0, 1e-9, 1e-6, 1e-4])


# --- the bound --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("guesses", "highest"), [(100, 3.49), (500, 5.11), (1000, 5.81)])
def test_guesses_that_are_all_right_certify_what_the_literature_says_and_no_more(guesses, highest) -> None:
    assert highest - 0.01 < lower_bound(guesses, guesses, guesses) < highest + 0.01
    assert lower_bound(2 * guesses, guesses, guesses, 1e-5) < highest + 0.005


@pytest.mark.parametrize(("guesses", "needed"), [(100, 81), (500, 383), (1000, 755)])
def test_an_epsilon_of_one_takes_as_many_right_guesses_as_the_literature_says(guesses, needed) -> None:
    assert lower_bound(guesses, guesses, needed) >= 1 > lower_bound(guesses, guesses, needed - 1)


@given(COUNTS, DELTAS)
def test_one_more_right_guess_never_lowers_the_bound(counts, delta) -> None:
    canaries, guesses, correct = counts
    bounds = [lower_bound(canaries, guesses, many, delta) for many in range(max(0, correct - 1), correct + 1)]
    assert bounds == sorted(bounds)


@given(COUNTS, DELTAS)
def test_delta_surer_confidence_and_one_more_wrong_guess_never_raise_the_bound(counts, delta) -> None:
    canaries, guesses, correct = counts
    bound = lower_bound(canaries, guesses, correct, delta)
    assert lower_bound(canaries, guesses, correct, 10 * delta) <= bound + 1e-9
    assert lower_bound(canaries, guesses, correct, delta, confidence=0.99) <= bound + 1e-9
    assert lower_bound(canaries + 1, guesses + 1, correct, delta) <= bound + 1e-9


@given(COUNTS, DELTAS)
def test_the_bound_itself_is_refuted_and_a_little_more_is_not(counts, delta) -> None:
    canaries, guesses, correct = counts
    bound = lower_bound(canaries, guesses, correct, delta)
    assert bound == 0 or p_value(canaries, guesses, correct, bound, delta) < 0.05
    assert p_value(canaries, guesses, correct, bound + 1e-6, delta) >= 0.05 - 1e-9


@given(COUNTS, st.floats(0, 6), st.floats(0, 6))
def test_the_less_private_a_run_may_be_the_likelier_are_right_guesses(counts, one, other) -> None:
    low, high = sorted((one, other))
    assert p_value(*counts, low, 0.0) <= p_value(*counts, high, 0.0) + 1e-12


def test_half_of_the_guesses_right_say_nothing() -> None:
    assert lower_bound(1000, 1000, 500) == 0


def test_a_delta_that_allows_everything_leaves_nothing_to_certify() -> None:
    assert lower_bound(1000, 1000, 1000, delta=0.4) == 0


@pytest.mark.parametrize("counts", [(10, 11, 5), (10, 5, 6), (10, 5, -1)])
def test_counts_that_cannot_be_are_refused(counts) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        lower_bound(*counts)


def test_in_pure_randomised_response_the_bound_holds_as_often_as_it_says() -> None:
    truthful, rng = 1 / (1 + np.exp(-1.0)), np.random.default_rng(1)
    bounds = [lower_bound(300, 300, int(rng.binomial(300, truthful))) for _ in range(400)]
    assert np.mean(np.array(bounds) > 1.0) < 0.075  # 5 in 100 allowed, and the spread of 400 trials
    assert max(bounds) > 0.9  # and the bound is not idle


# --- guessing ---------------------------------------------------------------------------------------------------------


def test_the_most_suspected_are_guessed_in_and_the_least_out() -> None:
    included = np.array([True, False] * 50)
    seen = judged(included * 1.0, included, CLAIM)
    assert (seen.canaries, seen.correct) == (100, seen.guesses)
    assert judged(included * -1.0, included, CLAIM).lower == 0


def test_abstaining_finds_what_guessing_on_everybody_does_not() -> None:
    rng = np.random.default_rng(4)
    included = rng.random(1000) < 0.5
    loud = rng.random(1000) < 0.15
    suspicion = np.where(loud, np.where(included, 5.0, -5.0), rng.normal(size=1000))
    assert judged(suspicion, included, CLAIM).guesses in (100, 200)
    assert judged(suspicion, included, CLAIM).lower > 1


def test_suspicions_that_know_nothing_rule_nothing_out() -> None:
    rng = np.random.default_rng(5)
    found = [judged(rng.normal(size=500), rng.random(500) < 0.5, CLAIM) for _ in range(40)]
    assert sum(evidence.lower > 0 for evidence in found) <= 5
    assert not any(evidence.refutes for evidence in found)


def test_a_suspicion_that_is_no_number_is_refused_and_not_ranked() -> None:
    with pytest.raises(Rejected, match="no number"):
        judged(np.array([1.0, np.nan]), np.array([True, False]), CLAIM)


def test_the_evidence_names_the_claim_the_bound_and_what_could_have_been_shown() -> None:
    included = np.arange(500) % 2 == 0
    document = judged(included * 1.0, included, CLAIM).to_document()
    assert document["claimed_epsilon"] == "1"
    assert document["refuted"] is True
    assert float(document["lower_bound"]) <= most(500, CLAIM.delta) < 5.11
    assert document["confidence"] == 0.95


# --- the observer -----------------------------------------------------------------------------------------------------


def test_watching_changes_nothing_of_what_is_released() -> None:
    schedule = Schedule.of(units=10, q="0.5", steps=2, sigma="1")
    watched = Watched.on(schedule, np.arange(3))
    total = Total.empty(extra=5)
    total.add_dense(np.eye(5), 1.0)
    assert np.array_equal(watched.released(total, Seeded(1)), schedule.released(total, Seeded(1)))
    assert watched.mechanism() == schedule.mechanism()
    assert watched.sampler == schedule.sampler


def test_what_is_seen_of_a_canary_is_measured_in_clips() -> None:
    watched = Watched.on(Schedule(100, Decimal("0.5"), 1, Decimal(1), clip=0.25), np.arange(2))
    total = Total.empty(extra=2)
    total.add_dense(np.array([[9.0, 0.0]]), watched.clip)
    watched.released(total, Silent(0))
    assert watched.seen[0] == pytest.approx([1.0, 0.0], abs=1e-6)


def test_a_full_batch_is_suspected_without_sampling() -> None:
    watched = Watched.on(Schedule.of(units=10, q="1", steps=1, sigma="2"), np.arange(1))
    watched.seen.append(np.array([1.5]))
    assert watched.suspicion() == pytest.approx([0.25])


def test_a_gradient_in_two_places_is_looked_for_along_its_direction_alone() -> None:
    watched = Watched.on(Schedule.of(units=10, q="1", steps=1, sigma="2"), np.array([[0, 1], [2, 1]]))
    watched.seen.append(np.array([[0.9, 1.2], [0.0, 1.2]]))
    assert watched.suspicion(np.array([[0.6, 0.8], [-1.0, 0.0]])) == pytest.approx([0.25, -0.125])


# --- the faults -------------------------------------------------------------------------------------------------------


def one_run(train, claim=CLAIM, coins=3):
    """Every canary takes part by a fair coin; `train` says how strongly each is suspected to have."""
    included = Seeded(coins).uniform(CANARIES) < 0.5
    return judged(train(included), included, claim)


def audited(noise, schedule=SCHEDULE, claim=CLAIM, coins=3):
    """A run that only takes private steps, of canaries whose gradients share no place."""

    def train(included):
        watched = Watched.on(schedule, np.arange(included.size))
        gradients = np.eye(included.size)[included] * (LENGTH * schedule.clip)
        for _ in range(schedule.steps):
            total = Total.empty(extra=included.size)
            total.add_dense(gradients[watched.sampler.draw(gradients.shape[0], noise)], watched.clip)
            watched.released(total, noise)
        return watched.suspicion()

    return one_run(train, claim, coins)


@pytest.mark.parametrize("noise", [Seeded(1), Seeded(2), secure()])
def test_a_sound_run_is_not_refuted(noise) -> None:
    assert not audited(noise).refutes


def test_a_run_that_really_spends_much_is_seen_to_but_within_its_claim() -> None:
    loud = Schedule.of(units=1000, q="1", steps=1, sigma="0.6")  # epsilon 9.6 at 1e-6
    seen = audited(Seeded(1), loud, replace(CLAIM, epsilon=Decimal("9.7")))
    assert Decimal("1.5") < seen.lower < Decimal("9.7")


def test_noise_that_is_off_is_found() -> None:
    assert audited(Silent(1)).refutes


def test_clipping_that_is_off_is_found(monkeypatch) -> None:
    clipped = Total.add_dense
    monkeypatch.setattr(Total, "add_dense", lambda total, rows, clip: clipped(total, rows, 1000 * clip))
    assert audited(Seeded(1)).refutes


def test_batches_of_everybody_where_a_tenth_is_accounted_are_found(monkeypatch) -> None:
    monkeypatch.setattr(Sampler, "draw", lambda self, units, noise: np.arange(units))  # noqa: ARG005 - as the sampler
    assert audited(Seeded(1)).refutes


def test_a_quarter_of_the_noise_that_is_accounted_is_found() -> None:
    class Quartered(Seeded):
        def gaussian(self, shape, sigma):
            return super().gaussian(shape, sigma / 4)

    assert audited(Quartered(1)).refutes


@pytest.mark.slow
def test_batches_in_a_fixed_order_where_chance_is_accounted_are_found() -> None:
    """Chua et al. 2024 (2403.17673): an observer who knows the order looks only at the step a canary would be in."""
    sampled = Schedule.of(units=1000, q="0.001", steps=1000, sigma="0.6")
    claim = Claim(pld(sampled.mechanism(), Decimal("1e-5")), Decimal("1e-5"))
    watched, noise, turn = Watched.on(sampled, np.arange(CANARIES)), Seeded(6), np.arange(CANARIES)

    def train(included):
        gradients = np.diag(included * 1.0)
        for now in turn:
            total = Total.empty(extra=CANARIES)
            total.add_dense(gradients[[now]], watched.clip)
            watched.released(total, noise)
        return np.stack(watched.seen)[turn, turn]

    seen = one_run(train, claim)
    assert Decimal("1.4") < claim.epsilon < Decimal("1.5")
    assert seen.refutes
