"""Whose word: what two people who lead back to the root approvers must sign, by the rules of version 2."""

import pytest

from features.problem import Rejected
from privacy import refusal
from privacy.accounting import mechanism as m
from privacy.ledger import approval, entry
from privacy.ledger.dataset import NO_SKETCH
from privacy.ledger.note import COSIGNATURE, Signer
from privacy.ledger.rules import decide
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, EntryType, read_statement
from privacy.ledger.verify import AuditTerms, verify
from tests.privacy.ledgers import ALICE, BOB, CAROL, DELTA, Forge, Forge2, fingerprint, ledger, rooted, signed

DAVE = Signer.generate("dave")
ROWS = {"fingerprint": fingerprint("people"), "rows": fingerprint("rows")}


def replayed(forge: Forge) -> LedgerState:
    state = LedgerState()
    for line in forge.lines:
        one = entry.parse(line)
        state.apply(decide(state, one), one)
    return state


def refused(forge: Forge, kind: type[Rejected], match: str) -> None:
    """The last entry is refused by name, by the writer's rules and by the auditor at its index."""
    verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False)
    assert (verdict.ok, verdict.first_bad_index) == (False, len(forge.lines) - 1)
    last = entry.parse(forge.lines[-1])
    forge.lines.pop()
    with pytest.raises(kind, match=match):
        decide(replayed(forge), last)


def accepted(forge: Forge, *approvers: Signer) -> None:
    known = [one.verifier() for one in approvers] or None
    verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False, asked=AuditTerms(approvers=known))
    assert verdict.findings == ()


def change(forge: Forge, how: str, signer: Signer, role: str, *signers: Signer, population: str = "kr") -> None:
    kind = COSIGNATURE if role == "witness" else 1
    forge.key(how, signer.verifier(kind).text(), role, population, *(signers or (ALICE, BOB)))


def scratch() -> Forge2:
    """Beside kr, a budget that one operator opened for synthetic people with two keys of his own."""
    forge = rooted()
    keys = [CAROL.verifier().text(), DAVE.verifier().text()]
    body = {"approvers": keys, "delta": DELTA, "epsilon": "1000", "period": "2026"}
    body |= {"relation": "add_or_remove_one", "unit": "person", "units": 0}
    forge.add(EntryType.INIT, body, "synthetic-scratch")
    return forge


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_budget_of_people_who_may_be_real_is_opened_by_two_root_approvers():
    accepted(rooted(), ALICE, BOB)
    for signers in ((ALICE,), (ALICE, ALICE), (ALICE, CAROL), (CAROL, DAVE)):
        forge = Forge2(ALICE, BOB)
        forge.open("3", "kr", *signers)
        refused(forge, refusal.NotApproved, "signature")


def test_nobody_opens_a_budget_of_real_people_at_once():
    forge = Forge2(ALICE, BOB)
    forge.init("3", "scratch")
    refused(forge, refusal.NotApproved, "nobody signed for it")


def test_a_budget_of_synthetic_people_is_opened_at_once_and_claims_nobody():
    forge = scratch()
    accepted(forge)
    dataset = {"fingerprint": fingerprint("x"), "sketch": fingerprint("y"), "units": 0}
    forge.reserve("claim", population="synthetic-scratch", dataset=dataset)
    refused(forge, refusal.KnownPeople, "synthetic people")
    forge = scratch()
    forge.reserve("fine", population="synthetic-scratch", dataset={**dataset, "sketch": NO_SKETCH})
    accepted(forge)
    forge = Forge2(ALICE, BOB)
    forge.open("3", "synthetic-kr")
    refused(forge, refusal.NotApproved, "synthetic")


