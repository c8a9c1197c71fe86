"""What it costs that households stay as they were when first learned from, beside counting runs with what grew.

A year of thirteen runs, thirty days apart, on synthetic people. Of each household of today it is counted in how many
units of each run it was, were units the households of their day. Then the last run learns in three ways: households
stay, at epsilon 1; households of today, at the epsilon that is left where a run counts with the largest such number k,
so that the year costs the same; and households of today at epsilon 1, which promises nothing over time. Each is judged
by NDCG@5 against the truth on the same people, on the mean of a few draws of noise.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet

from features.calendar import DAY_SECONDS
from features.log.columnar import read_segments
from features.log.consents import consents
from features.log.households import households
from features.log.interactions import APPLIED
from privacy.accounting import accountant
from privacy.accounting.mechanism import gaussian
from privacy.budget import worst_case_epsilon
from privacy.gate import Admission
from research import named_worlds, private_worlds
from training.data.admission import admitted
from training.data.hold_out import HoldOut
from training.data.material import TrainingData, learned_from
from training.evaluation.evaluation import popularity, standings
from training.rankers.schedules import plan, separation
from training.runs.private_run import lists_of, stages

if TYPE_CHECKING:
    from features.arrays import Bool, UInt64
    from features.log.history import History
    from privacy.request import RunRequest

Tell = Callable[[str], None]

PEOPLE: Final = 8_000
MONTHS: Final = 36
RUNS: Final = 13
_APART: Final = 30 * DAY_SECONDS
WORLD: Final = "default"
EPSILON: Final = Decimal(1)
DELTA: Final = Decimal("0.000001")
DRAWS: Final = 3
_NOISE: Final = 1 / separation(float(EPSILON), float(DELTA))
STAY, COUNTED, TODAY = "households stay", "a run counts k times", "households of today, nothing over time"


@dataclass
class MemoryRoll:
    """In which unit each person was first learned from; a `privacy.gate.PersistentUnits` that is kept nowhere."""

    unit: dict[str, int] = field(default_factory=dict)

    def fixed(self, people: Sequence[str], grouping: Callable[[UInt64, UInt64], tuple[UInt64, Bool]]) -> UInt64:
        """The unit of each person, those who are learned from for the first time entered."""
        digests = (hashlib.sha256(one.encode()).digest() for one in people)
        number = np.array([int.from_bytes(one[:7], "big") + 1 for one in digests], np.uint64)
        found, stays = grouping(number, np.array([self.unit.get(one, 0) for one in people], np.uint64))
        for at in np.flatnonzero(stays).tolist():
            self.unit.setdefault(people[at], int(found[at]))
        return found


@dataclass(frozen=True)
class HouseholdYear:
    """What thirteen runs saw.

    Attributes:
        roll: the units, as they stayed.
        were: of each household of today that agreed, in how many units of each run it was: int64[households, runs].
    """

    roll: MemoryRoll
    were: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def most(self) -> list[int]:
        """The largest number k of each run."""
        return [max(int(one), 1) for one in self.were.max(axis=0)]


def measure(progress: Tell, units: int = PEOPLE) -> Mapping[str, object]:
    """Count what grows together in a year, and judge what each way of promising over time leaves of the order.

    Args:
        progress: takes a line about what begins.
        units: how many people are made.
    """
    request = private_worlds.asked(EPSILON, DELTA)
    progress(f"making {units:,} people x {MONTHS} months")
    with named_worlds.made(WORLD, units, MONTHS) as data:
        year = _year(data, request, progress)
        least = epsilon_where(max(year.most))
        ndcg = _judged(data, request, year.roll, least, progress)
    grown = Counter(int(one) for one in year.were[:, 0])
    row = {
        "households": len(year.were), "were two": grown[2], "were three or more": sum(grown[n] for n in grown if n > 2),
        "k by run": " ".join(map(str, year.most)), "year, staying": cost([1] * RUNS),
        "year, counted": cost(year.most), "same price": least,
    }  # fmt: skip
    peers = {name: value for name, value in ndcg.items() if name != STAY}
    return {
        "name": "households", "work": f"{RUNS} runs of epsilon {EPSILON} on {units:,} people, {DRAWS} draws each",
        "unit": "NDCG@5", "ours": ndcg[STAY], "peers": peers,
        "ratio": {name: ndcg[STAY] / value for name, value in peers.items()}, "equal_results": True, "details": [row],
    }  # fmt: skip


def _year(data: TrainingData, request: RunRequest, progress: Tell) -> HouseholdYear:
    """Let every run read what was recorded by its day."""
    roll, seen = MemoryRoll(), list[dict[str, int]]()
    for run in reversed(range(RUNS)):
        end = data.end - run * _APART
        progress(f"run {RUNS - run} of {RUNS}")
        history = _recorded_by(data, end)
        admitted(history, Admission(request, roll=roll), data.hold_out, until=end)
        agreeing = np.flatnonzero(consents(history).agreeing(request.purpose, silent=False))
        heads = households(history)
        seen.append({history.people[at]: int(heads[at]) for at in agreeing.tolist()})
    today: dict[int, list[str]] = {}
    for person, head in seen[-1].items():
        today.setdefault(head, []).append(person)
    were = [[len({run[one] for one in members if one in run}) for run in seen] for members in today.values()]
    return HouseholdYear(roll, np.array(were, np.int64))


def _recorded_by(data: TrainingData, end: int) -> History:
    """Everybody's events that were recorded by a second."""
    events: Path = data.gate.rows.events  # type: ignore[attr-defined]  # of a folder, as a world is
    known = [("recordedtime", "<=", datetime.fromtimestamp(end, UTC))]
    with TemporaryDirectory() as folder:
        part = Path(folder) / "part.parquet"
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(events, filters=known), part)
        return read_segments(part, data.declaration, unreadable=set())


