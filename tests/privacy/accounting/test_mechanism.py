"""Mechanisms as data: one document each, bounds on every number, and an order that never errs on the private side."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting import mechanism as m

SGD = m.gaussian_sgd("1.5", "0.1", 10)
EVERY = [
    m.gaussian("2"),
    m.laplace("0.5"),
    SGD,
    m.gaussian_sgd(1.25, 1, 3),
    m.composed(SGD, m.laplace("3")),
    m.repeat_and_select(SGD, "5", "1"),
    m.repeat_and_select(SGD, "5"),
    m.declared("1", "0.00001"),
    m.non_private(),
]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.kind)
def test_every_mechanism_is_read_back_from_its_document_and_its_text(one):
    assert m.Mechanism.from_document(one.to_document()) == one
    assert m.read_text(one.text()) == one
    assert hash(m.read_text(one.text())) == hash(one)
    assert one.at_most(one)


def test_a_dp_event_is_the_tree_that_dp_accounting_prices():
    dp_event = pytest.importorskip("dp_accounting").dp_event
    gaussian = dp_event.GaussianDpEvent(1.5)
    assert SGD.dp_event() == dp_event.SelfComposedDpEvent(dp_event.PoissonSampledDpEvent(0.1, gaussian), 10)
    assert m.repeat_and_select(SGD, "5").dp_event().shape == float("inf")
    assert m.repeat_and_select(SGD, "5", "1").dp_event().mean == 5
    assert m.composed(m.laplace("2"), m.non_private()).dp_event().events[0] == dp_event.LaplaceDpEvent(2.0)
    with pytest.raises(ValueError, match="by its promise only"):
        m.declared("1").dp_event()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"mechanism": "gdp", "mu": "1"},
        {"mechanism": ["gaussian"]},
        {"mechanism": "gaussian"},
        {"mechanism": "gaussian", "noise": 1.5},
        {"mechanism": "gaussian", "noise": "0"},
        {"mechanism": "gaussian", "noise": "-1"},
        {"mechanism": "gaussian", "noise": "1e3"},
        {"mechanism": "gaussian", "noise": "1", "extra": "1"},
        {"mechanism": "poisson", "of": {"mechanism": "gaussian", "noise": "1"}, "probability": "1.5"},
        {"mechanism": "repeated", "of": {"mechanism": "gaussian", "noise": "1"}, "count": 0},
        {"mechanism": "repeated", "of": {"mechanism": "gaussian", "noise": "1"}, "count": True},
        {"mechanism": "repeated", "of": {"mechanism": "gaussian", "noise": "1"}, "count": 10**9},
        {"mechanism": "composed", "of": []},
        {"mechanism": "composed", "of": {}},
        {"mechanism": "repeat_and_select", "mean": "0.5", "of": {"mechanism": "non_private"}, "shape": "1"},
        {"mechanism": "declared", "epsilon": "0", "delta": "0"},
        {"mechanism": "declared", "epsilon": "1", "delta": "0.9"},
    ],
)
def test_what_is_no_mechanism_is_refused_with_where_and_why(document):
    with pytest.raises(Rejected, match="mechanism"):
        m.Mechanism.from_document(document)


def test_the_accountant_by_the_central_limit_cannot_be_named():
    assert "gdp" not in " ".join(m._FIELDS)


def test_what_is_nested_too_deep_or_is_no_json_is_refused():
    deep = m.gaussian("1").to_document()
    for _ in range(8):
        deep = {"mechanism": "repeated", "count": 1, "of": deep}
    with pytest.raises(Rejected, match="deep"):
        m.Mechanism.from_document(deep)
    with pytest.raises(Rejected, match="not JSON"):
        m.read_text("{")


SIGMAS, RATES, STEPS = st.integers(1, 5), st.integers(1, 9), st.integers(1, 5)


@given(SIGMAS, SIGMAS, RATES, RATES, STEPS, STEPS)
def test_training_is_at_most_another_exactly_when_noise_rate_and_steps_say_so(s1, s2, q1, q2, n1, n2):
    one, other = (m.gaussian_sgd(str(s), f"0.{q}", n) for s, q, n in ((s1, q1, n1), (s2, q2, n2)))
    assert one.at_most(other) == (s1 >= s2 and q1 <= q2 and n1 <= n2)


def test_the_order_holds_inside_compositions_and_never_across_kinds():
    assert m.composed(SGD).at_most(m.composed(SGD, SGD))
    assert not m.composed(SGD, SGD).at_most(m.composed(SGD))
    assert not SGD.at_most(m.non_private())
    assert m.declared("1").at_most(m.declared("2", "0.1"))
    assert not m.declared("1", "0.2").at_most(m.declared("2", "0.1"))
    assert m.repeat_and_select(SGD, "5", "1").at_most(m.repeat_and_select(SGD, "5", "1"))
    assert not m.repeat_and_select(SGD, "4", "1").at_most(m.repeat_and_select(SGD, "5", "1"))


def test_only_poisson_sampled_gaussian_training_has_runs_that_prv_can_express():
    assert SGD.gaussian_runs() == ((1.5, 0.1, 10),)
    assert m.repeated(m.gaussian("2"), 3).gaussian_runs() == ((2.0, 1.0, 3),)
    assert m.composed(SGD, m.gaussian("2")).gaussian_runs() == ((1.5, 0.1, 10), (2.0, 1.0, 1))
    assert m.composed(SGD, m.laplace("2")).gaussian_runs() is None
    assert m.repeat_and_select(SGD, "5").gaussian_runs() is None


def test_numbers_are_exact_and_read_back_as_the_same_float():
    third = 1 / 3
    assert float(m.gaussian(third)["noise"]) == third
    assert m.exact("0.1") == Decimal("0.1")
    assert m.composed(SGD).holds("poisson")
    assert not SGD.holds("laplace")


def test_a_mechanism_is_nested_so_deep_and_no_deeper():
    document = {"mechanism": "gaussian", "noise": "1"}
    for _ in range(6):
        document = {"mechanism": "repeated", "count": 2, "of": document}
    assert m.Mechanism.from_document(document).to_document() == document
    with pytest.raises(Rejected, match="deep"):
        m.Mechanism.from_document({"mechanism": "repeated", "count": 2, "of": document})
