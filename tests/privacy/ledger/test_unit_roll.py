"""The roll of units: whoever was learned from stays in the unit of then, and an entry says by which roll."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from privacy import refusal
from privacy.account import account_of, synthetic_account
from privacy.accounting import mechanism as m
from privacy.ledger import entry, ledger_tables
from privacy.ledger.dataset import NO_SKETCH, NOBODY
from privacy.ledger.entry import UnitsEntry
from privacy.ledger.ledger import Ledger
from privacy.ledger.ledger_tables import Damaged
from privacy.ledger.verify import verify
from privacy.unit import PrivacyUnit
from tests.privacy.ledger.test_authority import refused
from tests.privacy.ledgers import (
    ALICE,
    BOB,
    Forge2,
    Forge3,
    Forge4,
    Forge5,
    Forge6,
    clock,
    fingerprint,
    ledger,
    open_budget,
    reserve,
    terms,
)
from tests.privacy.ledgers import NOBODY as NOT_GIVEN

PEOPLE = ["ann", "bob", "cat", "dan"]


def pairs(number, fixed):
    """Two and two are one unit, unless they were in another before."""
    low = np.repeat(np.minimum(number[::2], number[1::2]), 2)
    return np.where(fixed == 0, low, fixed), np.ones(number.size, np.bool_)


def everybody_alone(number, fixed):
    return np.where(fixed == 0, number, fixed), np.ones(number.size, np.bool_)


def nobody_is_learned_from(number, fixed):
    return np.where(fixed == 0, number, fixed), np.zeros(number.size, np.bool_)


def households(folder):
    return ledger(folder, unit="household")


BY_RUN = {"by": "gate", "stage": "train"}


def a_run(made, spend, people=PEOPLE, grouping=pairs, population="kr"):
    """A run that reserves and reads: the unit of each person."""
    reserve(made, spend, m.declared("0.01"), population, made.dataset(people), run=BY_RUN)
    return made.roll(population, spend).fixed(people, grouping)


def again(folder):
    return Ledger.open(folder, clock)


def test_whoever_was_learned_from_stays_in_the_unit_of_then_also_in_another_process(folder):
    first = a_run(households(folder), "a", PEOPLE, everybody_alone)
    assert len(set(first.tolist())) == 4
    later = a_run(again(folder), "b", ["eve", "fay", *reversed(PEOPLE)], pairs)
    assert later[2:].tolist() == first[::-1].tolist()
    assert later[0] == later[1]
    assert a_run(again(folder), "c", ["fay", "eve"], everybody_alone).tolist() == [later[0]] * 2


def test_who_was_not_learned_from_is_free_the_next_time(folder):
    made = households(folder)
    a_run(made, "a", PEOPLE, nobody_is_learned_from)
    assert len(set(a_run(made, "b").tolist())) == 2


def test_each_population_has_a_roll_of_its_own(folder):
    made = households(folder)
    open_budget(made, "other", terms(unit="household"))
    a_run(made, "a", PEOPLE, everybody_alone)
    assert len(set(a_run(made, "b", ["gus", "hal"], pairs, "other").tolist())) == 1
    assert len(set(a_run(again(folder), "c").tolist())) == 4


def said(made):
    return [made.entry(one.index).body.dataset.roll for one in made.spends("kr")]


def test_an_entry_says_by_which_roll_it_was_read_and_no_two_compare(folder):
    made = households(folder)
    for spend in ("a", "b", "c"):
        a_run(made, spend)
    entries = [entry.parse(line) for line in made.exported().entries]
    fixed = [one.body.roll for one in entries if isinstance(one, UnitsEntry)]
    assert len({*said(made), *fixed, NOBODY}) == 7
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok


def test_persons_and_people_who_were_not_given_have_no_roll(folder):
    made = ledger(folder)
    reserve(made, "a", dataset=made.dataset(PEOPLE), run=BY_RUN)
    assert said(made) == [NOBODY]
    assert account_of(folder, clock, "kr").roll("a") is None
    with pytest.raises(refusal.Refused, match="no run reads"):
        made.roll("kr", "a").fixed(PEOPLE, pairs)


def test_people_who_were_not_given_are_read_by_no_roll(folder):
    made = households(folder)
    reserve(made, "a", dataset=NOT_GIVEN, run=BY_RUN)
    assert said(made) == [NOBODY]
    assert account_of(folder, clock, "kr").roll("a") is not None


def test_what_was_reserved_by_hand_fixes_no_units_and_its_entry_says_so(folder):
    made = households(folder)
    reserve(made, "a", dataset=made.dataset(PEOPLE))
    assert said(made) == [NOBODY]
    with pytest.raises(refusal.Refused, match="no run reads"):
        made.roll("kr", "a").fixed(PEOPLE, pairs)


def test_synthetic_people_have_no_roll_because_ids_of_synthetic_worlds_repeat(folder):
    account = synthetic_account(folder, clock, PrivacyUnit.HOUSEHOLD)
    assert (account.roll("a"), account.opened().roll("a")) == (None, None)


def changed_by_hand(folder, *changes):
    """What somebody with the disk does to the roll, so that the tables look untouched."""
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        guards = ("roll_keeps_what_it_has_update", "roll_keeps_what_it_has_delete")
        for name in guards:
            db.execute(f"DROP TRIGGER {name}")
        for change in changes:
            db.execute(change)
        for name in guards:
            db.execute(ledger_tables._GUARDS[name])
    db.close()


TAMPERED = {
    "the last addition taken out": "DELETE FROM roll WHERE position = (SELECT max(position) FROM roll)",
    "the first addition taken out": "DELETE FROM roll WHERE position = 1",
    "all taken out": "DELETE FROM roll",
    "people put in": "INSERT INTO roll (population, body) VALUES ('kr', randomblob(32))",
    "nobody put in": "INSERT INTO roll (population, body) VALUES ('kr', x'')",
    "people put in first": "INSERT INTO roll (position, population, body) VALUES (0, 'kr', randomblob(16))",
    "changed": "UPDATE roll SET body = zeroblob(32)",
    "given to another population": "UPDATE roll SET population = 'other' WHERE position = 2",
    "a roll of nobody's": "INSERT INTO roll (population, body) VALUES ('other', randomblob(16))",
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_roll_that_was_changed_by_hand_is_found_when_the_ledger_is_opened(folder, change):
    made = households(folder)
    a_run(made, "a", PEOPLE[:2])
    a_run(made, "b")
    again(folder)
    changed_by_hand(folder, TAMPERED[change])
    with pytest.raises(Damaged, match="roll of units"):
        again(folder)
    with pytest.raises(Damaged, match="roll of units"):
        reserve(made, "c", dataset=made.dataset(PEOPLE), run=BY_RUN)


def test_two_additions_that_were_exchanged_are_found(folder):
    made = households(folder)
    a_run(made, "a", PEOPLE[:2])
    a_run(made, "b")
    exchange = ("UPDATE roll SET position = 9 WHERE position = 1", "UPDATE roll SET position = 1 WHERE position = 2")
    changed_by_hand(folder, *exchange, "UPDATE roll SET position = 2 WHERE position = 9")
    with pytest.raises(Damaged, match="roll of units is not the one that entry 5 states"):
        again(folder)


def test_a_roll_put_into_a_ledger_that_never_had_one_is_found(folder):
    households(folder)
    changed_by_hand(folder, TAMPERED["people put in"])
    with pytest.raises(Damaged, match="which no entry states"):
        again(folder)


@pytest.mark.parametrize("where", ["execute", "executemany"])
def test_a_crash_leaves_both_an_addition_and_its_entry_or_neither(folder, where):
    """Before the entry is written, and after the roll was; a process that goes on finds a ledger in order."""
    made = households(folder)
    reserve(made, "a", dataset=made.dataset(PEOPLE), run=BY_RUN)
    real = made._journal.append

    def dying(db, kind, population, body, also):
        def then(new):
            if where == "executemany":
                also(new)
            raise KeyboardInterrupt

        return real(db, kind, population, body, then)

    made._journal.append = dying
    with pytest.raises(KeyboardInterrupt):
        made.roll("kr", "a").fixed(PEOPLE, pairs)
    opened = again(folder)
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        assert db.execute("SELECT count(*) FROM roll").fetchone() == (0,)
    db.close()
    assert len(set(opened.roll("kr", "a").fixed(PEOPLE, pairs).tolist())) == 2


def test_a_ledger_begun_by_version_2_goes_on_with_a_roll(folder):
    made = households(folder)
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        db.executescript("DROP TABLE roll; DROP TABLE overlap")
    db.close()
    assert again(folder).status("kr").spent == 0
    assert a_run(made, "a").size == 4
    assert a_run(again(folder), "b").size == 4


def forged(forge_type, unit="household", **dataset):
    forge = forge_type(ALICE, BOB)
    forge.open(unit=unit)
    found = {"fingerprint": fingerprint("people"), "sketch": fingerprint("new"), "units": 0}
    forge.reserve("run", dataset=found | dataset)
    return forge


@pytest.mark.parametrize(
    ("forge_type", "dataset", "match"),
    [
        (Forge2, {"roll": NOBODY}, "before version 3"),
        (Forge3, {"roll": NOBODY}, "fixed by no roll"),
        (Forge4, {"roll": fingerprint("the roll")}, "no run reads"),
    ],
)
def test_a_spend_that_does_not_say_by_which_roll_households_are_fixed_is_refused(forge_type, dataset, match):
    refused(forged(forge_type, **dataset), refusal.Refused, match)


def test_persons_and_nobody_in_particular_need_no_roll():
    forges = [
        forged(Forge3, "person", roll=NOBODY),
        forged(Forge3, roll=NOBODY, sketch=NO_SKETCH),
        forged(Forge3, roll=fingerprint("the roll")),
        forged(Forge2),
        forged(Forge4, roll=NOBODY),
    ]
    verdicts = [verify(forge.bytes(), forge.signer.verifier(), epsilons=False) for forge in forges]
    assert [one.findings for one in verdicts] == [()] * 5


@pytest.mark.parametrize(
    ("unit", "by", "version", "match"),
    [
        ("household", "hand", 4, "no run reads"),
        ("household", "http", 4, "no run reads"),
        ("person", "gate", 4, "no run reads"),
        ("household", "gate", 3, "earlier version"),
        ("household", "gate", 4, None),
    ],
)
def test_only_a_run_on_households_fixes_units(unit, by, version, match):
    forge = Forge4(ALICE, BOB)
    forge.open(unit=unit)
    forge.reserve("run", by=by)
    forge.version = version
    forge.fix("run")
    verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False)
    assert [match in str(one) for one in verdict.findings] == [True] * (match is not None)


def test_units_are_fixed_of_no_spend_that_is_not_there_or_was_given_back():
    forge = Forge4(ALICE, BOB)
    forge.open(unit="household")
    forge.fix("run")
    assert "is not the id of a spend" in str(verify(forge.bytes(), forge.signer.verifier(), epsilons=False).findings[0])
    forge = Forge4(ALICE, BOB)
    forge.open(unit="household")
    forge.reserve("run", by="gate")
    forge.approved("release", {"spend": "run"})
    forge.fix("run")
    assert "is released already" in str(verify(forge.bytes(), forge.signer.verifier(), epsilons=False).findings[0])


@pytest.mark.parametrize("forge_type", [Forge4, Forge5])
def test_units_are_fixed_before_the_run_is_committed_and_never_after(folder, forge_type):
    forge = forge_type(ALICE, BOB)
    forge.open(unit="household")
    forge.reserve("run", by="gate")
    forge.commit("run", by="gate")
    forge.fix("run")
    verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False)
    assert (verdict.first_bad_index, "is committed already" in str(verdict.findings[0])) == (4, True)
    made = households(folder)
    a_run(made, "a")
    made.commit("a", by="gate")
    with pytest.raises(refusal.NotOpen, match="is committed already"):
        made.roll("kr", "a").fixed(PEOPLE, pairs)


NOISED, STATED = ({"by": "gate", "stage": "train", "units_are": told} for told in ("noised", "stated"))


@pytest.mark.parametrize(
    ("run", "needed"),
    [({"by": "gate", "stage": "count"}, True), (STATED, True), ({"by": "gate", "stage": "evaluation"}, True),
     ({"by": "gate"}, True), ({"by": "hand", "stage": "count"}, False)],
)  # fmt: skip
def test_a_run_that_reads_households_is_committed_only_once_they_were_fixed(folder, run, needed):
    made = households(folder)
    reserve(made, "run", m.declared("0.01"), dataset=made.dataset(PEOPLE), run=run)
    if needed:
        with pytest.raises(refusal.NotOpen, match="no entry fixed the households"):
            made.commit("run", by=run["by"])
        made.roll("kr", "run").fixed(PEOPLE, pairs)
    made.commit("run", by=run["by"])
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok


def test_who_trains_on_units_counted_with_noise_counted_them_by_one_committed_spend_of_its_own(folder):
    made, count = households(folder), {"by": "gate", "stage": "count"}

    def begins(name, run):
        reserve(made, name, m.declared("0.01"), dataset=made.dataset(PEOPLE), run=run)

    begins("count", count)
    with pytest.raises(refusal.Refused, match="no count that was committed before"):
        begins("run", NOISED)
    made.roll("kr", "count").fixed(PEOPLE, pairs)
    made.commit("count", by="gate")
    begins("run", NOISED)
    begins("run", NOISED)  # asked again it is the same spend
    made.commit("run", by="gate")
    with pytest.raises(refusal.Refused, match="no count that was committed before"):
        begins("another", NOISED)
    begins("known", STATED)
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok


def test_an_auditor_names_training_whose_count_was_left_out_from_version_6():
    """A bundle without the entries of a count, whose price and households nobody could then see."""
    for forge_type, at in ((Forge5, None), (Forge6, 2)):
        forge = forge_type(ALICE, BOB)
        forge.open(unit="household")
        roll = {"fingerprint": fingerprint("people"), "roll": fingerprint("roll"), "sketch": fingerprint("new")}
        run = {"accountants": {"pld": None, "prv": None}, "catalogue": None, "declaration": None, "software": "x"}
        forge.reserve("run", dataset=roll, run=run | NOISED | {"why": None})
        forge.commit("run", by="gate")
        assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).first_bad_index == at


def test_a_run_that_is_committed_without_its_households_is_named_from_version_5():
    for forge_type, at in ((Forge4, None), (Forge5, 3)):
        forge = forge_type(ALICE, BOB)
        forge.open(unit="household")
        roll = {"fingerprint": fingerprint("people"), "roll": fingerprint("roll"), "sketch": fingerprint("new")}
        forge.reserve("run", by="gate", dataset=roll)
        forge.commit("run", by="gate")
        assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).first_bad_index == at
