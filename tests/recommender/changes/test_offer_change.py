"""A change is the difference of two days: what can be offered now, what no longer, what is another than it was."""

from __future__ import annotations

import pytest

from recommender.changes.offer_change import OfferChange, difference
from recommender.changes.offer_state import OfferState, WindowState
from recommender.rules.clause import Answer

OPEN = WindowState("open", None, 20_100, None)
PLAIN = OfferState(Answer.YES, OPEN, (100, 100), held=False, apart=False)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (None, PLAIN, ("offered",)),
        (PLAIN, None, ("withdrawn",)),
        (PLAIN, PLAIN._replace(window=WindowState("closed", None, 20_100, None)), ("withdrawn", "window")),
        (PLAIN, PLAIN._replace(held=True), ("withdrawn", "held")),
        (PLAIN._replace(apart=True), PLAIN, ("offered",)),
        (PLAIN._replace(answer=Answer.UNKNOWN), PLAIN, ("answer",)),
        (PLAIN, PLAIN._replace(amount=(50, None)), ("amount",)),
        (PLAIN, PLAIN._replace(window=WindowState("open", None, 20_130, None)), ("window",)),
        (None, PLAIN._replace(held=True), ()),
        (PLAIN._replace(held=True), PLAIN._replace(held=True, amount=(1, 1)), ()),
    ],
)
def test_what_differs_is_named(before, after, kinds):
    assert OfferChange("p", before, after).kinds == kinds


def test_only_what_differs_is_a_change_in_the_order_of_ids():
    before = {"b": PLAIN, "c": PLAIN, "d": PLAIN}
    after = {"a": PLAIN, "c": PLAIN, "d": PLAIN._replace(held=True)}
    found = difference(before, after)
    assert [one.programme for one in found] == ["a", "b", "d"]
    assert [one.kinds[0] for one in found] == ["offered", "withdrawn", "withdrawn"]


def test_two_equal_moments_have_no_difference():
    assert difference({"a": PLAIN}, {"a": PLAIN}) == ()
