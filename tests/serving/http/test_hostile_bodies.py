"""Bodies that break careless services: none may cause a 5xx, a long answer, or an echo of what was sent."""

from __future__ import annotations

import json

import pytest

CANARY = "canary-9f3a"


def facts(value):
    return json.dumps({"facts": value}).encode()


def event(**changes):
    base = {"specversion": "1.0", "id": "1", "source": "s", "subject": "c1", "type": "life.moved"}
    base |= {"time": "2026-01-01T00:00:00Z", "recordedtime": "2026-01-01T00:00:00Z", "data": {"region": "11440"}}
    return json.dumps({"events": [{**base, **changes}]}).encode()


BODIES = {
    "nothing": b"",
    "white space": b" \n\t ",
    "null": b"null",
    "a number": b"1",
    "a text": b'"hello"',
    "a list": b"[]",
    "an empty object": b"{}",
    "neither facts nor events": b'{"k": 5}',
    "both facts and events": b'{"facts": {}, "events": []}',
    "facts null": b'{"facts": null}',
    "facts a list": b'{"facts": []}',
    "facts a list of pairs": b'{"facts": [["sex", "male"]]}',
    "events an object": b'{"events": {}}',
    "events of numbers": b'{"events": [1, 2]}',
    "no events": b'{"events": []}',
    "an empty event": b'{"events": [{}]}',
    "truncated": b'{"facts": {"sex": "fem',
    "trailing garbage": b'{"facts": {}} x',
    "two documents": b'{"facts": {}}{"facts": {}}',
    "single quotes": b"{'facts': {}}",
    "comments": b'{"facts": {} /* none */}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"facts": {}}'.encode("utf-16"),
    "UTF-32": '{"facts": {}}'.encode("utf-32"),
    "invalid UTF-8": b'{"facts": {"sex": "\xff\xfe"}}',
    "overlong UTF-8": b'{"facts": {"sex": "\xc0\xaf"}}',
    "half a pair in a value": b'{"facts": {"sex": "\\ud800"}}',
    "half a pair in a name": b'{"facts": {"\\udfff": 1}}',
    "half a pair in an event": b'{"events": [{"id": "\\ud83d"}]}',
    "NUL in a value": b'{"facts": {"sex": "a\\u0000b"}}',
    "NUL in a name": b'{"facts": {"\\u0000": 1}}',
    "a raw NUL": b'{"facts": {"sex": "a\x00b"}}',
    "a raw control character": b'{"facts": {"sex": "a\nb"}}',
    "a name twice": b'{"facts": {"sex": "male", "sex": "female"}}',
    "facts twice": b'{"facts": {}, "facts": {}}',
    "a name twice by escape": b'{"facts": {"sex": "male", "se\\u0078": "female"}}',
    "NaN": b'{"facts": {"income_percent": NaN}}',
    "Infinity": b'{"facts": {"income_percent": Infinity}}',
    "minus Infinity": b'{"facts": {"income_percent": -Infinity}}',
    "1e999": b'{"facts": {"income_percent": 1e999}}',
    "1e308 squared": b'{"facts": {"income_percent": 1e308}}',
    "k NaN": b'{"facts": {}, "k": NaN}',
    "k 1e999": b'{"facts": {}, "k": 1e999}',
    "2**63": facts({"income_percent": 2**63}),
    "-2**63, the code of unknown": facts({"income_percent": -(2**63)}),
    "-2**63 + 1, the code of none": facts({"income_percent": -(2**63) + 1}),
    "2**53": facts({"income_percent": 2**53}),
    "5000 digits": b'{"facts": {"income_percent": ' + b"9" * 5000 + b"}}",
    "a huge exponent": b'{"facts": {"income_percent": 1e' + b"9" * 5000 + b"}}",
    "many decimals": b'{"facts": {"income_percent": 0.' + b"1" * 5000 + b"}}",
    "true for a number": facts({"income_percent": True}),
    "a text for a number": facts({"income_percent": "72"}),
    "a number for a boolean": facts({"pregnant": 1}),
    "a text for a boolean": facts({"pregnant": "yes"}),
    "a number for a date": facts({"birth_date": 19900501}),
    "a day that is not": facts({"birth_date": "2026-02-30"}),
    "the year 10000": facts({"birth_date": "10000-01-01"}),
    "the year 0": facts({"birth_date": "0000-01-01"}),
    "born tomorrow": facts({"birth_date": "2999-01-01"}),
    "a date with time": facts({"birth_date": "1990-05-01T00:00:00Z"}),
    "a region that is not": facts({"region": "99999"}),
    "a region of digits elsewhere": facts({"region": "١١٤٤٠"}),
    "income -5": facts({"income_percent": -5}),
    "an unknown fact": facts({CANARY: 1}),
    "a computed fact": facts({"age": 30}),
    "a null fact": facts({"sex": None}),
    "a nested fact": facts({"sex": {"is": ["female"]}}),
    "children not a list": facts({"children": "2025-01-01"}),
    "children of wrong kinds": facts({"children": [1, None, {}, "2025-13-01"]}),
    "ten thousand children": facts({"children": ["2025-01-01"] * 10_000}),
    "ten thousand facts": facts({f"f{i}": 1 for i in range(10_000)}),
    "receives what is no boolean": facts({"receives.kr.child-allowance": "yes"}),
    "receives nothing": facts({"receives.": True}),
    "an applicant that is none": facts({"applicant": "king"}),
    "an applicant that is an object": facts({"applicant": {}}),
    "no applicant": facts({"applicant": []}),
    "two applicants apart": b'{"facts": {"applicant": "citizen"}, "applicant": "citizen"}',
    "__proto__": b'{"facts": {"__proto__": {"admin": true}}}',
    "__class__": b'{"facts": {"__class__": "x"}, "__init__": {}}',
    "mass assignment": b'{"facts": {}, "answer": "yes", "score": 1, "eligible": true}',
    "a prototype of SQL": facts({"sex": "'; DROP TABLE events; --"}),
    "a script": facts({"sex": "<script>alert(1)</script>"}),
    "a template": facts({"sex": "{{7*7}} ${7*7} %s %n"}),
    "k 0": b'{"facts": {}, "k": 0}',
    "k -1": b'{"facts": {}, "k": -1}',
    "k 10**15": b'{"facts": {}, "k": 1000000000000000}',
    "k true": b'{"facts": {}, "k": true}',
    "k a text": b'{"facts": {}, "k": "5"}',
    "as_of that is no day": b'{"facts": {}, "as_of": "2026-02-30"}',
    "as_of a day of a week": b'{"facts": {}, "as_of": "2026-W01-1"}',
    "as_of year 0": b'{"facts": {}, "as_of": "0000-01-01"}',
    "as_of the last day there is": b'{"facts": {}, "as_of": "9999-12-31"}',
    "as_of in other digits": '{"facts": {}, "as_of": "٢٠٢٦-٠١-٠١"}'.encode(),
    "as_of with a newline": b'{"facts": {}, "as_of": "2026-01-01\\n"}',
    "as_of a number": b'{"facts": {}, "as_of": 20260101}',
    "a citizen of odd letters": b'{"facts": {}, "citizen": "c 1"}',
    "a citizen with a newline": b'{"facts": {}, "citizen": "c1\\n"}',
    "an empty citizen": b'{"facts": {}, "citizen": ""}',
    "an event without a time": event(time=None),
    "an event with a strange time": event(time="yesterday"),
    "an event in the year 10000": event(time="10000-01-01T00:00:00Z"),
    "an event before the epoch": event(time="0001-01-01T00:00:00+23:59"),
    "an event at the end of time": event(time="9999-12-31T23:59:59-23:59"),
    "an event of tomorrow": event(time="2999-01-01T00:00:00Z", recordedtime=None),
    "an event of an unknown type": event(type=f"life.{CANARY}"),
    "an event with a listed type": event(type=["life.moved"]),
    "an event with a listed subject": event(subject=["c1"]),
    "an event of nobody": event(subject=""),
    "an event with odd data": event(data=[1]),
    "an event with unknown data": event(data={CANARY: 1}),
    "an event with nested data": event(data={"region": {"a": [{}]}}),
    "an event about odd people": event(data={"region": "11440", "about": [1, {"person": []}]}),
    "an event of strange origin": event(specversion="0.3"),
    "a correction of nothing": event(type="event.corrected", data={}),
    "a correction of itself": event(type="event.corrected", data={"source": "s", "id": "1", "time": "x"}),
    "a retraction of nothing": event(type="event.retracted", data={"source": {}, "id": []}),
    "a fact stated wrongly": event(type="fact.stated", data={"income_percent": -5, CANARY: 1}),
    "one id twice with two bodies": json.dumps(
        {"events": [json.loads(event(data={"region": code}))["events"][0] for code in ("11440", "26110")]}
    ).encode(),
    "too many events": json.dumps({"events": [{}] * 1001}).encode(),
    "depth 17": b'{"facts": {"x": ' + b"[" * 15 + b"]" * 15 + b"}}",
    "depth 900": b'{"facts": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "depth 100000": b"[" * 100_000,
    "depth 100000 of objects": b'{"a":' * 100_000,
    "a megabyte and one byte": b'{"facts": {"sex": "' + b"a" * 1_000_000 + b'"}}',
    "a long wrong text": facts({"sex": "a" * 900_000}),
    "a long unknown name": facts({"a" * 900_000: 1}),
    "a million brackets closed": b"[" + b"]" * 900_000,
    "many quotes": b'"\\"' * 300_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def answered(real_caller):
    return {name: real_caller.post(body) for name, body in BODIES.items()}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_shortly_and_never_repeated(answered, name):
    answer = answered[name]
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert len(answer.content) < 4000
    assert CANARY not in answer.text
    assert "aaaaaaaaaa" not in answer.text


def test_the_corpus_is_larger_than_a_hundred():
    assert len(BODIES) > 100
