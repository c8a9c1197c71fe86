"""A ledger holds no more of anything than an auditor checks in bounded time; a bundle that does is named at once."""

from collections import Counter
from decimal import Decimal

import pytest

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.budget import worst_case_epsilon
from privacy.cohort import Cohort
from privacy.ledger import export, size_limits
from privacy.ledger.entry import parse
from privacy.ledger.export import LedgerExport, NotAnExport
from privacy.ledger.note import Signer
from privacy.ledger.rules import decide
from privacy.ledger.size_limits import check_size
from privacy.ledger.state import LedgerState
from privacy.ledger.verify import MOST_TOLD, verify
from privacy.refusal import Refused
from tests.privacy.ledgers import ALICE, BOB, DELTA, NOBODY, Forge, Forge5, approve, ledger, open_budget, reserve, terms

EVERY_PART = {"modulus": 4096, "residues": list(range(4096)), "salt": "s"}


def populations(forge):
    for number in range(6):
        forge.init("3", f"p{number}")


def keys(forge):
    for number in range(6):
        forge.key("enrol", Signer.generate(f"n{number}").verifier().text(), "approver", "kr", ALICE, BOB)


def rotations(forge):
    for _ in range(6):
        old, forge.signer = forge.signer, Signer.generate(forge.origin)
        forge.key("rotate", forge.signer.verifier().text(), "ledger", "*", old, forge.signer)


def prices(forge):
    for number in range(6):
        forge.reserve(f"run-{number}", m.gaussian_sgd(str(9 + number), "0.1", 5), price=PRICE)


def cohorts(forge):
    """Each of few words, and together many groups of people to compose for."""
    for number in range(6):
        named = {**EVERY_PART, "residues": [one for one in range(4096) if one % 7 != number]}
        forge.reserve(f"run-{number}", m.declared(f"0.{number + 1}"), cohort=named, dataset=PEOPLE)


def intervals(forge):
    """Each ends with a copy of all that was spent before."""
    for number in range(6):
        forge.reserve(f"run-{number}", m.declared(f"0.0{number + 1}"))
        forge.approved("raise", {"epsilon": str(4 + number)})


CAROL = {"change": "enrol", "key": Signer.generate("carol").verifier().text(), "role": "approver"}
PRICE = {"pld": "1", "prv": "1", "rdp": None}
PEOPLE = {**NOBODY.to_document(), "sketch": "d" * 64}
HOSTILE = {
    "MOST_POPULATIONS": (4, populations, "populations"),
    "MOST_HOLDERS": (4, keys, "keys of one role"),
    "MOST_ROTATIONS": (4, rotations, "keys of its own"),
    "MOST_PRICED": (60, prices, "mechanisms, weighed"),
    "MOST_COMPOSED": (800, intervals, "mechanisms to compose"),
}


def version_1() -> Forge:
    forge = Forge()
    forge.init("3")
    return forge


@pytest.mark.parametrize("limit", HOSTILE)
def test_more_of_anything_than_is_checked_in_bounded_time_is_named_and_not_checked(monkeypatch, limit):
    most, fill, what = HOSTILE[limit]
    forge = version_1()
    fill(forge)
    assert verify(forge.bytes(), forge.signer.verifier(), epsilons=False).ok
    monkeypatch.setattr(size_limits, limit, most)
    monkeypatch.setattr("privacy.ledger.verify.priced_again", lambda *_: pytest.fail("it was priced again"))
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert (verdict.ok, verdict.first_bad_index is not None) == (False, True)
    assert f"more than {most} {what}" in str(verdict.findings[0])


def test_cohorts_that_make_very_many_groups_of_people_are_named_before_anything_is_composed(monkeypatch):
    monkeypatch.setattr("privacy.ledger.verify.priced_again", lambda *_: pytest.fail("it was priced again"))
    forge = version_1()
    cohorts(forge)
    forge.reserve("last")
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert "mechanisms to compose, weighed alike, in all cohorts" in str(verdict.findings[0])


