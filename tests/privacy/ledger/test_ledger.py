"""The ledger on disk: every promise it makes, and every way in which its files can be wrong."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from features.problem import Rejected
from privacy import refusal
from privacy.accounting import accountant
from privacy.accounting import mechanism as m
from privacy.cohort import Cohort
from privacy.ledger import admitted, ledger_tables, merkle, note, reader
from privacy.ledger.folder import NetworkFileSystem
from privacy.ledger.journal import Journal, NoLedger
from privacy.ledger.keys import KeyRing
from privacy.ledger.ledger import Ledger
from privacy.ledger.ledger_tables import Busy, Damaged, Unwritable
from privacy.ledger.note import COSIGNATURE, Note, Signer
from privacy.ledger.signed import Inconsistent, SignedState
from privacy.ledger.terms import canonical_bytes
from privacy.ledger.verify import verify
from tests.privacy.ledgers import ALICE, BOB, CAROL, approve, clock, ledger, open_budget, reserve, terms

ROOT = Path(__file__).resolve().parents[3]
OTHER_BODY = "UPDATE entry SET body = CAST(replace(body, 'run-1', 'run-9') AS BLOB) WHERE position = 2"
OTHER_NOTE = "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = {}) WHERE size = {}"
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


def again(folder: Path) -> Ledger:
    return Ledger.open(folder, clock)


def in_order(made: Ledger) -> bool:
    return verify(made.exported().encode(), made.verifier).ok


def test_a_spend_lives_from_reservation_to_commit_and_is_proved(folder):
    made = ledger(folder)
    first = reserve(made, "run-1")
    done = made.commit("run-1")
    assert (first.index, done.index, done.spend) == (2, 3, "run-1")
    assert done.to_document()["population"] == "kr"
    assert Note.parse(done.checkpoint.encode()).signers([made.verifier])
    assert note.check_proof(made.proof(2), canonical_bytes(made.entry(2)), made.verifier) == 2
    assert again(folder).status("kr").spent == 1
    assert [spend.state for spend in made.spends("kr")] == ["committed"]
    assert made.populations() == ("kr",)
    assert in_order(made)


def test_the_same_request_again_has_one_effect_and_the_same_receipt(folder):
    made = ledger(folder)
    assert reserve(made, "run-1") == reserve(again(folder), "run-1")
    assert made.commit("run-1") == again(folder).commit("run-1")
    reserve(made, "run-2")
    assert made.expire("run-2", "crash") == made.expire("run-2", "crash")
    assert made.status("kr").spent == 2
    for other in ({"purpose": "another"}, {"mechanism": m.declared("0.5")}, {"metrics": ["ndcg"]}):
        with pytest.raises(refusal.Conflict):
            reserve(made, "run-1", **other)
    with pytest.raises(refusal.NotOpen):
        made.commit("run-1", m.declared("0.5"))


def test_a_run_of_several_parts_asked_for_again_is_the_same_request(folder):
    made, parts = ledger(folder), m.composed(m.gaussian("20"), m.repeated(m.gaussian("40"), 3))
    assert reserve(made, "run-1", parts) == reserve(again(folder), "run-1", parts)
    with pytest.raises(refusal.Conflict):
        reserve(made, "run-1", m.composed(m.gaussian("20"), m.repeated(m.gaussian("40"), 4)))


def test_a_spend_above_the_rest_is_refused_and_nothing_is_written(folder):
    made = ledger(folder)
    reserve(made, "run-1", m.declared("2.5"))
    size = len(made.exported().entries)
    with pytest.raises(refusal.Exhausted) as caught:
        reserve(made, "run-2")
    assert (caught.value.asked, caught.value.left, caught.value.difference) == (1, Decimal("0.5"), Decimal("0.5"))
    with pytest.raises(refusal.Exhausted, match="infinity"):
        reserve(made, "run-3", m.non_private())
    assert len(again(folder).exported().entries) == size


@pytest.mark.parametrize("epsilon", ["0", "-1", "NaN", "Infinity", "1e400", 0.5])
def test_an_epsilon_that_is_none_is_refused_before_anything_is_written(folder, epsilon):
    made = ledger(folder)
    for ask in (lambda: reserve(made, "run", epsilon=epsilon), lambda: approve(made, "raise", {"epsilon": epsilon})):
        with pytest.raises(Rejected):
            ask()
    with pytest.raises(Rejected):
        open_budget(made, "jp", terms(epsilon))
    assert len(made.exported().entries) == 2


@pytest.mark.parametrize("delta", ["0", "-1", "1", "NaN", 0.1])
def test_a_delta_that_is_none_is_refused(folder, delta):
    made = ledger(folder)
    with pytest.raises(Rejected, match="delta"):
        reserve(made, "run", delta=delta)


def test_a_delta_of_one_in_n_is_refused_when_opening_and_when_spending(folder):
    made = ledger(folder)
    with pytest.raises(Rejected, match="1/n"):
        open_budget(made, "jp", replace(terms("1", units=1000), delta="0.001"))
    with pytest.raises(Rejected, match="1/n"):
        reserve(made, "run", delta="0.01", dataset=replace(made.dataset(["c1"]), units=100))


def test_names_texts_and_approvers_that_cannot_be_kept_are_refused(folder):
    made = ledger(folder)
    with pytest.raises(Rejected, match="is not a valid name"):
        open_budget(made, "two words", terms())
    with pytest.raises(Rejected, match="two people"):
        open_budget(made, "jp", replace(terms(), approvers=[ALICE.verifier()]))
    with pytest.raises(Rejected, match="1 to 2,000 characters"):
        reserve(made, "run", purpose="")
    with pytest.raises(refusal.UnknownPopulation):
        reserve(made, "run", population="jp")
    with pytest.raises(refusal.UnknownPopulation):
        made.status("jp")
    with pytest.raises(refusal.UnknownPopulation):
        made.spends("jp")
    with pytest.raises(refusal.UnknownSpend):
        made.commit("run")
    with pytest.raises(merkle.BadProof):
        made.proof(99)


def test_a_claim_below_the_price_is_refused_and_one_above_is_kept(folder):
    made = ledger(folder)
    with pytest.raises(refusal.WrongPrice):
        reserve(made, "low", epsilon="0.9")
    reserve(made, "high", epsilon="1.1")
    assert made.entry(made.spend("high").index).body.epsilon == "1.1"


@pytest.mark.slow
def test_private_training_is_reserved_with_the_prices_of_both_accountants(folder):
    pytest.importorskip("opacus")
    made = ledger(folder)
    reserve(made, "train", m.gaussian_sgd("2.969", "0.041", 250))
    price = made.entry(made.spend("train").index).body.price
    assert 0 <= Decimal(price.prv) - Decimal(price.pld) <= Decimal("0.011")
    made.commit("train", m.gaussian_sgd("2.969", "0.041", 200))
    assert in_order(made)


def test_a_run_on_which_the_accountants_disagree_is_refused(folder, monkeypatch):
    made = ledger(folder)
    monkeypatch.setattr(accountant, "prv", lambda *_: Decimal(5))
    with pytest.raises(accountant.Disagreement):
        reserve(made, "train", m.laplace("2"))


def test_a_copied_or_redated_data_set_and_a_part_of_it_get_no_fresh_budget(folder):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    people = [f"c{i}" for i in range(500)]
    reserve(made, "run", dataset=made.dataset(people))
    assert made.dataset(reversed(people)) == made.dataset(people)
    assert made.dataset(people) != made.dataset(people[1:])
    for same in (people, [*people[::-1], "new"], people[::2]):
        with pytest.raises(refusal.KnownPeople, match="budget of 'kr'"):
            reserve(made, "fresh", population="copy", dataset=made.dataset(same))
    reserve(made, "later", dataset=made.dataset(people))
    reserve(made, "others", population="copy", dataset=made.dataset(f"d{i}" for i in range(500)))
    assert made.status("copy").spent == 1


def test_even_one_known_person_is_seen_under_another_population(folder):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    people = [f"c{i}" for i in range(2_000)]
    reserve(made, "run", dataset=made.dataset(people))
    for number, one in enumerate(people[::97]):
        mixed = made.dataset([one, *(f"d{number}-{i}" for i in range(2_000))])
        with pytest.raises(refusal.KnownPeople, match="some of them, spend from the budget of 'kr'"):
            reserve(made, "fresh", population="copy", dataset=mixed)
    reserve(made, "renamed", population="copy", dataset=made.dataset(f"{one}-again" for one in people))
    assert made.status("copy").spent == 1  # other ids are other people, and the documents say so


def test_a_refusal_of_known_people_does_not_say_how_many(folder):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    reserve(made, "run", dataset=made.dataset(f"c{i}" for i in range(1_000)))
    said = set()
    for many in (1, 17, 400):
        with pytest.raises(refusal.KnownPeople) as refused:
            reserve(made, "fresh", population="copy", dataset=made.dataset(f"c{i}" for i in range(many)))
        said.add(str(refused.value))
    assert len(said) == 1


def test_each_spend_keeps_only_those_whom_it_is_the_first_to_name(folder):
    made = ledger(folder)
    for spend, people in (("a", range(100)), ("b", range(50, 120)), ("c", range(120))):
        reserve(made, spend, m.declared("0.5"), dataset=made.dataset(f"c{i}" for i in people))
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        assert [size for (size,) in db.execute("SELECT length(body) FROM admitted ORDER BY position")] == [800, 160, 0]
    db.close()
    again(folder)


def test_no_two_entries_tell_whether_the_same_people_were_used_and_the_same_request_still_does(folder):
    made, people = ledger(folder), [f"c{i}" for i in range(100)]
    first = reserve(made, "a", dataset=made.dataset(people))
    reserve(made, "b", dataset=made.dataset(people))
    said = [made.entry(made.spend(spend).index).body.dataset for spend in ("a", "b")]
    assert len({one.fingerprint for one in said}) == len({one.sketch for one in said}) == 2
    assert made.dataset(people).fingerprint not in {one.fingerprint for one in said}
    assert reserve(made, "a", dataset=made.dataset(people)) == first
    with pytest.raises(refusal.Conflict):
        reserve(made, "a", dataset=made.dataset(people[1:]))


def test_people_taken_out_of_the_database_are_noticed(folder):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    for spend in ("a", "b"):
        reserve(made, spend, dataset=made.dataset(f"{spend}{i}" for i in range(100)))
    unguarded(folder, "DELETE FROM admitted WHERE position = 3")
    with pytest.raises(Damaged, match="whom entry 3 claims were taken out"):
        again(folder)


def test_without_the_secret_that_people_are_known_by_nobody_spends(folder):
    made = ledger(folder)
    reserve(made, "a", dataset=made.dataset(["c1"]))
    (folder / "people.key").unlink()
    with pytest.raises(refusal.UnknownLedgerKey, match="nobody who spent before would be known again"):
        again(folder).dataset(["c1"])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("INSERT INTO admitted VALUES (9, 0, 'copy', randomblob(8))", "for entry 9, which claims none"),
        ("INSERT INTO admitted VALUES (1, 0, 'kr', randomblob(8))", "for entry 1, which claims none"),
        ("UPDATE admitted SET population = 'copy'", "put in another population"),
    ],
)
def test_people_put_into_the_database_are_noticed(folder, change, what):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    reserve(made, "a", dataset=made.dataset(f"c{i}" for i in range(100)))
    unguarded(folder, change)
    with pytest.raises(Damaged, match=what):
        again(folder)


def test_a_part_of_the_people_taken_out_of_the_database_is_noticed_before_anybody_spends(folder):
    made = ledger(folder)
    open_budget(made, "copy", terms())
    reserve(made, "a", dataset=made.dataset(f"c{i}" for i in range(100)))
    unguarded(folder, "UPDATE admitted SET body = substr(body, 9)")
    with pytest.raises(Damaged, match="not those it claims"):
        reserve(again(folder), "b", population="copy", dataset=made.dataset(["c1"]))


def test_rows_are_public_only_in_the_population_that_their_people_belong_to(folder):
    made = ledger(folder)
    open_budget(made, "jp", terms())
    people, rows = made.dataset(f"c{i}" for i in range(100)), "a" * 64
    approve(made, "public", {"fingerprint": people.fingerprint, "rows": rows}, population="jp")
    assert made.public_in(people, rows) == "jp"
    reserve(made, "run", dataset=people)
    assert made.public_in(people, rows) is None
    approve(made, "public", {"fingerprint": people.fingerprint, "rows": rows})
    assert (made.public_in(people, rows), made.public_in(people, "b" * 64)) == ("kr", None)
    made.exact("kr", "exact-1", people, rows, {"learner": "lightgbm", "requester": "office"})
    assert made.status("kr").to_document()["lifetime"] == "infinity"
    assert in_order(made)


def test_a_ledger_begun_by_version_1_is_read_and_goes_on(folder, monkeypatch):
    made = ledger(folder)
    reserve(made, "run", dataset=made.dataset(["c1"]))
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        db.executescript("DROP TABLE admitted; DROP TABLE roll; DROP TABLE overlap")
    db.close()
    with pytest.raises(Damaged, match="taken out"):  # what an entry of version 2 claims must be there
        again(folder)
    monkeypatch.setattr(admitted, "check_present", lambda *_: None)
    reserve(again(folder), "later", dataset=made.dataset(["c2"]))
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        assert db.execute("SELECT count(*) FROM admitted").fetchone() == (1,)
    db.close()


def test_a_person_in_two_disjoint_cohorts_is_refused_before_anything_is_spent(folder):
    made, people = ledger(folder), [f"c{i}" for i in range(60)]
    east, west = Cohort("by-id", 2, (0,)), Cohort("by-id", 2, (1,))
    mine = [one for one in people if east.part_of(one) == 0]
    for cohort, units in ((east, people), (west, mine)):
        with pytest.raises(refusal.NotDisjoint, match="would be in two disjoint cohorts"):
            made.dataset(units, cohort)
    for dataset in (made.dataset(mine), made.dataset(mine, east)):
        with pytest.raises(refusal.NotDisjoint, match="could be in two disjoint cohorts"):
            reserve(made, "twice", m.declared("3"), dataset=dataset, cohort=west)
    assert made.status("kr").spent == 0
    others = [one for one in people if one not in mine]
    reserve(made, "east", m.declared("3"), dataset=made.dataset(mine, east), cohort=east)
    reserve(made, "west", m.declared("3"), dataset=made.dataset(others, west), cohort=west)
    assert made.status("kr").spent == 3
    other = Cohort("by-name", 2, (0,))
    dataset = made.dataset([one for one in people if other.part_of(one) == 0], other)
    with pytest.raises(refusal.NotDisjoint, match="in another way"):
        reserve(made, "other", m.declared("1"), dataset=dataset, cohort=other)
    assert in_order(made)


def test_what_lowers_protection_needs_two_people_whose_keys_are_not_here(folder):
    made = ledger(folder)
    for signers in ([ALICE], [ALICE, CAROL], [Signer.from_pem((folder / "ledger.key").read_bytes()), BOB]):
        with pytest.raises(refusal.NotApproved):
            approve(made, "raise", {"epsilon": "5"}, *signers)
    approve(made, "raise", {"epsilon": "5"})
    reserve(made, "run")
    made.expire("run", "the machine died")
    approve(made, "release", {"spend": "run"})
    approve(made, "reset", {"epsilon": "2", "period": "2027"})
    public = made.dataset(["c1"])
    approve(made, "public", {"fingerprint": public.fingerprint, "rows": "a" * 64})
    assert (made.public_in(public, "a" * 64), made.public_in(public, "b" * 64)) == ("kr", None)
    assert made.status("kr").cap == 2
    with pytest.raises(refusal.PeriodReopened):
        approve(made, "reset", {"epsilon": "9", "period": "2026"})
    assert in_order(again(folder))


def test_what_is_no_draft_is_refused(folder):
    made = ledger(folder)
    with pytest.raises(Rejected, match="missing required field `reason`"):
        made.draft("raise", "kr", {"epsilon": "5"})
    with pytest.raises(Rejected, match="not a valid draft"):
        made.approved({"kind": "raise"}, [])
    with pytest.raises(refusal.UnknownPopulation):
        made.draft("raise", "jp", {"epsilon": "5", "reason": "x"})


def test_no_clock_reopens_a_period_or_changes_the_order(folder):
    ledger(folder)
    for now in (0, 4_000_000_000, 1_700_000_000):
        made = Ledger.open(folder, lambda now=now: now)
        reserve(made, f"run-{now}")
    assert made.status("kr").left == 0
    with pytest.raises(refusal.Exhausted):
        reserve(Ledger.open(folder, lambda: 9_000_000_000), "later")


def test_a_key_is_rotated_and_the_old_one_signs_nothing_more(folder):
    made = ledger(folder)
    old_key, old = (folder / "ledger.key").read_bytes(), made.verifier
    made.rotate("yearly")
    assert made.verifier != old
    assert (folder / "ledger.pub").read_text(encoding="utf-8").strip() == made.verifier.text()
    reserve(again(folder), "after")
    for key in (old, made.verifier):
        assert verify(again(folder).exported().encode(), key).ok
    (folder / "ledger.key").write_bytes(old_key)
    with pytest.raises(refusal.UnknownLedgerKey, match="revoked"):
        reserve(again(folder), "old-key")
    (folder / "ledger.key").write_bytes(Signer.generate(made.origin).pem())
    with pytest.raises(refusal.UnknownLedgerKey, match="unknown"):
        reserve(again(folder), "strange-key")
    (folder / "ledger.key").unlink()
    with pytest.raises(refusal.UnknownLedgerKey, match="no signing key"):
        reserve(again(folder), "no-key")
    (folder / "ledger.pub").write_text("x", encoding="utf-8")
    with pytest.raises(refusal.UnknownLedgerKey, match="does not hold the key"):
        again(folder)


@pytest.mark.parametrize("died", ["before the entry", "after the entry"])
def test_a_rotation_that_died_is_forgotten_or_finished(folder, died, monkeypatch):
    made = ledger(folder)
    old = made.verifier
    if died == "before the entry":
        monkeypatch.setattr(Journal, "append", fails)
    else:
        monkeypatch.setattr(KeyRing, "_publish", fails)
    with pytest.raises(Unwritable):
        made.rotate("yearly")
    monkeypatch.undo()
    assert (again(folder).verifier == old) is (died == "before the entry")
    reserve(again(folder), "after")
    assert not (folder / "ledger.key.next").exists()
    assert in_order(again(folder))


def fails(*_):
    raise OSError(28, "No space left on device")


def test_a_secret_key_that_others_can_read_is_refused(folder):
    made = ledger(folder)
    (folder / "ledger.key").chmod(0o644)
    with pytest.raises(Rejected, match="chmod 600"):
        reserve(made, "run")


def test_an_enrolled_witness_cosigns_and_no_other(folder):
    made = ledger(folder)
    vkey = CAROL.verifier(COSIGNATURE).text()
    approve(made, "key", {"change": "enrol", "key": vkey, "role": "witness"})
    text = made.checkpoint().text
    made.cosign(CAROL.cosign(text, 1))
    made.cosign(CAROL.cosign(text, 1))
    assert [one.name for one in made.checkpoint().signatures] == [made.origin, "carol"]
    for line in (BOB.cosign(text, 1), CAROL.cosign("other\n", 1), "nonsense"):
        with pytest.raises(refusal.UnknownLedgerKey):
            made.cosign(line)
    assert verify(made.exported().encode(), made.verifier, witnesses=[CAROL.verifier(COSIGNATURE)]).ok


def test_rows_cannot_be_changed_or_removed_and_a_balance_cannot_fall_below_nothing(folder):
    made = ledger(folder)
    reserve(made, "run", dataset=made.dataset(["c1"]))
    db = sqlite3.connect(folder / "ledger.sqlite")
    for table in ("entry", "checkpoint", "admitted"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 1"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                db.execute(statement)
    with pytest.raises(sqlite3.IntegrityError, match="amount >= 0"):
        db.execute("UPDATE rest SET amount = -1")
    db.close()


def unguarded(folder: Path, *statements: str) -> None:
    """Change the file as its owner can: without the triggers, and with them put back afterwards."""
    db = sqlite3.connect(folder / "ledger.sqlite")
    for name in ledger_tables._GUARDS:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    for guard in ledger_tables._GUARDS.values():
        db.execute(guard)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("statement", "kind", "why"),
    [
        (
            "UPDATE entry SET body = CAST(replace(body, 'run-1', 'run-9') AS BLOB) WHERE position = 2",
            Damaged,
            "entry 3 .*not follow",
        ),
        ("UPDATE entry SET body = CAST(body AS TEXT) WHERE position = 2", Damaged, "holds text"),
        ("UPDATE entry SET body = x'00' WHERE position = 1", Damaged, "entry 1 is not"),
        ("DELETE FROM entry WHERE position = 3", Inconsistent, "3 were signed|has 3 entries, and 4 were signed"),
        ("DELETE FROM entry WHERE position = 2", Damaged, "entry 2 does not follow"),
        ("DELETE FROM checkpoint WHERE size = 4", Damaged, "no checkpoint of size 4"),
        ("UPDATE checkpoint SET note = x'00' WHERE size = 4", Damaged, "is malformed"),
        (
            "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 3) WHERE size = 4",
            Damaged,
            "of another tree",
        ),
        (
            "UPDATE entry SET position = CASE position WHEN 2 THEN 9 ELSE position END",
            Damaged,
            "entry 2 does not follow",
        ),
    ],
)
def test_a_change_in_the_file_is_found_by_name(folder, statement, kind, why):
    made = ledger(folder)
    reserve(made, "run-1")
    reserve(made, "run-2")
    unguarded(folder, statement)
    with pytest.raises(kind, match=why):
        again(folder)
    with pytest.raises(Rejected):
        reserve(Ledger.open(folder, clock), "more")


def test_a_checkpoint_by_an_unknown_key_is_found_and_nothing_more_is_signed(folder):
    made = ledger(folder)
    forged = Note.sign(made.checkpoint().text, Signer.generate(made.origin)).encode()
    unguarded(folder, f"UPDATE checkpoint SET note = x'{forged.hex()}' WHERE size = 2")
    for ask in (lambda: again(folder), lambda: reserve(made, "run")):
        with pytest.raises(refusal.UnknownLedgerKey, match="checkpoint 2"):
            ask()


def test_a_file_that_sqlite_itself_finds_unsound_is_refused(folder, monkeypatch):
    ledger(folder)

    class Unsound(sqlite3.Connection):
        def execute(self, sql, *args):
            return super().execute("SELECT 'row 3 missing'" if "quick_check" in sql else sql, *args)

    connect = sqlite3.connect
    monkeypatch.setattr(ledger_tables.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Unsound))
    with pytest.raises(Damaged, match="row 3 missing"):
        again(folder)


def test_two_exchanged_entries_are_found(folder):
    made = ledger(folder)
    reserve(made, "run-1")
    reserve(made, "run-2")
    moves = [f"UPDATE entry SET position = {new} WHERE position = {old}" for old, new in ((2, 9), (3, 2), (9, 3))]
    unguarded(folder, *moves)
    with pytest.raises(Damaged, match="entry 2"):
        again(folder)


def test_a_missing_guard_is_found(folder):
    ledger(folder)
    db = sqlite3.connect(folder / "ledger.sqlite")
    db.execute(f"DROP TRIGGER {next(iter(ledger_tables._GUARDS))}")
    db.close()
    with pytest.raises(Damaged, match="triggers"):
        again(folder)


def test_an_older_checkpoint_that_was_changed_is_found_before_it_is_exported(folder):
    made = ledger(folder)
    reserve(made, "run-1")
    unguarded(folder, OTHER_NOTE.format(1, 2))
    with pytest.raises(Damaged):
        again(folder).exported()


def test_a_change_to_the_people_who_were_admitted_is_found(folder):
    made = ledger(folder)
    reserve(made, "run-1", dataset=made.dataset(["c1", "c2"]))
    unguarded(folder, "UPDATE admitted SET body = x'0000000000000000'")
    with pytest.raises(Damaged, match="not those it claims"):
        reserve(again(folder), "run-2", dataset=made.dataset(["c3"]))


def test_yesterdays_copy_put_back_is_found_by_an_open_ledger_and_by_a_new_one(folder):
    made = ledger(folder)
    reserve(made, "run-1")
    shutil.copy(folder / "ledger.sqlite", folder / "yesterday")
    reserve(made, "run-2")
    reserve(made, "run-3")
    shutil.copy(folder / "yesterday", folder / "ledger.sqlite")
    for ask in (lambda: reserve(made, "run-4"), lambda: again(folder), lambda: Ledger.create(folder, clock)):
        with pytest.raises(Inconsistent):
            ask()


def test_a_ledger_whose_database_is_gone_is_not_begun_anew(folder):
    with pytest.raises(NoLedger):
        again(folder)
    ledger(folder)
    (folder / "ledger.sqlite").unlink()
    for begin in (Ledger.open, Ledger.create):
        with pytest.raises(Inconsistent, match="gone"):
            begin(folder, clock)


def test_a_ledger_without_its_memory_is_refused(folder):
    reserve(ledger(folder), "run")
    (folder / "signer.json").unlink()
    for begin in (Ledger.open, Ledger.create):
        with pytest.raises(Inconsistent):
            begin(folder, clock)


@pytest.mark.slow
def test_every_flipped_byte_of_the_file_is_found_or_changes_nothing(folder):
    made = ledger(folder)
    reserve(made, "run-1", dataset=made.dataset(["c1"]))
    good, path = made.exported(), folder / "ledger.sqlite"
    content = path.read_bytes()
    places = range(len(content)) if SOAK else sorted(random.Random(7).sample(range(len(content)), 250))
    for at in places:
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        try:
            found = again(folder).exported()
        except (Rejected, UnicodeDecodeError):
            continue
        assert found == good, at
    path.write_bytes(content)
    assert again(folder).exported() == good


@pytest.mark.parametrize("cut", [0, 100, 4096, -4096])
def test_a_file_that_was_cut_off_is_found(folder, cut):
    reserve(ledger(folder), "run")
    path = folder / "ledger.sqlite"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises((Damaged, Inconsistent)):
        again(folder)


def test_a_network_file_system_is_refused_before_anything_is_made(folder, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("1 0 0:1 / / rw - nfs4 server:/ rw\n", encoding="utf-8")
    for begin in (Ledger.create, Ledger.open):
        with pytest.raises(NetworkFileSystem):
            begin(folder, clock, mounts=mounts)
    assert not folder.exists()


def reserve_many(made: Ledger, count: int) -> None:
    for i in range(count):
        reserve(made, f"run-{i}")


def test_a_full_database_refuses_by_name_keeps_reading_and_goes_on_afterwards(folder, monkeypatch):
    made = ledger(folder, cap="100")
    connect, full = ledger_tables.connect, True

    def tight(path, **options):
        db = connect(path, **options)
        if full:
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    monkeypatch.setattr(ledger_tables, "connect", tight)
    with pytest.raises(Unwritable, match="full"):
        reserve_many(made, 50)
    entries = len(again(folder).exported().entries)
    full = False
    reserve(made, "run-after")
    assert len(again(folder).exported().entries) == entries + 1
    assert in_order(made)


def acknowledged_until_refused(made: Ledger, most: int = 400) -> list[str]:
    granted = []
    try:
        for i in range(most):
            reserve(made, f"run-{i}")
            granted.append(f"run-{i}")
    except Unwritable:
        return granted
    raise AssertionError("there was always room")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 300 kB, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    asked = [mount, "-t", "tmpfs", "-o", "size=300k,mode=700", "tmpfs", str(place)]
    if mount is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here; the limit on the size of files stands in for it")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_refuses_by_name_loses_nothing_and_goes_on_once_there_is_room(small_disk):
    folder, other = small_disk / "ledger", small_disk / "something else"
    made = ledger(folder, cap="1000")
    other.write_bytes(b"x" * 150_000)
    granted = acknowledged_until_refused(made)
    kept = {spend.id for spend in again(folder).spends("kr")}
    assert set(granted) <= kept <= {*granted, f"run-{len(granted)}"}
    assert in_order(again(folder))
    other.unlink()
    for spend in (f"run-{len(granted)}", "after"):
        reserve(made, spend)
    assert made.status("kr").spent == len(granted) + 2
    assert in_order(again(folder))


AT_THE_LIMIT = """
import resource, sys
from pathlib import Path
from tests.privacy.ledger import test_ledger as tests
from tests.privacy.ledgers import clock, reserve
from privacy.ledger.ledger import Ledger
made = Ledger.open(Path(sys.argv[1]), clock)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
granted = tests.acknowledged_until_refused(made)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
reserve(made, "after")
print(len(granted))
"""


@pytest.mark.slow
def test_a_file_that_may_not_grow_refuses_by_name_loses_nothing_and_goes_on_afterwards(folder):
    ledger(folder, cap="1000")
    command = [sys.executable, "-c", AT_THE_LIMIT, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = again(folder)
    kept = {spend.id for spend in made.spends("kr")}
    granted = {f"run-{i}" for i in range(int(done.stdout))}
    assert granted
    assert granted | {"after"} <= kept <= granted | {"after", f"run-{len(granted)}"}
    assert in_order(made)


def test_an_entry_is_not_acknowledged_when_its_checkpoint_could_not_be_remembered(folder, monkeypatch):
    made = ledger(folder)
    monkeypatch.setattr(SignedState, "keep", fails)
    with pytest.raises(Unwritable, match="Nothing was acknowledged"):
        reserve(made, "run")
    with pytest.raises(Unwritable):
        reserve(made, "next")
    assert again(folder).status("kr").spent == 1  # durable and not acknowledged: it counts as spent
    monkeypatch.undo()
    assert reserve(made, "run").index == 2
    assert made.status("kr").spent == 1


def test_an_entry_that_the_disk_kept_otherwise_is_not_signed(folder, monkeypatch):
    made = ledger(folder)

    class Otherwise(sqlite3.Connection):
        def execute(self, sql, *args):
            found = super().execute(sql, *args)
            if sql == "SELECT body FROM entry WHERE position = ?":
                return super().execute("SELECT x'00'")
            return found

    connect = sqlite3.connect
    monkeypatch.setattr(ledger_tables.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Otherwise))
    with pytest.raises(Damaged, match="not kept as it was written"):
        reserve(made, "run")
    monkeypatch.undo()
    assert again(folder).status("kr").spent == 0


def test_a_database_that_somebody_holds_is_busy_and_not_broken(folder, monkeypatch):
    made = ledger(folder)
    monkeypatch.setattr(ledger_tables, "PATIENCE", 0.1)
    holder = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy):
        reserve(made, "run")
    holder.execute("ROLLBACK")
    holder.close()
    assert reserve(made, "run").index == 2


@pytest.mark.parametrize("stage", ["make_schema", "append", "keep"])
def test_a_beginning_that_died_is_completed(folder, stage, monkeypatch):
    owner = {"keep": SignedState, "append": Journal, "make_schema": ledger_tables}[stage]
    monkeypatch.setattr(owner, stage, fails)
    with pytest.raises(Unwritable):
        Ledger.create(folder, clock)
    monkeypatch.undo()
    assert in_order(ledger(folder))
    assert len(list(folder.glob("**/ledger.pub"))) == 1


def test_only_cosigned_latest_and_evenly_chosen_checkpoints_are_exported_from_many(folder, monkeypatch):
    monkeypatch.setattr(reader, "MOST_CHECKPOINTS", 4)
    made = ledger(folder, cap="100")
    approve(made, "key", {"change": "enrol", "key": CAROL.verifier(COSIGNATURE).text(), "role": "witness"})
    made.cosign(CAROL.cosign(made.checkpoint().text, 1))
    for i in range(6):
        reserve(made, f"run-{i}")
    sizes = [int(one.text.split("\n")[1]) for one in made.exported().notes]
    assert {3, 9} <= set(sizes)
    assert len(sizes) <= 5
    assert in_order(made)


def test_a_statement_of_sqlite_about_its_own_file_is_named_damage():
    for text, kind in (("database disk image is malformed", Damaged), ("no such table: entry", Damaged)):
        with pytest.raises(kind), ledger_tables.refusals():
            raise sqlite3.OperationalError(text)


def test_a_ledger_is_exported_whole(folder, tmp_path):
    made = ledger(folder)
    reserve(made, "run")
    assert made.export(tmp_path / "bundle") == made.exported()
    assert verify((tmp_path / "bundle").read_bytes(), made.verifier).ok
    with pytest.raises(Unwritable):
        made.export(tmp_path / "absent" / "bundle")


# --- many processes, kills and faults --------------------------------------------------------------------------------

WORKER = """
import sys
from pathlib import Path
from privacy import refusal
from privacy.accounting import mechanism
from privacy.ledger.dataset import Dataset
from privacy.ledger.ledger import Ledger, SpendTerms
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
made = Ledger.open(folder, lambda: 1793534400)
nobody = Dataset("0" * 64, (), 0)
for i in range(count):
    try:
        made.reserve("kr", f"{name}-{i}", SpendTerms(mechanism.declared("1"), None, "0.000001", "a test", name), nobody)
    except refusal.Exhausted:
        break
    print(f"{name}-{i}", flush=True)