def test_a_ledger_that_began_with_synthetic_people_names_root_approvers_once():
    forge, mine = Forge2(), [ALICE.verifier().text(), BOB.verifier().text()]
    forge.open("3", "kr")
    refused(forge, refusal.NotApproved, "not enrolled")
    forge = Forge2()
    forge.open("3", "kr", roots=mine)
    accepted(forge, ALICE, BOB)
    forge.open("3", "jp", CAROL, DAVE, roots=[CAROL.verifier().text(), DAVE.verifier().text()])
    refused(forge, refusal.NotApproved, "a second time")


def test_a_delta_that_no_accountant_can_price_opens_nothing():
    forge = Forge2(ALICE, BOB)
    forge.open("3", delta="0.000000000000000001")
    refused(forge, refusal.Refused, "no training can be priced")


def test_two_approvers_are_two_names_and_two_keys():
    other = Signer("alice", DAVE.private).verifier().text()
    shouted = Signer("ALICE", DAVE.private).verifier().text()
    again = Signer("dave", ALICE.private).verifier().text()
    for second in (other, shouted, again):
        forge = Forge2(ALICE, BOB)
        forge.open("3", approvers=[ALICE.verifier().text(), second])
        refused(forge, refusal.NotApproved, "names an approver twice")
    with pytest.raises(refusal.NotApproved, match="twice"):
        replayed(Forge2(ALICE, Signer("alice", DAVE.private)))
    with pytest.raises(refusal.NotApproved, match="two root approvers"):
        replayed(Forge2(ALICE))


# --- what an auditor pins --------------------------------------------------------------------------------------------


def test_an_auditor_who_holds_other_keys_is_told_whose_word_the_ledger_goes_by():
    forge = rooted()
    for known, what in (((ALICE, CAROL), "the root approver bob"), ((CAROL, DAVE), "the root approver alice")):
        keys = [one.verifier() for one in known]
        verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False, asked=AuditTerms(approvers=keys))
        assert (verdict.first_bad_index, what in str(verdict.findings[0])) == (0, True)
    assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).roots == ("alice", "bob")


def test_a_ledger_of_version_1_verifies_and_is_told_to_lead_back_to_nobody():
    forge = Forge()
    forge.init("3")
    accepted(forge)
    asked = AuditTerms(approvers=[ALICE.verifier(), BOB.verifier()])
    found = verify(forge.bytes(), forge.signer.verifier(), epsilons=False, asked=asked).findings
    assert [one.index for one in found] == [None, 1]


def test_a_ledger_never_goes_back_to_the_rules_of_an_earlier_version():
    forge = rooted()
    forge.version = 1
    forge.reserve("old")
    refused(forge, refusal.Refused, "earlier version")


def test_a_ledger_of_version_1_goes_on_by_the_rules_of_version_2():
    forge = Forge()
    forge.init("3")
    forge.__class__, forge.roots = Forge2, []
    forge.reserve("a")
    forge.commit("a", m.declared("0.5"))
    refused(forge, refusal.TooMuch, "another mechanism")


# --- statements ------------------------------------------------------------------------------------------------------


def test_signatures_are_void_after_many_entries_or_in_a_later_period_or_on_another_history(monkeypatch):
    monkeypatch.setattr(approval, "MOST_LATER", 3)
    for later, spoil, why in (
        (4, {}, "4 entries ago"),
        (1, {"head": "0" * 64}, "another history"),
        (1, {"size": 99}, "entries ago"),
        (1, {"format": "proffer-approval-1"}, "another version"),
    ):
        forge = rooted()
        statement = forge.statement("raise", {"epsilon": "9"}) | spoil
        for number in range(later):
            forge.reserve(f"run-{number}", m.declared("0.1"))
        forge.add(EntryType.RAISE, {"signatures": signed(statement, ALICE, BOB), "statement": statement})
        refused(forge, refusal.NotApproved, why)
    forge = rooted()
    statement = forge.statement("raise", {"epsilon": "9"})
    forge.approved("reset", {"epsilon": "4", "period": "2027"})
    forge.add(EntryType.RAISE, {"signatures": signed(statement, ALICE, BOB), "statement": statement})
    refused(forge, refusal.NotApproved, "earlier period")


