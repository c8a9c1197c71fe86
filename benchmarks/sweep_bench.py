"""A sweep of many people from files to files, beside the path of one person at a time; equal rows, and how it grows.

People are regrown of a simulated population, each household drawn again (`data.synthetic.regrown`), and stand in files
before the clock runs. Everything is CPU time of this process, reading, hashing and writing included. The peer, the
states of one person after the other, is timed on people drawn by a seed, and their rows are compared with the files'.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from composition import reading
from composition.sweeping import ShardSweep, SweepFiles, foreseen_by, population_sweep
from data.synthetic.regrown import Regrowth
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.arrays import Int64
from features.calendar import date_of
from features.declaration.declaration import Declaration
from features.log.columnar import read_segments
from features.log.history import History
from features.log.people_folder import PeopleFolder
from features.shard_folder import MANIFEST
from sweep.population_sweep import PopulationSweep
from sweep.row_oracle import RowOracle
from sweep.shard_tally import added
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

    @property
    def declaration(self) -> Declaration:
        """What their events mean."""
        return self.sweep.after.declaration

    def of(self, shard: int) -> PopulationSweep:
        """The sweep of the people of one file."""
        return self.sweep.over(self.folder.history(shard, self.declaration))


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
        "details": [*curve, *_since(ground, scratch)],
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
        oracle = RowOracle.of(sweep, messages)
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


def _since(ground: SweptGround, scratch: Path) -> list[dict[str, Any]]:
    """What a sweep since the day before takes where one person in a hundred has something new, beside a whole one.

    The day before left who can change; who reads everybody instead finds the same rows.
    """
    before, day = LAST - timedelta(days=1), ground.work.files
    histories = [ground.folder.history(shard, ground.declaration) for shard in range(len(ground.folder.files))]
    folder = PeopleFolder.write(scratch / "before", histories, apart=True)
    seconds = {"before": _swept(ground, folder, replace(day, as_of=before, ahead=31), scratch / "left")[0]}
    news = (_told_late(one, np.arange(len(one.people))[::100], ground.sweep) for one in histories)
    folder = PeopleFolder.write(scratch / "after", news, apart=True)
    found: dict[str, Any] = {"before": {}}
    for name, files in (
        ("whole", day),
        ("everybody", replace(day, since=before)),
        ("named", replace(day, since=before, earlier=scratch / "left")),
    ):
        seconds[name], found[name] = _swept(ground, folder, files, scratch / name)
    read, share = found["named"]["counts"]["read"], seconds["named"] / seconds["whole"]
    return [
        {
            "people": folder.people,
            "CPU s": round(seconds["named"], 3),
            "us a person": round(1e6 * seconds["named"] / folder.people, 2),
            "of the last file": f"since the day before: {read['news']} read for news, {read['days']} for own days, "
            f"{share:.1%} of a whole sweep's {seconds['whole']:.2f} s, {seconds['everybody']:.2f} s if all are read, "
            f"{'equal' if found['named']['content'] == found['everybody']['content'] else 'NOT EQUAL'}",
        }
    ]


def _swept(ground: SweptGround, folder: PeopleFolder, files: SweepFiles, out: Path) -> tuple[float, dict[str, Any]]:
    """Sweep a folder; seconds of CPU without the start, and what was counted with the hash of all rows."""
    foresight = foreseen_by(files)
    order = {"as_of": files.as_of.isoformat(), "rules": foresight.rules}
    if foresight.outlook is not None:
        order["until"] = date_of(foresight.outlook.until).isoformat()
    swept = SweepFolder.begin(out, order, len(folder.files))
    work = replace(ground.work, files=files, people=folder.path, out=out)
    begun = time.process_time()
    for shard in range(len(folder.files)):
        work(shard)
    spent = time.process_time() - begun
    counts = added(one["counts"] for one in swept.finish())
    content = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["content"]
    return spent, {"counts": counts, "content": content}


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
