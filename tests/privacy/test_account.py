"""A population's budget as the gate asks for it, in a real ledger."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from features.problem import Rejected
from privacy.account import (
    CAP,
    PSEUDONYM_KEY,
    SYNTHETIC,
    LedgerAccount,
    SyntheticAccount,
    account_of,
    any_account,
    synthetic_account,
)
from privacy.accounting import mechanism as m
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Gate
from privacy.ledger.journal import NoLedger
from privacy.ledger.ledger import Ledger
from privacy.refusal import Exhausted, KnownPeople, UnknownPopulation
from privacy.request import Request, RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit
from tests.privacy.fixed_rows import FixedRows
from tests.privacy.ledgers import approve, clock, fingerprint, ledger, open_budget, terms

RUN = RunRequest(
    "kr", PrivacyUnit.PERSON, Decimal(1), Decimal("0.000001"), "offers", "tester", mechanism=m.declared("1")
)
ROWS = fingerprint("the rows")
PEOPLE = [f"person {at}" for at in range(300)]


def account(folder, population="kr", **options):
    return account_of(folder, clock, population, **options)


def test_what_is_reserved_is_in_the_ledger_with_who_asked_and_what_for(folder):
    ledger(folder)
    made = account(folder)
    made.reserve("train-1", RUN, PEOPLE)
    kept = Ledger.open(folder, clock)
    (spend,) = kept.spends("kr")
    assert (spend.state, spend.mechanism) == ("reserved", m.declared("1"))
    body = kept.entry(spend.index).body
    assert (body.purpose, body.requester) == ("offers (basis: consent)", "tester")
    made.commit("train-1", m.declared("1"))
    assert Ledger.open(folder, clock).spend("train-1").state == "committed"


def test_an_entry_never_holds_how_many_people_there_are_unless_that_was_public(folder):
    ledger(folder)
    account(folder).reserve("train-1", RUN, PEOPLE)
    account(folder).reserve("train-2", replace(RUN, units=310), PEOPLE)
    kept = Ledger.open(folder, clock)
    units = [kept.entry(one.index).body.dataset.units for one in kept.spends("kr")]
    assert units == [0, 310]


def test_what_would_be_left_is_what_is_left_once_it_was_spent(folder):
    ledger(folder)
    made = account(folder)
    sgd = m.gaussian_sgd("2.969", "0.041", 250)
    foretold = [made.left_after(sgd), made.left_after(sgd, sgd)]
    for at, left in enumerate(foretold):
        made.reserve(f"train-{at}", replace(RUN, mechanism=sgd), PEOPLE)
        assert made.ledger.status("kr").left == left


def test_a_price_at_a_large_delta_is_said_at_the_delta_of_the_balance_too(folder):
    """A21: a run that costs epsilon 1 at delta .00033 takes more than 1 from a balance kept at a millionth."""
    ledger(folder)
    run = replace(RUN, delta=Decimal("0.00033"))
    found = Gate(FixedRows(list), Provenance.parse(None), account(folder)).price_run(run, m.gaussian("3.5"))
    assert (found.spend, found.composed.delta) == (Spend(Decimal(1), run.delta), Decimal("0.000001"))
    assert found.left - found.remaining == found.composed.epsilon > Decimal("1.2")


def test_a_spend_above_the_rest_is_foretold_with_the_three_numbers(folder):
    ledger(folder, cap="2.5")
    made = account(folder)
    made.reserve("train-1", RUN, PEOPLE)
    with pytest.raises(Exhausted, match=r"asked for epsilon 2, 1\.5 is left: 0\.5 too much"):
        made.left_after(m.declared("2"))


def test_what_two_people_gave_back_counts_no_more(folder):
    kept = ledger(folder)
    made = account(folder)
    made.reserve("train-1", RUN, PEOPLE)
    approve(kept, "release", {"spend": "train-1"})
    assert made.left_after() == 3


def test_a_copy_of_people_under_another_name_gets_no_fresh_budget(folder):
    kept = ledger(folder)
    account(folder).reserve("train-1", RUN, PEOPLE)
    open_budget(kept, "kr-again", terms())
    with pytest.raises(KnownPeople, match="'kr'"):
        account(folder, "kr-again").reserve("train-2", replace(RUN, population="kr-again"), PEOPLE[:200])


def test_people_are_called_by_a_keyed_hash_whose_key_only_the_owner_reads(folder):
    ledger(folder)
    made = account(folder)
    names = {made.pseudonym(person) for person in PEOPLE}
    assert len(names) == len(PEOPLE)
    assert made.pseudonym(PEOPLE[0]) == account(folder).pseudonym(PEOPLE[0])
    assert PEOPLE[0] not in "".join(names)
    assert (folder / PSEUDONYM_KEY).stat().st_mode & 0o777 == 0o600


def test_rows_are_public_only_when_two_people_signed_for_exactly_these(folder):
    kept = ledger(folder)
    made = account(folder)
    assert not made.is_public(PEOPLE, ROWS)
    approve(kept, "public", {"fingerprint": kept.dataset(PEOPLE).fingerprint, "rows": ROWS})
    assert made.is_public(PEOPLE, ROWS)
    assert not made.is_public([*PEOPLE, "one more"], ROWS)


def test_a_caller_that_spends_nothing_can_ask_what_is_public_without_naming_a_population(folder):
    assert any_account(folder, clock) is None
    kept = ledger(folder)
    approve(kept, "public", {"fingerprint": kept.dataset(PEOPLE).fingerprint, "rows": ROWS})
    assert any_account(folder, clock).is_public(PEOPLE, ROWS)


def test_a_fit_without_noise_on_public_rows_is_an_entry_before_a_row_is_read(folder):
    kept = ledger(folder)
    rows = FixedRows(lambda _: ["a"], 1, PEOPLE)
    gate = Gate(rows, Provenance(DataKind.PRIVATE), account(folder))
    asked = Request("lightgbm", Spend.infinite())
    with pytest.raises(Rejected, match="infinite epsilon"):
        gate.admit(asked)
    assert rows.opened == []
    approve(kept, "public", {"fingerprint": kept.dataset(PEOPLE).fingerprint, "rows": rows.digest()})
    assert gate.price(asked).rows == 1
    assert gate.admit(asked) == ["a"]
    again = Ledger.open(folder, clock)
    assert (again.status("kr").exact, again.status("kr").lifetime) == (1, Decimal("Infinity"))
    last = again.entry(len(again.exported().entries) - 1)
    assert (last.kind, last.body.learner, last.body.rows) == ("exact", "lightgbm", rows.digest())
    later = FixedRows(lambda _: ["a"], 1, [*PEOPLE, "one more"])
    with pytest.raises(Rejected, match="infinite epsilon"):
        Gate(later, Provenance(DataKind.PRIVATE), account(folder)).admit(asked)


# --- which budget ----------------------------------------------------------------------------------------------------


def test_a_home_without_ledger_has_no_budget_and_says_how_to_open_one(folder):
    assert account(folder, None) is None
    with pytest.raises(NoLedger, match="proffer privacy init --population kr"):
        account(folder)


def test_an_unknown_population_is_refused(folder):
    ledger(folder)
    with pytest.raises(UnknownPopulation):
        account(folder, "us")


def test_the_only_population_there_is_need_not_be_named_and_one_of_several_must(folder):
    kept = ledger(folder)
    synthetic_account(folder, clock, PrivacyUnit.PERSON).opened()
    assert account(folder, None).population == "kr"
    open_budget(kept, "us", terms())
    with pytest.raises(Rejected, match="one of kr, us"):
        account(folder, None)


# --- people who do not exist -----------------------------------------------------------------------------------------

NOBODY = replace(RUN, population=SYNTHETIC)


def test_the_budget_of_people_who_do_not_exist_is_opened_by_the_first_spend_and_not_before(folder):
    unopened = synthetic_account(folder, clock, PrivacyUnit.HOUSEHOLD)
    assert isinstance(unopened, SyntheticAccount)
    assert (unopened.unit, unopened.left_after(m.declared("1"))) == (PrivacyUnit.HOUSEHOLD, CAP - 1)
    assert not folder.exists()
    unopened.reserve("train-1", NOBODY, PEOPLE)
    unopened.commit("train-1", NOBODY.mechanism)
    kept = Ledger.open(folder, clock)
    assert (kept.status(SYNTHETIC).unit, kept.status(SYNTHETIC).left) == ("household", CAP - 1)
    assert isinstance(synthetic_account(folder, clock, PrivacyUnit.HOUSEHOLD), LedgerAccount)


def test_it_refuses_what_is_above_its_cap_before_it_is_opened(folder):
    with pytest.raises(Exhausted, match="50 too much"):
        synthetic_account(folder, clock, PrivacyUnit.PERSON).left_after(m.declared("150"))


def test_it_is_opened_in_a_ledger_that_is_there_once(folder):
    ledger(folder)
    for _ in range(2):
        SyntheticAccount(folder, clock, PrivacyUnit.PERSON).opened()
    assert Ledger.open(folder, clock).populations() == ("kr", SYNTHETIC)


def test_people_who_do_not_exist_are_no_copy_of_anybody(folder):
    ledger(folder)
    synthetic_account(folder, clock, PrivacyUnit.PERSON).reserve("train-1", NOBODY, PEOPLE)
    account(folder).reserve("train-2", RUN, PEOPLE)