def test_a_statement_drafted_a_little_earlier_still_counts():
    forge = rooted()
    statement = forge.statement("raise", {"epsilon": "9"})
    forge.reserve("run")
    forge.add(EntryType.RAISE, {"signatures": signed(statement, ALICE, BOB), "statement": statement})
    accepted(forge)


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_second_key_of_an_enrolled_name_is_no_second_person():
    forge = rooted()
    change(forge, "enrol", Signer("Alice", DAVE.private), "approver")
    refused(forge, refusal.NotApproved, "not two people")


def test_a_revoked_key_never_counts_again_nor_does_what_it_signed_before():
    forge = rooted()
    change(forge, "enrol", CAROL, "approver")
    statement = forge.statement("raise", {"epsilon": "9"})
    before = {"signatures": signed(statement, ALICE, BOB), "statement": statement}
    change(forge, "revoke", ALICE, "approver", BOB, CAROL)
    forge.add(EntryType.RAISE, before)
    refused(forge, refusal.NotApproved, "not enrolled, or was revoked")
    for name in ("alice", "alice-again"):
        forge = rooted()
        change(forge, "enrol", CAROL, "approver")
        change(forge, "revoke", ALICE, "approver", BOB, CAROL)
        change(forge, "enrol", Signer(name, ALICE.private), "approver", BOB, CAROL)
        refused(forge, refusal.NotApproved, "never counts again")
    forge = rooted()
    change(forge, "enrol", CAROL, "approver")
    change(forge, "revoke", ALICE, "approver", BOB, CAROL)
    forge.open("3", "jp")
    refused(forge, refusal.NotApproved, "revoked")


def test_root_approvers_change_by_two_of_them_and_never_fall_below_two():
    forge = rooted()
    change(forge, "enrol", CAROL, "root", population=EVERYBODY)
    change(forge, "revoke", ALICE, "root", BOB, CAROL, population=EVERYBODY)
    accepted(forge, ALICE, BOB)
    assert {one.name for one in replayed(forge).roots.values()} == {"bob", "carol"}
    change(forge, "revoke", BOB, "root", BOB, CAROL, population=EVERYBODY)
    refused(forge, refusal.NotApproved, "fewer than two")
    forge = rooted()
    change(forge, "enrol", CAROL, "root")
    refused(forge, refusal.UnknownLedgerKey, "root approver")
    forge = scratch()
    change(forge, "enrol", DAVE, "root", CAROL, DAVE, population=EVERYBODY)
    refused(forge, refusal.NotApproved, "not enrolled")


def test_a_witness_is_revoked_only_by_those_who_enrolled_it_or_by_root_approvers():
    forge = scratch()
    change(forge, "enrol", CAROL, "witness")
    change(forge, "revoke", CAROL, "witness", CAROL, DAVE, population="synthetic-scratch")
    refused(forge, refusal.NotApproved, "by the word of nobody")
    forge = rooted()
    forge.open("3", "jp", approvers=[CAROL.verifier().text(), DAVE.verifier().text()])
    change(forge, "enrol", CAROL, "witness")
    change(forge, "revoke", CAROL, "witness", CAROL, DAVE, population="jp")
    refused(forge, refusal.UnknownLedgerKey, "cannot revoke")
    forge = rooted()
    change(forge, "enrol", CAROL, "witness")
    change(forge, "revoke", CAROL, "witness", population=EVERYBODY)
    accepted(forge)


# --- public rows and exact fits --------------------------------------------------------------------------------------


