"""Foresight: what a sweep of an earlier day left of the days after it, whether that holds, and what this one leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import features
import recommender
from composition import reading
from features import canonical_json
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from composition.reading import Definitions
    from composition.settings import CountryFolder
    from features.arrays import UInt64
    from recommender.offers.batch import Ranker
    from recommender.rules.working_days import WorkingDays
    from sweep.change_index import ChangeIndex
    from sweep.outlook import Outlook
    from sweep.population_sweep import PopulationSweep
    from sweep.sweep_folder import SweepFolder

__all__ = ["Foresight", "SweepRules", "foresight_of"]


class SweepRules(NamedTuple):
    """By what people are judged.

    Attributes:
        definitions: what events mean, the programmes and the regions.
        country: whose holidays they are.
        ranker: what orders offers; None where none is ranked.
    """

    definitions: Definitions
    country: CountryFolder
    ranker: Ranker | None

    @property
    def working(self) -> WorkingDays:
        """The country's working days."""
        return reading.read_working_days(country=self.country)

    def fingerprint(self) -> str:
        """Return what tells the days that follow from these rules from others: the rules, and the code."""
        declaration, catalogue, regions = self.definitions
        boosts = None if self.ranker is None else self.ranker.correction
        folders = (Path(*recommender.__path__), Path(*features.__path__))
        code = hashlib.sha256()
        for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
            code.update(file.read_bytes())
        of = (declaration.hash, declaration.country, catalogue.hash, regions, self.working, boosts, code.hexdigest())
        return canonical_json.fingerprint(of)


class Foresight(NamedTuple):
    """What is known of the next changes.

    Attributes:
        rules: the fingerprint of the rules.
        earlier: the earlier sweep whose indexes are used; None to look at everybody.
        unused: why that of a sweep that was named is not used; None where it is, or none was named.
        outlook: what is looked ahead to; None where no index is asked for.
    """

    rules: str
    earlier: SweepFolder | None
    unused: str | None
    outlook: Outlook | None

    def known(self, shard: int, sweep: PopulationSweep, marks: UInt64) -> ChangeIndex:
        """Return what the earlier sweep says of the people of a shard, by their marks: nothing where it is not used."""
        from sweep.change_index import ChangeIndex

        names = sweep.turned if self.outlook is None else sweep.turned | self.outlook.names
        indexes = () if self.earlier is None else self._indexes(self.earlier, shard, names)
        return ChangeIndex.known(marks, indexes, names)

    @staticmethod
    def _indexes(earlier: SweepFolder, shard: int, names: Collection[str]) -> Iterator[ChangeIndex]:
        """That of the shard, and those beside it, into which people move when others join or leave."""
        for number in (shard, shard - 1, shard + 1):
            index = earlier.left(number, names) if 0 <= number < earlier.shards else None
            if index is not None:
                yield index


def foresight_of(rules: SweepRules, sweep: PopulationSweep, earlier: Path | None, ahead: int | None) -> Foresight:
    """Return what is known of the next changes, and what is to be known.

    Args:
        rules: by what people are judged.
        sweep: the sweep of them.
        earlier: the folder of a sweep of the day that this one is since.
        ahead: so many days are looked ahead, where the earlier sweep looked no further.

    Raises:
        Rejected: the folder holds no sweep that is whole, or one of another day.
    """
    from features.calendar import date_of
    from sweep.sweep_folder import SweepFolder

    mark = rules.fingerprint()
    folder = None if earlier is None else SweepFolder.finished(earlier)
    unused, until = (None, None) if folder is None else _held(folder, sweep, mark)
    if ahead is None:
        return Foresight(mark, folder if unused is None else None, unused, None)
    if until == sweep.as_of:
        unused = f"it looked ahead up to {date_of(until)} only, and everybody is looked at for the days after it"
    if until is None or unused is not None:
        return Foresight(mark, None, unused, _outlook(rules, sweep, sweep.as_of + ahead))
    return Foresight(mark, folder, None, _outlook(rules, sweep, until))


def _held(folder: SweepFolder, sweep: PopulationSweep, mark: str) -> tuple[str | None, int | None]:
    """Why an earlier sweep says nothing of this one, or the last day of which it says something."""
    from features.calendar import date_of, day_of

    order = folder.order
    since = None if sweep.since is None else date_of(sweep.since).isoformat()
    if order.get("as_of") != since:
        what, remedy = f"holds a sweep of {order.get('as_of')}", f"Give --since {order.get('as_of')}, or another folder"
        raise Rejected([Problem(("--earlier",), "conflict", what, remedy)])
    try:
        until = day_of(date.fromisoformat(order["until"]))
    except (KeyError, TypeError, ValueError):
        return "it did not look ahead", None
    if order.get("rules") != mark or sweep.before is not None:
        return "it went by other rules", None
    return (None, until) if sweep.as_of <= until else (f"it looked ahead up to {order['until']} only", None)


def _outlook(rules: SweepRules, sweep: PopulationSweep, until: int) -> Outlook:
    from recommender.changes.programme_turn import programme_turns
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.compiled import compile_catalogue
    from sweep.outlook import Outlook

    (declaration, catalogue, regions), working = rules.definitions, rules.working
    turns = programme_turns(catalogue, declaration, regions, working, range(sweep.as_of + 1, until + 1))
    days = {sweep.as_of: frozenset[str]().union(*turns.values()), **turns} if turns else {}
    found = []
    for day, names in days.items():
        texts = Catalogue(tuple([one for one in catalogue.on(day).programmes if one.id in names]))
        found.append(compile_catalogue(texts, sweep.after.columns, declaration, regions, day, working))
    return Outlook(until, tuple(found))
