"""What may follow what: every rule of the budget, and that nothing broken is ever counted."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from features.problem import Rejected
from privacy import refusal
from privacy.accounting import mechanism as m
from privacy.budget import most_units
from privacy.cohort import Cohort, check_disjoint
from privacy.ledger import entry
from privacy.ledger.approval import signers_of
from privacy.ledger.change import CapRaised, Settled, Spent
from privacy.ledger.note import COSIGNATURE, Signer
from privacy.ledger.rules import decide
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, EntryType
from privacy.refusal import Exhausted
from tests.privacy.ledgers import ALICE, BOB, CAROL, ONE, Forge, fingerprint, signed, statement_text


def replayed(forge: Forge) -> LedgerState:
    books = LedgerState()
    for line in forge.lines:
        one = entry.parse(line)
        books.apply(decide(books, one), one)
    return books


def opened(cap: str = "3", **changes) -> Forge:
    forge = Forge()
    forge.init(cap, **changes)
    return forge


def refused(forge: Forge, kind: type[Rejected], match: str | None = None) -> None:
    last = entry.parse(forge.lines.pop())
    books = replayed(forge)
    size = books.size
    with pytest.raises(kind, match=match):
        decide(books, last)
    assert books.size == size


def test_a_reservation_counts_a_commit_keeps_it_and_a_crash_counts_as_spent():
    forge = opened()
    for spend in ("a", "b", "c"):
        forge.reserve(spend)
    forge.commit("a")
    forge.add(EntryType.EXPIRE, {"reason": "the machine died", "spend": "b"})
    balance = replayed(forge).balance("kr")
    assert (balance.spent, balance.left) == (3, 0)
    assert balance.states == {"reserved": 1, "committed": 1, "expired": 1, "released": 0}


def test_two_people_can_give_back_an_orphan_but_never_what_was_committed():
    forge = opened()
    forge.reserve("a")
    forge.reserve("b")
    forge.add(EntryType.EXPIRE, {"reason": "the machine died", "spend": "a"})
    forge.approved("release", {"spend": "a"})
    assert replayed(forge).balance("kr").spent == 1
    forge.commit("b")
    forge.approved("release", {"spend": "b"})
    refused(forge, refusal.NotOpen, "committed already")


def test_a_run_that_stopped_early_is_counted_as_what_it_ran():
    forge = opened()
    forge.reserve("a", m.declared("2"))
    forge.commit("a", m.declared("0.5"))
    books = replayed(forge)
    assert books.balance("kr").spent == Decimal("0.5")
    assert [interval.epsilon() for interval in books.all_intervals()] == [2, Decimal("0.5")]


def test_a_run_that_did_more_than_was_reserved_is_refused():
    forge = opened()
    forge.reserve("a")
    forge.commit("a", m.declared("1.5"))
    refused(forge, refusal.TooMuch)


@pytest.mark.parametrize("kind", [EntryType.RESERVE, EntryType.EVALUATE])
def test_a_spend_id_is_used_once(kind):
    forge = opened()
    forge.reserve("a")
    changes = {"metrics": ["ndcg@5"]} if kind is EntryType.EVALUATE else {}
    forge.reserve("a", kind=kind, **changes)
    refused(forge, refusal.Conflict)


def test_an_evaluation_is_committed_at_once():
    forge = opened()
    forge.reserve("a", kind=EntryType.EVALUATE, metrics=["ndcg@5"])
    assert replayed(forge).balance("kr").states["committed"] == 1


def test_an_unknown_population_or_spend_is_refused_by_name():
    forge = opened()
    forge.reserve("a")
    forge.add(EntryType.COMMIT, {"mechanism": ONE.to_document(), "spend": "b"})
    refused(forge, refusal.UnknownSpend)
    with pytest.raises(refusal.UnknownPopulation, match="name one of: kr"):
        replayed(forge).balance("jp")
    forge.add(EntryType.COMMIT, {"mechanism": ONE.to_document(), "spend": "a"}, population="jp")
    refused(forge, refusal.UnknownSpend, "not a spend of jp")


def test_a_population_is_opened_once_and_the_ledger_itself_is_none():
    forge = opened()
    forge.init("100")
    refused(forge, refusal.AlreadyOpen)
    forge.add(EntryType.INIT, entry.parse(forge.lines[-1]).body, population=EVERYBODY)
    refused(forge, refusal.UnknownPopulation)


def test_a_raise_needs_two_distinct_enrolled_people():
    for signers in ((ALICE,), (ALICE, ALICE), (ALICE, CAROL), (Signer.generate("alice"), BOB)):
        forge = opened()
        forge.approved("raise", {"epsilon": "5"}, *signers)
        refused(forge, refusal.NotApproved)
    forge = opened()
    forge.approved("raise", {"epsilon": "5"})
    assert replayed(forge).balance("kr").cap == 5


def test_one_person_with_two_names_is_one_person():
    twin = Signer("alina", ALICE.private)
    forge = opened(approvers=[ALICE.verifier().text(), twin.verifier().text()])
    refused(forge, refusal.NotApproved, "twice")


def test_a_signature_under_another_statement_does_not_count():
    forge = opened()
    body = {
        "signatures": [one.sign(statement_text(forge.statement("raise", {"epsilon": "4"}))) for one in (ALICE, BOB)],
        "statement": forge.statement("raise", {"epsilon": "5"}),
    }
    forge.add(EntryType.RAISE, body)
    refused(forge, refusal.NotApproved, "is invalid")


@pytest.mark.parametrize("change", [{"ledger": "another-log"}, {"population": "jp"}, {"kind": "reset"}])
def test_signatures_for_another_ledger_population_or_purpose_do_not_count(change):
    forge = opened()
    what = {"epsilon": "5"} if "kind" not in change else {"epsilon": "5", "period": "2027"}
    statement = forge.statement("raise", what) | change
    body = {"signatures": signed(statement, ALICE, BOB), "statement": statement}
    forge.add(EntryType.RAISE, body)
    refused(forge, refusal.NotApproved, "something else")


def test_signatures_are_used_once():
    forge = opened()
    forge.reserve("a")
    statement = forge.statement("public", {"fingerprint": fingerprint("rows")})
    body = {"signatures": signed(statement, ALICE, BOB), "statement": statement}
    forge.add(EntryType.PUBLIC, body)
    assert ("kr", fingerprint("rows"), "") in replayed(forge).public
    forge.add(EntryType.PUBLIC, body)
    refused(forge, refusal.NotApproved, "used before")


def test_a_cap_is_only_raised():
    for cap in ("3", "2"):
        forge = opened()
        forge.approved("raise", {"epsilon": cap})
        refused(forge, refusal.Refused, "does not raise")


def test_a_new_period_starts_afresh_keeps_the_history_and_is_never_an_old_one():
    forge = opened()
    forge.reserve("a")
    forge.reserve("b", m.declared("2"))
    forge.approved("reset", {"epsilon": "4", "period": "2027"})
    forge.commit("b", m.declared("1.5"))
    books = replayed(forge)
    balance = books.balance("kr")
    assert (balance.period, balance.cap, balance.spent, balance.lifetime) == ("2027", 4, 0, Decimal("2.5"))
    for period in ("2026", "2027", "2025"):
        forge.approved("reset", {"epsilon": "4", "period": period})
        refused(forge, refusal.PeriodReopened)


def test_a_key_pair_of_the_ledger_cannot_approve():
    forge = Forge()
    forge.init(approvers=[ALICE.verifier().text(), forge.signer.verifier().text()])
    refused(forge, refusal.NotApproved, "own key")
    forge.init()
    forge.key("enrol", forge.signer.verifier().text(), "approver", "kr", ALICE, BOB)
    refused(forge, refusal.NotApproved, "own key")


def test_approvers_are_enrolled_and_revoked_by_two_and_never_fall_below_two():
    forge = opened()
    forge.key("enrol", CAROL.verifier().text(), "approver", "kr", ALICE, BOB)
    forge.key("revoke", BOB.verifier().text(), "approver", "kr", ALICE, CAROL)
    forge.approved("raise", {"epsilon": "5"}, ALICE, BOB)
    refused(forge, refusal.NotApproved, "not enrolled, or was revoked")
    forge.key("revoke", ALICE.verifier().text(), "approver", "kr", ALICE, CAROL)
    refused(forge, refusal.NotApproved, "fewer than two")
    forge.key("enrol", CAROL.verifier().text(), "approver", "kr", ALICE, CAROL)
    refused(forge, refusal.UnknownLedgerKey, "cannot enrol")
    forge.key("rotate", BOB.verifier().text(), "approver", "kr", ALICE, CAROL)
    refused(forge, refusal.UnknownLedgerKey, "cannot rotate")


def test_a_witness_is_enrolled_and_revoked_and_stays_known():
    forge, key = opened(), CAROL.verifier(COSIGNATURE)
    forge.key("enrol", key.text(), "witness", "kr", ALICE, BOB)
    assert replayed(forge).witnessed[key.id] == (key, None)
    forge.key("revoke", key.text(), "witness", "kr", ALICE, BOB)
    books = replayed(forge)
    assert (books.witnesses, books.witnessed[key.id]) == ({}, (key, 3))


def test_the_ledgers_key_is_rotated_by_the_old_and_the_new_together():
    new = Signer.generate("test-log")
    for signers in ((ALICE, BOB), (new,)):
        forge = opened()
        forge.key("rotate", new.verifier().text(), "ledger", EVERYBODY, *signers)
        refused(forge, refusal.NotApproved)
    forge = opened()
    forge.key("rotate", new.verifier().text(), "ledger", EVERYBODY, forge.signer, new)
    books = replayed(forge)
    assert (books.key_at(2), books.key_at(3)) == (forge.signer.verifier(), new.verifier())
    with pytest.raises(refusal.UnknownLedgerKey):
        books.key_at(0)


def test_a_key_of_the_ledger_comes_from_nowhere_else():
    forge = opened()
    forge.key("rotate", forge.signer.verifier().text(), "ledger", EVERYBODY, forge.signer, forge.signer)
    refused(forge, refusal.UnknownLedgerKey, "in use before")
    forge.key("rotate", ALICE.verifier().text(), "ledger", EVERYBODY, forge.signer, ALICE)
    refused(forge, refusal.UnknownLedgerKey, "in use before")
    forge.key("rotate", CAROL.verifier().text(), "ledger", "kr", forge.signer, CAROL)
    refused(forge, refusal.UnknownLedgerKey, "cannot rotate")
    name, _, rest = CAROL.verifier().text().partition("+")
    forge.key("rotate", f"{name}+00000000+{rest[9:]}", "ledger", EVERYBODY, CAROL)
    refused(forge, refusal.UnknownLedgerKey)


def test_a_ledger_begins_with_its_key_and_only_once():
    forge = opened()
    books = LedgerState()
    with pytest.raises(refusal.UnknownLedgerKey, match="begins with its own key"):
        decide(books, entry.parse(forge.lines[1]))
    forge.key("begin", CAROL.verifier().text(), "ledger", EVERYBODY, CAROL)
    refused(forge, refusal.UnknownLedgerKey)


def test_a_signature_line_that_is_none_is_refused():
    forge = opened()
    forge.approved("raise", {"epsilon": "5"})
    statement = entry.parse(forge.lines[-1]).body.statement
    with pytest.raises(refusal.NotApproved):
        signers_of(statement, ["— alice AAAA"], [ALICE.verifier()], "entry 1")


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": "0.5"},
        {"price": {"pld": "2", "prv": None, "rdp": None}},
        {"mechanism": m.declared("1", "0.1").to_document()},
        {"mechanism": m.gaussian("5").to_document()},
        {"mechanism": m.laplace("1").to_document(), "price": {"pld": "0.9", "prv": None, "rdp": "0.5"}},
    ],
)
def test_a_claim_below_the_price_or_without_both_accountants_is_refused(changes):
    forge = opened()
    forge.reserve("a", **changes)
    refused(forge, Rejected)


def nested(depth: int) -> dict:
    inner = m.gaussian("5").to_document()
    for _ in range(depth):
        inner = {"mechanism": "repeated", "count": 1, "of": inner}
    return inner


@pytest.mark.parametrize(
    "mechanism",
    [
        {"mechanism": "repeated", "count": 0, "of": m.gaussian("5").to_document()},
        {"mechanism": "poisson", "probability": "1.5", "of": m.gaussian("5").to_document()},
        {"mechanism": "composed", "of": []},
        nested(7),
    ],
)
def test_an_entry_that_names_a_mechanism_out_of_range_is_refused(mechanism):
    forge = opened()
    forge.reserve("a", mechanism)
    refused(forge, Rejected, "mechanism")
    forge.reserve("a")
    forge.add(EntryType.COMMIT, {"mechanism": mechanism, "spend": "a"})
    refused(forge, Rejected, "mechanism")


def test_a_claim_may_be_made_at_the_very_delta_that_a_mechanism_promises():
    forge = opened()
    forge.reserve("a", m.declared("1", "0.000001"))
    assert replayed(forge).balance("kr").spent == 1
    forge.reserve("b", m.declared("1", "0.0000010001"))
    refused(forge, refusal.WrongPrice, "smaller delta than the mechanism promises")


@pytest.mark.parametrize("changes", [{"epsilon": "0"}, {"delta": "0"}, {"delta": "1"}])
def test_amounts_that_are_no_budget_are_refused_on_replay_too(changes):
    forge = Forge()
    forge.init(**changes) if "epsilon" not in changes else forge.init(changes["epsilon"])
    refused(forge, refusal.Refused, "out of range")
    forge.init()
    forge.reserve("a", **changes)
    refused(forge, refusal.Refused, "out of range")


def test_a_delta_that_is_not_below_one_in_n_is_refused():
    million = {"fingerprint": "a" * 64, "sketch": "b" * 64, "units": 1_000_000}
    forge = opened()
    forge.reserve("a", dataset=million, delta="0.0000001")
    refused(forge, refusal.Refused, "1/n for n = 1000000")
    forge.reserve("a", dataset=million | {"units": 999_999}, delta="0.000001")
    assert replayed(forge).balance("kr").spent == 1
    forge.reserve("b", dataset=million | {"units": 1000}, delta="0.001")
    refused(forge, refusal.Refused, "1/n for n = 1000")
    forge.reserve("c", dataset=million | {"units": 10**15}, delta="0.00000000000000001")
    refused(forge, refusal.Refused, "it permits at most 999999")
    forge = Forge()
    forge.init(units=1_000_000)
    refused(forge, refusal.Refused, "1/n for n = 1000000")
    forge.init(units=999_999)
    assert replayed(forge).balance("kr").left == 3


@given(st.integers(1, 2**60), st.integers(1, 30))
def test_the_most_units_for_a_delta_are_exact(numerator, places):
    delta = Decimal(numerator).scaleb(-places)
    if delta < 1:
        most = most_units(delta)
        assert Fraction(delta) * most < 1 <= Fraction(delta) * (most + 1)


def test_a_spend_above_the_rest_is_refused_with_three_numbers():
    forge = opened("2.5")
    forge.reserve("a", m.declared("2"))
    forge.reserve("b")
    last = entry.parse(forge.lines.pop())
    books = replayed(forge)
    with pytest.raises(Exhausted, match=r"asked for epsilon 1, 0\.5 is left: 0\.5 too much") as caught:
        books.afford(decide(books, last))
    assert (caught.value.asked, caught.value.left, caught.value.difference) == (1, Decimal("0.5"), Decimal("0.5"))


EAST, WEST = Cohort("by-id", 4, (0, 1)), Cohort("by-id", 4, (2, 3))


def test_disjoint_cohorts_spend_in_parallel_and_overlapping_ones_do_not():
    forge = opened()
    forge.reserve("a", m.declared("2"), cohort=EAST.to_document())
    forge.reserve("b", m.declared("2.5"), cohort=WEST.to_document())
    assert replayed(forge).balance("kr").spent == Decimal("2.5")
    forge.reserve("c", m.declared("0.5"), cohort=Cohort("by-id", 4, (1, 2)).to_document())
    assert replayed(forge).balance("kr").spent == 3
    forge.reserve("d", m.declared("0.25"))
    assert replayed(forge).balance("kr").spent == Decimal("3.25")
    assert [interval.first_beyond() for interval in replayed(forge).all_intervals()] == [5]


def test_cohorts_by_another_partition_are_not_proven_disjoint():
    for other in (Cohort("by-id", 3, (2,)), Cohort("by-name", 4, (2,))):
        forge = opened()
        forge.reserve("a", cohort=EAST.to_document())
        forge.reserve("b", cohort=other.to_document())
        refused(forge, refusal.NotDisjoint, "in another way")


@pytest.mark.parametrize(
    "args", [("s", 1, (0,)), ("s", 4, ()), ("s", 4, (1, 0)), ("s", 4, (1, 1)), ("s", 4, (4,)), ("s", 4, (-1,))]
)
def test_what_is_no_cohort_is_refused(args):
    with pytest.raises(refusal.NotDisjoint):
        Cohort(*args)


def test_a_person_of_another_cohort_is_found_and_not_named():
    people = [f"c{i}" for i in range(100)]
    mine = [one for one in people if EAST.part_of(one) in EAST.residues]
    EAST.check(mine)
    with pytest.raises(refusal.NotDisjoint, match=f"{100 - len(mine)} units") as caught:
        EAST.check(people)
    assert "c1" not in str(caught.value)


def test_one_person_in_two_disjoint_cohorts_is_found_and_not_named():
    check_disjoint({"north": ["c1", "c2"], "south": ["c3"]})
    with pytest.raises(refusal.NotDisjoint, match="1 units are in 'north' and in 'south'") as caught:
        check_disjoint({"north": ["c1", "c2"], "south": ["c3", "c2", "c2"]})
    assert "c2" not in str(caught.value)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 30))
def test_the_first_spend_beyond_a_cap_is_named(amounts, cap):
    forge = opened(str(cap))
    for i, amount in enumerate(amounts):
        forge.reserve(f"s{i}", m.declared(str(amount)), checkpoint=False)
    (interval,) = replayed(forge).all_intervals()
    assert interval.epsilon() == sum(amounts)
    if sum(amounts) > cap:
        beyond = next(i for i in range(len(amounts)) if sum(amounts[: i + 1]) > cap)
        assert interval.first_beyond() == 2 + beyond


def test_a_decision_is_a_frozen_value_that_changes_nothing_until_it_is_applied():
    forge = opened()
    forge.reserve("a", m.declared("2"))
    books = replayed(forge)
    forge.commit("a", m.declared("0.5"))
    commit = entry.parse(forge.lines[-1])
    change = decide(books, commit)
    assert change == decide(books, commit) == Settled(3, "a", "committed", m.declared("0.5"))
    assert "Settled(index=3, spend='a', state='committed'" in repr(change)
    assert (books.size, books.balance("kr").spent, books.spends["a"].state) == (3, 2, "reserved")
    with pytest.raises(AttributeError):
        change.state = "released"
    books.apply(change)
    assert (books.size, books.balance("kr").spent, books.spends["a"].state) == (4, Decimal("0.5"), "committed")


def test_changes_can_be_applied_to_a_state_without_any_ledger_entry_bytes_or_signature():
    forge = opened()
    books = replayed(forge)
    forge.reserve("a", m.declared("2"))
    spent = decide(books, entry.parse(forge.lines[-1]))
    assert isinstance(spent, Spent)
    books.apply(spent)
    books.apply(CapRaised(3, "kr", Decimal(9), "one"))
    assert (books.balance("kr").left, books.statements) == (7, {"one", *replayed(forge).statements})


class Spending(RuleBasedStateMachine):
    """Random lives of spends against the plainest model: a dictionary and a sum."""

    def __init__(self):
        super().__init__()
        self.forge, self.books = opened("20"), None
        self.books = replayed(self.forge)
        self.open, self.counted = {}, {}

    def enter(self):
        self.books.apply(decide(self.books, entry.parse(self.forge.lines[-1])))

    @rule(amount=st.integers(1, 9))
    def reserve(self, amount):
        spend = f"s{len(self.forge.lines)}"
        self.forge.reserve(spend, m.declared(str(amount)))
        try:
            self.books.afford(decide(self.books, entry.parse(self.forge.lines[-1])))
        except Exhausted:
            assert sum(self.counted.values()) + amount > 20
            forged = self.forge.lines.pop()
            self.forge.leaf = entry.parse(forged).prior
            return
        self.enter()
        self.open[spend] = self.counted[spend] = amount

    @precondition(lambda self: self.open)
    @rule(data=st.data(), how=st.sampled_from(["commit", "less", "expire", "release"]))
    def settle(self, data, how):
        spend = data.draw(st.sampled_from(sorted(self.open)))
        amount = self.open.pop(spend)
        if how == "expire":
            self.forge.add(EntryType.EXPIRE, {"reason": "crash", "spend": spend})
        elif how == "release":
            self.forge.approved("release", {"spend": spend})
            del self.counted[spend]
        else:
            self.counted[spend] = amount if how == "commit" else 1
            self.forge.commit(spend, m.declared(str(self.counted[spend])))
        self.enter()

    @invariant()
    def the_balance_is_the_sum(self):
        balance = self.books.balance("kr")
        assert balance.spent == balance.lifetime == sum(self.counted.values()) <= balance.cap
        assert balance.left >= 0


TestSpending = Spending.TestCase
TestSpending.settings = settings(max_examples=25, stateful_step_count=20)