def test_rows_are_public_by_the_word_of_their_own_population_and_as_these_rows():
    forge = rooted()
    forge.open("3", "jp", approvers=[CAROL.verifier().text(), DAVE.verifier().text()])
    forge.approved("public", ROWS, CAROL, DAVE, population="jp")
    forge.add(EntryType.EXACT, {**ROWS, "learner": "lightgbm", "requester": "office", "spend": "exact-1"})
    refused(forge, refusal.NotApproved, "did not call public")
    forge = rooted()
    forge.approved("public", {"fingerprint": ROWS["fingerprint"]})
    refused(forge, refusal.NotApproved, "does not name the rows")
    forge = scratch()
    forge.approved("public", ROWS, CAROL, DAVE, population="kr")
    refused(forge, refusal.NotApproved, "not enrolled")


def test_an_exact_fit_is_an_entry_of_infinite_epsilon_that_no_balance_hides():
    forge = rooted()
    forge.approved("public", ROWS)
    exact = {**ROWS, "learner": "lightgbm", "requester": "office", "spend": "exact-1"}
    forge.add(EntryType.EXACT, exact)
    accepted(forge)
    balance = replayed(forge).balance("kr").to_document()
    assert (balance["lifetime"], balance["exact_fits"]) == ("infinity", 1)
    forge.add(EntryType.EXACT, exact)
    refused(forge, refusal.Conflict, "another spend")
    forge.reserve("exact-1")
    refused(forge, refusal.Conflict, "another spend")
    forge = rooted()
    forge.approved("public", ROWS)
    forge.add(EntryType.EXACT, {**exact, "rows": fingerprint("later rows")})
    refused(forge, refusal.NotApproved, "did not call public")


# --- commits ---------------------------------------------------------------------------------------------------------


def test_one_person_gives_nothing_back():
    run = m.repeated(m.gaussian("2.5"), 10)
    price = {"pld": "5", "prv": "5", "rdp": "6"}
    for ran in (m.repeated(m.gaussian("1000000"), 10), m.gaussian("1000000"), m.declared("0.000001")):
        forge = rooted("9")
        forge.reserve("a", run.to_document(), epsilon="5", price=price)
        forge.commit("a", ran)
        refused(forge, refusal.TooMuch, "another mechanism")


def test_fewer_steps_are_recorded_and_the_full_price_stays():
    forge = rooted("9")
    ten, five = (m.repeated(m.laplace("2"), steps) for steps in (10, 5))
    forge.reserve("a", ten.to_document(), epsilon="5", price={"pld": "4", "prv": None, "rdp": "5"})
    forge.commit("a", five)
    accepted(forge)
    assert replayed(forge).spend("a").mechanism == ten


def test_a_commit_says_what_was_released():
    forge = rooted()
    forge.reserve("a")
    Forge.commit(forge, "a")
    refused(forge, refusal.Refused, "what was released")
    for artefact in ("b" * 64, None):
        forge = rooted()
        forge.reserve("a")
        forge.commit("a", artefact=artefact)
        accepted(forge)
        assert entry.parse(forge.lines[-1]).body.artefact == artefact
    forge = Forge()
    forge.init("3")
    forge.reserve("a")
    Forge2.commit(forge, "a")
    refused(forge, refusal.Refused, "version 1 does not")


@pytest.mark.parametrize("word", ["fine\x1b[2J", "a\u202eb", "a\nb", "a\u200bb", "a\x9b1Ab"])
@pytest.mark.parametrize("place", ["reason", "key"])
def test_a_draft_that_a_screen_would_show_otherwise_is_signed_and_entered_by_nobody(folder, word, place):
    """An operator who writes a draft by hand could hide from approvers what they sign."""
    made = ledger(folder)
    what = {"change": "enrol", "key": CAROL.verifier().text(), "role": "approver", "reason": "because"}
    statement = made.draft("key", "kr", what)
    if place == "reason":
        statement["what"]["reason"] = word
    else:
        statement["what"]["key"] = word.replace("\n", "\x1b") + statement["what"]["key"]
    with pytest.raises(Rejected, match="does not print"):
        read_statement(statement)
    with pytest.raises(Rejected, match="does not print"):
        made.approved(statement, signed(statement, ALICE, BOB))
