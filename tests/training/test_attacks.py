"""Attacks that once moved what a private run learns: each has a test that fails with the old behaviour put back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("dp_accounting")

from composition import clock, sources
from composition.sources import TrainingSource, read_training_data
from composition.workspace import Workspace
from features.log import history, row_limits, versions
from features.log.event import Event
from features.log.files import COLUMNS
from features.log.history import History, history_of
from features.log.versions import MOST_ACTS
from features.problem import Rejected
from privacy.gate import Admission, Gate
from privacy.request import QuotedPrice, RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit
from tests.features.log.written_events import write_parquet
from tests.privacy.noises import Seeded
from tests.training.conftest import _programme
from training.data import admission
from training.data.admission import MOST_PEOPLE, admitted
from training.data.examples import LearningLog
from training.data.hold_out import HoldOut
from training.data.material import candidates_of, learning_showings
from training.evaluation.release import NAMES, bundle_mechanism, noised_metrics
from training.rankers.forest_ranker import ForestSettings
from training.rankers.forest_ranker import learn as grow
from training.rankers.private_ranker import learn
from training.rankers.schedules import plan
from training.runs import private_run
from training.runs.private_run import MOST_LISTS

ROOT = Path(__file__).resolve().parents[2]
RUN = RunRequest("kr", PrivacyUnit.HOUSEHOLD, Decimal(1), Decimal("0.000001"), "offers", "tester")
DAY, NOON = 86_400, 1_750_000_000
END = NOON + 200 * DAY
REGISTRY = "registry/families"


def event(name, who, kind, day=0, data=None, about=(), source="citizen"):
    when = NOON + day * DAY
    return Event(name, source, who, kind, when, when, data or {}, about)


def agreed(*people):
    return [event(f"g-{who}", who, "consent.given", 0, {"purpose": "offers"}) for who in people]


def shown(who, day=5, programme="kr.x"):
    data = {"programme": programme, "position": 1, "channel": "web"}
    return event(f"s-{who}-{day}-{programme}", who, "benefit.shown", day, data)


def retracted(name, who, target, day=9):
    return event(name, who, "event.retracted", day, {"source": target.source, "id": target.id})


def private(events, declaration, run=RUN):
    """What a private run may learn from."""
    unreadable: set[str] = set()
    return admitted(history_of(events, declaration, unreadable), Admission(run, str), HoldOut(10**6), unreadable, END)


def columns(log: LearningLog, *people: str) -> list[Any]:
    """What is known of some people, and what they were shown."""
    known, found = log.history, []
    for who in people:
        place = known.people.index(who) if who in known.people else None
        part = slice(0) if place is None else slice(known.offsets[place], known.offsets[place + 1])
        found += [place is None, *(getattr(known, name)[part].tolist() for name in ("happened", "signal", "value"))]
        found.append(sum(known.people[at] == who for at in log.interactions.person))
    return found


# --- A1 --------------------------------------------------------------------------------------------------------------


def test_a_strangers_retractions_move_no_row_and_no_consent_of_others(declaration):
    others = [f"c{at}" for at in range(9)]
    log = [*agreed(*others), *(shown(who) for who in others)]
    hostile = [retracted(f"r{at}", "eve", one) for at, one in enumerate(log)]
    assert columns(private([*log, *hostile], declaration), *others) == columns(private(log, declaration), *others)


# --- A2 --------------------------------------------------------------------------------------------------------------


def folder_of(events, path: Path) -> Path:
    path.mkdir()
    write_parquet(events, path / "events.parquet")
    (path / "catalogue.jsonl").write_text(json.dumps(_programme(0)) + "\n")
    return path


def test_the_end_of_a_private_log_is_stated_or_now_and_moves_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: END)
    log = [*agreed("ann"), shown("ann")]
    ends = set()
    for at, late in enumerate(([], [event("late", "eve", "life.moved", 60)])):
        source = TrainingSource(Workspace(tmp_path / "home"), folder_of([*log, *late], tmp_path / f"{at}"))
        stated = read_training_data(replace(source, as_of="2025-08-01")).end
        ends.add((read_training_data(source).end, stated))
    assert ends == {(END, 1_754_060_400)}  # midnight in Seoul at the end of 1 August 2025
    far = replace(source, as_of="2099-01-01")
    assert read_training_data(far).end == END


def test_what_was_recorded_after_the_stated_end_is_not_learned_from_but_a_withdrawal_counts(declaration):
    log = [*agreed("ann", "bob"), shown("ann"), shown("ann", 50), shown("bob")]
    later = event("w", "bob", "consent.withdrawn", 60, {"purpose": "offers"})
    known = history_of([*log, later], declaration)
    found = admitted(known, Admission(RUN, str), HoldOut(10**6), (), NOON + 20 * DAY)
    assert (found.history.people, len(found.interactions)) == (("ann",), 1)


# --- A3 --------------------------------------------------------------------------------------------------------------


def born_by_correction():
    born = event("b", "ann", "life.child_born", 3, {}, (("kid", "child"),), REGISTRY)
    body = {"about": [{"person": "kid", "role": "child"}, {"person": "bob", "role": "parent"}]}
    fix = event("f", "ann", "event.corrected", 4, {"source": REGISTRY, "id": "b", "data": body}, source=REGISTRY)
    return [born, fix, *agreed("ann", "bob"), shown("ann", 9), shown("bob", 9)]


def test_who_is_brought_in_by_a_correction_is_of_the_household(declaration):
    found = private(born_by_correction(), declaration)
    assert found.history.people == ("ann", "bob")
    assert found.unit.tolist() == [0, 0]


def test_what_was_retracted_still_makes_a_household(declaration):
    log = born_by_correction()
    found = private([*log, retracted("r", "ann", log[0], 20)], declaration)
    assert found.unit.tolist() == [0, 0]


# --- A10 -------------------------------------------------------------------------------------------------------------


def test_nothing_is_learned_from_an_event_whose_subject_withdrew_also_where_it_names_somebody_who_agreed(declaration):
    born = event("b", "ann", "life.child_born", 3, {}, (("kid", "child"), ("bob", "parent")), REGISTRY)
    log = [born, *agreed("ann", "bob"), shown("bob", 9)]
    gone = event("w", "ann", "consent.withdrawn", 8, {"purpose": "offers"})
    with_her, without_her = private([*log, gone], declaration), private([log[2], log[3]], declaration)
    assert with_her.history.people == ("bob",)
    assert columns(with_her, "bob") == columns(without_her, "bob")
    assert columns(private(log, declaration), "bob") != columns(without_her, "bob")


# --- A11 -------------------------------------------------------------------------------------------------------------


def test_of_two_consents_the_later_instant_counts_and_not_the_later_text(tmp_path, monkeypatch):
    """Given at 01:00Z, withdrawn at 00:30-05:00, which is 05:30Z: later, in a text that sorts before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    times = ["2025-06-01T01:00:00Z", "2025-06-01T00:30:00-05:00"]
    rows = {name: ["x", "x"] for name in COLUMNS} | {
        "id": ["1", "2"], "subject": ["ann"] * 2, "type": ["consent.given", "consent.withdrawn"], "time": times,
        "recordedtime": times, "data": ['{"purpose": "offers"}'] * 2,
    }  # fmt: skip
    folder_of([], tmp_path / "people")
    pq.write_table(pa.table(rows), tmp_path / "people" / "events.parquet")
    monkeypatch.setattr(clock, "now", lambda: END)
    data = read_training_data(TrainingSource(Workspace(tmp_path / "home"), tmp_path / "people"))
    assert data.gate.rows.open(Admission(RUN)).history.people == ()


# --- A12 -------------------------------------------------------------------------------------------------------------


def opened(events, tmp_path) -> LearningLog:
    source = TrainingSource(Workspace(tmp_path / "home"), folder_of(events, tmp_path / "people"))
    return read_training_data(source).gate.rows.open(Admission(RUN))


@pytest.mark.parametrize(
    "bad",
    [
        [event("x", "eve", "benefit.shown", 9, {"position": 1, "channel": "web"})],
        [event("x", "eve", "life.moved", 9, {"region": "11440"}), event("x", "eve", "life.moved", 9, {"region": "11"})],
        [event("x", "eve", "life.job_started", 9, {"monthly_pay": "a lot"})],
    ],
    ids=["no programme", "an id used twice", "no number"],
)
def test_who_cannot_be_read_adds_exactly_nothing_and_stops_nobody(tmp_path, bad):
    log = [*agreed("ann", "eve"), shown("ann"), shown("eve")]
    found = opened([*log, *bad], tmp_path)
    assert found.history.people == ("ann",)
    assert (len(found.interactions), found.left_out) == (1, (0, 1))


def test_an_id_that_two_people_use_is_each_ones_own(tmp_path):
    log = [*agreed("ann", "bob"), replace(shown("ann"), id="same"), replace(shown("bob"), id="same")]
    found = opened(log, tmp_path)
    assert found.history.people == ("ann", "bob")
    assert (len(found.interactions), found.left_out) == (2, (0, 0))


def test_a_long_chain_of_retractions_leaves_out_its_household_alone(declaration):
    chain = [shown("eve")]
    for at in range(2000):
        chain.append(retracted(f"r{at:04}", "eve", chain[-1], 9))
    found = private([*agreed("ann", "eve"), shown("ann"), *chain], declaration)
    assert (found.history.people, found.left_out.unreadable) == (("ann",), 1)


# --- units of too many people ---------------------------------------------------------------------------------------


def test_a_unit_of_too_many_people_adds_nothing_and_is_counted_with_noise_only(declaration):
    family = [f"c{at:02}" for at in range(MOST_PEOPLE + 1)]
    ties = [event(f"t{who}", family[0], "life.member_moved_in", 2, {}, ((who, "member"),), "registry/residents")
            for who in family[1:]]  # fmt: skip
    log = [*agreed("ann", *family), shown("ann"), *(shown(who) for who in family)]
    found = private([*log, *ties], declaration)
    assert (found.history.people, found.left_out) == (("ann",), (1, 0))
    assert len(private([*log, *ties[1:]], declaration).history.people) == len(family) + 1


def test_counts_are_one_release_in_which_a_unit_moves_one_of_three_by_one(declaration, material):
    lists = private_run.lists_of(material, private([*agreed("ann"), shown("ann")], declaration), held_out=False)
    assert private_run.counts(replace(lists, left_out=(2, 3))).tolist() == [lists.units, 2, 3]


# --- A13 -------------------------------------------------------------------------------------------------------------


def test_a_dry_run_on_people_who_may_be_real_says_no_exact_number():
    rows = SimpleNamespace(count=lambda: 93_503, units=SimpleNamespace(problems=lambda *_: ()))
    price = Spend(Decimal(1), Decimal("0.000001"))
    account = SimpleNamespace(unit=PrivacyUnit.HOUSEHOLD, left_after=lambda *_: Decimal(1), price_of=lambda *_: price)
    gate = Gate(rows, SimpleNamespace(kind=sources.DataKind.PRIVATE), account)
    assert "93503" not in re.sub(r"\D", "", repr(gate.price_run(RUN)))


def test_a_delta_is_held_against_no_exact_number_of_people():
    """Else who asks again and again, with one delta after another, finds how many there are."""
    from composition import budgets

    def nobody():
        raise AssertionError("people were counted")

    rows = SimpleNamespace(people=nobody)
    account = SimpleNamespace(population="kr", unit=PrivacyUnit.HOUSEHOLD)
    gate = SimpleNamespace(rows=rows, account=account, provenance=SimpleNamespace(kind=sources.DataKind.PRIVATE))
    terms, hashed = budgets.PrivateTerms(Decimal(1), Decimal("0.01")), SimpleNamespace(hash="0" * 64)
    data = SimpleNamespace(gate=gate, declaration=hashed, catalogue=hashed)
    assert budgets.run_request(data, terms, Workspace(Path("home"))).delta == Decimal("0.01")
    with pytest.raises(Rejected, match="1/n"):
        budgets.run_request(data, replace(terms, units=100), Workspace(Path("home")))


# --- A14 -------------------------------------------------------------------------------------------------------------


def test_a_household_with_thousands_of_lists_takes_no_more_time_than_one_with_a_public_number(declaration, material):
    programme = material.catalogue.programmes[0].id
    many = [shown("eve", -day, programme) for day in range(3 * MOST_LISTS)]
    log = private([*agreed("ann", "eve"), *(replace(one, subject="ann", id=f"a{one.id}") for one in many[:5]), *many],
                  declaration)  # fmt: skip
    found = private_run.lists_of(replace(material, end=END), log, held_out=False)
    sizes = np.bincount(found.unit)
    assert sizes.tolist() == [5, MOST_LISTS]
    latest = found.lists.examples.t[found.unit == 1]
    assert (latest.max(), latest.min()) == (NOON, NOON - (MOST_LISTS - 1) * DAY)


# --- A19 -------------------------------------------------------------------------------------------------------------


def test_no_plain_copy_of_the_log_lies_in_the_home_while_it_is_read(tmp_path, monkeypatch):
    home = Workspace(tmp_path / "home")
    with home.begin().log_to_write() as log:
        log.append([*agreed("bea"), shown("bea")])
    left = home.path / ".log.killed"
    left.mkdir()
    (left / "events.parquet").write_bytes(b"bea")
    seen: list[str] = []
    honest = admission.admitted

    def watched(*given):
        seen.extend(path.name for path in home.path.rglob("*") if path.is_file() and b"bea" in path.read_bytes())
        return honest(*given)

    monkeypatch.setattr(admission, "admitted", watched)
    data = read_training_data(TrainingSource(home, None))
    assert data.gate.rows.open(Admission(RUN)).history.people == ("bea",)
    assert {name for name in seen if not name.startswith("events.db")} == set()


