"""A sweep of many people from files to files, beside the path of one person at a time; equal rows, and how it grows.

People are regrown of a simulated population, each household drawn again (`data.synthetic.regrown`), and stand in files
before the clock runs. Everything is CPU time of this process, reading, hashing and writing included. The peer, the
states of one person after the other, is timed on people drawn by a seed, and their rows are compared with the files'.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from composition import reading
from composition.sweeping import ShardSweep, SweepFiles, population_sweep
from data.synthetic.regrown import Regrowth
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.arrays import Int64
from features.calendar import date_of
from features.log.columnar import read_segments
from features.log.history import History
from features.log.people_folder import PeopleFolder
from sweep.population_sweep import PopulationSweep
from sweep.row_oracle import RowOracle
from sweep.sweep_folder import SweepFolder

PEOPLE, SEED, BASE, MONTHS, PILOT, SAMPLE, SHARD = 100_000, 3_141, 2_000, 3, 400, 300, 10_000
LAST: Final = date(2023, 12, 31)
PEER: Final = "one person at a time"


@dataclass(frozen=True)
class SweptGround:
    """The files that are swept, and how.

    Attributes:
        work: what is done with one of them.
        folder: the people.
        sweep: the same sweep, over nobody yet.
    """

    work: ShardSweep
    folder: PeopleFolder
    sweep: PopulationSweep

    def of(self, shard: int) -> PopulationSweep:
        """The sweep of the people of one file."""
        return self.sweep.over(self.folder.history(shard, self.sweep.after.declaration))


def measure(
    progress: Callable[[str], None], units: int | None = None, pictures: Path | None = None
) -> Mapping[str, object]:
    """Run the benchmark at its full size, or with so many people; draw how it grows into a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        return run(Path(scratch), units or PEOPLE, SHARD, progress, pictures)


def run(
    scratch: Path, people: int, size: int, progress: Callable[[str], None], pictures: Path | None = None
) -> dict[str, Any]:
    """Return the document of `proffer bench sweep`: people swept a second of CPU, by both ways."""
    progress(f"making {people:,} people")
    ground = _ground(scratch, people, size)
    progress("sweeping")
    seconds = []
    for shard in range(len(ground.folder.files)):
        begun = time.process_time()
        ground.work(shard)
        seconds.append(time.process_time() - begun)
    progress(f"sweeping {SAMPLE} people one by one")
    peer, equal = _beside(ground)
    curve = _curve(ground.folder, seconds)
    if pictures is not None:
        _draw(pictures / "sweep.png", curve, peer)
    swept, total = ground.folder.people, sum(seconds)
    rate = swept / total
    return {
        "name": "sweep",
        "work": f"all that may be offered to {swept:,} people, from files to files",
        "unit": "people/s of CPU",
        "ours": rate,
        "peers": {PEER: 1 / peer},
        "ratio": {PEER: rate * peer},
        "equal_results": equal,
        "details": [*curve, *_since(ground)],
    }


def _ground(scratch: Path, people: int, size: int) -> SweptGround:
    """Make people, as many as asked for, in files of some each."""
    definitions = reading.read_definitions()
    synthesise(PopulationOrder(SEED, BASE, MONTHS, pilot=PILOT), definitions, scratch / "base")
    base = read_segments(scratch / "base" / "events.parquet", definitions.declaration)
    growth = Regrowth(base, definitions.declaration, SEED)
    parts = (growth.shard(number, min(size, people - first)) for number, first in enumerate(range(0, people, size)))
    folder = PeopleFolder.write(scratch / "people", parts)
    files = SweepFiles(LAST)
    SweepFolder.begin(scratch / "out", {}, len(folder.files))
    work = ShardSweep(files, definitions.catalogue.hash, folder.path, scratch / "out", len(folder.files))
    return SweptGround(work, folder, population_sweep(files.settings(), base))


