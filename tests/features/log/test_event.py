"""What an event must look like, and every problem of one that does not, at once."""

from __future__ import annotations

import pytest
from hypothesis import given

from features.log.event import parse_time, rfc3339
from features.log.event_parser import parse_event
from features.log.statement import encode_facts
from features.problem import Problem, Problems, Rejected
from tests.features.histories import DECLARATION, START, histories

NOW = START + 400 * 86_400
TIME = rfc3339(START)


def document(**change):
    plain = {"specversion": "1.0", "id": "1", "source": "s", "subject": "ann", "type": "life.moved", "time": TIME}
    return {key: value for key, value in {**plain, "data": {"region": "11440"}, **change}.items() if value is not ...}


def parsed(**change):
    return parse_event(document(**change), DECLARATION, now=NOW)


@given(histories())
def test_an_event_comes_back_from_its_document_unchanged(events):
    for event in events:
        again = parse_event(event.to_document(), DECLARATION) if event.type != "event.corrected" else event
        assert again == event
        assert again.body_hash == event.body_hash


def test_an_event_without_a_recorded_time_is_stamped():
    assert parsed().recorded == NOW
    assert parsed(recordedtime=TIME).recorded == START
    assert parsed(recordedtime=None).recorded == NOW


def test_the_same_event_stamped_at_another_time_is_the_same_and_with_another_body_is_not():
    assert parsed().body_hash == parsed(recordedtime=TIME).body_hash
    assert parsed().body_hash != parsed(data={"region": "26"}).body_hash


@pytest.mark.parametrize(
    ("text", "second"),
    [("1970-01-01T00:00:00Z", 0), ("1970-01-01t09:00:00.999+09:00", 0), ("1969-12-31T23:59:59.5Z", -1)],
)
def test_times_are_rfc_3339(text, second):
    assert parse_time(text) == second


