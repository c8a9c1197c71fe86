"""Record and replay below the ranker: the private step, and what people look like behind the gate, without one unit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import training.data.admission
from composition.reading import read_declaration
from features import snapshot
from features.log.event import Event
from features.log.history import History, history_of
from privacy.gate import Admission
from privacy.learning.step import Schedule, Total
from privacy.request import LegalBasis, RunRequest
from privacy.unit import PrivacyUnit, readers_of_others
from tests.examples import examples
from tests.privacy.tape import Coins, Tape, moved
from training.data.admission import admitted
from training.data.examples import LearningLog
from training.data.hold_out import HoldOut

SEEDS = st.integers(0, 2**32 - 1)

# --- the step ---------------------------------------------------------------------------------------------------------

SCHEDULE = Schedule.of(units=20, q="0.4", steps=5, sigma="1.1")


def stepped(gradients: np.ndarray, noise, clip=SCHEDULE.clip) -> np.ndarray:
    """A run whose gradients depend on what was released before."""
    weights = np.zeros(gradients.shape[1])
    for _ in range(SCHEDULE.steps):
        total = Total.empty(extra=weights.size)
        drawn = SCHEDULE.sampler.draw(len(gradients), noise)
        total.add_dense(gradients[drawn] * (1 + np.abs(weights)), clip)
        weights = weights + SCHEDULE.released(total, noise)
    return weights


def step_twice(monkeypatch, gradients, gone, clip=SCHEDULE.clip):
    tape = Tape()
    with monkeypatch.context() as patch:
        tape.record(patch)
        one = stepped(gradients, Coins(9, 20), clip)
    with monkeypatch.context() as patch:
        replayed = tape.replay(patch)
        other = stepped(np.delete(gradients, gone, axis=0), Coins(9, 20, gone), clip)
    return one, other, moved(tape, replayed)


@given(SEEDS, st.integers(0, 19), st.sampled_from([0.01, 1.0, 1e4]))
@examples(40)
def test_without_one_unit_every_step_sums_to_within_the_clip_of_what_it_did(seed, gone, size) -> None:
    gradients = np.random.default_rng(seed).normal(size=(20, 6)) * size
    with pytest.MonkeyPatch.context() as patch:
        one, other, far = step_twice(patch, gradients, gone)
    assert max(far) <= 1
    assert np.array_equal(one, other)


def test_a_step_that_does_not_clip_is_found_by_its_replay(monkeypatch) -> None:
    gradients = np.random.default_rng(1).normal(size=(20, 6)) * 100
    assert max(max(step_twice(monkeypatch, gradients, gone, clip=1e4)[2]) for gone in range(3)) > 1


# --- what one person's features read of another -----------------------------------------------------------------------

DECLARATION = read_declaration()
RUN = RunRequest("kr", PrivacyUnit.HOUSEHOLD, Decimal(1), Decimal("0.000001"), "offers", "tester", LegalBasis.LAW)
DAY, NOON = 86_400, 1_750_000_000
ROLES = {
    "life.child_born": ("child", "parent"), "life.child_adopted": ("child", "parent"), "life.married": ("spouse",),
    "life.divorced": ("spouse",),
}  # fmt: skip


def lives(seed: int, people: int = 12) -> list[Event]:
    """Births, adoptions, weddings and divorces between people and strangers, and what each states alone."""
    rng = np.random.default_rng(seed)
    found = []
    for person in range(people):
        facts = {"birth_date": f"19{rng.integers(60, 99)}-01-01", "income_percent": int(rng.integers(20, 300))}
        found.append(event(f"f{person}", f"c{person}", "fact.stated", 0, facts))
        found.append(event(f"s{person}", f"c{person}", "benefit.shown", 50, {"programme": "kr.x", "position": 1,
                                                                             "channel": "web"}))  # fmt: skip
    for at in range(people // 2):
        kind = list(ROLES)[rng.integers(0, len(ROLES))]
        chosen = rng.permutation(people)[: 1 + len(ROLES[kind])]
        about = tuple((f"c{who}", role) for who, role in zip(chosen[1:], ROLES[kind], strict=True))
        told = event(f"r{at}", f"c{chosen[0]}", kind, int(rng.integers(1, 40)), {}, about)
        found.append(replace(told, source="registry/families"))
    return found


def event(name, person, kind, day, data, about=()):
    when = NOON + day * DAY
    return Event(name, "test", person, kind, when, when, data, about)


def pseudonym(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()[:8]


def admitted_people(events: list[Event], run: RunRequest) -> LearningLog:
    return admitted(history_of(events, DECLARATION), Admission(run, pseudonym), HoldOut(10**6))


def looks(log: LearningLog) -> dict[str, bytes]:
    """Every feature of everybody on several days, as bytes, by pseudonym."""
    people = np.arange(len(log.history.people))
    days = [np.full(people.size, NOON + day * DAY, dtype=np.int64) for day in (5, 30, 60)]
    told = [snapshot.snapshots(DECLARATION, log.history, people, t).values for t in days]
    return {
        name: b"".join(np.ascontiguousarray(values[at]).tobytes() for values in told)
        for at, name in enumerate(log.history.people)
    }


def without(events: list[Event], gone: set[str]) -> list[Event]:
    return [one for one in events if one.subject not in gone]


def unit_of(events: list[Event], person: str, kind: PrivacyUnit) -> set[str]:
    if kind is PrivacyUnit.PERSON:
        return {person}
    history = history_of(events, DECLARATION)
    place = dict(zip(history.people, training.data.admission.households(history).tolist(), strict=True))
    return {name for name, at in place.items() if at == place[person]}


def changed(seed: int, kind: PrivacyUnit) -> int:
    """How many of the others look otherwise once somebody's unit is gone with all its events."""
    events, run = lives(seed), replace(RUN, unit=kind)
    gone = unit_of(events, "c0", kind)
    before, after = looks(admitted_people(events, run)), looks(admitted_people(without(events, gone), run))
    kept = set(before) - {pseudonym(person) for person in gone}
    assert kept == set(after) - {pseudonym(person) for person in gone}
    return sum(before[name] != after[name] for name in kept)


