"""`where` with several values and `each`: counts by programme and by category, by the same kernel as everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declaration.declaration import declare
from features.kernel.lowering import lower
from features.kernel.snapshot_oracle import snapshot
from features.log.event import Event
from features.log.history import history_of
from features.problem import Rejected
from features.snapshot import snapshots

HELD = {"complete_from": "1970-01-01", "fields": {"programme": {"type": "identifier"}}}
EVENTS = {"zone": "UTC", "epoch": "1970-01-01", "types": {"benefit.held": HELD}}
HOLDS = {"count": "benefit.held", "each": {"programme": {"car": "x.car", "home": ["x.fire", "x.flood"]}}}


def declared(**features):
    return declare(EVENTS, {"facts": {}}, {"features": features})


def test_each_name_is_a_column_that_counts_its_values():
    made = declared(holds=HOLDS, since={"time_since": "benefit.held", "each": HOLDS["each"]})
    assert made.columns == ("holds_car", "holds_home", "since_car", "since_home")
    events = [
        Event(str(at), "s", "p", "benefit.held", day * 86_400, day * 86_400, {"programme": what})
        for at, (what, day) in enumerate([("x.car", 1), ("x.fire", 2), ("x.flood", 4), ("x.boat", 5)])
    ]
    seen = snapshots(made, history_of(events, made), np.zeros(1, np.int64), np.array([9 * 86_400]))
    assert seen.values[0].tolist() == [1, 2, 7, 4]


ROW = st.tuples(st.sampled_from(["x.car", "x.fire", "x.flood", "x.boat"]), st.integers(0, 12), st.integers(0, 9))


@given(st.lists(ROW, max_size=8), st.integers(1, 12))
def test_the_kernel_and_the_oracle_agree_to_the_last_bit(rows, day):
    made = declared(
        holds=HOLDS, since={"time_since": "benefit.held", "each": HOLDS["each"]},
        latest={"last": "benefit.held", "field": "programme", "each": HOLDS["each"]},
    )  # fmt: skip
    events = [
        Event(str(at), "s", "p", "benefit.held", when * 86_400, (when + late) * 86_400, {"programme": what})
        for at, (what, when, late) in enumerate(rows)
    ]
    t = day * 86_400
    person = history_of(events, made)
    place, asked = person.rows_of(["p"]), ("x.car", ("x.fire", "x.flood"))
    seen = snapshots(made, person, place, np.array([t]), asked).values[0].tolist()
    assert seen == list(snapshot(made, events, "p", t, asked))
    held = [what for what, when, late in rows if when + late < day]
    assert (seen[-2] == 1) == ("x.car" in held)


def test_a_list_says_what_a_feature_for_each_value_would():
    made = declared(
        both={"count": "benefit.held", "where": {"programme": ["x.car", "x.fire"]}},
        one={"count": "benefit.held", "where": {"programme": "x.car"}},
    )
    assert [len(made.features[name].signals) for name in ("both", "one")] == [2, 1]
    lower(made)


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        ({"count": "benefit.held", "each": {"programme": {}}}, "does not say the values of one field"),
        ({"count": "benefit.held", "each": {"programme": "x.car"}}, "does not say the values of one field"),
        ({**HOLDS, "where": {"programme": "x.car"}}, "does not say the values of one field"),
        ({"count": "benefit.held", "where": {"programme": []}}, "names no value"),
        ({"count": "benefit.held", "where": {"programme": ["x.car", "x.car"]}}, "hears one benefit.held twice"),
        ({"count": "benefit.held", "each": {"programme": {"Car": "x.car"}}}, "cannot name a column"),
    ],
)
def test_what_cannot_be_meant_is_told(feature, told):
    with pytest.raises(Rejected, match=told):
        declared(holds=feature)


def test_two_features_of_one_name_are_told():
    with pytest.raises(Rejected, match="already the name of a column"):
        declared(holds=HOLDS, holds_car={"count": "benefit.held"})
