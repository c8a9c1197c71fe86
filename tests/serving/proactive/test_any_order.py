"""However events come, in whatever order, twice or late: once all is recorded the same offers are due."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from features.log.event_parser import parse_event
from features.log.history import history_of
from features.snapshot import known
from recommender.changes.offer_change import difference
from recommender.changes.offer_state import offer_states
from recommender.contact.due_offer import due_after
from recommender.rules.person import Person, held_programmes
from tests.examples import examples

SAID = [
    ("fact.stated", {"birth_date": "1993-04-02", "sex": "female", "region": "11440"}),
    ("life.child_born", {"about": [{"person": "kid", "role": "child"}]}),
    ("fact.stated", {"pregnant": True, "income_percent": 40}),
    ("life.moved", {"region": "26110"}),
    ("benefit.granted", {"programme": "t.seoul"}),
    ("benefit.declined", {"programme": "t.women"}),
    ("fact.stated", {"pregnant": False}),
    ("event.retracted", {"source": "registry/births", "id": "e1"}),
    ("life.child_born", {"about": [{"person": "kit", "role": "child"}]}),
    ("benefit.ended", {"programme": "t.seoul"}),
]


def events_of(engine, chosen):
    """Events of one life, each a day after the other, all recorded before the end of October."""
    found = []
    for place in chosen:
        kind, data = SAID[place]
        at = f"2026-10-{10 + place:02}T09:00:00+09:00"
        document = {
            "specversion": "1.0", "id": f"e{place}", "source": "registry/births", "subject": "ann", "type": kind,
            "time": at, "recordedtime": "2026-10-25T09:00:00+09:00", "data": data,
        }  # fmt: skip
        found.append(parse_event(document, engine.declaration))
    return found


STREAMS = st.lists(st.integers(0, len(SAID) - 1), min_size=1, unique=True).flatmap(
    lambda chosen: st.tuples(
        st.just(sorted(chosen)),
        st.permutations(chosen + chosen[::2]),  # some twice, all in any order
        st.lists(st.integers(0, 3), min_size=2 * len(chosen), max_size=2 * len(chosen)),
    )
)


def due(engine, events, day=date(2026, 11, 1)):
    """What may be offered at the end of a day, before contact policy."""
    t = engine.declaration.zone.end_of_day(day)
    found = known(engine.declaration, history_of(events, engine.declaration), "ann", t, engine.catalogue.receipts)
    person = Person(found, 1, held_programmes(engine.catalogue, found), engine.regions)
    return offer_states(person, engine.compiled(day))


@examples(40)
@given(STREAMS)
def test_the_differences_on_the_way_leave_the_same_due_as_all_at_once(real_engine, stream):
    chosen, permuted, delays = stream
    whole = due_after((), difference({}, due(real_engine, events_of(real_engine, chosen))))
    came, before, found = [], {}, frozenset()
    for place, delay in zip(permuted, delays, strict=False):
        came.append(place)
        if delay:  # looked at now and then, not after each
            after = due(real_engine, events_of(real_engine, dict.fromkeys(came)))
            found, before = due_after(found, difference(before, after)), after
    found = due_after(found, difference(before, due(real_engine, events_of(real_engine, dict.fromkeys(permuted)))))
    assert found == whole
