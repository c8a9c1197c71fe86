"""Nothing is learned from a person except through the gate, at a stated price."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.accounting.amount import text_of
from privacy.data_provenance import DataKind, Provenance, digest
from privacy.gate import Gate, Gated, PrivateRows
from privacy.request import Request, RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit, UnitSupport
from tests.privacy.fixed_rows import FixedRows

INFINITE = Request("lightgbm", Spend.infinite())
RUN = RunRequest("kr", PrivacyUnit.PERSON, Decimal(1), Decimal("0.000001"), "offers", "tester")
NOISY = m.gaussian_sgd("4", "0.1", 10)
LESS = m.gaussian_sgd("4", "0.1", 5)


ANY_UNIT = UnitSupport()


class Paper:
    """A receipt."""

    def __init__(self, spend, what):
        self.spend = spend
        self.what = what

    def to_document(self):
        return {"spend": self.spend, "what": self.what}


class RecordingAccount:
    """A budget account that remembers what was done with it."""

    population = "kr"

    def __init__(self, unit=PrivacyUnit.PERSON, left=3, public=False):
        self.unit, self.left, self.public = unit, Decimal(left), public
        self.done = []

    def left_after(self, *mechanisms):
        return self.left - len(mechanisms)

    def price_of(self, *mechanisms):
        return Spend(Decimal(len(mechanisms)), Decimal("0.0000001"))

    def reserve(self, spend, run, people, metrics=None):
        if not self.left:
            raise Rejected(())
        self.done.append(("reserved", run.mechanism, tuple(people), metrics, run.units))
        return Paper(spend, "reserve")

    def commit(self, spend, ran, artefact=None):
        self.done.append(("committed", ran))
        self.artefact = artefact
        return Paper(spend, "commit")

    def roll(self, spend):  # noqa: ARG002
        return None

    def pseudonym(self, person):
        return f"someone like {len(person)}"

    def is_public(self, people, rows):  # noqa: ARG002
        return self.public

    def exact(self, people, rows, learner):
        self.done.append(("exact", tuple(people), rows, learner))
        return Paper("exact", "exact")


def gate(kind, account=None, bring=lambda _: ["a", "b", "c"], units=ANY_UNIT):
    rows = FixedRows(bring, 3, ("ann", "bob"), units)
    return Gate(rows, Provenance(kind), account), rows.opened


def private(account=None, **options):
    return gate(DataKind.PRIVATE, account or RecordingAccount(), **options)


def test_rows_about_nobody_are_open_to_everyone_and_cost_nothing():
    synthetic, _ = gate(DataKind.SYNTHETIC)
    assert synthetic.admit(INFINITE) == ["a", "b", "c"]
    assert synthetic.price(INFINITE).remaining is None


@pytest.mark.parametrize("kind", [DataKind.PRIVATE, DataKind.PUBLIC])
@pytest.mark.parametrize("account", [None, RecordingAccount()])
def test_a_fit_without_noise_never_opens_rows_about_people_whatever_the_budget(kind, account):
    closed, opened = gate(kind, account)
    for attempt in (closed.admit, closed.price):
        with pytest.raises(Rejected, match=r"infinite epsilon.*proffer synth") as refusal:
            attempt(INFINITE)
    assert opened == []
    assert "lightgbm" in str(refusal.value)


def test_rows_that_two_people_signed_to_be_public_are_open_whatever_their_stamp_says():
    account = RecordingAccount(public=True)
    closed, opened = gate(DataKind.PRIVATE, account)
    closed.price(INFINITE)
    assert (account.done, opened) == ([], [])
    assert closed.admit(INFINITE) == ["a", "b", "c"]
    assert account.done == [("exact", ("ann", "bob"), "d" * 64, INFINITE.learner)]


def test_a_number_that_was_released_is_named_by_the_hash_of_its_text():
    account = RecordingAccount()
    private(account)[0].admit_run(RUN).run("count", NOISY, len)
    assert account.artefact == digest(b"3")


def test_people_without_a_budget_are_not_learned_from():
    closed, opened = gate(DataKind.PRIVATE)
    with pytest.raises(Rejected, match="no budget"):
        closed.admit_run(RUN)
    assert opened == []


def test_a_mechanism_is_reserved_before_a_row_is_read_and_committed_as_it_ran():
    account = RecordingAccount()
    closed, opened = private(account)
    gated = closed.admit_run(RUN)
    assert (account.done, opened) == ([], [])

    def learner(rows):
        assert account.done == [("reserved", NOISY, ("ann", "bob"), None, 70)]
        return len(rows)

    assert gated.run("train", NOISY, learner, ran=lambda _: (LESS, "f" * 64), units=70) == 3
    assert account.done[1:] == [("committed", LESS)]
    assert account.artefact == "f" * 64
    assert [one.what for one in gated.receipts] == ["reserve", "commit"]
    assert len({one.spend for one in gated.receipts}) == 1


def test_every_spend_has_an_id_of_its_own_so_that_no_noise_is_drawn_twice_for_one():
    closed, opened = private()
    gated = closed.admit_run(RUN)
    for _ in range(3):
        gated.run("train", NOISY, len)
    assert len({one.spend for one in gated.receipts}) == 3
    assert len(opened) == 1


def test_what_stops_a_run_says_which_spend_stays_open():
    closed, _ = private()
    gated = closed.admit_run(RUN)

    def stopped(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as failure:
        gated.run("train", NOISY, stopped)
    spend = gated.receipts[0].spend
    assert failure.value.__notes__ == [
        f"What was reserved as {spend} stays spent; close it: proffer privacy expire --spend {spend} --reason R"
    ]


def test_training_that_crashes_stays_spent():
    account = RecordingAccount()
    gated = private(account)[0].admit_run(RUN)
    with pytest.raises(ZeroDivisionError):
        gated.run("train", NOISY, lambda _: 1 // 0)
    assert [what for what, *_ in account.done] == ["reserved"]


def test_a_budget_that_refuses_keeps_the_rows_shut():
    closed, opened = private(RecordingAccount(left=0))
    with pytest.raises(Rejected):
        closed.admit_run(RUN).run("train", NOISY, len)
    assert opened == []


def test_released_figures_are_an_entry_that_needs_no_commit():
    account = RecordingAccount()
    private(account)[0].admit_run(RUN).run("evaluate", NOISY, len, metrics=("ndcg",))
    assert account.done == [("reserved", NOISY, ("ann", "bob"), ("ndcg",), 0)]


def test_what_is_derived_of_private_rows_is_as_private_and_made_once():
    closed, opened = private()
    made = []
    lists = closed.admit_run(RUN).derived(lambda rows: made.append(rows) or len(rows))
    assert isinstance(lists, Gated)
    assert (made, opened) == ([], [])
    assert lists.run("one", NOISY, lambda rows: rows + 1) == 4
    assert lists.run("two", NOISY, lambda rows: rows + 2) == 5
    assert len(made) == 1


def test_a_run_sees_only_the_rows_it_may_see_under_pseudonyms():
    closed, opened = private(bring=lambda admission: (admission.run.purpose, admission.pseudonym("ann")))
    assert closed.admit_run(RUN).run("train", NOISY, lambda rows: rows) == ("offers", "someone like 3")
    assert [admission.run for admission in opened] == [RUN]


def test_a_dry_run_opens_nothing_and_says_what_would_remain():
    closed, opened = private()
    price = closed.price_run(RUN, NOISY, NOISY)
    assert (price.rows, price.spend, price.left, price.remaining) == (None, Spend(RUN.epsilon, RUN.delta), 3, 1)
    assert opened == []


@pytest.mark.parametrize(
    ("unit", "budget", "support", "said"),
    [
        (PrivacyUnit.PERSON, PrivacyUnit.HOUSEHOLD, {}, r"not the unit that the budget of 'kr' protects \(household\)"),
        (
            PrivacyUnit.PERSON,
            PrivacyUnit.PERSON,
            {"readers": ("children", "married")},
            r"2 columns of a person read another person.s events \(children, married\)",
        ),
        (PrivacyUnit.HOUSEHOLD, PrivacyUnit.HOUSEHOLD, {"grouped": False}, "who belongs together.*Declare roles"),
    ],
)
def test_a_unit_that_is_not_protected_is_refused_with_what_to_do(unit, budget, support, said):
    from dataclasses import replace

    closed, opened = private(RecordingAccount(budget), units=UnitSupport(**support))
    with pytest.raises(Rejected, match=said):
        closed.admit_run(replace(RUN, unit=unit))
    assert opened == []


def test_another_neighbouring_relation_than_the_accounted_one_is_refused():
    from dataclasses import replace

    with pytest.raises(Rejected, match="replace_one"):
        private()[0].admit_run(replace(RUN, relation="replace_one"))


# --- gated rows are a type of their own ------------------------------------------------------------------------------


def looks(gated):
    from sklearn.preprocessing import StandardScaler

    from recommender.ranking.attributes import Vocabulary
    from training.rankers.models import PooledForest, calibrate

    rng = np.random.default_rng(0)
    return {
        "an array": lambda: np.asarray(gated),
        "a loop": lambda: list(gated),
        "a length": lambda: len(gated),
        "an element": lambda: gated[0],
        "a look at a field": lambda: gated.segments,
        "a truth": lambda: bool(gated),
        "a scaler": lambda: StandardScaler().fit(gated),
        "a forest": lambda: PooledForest().fit(gated, [0, 1]),
        "a calibration": lambda: calibrate(gated, np.array([0.0, 1.0]), None),
        "a vocabulary": lambda: Vocabulary.fit(gated, gated, 8, rng),
        "a copy": lambda: copy.deepcopy(gated),
        "a file": lambda: pickle.dumps(gated),
    }


@pytest.mark.parametrize("look", sorted(looks(None)))
def test_a_preprocessor_that_is_given_private_rows_raises(look):
    gated = private()[0].admit_run(RUN)
    with pytest.raises(PrivateRows, match="declaration and the catalogue"):
        looks(gated)[look]()
    assert "ann" not in repr(gated)


def test_rows_are_not_even_brought_before_something_was_reserved():
    closed, opened = private()
    gated = closed.admit_run(RUN)
    for one in (gated, gated.derived(len)):
        with pytest.raises(PrivateRows):
            one._opened()
    assert opened == []


def test_rows_stay_shut_to_a_preprocessor_also_after_training_saw_them():
    gated = private()[0].admit_run(RUN)
    gated.run("train", NOISY, len)
    with pytest.raises(PrivateRows):
        np.asarray(gated)


SNIPPET = """
import numpy as np
from privacy.gate import Gated
from training.data.examples import LearningLog
from recommender.ranking.attributes import Vocabulary
from training.rankers.effects import learn_effects
from training.rankers.models import PooledForest, calibrate
from training.rankers.forest_ranker import learn, ForestSettings, written
from recommender.rules.catalogue import Catalogue

