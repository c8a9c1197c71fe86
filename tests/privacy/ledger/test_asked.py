"""Who asks for a spend signs for it, a spend says what it is part of, and an audit is an entry: from version 3 on."""

import json

import pytest

from privacy.accounting.canonical import NotCanonical, canonical
from privacy.ledger.entry import parse
from privacy.ledger.ledger import Ledger, SpendTerms
from privacy.ledger.note import Signature, Signer
from privacy.ledger.recorded_audits import audits, worst
from privacy.ledger.repricing import MOST_CLAIMS
from privacy.ledger.rules import decide
from privacy.ledger.spend_report import uses
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, EntryType
from privacy.ledger.verify import verify
from privacy.refusal import NotApproved
from tests.privacy.ledgers import (
    ALICE,
    BOB,
    CAROL,
    DELTA,
    NOBODY,
    ONE,
    Forge3,
    Forge4,
    Forge5,
    Forge6,
    approve,
    clock,
    ledger,
    reserve,
)

DAN = Signer.generate("dan")
SEEN = {"correct": 60, "guesses": 100, "lower": "0.4"}
AUDIT = {"canaries": 1000, "confidence": "0.95", "delta": DELTA, "epsilon": "1", "mechanism": ONE.to_document()}
AUDIT |= {"model": SEEN, "software": "proffer 0", "steps": SEEN}


def signing(signer: Signer):
    return lambda text: {"key": signer.verifier().text(), "signature": signer.sign(text)}


def rooted3() -> Forge3:
    forge = Forge3(ALICE, BOB)
    forge.open("9")
    return forge


def whole(forge):
    return verify(forge.bytes(), forge.signer.verifier(), epsilons=False)


def test_a_spend_is_signed_by_who_asks_and_says_what_it_is_part_of(folder):
    made = ledger(folder)
    reserve(made, "train-1", run={"stage": "train", "why": "a ranker for November"}, sign=signing(DAN))
    body = Ledger.open(folder, clock).entry(2).body
    assert (body.run.stage, body.run.why, body.run.units_are) == ("train", "a ranker for November", "unknown")
    assert body.run.software.startswith("proffer ")
    assert body.request.key == DAN.verifier().text()
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok
    assert reserve(made, "train-1", run={"stage": "train"}, sign=signing(DAN)).index == 2  # the same request again


SAID = {"accountants": {"pld": None, "prv": None}, "by": "hand", "catalogue": "c" * 64, "declaration": "d" * 64}
SAID |= {"software": "x", "stage": "train", "units_are": "unknown", "why": "a ranker for November"}


@pytest.mark.parametrize(
    ("changed", "ok"),
    [({}, True), ({"why": "a ranker for December"}, False), ({"why": None}, False), ({"stage": "count"}, False),
     ({"declaration": None}, False), ({"catalogue": "e" * 64}, False), ({"units_are": "stated"}, False),
     ({"software": "y"}, True)],
)  # fmt: skip
def test_the_reason_is_in_what_who_asks_signs_from_version_5(changed, ok):
    forge = Forge5(ALICE, BOB)
    forge.open("9")
    forge.reserve("run-1", signer=DAN, run=SAID | changed, signed_run=SAID)
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (ok, None if ok else 2)


@pytest.mark.parametrize("changed", [{"purpose": "another"}, {"epsilon": "2"}, {"requester": "somebody else"}])
def test_a_signature_of_one_request_is_none_of_another(changed):
    forge = rooted3()
    forge.reserve("run-1", signer=DAN)
    assert whole(forge).ok
    forge.reserve("run-2", signer=DAN, **changed, changed_after=True)
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 3)
    assert "is not what dan signed" in str(verdict.findings[0])


def test_a_request_copied_to_another_spend_or_by_a_revoked_key_is_refused(folder):
    forge = rooted3()
    forge.reserve("run-1", signer=DAN)
    forge.reserve("run-2", request=parse(forge.lines[-1]).body.request)
    assert whole(forge).first_bad_index == 3
    made = ledger(folder)
    approve(made, "key", {"change": "enrol", "key": CAROL.verifier().text(), "role": "approver"})
    approve(made, "key", {"change": "revoke", "key": CAROL.verifier().text(), "role": "approver"})
    with pytest.raises(NotApproved, match="revoked"):
        reserve(made, "run-1", sign=signing(CAROL))