def test_the_entry_that_exceeds_what_is_priced_is_named_itself_where_none_follows(monkeypatch):
    monkeypatch.setattr("privacy.ledger.verify.priced_again", lambda *_: pytest.fail("it was priced again"))
    monkeypatch.setattr(size_limits, "MOST_PRICED", 119)
    forge = version_1()
    prices(forge)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert verdict.first_bad_index == len(forge.lines) - 1
    assert "makes it more than 119 mechanisms, weighed" in str(verdict.findings[0])


def test_the_entry_that_exceeds_what_is_composed_is_named_itself_where_none_follows(monkeypatch):
    monkeypatch.setattr("privacy.ledger.verify.priced_again", lambda *_: pytest.fail("it was priced again"))
    forge = version_1()
    forge.reserve("many", m.gaussian_sgd("9", "0.1", 5), price=PRICE, cohort=EVERY_PART, dataset=PEOPLE)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert verdict.first_bad_index == 2
    assert "makes it more than 1000000 mechanisms to compose" in str(verdict.findings[0])


def test_whoever_writes_is_refused_unpriced_what_exceeds_the_limit(folder, monkeypatch):
    made = ledger(folder)
    reserve(made, "first")
    monkeypatch.setattr(size_limits, "MOST_PRICED", 20)
    monkeypatch.setattr("privacy.accounting.accountant.price", lambda *_: pytest.fail("it was priced"))
    with pytest.raises(Refused, match="more than 20 mechanisms, weighed"):
        reserve(made, "second", m.gaussian_sgd("9", "0.1", 5))
    monkeypatch.undo()
    assert reserve(made, "third", m.declared("0.5")).index == 3


def many_parts(count):
    return m.composed(*(m.gaussian_sgd(str(40 + part), "0.001", 50 + part) for part in range(count)))