def wrong(gated: Gated[LearningLog], catalogue: Catalogue, real: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    Vocabulary.fit(gated, None, 8, np.random.default_rng(0))  # 1
    PooledForest().fit(gated, real)  # 2
    calibrate(gated, real, real)  # 3
    learn(gated, catalogue, ForestSettings())  # 4
    np.asarray(gated).mean(axis=gated)  # 5
    len(gated)  # 6
    gated.segments  # 7
    for row in gated: pass  # 8
"""


@pytest.mark.slow
def test_a_preprocessor_that_is_given_private_rows_is_wrong_to_the_type_checker(tmp_path):
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(snippet)]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False).stdout
    found = {int(line.split(":")[1]) for line in said.splitlines() if "snippet.py:" in line and "error" in line}
    wanted = {at for at, line in enumerate(SNIPPET.splitlines(), 1) if line.rpartition("# ")[2].isdigit()}
    assert wanted <= found, said


# --- stamps and spends -----------------------------------------------------------------------------------------------


def test_unmarked_rows_are_private():
    assert Provenance.parse(None).kind is DataKind.PRIVATE


@pytest.mark.parametrize("document", ["synthetic", [], {}, {"kind": "made up"}, {"kind": "synthetic", "files": 3}])
def test_a_stamp_that_says_nothing_clear_is_refused_and_never_taken_for_private_or_synthetic(document):
    with pytest.raises(Rejected, match=r"stamp\.json"):
        Provenance.parse(document)


def test_a_stamp_does_not_follow_rows_it_never_saw():
    stamp = Provenance.parse({"kind": "synthetic", "files": {"events.parquet": digest(b"rows")}})
    stamp.check("events.parquet", digest(b"rows"))
    with pytest.raises(Rejected, match=r"events\.parquet"):
        stamp.check("events.parquet", digest(b"other rows"))
    with pytest.raises(Rejected, match=r"more\.parquet"):
        stamp.check("more.parquet", digest(b"rows"))


def test_private_rows_need_no_stamp_to_be_private():
    Provenance.parse(None).check("events.parquet", digest(b"anything"))


def test_an_infinite_spend_says_so_and_comes_back():
    document = Spend.infinite().to_document()
    assert document == {"epsilon": "infinity", "delta": "0"}
    assert Spend.from_document(document) == Spend.infinite()
    assert not Spend.infinite().finite


@given(st.decimals(0, 1000), st.decimals(0, Decimal("0.9")))
def test_a_spend_is_written_in_the_one_decimal_text_that_ledger_entries_use(epsilon, delta):
    document = Spend(epsilon, delta).to_document()
    assert document == {"epsilon": text_of(epsilon), "delta": text_of(delta)}
    assert "E" not in document["epsilon"] + document["delta"]
    assert Spend.from_document(document) == Spend(epsilon, delta)


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
        Spend.from_document(document, ("manifest",))
