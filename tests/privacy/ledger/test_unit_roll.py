"""The roll of units: whoever was learned from stays in the unit of then, and an entry says by which roll."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from privacy import refusal
from privacy.account import account_of, synthetic_account
from privacy.ledger import ledger_tables
from privacy.ledger.dataset import NO_SKETCH, NOBODY
from privacy.ledger.ledger import Ledger
from privacy.ledger.ledger_tables import Damaged
from privacy.ledger.verify import verify
from privacy.unit import PrivacyUnit
from tests.privacy.ledger.test_authority import refused
from tests.privacy.ledgers import ALICE, BOB, Forge2, Forge3, clock, fingerprint, ledger, reserve
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


def test_whoever_was_learned_from_stays_in_the_unit_of_then_also_in_another_process(folder):
    households(folder)
    first = Ledger.open(folder, clock).roll("kr").fixed(PEOPLE, everybody_alone)
    assert len(set(first.tolist())) == 4
    later = Ledger.open(folder, clock).roll("kr").fixed(["eve", "fay", *reversed(PEOPLE)], pairs)
    assert later[2:].tolist() == first[::-1].tolist()
    assert later[0] == later[1]
    assert Ledger.open(folder, clock).roll("kr").fixed(["fay", "eve"], everybody_alone).tolist() == [later[0]] * 2


def test_who_was_not_learned_from_is_free_the_next_time(folder):
    roll = households(folder).roll("kr")
    roll.fixed(PEOPLE, nobody_is_learned_from)
    assert len(set(roll.fixed(PEOPLE, pairs).tolist())) == 2


def test_each_population_has_a_roll_of_its_own(folder):
    made = households(folder)
    made.roll("kr").fixed(PEOPLE, everybody_alone)
    assert len(set(made.roll("other").fixed(PEOPLE, pairs).tolist())) == 2


def said(made):
    return [made.entry(one.index).body.dataset.roll for one in made.spends("kr")]


def test_an_entry_says_by_which_roll_it_was_read_and_no_two_compare(folder):
    made = households(folder)
    for spend in ("a", "b"):
        reserve(made, spend, dataset=made.dataset(PEOPLE))
    made.roll("kr").fixed(PEOPLE, pairs)
    reserve(made, "c", dataset=made.dataset(PEOPLE))
    assert len({*said(made), NOBODY}) == 4


def test_persons_and_people_who_were_not_given_have_no_roll(folder):
    made = ledger(folder)
    reserve(made, "a", dataset=made.dataset(PEOPLE))
    assert said(made) == [NOBODY]
    assert account_of(folder, clock, "kr").roll() is None


def test_people_who_were_not_given_are_read_by_no_roll(folder):
    made = households(folder)
    reserve(made, "a", dataset=NOT_GIVEN)
    assert said(made) == [NOBODY]
    assert account_of(folder, clock, "kr").roll() is not None


def test_synthetic_people_have_no_roll_because_ids_of_synthetic_worlds_repeat(folder):
    account = synthetic_account(folder, clock, PrivacyUnit.HOUSEHOLD)
    assert (account.roll(), account.opened().roll()) == (None, None)


@pytest.mark.parametrize("change", ["DELETE FROM roll WHERE position = 1", "UPDATE roll SET body = zeroblob(16)"])
def test_a_roll_that_was_changed_is_noticed_before_anybody_spends_or_is_read(folder, change):
    made = households(folder)
    roll = made.roll("kr")
    roll.fixed(PEOPLE[:2], pairs)
    reserve(made, "a", dataset=made.dataset(PEOPLE))
    roll.fixed(PEOPLE, pairs)
    reserve(made, "b", dataset=made.dataset(PEOPLE))
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        for name in ("roll_keeps_what_it_has_update", "roll_keeps_what_it_has_delete"):
            db.execute(f"DROP TRIGGER {name}")
        db.execute(change)
        for name in ("roll_keeps_what_it_has_update", "roll_keeps_what_it_has_delete"):
            db.execute(ledger_tables._GUARDS[name])
    db.close()
    again = Ledger.open(folder, clock)
    with pytest.raises(Damaged, match=r"roll of units is not the one that entry 3 states"):
        reserve(again, "c", dataset=again.dataset(PEOPLE))
    with pytest.raises(Damaged, match="roll of units"):
        again.roll("kr").fixed(PEOPLE, pairs)


def test_a_ledger_begun_by_version_2_goes_on_with_a_roll(folder):
    made = households(folder)
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        db.execute("DROP TABLE roll")
    db.close()
    reserve(made, "a", dataset=made.dataset(PEOPLE))
    assert Ledger.open(folder, clock).roll("kr").fixed(PEOPLE, pairs).size == 4


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
    ]
    verdicts = [verify(forge.bytes(), forge.signer.verifier(), epsilons=False) for forge in forges]
    assert [one.findings for one in verdicts] == [()] * 4