def test_a_use_shows_the_very_text_that_was_signed_and_whether_the_reason_is_in_it(folder):
    made = ledger(folder)
    reserve(made, "run-1", run={"why": "a ranker"}, sign=signing(DAN))
    signed = uses([parse(line) for line in made.exported().entries], made._state, "kr")[0]["signed"]
    assert json.loads(signed["text"])["run"]["why"] == "a ranker"
    assert DAN.verifier().holds(signed["text"], Signature.parse(signed["signature"]).content)
    assert (signed["name"], signed["enrolled"], signed["reason"]) == ("dan", False, True)
    forge = rooted3()
    forge.reserve("run-1", signer=DAN)
    state = LedgerState()
    for line in forge.lines:
        one = parse(line)
        state.apply(decide(state, one), one)
    old = uses(list(map(parse, forge.lines)), state, "kr")[0]["signed"]
    assert (old["reason"], "run" in json.loads(old["text"])) == (False, False)


def test_words_that_move_a_terminal_are_refused_in_a_reason(folder):
    made, asked = ledger(folder), SpendTerms(ONE, None, DELTA, "a test", "tester", run={"why": "a\u202ereason"})
    with pytest.raises(Exception, match="does not print"):
        made.reserve("kr", "run-1", asked, NOBODY)


def test_an_audit_is_an_entry_about_the_program_that_changes_no_balance(folder):
    made = ledger(folder)
    made.noted(EntryType.AUDIT, {name: value for name, value in AUDIT.items() if name != "software"})
    assert str(made.entry(2).body.lower) == "0.4"
    assert made.status("kr").spent == 0
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok


@pytest.mark.parametrize(
    ("changed", "population"),
    [({"confidence": "1"}, EVERYBODY), ({"steps": SEEN | {"correct": 101}}, EVERYBODY), ({"canaries": 9}, EVERYBODY),
     ({}, "kr")],
)  # fmt: skip
def test_an_audit_whose_figures_cannot_be_or_that_speaks_for_one_population_is_named(changed, population):
    forge = rooted3()
    forge.add(EntryType.AUDIT, AUDIT | changed, population)
    assert whole(forge).first_bad_index == 2


def test_what_version_3_adds_is_refused_in_an_entry_of_version_2():
    for kind, body in ((EntryType.AUDIT, AUDIT), (EntryType.RESERVE, None)):
        forge = rooted3()
        forge.reserve("run-1")
        line = forge.lines.pop()
        forge = rooted3()
        forge.version = 2
        if body is None:
            forge.add(kind, parse(line).body)
        else:
            forge.add(kind, body, EVERYBODY)
        assert whole(forge).first_bad_index == 2


def test_an_entry_with_an_unknown_field_of_a_run_is_none():
    forge = rooted3()
    forge.reserve("run-1")
    with pytest.raises(NotCanonical):
        parse(forge.lines[-1].replace(b'"why":null', b'"why":null,"zz":null'))


@pytest.mark.parametrize("name", ["alic\u0435", "alice\u200b", "\u0391lice", "ALICE", "\uff41lice", "a\u2060lice"])
def test_two_names_that_a_reader_takes_for_one_are_one_person(name):
    forge = Forge3(ALICE, Signer.generate(name))
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 0)
    assert "twice" in str(verdict.findings[0])
    enrolled = rooted3()
    key = Signer.generate(name).verifier().text()
    enrolled.key("enrol", key, "approver", "kr", ALICE, BOB)
    assert whole(enrolled).first_bad_index == 2


# --- audits are worked out again -------------------------------------------------------------------------------------

TRUE = {"correct": 60, "guesses": 100, "lower": "0"}
HIGH = {"correct": 95, "guesses": 100, "lower": "1.964"}


def audit(**changes) -> dict:
    return AUDIT | {"model": TRUE, "steps": TRUE} | changes


