"""The champion gate on people who may be real: paid for once, never drawn twice, and refused in time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec

import numpy as np
import pytest

from features.canonical_json import canonical_text
from features.problem import Rejected
from privacy.account import LedgerAccount
from privacy.gate import Admission
from privacy.ledger.verify import verify
from privacy.refusal import Exhausted
from privacy.request import RunRequest
from privacy.unit import PrivacyUnit
from tests.privacy.fixed_rows import FixedRows
from tests.privacy.ledgers import ledger
from tests.privacy.noises import Seeded, Silent
from training.data.material import held_out_showings, learning_showings
from training.evaluation.bundle_room import BundleRoom
from training.evaluation.comparison import of_groups, weighed
from training.evaluation.judged_rows import scored_offers
from training.evaluation.release import bundle_price
from training.measures import ndcg
from training.rankers.forest_ranker import ForestSettings
from training.rankers.forest_ranker import learn as grow
from training.runs import private_promotion
from training.runs.private_promotion import Contender, compare, question

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("opacus") is None, reason="opacus is not installed (make setup)"),
]

RUN = RunRequest("kr", PrivacyUnit.PERSON, Decimal(1), Decimal("0.000001"), "offers", "tester")


class Backwards:
    """A model that orders as badly as another orders well."""

    def __init__(self, good):
        self.good = good

    def attributes(self, catalogue, declaration):
        return self.good.attributes(catalogue, declaration)

    def score(self, people, attributes, pairs):
        found = self.good.score(people, attributes, pairs)
        return replace(found, score=-found.score, probability=1 - found.probability)


@pytest.fixture(scope="module")
def good(material):
    lists = learning_showings(material, material.gate.rows.open(Admission()), 10**9, 0)
    forest = grow(lists, material.catalogue, ForestSettings(rounds=20, min_leaf=20, threads=1)).forest
    return Contender("good", forest, "a" * 64)


@pytest.fixture(scope="module")
def bad(good):
    return Contender("bad", Backwards(good.model), "b" * 64)


@pytest.fixture
def kept(private_material, tmp_path):
    """People who may be real, with a budget of 3 in a ledger on disk, and a place for what is released."""
    made = ledger(tmp_path / "ledger")
    account = LedgerAccount(made, tmp_path / "ledger", "kr")
    log = private_material.gate.rows.open(Admission())
    rows = FixedRows(lambda _: log, people=log.history.people)
    gate = replace(private_material.gate, account=account, rows=rows)
    (tmp_path / "reports").mkdir()
    return replace(private_material, gate=gate), made, tmp_path / "reports"


def test_a_comparison_is_reserved_then_committed_by_what_it_released_and_the_ledger_verifies(kept, good, bad):
    material, made, folder = kept
    found = compare(material, RUN, (good, bad), Seeded(1), folder)
    assert found.spend.epsilon <= 1
    assert [one.spend for one in found.receipts] == [found.spend_id, found.spend_id]
    (spend,) = made.spends("kr")
    assert (spend.id, spend.state, spend.id.partition("-")[0]) == (found.spend_id, "committed", "evaluation")
    assert json.loads(found.kept.read_bytes())["challenger"] == "a" * 64
    bundle = made.export(folder / "bundle").encode()
    assert hashlib.sha256(found.kept.read_bytes()).hexdigest().encode() in bundle
    assert verify(bundle, made.verifier).ok


def test_the_figures_are_those_of_held_out_units_but_for_the_noise(kept, good, bad):
    material, _, folder = kept
    found = compare(material, RUN, (good, bad), Silent(0), folder).comparison
    lists = held_out_showings(material, material.gate.rows.open(Admission()), 10**9, 0)
    whole = weighed(*(scored_offers(one.model, lists, material) for one in (good, bad)), lists,
                    lists.examples.person, of_groups(lists, material))  # fmt: skip
    assert found.sums[2] == pytest.approx(whole[:, 2].sum(), abs=1e-6)
    assert 30 < found.units == whole[:, 0].sum() * 4
    assert found.gain.mean > 0.1


def test_beside_a_champion_it_is_held_against_the_order_that_a_first_model_is_compared_with(kept, good, bad):
    material, _, folder = kept
    beside, first = (compare(material, RUN, (good, one), Silent(0), folder).comparison for one in (bad, None))
    assert first.above_popular is None
    assert beside.above_popular.mean == pytest.approx(first.gain.mean, abs=1e-6)


def test_the_noise_that_was_reserved_is_the_noise_that_was_added(kept, good, bad):
    material, made, folder = kept
    exact = compare(material, RUN, (good, bad), Silent(0), folder).comparison
    other = compare(material, replace(RUN, requester="other"), (good, bad), Seeded(3), folder).comparison
    drawn = (np.array(other.sums) - exact.sums) * BundleRoom().weights
    sigma = float(made.spends("kr")[1].mechanism["noise"]) * BundleRoom().length
    assert drawn == pytest.approx(np.random.default_rng(3).standard_normal(len(BundleRoom().weights)) * sigma, abs=1e-6)


def test_the_same_question_on_the_same_day_is_one_spend_and_one_answer(kept, good, bad):
    material, made, folder = kept
    first = compare(material, RUN, (good, bad), Seeded(1), folder)
    again = compare(material, RUN, (good, bad), Seeded(2), folder)
    assert (again.comparison, again.spend_id) == (first.comparison, first.spend_id)
    assert len(made.spends("kr")) == 1
    others = (replace(RUN, epsilon=Decimal("0.5")), (good, bad)), (RUN, (bad, good)), (RUN, (good, None))
    asked = [question(material, run, *models) for run, models in (*others, (RUN, (good, bad)))]
    assert len({json.dumps(one) for one in asked}) == 4


def test_a_crash_before_anything_was_kept_is_taken_up_under_the_same_reservation(kept, good, bad, monkeypatch):
    material, made, folder = kept
    with monkeypatch.context() as patch:
        patch.setattr(private_promotion, "weighed", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            compare(material, RUN, (good, bad), Seeded(1), folder)
    (spend,) = made.spends("kr")
    assert (spend.state, list(folder.iterdir())) == ("reserved", [])
    found = compare(material, RUN, (good, bad), Seeded(2), folder)
    assert [one.state for one in made.spends("kr")] == ["committed"]
    assert found.spend_id == spend.id


def test_a_crash_before_the_commit_leaves_nothing_to_read_so_that_no_second_draw_is_seen(kept, good, bad, monkeypatch):
    material, made, folder = kept
    with monkeypatch.context() as patch:
        patch.setattr(LedgerAccount, "commit", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            compare(material, RUN, (good, bad), Seeded(1), folder)
    assert list(folder.iterdir()) == []
    compare(material, RUN, (good, bad), Seeded(2), folder)
    assert [one.state for one in made.spends("kr")] == ["committed"]


def test_a_crash_after_the_commit_draws_nothing_again(kept, good, bad, monkeypatch):
    material, made, folder = kept
    with monkeypatch.context() as patch:
        patch.setattr("privacy.gate.write_whole", lambda *_, **__: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            compare(material, RUN, (good, bad), Seeded(1), folder)
    with pytest.raises(Rejected, match="drawn a second time"):
        compare(material, RUN, (good, bad), Seeded(2), folder)
    assert len(made.spends("kr")) == 1


def test_figures_that_were_laid_there_before_anything_was_asked_are_not_believed(kept, good, bad):
    material, _, folder = kept
    spend = compare(material, RUN, (bad, good), Seeded(1), folder).spend_id
    asked = question(material, RUN, good, bad)
    name = f"evaluation-{hashlib.sha256(canonical_text(asked).encode()).hexdigest()[:32]}"
    forged = json.loads((folder / f"{spend}.json").read_bytes()) | {"multiplier": 0.1}
    (folder / f"{name}.json").write_text(json.dumps(forged))
    found = compare(material, RUN, (good, bad), Seeded(2), folder)
    assert (found.spend_id, found.comparison.multiplier > 0.1) == (name, True)
    assert json.loads(found.kept.read_bytes())["challenger"] == "a" * 64


def test_what_was_released_and_is_gone_is_not_drawn_a_second_time(kept, good, bad):
    material, made, folder = kept
    compare(material, RUN, (good, bad), Seeded(1), folder).kept.unlink()
    opened = len(material.gate.rows.opened)
    with pytest.raises(Rejected, match="drawn a second time"):
        compare(material, RUN, (good, bad), Seeded(2), folder)
    assert len(material.gate.rows.opened) == opened
    assert len(made.spends("kr")) == 1


def test_what_was_kept_and_then_changed_is_not_what_was_committed(kept, good, bad):
    material, _, folder = kept
    path = compare(material, RUN, (good, bad), Seeded(1), folder).kept
    path.write_bytes(path.read_bytes().replace(b'"sums": [', b'"sums": [9'))
    with pytest.raises(Rejected, match="committed already"):
        compare(material, RUN, (good, bad), Seeded(1), folder)


def test_more_than_is_left_is_refused_before_a_row_is_read(kept, good, bad):
    material, made, folder = kept
    with pytest.raises(Exhausted):
        compare(material, replace(RUN, epsilon=Decimal(9)), (good, bad), Seeded(1), folder)
    assert (material.gate.rows.opened, made.spends("kr"), list(folder.iterdir())) == ([], (), [])


def test_a_dry_run_says_the_price_and_reads_nothing(kept):
    material, made, _ = kept
    price = bundle_price(material, RUN)
    assert (price.rows, price.left, material.gate.rows.opened, made.spends("kr")) == (None, Decimal(3), [], ())
    assert price.remaining == 3 - price.composed.epsilon


def test_the_first_model_is_compared_with_its_own_order_for_everybody_which_no_person_moves(kept, good, material):
    one, other = (private_promotion.for_everybody(good.model, part) for part in (kept[0], material))
    assert np.array_equal(one, other)
    found = compare(kept[0], RUN, (good, None), Silent(0), kept[2]).comparison
    lists = held_out_showings(material, material.gate.rows.open(Admission()), 10**9, 0)
    popular = ndcg(lists.at, one[lists.examples.programme], lists.examples.label)[1]
    assert found.brier is None
    assert found.gain.mean > 0
    assert 0 < found.level[0] < 1
    assert popular.mean() == pytest.approx(found.level[0], abs=0.05)
