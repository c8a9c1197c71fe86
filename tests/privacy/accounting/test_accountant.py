"""Prices by three accountants, rounded up and held against each other; composition over everything that was run."""

from decimal import Decimal

import pytest

pytest.importorskip("dp_accounting")

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.accounting import mechanism as m
from privacy.accounting.accountant import AccountedPrice, Disagreement, Unpriceable, check_agreement, composed, price

DELTA = Decimal("0.000001")
YEARLY = m.gaussian_sgd("2.969", "0.041", 250)


def test_twelve_monthly_runs_of_epsilon_1_compose_to_less_than_4_and_not_to_12():
    one, twelve = composed({YEARLY: 1}, DELTA), composed({YEARLY: 12}, DELTA)
    assert (round(one, 2), round(twelve, 2)) == (Decimal("0.99"), Decimal("3.73"))


@pytest.mark.slow
def test_prv_and_pld_agree_on_gaussian_training_and_both_are_recorded():
    pytest.importorskip("opacus")
    found = price(YEARLY, DELTA)
    assert 0 <= found.prv - found.pld <= Decimal("0.011")
    assert found.rdp > found.prv
    assert found.epsilon == found.prv
    assert AccountedPrice.from_document(found.to_document(), DELTA) == found


@pytest.mark.parametrize(("prv", "rdp"), [("0.999", "2"), ("1.012", "2"), (None, "0.98")])
def test_accountants_that_do_not_agree_stop_the_run(prv, rdp):
    with pytest.raises(Disagreement):
        check_agreement(AccountedPrice(Decimal(1), None if prv is None else Decimal(prv), Decimal(rdp), DELTA))


@pytest.mark.parametrize(("prv", "rdp"), [("1", "2"), ("1.011", "2"), (None, "1.5"), (None, None)])
def test_accountants_that_agree_let_it_pass(prv, rdp):
    check_agreement(AccountedPrice(Decimal(1), prv and Decimal(prv), rdp and Decimal(rdp), DELTA))
    check_agreement(AccountedPrice(None, None, Decimal(2), DELTA))


def test_selection_is_priced_by_rdp_alone_and_costs_more_than_one_run():
    ten = price(m.repeat_and_select(YEARLY, "10", "1"), DELTA, second=False)
    assert (ten.pld, ten.prv) == (None, None)
    assert round(ten.epsilon, 2) == Decimal("2.12")
    assert ten.to_document()["pld"] is None


def test_a_selection_among_other_runs_is_composed_by_the_lesser_of_two_valid_bounds():
    selected = m.repeat_and_select(YEARLY, "5", "1")
    both = composed({YEARLY: 2, selected: 1}, DELTA)
    apart = composed({YEARLY: 2}, DELTA / 2) + accountant.rdp(selected, DELTA / 2)
    assert composed({YEARLY: 2}, DELTA) < both <= apart


def test_declared_promises_add_up_and_take_their_delta_from_the_whole():
    pure, loose = m.declared("1"), m.declared("0.5", "0.0000004")
    assert composed({pure: 3000}, DELTA) == 3000
    assert composed({loose: 2}, DELTA) == 1
    assert composed({loose: 3}, DELTA) == accountant.INFINITY
    assert composed({YEARLY: 1, pure: 1}, DELTA) == 1 + composed({YEARLY: 1}, DELTA)
    assert composed({YEARLY: 1, loose: 2}, DELTA) == 1 + composed({YEARLY: 1}, Decimal("0.0000002"))
    assert composed({YEARLY: 1, m.declared("1", "0.000001"): 1}, DELTA) == accountant.INFINITY
    assert price(loose, DELTA).epsilon == Decimal("0.5")
    assert price(loose, Decimal("0.0000001")).epsilon == accountant.INFINITY


def test_nothing_run_costs_nothing_and_a_mechanism_counted_zero_times_is_not_run():
    assert composed({}, DELTA) == composed({m.non_private(): 0}, DELTA) == 0


def test_a_release_without_noise_costs_infinity_and_cannot_be_written_down():
    found = price(m.non_private(), DELTA, second=False)
    assert found.epsilon == accountant.INFINITY
    with pytest.raises(ValueError, match="infinite"):
        found.to_document()
    assert composed({m.non_private(): 1}, DELTA) == accountant.INFINITY


