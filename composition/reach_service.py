"""Reach service: over whom a service counts draft rules, read while it already answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from composition import reading
from composition.noised_tables import newest_table, noised_census
from composition.provenance import EVENTS, Stamp, verified
from composition.reach_columns import ReachOrder, population_of
from composition.reading import Definitions
from composition.sources import CATALOGUE
from composition.sweeping import whole_history
from composition.workspace import Workspace
from features.calendar import date_of
from features.problem import Rejected
from privacy.data_provenance import DataKind

if TYPE_CHECKING:
    from composition.engines import EngineSettings
    from recommender.engine import Engine
    from recommender.reach.census import Census

__all__ = ["ReachService", "synthetic_census"]

LOG: Final = logging.getLogger("proffer.serving")
_AGAIN: Final = "15"


@dataclass
class ReachService:
    """The people of one service.

    Attributes:
        home: whose people.
        engine: gives the engine of the moment.
        settings: what engines are built from.
    """

    home: Workspace
    engine: Callable[[], Engine]
    settings: EngineSettings
    _read: threading.Event = field(default_factory=threading.Event)
    _found: Census | None = None

    def begin(self) -> None:
        """Read the people in a thread of this process, from now on."""
        threading.Thread(target=self.read, name="reach", daemon=True).start()

    def read(self) -> None:
        """Read the people, if any may be counted: real ones by their newest table, before those who do not exist."""
        try:
            engine = self.engine()
            self._found = _table_census(self.home, engine, self.settings) or synthetic_census(
                self.home, engine, self.settings
            )
        except (Rejected, OSError) as failure:
            LOG.warning("nobody to count draft rules over: %s", failure if isinstance(failure, Rejected) else "unread")
        finally:
            self._read.set()

    def census(self) -> Census:
        """The people over whom rules are counted.

        Raises:
            RefusedError: 503 while they are read, 404 where there are none.
        """
        from serving.http import problem_documents as problems
        from serving.http.problem_documents import RefusedError

        if self._found is not None:
            return self._found
        if not self._read.is_set():
            raise RefusedError(problems.BUSY, "The people are still being read.", headers={"Retry-After": _AGAIN})
        raise RefusedError(problems.NOT_FOUND, "This service holds no people to count over (docs/api.md).")


def _table_census(home: Workspace, engine: Engine, settings: EngineSettings) -> Census | None:
    table = newest_table(home)
    if table is None:
        return None
    definitions = Definitions(engine.declaration, engine.catalogue, engine.regions)
    order = ReachOrder(definitions, date_of(table.day), None, settings.declaration, settings.country)
    return noised_census(order, table)


def synthetic_census(home: Workspace, engine: Engine, settings: EngineSettings) -> Census | None:
    """The synthetic people that `demo` left in a home, once their stamp was verified; None where there are none.

    Raises:
        Rejected: the stamp is not what the rows are, or the rows cannot be read.
    """
    from recommender.reach.census import ExactCensus

    stamp = Stamp.read(home.population)
    if stamp.document is None:
        return None
    made_with = reading.read_definitions(settings.declaration, stamp.folder / CATALOGUE, country=settings.country)
    if verified(stamp, made_with, LOG.info).kind is not DataKind.SYNTHETIC:
        return None
    day = reading.day(str(stamp.document["end"]), (stamp.where, "end"))
    definitions = Definitions(engine.declaration, engine.catalogue, engine.regions)
    order = ReachOrder(definitions, day, [stamp.folder / EVENTS], settings.declaration, settings.country)
    return ExactCensus(population_of(order, whole_history(order.events, home, definitions)))