@pytest.mark.parametrize("seed", range(12))
def test_without_one_household_no_feature_of_anybody_else_changes_by_a_bit(seed) -> None:
    assert changed(seed, PrivacyUnit.HOUSEHOLD) == 0


def test_where_each_person_is_a_unit_no_row_of_anybody_else_is_left() -> None:
    """Such a run is refused all the same: it would learn from features that lack what serving reads."""
    assert readers_of_others(DECLARATION)
    assert sum(changed(seed, PrivacyUnit.PERSON) for seed in range(12)) == 0


def test_households_and_showings_of_the_others_stay_as_they_were() -> None:
    events = lives(3)
    gone = unit_of(events, "c0", PrivacyUnit.HOUSEHOLD)
    logs = [admitted_people(some, RUN) for some in (events, without(events, gone))]
    names = {pseudonym(person) for person in gone}

    def together_with(log):
        people = np.array(log.history.people)
        return {frozenset(people[log.unit == at].tolist()) for at in np.unique(log.unit)} - {frozenset(names)}

    def shown(log):
        people = log.history.people
        return sorted(people[at] for at in log.interactions.person if people[at] not in names)

    assert together_with(logs[0]) == together_with(logs[1])
    assert shown(logs[0]) == shown(logs[1])


# --- each check fails where what it guards is broken -----------------------------------------------------------------


def test_households_that_miss_a_tie_are_found(monkeypatch) -> None:
    monkeypatch.setattr(training.data.admission, "households", lambda history: np.arange(len(history.people)))
    monkeypatch.setattr(History, "within", lambda history, *_: history)
    assert sum(changed(seed, PrivacyUnit.HOUSEHOLD) for seed in range(12)) > 0


def test_a_feature_made_of_everybody_is_found(monkeypatch) -> None:
    honest = snapshot.snapshots

    def beside_the_mean(*args):
        made = honest(*args)
        return replace(made, values=made.values - made.values.mean(axis=0).astype(made.values.dtype))

    monkeypatch.setattr(snapshot, "snapshots", beside_the_mean)
    assert sum(changed(seed, PrivacyUnit.HOUSEHOLD) for seed in range(4)) > 0
