"""Offers as a service makes them: from an event to the outbox at a hundred a second, and a programme that is published.

Everybody applied for the notice and chose the webhook. They are settled first by the catalogue without one programme
that nearly everybody may have. Then events come in, each in a commit of its own, while one worker in this process works
them off: of each is measured how long after it was due to come it is worked off, its offer, message and decision on
disk. Then the programme is published, everybody is looked at, and what that takes is compared with the same worker that
looks at one person at a time, on a copy; the same offers must be on both books. It is published 105 days later and 35
after everybody was looked at last, so that nobody was written to within the month.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from composition.engines import EngineSettings, build_engine
from composition.offer_service import offer_workers, seldom_collect
from composition.workspace import Workspace
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import DAY_SECONDS
from features.log.event import Event
from features.log.files import read_events
from recommender.contact.contact_record import SENSITIVE
from recommender.engine import Engine
from serving.proactive.offer_book import OfferBook
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.work_list import WorkList

CITIZENS, MONTHS, SEED, SECONDS, RATE = 1_000, 24, 5, 10, 100
PUBLISHED: Final = "kr.naeil-baeum-card"
NOON: Final = 3 * 3_600
AGREED: Final = ("tailored-notice", "tailored-notice:webhook", f"tailored-notice:webhook:{SENSITIVE}")
ALONE: Final = 50
"""People at most on whom looking at one at a time is measured."""
CORES, WITHIN = 2, 600


def measure(progress: Callable[[str], None], units: int = CITIZENS) -> Mapping[str, object]:
    """Run the benchmark over so many people; `progress` takes what is being done."""
    return run(units, progress=progress)


def run(
    citizens: int = CITIZENS, seconds: int = SECONDS, rate: int = RATE, progress: Callable[[str], None] = lambda _: None
) -> Mapping[str, object]:
    """Return the document of `proffer bench offers`: people a second of one core whom a published programme reaches."""
    engine = build_engine(EngineSettings())
    seldom_collect()
    with tempfile.TemporaryDirectory() as folder:
        progress(f"making {citizens:,} people")
        town = _Town.made(Path(folder) / "home", engine, citizens)
        before = town.worker(engine.without([PUBLISHED]))
        progress("settling them")
        settled = _worked_off(before, town.now)
        progress(f"{rate} events a second for {seconds} seconds")
        flow = _Flow(town, before, rate * seconds, rate)
        waits = flow.measured()
        _worked_off(before, town.now + 70 * DAY_SECONDS)
        later = town.now + 105 * DAY_SECONDS
        progress("publishing a programme")
        ours, alone = (_published(town.copied(Path(folder) / name), engine, later, most)
                       for name, most in (("together", None), ("alone", 1)))  # fmt: skip
    speed = {name: one["people"] / one["cpu"] for name, one in (("ours", ours), ("alone", alone))}
    return {
        "name": "offers",
        "work": f"a programme published to {ours['people']:,} people, {ours['messages']:,} messages",
        "unit": "people a second of one core",
        "ours": speed["ours"],
        "peers": {"one person at a time": speed["alone"]},
        "ratio": {"one person at a time": speed["ours"] / speed["alone"]},
        "equal_results": all(ours["offers"][who] == offers for who, offers in alone["offers"].items()),
        "details": [
            {
                "part": "published", "ms of CPU a person": _ms(ours), "seconds of the clock": round(ours["clock"], 1),
                f"reached by {CORES} cores in {WITHIN} s, multiplied": round(CORES * WITHIN * speed["ours"]),
            },
            {"part": "everybody for the first time", "people": settled["people"], "messages": settled["messages"],
             "ms of CPU a person": _ms(settled)},
            {"part": f"{rate} events a second", **waits},
        ],
    }  # fmt: skip


def _ms(one: Mapping[str, Any]) -> float:
    return round(1_000 * float(one["cpu"]) / max(int(one["people"]), 1), 2)


@dataclass(frozen=True)
class _Town:
    """A home with people in it, and the second it is."""

    home: Workspace
    people: Sequence[str]
    now: int

    @classmethod
    def made(cls, path: Path, engine: Engine, citizens: int) -> _Town:
        declaration, home = engine.declaration, Workspace(path)
        order = PopulationOrder(seed=SEED, citizens=citizens, months=MONTHS)
        synthesise(order, (declaration, engine.catalogue, engine.regions), path.parent / "people")
        found = read_events(path.parent / "people" / "events.parquet", declaration)
        events = [one for one in found if isinstance(one, Event)]
        last, people = max(one.recorded for one in events), sorted({one.subject for one in events})
        said = [
            Event(f"{who}-{place}", "apps", who, "consent.given", last, last, {"purpose": purpose})
            for who in people
            for place, purpose in enumerate(AGREED)
        ]
        with home.log_to_write() as log:
            log.append([*events, *said])
        return cls(home, people, (last // DAY_SECONDS + 2) * DAY_SECONDS + NOON)

    def worker(self, engine: Engine) -> OfferWorker:
        return offer_workers(lambda: engine, self.home)()

    def copied(self, path: Path) -> _Town:
        """The same home in another folder."""
        shutil.copytree(self.home.path, path)
        return _Town(Workspace(path), self.people, self.now)


@dataclass
class _Flow:
    """Events that come in at a rate while a worker works them off."""

    town: _Town
    worker: OfferWorker
    count: int
    rate: int
    due: dict[int, float] = field(default_factory=dict)
    """When each event was due to come, by its number."""

    def measured(self) -> dict[str, object]:
        """How long events wait until they are worked off, and what that takes."""
        begun, cpu, messages, waits = time.monotonic(), time.process_time(), 0, list[float]()
        coming = threading.Thread(target=self._come, args=(begun,))
        coming.start()
        while coming.is_alive() or self.due:
            done = self.worker.step(self.town.now + int(time.monotonic() - begun))
            messages += done.messages
            with self.town.home.store() as store:
                upto = WorkList(store.connection).done
            over = time.monotonic()
            gone = [number for number in list(self.due) if number <= upto]
            waits += [over - self.due.pop(number) for number in gone]
            if not gone:
                time.sleep(0.005)
        coming.join()
        waits.sort()
        used = time.process_time() - cpu
        return {
            "events": len(waits), "messages": messages,
            "p50 s": round(waits[len(waits) // 2], 3), "p99 s": round(waits[len(waits) * 99 // 100], 3),
            "ms of CPU an event": round(1_000 * used / len(waits), 2),
        }  # fmt: skip

    def _come(self, begun: float) -> None:
        for place in range(self.count):
            at = begun + place / self.rate
            time.sleep(max(at - time.monotonic(), 0))
            second = self.town.now + int(time.monotonic() - begun)
            who = self.town.people[place % len(self.town.people)]
            born = Event(
                f"n-{place}", "registry/births", who, "life.child_born", second - 60, second, {},
                ((f"new-{place}", "child"),),
            )  # fmt: skip
            with self.town.home.store_to_write() as store:
                store.log.append([born])
                self.due[store.log.count()] = at  # of a file from which nothing is deleted, the number of the last one


def _worked_off(worker: OfferWorker, now: int, most: int | None = None, upto: int | None = None) -> dict[str, Any]:
    """Work off what waits, all or so many people; what was done and what it took."""
    cpu, clock, people, messages = time.process_time(), time.monotonic(), 0, 0
    while upto is None or people < upto:
        done = worker.step(now) if most is None else worker.step(now, most)
        people, messages = people + done.people, messages + done.messages
        if not (done.people or done.lag.events or done.lag.looks):
            break
    return {"people": people, "messages": messages, "cpu": time.process_time() - cpu, "clock": time.monotonic() - clock}


def _published(town: _Town, engine: Engine, now: int, most: int | None) -> dict[str, Any]:
    """Look at everybody with the programme in the catalogue."""
    worker = town.worker(engine)
    with town.home.store_to_write() as store:
        WorkList(store.connection).look_at(town.people, now)
    worker.step(now, 1)  # rules are compiled, and what turns is collected, once in a process
    found = _worked_off(worker, now, most, None if most is None else ALONE)
    with town.home.store() as store:
        books = OfferBook(store.connection).on_books(town.people)
        waiting = set(WorkList(store.connection).due(now, len(town.people)))
    return found | {"offers": {who: book.offers for who, book in books.items() if who not in waiting}}