def _beside(ground: SweptGround) -> tuple[float, bool]:
    """Seconds of CPU that a person takes alone, and whether those who were drawn have the rows of the files."""
    rng, files, messages = np.random.default_rng(SEED), ground.folder.files, reading.read_messages()
    spent, equal, each = 0.0, True, -(-SAMPLE // len(files))
    swept = SweepFolder(ground.work.out, len(files))
    for shard in range(len(files)):
        sweep = ground.of(shard)
        drawn = np.sort(rng.choice(files[shard].people, min(each, files[shard].people), replace=False))
        begun = time.process_time()
        oracle = RowOracle(sweep, messages)
        alone = [row for place in drawn.tolist() for row in oracle.rows(place)]
        spent += time.process_time() - begun
        equal &= alone == swept.rows(shard, [sweep.calendar.history.people[place] for place in drawn.tolist()])
    return spent / sum(min(each, one.people) for one in files), equal


def _curve(folder: PeopleFolder, seconds: Sequence[float]) -> list[dict[str, Any]]:
    """How long the first, the first three and so on take: what is met once is worked out once."""
    people, spent = np.cumsum([one.people for one in folder.files]), np.cumsum(seconds)
    at = sorted({*(int(place) for place in np.geomspace(1, len(seconds), 5).round()), len(seconds)})
    return [
        {
            "people": int(people[place - 1]),
            "CPU s": round(float(spent[place - 1]), 2),
            "us a person": round(1e6 * float(spent[place - 1] / people[place - 1]), 1),
            "of the last file": round(1e6 * seconds[place - 1] / folder.files[place - 1].people, 1),
        }
        for place in at
    ]


class _Everybody(PopulationSweep):
    """A sweep that computes everybody, whether something can have changed or not."""

    def concerned(self, people: Int64) -> Int64:
        return people


def _since(ground: SweptGround) -> list[dict[str, Any]]:
    """What a sweep since the day before takes where one person in a hundred has something new, beside a whole one."""
    sweep = ground.of(0)
    history, day = sweep.calendar.history, sweep.as_of
    people = np.arange(len(history.people), dtype=np.int64)
    changed = replace(sweep.calendar, history=_told_late(history, people[::100], sweep), turns={})
    since = PopulationSweep(changed, day, day - 1)
    everybody = _Everybody(changed, day, day - 1)
    for one in (since, everybody, sweep):  # what is met once
        one.table(people)
    timed = []
    for one in (since, sweep):
        begun = time.process_time()
        one.table(people)
        timed.append(time.process_time() - begun)
    return [
        {
            "people": len(people),
            "CPU s": round(timed[0], 3),
            "us a person": round(1e6 * timed[0] / len(people), 1),
            "of the last file": f"since the day before, 1 % new: {since.concerned(people).size} judged, "
            f"{timed[0] / timed[1]:.1%} of a whole sweep's {timed[1]:.2f} s, "
            f"{'equal' if since.table(people).equals(everybody.table(people)) else 'NOT EQUAL'}",
        }
    ]


def _told_late(history: History, people: Int64, sweep: PopulationSweep) -> History:
    """The history in which the last row of some people became known on the day of the sweep only."""
    recorded = history.recorded.copy()
    last = history.offsets[people + 1] - 1
    recorded[last[last >= history.offsets[people]]] = sweep.after.declaration.zone.end_of_day(date_of(sweep.as_of)) - 9
    return replace(history, recorded=recorded)


def _draw(path: Path, curve: Sequence[Mapping[str, Any]], peer: float) -> None:
    """Draw seconds of CPU over people, both ways."""
    import matplotlib.pyplot as plt

    people = [row["people"] for row in curve]
    figure, axes = plt.subplots(figsize=(7, 4.2))
    axes.loglog(people, [row["CPU s"] for row in curve], marker="o", label="proffer sweep, files to files")
    axes.loglog(people, [peer * many for many in people], "--", label=f"{PEER} (timed on {SAMPLE})")
    axes.set(xlabel="people", ylabel="seconds of CPU", title="Sweeping people, 99 programmes")
    axes.text(0.99, 0.02, f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
              f"NumPy {np.__version__}, one process", transform=axes.transAxes, ha="right", fontsize=7)  # fmt: skip
    axes.legend(loc="upper left")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=140, metadata={"Software": ""}, bbox_inches="tight")
    plt.close(figure)