"""


def worker(folder: Path, name: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WORKER, str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_eight_processes_against_one_cap_are_granted_exactly_the_cap(folder):
    cap = 3000
    ledger(folder, cap=str(cap))
    working = [worker(folder, f"w{i}", cap) for i in range(8)]
    granted, errors = [], []
    for process in working:
        out, err = process.communicate()
        granted += out.split()
        errors.append(err)
    assert errors == [""] * 8
    assert (len(granted), len(set(granted))) == (cap, cap)
    made = again(folder)
    assert (made.status("kr").spent, made.status("kr").left) == (cap, 0)
    assert {spend.id for spend in made.spends("kr")} == set(granted)
    assert in_order(made)
    print(f"8 processes against a cap of {cap} units were granted {len(granted)}")


def faults(*words: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.privacy.faults", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


KILLS = 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5 if SOAK else 1))
def test_nothing_acknowledged_is_lost_and_nothing_overspent_by_kills_at_random_moments(folder, seed):
    cap = 1_000_000
    ledger(folder, cap=str(cap))
    done = faults("kill", folder, KILLS, seed)
    assert (done.returncode, done.stderr) == (0, "")
    told = {word: {line.split()[1] for line in done.stdout.splitlines() if line.startswith(word)} for word in
            ("asked", "granted", "committed")}  # fmt: skip
    made = again(folder)
    kept = {spend.id: spend.state for spend in made.spends("kr")}
    assert told["granted"] <= kept.keys() <= told["asked"]
    assert {kept[spend] for spend in told["committed"]} == {"committed"}
    assert made.status("kr").spent == len(kept) <= cap
    interrupted = told["asked"] - told["granted"]
    assert len(interrupted) > KILLS // 10, "the kills met no append"
    print(f"{KILLS} kills, {len(interrupted)} within an append: {len(kept)} spends, none lost that was acknowledged")
    reserve(made, "after")
    assert in_order(made)


@pytest.mark.slow
def test_each_system_call_of_an_append_failing_once_loses_nothing_that_was_acknowledged(folder):
    made = ledger(folder, cap="10000")
    done = faults("strace", folder)
    if done.returncode == 12:
        pytest.skip(f"no system call can be made to fail here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    injected = [one for one in found if one["injected"]]
    assert len(found) > 100
    assert len(injected) > 0.9 * len(found), "the faults did not happen"
    assert [one for one in found if one["told"] not in ("acknowledged", "refused")] == []
    assert [one for one in found if one["told"] == "acknowledged" and not one["kept"]] == []
    refused = {one["fault"].split(":")[0] for one in injected if one["told"] == "refused"}
    print(f"{len(injected)} of {len(found)} system calls of an append failed once: nothing acknowledged was lost")
    assert {"openat", "flock", "pwrite64", "fdatasync", "fsync", "write", "rename"} <= refused
    made.status("kr")
    reserve(made, "after")
    assert in_order(made)
