from __future__ import annotations

from features.log.event import Event
from features.snapshot import from_facts
from features.value import UNKNOWN
from recommender.rules.receipt import receipts_of_events, receipts_of_facts, unknown_receipts
from tests.recommender.catalogues import AT, DECLARATION, document, loaded

HELD = loaded(document("t.allowance", {"all": []}, formerly=["t.old"], excludes=["gov24.1"]))


def told(named):
    return [str(problem) for problem in unknown_receipts(named, HELD)]


def test_a_receipt_of_what_no_catalogue_knows_is_told_with_the_nearest_id():
    facts = {"age": 3, "receives.t.allowence": True, "receives.t.allowance": False, "receives.t.old": True}
    (problem,) = told(receipts_of_facts(facts, ("f.json",)))
    what = "'t.allowence' is not a programme of this catalogue (did you mean t.allowance?)"
    assert problem.startswith(f"f.json: receives.t.allowence: {what}")


def test_what_is_imported_need_not_be_in_the_catalogue():
    assert told(receipts_of_facts({"receives.gov24.7": True, "receives.youth.7": True}, ("f.json",))) == []


def test_events_name_programmes_by_what_happens_to_them_and_by_what_is_stated():
    granted = Event("1", "s", "c", "benefit.granted", 0, 0, {"programme": "t.allowanse"})
    stated = Event("2", "s", "c", "fact.stated", 0, 0, {"receives.t.x": True, "age": 4})
    moved = Event("3", "s", "c", "life.moved", 0, 0, {"region": "11"})
    found = told(receipts_of_events([granted, stated, moved], ("e.ndjson",)))
    assert [one.partition(" is not")[0] for one in found] == [
        "e.ndjson: 1.data.programme: 't.allowanse'", "e.ndjson: 2.data.receives.t.x: 't.x'",
    ]  # fmt: skip


def test_a_rule_about_a_renamed_programme_hears_of_the_receipt_of_its_former_id():
    held = loaded(
        document("t.new", {"all": []}, formerly=["t.old"]), document("t.b", {"fact": "receives.t.new", "is": True})
    )
    assert held.receipts == (("t.new", "t.old"),)
    for facts, wanted in (
        ({"receives.t.old": True}, 1), ({"receives.t.old": False}, 0), ({"receives.t.new": True}, 1), ({}, UNKNOWN),
    ):  # fmt: skip
        assert from_facts(DECLARATION, facts, AT, held.receipts).value("receives.t.new") == wanted
