"""A list for people who bring offers in person: whole, in order, and nothing in it that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
import json

import pytest

from features.log.database import Database
from serving.proactive.contact_list import COLUMNS, to_bring, written
from serving.proactive.offer_book import KeptMessage
from tests.recommender.contact.policies import NOTICE
from tests.serving.proactive.deployments import Deployment, born


def message(title, citizen="ann", **more):
    body = {"made": "2026-11-01T03:00:00Z", "offers": [{"programme": "p", "title": {"ko": title}, **more}]}
    return KeptMessage("msg_1", citizen, "offers", "caseworker", 1, urgent=False, body=json.dumps(body))


def test_a_cell_that_a_spreadsheet_would_compute_is_text():
    text = written([message('=HYPERLINK("http://evil")', "+82-10")], "csv")
    row = next(iter(csv.DictReader(io.StringIO(text))))
    assert row["title"].startswith("'=")
    assert row["citizen"] == "'+82-10"
    assert tuple(row) == COLUMNS


def test_a_withdrawal_is_listed_with_what_it_says():
    body = {
        "made": "2026-11-01T03:00:00Z",
        "offers": [{"programme": "p", "reason": "excluded", "text": {"en": "gone"}}],
    }
    kept = KeptMessage("msg_1", "ann", "withdrawal", "caseworker", 1, urgent=False, body=json.dumps(body))
    row = next(iter(csv.DictReader(io.StringIO(written([kept], "csv", "en")))))
    assert (row["title"], row["standing"], row["closes"]) == ("gone", "excluded", "")
    assert json.loads(written([kept], "json"))["messages"] == [body]


@pytest.mark.parametrize("purpose", [NOTICE, f"{NOTICE}:caseworker", "eligibility"])
def test_whoever_took_back_what_allowed_it_is_on_no_list(tmp_path, real_engine, purpose):
    database = Database(f"sqlite:///{tmp_path}/events.db")
    town = Deployment(database, real_engine)
    for who in ("ann", "bob"):
        town.settle(who, NOTICE, f"{NOTICE}:caseworker")
        town.tell(born(town, who, f"child of {who}"))
    town.step()
    town.now += 60
    town.tell(town.event("ann", "consent.withdrawn", {"purpose": purpose}, ago=1))
    for _ in range(2):
        listed = to_bring(town.stores, "caseworker", town.now, town.worker.watch)
        assert [one.citizen for one in listed] == ["bob"]
    assert town.states("ann")["t.baby"] == "due"
    database.close()