BAD = [
    ({"id": ...}, "id: is missing"),
    ({"id": ""}, "id: is not a short, printable text"),
    ({"subject": 5}, "subject: is not a short"),
    ({"source": "a\nb"}, "source: is not a short, printable text"),
    ({"specversion": "0.3"}, "specversion: is not 1.0"),
    ({"datacontenttype": "text/xml"}, "datacontenttype"),
    ({"type": "life.flown"}, "not a declared event type"),
    ({"time": ...}, "time: is missing"),
    ({"time": "2023-02-20"}, "time: is not a time"),
    ({"time": "2023-02-30T00:00:00Z"}, "time: is not a time"),
    ({"time": "2023-02-20T00:00:00"}, "time: is not a time"),
    ({"time": "1999-02-20T00:00:00Z"}, "before the epoch"),
    ({"time": rfc3339(NOW + 1)}, "in the future: after it was recorded"),
    ({"recordedtime": rfc3339(NOW + 1)}, "recordedtime: is in the future"),
    ({"recordedtime": "now"}, "recordedtime: is not a time"),
    ({"data": []}, "data: is not a JSON object"),
    ({"data": {"region": "nowhere"}}, "data.region: 'nowhere' is not a region code"),
    ({"data": {"weather": 1}}, "data.weather: is not a field of life.moved"),
    ({"data": {"about": 5}}, "data.about: is not a list"),
    ({"data": {"about": [{"person": "bob"}]}}, "about[0]: is not a person with a role"),
    ({"data": {"about": ["bob"]}}, "about[0]: is not a person with a role"),
    ({"data": {"about": [{"person": "bob", "role": "child"}]}}, "'child' is not a role in life.moved"),
    ({"type": "life.born", "data": {"about": [{"person": "b", "role": r} for r in ("child", "parent")]}}, "twice"),
    ({"type": "benefit.granted", "data": {}}, "data.programme: is missing"),
    ({"type": "benefit.granted", "data": {"programme": 5}}, "is not a text"),
    ({"type": "fact.stated", "data": {"quiett": True}}, "Did you mean quiet?"),
    ({"type": "fact.stated", "data": {"zzz": True}}, "See docs/facts.md"),
    ({"type": "fact.stated", "data": {"age": 5}}, "State birth_date instead"),
    ({"type": "fact.stated", "data": {"birth_date": "2030-01-01"}}, "is in the future"),
    ({"type": "fact.stated", "data": {"pay": {"a": 1}}}, "what is given is not a whole number"),
    ({"type": "fact.stated", "data": {"receives.x": 1}}, "is not true or false"),
    ({"type": "fact.stated", "data": {"receives.": True}}, "is not a declared fact"),
    ({"type": "fact.stated", "data": {"about": [{"person": "b", "role": "x"}]}}, "event of their own"),
    ({"type": "event.retracted", "data": {"source": "s"}}, "data.id: is missing"),
    ({"type": "event.retracted", "data": {"source": "s", "id": "1", "time": TIME}}, "data.time: is not allowed"),
    ({"type": "event.corrected", "data": {"source": "s", "id": "1"}}, "corrects nothing"),
    ({"type": "event.corrected", "data": {"source": "s", "id": "1", "time": rfc3339(NOW + 9)}}, "after the correction"),
    ({"type": "event.corrected", "data": {"source": "s", "id": "1", "data": []}}, "data.data: is not a JSON object"),
    ({"type": "event.corrected", "data": {"source": "s", "id": "1", "data": {"about": 5}}}, "data.data.about"),
    ({"type": "event.retracted", "data": {"source": "s", "id": "1", "about": [{"person": "b", "role": "r"}]}}, "corr"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_bad_event_is_refused_with_its_place_and_reason(change, said):
    with pytest.raises(Rejected) as caught:
        parsed(**change)
    assert said in str(caught.value)


def test_every_problem_of_an_event_is_found_at_once():
    with pytest.raises(Rejected) as caught:
        parsed(id=..., time="then", type="life.flown", data=5)
    assert len(caught.value.problems) == 4


def test_an_event_that_is_no_object_is_refused():
    with pytest.raises(Rejected, match="is not a JSON object"):
        parse_event([1], DECLARATION, now=NOW)


def test_where_nobody_stamps_an_event_it_must_say_when_it_was_recorded():
    with pytest.raises(Rejected, match="recordedtime: is missing"):
        parse_event(document(), DECLARATION)


def test_true_is_not_one():
    assert encode_facts({"pay": 1}, DECLARATION, 0) == {"pay": (1,)}
    with pytest.raises(Rejected, match="not a whole number"):
        encode_facts({"pay": True}, DECLARATION, 0)


def test_the_subject_may_be_named_among_the_people_it_is_about():
    about = [{"person": "ann", "role": "child"}, {"person": "bob", "role": "parent"}]
    event = parsed(type="life.born", data={"about": about})
    assert event.parts(DECLARATION.events["life.born"]) == (("ann", "child"), ("bob", "parent"))
    assert event.people == ("ann", "bob")
    assert parsed().parts(DECLARATION.events["life.moved"]) == (("ann", "subject"),)
    assert parsed().parts(None) == (("ann", "subject"),)


def test_a_correction_touches_whoever_the_corrected_event_is_about():
    body = {"source": "s", "id": "1", "data": {"about": [{"person": "bob", "role": "parent"}]}}
    event = parsed(type="event.corrected", data=body)
    assert event.people == ("ann", "bob")
    assert event.target == ("s", "1")
    assert parsed().target is None


def test_problems_are_collected_and_raised_together():
    problems = Problems()
    problems.raise_any()
    with problems.gathered():
        raise Rejected([Problem(("a",), "invalid", "b", "c")])
    with pytest.raises(KeyError), problems.gathered():
        raise KeyError("not a rejection")
    with pytest.raises(Rejected, match=r"a: b\. c"):
        problems.raise_any()
