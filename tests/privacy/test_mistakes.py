"""Twenty mistakes that void a claim: each has a guard, each guard a test, and each test fails without its guard."""

from __future__ import annotations

import copy
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("dp_accounting")

import training.data.admission
from features import snapshot
from features.log.history import History
from features.problem import Rejected
from privacy import gate, unit
from privacy.accounting import accountant, mechanism
from privacy.accounting.accountant import Disagreement
from privacy.cohort import Cohort
from privacy.data_provenance import Provenance
from privacy.gate import Gated
from privacy.learning import noise, step
from privacy.learning.noise import secure
from privacy.learning.step import GRID, Sampler, Schedule, Total
from privacy.ledger import admitted, approval
from privacy.ledger.state import LedgerState
from privacy.unit import PrivacyUnit
from tests.privacy import test_gate, test_replay, test_unit
from tests.privacy.accounting import test_accountant, test_mechanism
from tests.privacy.learning import test_audit, test_noise, test_step
from tests.privacy.ledger import test_ledger, test_state
from tests.privacy.noises import Seeded
from tests.research import test_challengers
from tests.training import test_replay as on_ranker
from training import tracking
from training.rankers import private_bilinear
from training.rankers.private_bilinear import PrivateBilinear

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NODE = re.compile(r"`(tests/[a-z_/]+\.py)::([a-z_0-9]+)`")


def rows() -> dict[int, list[tuple[str, str]]]:
    """The tests that the table in docs/privacy.md names, by the number of the mistake."""
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    return {int(number): NODE.findall(named) for number, _, _, named in ROW.findall(text)}


def test_each_of_the_twenty_mistakes_has_a_guard_and_a_test() -> None:
    assert sorted(rows()) == list(range(1, 21))
    assert [number for number, named in rows().items() if not named] == []


@pytest.mark.slow  # in a part of the tests it collects the rest that the table names
def test_every_test_that_the_table_names_is_collected_and_skipped_by_no_mark(request) -> None:
    named = {node for row in rows().values() for node in row}
    files = {path for path, _ in named}
    here = {node_of(item.nodeid) for item in request.session.items}
    assert sorted(named - here - collected_apart({path for path, _ in named - here})) == []
    marks = [f"{path}: {line}" for path in files for line in (ROOT / path).read_text(encoding="utf-8").splitlines()
             if re.search(r"mark\.(skip|xfail)", line)]  # fmt: skip
    assert marks == []


def node_of(line: str) -> tuple[str, str]:
    """The file and the function of a collected item, whatever its parameters."""
    path, _, name = line.split("[")[0].partition("::")
    return path, name


def collected_apart(files: set[str]) -> set[tuple[str, str]]:
    """What a process of its own collects in files of which this run left out a test."""
    if not files:
        return set()
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(files)]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {node_of(line) for line in said.splitlines() if "::" in line}


# --- checks that had no other home ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_price_by_the_central_limit_in_place_of_prv_stops_the_run(monkeypatch) -> None:
    """What Opacus' GDP accountant says of this run: a tenth too little."""
    run = mechanism.gaussian_sgd("1.5", "0.041", 250)
    monkeypatch.setattr(accountant, "prv", lambda *_: Decimal("2.1774"))
    with pytest.raises(Disagreement):
        accountant.price(run, Decimal("1e-6"))


def test_a_figure_about_a_person_has_no_way_into_the_tracking() -> None:
    kept: list[Any] = []
    client = SimpleNamespace(
        tracking_uri="memory:",
        log_metric=lambda *one: kept.append(one),
        log_param=lambda *one: kept.append(one),
    )
    run = tracking.TrackedRun(client, "one")
    for attempt in (run.metrics, run.params):
        with pytest.raises(Rejected, match="allow-list"):
            attempt({"income of c1": 1.0})
    assert kept == []


# --- removals: what each guard is, and how the world is without it ---------------------------------------------------

Patch = pytest.MonkeyPatch
Check = Callable[..., None]


@dataclass(frozen=True)
class Removal:
    """A guard taken away, and the check that must then fail, with its arguments."""

    mistake: int
    name: str
    check: Check
    remove: Callable[[Patch], None]
    given: dict[str, Any]

    @property
    def node(self) -> tuple[str, str]:
        path = Path(inspect.getsourcefile(inspect.unwrap(self.check)) or "")
        return path.relative_to(ROOT).as_posix(), self.check.__name__

    def run(self, monkeypatch: Patch, folder: Path) -> None:
        inner = getattr(self.check, "hypothesis", None)
        check = inner.inner_test if inner else self.check
        fixtures = {"monkeypatch": monkeypatch, "folder": folder}
        wanted = {name: fixtures[name] for name in inspect.signature(check).parameters if name in fixtures}
        check(**wanted, **self.given)


