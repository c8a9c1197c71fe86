"""Other machines reserve from a real ledger over HTTP: what they are granted, and every way in which they are not."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from privacy.accounting import mechanism as m
from privacy.ledger import ledger_tables
from privacy.ledger.ledger import Ledger
from privacy.ledger.verify import verify
from privacy.refusal import KnownPeople, NotTheirs
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.ledger_app import create_ledger_app
from serving.http.ledger_wire import LEDGER_BODY
from serving.http.reservation_desk import ReservationDesk
from tests.privacy.ledgers import clock, ledger, open_budget, reserve, terms

NOW = 1_800_000_000
KEY = tokens.new_dev_key()
ONE = {"mechanism": "declared", "epsilon": "1", "delta": "0"}
ASKED = {"spend": "run-1", "population": "kr", "mechanism": ONE, "purpose": "a ranker", "people": None}
RESERVE, COMMIT = "/v1/privacy/reservations", "/v1/privacy/reservations/{}/commit"


def bearer(subject="office-7", scopes=frozenset({tokens.RESERVE})):
    return {"authorization": f"Bearer {tokens.dev_token(KEY, NOW, subject, scopes)}"}


def desk_of(folder):
    return ReservationDesk(lambda: Ledger.open(folder, clock))


def served(folder, caller_of, *, dev=False, desk=None):
    desk = desk or desk_of(folder)
    access = Authentication((tokens.dev_verifier(KEY),), dev=dev)
    return caller_of(create_ledger_app(desk, access, lambda: NOW))


@pytest.fixture
def folder(tmp_path):
    ledger(tmp_path / "ledger", "3")
    return tmp_path / "ledger"


@pytest.fixture
def call(folder, caller_of):
    return served(folder, caller_of)


def post(call, path, body, headers=None):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json", **(bearer() if headers is None else headers)}
    return call("POST", path, headers=given, content=content)


def refused(answer, kind, status):
    assert (answer.json()["type"], answer.status_code) == (f"urn:proffer:problem:{kind}", status)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def test_a_reservation_is_an_entry_that_names_who_asked_as_the_token_says(call, folder):
    answer = post(call, RESERVE, ASKED)
    assert (answer.status_code, answer.json()["spend"], answer.json()["index"]) == (200, "run-1", 2)
    kept = Ledger.open(folder, clock)
    body = kept.entry(2).body
    assert (body.requester, body.purpose, body.epsilon) == ("office-7", "a ranker", "1")
    assert kept.status("kr").spent == 1
    assert verify(kept.exported().encode(), kept.verifier).ok


def test_the_same_request_again_has_the_same_receipt_and_spends_once(call, folder):
    first, again = (post(call, RESERVE, ASKED) for _ in range(2))
    assert first.json() == again.json()
    for other in ({**ASKED, "purpose": "else"}, {**ASKED, "mechanism": {**ONE, "epsilon": "0.5"}}):
        refused(post(call, RESERVE, other), "spend-conflict", 409)
    refused(post(call, RESERVE, ASKED, bearer("office-8")), "spend-conflict", 409)
    assert Ledger.open(folder, clock).status("kr").spent == 1


def test_more_than_is_left_is_refused_with_the_three_numbers_and_nothing_is_written(call, folder):
    post(call, RESERVE, ASKED)
    said = refused(post(call, RESERVE, {**ASKED, "spend": "run-2", "mechanism": {**ONE, "epsilon": "2.5"}}),
                   "privacy-budget-exhausted", 409)  # fmt: skip
    assert said["detail"] == "Epsilon 2.5 was asked for, 2 is left: 0.5 too much. Nothing was reserved."
    assert len(Ledger.open(folder, clock).spends("kr")) == 1


def test_a_commit_is_of_what_the_same_caller_reserved_and_the_same_again_is_the_same(call, folder):
    post(call, RESERVE, {**ASKED, "spend": "runs/2026:11"})
    path, body = COMMIT.format("runs/2026:11"), {"artefact": "a" * 64}
    refused(post(call, path, body, bearer("office-8")), "unknown-spend", 404)
    more = {**body, "mechanism": {**ONE, "epsilon": "2"}}
    refused(post(call, path, more), "more-than-reserved", 409)
    first, again = (post(call, path, body) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    refused(post(call, path, {"artefact": "b" * 64}), "spend-settled", 409)
    refused(post(call, COMMIT.format("run-9"), body), "unknown-spend", 404)
    kept = Ledger.open(folder, clock)
    assert [spend.state for spend in kept.spends("kr")] == ["committed"]
    assert kept.entry(first.json()["index"]).body.artefact == "a" * 64


def test_what_was_reserved_by_hand_under_the_same_name_is_not_committed_over_http(call, folder):
    reserve(Ledger.open(folder, clock), "by-hand", requester="office-7")
    refused(post(call, COMMIT.format("by-hand"), {"artefact": "a" * 64}), "unknown-spend", 404)
    post(call, RESERVE, ASKED)
    hand = Ledger.open(folder, clock)
    with pytest.raises(NotTheirs):
        hand.commit("run-1")
    assert [spend.state for spend in hand.spends("kr")] == ["reserved", "reserved"]


def test_a_balance_is_told_to_who_may_reserve(call):
    post(call, RESERVE, ASKED)
    found = call("GET", "/v1/privacy/budgets/kr", headers=bearer()).json()
    assert (found["cap"], found["spent"], found["left"], found["spends"]["reserved"]) == ("3", "1", "2", 1)
    refused(call("GET", "/v1/privacy/budgets/us", headers=bearer()), "unknown-population", 404)
    refused(post(call, RESERVE, {**ASKED, "population": "us"}), "unknown-population", 404)


@pytest.mark.parametrize("dev", [False, True])
def test_who_has_no_token_with_the_scope_reserves_nothing_in_dev_mode_either(folder, caller_of, dev):
    call = served(folder, caller_of, dev=dev)
    unnamed = refused(post(call, RESERVE, ASKED, {}), "unauthenticated", 401)
    assert "Bearer" in unnamed["detail"]
    reader = bearer(scopes=frozenset({tokens.READ, tokens.ACT_AS}))
    for path, body in ((RESERVE, ASKED), (COMMIT.format("run-1"), {"artefact": None})):
        said = post(call, path, body, reader)
        refused(said, "insufficient-scope", 403)
        assert 'scope="privacy:reserve"' in said.headers["www-authenticate"]
    assert call("GET", "/v1/privacy/budgets/kr", headers=reader).status_code == 403
    assert Ledger.open(folder, clock).spends("kr") == ()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"spend": "*"}, "/spend"),
        ({"spend": "x" * 129}, "/spend"),
        ({"population": "a b"}, "/population"),
        ({"purpose": ""}, "/purpose"),
        ({"purpose": "two\nlines"}, "/purpose"),
        ({"mechanism": {"mechanism": "gaussian", "noise": 4.2}}, "/mechanism"),
        ({"mechanism": {"mechanism": "gaussian", "noise": "0"}}, "/mechanism"),
        ({"mechanism": {"mechanism": "secret-mechanism"}}, "/mechanism"),
        ({"mechanism": "gaussian"}, "/mechanism"),
        ({"delta": "1"}, "/delta"),
        ({"delta": "secret"}, "/delta"),
        ({"delta": 0.1}, "/delta"),
        ({"delta": "0.01", "units": 100}, "/delta"),
        ({"units": -1}, "/units"),
        ({"units": True}, "/units"),
        ({"people": []}, "/people"),
        ({"people": ["a", 1]}, "/people/1"),
        ({"people": ["x" * 401]}, "/people/0"),
        ({"requester": "secret-name"}, ""),
    ],
)
def test_a_body_that_is_not_right_is_refused_with_a_pointer_and_without_what_was_sent(call, folder, change, pointer):
    said = refused(post(call, RESERVE, {**ASKED, **change}), "unprocessable", 422)
    assert said["errors"][0]["pointer"] == pointer
    assert "secret" not in json.dumps(said)
    assert Ledger.open(folder, clock).spends("kr") == ()


def test_what_is_missing_or_no_strict_json_is_refused(call):
    for name in ASKED:
        said = refused(post(call, RESERVE, {key: value for key, value in ASKED.items() if key != name}),
                       "unprocessable", 422)  # fmt: skip
        assert said["errors"][0]["pointer"] == f"/{name}"
    refused(post(call, RESERVE, b'{"spend": "a", "spend": "b"}'), "malformed-body", 400)
    refused(post(call, RESERVE, b"[NaN]"), "malformed-body", 400)
    plain = {**bearer(), "content-type": "text/plain"}
    refused(post(call, RESERVE, ASKED, plain), "unsupported-media-type", 415)
    refused(post(call, RESERVE, b" " * (LEDGER_BODY + 1)), "too-large", 413)
    refused(post(call, COMMIT.format("run-1"), {"artefact": "A" * 64}), "unprocessable", 422)
    refused(call("GET", "/v1/privacy/other"), "not-found", 404)
    refused(call("GET", RESERVE), "method-not-allowed", 405)


def test_people_are_known_again_and_neither_entry_nor_refusal_says_how_many(call, folder):
    open_budget(Ledger.open(folder, clock), "copy", terms())
    people = [f"c{at}" for at in range(321)]
    index = post(call, RESERVE, {**ASKED, "people": people}).json()["index"]
    assert Ledger.open(folder, clock).entry(index).body.dataset.units == 0
    stated = {**ASKED, "spend": "run-2", "people": people, "units": 300}
    index = post(call, RESERVE, stated).json()["index"]
    assert Ledger.open(folder, clock).entry(index).body.dataset.units == 300


def answer_of(call, spend, people):
    """What a caller is told, but for what is of this very entry."""
    found = post(call, RESERVE, {**ASKED, "spend": spend, "population": "copy", "people": people, "mechanism": SMALL})
    told = found.json()
    return found.status_code, tuple(told), told["population"], len(told["checkpoint"].splitlines())


SMALL = {**ONE, "epsilon": "0.1"}


def test_no_caller_learns_whether_an_id_was_used_elsewhere_and_the_keeper_does(call, folder):
    """The very same answer for one known person, one unknown, many of both; by the balance and by the commit, too."""
    open_budget(Ledger.open(folder, clock), "copy", terms())
    people = [f"c{at}" for at in range(40)]
    post(call, RESERVE, {**ASKED, "people": people})
    asked = {"known": people[:1], "unknown": ["nobody-else"], "all": people, "both": [*people, "x1"]}
    told = {answer_of(call, spend, named) for spend, named in asked.items()}
    assert len(told) == 1
    commits = {post(call, COMMIT.format(spend), {"artefact": "a" * 64}).status_code for spend in asked}
    assert commits == {200}
    kept = Ledger.open(folder, clock)
    found = {one.body.spend: (one.population, others) for one, others in kept.overlaps()}
    assert found == dict.fromkeys(("known", "all", "both"), ("copy", ("kr",)))
    assert verify(kept.exported().encode(), kept.verifier).ok
    assert b'"kr"' not in b"".join(line for line in kept.exported().entries if b'"copy"' in line)


def test_who_is_named_over_http_becomes_nobody_of_a_second_population(call, folder):
    """Else a caller could have the owner of the first one refused."""
    open_budget(Ledger.open(folder, clock), "copy", terms())
    kept = Ledger.open(folder, clock)
    reserve(kept, "first", m.declared("0.5"), dataset=kept.dataset(["ann"]))
    answer_of(call, "probe", ["ann", "eve"])
    kept = Ledger.open(folder, clock)
    reserve(kept, "second", m.declared("0.5"), dataset=kept.dataset(["ann"]))
    with pytest.raises(KnownPeople):
        reserve(kept, "third", m.declared("0.5"), dataset=kept.dataset(["eve"]))


@pytest.mark.parametrize("change", [
    "DELETE FROM overlap", "UPDATE overlap SET population = 'us'", "INSERT INTO overlap VALUES (3, 'us')",
    "INSERT INTO overlap VALUES (1, 'us')",
])  # fmt: skip
def test_an_overlap_that_was_taken_out_put_in_or_changed_by_hand_is_found(call, folder, change):
    open_budget(Ledger.open(folder, clock), "copy", terms())
    post(call, RESERVE, {**ASKED, "people": ["ann"]})
    answer_of(call, "probe", ["ann", "eve"])
    guards = [f"overlap_keeps_what_it_has_{action}" for action in ("update", "delete")]
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        for name in guards:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(change)
        for name in guards:
            db.execute(ledger_tables._GUARDS[name])
    db.close()
    opened = Ledger.open(folder, clock)
    with pytest.raises(ledger_tables.Damaged):
        opened.overlaps()
    with pytest.raises(ledger_tables.Damaged):
        reserve(opened, "later", dataset=opened.dataset(["dan"]))


def test_a_ledger_that_is_not_what_was_signed_grants_nothing_until_it_is_again(call, folder):
    post(call, RESERVE, ASKED)
    signer = folder / "signer.json"
    good = signer.read_bytes()
    signer.write_bytes(good.replace(b'"size":3', b'"size":9'))
    assert signer.read_bytes() != good
    for _ in range(2):
        refused(post(call, RESERVE, {**ASKED, "spend": "run-2"}), "ledger-unavailable", 503)
    assert call("GET", "/readyz").json()["checks"]["ledger"] is False
    signer.write_bytes(good)
    assert post(call, RESERVE, {**ASKED, "spend": "run-2"}).status_code == 200
    assert call("GET", "/readyz").json() == {"ready": True, "checks": {"ledger": True, "staying": True}, "degraded": []}


def test_two_services_on_one_ledger_grant_exactly_the_cap(folder, caller_of):
    """Each service has a ledger of its own, as two processes have."""
    desks = [desk_of(folder) for _ in range(2)]
    small = {**ONE, "epsilon": "0.25"}

    def ask(number):
        asked = {**ASKED, "spend": f"run-{number}", "mechanism": small}
        return post(served(folder, caller_of, desk=desks[number % 2]), RESERVE, asked).json()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(20)))
    granted = [one for one in found if "index" in one]
    kept = Ledger.open(folder, clock)
    assert (len(granted), kept.status("kr").spent, len({one["index"] for one in granted})) == (12, 3, 12)
    assert {one["status"] for one in found if "index" not in one} == {409}
    assert verify(kept.exported().encode(), kept.verifier).ok


def test_one_request_made_by_many_at_once_is_one_spend(folder, caller_of):
    desks = [desk_of(folder) for _ in range(2)]
    calls = [served(folder, caller_of, desk=desks[number % 2]) for number in range(6)]  # a loop of events each
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda call: post(call, RESERVE, ASKED).text, calls))
    assert len(set(found)) == 1
    assert Ledger.open(folder, clock).status("kr").spent == 1


def test_the_committed_openapi_document_is_the_one_the_application_produces(call):
    committed = json.loads((Path(__file__).parents[3] / "docs" / "openapi-ledger.json").read_text(encoding="utf-8"))
    said = "run: python -m serving.http.openapi ledger > docs/openapi-ledger.json"
    assert call("GET", "/v1/openapi.json").json() == committed, said
    codes = {path: set(one["post"]["responses"]) for path, one in committed["paths"].items() if "post" in one}
    assert {"401", "403", "404", "409", "422", "503"} <= codes["/v1/privacy/reservations"]


def test_a_small_body_that_takes_minutes_to_price_is_refused_unpriced(call, folder, monkeypatch):
    monkeypatch.setattr("privacy.accounting.accountant.price", lambda *_: pytest.fail("it was priced"))
    parts = [m.gaussian_sgd(str(40 + part), "0.001", 50 + part).to_document() for part in range(200)]
    heavy = {"mechanism": "composed", "of": parts}
    told = refused(post(call, RESERVE, {**ASKED, "mechanism": heavy}), "unprocessable", 422)
    assert "weighs at most 400" in json.dumps(told)
    steps = {**m.gaussian_sgd("60", "0.0001", 1).to_document(), "count": 10_000_000}
    told = refused(post(call, RESERVE, {**ASKED, "mechanism": steps}), "unprocessable", 422)
    assert "1000000 steps" in json.dumps(told)
    assert len(Ledger.open(folder, clock).exported().entries) == 2
