"""From version 6 nobody is named in letters of several scripts, and no entry is dated before the one it follows."""

import pytest

from privacy.accounting.mechanism import declared
from privacy.ledger.entry import parse
from privacy.ledger.ledger import Ledger, SpendTerms
from privacy.ledger.note import Signer
from privacy.ledger.verify import verify
from privacy.refusal import NotApproved
from tests.privacy.ledgers import ALICE, AT, BOB, DELTA, Forge5, Forge6, ledger, terms

FALSE = [Signer.generate(name) for name in ("al\u0456ce", "alic\u0435", "b\u03bfb", "\u0410lice")]
TRUE = [
    Signer.generate(name) for name in ("\uae40\ucca0\uc218", "\uae40-kim", "\u0430\u043b\u0451\u043d\u0430", "zo\u00eb")
]


def vkey(signer: Signer) -> str:
    return signer.verifier().text()


def opened(forge_type=Forge6) -> Forge5:
    forge = forge_type(ALICE, BOB)
    forge.open()
    return forge


def approver(forge, signer):
    forge.key("enrol", vkey(signer), "approver", "kr", ALICE, BOB)


def root(forge, signer):
    forge.key("enrol", vkey(signer), "root", "*", ALICE, BOB)


def witness(forge, signer):
    forge.key("enrol", vkey(signer), "witness", "kr", ALICE, BOB)


def budget(forge, signer):
    forge.open("3", "jp", ALICE, BOB, approvers=[vkey(ALICE), vkey(signer)])


def requester(forge, signer):
    forge.reserve("run-1", declared("1"), signer=signer)


WAYS = [approver, root, witness, budget, requester]


def found(forge) -> list[tuple[int | None, str]]:
    verdict = verify(forge.bytes(), forge.signer.verifier(), epsilons=False)
    return [(one.index, one.what) for one in verdict.findings]


@pytest.mark.parametrize("signer", FALSE, ids=lambda one: one.name.encode("unicode_escape").decode())
@pytest.mark.parametrize("named", WAYS)
def test_a_name_that_could_be_read_as_anothers_is_refused_and_named_by_verify(named, signer):
    forge = opened()
    named(forge, signer)
    ((index, what),) = found(forge)
    assert index == 2
    assert "in letters of several scripts" in what


@pytest.mark.parametrize("named", WAYS)
def test_entries_of_version_5_are_judged_as_they_were_written(named):
    forge = opened(Forge5)
    named(forge, Signer.generate("caro\u04cf"))
    assert found(forge) == []


@pytest.mark.parametrize("signer", TRUE, ids=lambda one: one.name.encode("unicode_escape").decode())
@pytest.mark.parametrize("named", WAYS)
def test_a_name_in_letters_of_one_script_is_anybodys(named, signer):
    forge = opened()
    named(forge, signer)
    assert found(forge) == []


def test_root_approvers_are_named_so_from_the_first_entry_on():
    forge = Forge6(ALICE, Signer.generate("b\u03bfb"))
    (index, what), *_ = found(forge)
    assert (index, "several scripts" in what) == (0, True)


def test_a_draft_that_names_somebody_so_is_refused_before_anybody_signs(tmp_path):
    made = ledger(tmp_path)
    statement = made.draft("key", "kr", {"change": "enrol", "key": vkey(FALSE[0]), "reason": "new", "role": "approver"})
    with pytest.raises(NotApproved, match="in letters of several scripts"):
        made.consider(statement)


def test_an_entry_dated_before_the_one_it_follows_is_named():
    forge = opened()
    forge.at = "2025-01-01T00:00:00Z"
    approver(forge, TRUE[0])
    assert found(forge) == [
        (2, f"entry 2: is dated {forge.at}, before the entry that it follows ({AT}). Find out who dated it back")
    ]
    earlier = opened(Forge5)
    earlier.at = forge.at
    approver(earlier, TRUE[0])
    assert found(earlier) == []


def test_a_clock_that_is_put_back_dates_nothing_back(tmp_path):
    now = [1_800_000_000]
    made = Ledger.create(tmp_path / "ledger", lambda: now[0])
    made.init("synthetic-x", terms())
    for number, moment in enumerate((1_700_000_000, 1_800_003_600, 0)):
        now[0] = moment
        spend = SpendTerms(declared("0.1"), None, DELTA, "a test", "tester")
        made.reserve("synthetic-x", f"run-{number}", spend, made.dataset([]))
    dates = [parse(line).at for line in made.exported().entries]
    assert dates == ["2027-01-15T08:00:00Z"] * 3 + ["2027-01-15T09:00:00Z"] * 2
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok
