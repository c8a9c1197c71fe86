"""Record keeping: the daily root over a home's decisions, its entry in the ledger, and what time is over for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from composition import reading
from composition.ledger_files import open_ledger
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from features.calendar import Duration, Zone
    from privacy.ledger.entry import RecordsEntry
    from privacy.ledger.ledger import Ledger
    from serving.records.seal import DailySeal

USUAL: Final = "P5Y"
LEAST: Final = "P6M"
"""EU AI Act, articles 19 and 26(6): logs are kept for six months at least."""


@dataclass(frozen=True)
class SealedDay:
    """What was sealed.

    Attributes:
        seal: of the day.
        in_ledger: how many roots were stated in the ledger now; None where the home has no ledger.
    """

    seal: DailySeal
    in_ledger: int | None


def seal(home: Workspace, day: date, zone: Zone, now: int) -> SealedDay:
    """Fix what was decided by the end of a day, and state every root in the ledger that is not there yet.

    Raises:
        Rejected: there is no log, the day is not over, or a later one was sealed.
    """
    from privacy.ledger.terms import EntryType
    from serving.records import seal as seals

    _need_log(home)
    before = zone.end_of_day(day)
    if before > now:
        remedy = "Choose a day that is over"
        raise Rejected([Problem(("--as-of",), "range", f"{day} is not over", remedy)])
    with home.store_to_write() as store:
        made = seals.seal(store.connection, day.isoformat(), before)
        waiting = [one for one in seals.seals(store.connection) if one.entry is None]
    if not home.ledger.exists():
        return SealedDay(made, None)
    ledger = open_ledger(home.path)
    stated = {line.body.day: line for line in _stated(ledger)}  # one whose index a crash kept from the database
    for one in waiting:
        said, found = stated.get(one.day), {"day": one.day, "root": one.root}
        again = said is not None and said.body.root == one.root
        index = said.index if said is not None and again else ledger.noted(EntryType.RECORDS, found).index
        with home.store_to_write() as store:
            seals.entered(store.connection, one.day, index)
    return SealedDay(made, len(waiting))


def verify(home: Workspace) -> tuple[list[DailySeal], list[Problem]]:
    """Return every seal of a home, and what does not hold of them: in the database, and against the ledger.

    Raises:
        Rejected: there is no log, or the ledger is not what was signed.
    """
    from serving.records import seal as seals

    _need_log(home)
    with home.store() as store:
        found, problems = seals.seals(store.connection), seals.wrong(store.connection)
    if home.ledger.exists():
        problems += _against(_stated(open_ledger(home.path)), found)
    return found, problems


def _stated(ledger: Ledger) -> list[RecordsEntry]:
    """The entries that state a day's records, in order."""
    from privacy.ledger import entry

    lines = map(entry.parse, ledger.exported().entries)
    return [one for one in lines if isinstance(one, entry.RecordsEntry)]


def _against(stated: Sequence[RecordsEntry], found: Sequence[DailySeal]) -> Iterator[Problem]:
    """What the ledger states otherwise than the database: each seal is held against the entry it names."""
    what, remedy = "have another root than the ledger states", "Ask who changed them"
    said = {line.index: line.body for line in stated}
    for one in found:
        body = None if one.entry is None else said.get(one.entry)
        same = body is not None and (body.day, body.root) == (one.day, one.root)
        if one.entry is not None and not same:
            yield Problem((f"records of {one.day}",), "damaged", what, remedy)
    named, waiting = {one.entry for one in found}, {(one.day, one.root) for one in found if one.entry is None}
    for line in stated:
        if line.index not in named and (line.body.day, line.body.root) not in waiting:
            lost = f"are stated in entry {line.index} of the ledger and not here"
            yield Problem((f"records of {line.body.day}",), "missing", lost, "Restore the database")


def purge(home: Workspace, day: date, zone: Zone, keep: Duration) -> int:
    """Delete the decisions that were made longer ago than a period before the end of a day; return how many.

    Raises:
        Rejected: there is no log.
    """
    from features.calendar import DAY_SECONDS, day_of
    from serving.records import seal as seals

    _need_log(home)
    wall = keep.back_from((day_of(day) + 1) * DAY_SECONDS)
    before = zone.end_of_day(date.fromordinal(wall // DAY_SECONDS + date(1970, 1, 1).toordinal()) - timedelta(days=1))
    with home.store_to_write() as store:
        return seals.purge(store.connection, before)


def read_retention(country: CountryFolder = SHIPPED) -> Duration:
    """Read how long a country keeps decisions: five years where it has no records.yaml, never below six months.

    Raises:
        Rejected: the file is unreadable or wrong, or the period is too short.
    """
    from features.calendar import parse_duration
    from features.mapping import MappingReader

    file, problems, found = country.folder / "records.yaml", Problems(), parse_duration(USUAL)
    if not file.exists():
        return found
    top = MappingReader(reading.read_yaml(file), (file.name,), problems, {"keep"})
    entry = top.reader("keep")
    if entry is not None:
        with problems.gathered():
            found = parse_duration(entry.take("decisions"), entry.at("decisions"))
        entry.close()
    if found.back_from(0) > parse_duration(LEAST).back_from(0):
        remedy = f"Keep them for {LEAST} at least"
        problems.add((file.name, "keep", "decisions"), "range", f"{found} is too short", remedy)
    problems.raise_any()
    return found


def _need_log(home: Workspace) -> None:
    if not home.has_events:
        raise Rejected([Problem((str(home.path),), "missing", "holds no event log", "Check --home")])