def cost(most: Sequence[int]) -> str:
    """What runs cost together where each counts with such a number."""
    runs = Counter(gaussian(round(_NOISE / k, 3)) for k in most)
    return f"{worst_case_epsilon({None: runs}, DELTA):.2f}"


def epsilon_where(k: int) -> Decimal:
    """The epsilon of a run that costs as much with k as one of `EPSILON` costs with one: k times the noise."""
    found = accountant.pld(gaussian(round(_NOISE * k, 3)), DELTA)
    assert found is not None, "a Gaussian release has a price"
    return found.quantize(Decimal("0.001"), ROUND_FLOOR)


def _judged(
    data: TrainingData, request: RunRequest, roll: MemoryRoll, least: Decimal, progress: Tell
) -> dict[str, float]:
    """NDCG@5 of the last run learned in each way, on people of whom no way learned."""
    log, some, truth = named_worlds.judged_by(data)
    people = log.history.people
    held = frozenset(person for person, out in zip(people, data.hold_out.of(people), strict=True) if out)
    apart = replace(data, hold_out=HoldOut(named=held, whole=True))
    found = {}
    for name, kept, epsilon in ((STAY, roll, EPSILON), (COUNTED, None, least), (TODAY, None, EPSILON)):
        told = admitted(log.history, Admission(request, roll=kept), apart.hold_out, until=data.end)
        read = lists_of(apart, told, held_out=False)
        left = stages(replace(request, epsilon=epsilon)).left
        chosen = plan(read.units, left, request.delta, len(data.catalogue.programmes))
        draws = []
        for draw in range(DRAWS):
            progress(f"{name}, epsilon {epsilon}, of {read.units:,} households: draw {draw + 1}")
            scores = private_worlds.learned_scores(apart, read, chosen, some)
            draws.append(standings(some, {name: scores}, truth)[name].mean)
            progress(f"{draws[-1]:.4f}")
        found[name] = float(np.mean(draws))
    beside = popularity(learned_from(apart, told), data.codes, APPLIED)[some.pairs.programme]
    level = standings(some, {"popularity": beside}, truth)
    return found | {name: one.mean for name, one in level.items()}
