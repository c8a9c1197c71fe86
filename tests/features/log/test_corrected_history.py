"""What must hold of every history: order and repetition mean nothing, and the past stays as it was known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from features.calendar import DAY_SECONDS
from features.log.event import Event, rfc3339
from features.value import NONE, UNKNOWN
from tests.examples import examples
from tests.features.histories import DECLARATION, PEOPLE, START, asked, happenings
from tests.features.kernel.test_kernel import kernel_rows

COLUMNS = DECLARATION.columns


def seen(events, t, person="ann"):
    return dict(zip(COLUMNS, kernel_rows(events, [(person, t)])[0].tolist(), strict=False))


@examples(60)
@given(asked(least=1), st.randoms(use_true_random=False), st.data())
def test_any_permutation_and_duplication_of_events_gives_the_same_snapshot(history, random, data):
    events, times = history
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    later = [replace(event, recorded=event.recorded + data.draw(st.integers(0, 10**6))) for event in again]
    shuffled = [*events, *again, *later]
    random.shuffle(shuffled)
    pairs = [(person, t) for person in PEOPLE for t in times]
    assert (kernel_rows(events, pairs) == kernel_rows(shuffled, pairs)).all()


@examples(60)
@given(asked(), happenings(number=1000))
def test_what_is_recorded_at_or_after_an_instant_never_changes_it(history, late):
    events, (t, *_) = history
    late = replace(late, recorded=max(late.recorded, t))
    pairs = [(person, t) for person in PEOPLE]
    assert (kernel_rows(events, pairs) == kernel_rows([*events, late], pairs)).all()


@examples(60)
@given(asked(least=1), st.data())
def test_a_correction_changes_nothing_before_it_was_recorded(history, data):
    events, (moment, *_) = history
    target = data.draw(st.sampled_from(events))
    retraction = replace(
        target, id="late", type="event.retracted", time=moment, recorded=moment, about=(),
        data={"source": target.source, "id": target.id},
    )  # fmt: skip
    pairs = [(person, moment - ago) for person in PEOPLE for ago in (0, 1, 10**6)]
    assert (kernel_rows(events, pairs) == kernel_rows([*events, retraction], pairs)).all()
    if target.target is None:
        pairs = [(person, moment + 1) for person in PEOPLE]
        without = [event for event in events if target.key not in (event.key, event.target)]
        if retraction.recorded > max(event.recorded for event in events):
            assert (kernel_rows([*events, retraction], pairs) == kernel_rows(without, pairs)).all()


def moved(number=1, day=10, person="ann", **change):
    when = START + day * DAY_SECONDS
    return replace(Event(str(number), "s", person, "life.moved", when, when, {"region": "11440"}), **change)


def action(target, kind="event.corrected", day=20, number=50, **data):
    when = START + day * DAY_SECONDS
    body = {"source": target.source, "id": target.id, **data}
    return replace(target, id=str(number), type=kind, time=when, recorded=when, data=body)


def at(day):
    return START + day * DAY_SECONDS


def test_a_correction_acts_from_the_second_after_it_was_recorded():
    event = moved()
    fixed = action(event, data={"region": "26"})
    assert seen([event, fixed], at(20))["region"] == 11440
    assert seen([event, fixed], at(20) + 1)["region"] == 26


def test_a_corrected_time_moves_the_event():
    event = moved(day=10)
    fixed = action(event, time=rfc3339(at(5)))
    assert seen([event, fixed], at(30))["since_move"] == 25
    assert seen([event, fixed], at(20))["since_move"] == 10


def test_a_retraction_can_itself_be_retracted():
    event = moved()
    gone = action(event, "event.retracted")
    back = action(gone, "event.retracted", day=25, number=51)
    assert [seen([event, gone, back], at(day))["region"] for day in (15, 22, 30)] == [11440, UNKNOWN, 11440]


def test_a_correction_can_itself_be_corrected():
    event = moved()
    first = action(event, data={"region": "26"})
    second = action(first, day=25, number=51, data={"source": "s", "id": "1", "data": {"region": "41"}})
    assert [seen([event, first, second], at(day))["region"] for day in (15, 22, 30)] == [11440, 26, 41]


def test_a_correction_of_a_correction_cannot_turn_it_to_another_event():
    event, other = moved(), moved(2, day=11, person="bob")
    first = action(event, data={"region": "26"})
    second = action(first, day=25, number=51, data={"source": "s", "id": "2", "data": {"region": "41"}})
    assert seen([event, other, first, second], at(30))["region"] == 11440
    assert seen([event, other, first, second], at(30), "bob")["region"] == 11440


def test_a_correction_by_another_person_does_not_act():
    event = moved()
    assert seen([event, action(event, data={"region": "26"}, number=51)], at(30))["region"] == 26
    forged = replace(action(event, data={"region": "26"}), subject="bob")
    assert seen([event, forged], at(30))["region"] == 11440


def test_what_a_correction_says_wrongly_is_unknown_and_not_what_was_there_before():
    event = moved()
    assert seen([event, action(event, data={"region": "nowhere"})], at(30))["region"] == UNKNOWN


def test_a_correction_can_bring_in_another_person():
    born = Event("1", "s", "ann", "life.born", at(10), at(10), {"born_on": "2023-03-01"})
    fixed = action(born, data={"born_on": "2023-03-01", "about": [{"person": "bob", "role": "parent"}]})
    assert seen([born, fixed], at(30), "bob")["children_count"] == 1
    assert seen([born, fixed], at(15), "bob")["children_count"] == 0


def test_a_missing_fact_is_unknown_and_never_zero():
    nothing = seen([], at(100))
    assert nothing["quiet"] == nothing["age"] == nothing["region"] == nothing["rich"] == UNKNOWN
    assert nothing["worked"] == 0
    assert nothing["rested_3m"] == UNKNOWN
    assert nothing["since_move"] == nothing["children"] == NONE
    assert nothing["children_count"] == 0


def test_an_event_exactly_a_window_ago_counts_and_a_second_later_no_more():
    worked = moved(type="life.worked", day=120, data={"level": "high", "pay": 7, "fit": True})
    assert [seen([worked], at(210) + late)["high_90d"] for late in (0, 1)] == [1, 0]
    assert [seen([worked], at(120) + late)["high_90d"] for late in (0, 1)] == [0, 1]
    assert [seen([moved(day=120)], at(160) + late)["last_region"] for late in (0, 1)] == [11440, NONE]


def test_a_sequence_may_take_exactly_its_length_and_not_a_second_more():
    worked = moved(1, type="life.worked", day=120, data={})
    for late, completed in ((0, 1), (1, 0)):
        then = moved(2, time=at(130) + late, recorded=at(130) + late)
        assert seen([worked, then], at(140))["work_then_move"] == completed


def test_a_state_lapses_a_second_after_its_duration():
    assert [seen([moved(day=120)], at(150) + late)["mover"] for late in (0, 1)] == [1, 0]  # 21 June to 21 July


def test_the_latest_date_of_a_list_is_known_without_the_rest_once_all_are_recorded():
    rested = moved(type="life.rested", data={})
    for day, known in ((99, False), (100, True)):  # 31 May; 1 June 2023, since when every rest is recorded
        when = at(day)
        one = replace(rested, time=when, recorded=when)
        assert (seen([one], at(200))["last_rest"] != UNKNOWN) == known


def test_of_events_in_one_second_the_one_recorded_later_holds_and_then_the_one_of_the_later_id():
    one, two = moved(1, data={"region": "26"}), moved(2)
    assert seen([one, two], at(30))["region"] == 11440
    assert seen([replace(one, recorded=two.recorded + 1), two], at(30))["region"] == 26
