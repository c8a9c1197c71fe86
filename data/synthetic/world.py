"""The pipeline: one seed to a folder of events, the catalogue used, a stamp, and the truth apart.

People are made in blocks of fixed size that know nothing of each other, so that it does not matter how many processes
share the work. What all blocks share, the take-up function and the board's memory, is drawn once, on a pilot block
that is thrown away.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from data.synthetic import writing
from data.synthetic.awareness import Awareness
from data.synthetic.block_progress import BlockProgress, Told, nobody
from data.synthetic.circumstances import Observer
from data.synthetic.dials import Dials, named
from data.synthetic.event_rows import EventRows, together
from data.synthetic.latent_belief import LatentBelief
from data.synthetic.legacy_policy import Neighbourhood, Popularity, notice, popularity
from data.synthetic.life import live
from data.synthetic.life_events import Course
from data.synthetic.months import Months, day_at, months
from data.synthetic.offerings import Offerings, offerings
from data.synthetic.public_knowledge import Knowledge, Rules, block_history
from data.synthetic.random_streams import RandomStreams
from data.synthetic.rates import Rates, published, rates
from data.synthetic.registry import Names, as_it_was, hidden, recorded
from data.synthetic.stamp import BLOCK, PopulationOrder, stamp, write_stamp
from data.synthetic.takeup import Situation, TakeUp, expectation, latent_traits
from data.synthetic.takeup_draw import Pilot, applications, draw
from data.synthetic.truth import held_out, truth
from features.arrays import Int64
from features.calendar import DAY_SECONDS
from features.members import Members

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions

_LISTEN = 0.2  # seconds between two looks at what the processes report
_PILOT_PLACE = 2**31 - 1


@dataclass(frozen=True)
class World:
    """What all people of one seed share."""

    chance: RandomStreams
    months: Months
    rates: Rates
    rules: Rules
    offered: Offerings
    takeup: TakeUp
    popular: Popularity


@dataclass(frozen=True)
class _Lives:
    """One block of people before they come to the board."""

    course: Course
    watcher: Observer
    known: Knowledge
    log: EventRows
    names: Names


def _lives(
    chance: RandomStreams, span: Months, figures: Rates, rules: Rules, block: Block, told: Told = nobody
) -> _Lives:
    citizens = block.citizens
    names, course = Names(block.first), live(figures, span, chance, citizens, told)
    log = recorded(course, figures, chance, names, rules.facts)
    unsaid = hidden(figures, chance, "income_percent", citizens)
    known = Knowledge(rules, block_history(log, names, citizens, rules.reader))
    return _Lives(course, Observer.of(course, figures.districts, unsaid), known, log, names)


def _certain(lives: _Lives, rules: Rules) -> Knowledge:
    """What somebody who knows everything knows, judged by an office that has verified every rule."""
    log = as_it_was(lives.course, lives.names, rules.facts)
    return Knowledge(rules, block_history(log, lives.names, len(lives.course), rules.reader), certain=True)


def world(order: PopulationOrder, catalogue: Catalogue, declaration: Declaration, regions: Regions) -> World:
    """Draw what all people of a seed share, setting it on a pilot block."""
    dials = named(order.world)
    chance, span = RandomStreams(order.seed), months(order.months)
    known = frozenset(regions.by_code) or None
    figures, rules = rates(published(), known), Rules(catalogue, declaration, regions)
    offered = shown_late(chance, offerings(catalogue), span, dials)
    lives = _lives(chance.at(_PILOT_PLACE), span, figures, rules, Block(_PILOT_PLACE, order.pilot, 0))
    pilot = _pilot(lives, rules, offered, span)
    takeup = draw(chance, pilot, offered, dials, _months_before_the_end(span, dials.break_months))
    wanted = takeup.observable(pilot.at, offered)
    expected = np.where(pilot.candidates, expectation(wanted, takeup.spread(np.arange(len(offered)))), 0.0)
    taken = applications(expected, pilot, offered.aired(span.first_day, span.last_day), dials.crowd)
    popular = popularity(taken, order.months, chance.stream("popularity"), dials.views)
    return World(chance, span, figures, rules, offered, takeup, popular)


def _pilot(lives: _Lives, rules: Rules, offered: Offerings, span: Months) -> Pilot:
    """The living of a block at the end of the log, before anybody applied for anything."""
    people = np.flatnonzero(lives.course.died >= span.end)
    t, nothing = np.full(len(people), span.end), np.full((len(people), len(rules.plan.receives)), -1)
    answers = lives.known.answers(people, t, nothing)
    meant = _certain(lives, rules).answers(people, t, nothing) > 0
    nobody_asked = np.zeros((len(people), int(offered.categories.max()) + 1))
    return Pilot(Situation(lives.watcher.at(people, t), t, nobody_asked), answers > 0, answers == 2, meant)


def _months_before_the_end(span: Months, count: float) -> int:
    """The second at which so many months of the log are left; its end for 0."""
    return span.end - int(count * 365.25 / 12 * DAY_SECONDS)


def shown_late(chance: RandomStreams, offered: Offerings, span: Months, dials: Dials) -> Offerings:
    """The programmes, some of which the board shows only from some months before the end on."""
    new = chance.stream("new programmes").random(len(offered)) < dials.new_share
    first = int(day_at(np.array([_months_before_the_end(span, dials.new_months)]))[0])
    return replace(offered, firsts=np.where(new, np.maximum(offered.firsts, first), offered.firsts))


@dataclass(frozen=True)
class Block:
    """The number of a block, how many citizens it has, and the number of the first of them in the world (from 0)."""

    number: int
    citizens: int
    first: int


def blocks(citizens: int, size: int = BLOCK) -> list[Block]:
    """All blocks of a population.

    >>> [block.citizens for block in blocks(25_000)]
    [10000, 10000, 5000]
    """
    firsts = range(0, citizens, size)
    return [Block(number, min(size, citizens - first), first) for number, first in enumerate(firsts)]


def everything_known(shared: World, block: Block) -> tuple[Int64, Members]:
    """Make one block and return the columns, int64[n, F], and members of its living at the end of the log.

    Nothing is unknown. The columns are those of `shared.rules.plan`; what does not exist is none, and what the board
    brought is received.
    """
    place, lives = _inhabited(shared, block)
    held = notice(place, shared.chance.at(block.number), lives.log.counts(block.citizens))[1]
    people = np.flatnonzero(place.course.died >= shared.months.end)
    t = np.full(len(people), shared.months.end)
    return place.true.known(people, t, held.receives(people, t, place.receipts))


def _inhabited(shared: World, block: Block, told: Told = nobody) -> tuple[Neighbourhood, _Lives]:
    """Return the people of one block before they come to the board."""
    chance = shared.chance.at(block.number)
    lives = _lives(chance, shared.months, shared.rates, shared.rules, block, told)
    course, log = lives.course, shared.months
    everybody = np.arange(block.citizens)
    home = course.standings[0].region
    at_first = lives.watcher.at(everybody, np.full(block.citizens, log.begin + 1))
    span = np.array([log.begin, log.end, block.first])
    place = Neighbourhood(
        course, lives.watcher, lives.known, _certain(lives, shared.rules), shared.offered, shared.takeup,
        shared.popular, latent_traits(chance, block.citizens), block.first,
        Awareness.at_first(chance, shared.takeup, shared.offered, at_first, home, span),
        LatentBelief.prior(chance, block.citizens),
    )  # fmt: skip
    return place, lives


def populate(
    shared: World, block: Block, folder: Path, advance: Callable[[int], object] = lambda _: None
) -> tuple[Path, Path]:
    """Make one block and set its events and its truth aside in a folder; `advance` hears how many more are done."""
    made = BlockProgress(block.citizens, advance)
    place, lives = _inhabited(shared, block, made.lived)
    at_board, held = notice(place, shared.chance.at(block.number), lives.log.counts(block.citizens), made.noticed)
    log = together([lives.log, at_board]).in_order()
    people = lives.names.citizens(np.arange(block.citizens))
    truths = truth(place, held, np.flatnonzero([held_out(person) for person in people.to_pylist()])).table(
        people, shared.offered.ids
    )
    parts = folder / f"{block.number:06d}.events", folder / f"{block.number:06d}.truth"
    writing.keep(writing.events_table(log, lives.names), parts[0])
    writing.keep(truths, parts[1])
    made.whole()
    return parts


def _mapping(items: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(items)


ForkingPickler.register(MappingProxyType, lambda frozen: (_mapping, (dict(frozen),)))  # on the way to another process

_shared: World | None = None
_heard: SimpleQueue[int] | None = None


def _begin(shared: World, heard: SimpleQueue[int]) -> None:
    global _shared, _heard
    _shared, _heard = shared, heard


def _populate(block: Block, folder: Path) -> tuple[Path, Path]:
    assert _shared is not None
    assert _heard is not None
    return populate(_shared, block, folder, _heard.put)


def parts(
    shared: World, todo: list[Block], folder: Path, processes: int, progress: Callable[[int], object] = lambda _: None
) -> Iterator[tuple[Path, Path]]:
    """The parts of all blocks in order, made by so many processes, which report while they work."""
    if processes <= 1 or len(todo) == 1:
        yield from (populate(shared, block, folder, progress) for block in todo)
        return
    context = multiprocessing.get_context("spawn")
    # a fresh value, without what the pilot left in it
    rules = Rules(shared.rules.catalogue, shared.rules.declaration, shared.rules.regions)
    heard = context.SimpleQueue()
    begun = replace(shared, rules=rules), heard
    with ProcessPoolExecutor(min(processes, len(todo)), context, _begin, begun) as pool:
        for part in [pool.submit(_populate, block, folder) for block in todo]:
            while not wait([part], _LISTEN).done:
                _listen(heard, progress)
            _listen(heard, progress)
            yield part.result()


def _listen(heard: SimpleQueue[int], progress: Callable[[int], object]) -> None:
    while not heard.empty():
        progress(heard.get())


def synthesise(
    order: PopulationOrder,
    definitions: tuple[Declaration, Catalogue, Regions],
    out: Path,
    *,
    ndjson: bool = False,
    processes: int = 1,
    progress: Callable[[int], object] = lambda _: None,
) -> dict[str, object]:
    """Write a folder of synthetic people and return its stamp; the folder appears only when it is whole.

    Args:
        order: which people; the same order and definitions give the same bytes.
        definitions: the vocabulary of facts and events, the programmes on the board, the districts people live in.
        out: the folder; it may be there if it is empty or was written by this function, whose files are then replaced.
        ndjson: whether to write the events as NDJSON beside the Parquet file.
        processes: how many processes share the work; it changes no byte.
        progress: called with how many more people are done.
    """
    declaration, catalogue, regions = definitions
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        whole = Path(scratch) / "whole"
        (whole / "truth").mkdir(parents=True)
        shared = world(order, catalogue, declaration, regions)
        names = _write(shared, blocks(order.citizens, order.block), whole, ndjson, processes, progress)
        documents = (json.dumps(programme.to_document(), ensure_ascii=False) for programme in catalogue.programmes)
        writing.write_lines(documents, whole / "catalogue.jsonl")
        files = [*names, "catalogue.jsonl"]
        described = stamp(order, shared.months, catalogue.hash, declaration.hash, whole, files)
        write_stamp(described, whole / "stamp.json")
        _replace(whole, out)
    return described


def _write(
    shared: World,
    todo: list[Block],
    whole: Path,
    ndjson: bool,
    processes: int,
    progress: Callable[[int], object],
) -> list[str]:
    names = ["events.parquet", "truth/takeup.parquet", *(["events.ndjson"] if ndjson else [])]
    events = writing.Writer(writing.EVENTS, whole / names[0], whole / names[2] if ndjson else None)
    truths = writing.Writer(writing.TRUTH, whole / names[1])
    try:
        for log, facts in parts(shared, todo, whole.parent, processes, progress):
            events.add(writing.kept(log))
            truths.add(writing.kept(facts))
            log.unlink()
            facts.unlink()
    finally:
        events.close()
        truths.close()
    return names


WRITTEN = ("events.parquet", "events.ndjson", "catalogue.jsonl", "stamp.json", "truth")


def _replace(whole: Path, out: Path) -> None:
    """Put the new files in place of the old ones, the stamp last."""
    out.mkdir(exist_ok=True)
    for name in WRITTEN:
        old = out / name
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    for name in (*(n for n in WRITTEN if n != "stamp.json"), "stamp.json"):
        if (whole / name).exists():
            (whole / name).rename(out / name)
