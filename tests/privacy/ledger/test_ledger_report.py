"""The report says in plain words what was protected, how much was spent, who signed, and what is not promised."""

from decimal import Decimal

from privacy.accounting import mechanism as m
from privacy.ledger import entry, ledger_report
from tests.privacy.ledgers import ALICE, BOB, Forge, Forge3, fingerprint, lived
from tests.recommender.catalogues import MESSAGES


def document(forge: Forge) -> dict:
    lines = [entry.parse(line) for line in forge.lines]
    return ledger_report.document(lines, ledger_report.SeenBy("ab" * 32), MESSAGES.speaking("en"))


def test_it_says_what_was_spent_in_the_period_and_over_all_periods():
    (one,) = document(lived())["populations"]
    assert (one["spent"], one["lifetime"], one["left"], one["period"]) == ("1", "2", "3", "2027")
    assert one["promise"]["in_words"].endswith("at most 89 times in 100 with everything that was released.")
    assert [use["counts"] for use in one["uses"]] == [True, False, True]
    assert [point["spent"] for point in one["timeline"]] == ["0", "1", "1.5", "1", "1", "0", "1"]


def test_it_says_what_holds_for_households_that_were_used_apart_and_are_one_today():
    forges = Forge3(ALICE, BOB), Forge3(ALICE, BOB)
    for forge, unit in zip(forges, ("household", "person"), strict=True):
        forge.open("9", unit=unit)
        forge.reserve("run", m.gaussian("4.225"), price={"pld": "1", "prv": "1.005", "rdp": "1.1"}, epsilon="1.1")
        by_run = {"accountants": {"pld": None, "prv": None}, "catalogue": None, "declaration": None, "software": "x"}
        by_run |= {"stage": "train", "units_are": "unknown", "why": None}
        known = {"roll": fingerprint("roll"), "sketch": fingerprint("people")}
        forge.reserve(
            "again", m.gaussian("9"), price={"pld": "0.5", "prv": "0.5", "rdp": "1"}, dataset=known, run=by_run
        )
    households, persons = (document(forge)["populations"][0] for forge in forges)
    assert list(households["together"]) == ["2", "3", "4"]
    assert Decimal(households["lifetime"]) * 2 < Decimal(households["together"]["2"])
    assert [use["units_fixed"] for use in households["uses"]] == [False, True]
    assert [use["households"] for use in households["uses"]] == ["asker", "roll"]
    assert [use["households"] for use in persons["uses"]] == [None, None]
    assert households["unkept"] == 1
    assert persons["together"] is None


def test_it_says_who_signed_for_what_and_what_is_not_promised():
    found = document(lived())
    assert [one["did"] for one in found["approvals"]] == [
        "changed a key",
        "returned a spend",
        "raised the cap",
        "opened a new period",
    ]
    assert found["approvals"][1]["signed_by"] == ["alice", "bob"]
    assert any("rewrite" in line and "witness" in line for line in found["not_promised"])


def test_a_long_history_is_drawn_with_at_most_so_many_points():
    forge = Forge()
    forge.init("900")
    for i in range(200):
        forge.reserve(f"run-{i}", checkpoint=False)
    (one,) = document(forge)["populations"]
    assert len(one["timeline"]) <= ledger_report.MOST_POINTS + 2
    assert one["timeline"][-1]["spent"] == "200"


def test_an_infinite_spend_is_called_infinity():
    forge = Forge()
    forge.init("3")
    forge.reserve("raw", m.non_private(), price={"pld": None, "prv": None, "rdp": "1"})
    (one,) = document(forge)["populations"]
    assert (one["promise"]["epsilon"], one["promise"]["best_guess"]) == ("infinity", "1.0000")
