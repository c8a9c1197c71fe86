"""Nothing is learned from a person except through the gate, at a stated price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.gate import DataKind, Gate, NoBook, Request, Spend, Stamp, digest

INFINITE = Request("lightgbm", Spend.infinite())
FINITE = Request("private", Spend(Decimal(1), Decimal("1e-6")))


PLENTY = Spend(Decimal(2), Decimal("1e-5"))


class Ledger:
    """A book that remembers what was done with it."""

    def __init__(self, left=PLENTY):
        self.left = left
        self.done = []

    def remaining(self):
        return self.left

    def reserve(self, request):
        if request.spend.epsilon > self.left.epsilon:
            raise Rejected(())
        self.done.append("reserved")
        return "r1"

    def commit(self, reservation):
        self.done.append(f"committed {reservation}")


def gate(kind, book=None):
    opened = []
    return Gate(Stamp(kind), 3, lambda: opened.append("rows") or ["a", "b", "c"], book), opened


def test_rows_about_nobody_are_open_to_everyone_and_cost_nothing():
    synthetic, _ = gate(DataKind.SYNTHETIC)
    with synthetic.admit(INFINITE) as rows:
        assert rows == ["a", "b", "c"]
    assert synthetic.price(INFINITE).remaining is None


@pytest.mark.parametrize("kind", [DataKind.PRIVATE, DataKind.PUBLIC])
@pytest.mark.parametrize("book", [None, Ledger()])
def test_a_fit_without_noise_never_opens_rows_about_people_whatever_the_budget(kind, book):
    closed, opened = gate(kind, book)
    with pytest.raises(Rejected, match=r"infinite epsilon.*proffer synth") as refusal, closed.admit(INFINITE):
        pass
    assert opened == []
    assert "lightgbm" in str(refusal.value)


def test_people_without_a_budget_are_not_learned_from():
    closed, opened = gate(DataKind.PRIVATE)
    with pytest.raises(Rejected, match="no budget"), closed.admit(FINITE):
        pass
    assert opened == []


def test_a_budget_is_reserved_before_and_settled_after():
    book = Ledger()
    private, _ = gate(DataKind.PRIVATE, book)
    with private.admit(FINITE):
        assert book.done == ["reserved"]
    assert book.done == ["reserved", "committed r1"]


def test_training_that_crashes_stays_spent():
    book = Ledger()
    private, _ = gate(DataKind.PRIVATE, book)
    with pytest.raises(ZeroDivisionError), private.admit(FINITE):
        raise ZeroDivisionError
    assert book.done == ["reserved"]


def test_a_dry_run_opens_nothing_and_says_what_would_remain():
    private, opened = gate(DataKind.PRIVATE, Ledger())
    price = private.price(FINITE)
    assert (price.rows, price.spend, price.remaining) == (3, FINITE.spend, Ledger().left)
    assert opened == []


def test_a_dry_run_of_what_is_refused_is_refused():
    with pytest.raises(Rejected):
        gate(DataKind.PRIVATE)[0].price(INFINITE)


def test_no_book_keeps_nothing():
    book = NoBook()
    assert book.remaining() is None
    book.commit(book.reserve(FINITE))


def test_unmarked_rows_are_private():
    assert Stamp.parse(None).kind is DataKind.PRIVATE


@pytest.mark.parametrize("document", ["synthetic", [], {}, {"kind": "made up"}, {"kind": "synthetic", "files": 3}])
def test_a_stamp_that_says_nothing_clear_is_refused_and_never_taken_for_private_or_synthetic(document):
    with pytest.raises(Rejected, match=r"stamp\.json"):
        Stamp.parse(document)


def test_a_stamp_does_not_follow_rows_it_never_saw():
    stamp = Stamp.parse({"kind": "synthetic", "files": {"events.parquet": digest(b"rows")}})
    stamp.check("events.parquet", digest(b"rows"))
    with pytest.raises(Rejected, match=r"events\.parquet"):
        stamp.check("events.parquet", digest(b"other rows"))
    with pytest.raises(Rejected, match=r"more\.parquet"):
        stamp.check("more.parquet", digest(b"rows"))


def test_private_rows_need_no_stamp_to_be_private():
    Stamp.parse(None).check("events.parquet", digest(b"anything"))


def test_an_infinite_spend_says_so_and_comes_back():
    document = Spend.infinite().to_document()
    assert document == {"epsilon": "infinity", "delta": "0"}
    assert Spend.from_document(document) == Spend.infinite()
    assert not Spend.infinite().finite


@given(st.decimals(0, 1000, places=6), st.decimals(0, Decimal("0.999999"), places=6))
def test_a_spend_survives_being_written(epsilon, delta):
    assert Spend.from_document(Spend(epsilon, delta).to_document()) == Spend(epsilon, delta)


@pytest.mark.parametrize(
    ("epsilon", "delta"), [("NaN", "0"), ("-1", "0"), ("1", "1"), ("1", "-0.1"), ("1", "NaN"), ("-Infinity", "0")]
)
def test_what_is_no_spend_is_refused(epsilon, delta):
    with pytest.raises(ValueError, match="at least 0"):
        Spend(Decimal(epsilon), Decimal(delta))
    with pytest.raises(Rejected, match="decimal strings"):
        Spend.from_document({"epsilon": epsilon, "delta": delta})


@pytest.mark.parametrize("document", [{}, {"epsilon": "1"}, {"epsilon": "one", "delta": "0"}, 7])
def test_a_document_that_is_no_spend_is_refused(document):
    with pytest.raises(Rejected, match="manifest"):
        Spend.from_document(document, "manifest")
