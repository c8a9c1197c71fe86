"""An auditor's check: every way in which a bundle can be false is found, and the first bad entry is named."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.accounting import accountant
from privacy.accounting import mechanism as m
from privacy.cohort import Cohort
from privacy.ledger import entry, merkle
from privacy.ledger.export import LedgerExport
from privacy.ledger.note import COSIGNATURE, ED25519, Checkpoint, Note, Signer
from privacy.ledger.terms import EVERYBODY
from privacy.ledger.verify import AuditTerms, verify
from tests.privacy.ledgers import ALICE, AT, BOB, CAROL, ONE, Forge, Forge2, Forge3

ROOT = Path(__file__).resolve().parents[3]
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


def lived(checkpoints: bool = True) -> Forge:
    forge = Forge()
    forge.init("4")
    for i in range(3):
        forge.reserve(f"run-{i}", checkpoint=checkpoints)
    forge.commit("run-0", checkpoint=checkpoints)
    forge.approved("raise", {"epsilon": "6"})
    return forge


FORGE = lived()
GOOD = FORGE.bytes()
KEY = FORGE.signer.verifier()


def check(content: bytes, key=KEY, **options):
    return verify(content, key, **options)


def whole(forge: Forge):
    return verify(forge.bytes(), forge.signer.verifier())


def test_a_true_bundle_is_in_order_and_says_what_is_left():
    verdict = check(GOOD)
    assert verdict.ok
    assert (verdict.entries, verdict.checkpoints, verdict.mechanisms, verdict.first_bad_index) == (7, 7, 1, None)
    (balance,) = verdict.balances
    assert (balance.cap, balance.spent, balance.left) == (6, 3, 3)
    assert LedgerExport.parse(GOOD).encode() == GOOD


FALSE = {
    "nothing": b"",
    "cut off": GOOD[: GOOD.index(b"\n\n", GOOD.index(b"\n\n") + 2)],
    "within a checkpoint": GOOD[:-90],
    "a number changed": GOOD.replace(b'"epsilon":"6"', b'"epsilon":"7"'),
    "a signature changed": re.sub(rb"(\n\n\xe2\x80\x94 test-log [^\n]{8})[^\n]", rb"\1/", GOOD, count=1),
    "not the first's number": GOOD.replace(b'"index":0', b'"index":1'),
    "another population": GOOD.replace(b'"population":"kr"', b'"population":"kp"'),
}


def test_a_verdict_is_a_document_with_amounts_as_decimal_strings():
    document = check(GOOD).to_document()
    (population,) = document.pop("populations")
    assert document.pop("root") == merkle.root_of(merkle.leaf_hashes(FORGE.lines)).hex()
    assert document == {
        "ok": True,
        "first_bad_index": None,
        "problems": [],
        "format": "proffer-ledger-1",
        "formats": ["proffer-ledger-1"],
        "entries": 7,
        "checkpoints": 7,
        "witnesses": [],
        "mechanisms": 1,
        "last_entry_at": AT,
        "cosigned_at": [],
        "root_approvers": [],
        "worst_audit": None,
    }
    assert {name: population[name] for name in ("population", "cap", "spent", "left", "lifetime", "delta")} == {
        "population": "kr",
        "cap": "6",
        "spent": "3",
        "left": "3",
        "lifetime": "3",
        "delta": "0.000001",
    }
    assert population["spends"] == {"reserved": 2, "committed": 1, "expired": 0, "released": 0}
    bad = check(FALSE["a number changed"]).to_document()
    assert (bad["ok"], bad["first_bad_index"], bad["populations"]) == (False, 6, [])
    assert bad["problems"][0]["index"] == 6


def owner(at: int) -> int | None:
    """Which entry a byte of the good bundle belongs to; None for the head and the checkpoints."""
    begin = GOOD.index(b"\n\n") + 2
    if not begin <= at < GOOD.index(b"\n\n", begin):
        return None
    return GOOD.count(b"\n", begin, at)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_found_and_its_entry_is_named(at, flip):
    changed = GOOD[:at] + bytes([GOOD[at] ^ flip]) + GOOD[at + 1 :]
    verdict = check(changed, epsilons=False)
    assert not verdict.ok
    if owner(at) is not None:
        assert verdict.first_bad_index == owner(at)


def test_every_byte_of_a_bundle_matters():
    unseen = []
    for at in range(0, len(GOOD), 1 if SOAK else 29):
        changed = GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]
        verdict = check(changed, epsilons=False)
        if verdict.ok or (owner(at) is not None and verdict.first_bad_index != owner(at)):
            unseen.append((at, verdict))
    assert unseen == []


@given(st.integers(0, len(GOOD) - 1))
def test_a_bundle_cut_off_anywhere_is_found(at):
    assert not check(GOOD[:at], epsilons=False).ok


def test_added_bytes_are_found():
    assert not check(GOOD + b"\n").ok
    assert not check(b"\n" + GOOD).ok
    assert not check(b"").ok


def rebuilt(change, notes=None) -> bytes:
    lines = list(FORGE.lines)
    change(lines)
    return LedgerExport(tuple(lines), tuple(FORGE.notes if notes is None else notes)).encode()


def test_two_exchanged_entries_are_named():
    def exchange(lines):
        lines[2], lines[3] = lines[3], lines[2]

    assert check(rebuilt(exchange)).first_bad_index == 2


def test_an_entry_taken_out_or_repeated_is_named():
    assert check(rebuilt(lambda lines: lines.pop(3))).first_bad_index == 3
    assert check(rebuilt(lambda lines: lines.insert(3, lines[2]))).first_bad_index == 3


def test_entries_cut_from_the_end_are_found_even_with_their_checkpoints_gone_if_one_was_kept():
    cut = rebuilt(lambda lines: lines.pop(), FORGE.notes[:-1])
    assert check(cut).ok
    verdict = check(cut, retained=[FORGE.notes[-1]])
    assert verdict.first_bad_index == 6
    assert "cut off since" in str(verdict.findings[0])
    assert check(GOOD, retained=[FORGE.notes[3]]).ok


def rechained(index: int, old: bytes, new: bytes) -> list[bytes]:
    lines, prior = [], entry.BEGINNING
    for i, line in enumerate(FORGE.lines):
        changed = line.replace(old, new) if i == index else line
        changed = changed.replace(entry.parse(line).prior.encode(), prior.encode())
        lines.append(changed)
        prior = merkle.leaf_hash(changed).hex()
    return lines


def test_a_rewrite_without_the_key_is_found_at_the_first_rewritten_entry():
    content = LedgerExport(tuple(rechained(3, b"a test", b"a lie!")), tuple(FORGE.notes)).encode()
    assert check(content, epsilons=False).first_bad_index == 3


def test_a_rewrite_with_the_key_is_found_only_by_a_kept_checkpoint_or_a_witness():
    lines = rechained(3, b"a test", b"a lie!")
    notes = []
    for size in range(1, len(lines) + 1):
        root = merkle.root_of(map(merkle.leaf_hash, lines[:size]))
        notes.append(Note.sign(Checkpoint("test-log", size, root).text(), FORGE.signer))
    rewritten = LedgerExport(tuple(lines), tuple(notes)).encode()
    assert check(rewritten).ok  # nobody can prove otherwise from the bundle alone, and the documents say so
    verdict = check(rewritten, retained=[FORGE.notes[5]])
    assert "they were rewritten" in str(verdict.findings[0])
    assert not check(rewritten, witnesses=[CAROL.verifier(COSIGNATURE)]).ok


def test_without_a_checkpoint_for_each_the_chain_still_names_the_changed_entry():
    forge = lived(checkpoints=False)
    content = forge.bytes()
    for index in range(2, 6):
        line = forge.lines[index]
        changed = content.replace(line, line.replace(b"run-", b"ran-"))
        assert verify(changed, forge.signer.verifier(), epsilons=False).first_bad_index == index
        spoilt = line.replace(b'"prior":"', b'"prior":"0', 1)[:-3] + b'"}'
        changed = content.replace(line, spoilt)
        assert verify(changed, forge.signer.verifier(), epsilons=False).first_bad_index == index


def test_an_entry_that_the_keeper_of_the_key_hid_behind_a_false_link_is_named():
    forge = Forge()
    forge.init("3")
    forge.leaf = "1" * 64  # the chain would skip what comes now, and every checkpoint signs it
    forge.reserve("huge", m.declared("1000"))
    forge.reserve("small")
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 2)
    assert "does not name the entry before it" in str(verdict.findings[0])


def test_a_false_link_among_entries_that_no_checkpoint_signs_yet_is_named():
    forge = lived()
    line = forge.lines[5].replace(b"run-0", b"run-1")
    content = LedgerExport((*forge.lines[:5], line, *forge.lines[6:]), tuple(forge.notes[:4])).encode()
    verdict = check(content, forge.signer.verifier())
    assert verdict.first_bad_index == 5
    assert "is not the entry that the one after it names" in str(verdict.findings[0])


def test_a_false_link_in_the_first_entry_that_no_checkpoint_signs_is_named():
    forge = lived()
    forge.notes.pop()
    forge.lines[-1] = forge.lines[-1].replace(b'"prior":"', b'"prior":"0', 1)[:-3] + b'"}'
    verdict = whole(forge)
    assert verdict.first_bad_index == len(forge.lines) - 1
    assert "is not the entry that the one after it names" in str(verdict.findings[0])


@pytest.mark.parametrize(("last", "ok"), [("1", True), ("1.000001", False), ("1.5", False)])
def test_a_budget_may_be_spent_to_the_last_and_no_further(last, ok):
    forge = Forge()
    forge.init("3")
    forge.reserve("first", m.declared("2"))
    forge.reserve("last", m.declared(last))
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (ok, None if ok else 3)


@pytest.mark.parametrize(("above", "ok"), [("0.00009", True), ("0.0002", False)])
def test_a_composition_may_lie_above_the_cap_by_what_machines_differ_and_no_more(above, ok):
    pytest.importorskip("dp_accounting")
    forge = priced()
    cap = accountant.pld(m.laplace("2"), accountant.Decimal("0.000001")) - accountant.Decimal(above)
    forge = priced(cap=str(cap))
    assert whole(forge).ok == ok


def test_a_checkpoint_by_an_unknown_key_is_refused():
    forge = lived()
    forge.notes[3] = Note.sign(forge.notes[3].text, Signer.generate("test-log"))
    assert "unknown key" in str(whole(forge).findings[0])


def test_a_checkpoint_by_a_revoked_key_is_refused_and_old_ones_still_hold():
    forge, new = lived(), Signer.generate("test-log")
    old = forge.signer
    forge.statements += 1
    forge.signer = new
    forge.key("rotate", new.verifier().text(), "ledger", EVERYBODY, old, new)
    forge.reserve("after")
    assert verify(forge.bytes(), new.verifier()).ok
    assert verify(forge.bytes(), old.verifier()).ok
    forge.notes[-1] = Note.sign(forge.notes[-1].text, old)
    assert "revoked or later key" in str(verify(forge.bytes(), new.verifier()).findings[0])


def test_a_key_that_is_not_the_ledgers_is_refused():
    assert "not a key of this ledger" in str(check(GOOD, ALICE.verifier()).findings[0])


def test_a_checkpoint_of_another_log_or_out_of_order_or_beyond_the_end_is_refused():
    forge = lived()
    good = list(forge.notes)
    other = Checkpoint("another-log", 4, Checkpoint.parse(good[3].text).root)
    forge.notes = [*good[:3], Note.sign(other.text(), forge.signer), *good[4:]]
    assert "of another log" in str(whole(forge).findings[0])
    forge.notes = [*good[:3], good[2], *good[3:]]
    assert "growing sizes" in str(whole(forge).findings[0])
    beyond = Checkpoint("test-log", 99, merkle.EMPTY)
    forge.notes = [*good, Note.sign(beyond.text(), forge.signer)]
    assert not whole(forge).ok
    forge.notes = [*good[:3], Note.sign("no checkpoint\n", forge.signer)]
    assert "growing sizes" in str(whole(forge).findings[0])
    forge.notes = good[:-1]
    assert "no checkpoint signs all" in str(whole(forge).findings[0])
    forge.notes = []
    assert not whole(forge).ok


def witnessed(revoked: bool = False) -> Forge:
    forge, key = lived(), CAROL.verifier(COSIGNATURE).text()
    forge.key("enrol", key, "witness", "kr", ALICE, BOB)
    if revoked:
        forge.key("revoke", key, "witness", "kr", ALICE, BOB)
    forge.notes[-1] = forge.notes[-1].joined(CAROL.cosign(forge.notes[-1].text, 1))
    return forge


def test_an_enrolled_witness_is_named_and_one_that_was_asked_for_must_be_there():
    forge = witnessed()
    asked = verify(forge.bytes(), forge.signer.verifier(), witnesses=[CAROL.verifier(COSIGNATURE)])
    assert (asked.ok, asked.witnesses) == (True, ("carol",))
    other = verify(forge.bytes(), forge.signer.verifier(), witnesses=[BOB.verifier(COSIGNATURE)])
    assert "bob did not cosign" in str(other.findings[0])


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE], ids=["its signature", "a cosignature"])
def test_a_ledger_is_no_witness_of_itself(kind):
    forge = lived()
    if kind == COSIGNATURE:
        forge.key("enrol", forge.signer.verifier(kind).text(), "witness", "kr", ALICE, BOB)
        forge.notes[-1] = forge.notes[-1].joined(forge.signer.cosign(forge.notes[-1].text, 1))
    verdict = verify(forge.bytes(), forge.signer.verifier(), witnesses=[forge.signer.verifier(kind)])
    assert "is the ledger's own key" in str(verdict.findings)
    assert (verdict.ok, verdict.witnesses) == (False, ())
    if kind == COSIGNATURE:  # nor where nobody asked for one
        assert "unknown or revoked key, or its own" in str(whole(forge).findings)


def test_a_cosignature_that_is_unknown_revoked_or_false_is_refused():
    assert "unknown or revoked key, or its own (carol)" in str(whole(witnessed(revoked=True)).findings[0])
    forge = lived()
    forge.notes[-1] = forge.notes[-1].joined(CAROL.cosign(forge.notes[-1].text, 1))
    assert "unknown or revoked key, or its own (carol)" in str(whole(forge).findings[0])
    forge = witnessed()
    plain = Note(forge.notes[-1].text, forge.notes[-1].signatures[:1])
    forge.notes[-1] = plain.joined(CAROL.cosign("another text\n", 1))
    verdict = verify(forge.bytes(), forge.signer.verifier(), witnesses=[CAROL.verifier(COSIGNATURE)])
    assert "cosignature of carol is invalid" in str(verdict.findings[0])


def test_a_kept_checkpoint_that_is_none_or_by_a_stranger_is_refused():
    strange = Note.sign(FORGE.notes[-1].text, ALICE)
    none = Note.sign("no checkpoint\n", FORGE.signer)
    assert [str(one) for one in check(GOOD, retained=[strange, none]).findings] == [
        "the checkpoint you kept is not signed by a key of this ledger",
        "the checkpoint you kept is not a checkpoint: an origin, a size and a root, a line each",
    ]


def test_an_overspent_population_is_found_at_the_spend_that_did_it():
    forge = Forge()
    forge.init("3")
    for i in range(5):
        forge.reserve(f"run-{i}")
    forge.approved("raise", {"epsilon": "9"})
    verdict = whole(forge)
    assert (verdict.first_bad_index, verdict.balances) == (5, ())
    assert "overspent" in str(verdict.findings[0])


@pytest.mark.parametrize(("forge_type", "spent"), [(Forge2, "3.728306"), (Forge3, "5.026844")])
def test_sampled_runs_are_composed_as_runs_chosen_on_the_way_from_version_3(forge_type, spent):
    """By PLD before, as if all had been fixed in advance: what was in order then is in order for ever."""
    sgd, forge = m.gaussian_sgd("2.969", "0.041", 250), forge_type(ALICE, BOB)
    forge.open("4")
    for month in range(12):
        price = {"pld": "0.989244", "prv": "0.999301", "rdp": "1.073522"}
        forge.reserve(f"run-{month}", sgd, price=price, epsilon="1")
    verdict = whole(forge)
    if forge_type is Forge2:
        assert (verdict.findings, str(verdict.balances[0].spent)) == ((), spent)
    else:
        assert "overspent" in str(verdict.findings[0])
        assert spent in str(verdict.findings[0])


def test_a_rule_broken_on_the_way_is_found_at_its_entry():
    forge = lived()
    forge.approved("raise", {"epsilon": "7"}, ALICE)
    forge.reserve("later")
    assert whole(forge).first_bad_index == 7


def test_an_entry_before_the_first_and_another_number_are_found():
    forge = Forge()
    forge.leaf = "1" * 64
    first = entry.parse(forge.lines[0])
    line, _ = entry.encode(
        first.kind, entry.EntryPlace(0, first.population, AT, "1" * 64, "proffer-ledger-1"), first.body
    )
    forge.lines, forge.notes, forge.frontier = [line], [], merkle.Frontier()
    forge.frontier.add(merkle.leaf_hash(line))
    forge.sign()
    assert "before the first" in str(whole(forge).findings[0])


def priced(cap: str = "3", **price) -> Forge:
    forge, one = Forge(), m.laplace("2")
    forge.init(cap)
    real = accountant.price(one, accountant.Decimal("0.000001"), second=False).to_document()
    forge.reserve("noise", one, epsilon="1", price=real | price)
    return forge


def test_a_price_that_the_accountants_do_not_find_again_is_named():
    pytest.importorskip("dp_accounting")
    assert whole(priced()).ok
    for wrong in ({"pld": "0.4"}, {"rdp": "0.9"}, {"pld": None}, {"rdp": None, "pld": "0.6"}):
        verdict = whole(priced(**wrong))
        assert (verdict.ok, verdict.first_bad_index) == (False, 2)


def test_a_mechanism_that_cannot_be_priced_is_a_finding_and_not_a_failure():
    pytest.importorskip("dp_accounting")
    forge = Forge()
    forge.init("900000")
    forge.reserve("loud", m.laplace("0.00001"), epsilon="100000", price={"pld": "100000", "prv": None, "rdp": "100000"})
    verdict = whole(forge)
    assert (verdict.ok, verdict.first_bad_index) == (False, 2)
    assert "the most that can be priced" in str(verdict.findings[0])


def test_prv_on_record_must_lie_where_pld_found_again_allows_it():
    pytest.importorskip("dp_accounting")
    run = m.gaussian_sgd("2.969", "0.041", 250)
    rdp = accountant.text_of(accountant.rdp(run, accountant.Decimal("0.000001")))
    for pld, prv, good in (
        ("0.989244", "0.999", True),
        ("0.9892", "0.9892", True),
        ("0.9893", "1.0003", True),
        ("1", "1.0109", False),
    ):
        forge = Forge()
        forge.init("3")
        forge.reserve("run", run, epsilon="1.1", price={"pld": pld, "prv": prv, "rdp": rdp})
        assert whole(forge).ok is good


def test_progress_is_told_for_each_price_and_balance():
    steps = []

    def advance(total):
        steps.append(total)
        return steps.append

    assert check(GOOD, asked=AuditTerms(advance=advance)).ok
    assert steps == [3, 1, 1, 1]  # one mechanism, one stretch before the raise, one after


def test_cohorts_are_composed_in_parallel_by_the_auditor_too():
    forge = Forge()
    forge.init("2")
    for part in range(3):
        forge.reserve(f"run-{part}", m.declared("2"), cohort=Cohort("by-id", 3, (part,)).to_document())
    assert whole(forge).ok
    forge.reserve("one-more", ONE)
    assert whole(forge).first_bad_index == 5


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent}:
            raise ImportError(f"{{name}} is not installed here")
sys.meta_path.insert(0, Absent())
import socket
socket.socket = None
from proffer.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_verify_needs_none_of_the_learning_libraries_no_database_and_no_network(tmp_path):
    pytest.importorskip("dp_accounting")
    absent = {"torch", "opacus", "mlflow", "lightgbm", "sqlalchemy", "sqlite3", "pandas", "pyarrow", "numba", "fastapi"}
    (tmp_path / "bundle").write_bytes(GOOD)
    forge = priced()
    (tmp_path / "noised").write_bytes(forge.bytes())
    program = WITHOUT.format(absent=absent)
    for name, key in (("bundle", KEY), ("noised", forge.signer.verifier())):
        command = [sys.executable, "-c", program, "privacy", "verify", str(tmp_path / name), "--key", key.text()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Verified")
        for verb in ("spends", "report"):
            command[4] = verb
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{name}.html").exists()