REMOVALS: list[Removal] = []


def unlock(patch: Patch) -> None:
    """Private rows that look like any array."""
    patch.delattr(Gated, "__getattr__")
    patch.setattr(Gated, "__array__", lambda *_, **__: np.zeros((3, 1)))


def without(mistake: int, check: Check, **given: Any) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    def keep(remove: Callable[[Patch], None]) -> Callable[[Patch], None]:
        REMOVALS.append(Removal(mistake, remove.__name__, check, remove, given))
        return remove

    return keep


@without(1, test_step.test_a_batch_is_drawn_by_a_coin_for_each_unit)
def batches_of_one_size(patch):
    rng = np.random.default_rng(3)
    size = {"draw": lambda self, units, _: np.sort(rng.permutation(units)[: int(units * self.q)])}
    patch.setattr(Sampler, "draw", size["draw"])


@without(1, test_audit.test_a_sound_run_is_not_refuted, noise=Seeded(1))
def everybody_in_every_batch(patch):
    patch.setattr(Sampler, "draw", lambda _self, units, _noise: np.arange(units))


@without(2, test_step.test_a_batch_is_drawn_by_a_coin_for_each_unit)
def a_rate_of_one_in_the_whole_number_of_batches(patch):
    honest = Sampler.draw
    patch.setattr(Sampler, "draw", lambda self, *rest: honest(replace(self, q=1 // self.q and Decimal(1) / 4), *rest))


@without(2, test_step.test_a_schedule_carries_the_mechanism_that_is_priced)
def a_price_at_another_rate_than_the_samplers(patch):
    honest = step.gaussian_sgd
    patch.setattr(step, "gaussian_sgd", lambda sigma, q, steps: honest(sigma, q / 2, steps))


@without(3, test_step.test_the_divisor_is_public_whatever_the_batch_held, held=7)
def division_by_what_the_batch_held(patch):
    held, honest = [1], Total.add_dense
    patch.setattr(Total, "add_dense", lambda self, rows, clip: held.append(len(rows)) or honest(self, rows, clip))
    patch.setattr(Schedule, "expected", property(lambda _: float(held[-1])))


@without(
    3, test_step.test_one_unit_more_or_less_moves_the_sum_by_at_most_the_clip, seed=4, units=4, size=30.0, clip=1.0
)
@without(15, test_challengers.test_a_challenger_learns_and_is_bounded_in_what_one_unit_changes, name="logistic")
def sums_without_a_clip(patch):
    honest = Total.add
    patch.setattr(Total, "add", lambda self, made, clip: honest(self, made, 1000 * clip))


@without(4, test_gate.test_another_neighbouring_relation_than_the_accounted_one_is_refused)
@without(16, test_gate.test_a_unit_that_is_not_protected_is_refused_with_what_to_do,
         unit=PrivacyUnit.PERSON, budget=PrivacyUnit.HOUSEHOLD, support={}, said="household")  # fmt: skip
def any_relation_and_any_unit(patch):
    patch.setattr(gate, "_wrong_relation", lambda *_: ())
    patch.setattr(unit.UnitSupport, "problems", lambda *_: ())


@without(5, on_ranker.test_without_one_unit_every_other_units_gradient_is_the_same_bit_for_bit, gone=7)
def gradients_centred_by_the_batch(patch):
    patch.setattr(private_bilinear, "gradients", on_ranker.centred)


@without(5, test_step.test_what_one_unit_says_changes_no_bit_of_anothers_gradient, seed=4, units=6, size=1.0)
def sums_centred_by_the_batch(patch):
    honest = Total.add
    patch.setattr(
        Total, "add", lambda self, made, clip: honest(self, replace(made, right=made.right - made.right.mean(0)), clip)
    )


@without(6, on_ranker.test_a_unit_whose_rows_are_no_numbers_is_as_good_as_absent)
@without(6, test_step.test_a_gradient_that_is_no_number_adds_exactly_nothing, poison=np.nan, where="right")
def a_nan_taken_for_a_number(patch):
    honest = Total.add

    def add(total, made, clip):
        right, extra = (np.nan_to_num(part, nan=0.5) for part in (made.right, made.extra))
        honest(total, replace(made, right=right, extra=extra), clip)

    patch.setattr(Total, "add", add)


@without(6, test_step.test_an_empty_batch_is_released_with_noise_like_any_other)
def no_noise_on_an_empty_batch(patch):
    honest = Schedule.released

    def released(self, total, source):
        return honest(self, total, source) if total.values.any() else np.zeros(total.values.size)

    patch.setattr(Schedule, "released", released)


@without(7, test_step.test_chunks_order_and_threads_change_not_one_bit_of_the_sum,
         seed=4, units=8, size=1.0, chunk=3, random=Random(1))  # fmt: skip
def clipping_of_chunks_and_not_of_units(patch):
    honest = Total.add

    def add(total, made, clip):
        extra = made.extra.sum(axis=0, keepdims=True)
        honest(total, replace(made, at=made.at[[0, -1]], extra=extra), clip)

    patch.setattr(Total, "add", add)


@without(8, test_gate.test_training_that_crashes_stays_spent)
def a_reservation_after_the_training(patch):
    def run(self, stage, spent, learner, **_):
        self._receipts.append(SimpleNamespace(spend="reserved later"))
        released = learner(self._opened())
        self._account.reserve(stage, replace(self._run, mechanism=spent), (), None)
        return released

    patch.setattr(Gated, "run", run)


@without(8, test_accountant.test_selection_is_priced_by_rdp_alone_and_costs_more_than_one_run)
def a_selection_priced_as_the_run_selected(patch):
    patch.setitem(mechanism._EVENTS, "repeat_and_select", lambda _, one: one["of"].dp_event())
    for name in ("rdp", "_rdp"):
        patch.setattr(accountant, name, inspect.unwrap(getattr(accountant, name)))


@without(9, test_gate.test_a_preprocessor_that_is_given_private_rows_raises, look="an array")
def rows_that_a_preprocessor_can_look_at(patch):
    unlock(patch)


@without(10, test_a_figure_about_a_person_has_no_way_into_the_tracking)
def tracking_of_anything(patch):
    patch.setattr(tracking, "_check", lambda *_: None)


@without(10, test_gate.test_released_figures_are_an_entry_that_needs_no_commit)
def figures_that_are_no_entry(patch):
    honest = Gated.run
    patch.setattr(Gated, "run", lambda self, *rest, metrics=None, **more: honest(self, *rest, **more))  # noqa: ARG005


@without(11, test_state.test_one_person_in_two_disjoint_cohorts_is_found_and_not_named)
def cohorts_that_are_called_disjoint(patch):
    patch.setattr(test_state, "check_disjoint", lambda _: None)


@without(11, on_ranker.test_without_one_unit_no_steps_sum_moves_by_more_than_the_clip, gone=7)
def a_clip_for_each_list_of_a_unit(patch):
    honest = Total.add

    def add(total, made, clip):
        alone = np.zeros((len(made.right), made.extra.shape[1]))
        honest(total, replace(made, at=np.arange(len(made.right) + 1), extra=alone), clip)

    patch.setattr(Total, "add", add)


@without(11, test_state.test_a_person_of_another_cohort_is_found_and_not_named)
def cohorts_that_nobody_checks(patch):
    patch.setattr(Cohort, "check", lambda *_: None)


@without(12, test_noise.test_two_sources_never_draw_the_same)
def noise_of_a_known_key(patch):
    patch.setattr(noise, "secrets", SimpleNamespace(token_bytes=bytes))


@without(12, test_noise.test_a_source_cannot_be_copied_or_stored, take=copy.copy)
def noise_that_can_be_copied(patch):
    patch.delattr(noise._Keystream, "__reduce__")


@without(12, test_step.test_what_is_released_lies_on_the_grid_of_the_sum)
def weights_that_show_how_noise_was_rounded(patch):
    def released(self, total, source):
        return (total.values + source.gaussian(total.values.size, float(self.sigma) / GRID)) * GRID / self.expected

    patch.setattr(Schedule, "released", released)


@without(13, test_a_price_by_the_central_limit_in_place_of_prv_stops_the_run)
def accountants_that_need_not_agree(patch):
    patch.setattr(accountant, "check_agreement", lambda _: None)


@without(13, test_mechanism.test_the_accountant_by_the_central_limit_cannot_be_named)
def a_name_for_the_central_limit(patch):
    patch.setitem(mechanism._FIELDS, "gdp", {})


@without(14, on_ranker.test_every_step_clips_at_the_public_clip_and_at_no_other)
def a_clip_that_follows_the_gradients(patch):
    honest = private_bilinear.summed

    def summed(sample, units, *rest, **more):
        *front, clip, shares = rest
        return honest(sample, units, *front, clip * max(units.size, 1) / 15, shares, **more)

    patch.setattr(private_bilinear, "summed", summed)


@without(15, on_ranker.test_what_is_learned_depends_on_nothing_but_what_was_released)
def a_learning_rate_taken_from_the_rows(patch):
    honest = PrivateBilinear.fit

    def fit(self, sample, *rest, **more):
        self.rate = 2.0 / sample.units
        return honest(self, sample, *rest, **more)

    patch.setattr(PrivateBilinear, "fit", fit)


@without(16, test_unit.test_a_feature_that_may_hear_of_an_event_as_somebodys_relative_reads_anothers_event)
def a_person_as_the_unit_of_any_declaration(patch):
    patch.setattr(unit, "readers_of_others", lambda _: ())


@without(16, test_replay.test_without_one_household_no_feature_of_anybody_else_changes_by_a_bit, seed=3)
def households_that_miss_a_tie(patch):
    patch.setattr(training.data.admission, "households", lambda history: np.arange(len(history.people)))
    patch.setattr(History, "within", lambda history, *_: history)


@without(17, test_ledger.test_a_copied_or_redated_data_set_and_a_part_of_it_get_no_fresh_budget)
def a_fresh_budget_for_the_same_people(patch):
    patch.setattr(admitted, "_among", lambda mine, _: np.zeros(mine.size, dtype=bool))


@without(17, test_ledger.test_no_clock_reopens_a_period_or_changes_the_order)
def a_cap_that_is_whole_again_with_time(patch):
    patch.setattr(LedgerState, "left_after", lambda *_: Decimal(1))


@without(18, test_gate.test_a_stamp_does_not_follow_rows_it_never_saw)
def a_stamp_that_is_believed_of_any_rows(patch):
    patch.setattr(Provenance, "check", lambda *_: None)


@without(18, test_ledger.test_what_lowers_protection_needs_two_people_whose_keys_are_not_here)
def one_signature_where_two_are_needed(patch):
    patch.setattr(approval, "TWO", 1)


@without(19, test_gate.test_rows_stay_shut_to_a_preprocessor_also_after_training_saw_them)
def rows_that_stay_open_after_training(patch):
    unlock(patch)


@without(20, test_replay.test_without_one_household_no_feature_of_anybody_else_changes_by_a_bit, seed=1)
def features_beside_the_mean_of_everybody(patch):
    honest = snapshot.snapshots

    def beside_the_mean(*args):
        made = honest(*args)
        return replace(made, values=made.values - made.values.mean(axis=0).astype(made.values.dtype))

    patch.setattr(snapshot, "snapshots", beside_the_mean)


ELSEWHERE = {
    "test_a_preprocessor_that_is_given_private_rows_is_wrong_to_the_type_checker": "it is given code that is wrong",
    "test_in_a_lesson_without_one_unit_every_other_gradient_is_the_same":
        "test_rows_that_are_centred_by_all_rows_are_found",
    "test_a_lesson_without_one_unit_leaves_the_same_files": "test_a_calibration_on_exact_rows_is_found",
    "test_a_run_through_the_gate_without_somebody_leaves_the_same_artefact":
        "test_a_divisor_counted_from_the_rows_is_found",
}  # fmt: skip
"""Tests that are seen to fail where they stand; so is every test whose name ends in `found`, which puts in a fault."""


def test_every_test_in_the_table_is_seen_to_fail() -> None:
    removed = {removal.node for removal in REMOVALS}
    named = {node for row in rows().values() for node in row}
    blind = [node for node in named - removed if node[1] not in ELSEWHERE and not node[1].endswith("_found")]
    assert sorted(blind) == []


def test_every_mistake_has_a_guard_that_is_taken_away_below() -> None:
    assert sorted({removal.mistake for removal in REMOVALS}) == list(range(1, 21))


def test_every_check_that_is_seen_to_fail_stands_in_the_table() -> None:
    missing = [(removal.mistake, *removal.node) for removal in REMOVALS if removal.node not in rows()[removal.mistake]]
    assert missing == []


@pytest.mark.slow
@pytest.mark.parametrize("removal", REMOVALS, ids=lambda one: f"{one.mistake}-{one.name}")
def test_a_check_holds_with_its_guard_and_fails_without_it(removal, folder) -> None:
    with pytest.MonkeyPatch.context() as patch:
        removal.run(patch, folder.with_name("with"))
    with pytest.MonkeyPatch.context() as patch:
        removal.remove(patch)
        with pytest.raises((AssertionError, pytest.fail.Exception, Rejected)):
            removal.run(patch, folder.with_name("without"))


def test_the_noise_of_a_release_is_the_secure_one_and_tests_alone_make_another() -> None:
    """A seed is a mistake (12): nothing that ships constructs noise but by `secure`."""
    assert type(secure()).__name__ == "_Keystream"
    shipped = [path for name in ("privacy", "training", "proffer", "recommender", "serving")
               for path in (ROOT / name).rglob("*.py")]  # fmt: skip
    makers = [path.name for path in shipped if re.search(r"\b(Seeded|Silent|_Keystream)\(", path.read_text("utf-8"))]
    assert makers == ["noise.py"]
