"""A copy of a person without one programme's events is that person as if these had never happened."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.declaration.declaration import declare
from features.log.event import Event
from features.log.hiding import with_hidden
from features.log.history import history_of
from features.snapshot import snapshots
from features.value import identifier_code

FIELDS = {"programme": {"type": "identifier"}, "won": {"type": "integer", "low": 0, "high": 99}}
TYPES = {"benefit.held": {"complete_from": "1970-01-01", "fields": FIELDS}, "life.moved": {"complete_from": "never"}}
EVENTS = {"zone": "UTC", "epoch": "1970-01-01", "types": TYPES}
FACTS = {
    "facts": {
        "rich": {
            "type": "boolean",
            "purpose": ["ranking"],
            "states": [{"event": "benefit.held", "where": {"won": 9}, "gives": True}],
        }
    }
}
FEATURES = {
    "features": {
        "held": {"count": "benefit.held"},
        "won": {"sum": "benefit.held", "field": "won"},
        "latest": {"last": "benefit.held", "field": "programme"},
        "moves": {"count": "life.moved"},
    }
}
DECLARATION = declare(EVENTS, FACTS, FEATURES)
ROW = st.tuples(st.sampled_from("xy"), st.sampled_from("pqr"), st.integers(1, 3), st.sampled_from([3, 9]))


def events_of(rows):
    held = [
        Event(f"h{at}", "s", who, "benefit.held", day, day, {"programme": what, "won": won})
        for at, (who, what, day, won) in enumerate(rows)
    ]
    return [*held, *(Event(f"m{at}", "s", who, "life.moved", 2, 2, {}) for at, who in enumerate("xy"))]


@given(st.lists(ROW, max_size=8), st.sampled_from("pqr"))
def test_what_is_hidden_is_as_if_it_had_not_happened(rows, hidden):
    t, codes = np.array([9, 9]), np.full(2, identifier_code(hidden))
    whole = history_of(events_of(rows), DECLARATION)
    without = history_of(events_of([row for row in rows if row[1] != hidden]), DECLARATION)
    copies = with_hidden(whole, np.arange(2), "benefit.held", codes)
    found, expected = (snapshots(DECLARATION, one, np.arange(2), t) for one in (copies, without))
    assert found.people == expected.people
    assert np.array_equal(found.values, expected.values)


def test_one_person_may_be_copied_several_times_with_other_things_hidden():
    whole = history_of(events_of([("x", "p", 1, 3), ("x", "q", 1, 9)]), DECLARATION)
    codes = np.array([identifier_code(name) for name in "pqr"])
    copies = with_hidden(whole, np.zeros(3, np.int64), "benefit.held", codes)
    seen = snapshots(DECLARATION, copies, np.arange(3), np.full(3, 9))
    assert seen.people == ("x", "x", "x")
    assert seen.column("won").tolist() == [9, 3, 12]
    assert (
        seen.column("moves").tolist()
        == snapshots(DECLARATION, whole, np.zeros(3, np.int64), np.full(3, 9)).column("moves").tolist()
    )