HEAVY = {
    "sampled": (many_parts(21), "weighs 420, and at most 400 is priced"),
    "sampled by chance": (m.repeat_and_select(many_parts(2), "3"), "weighs 800, and at most 400 is priced"),
    "long": (
        m.composed(m.gaussian_sgd("60", "0.001", 300_000), m.gaussian_sgd("61", "0.001", 300_000)),
        "holds 2 mechanisms: multiplied, at most 1000000 are priced",
    ),
    "plain": (m.composed(*(m.gaussian(str(40 + part)) for part in range(101))), "holds 101 mechanisms"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_one_mechanism_that_takes_long_to_price_is_refused_unpriced(folder, monkeypatch, name):
    mechanism, what = HEAVY[name]
    for found in ("pld", "prv", "rdp"):
        monkeypatch.setattr(f"privacy.accounting.accountant.{found}", lambda *_: pytest.fail("it was priced"))
    forge = version_1()
    forge.reserve("heavy", mechanism, price=PRICE)
    verdict = verify(forge.bytes(), forge.signer.verifier())
    assert (verdict.first_bad_index, what in str(verdict.findings[0])) == (2, True)
    with pytest.raises(Rejected, match=what):
        reserve(ledger(folder), "heavy", mechanism)


def test_sampled_training_beyond_the_second_accountant_is_refused_after_a_bound_that_is_quick(folder, monkeypatch):
    """Twenty parts of .5 and 2,500 steps take PLD a minute and 1.7 GB, and PRV longer."""
    for found in ("pld", "prv"):
        monkeypatch.setattr(f"privacy.accounting.accountant.{found}", lambda *_: pytest.fail("it was priced"))
    loud = m.composed(*(m.gaussian_sgd(f"0.5{part + 1:02}".rstrip("0"), "0.03", 2_500) for part in range(20)))
    assert loud.weight() == m.MOST_WEIGHT
    with pytest.raises(Rejected, match="above 100, the most that can be priced"):
        reserve(ledger(folder), "loud", loud)


def test_what_training_composes_is_far_below_the_most_that_one_mechanism_weighs():
    training = m.composed(*(m.gaussian(str(4 + part)) for part in range(9)), m.gaussian_sgd("3", "0.04", 250))
    assert m.Mechanism.from_document(training.to_document()) == training
    assert training.weight() == 29
    assert many_parts(20).weight() == m.MOST_WEIGHT


def test_whoever_writes_is_held_to_the_same_limits(folder, monkeypatch):
    made = ledger(folder)
    open_budget(made, "second", terms())
    monkeypatch.setattr(size_limits, "MOST_POPULATIONS", 1)
    with pytest.raises(Refused, match="more than is checked in bounded time"):
        reserve(made, "run")
    monkeypatch.undo()
    assert reserve(made, "run").index == 3


ADDED = {
    "MOST_POPULATIONS": (2, lambda made: open_budget(made, "third", terms()), "makes it more than 2 populations"),
    "MOST_HOLDERS": (2, lambda made: approve(made, "key", CAROL), "makes it more than 2 keys of one role"),
    "MOST_ROTATIONS": (1, lambda made: made.rotate("yearly"), "makes it more than 1 keys of its own"),
    "MOST_COMPOSED": (2, lambda made: approve(made, "raise", {"epsilon": "9"}), "makes it more than 2 mechanisms to"),
}


@pytest.mark.parametrize("limit", ADDED)
def test_what_would_exceed_a_limit_is_refused_itself_and_the_ledger_goes_on(folder, monkeypatch, limit):
    most, add, what = ADDED[limit]
    made = ledger(folder)
    open_budget(made, "second", terms())
    reserve(made, "run", m.declared("0.5"))
    monkeypatch.setattr(size_limits, limit, most)
    with pytest.raises(Refused, match=what):
        add(made)
    assert made.commit("run").index == 4
    assert verify(made.exported().encode(), made.verifier, epsilons=False).ok


def test_a_ledger_of_a_hundred_years_is_far_below_every_limit():
    """Twelve runs a year of three stages, each of another noise, in ten populations."""
    state = LedgerState()
    forge = Forge5(ALICE, BOB)
    forge.open("9")
    for line in forge.lines:
        one = parse(line)
        state.apply(decide(state, one), one)
    budget = state.budgets["kr"]
    for number in range(1_200):
        mechanism = m.gaussian(str(9 + number))
        state.composed += budget.strain(None, mechanism)
        state.priced += 10 * mechanism.weight()
        budget.composition.setdefault(None, Counter())[mechanism] += 1
    check_size(state, 1)
    assert state.priced == 12_000


def test_more_checkpoints_than_an_export_has_are_refused_before_one_is_read(monkeypatch):
    forge = version_1()
    monkeypatch.setattr(export, "MOST_CHECKPOINTS", 1)
    with pytest.raises(NotAnExport, match="more than 1 checkpoints"):
        LedgerExport.parse(forge.bytes())
    assert not verify(forge.bytes(), forge.signer.verifier()).ok


def test_no_more_findings_are_kept_than_anybody_reads(monkeypatch):
    monkeypatch.setattr("privacy.ledger.verify.MOST_TOLD", 3)
    forge = version_1()
    forge.init("3", "copy")
    for number in range(6):
        forge.reserve(f"a-{number}", dataset={**PEOPLE, "fingerprint": f"{number}" * 64})
        forge.reserve(f"b-{number}", dataset={**PEOPLE, "fingerprint": f"{number}" * 64}, population="copy")
    assert len(verify(forge.bytes(), forge.signer.verifier(), epsilons=False).findings) == 3
    assert MOST_TOLD == 100


def test_a_checkpoint_with_more_signatures_than_there_are_witnesses_is_refused_before_one_is_read():
    forge = version_1()
    note = forge.notes[-1]
    for number in range(size_limits.MOST_HOLDERS + 1):
        note = note.joined(Signer.generate(f"w{number}").sign(note.text))
    forge.notes[-1] = note
    found = verify(forge.bytes(), forge.signer.verifier(), epsilons=False).findings
    assert "has a checkpoint with more than 64 signatures" in str(found[0])


def test_the_worst_off_part_is_found_whichever_cohorts_share_it():
    one, two = (Cohort("s", 4, parts) for parts in ((0, 1), (1, 2)))
    ran = {None: Counter([m.declared("1")]), one: Counter([m.declared("2")]), two: Counter([m.declared("3")])}
    assert worst_case_epsilon(ran, Decimal(DELTA)) == 6
    assert worst_case_epsilon({**ran, two: Counter({m.declared("3"): 0})}, Decimal(DELTA)) == 3
    assert worst_case_epsilon({}, Decimal(DELTA)) == 0