@pytest.mark.parametrize("observer", ["steps", "model"])
@pytest.mark.parametrize(
    ("seen", "ok"),
    [(TRUE, True), (HIGH, True), (HIGH | {"lower": "0.1"}, False), (HIGH | {"lower": "2.9"}, False),
     (TRUE | {"lower": "0.4"}, False)],
)  # fmt: skip
def test_what_an_audit_shows_is_worked_out_again_from_the_right_guesses_it_records(observer, seen, ok):
    forge = rooted3()
    forge.add(EntryType.AUDIT, audit(**{observer: seen}), EVERYBODY)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert (verdict.ok, verdict.first_bad_index) == (ok, None if ok else 2)
    assert ok or f"{seen['correct']} of 100 guesses right on 1000 canaries" in str(verdict.findings[0])


def test_more_canaries_than_anybody_runs_are_named_and_not_worked_out():
    forge = rooted3()
    many = {"correct": 2**52, "guesses": 2**53 - 1, "lower": "0"}
    forge.add(EntryType.AUDIT, audit(canaries=2**53 - 1, steps=many), EVERYBODY)
    assert "more canaries than are worked out" in str(verify(forge.bytes(), forge.signer.verifier()).findings[0])


@pytest.mark.parametrize("claimed", ["1", "1.05"])
def test_an_audit_may_claim_a_little_more_than_the_price_of_what_it_ran(claimed):
    forge = Forge6(ALICE, BOB)
    forge.open("9")
    forge.add(EntryType.AUDIT, audit(epsilon=claimed, steps=HIGH), EVERYBODY)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert verdict.ok
    assert verdict.worst_audit["refuted"]  # in order, and refuted: both are told


@pytest.mark.parametrize("claimed", ["100", "1.06", "0.99", "0.01"])
def test_an_audit_that_claims_another_price_is_named_so_that_no_claim_hides_what_it_shows(claimed):
    forges = Forge5(ALICE, BOB), Forge6(ALICE, BOB)
    for forge in forges:
        forge.open("9")
        forge.add(EntryType.AUDIT, audit(epsilon=claimed), EVERYBODY)
    earlier, later = (verify(forge.bytes(), forge.signer.verifier()) for forge in forges)
    assert earlier.ok
    assert later.first_bad_index == 2
    assert f"claims epsilon {claimed} of a mechanism whose price is 1" in str(later.findings[0])


def test_no_more_kinds_of_audited_mechanisms_are_priced_again_than_end_in_time():
    forge = Forge6(ALICE, BOB)
    forge.open("9")
    for number in range(MOST_CLAIMS + 1):
        declared = ONE.to_document() | {"epsilon": f"1.{number:02}1"}
        forge.add(EntryType.AUDIT, audit(epsilon=declared["epsilon"], mechanism=declared), EVERYBODY)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert verdict.first_bad_index == MOST_CLAIMS + 2
    assert "one more mechanism than are priced again" in str(verdict.findings[0])


def test_an_audit_that_claims_nothing_is_refused_and_one_of_version_3_is_reported_as_the_worst():
    forge = Forge4(ALICE, BOB)
    forge.open("9")
    forge.add(EntryType.AUDIT, audit(epsilon="0"), EVERYBODY)
    assert whole(forge).first_bad_index == 2
    forge = rooted3()
    for claimed in ("1", "0", "8"):
        forge.add(EntryType.AUDIT, audit(epsilon=claimed), EVERYBODY)
    assert whole(forge).ok
    assert worst(audits([parse(line) for line in forge.lines]))["claimed"] == "0"


@pytest.mark.parametrize(
    ("changed", "ok"),
    [({}, True), ({"confidence": "0.5"}, True), ({"confidence": "0.999"}, True), ({"confidence": "0.9991"}, False),
     ({"confidence": "0.99999999999999999999"}, False), ({"confidence": "0.49"}, False), ({"delta": "0.9"}, False),
     ({"delta": "0.001"}, False), ({"delta": "0.000999"}, True)],
)  # fmt: skip
def test_no_confidence_and_no_delta_hides_what_an_audit_shows(changed, ok):
    forge = Forge4(ALICE, BOB)
    forge.open("9")
    forge.add(EntryType.AUDIT, audit(**changed), EVERYBODY)
    assert whole(forge).first_bad_index == (None if ok else 2)


@pytest.mark.parametrize("decoy", [("0.0001", "0.001"), ("0.0001", "0"), ("1", "1.1")])
@pytest.mark.parametrize("telling", [("1", "2.3"), ("4", "4.5")])
def test_an_audit_of_a_tiny_claim_does_not_stand_before_one_that_shows_more(decoy, telling):
    forge = rooted3()
    for claimed, lower in (decoy, telling):
        seen = {"correct": 60, "guesses": 100, "lower": lower}
        forge.add(EntryType.AUDIT, audit(epsilon=claimed, steps=seen), EVERYBODY)
    assert worst(audits([parse(line) for line in forge.lines]))["claimed"] == telling[0]


def test_where_no_claim_is_exceeded_the_audit_that_shows_the_most_is_told():
    forge = rooted3()
    for claimed, lower in (("0.5", "0.3"), ("1", "0.6"), ("0.1", "0")):
        seen = {"correct": 60, "guesses": 100, "lower": lower}
        forge.add(EntryType.AUDIT, audit(epsilon=claimed, steps=seen), EVERYBODY)
    assert worst(audits([parse(line) for line in forge.lines]))["claimed"] == "1"


# --- texts and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden", ["\x1b[2J", "\n", "\u202e", "\ufe0f", "\u3164", "\u034f", "\U000e0101", "\u2800", "\x7f"]
)
def test_an_entry_that_no_screen_shows_as_it_is_is_refused_from_version_4(hidden):
    forge = Forge4(ALICE, BOB)
    forge.open("9")
    forge.reserve("run-1", purpose='a "plain" ranker, ein Übergang')
    assert whole(forge).ok
    line = forge.lines[-1]
    with pytest.raises(NotCanonical, match="no screen shows"):
        parse(canonical({**json.loads(line), "body": json.loads(line)["body"] | {"purpose": f"a ranker{hidden}"}}))
    old = rooted3()
    line = json.loads(old.lines[-1])
    line["body"]["statement"]["what"]["reason"] = f"why{hidden}"
    assert parse(canonical(line)).version == 3


@pytest.mark.parametrize(
    ("one", "two"), [("Zoe", "\u0396oe"), ("hal", "\u0397al"), ("nora", "\u03b7ora"), ("vera", "\u03bdera")]
)
def test_greek_letters_that_are_drawn_as_latin_ones_make_no_second_person(one, two):
    forge = Forge4(Signer.generate(one), Signer.generate(two))
    assert (whole(forge).first_bad_index, "twice" in str(whole(forge).findings[0])) == (0, True)


# --- cohorts and records ---------------------------------------------------------------------------------------------

EAST = {"modulus": 2, "residues": [0], "salt": "s"}
PEOPLE = {"sketch": "d" * 64}


@pytest.mark.parametrize(
    ("unit", "dataset", "ok"),
    [("person", PEOPLE, True), ("person", {}, False), ("household", PEOPLE, False), ("household", {}, False)],
)
def test_a_cohort_is_of_persons_who_were_checked(unit, dataset, ok):
    forge = Forge4(ALICE, BOB)
    forge.open("9", unit=unit)
    forge.reserve("run-1", cohort=EAST, dataset=dataset)
    assert whole(forge).first_bad_index == (None if ok else 2)


@pytest.mark.parametrize(("forge_type", "counted", "ok"), [
    (Forge4, True, True), (Forge4, False, False), (Forge5, True, False), (Forge5, False, True),
])  # fmt: skip
def test_records_say_no_number_of_decisions_from_version_5(forge_type, counted, ok):
    forge = forge_type(ALICE, BOB)
    body = {"day": "2026-11-28", "root": "0" * 64, "software": "proffer 0"} | ({"decisions": 3} if counted else {})
    forge.add(EntryType.RECORDS, body, EVERYBODY)
    assert whole(forge).first_bad_index == (None if ok else 1)


@pytest.mark.parametrize(
    ("second", "ok"), [("2026-11-29", True), ("2026-11-28", False), ("2026-11-27", False), ("2025-12-31", False)]
)
def test_the_records_of_a_day_are_stated_once_and_in_the_order_of_days(second, ok):
    forge = Forge4(ALICE, BOB)
    for day in ("2026-11-28", second):
        forge.add(EntryType.RECORDS, {"day": day, "decisions": 3, "root": "0" * 64, "software": "proffer 0"}, EVERYBODY)
    assert whole(forge).first_bad_index == (None if ok else 2)