def test_a_run_that_is_killed_while_it_reads_leaves_no_plain_copy(tmp_path):
    """Neither in the home nor where temporary files are: only the database of the log knows anybody."""
    home, scratch = Workspace(tmp_path / "home"), tmp_path / "tmp"
    scratch.mkdir()
    with home.begin().log_to_write() as log:
        log.append([*agreed("beatrix"), shown("beatrix")])
    program = """if True:
        import os, pathlib, signal, sys
        from composition.sources import TrainingSource, read_training_data
        from composition.workspace import Workspace
        from privacy.gate import Admission
        from privacy.unit import PrivacyUnit
        from privacy.request import RunRequest
        from training.data import admission

        admission.admitted = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        data = read_training_data(TrainingSource(Workspace(pathlib.Path(sys.argv[1])), None))
        data.gate.rows.open(Admission(RunRequest("kr", PrivacyUnit.HOUSEHOLD, 1, 0, "offers", "tester")))
    """
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    died = subprocess.run([sys.executable, "-c", program, str(home.path)], cwd=scratch, env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    left = {path.name for path in tmp_path.rglob("*") if path.is_file() and b"beatrix" in path.read_bytes()}
    assert left == {"events.db"}


# --- A17 -------------------------------------------------------------------------------------------------------------


def test_scores_of_others_are_made_without_ones_record_and_ones_own_of_it(material, lives):
    """Joint differential privacy: given the model, a list is a function of the record of whom it is for alone."""
    events, _ = lives
    lists = learning_showings(material, material.gate.rows.open(Admission()), 10**9, 0)
    model = grow(lists, material.catalogue, ForestSettings(rounds=10, min_leaf=20, threads=1)).forest
    who, day = events[0].subject, events[0].time + DAY
    stated = Event("x", "registry", who, "fact.stated", day, day, {"birth_date": "1934-01-01", "income_percent": 10})
    scores = []
    for log in (events, [*events, stated]):
        found = candidates_of(
            material, LearningLog.of(history_of(log, material.declaration)), np.ones(len(lives[1]), bool)
        )
        names = np.array(found.people.people)[found.pairs.person]
        values = model.score(
            found.people, model.attributes(material.catalogue, material.declaration), found.pairs
        ).score
        scores.append((values[names != who].tolist(), values[names == who].tolist()))
    (others, own), (others_after, own_after) = scores
    assert others == others_after
    assert own != own_after


def test_the_promise_tells_scores_of_others_from_ones_own():
    """What a page says of scores without saying of whose is a promise that no mechanism keeps."""
    told = {
        "en": ("for others", "own record"),
        "ko": ("다른 사람", "내 기록"),
        "fr": ("pour d'autres", "votre dossier"),
    }
    texts = [*(ROOT / "data" / "countries").glob("*/messages/*.yaml")]
    assert len(texts) == 4
    for path in texts:
        text = yaml.safe_load(path.read_text(encoding="utf-8"))["messages"]["report"]["from_whom_text"]
        assert all(words in text for words in told[path.stem]), path
    promise = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8").split("**The promise.**")[1].split("| | |")[0]
    assert "for other people" in promise
    assert "own\nlist are made from your own record" in promise


# --- A22 -------------------------------------------------------------------------------------------------------------


def test_who_is_named_in_very_many_events_of_a_stranger_is_learned_from_and_the_stranger_is_not(
    declaration, monkeypatch
):
    monkeypatch.setattr(row_limits, "MOST_SAID", 30)
    log = [*agreed("ann", "eve"), shown("ann"), shown("eve")]
    named = [event(f"n{at}", "eve", "life.married", at % 9, {}, (("ann", "spouse"),)) for at in range(40)]
    found = private([*log, *named], declaration)
    assert columns(found, "ann") == columns(private(log, declaration), "ann")
    assert found.history.people == ("ann",)


# --- A23 -------------------------------------------------------------------------------------------------------------


def corrections_of(target, who, many):
    data = {"source": target.source, "id": target.id, "data": {"region": "11440"}}
    return [event(f"k{at}-{who}-{target.id}", who, "event.corrected", 9, data) for at in range(many)]


def test_an_event_that_is_corrected_very_often_takes_a_public_number_of_steps_and_is_read_no_more(
    declaration, monkeypatch
):
    steps, honest = [], versions.amend
    monkeypatch.setattr(versions, "amend", lambda *given: steps.append(1) or honest(*given))
    log = [*agreed("ann", "eve"), shown("ann"), shown("eve")]
    moved = [event(f"m-{who}", who, "life.moved", 3, {"region": "11200"}) for who in ("ann", "eve")]
    often = [*corrections_of(moved[1], "eve", MOST_ACTS + 1), *corrections_of(moved[0], "eve", 2000)]
    found = private([*log, *moved, *corrections_of(moved[0], "ann", 3), *often], declaration)
    assert len(steps) <= MOST_ACTS
    assert (found.history.people, found.left_out.unreadable) == (("ann",), 1)


# --- what a deployment may lack --------------------------------------------------------------------------------------


def test_a_log_in_which_nothing_was_shown_is_no_error(declaration, material):
    """Nobody is counted, and what is learned is noise."""
    log = private([*agreed("ann", "bob"), event("m", "ann", "life.moved", 3, {"region": "11440"})], declaration)
    ends = replace(material, end=END)
    found, held = (private_run.lists_of(ends, log, held_out=held_out) for held_out in (False, True))
    assert private_run.counts(found).tolist() == [0, 0, 0]
    chosen = plan(1000, Decimal(1), Decimal("1e-6"), len(material.catalogue.programmes))
    fit = learn(found.lists, material.catalogue, chosen, Seeded(1), unit=found.unit)
    figures = bundle_mechanism(Decimal(1), Decimal("1e-6"))
    told = noised_metrics(fit.scorer, held.lists, held.unit, material.catalogue, figures, Seeded(2))
    assert set(told) == set(NAMES)


# --- the old behaviour, put back --------------------------------------------------------------------------------------


def strangers_act(patch):
    def acting(event, actions):
        everybodys = [one for (*key, _), acts in actions.items() if tuple(key) == event.key for one in acts]
        return (one for one in everybodys if one.recorded >= event.recorded and one.key != event.key)

    patch.setattr(versions, "_acting_on", acting)


def the_last_row_ends_the_log(patch):
    def end(source, _):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(source.folder / "events.parquet")
        return int(table["recordedtime"].cast("int64").to_numpy().max()) + 1

    patch.setattr(sources, "_end", end)


def only_what_was_first_said_relates(patch):
    honest = admission.households

    def first_said(history):
        return honest(replace(history, related=history.related[:1]))

    patch.setattr(admission, "households", first_said)


def relatives_teach(patch):
    patch.setattr(History, "within", lambda self, *_: self)


def any_row_stops_the_run(patch):
    whole = sources.FileRows._history
    patch.setattr(sources.FileRows, "_history", lambda rows, _: whole(rows))


def rows_are_counted(patch):
    def priced(gate, run, *_):
        return QuotedPrice(gate.provenance.kind, gate.rows.count(), Spend(run.epsilon, run.delta))

    patch.setattr(Gate, "price_run", priced)


def lists_without_end(patch):
    patch.setattr(private_run, "MOST_LISTS", 10**9)


def whoever_is_named_says_it(patch):
    honest = history.saying_too_much
    patch.setattr(history, "saying_too_much", lambda people, of, _, *rest: honest(people, of, of, *rest))


def corrections_without_end(patch):
    patch.setattr(versions, "MOST_ACTS", 10**9)


def units_without_end(patch):
    patch.setattr(admission, "MOST_PEOPLE", 10**9)


def copies_are_kept(patch):
    patch.setattr(Workspace, "sweep", lambda _: None)


OLD: list[tuple[Callable[[Any], None], Callable[..., None], dict[str, Any]]] = [
    (strangers_act, test_a_strangers_retractions_move_no_row_and_no_consent_of_others, {}),
    (the_last_row_ends_the_log, test_the_end_of_a_private_log_is_stated_or_now_and_moves_for_nobody, {}),
    (only_what_was_first_said_relates, test_who_is_brought_in_by_a_correction_is_of_the_household, {}),
    (relatives_teach,
     test_nothing_is_learned_from_an_event_whose_subject_withdrew_also_where_it_names_somebody_who_agreed, {}),
    (any_row_stops_the_run, test_who_cannot_be_read_adds_exactly_nothing_and_stops_nobody,
     {"bad": [event("x", "eve", "benefit.shown", 9, {"position": 1})]}),
    (rows_are_counted, test_a_dry_run_on_people_who_may_be_real_says_no_exact_number, {}),
    (lists_without_end, test_a_household_with_thousands_of_lists_takes_no_more_time_than_one_with_a_public_number, {}),
    (whoever_is_named_says_it,
     test_who_is_named_in_very_many_events_of_a_stranger_is_learned_from_and_the_stranger_is_not, {}),
    (corrections_without_end,
     test_an_event_that_is_corrected_very_often_takes_a_public_number_of_steps_and_is_read_no_more, {}),
    (units_without_end, test_a_unit_of_too_many_people_adds_nothing_and_is_counted_with_noise_only, {}),
    (copies_are_kept, test_no_plain_copy_of_the_log_lies_in_the_home_while_it_is_read, {}),
]  # fmt: skip


@pytest.mark.parametrize(("put_back", "check", "given"), OLD, ids=[old.__name__ for old, _, _ in OLD])
def test_a_check_fails_with_the_old_behaviour_put_back(request, put_back, check, given):
    import inspect

    wanted = {name: request.getfixturevalue(name) for name in inspect.signature(check).parameters if name not in given}
    with pytest.MonkeyPatch.context() as patch:
        put_back(patch)
        with pytest.raises((AssertionError, Rejected)):
            check(**wanted, **given)


def test_the_table_of_attacks_names_tests_that_are_here():
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (A\d+) \| .* \| (.+?) \|$", text, re.MULTILINE))
    assert {"A1", "A2", "A3", "A10", "A11", "A12", "A13", "A14", "A17", "A19", "A21", "A22", "A23"} <= set(listed)
    for path, name in re.findall(r"`(tests/[a-z_/]+\.py)::([a-z_0-9]+)`", " ".join(listed.values())):
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
