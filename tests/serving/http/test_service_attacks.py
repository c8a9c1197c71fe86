"""What an attacker and an integrator once found, each with its test; those without another have theirs here.

| found | test |
| --- | --- |
| 1 a constant of the catalogue computed for every request | `proffer bench serve` (no timed test) |
| 2 two callers stop the service | test_fair_share.py; here: names are not guessed |
| 3 work for callers who have gone | test_fair_share.py: who has left is not worked for |
| 4 500 for days from 2102 on | here |
| 5 an OpenAPI document that is not valid | test_openapi_document.py |
| 5a what is uncertain shown before what is certain | recommender/offers/test_utility.py |
| 6 no start where numba can write no cache | tests/proffer/test_read_only.py |
| 7 typos accepted without a word | here |
| 8 refusals that say the wrong thing | test_recommendations.py, test_hostile_bodies.py |
| 9 a segmentation fault by a model file | recommender/ranking/test_trees.py, test_forest.py |
| 10 connections refused while stopping | tests/proffer/test_serve.py: are seen to go |
| 11 a new day compiled under one lock | tests/composition/test_live_engine.py |
| 12 a large body parsed on the event loop | here |
| 13 tokens of real providers refused | test_key_set.py |
| 14 a reader that waits for a writer | features/log/test_database.py |
| 15 what the HTTP parser refuses in plain text | test_connection.py |
| 16 idle connections, a short keep-alive, HEAD | test_connection.py |
| 17 72.0 refused, LOCALHOST refused | here, test_connection.py |
| D: one rejected event refuses all; no batch; no ETag; no paging | test_events.py, test_answer_form.py |
| D: a client gone while its body is read | test_app.py: a body that ends too early |
"""

from __future__ import annotations

import json
import threading

import pytest

from serving.http import service_frame
from tests.serving.http.test_events import event

YEARS = (1900, 1950, 1999, 2021, 2026, 2101, 2102, 2150, 2200)
LIFE = [event("b", type="fact.stated", subject="ann", time="1990-01-01T00:00:00+09:00", data={"sex": "female"})]


def ask(call, **body):
    return call.post(json.dumps(body).encode())


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("what", [{"facts": {}}, {"facts": {"birth_date": "1990-05-01"}}, {"events": LIFE}])
def test_no_year_is_too_early_or_too_late_for_an_answer_or_a_reason(real_caller, year, what):
    assert ask(real_caller, **what, as_of=f"{year}-06-30").status_code in (200, 422)


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"receives.t.babby": True}, "/facts"),
        ({"birth_date": "1990-W18-2"}, "/facts/birth_date"),
        ({"birth_date": "19900501"}, "/facts/birth_date"),
        ({"region": "99999"}, "/facts/region"),
    ],
)
def test_a_value_that_means_nothing_is_pointed_at(real_caller, facts, pointer):
    answer = ask(real_caller, facts=facts)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_names_that_nobody_declared_are_not_guessed_at(real_caller, monkeypatch):
    def sought(*_given):
        raise AssertionError

    monkeypatch.setattr("difflib.get_close_matches", sought)
    stated = event("u", type="fact.stated", data={f"unknown_{number}": 1 for number in range(5_000)})
    answer = ask(real_caller, events=[stated])
    assert answer.status_code == 422
    assert len(answer.content) < 3_000


@pytest.mark.parametrize("body", [b'{"facts": {"income_percent": 72.0}, "k": 5.0}', b'{"facts": {}, "k": 5e0}'])
def test_a_whole_number_may_be_written_with_a_point(real_caller, body):
    plain = body.replace(b".0", b"").replace(b"e0", b"")
    assert real_caller.post(body).json() == real_caller.post(plain).json()


@pytest.mark.parametrize("sent", ['"k": 5.5', '"k": 1e99', '"asked": [5.0]'])
def test_what_is_no_whole_number_stays_refused(real_caller, sent):
    assert real_caller.post(f'{{"facts": {{}}, {sent}}}'.encode()).status_code in (400, 422)


def test_a_large_body_is_read_beside_the_event_loop(real_caller, monkeypatch):
    threads, parse = [], service_frame.parsed

    def noticed(body):
        threads.append(threading.current_thread() is threading.main_thread())
        return parse(body)

    monkeypatch.setattr(service_frame, "parsed", noticed)
    ask(real_caller, facts={})
    real_caller.post(b'{"facts": {"children": [' + b",".join([b'"2020-01-01"'] * 20_000) + b"]}}")
    assert threads == [True, False]