def test_a_declared_promise_hidden_inside_another_mechanism_is_not_priced_as_less():
    hidden = m.composed(m.declared("5"), m.gaussian("3"))
    assert composed({hidden: 1}, DELTA) == accountant.INFINITY
    assert price(hidden, DELTA, second=False).epsilon == accountant.INFINITY


def test_what_no_accountant_supports_is_infinite():
    odd = m._make("poisson", of=m._make("repeated", of=m.laplace("2"), count=2), probability=Decimal("0.5"))
    assert price(odd, DELTA, second=False).epsilon == accountant.INFINITY


def test_prices_are_rounded_up_and_never_down():
    assert accountant.round_up(1.0000001) == Decimal("1.000001")
    assert accountant.round_up(float("nan")) == accountant.INFINITY
    assert accountant.prv(m.laplace("2"), DELTA) is None


@pytest.mark.slow
def test_calibration_finds_the_least_noise_that_both_accountants_call_enough():
    pytest.importorskip("opacus")
    sigma = accountant.calibrate(Decimal(1), DELTA, "0.1", 20)
    enough = price(m.gaussian_sgd(sigma, "0.1", 20), DELTA).epsilon
    less = price(m.gaussian_sgd(sigma - Decimal("0.001"), "0.1", 20), DELTA).epsilon
    assert enough <= 1 < less


@pytest.mark.parametrize("near", ["0.001", "0.4", "0.512", "3", "900"])
@pytest.mark.parametrize("wanted", ["0.001", "0.511", "2.718", "800"])
def test_the_least_noise_is_found_wherever_the_search_begins(near, wanted):
    assert accountant._least(lambda sigma: sigma >= Decimal(wanted), Decimal(near)) == Decimal(wanted)


def test_calibration_says_when_no_noise_is_enough():
    with pytest.raises(Rejected, match="no noise"):
        accountant._least(lambda _: False)
    assert accountant._least(lambda sigma: sigma >= Decimal("0.003")) == Decimal("0.003")


@pytest.mark.parametrize(("epsilon", "q", "steps", "sigma"), [(1.0, 0.041, 250, 2.97), (1.0, 0.1, 20, 2.38)])
def test_a_search_for_noise_begins_within_a_fifth_of_what_it_finds(epsilon, q, steps, sigma):
    assert float(accountant._first_guess(epsilon, 1e-6, q, steps)) == pytest.approx(sigma, rel=0.2)


def test_a_search_for_noise_begins_where_there_is_any():
    assert accountant._first_guess(1e300, 1e-6, 1.0, 1) == Decimal("0.1")
    assert accountant._first_guess(1e-6, 1e-6, 1.0, 10**7) == Decimal(10_000)


def test_a_search_for_noise_stays_where_it_is_while_pld_cannot_tell():
    for unknown in (m.declared("1"), m.non_private()):
        assert accountant._near(lambda _, one=unknown: one, Decimal(1), Decimal("1e-6"), Decimal(2)) == 2


# --- what cannot be priced -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", ["30.1", "710", "1000000"])
def test_training_at_an_epsilon_beyond_both_accountants_is_refused_and_computes_nothing(epsilon):
    with pytest.raises(Unpriceable, match="the most for which training can be priced"):
        accountant.calibrate(Decimal(epsilon), Decimal("1e-6"), 1, 1)


@pytest.mark.parametrize("failure", [RuntimeError("mean"), OverflowError("range"), ValueError("nan"), IndexError("at")])
def test_an_accountant_that_fails_is_a_refusal_that_says_what_to_change(monkeypatch, failure):
    from dp_accounting import pld

    def fail(*_):
        raise failure

    monkeypatch.setattr(pld.PLDAccountant, "get_epsilon", fail)
    with pytest.raises(Unpriceable, match=r"dp-accounting cannot price this mechanism at delta 0\.0000003.*more noise"):
        accountant.pld(m.gaussian("1.2345"), Decimal("3e-7"))


@pytest.mark.parametrize("mechanism", [m.gaussian("0.001"), m.laplace("0.0001"), m.gaussian_sgd("0.01", "1", 10)])
def test_a_mechanism_with_hardly_any_noise_is_refused_before_memory_runs_out(mechanism):
    with pytest.raises(Unpriceable, match="the most that can be priced"):
        price(mechanism, DELTA, second=False)
