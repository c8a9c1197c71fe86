"""Sweeping: people of event files, of the log or of a folder, and the sweep of them by the rules of two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading
from composition.engines import RankingSettings, read_ranker
from composition.foresight import Foresight, SweepRules, foresight_of
from composition.reading import Definitions
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.shard_folder import done_or_told

if TYPE_CHECKING:
    from features.log.history import History
    from features.log.people_folder import PeopleFolder
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled
    from sweep.population_sweep import PopulationSweep
    from sweep.sweep_folder import SweepFolder

__all__ = [
    "ShardSweep", "SweepFiles", "SweepSettings", "foreseen_by", "population_sweep", "swept_by", "whole_history",
]  # fmt: skip


_DEARER: Final = 4
"""So many times as much a person takes who is read alone as one of a file that is read whole."""


@dataclass(frozen=True)
class SweepSettings:
    """Which sweep is made.

    Attributes:
        definitions: what events mean, the programmes and the regions.
        as_of: the day at whose end people are judged.
        since: an earlier day, or None for everything that may be offered.
        catalogue_before: the catalogue as it was at the end of `since`; None where it was the same.
        country: whose holidays they are.
        first: so many offers of each person are ranked; None to rank none.
        ranker: what orders them; None for the order without a model.
    """

    definitions: Definitions
    as_of: date
    since: date | None = None
    catalogue_before: Path | None = None
    country: CountryFolder = SHIPPED
    first: int | None = None
    ranker: Ranker | None = None


@dataclass(frozen=True)
class SweepFiles:
    """Which sweep is made, by the files that say so: what another process, or another machine, makes it from.

    Attributes:
        as_of, since, catalogue_before, country: as of `SweepSettings`.
        catalogue: the programmes; None for the country's.
        declaration: what events mean; None for the country's.
        first: as of `SweepSettings`.
        ranking: what orders offers, where any are ranked.
        home: where catalogues that were checked are kept; None to check the programmes again.
        earlier: the folder of a sweep of the day `since` that looked ahead; None to look at everybody.
        ahead: so many days are looked ahead for the next sweep; None for none.
    """

    as_of: date
    since: date | None = None
    catalogue: Path | None = None
    catalogue_before: Path | None = None
    declaration: Path | None = None
    country: CountryFolder = SHIPPED
    first: int | None = None
    ranking: RankingSettings | None = None
    home: Path | None = None
    earlier: Path | None = None
    ahead: int | None = None

    def settings(self) -> SweepSettings:
        """Read the files; raises Rejected where one is wrong."""
        cache = None if self.home is None else Workspace(self.home).cache
        definitions = reading.read_definitions(self.declaration, self.catalogue, cache, self.country)
        folder = self.declaration or self.country.declaration
        ranker = None if self.ranking is None or self.first is None else read_ranker(self.ranking, definitions, folder)
        return SweepSettings(
            definitions, self.as_of, self.since, self.catalogue_before, self.country, self.first, ranker
        )  # fmt: skip


@dataclass(frozen=True)
class ShardSweep:
    """What is done with one shard, wherever it is done: its people are read, swept, and their rows written.

    Attributes:
        files: which sweep.
        catalogue: the hash of the catalogue, so that no shard is swept by another.
        people: the folder of people.
        out: the folder of the sweep, which was begun.
        shards: how many shards there are.
    """

    files: SweepFiles
    catalogue: str
    people: Path
    out: Path
    shards: int

    def __call__(self, shard: int) -> dict[str, Any]:
        """Do one shard and return what is said of it: its counts, or the problems for which it is not there."""
        return {"shard": shard, **done_or_told(lambda: self._done(shard), self.out)}

    def ready(self) -> None:
        """Compile the programmes in this process, for those that are forked of it."""
        from features.log.history import history_of

        settings, sweep = swept_by(self.files)
        sweep.over(history_of([], settings.definitions.declaration))
        if self.files.earlier is not None or self.files.ahead is not None:
            foreseen_by(self.files)

    def _done(self, shard: int) -> dict[str, Any]:
        import numpy as np

        from features.log.people_folder import PeopleFolder
        from sweep.sweep_folder import SweepFolder

        settings, sweep = swept_by(self.files)
        if settings.definitions.catalogue.hash != self.catalogue:
            what, remedy = "is another than when the sweep began", "Sweep again into another folder"
            raise Rejected([Problem(("--catalogue",), "conflict", what, remedy)])
        folder, out = PeopleFolder.open(self.people), SweepFolder(self.out, self.shards)
        if self.files.earlier is not None or self.files.ahead is not None:
            return self._foreseen(shard, folder, out)
        everybody = np.arange(folder.files[shard].people)
        table, tally = sweep.over(folder.history(shard, settings.definitions.declaration)).swept(everybody)
        return out.write(shard, table, tally.document(table, self.files.as_of))

    def _foreseen(self, shard: int, folder: PeopleFolder, out: SweepFolder) -> dict[str, Any]:
        """Do a shard of which an earlier sweep says who can have changed, or of which the next one is to be told."""
        import numpy as np

        from sweep.change_index import NEWS

        foresight, sweep = foreseen_by(self.files), swept_by(self.files)[1]
        packed, declaration = folder.packed(shard), sweep.after.declaration
        known = foresight.known(shard, sweep, packed.marks)
        places = np.flatnonzero(known.due(sweep.as_of, sweep.turned))
        few = places.size * _DEARER < packed.marks.size
        history = folder.some(shard, packed, places, declaration) if few else folder.history(shard, declaration)
        part, among = sweep.over(history), np.arange(places.size) if few else places
        table, tally = part.swept(among, known.own(sweep.as_of)[places])
        if foresight.outlook is not None:
            own = foresight.outlook.index(part, among, packed.marks[places])
            out.leave(shard, known.updated(places, own))
        news = int((known.day == NEWS).sum())
        read = {"swept": packed.marks.size, "read": {"news": news, "days": places.size - news}}
        return out.write(shard, table, tally.document(table, self.files.as_of) | read)


@lru_cache(maxsize=1)
def foreseen_by(files: SweepFiles) -> Foresight:
    """Return what an earlier sweep left for this one, and what this one looks ahead to; read once by each process.

    Raises:
        Rejected: a file is wrong, or the folder of the earlier sweep holds none of that day.
    """
    settings, sweep = swept_by(files)
    rules = SweepRules(settings.definitions, settings.country, settings.ranker)
    return foresight_of(rules, sweep, files.earlier, files.ahead)


@lru_cache(maxsize=1)
def swept_by(files: SweepFiles) -> tuple[SweepSettings, PopulationSweep]:
    """Return the rules of a sweep, read once by each process; what is worked out of them is kept from shard to shard.

    Raises:
        Rejected: a file is wrong, or the sweep cannot be made.
    """
    from features.log.history import history_of

    settings = files.settings()
    return settings, population_sweep(settings, history_of([], settings.definitions.declaration))


def whole_history(files: Sequence[Path] | None, workspace: Workspace, definitions: Definitions) -> History:
    """Return the events of files, or of the log in the home where none is named.

    Raises:
        Rejected: a file cannot be read, a row of it cannot be used, or the home has no log.
    """
    if files:
        from features.log.columnar import read_segments

        return read_segments(files, definitions.declaration)
    if not workspace.has_events:
        remedy = "Name event files with --events, or put events into the log with `proffer ingest`"
        raise Rejected([Problem((str(workspace.path),), "missing", "holds no event log", remedy)])
    from features.log.history import history_of

    with workspace.log() as log:
        return history_of(log.events(), definitions.declaration)


def population_sweep(settings: SweepSettings, history: History) -> PopulationSweep:
    """Return the sweep of everybody in a history.

    Raises:
        Rejected: `since` is not before the day, or the earlier catalogue is wrong.
    """
    from features.calendar import day_of
    from features.kernel.lowering import lower
    from recommender.changes.change_calendar import ChangeCalendar
    from recommender.changes.programme_turn import programme_turns
    from recommender.changes.turning_rule import turning_rules
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import compile_catalogue
    from sweep.population_sweep import PopulationSweep

    declaration, catalogue, regions = settings.definitions
    working = reading.read_working_days(country=settings.country)
    last = day_of(settings.as_of)
    first = None if settings.since is None else day_of(settings.since)
    if first is not None and first >= last:
        what, remedy = "is not before the day of the sweep", "Choose an earlier day, or a later --as-of"
        raise Rejected([Problem(("--since",), "range", what, remedy)])

    def compiled(programmes: Definitions, day: int) -> Compiled:
        receives = (f"receives.{name}" for name in programmes.catalogue.receives)
        columns = (*declaration.columns, *receives)
        return compile_catalogue(programmes.catalogue, columns, declaration, regions, day, working)

    before = None
    if settings.catalogue_before is not None and first is not None:
        old = reading.read_catalogue(settings.catalogue_before, declaration, regions, country=settings.country)
        before = compiled(Definitions(declaration, old, regions), first)
    correction = None if settings.ranker is None else settings.ranker.correction
    groups = [] if correction is None else [group.who for group in correction.groups]  # who joins one is ordered anew
    turning = turning_rules(catalogue, lower(declaration, catalogue.receipts), working, groups)
    days = range(last if first is None else first + 1, last + 1)
    turns = programme_turns(catalogue, declaration, regions, working, days)
    rules_of = cache(lambda day: compiled(settings.definitions, day))
    calendar = ChangeCalendar(history, rules_of, turning, turns)
    return PopulationSweep(calendar, last, first, before, settings.first, settings.ranker or Ranker())
