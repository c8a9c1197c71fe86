"""Reach service: over whom a service counts draft rules, read while it already answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from composition import reading
from composition.noised_tables import newest_need, newest_table, noised_census
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
    from features.log.history import History
    from recommender.engine import Engine
    from recommender.reach.census import Census
    from recommender.reach.unmet_need import NeedTable

__all__ = ["NEED_DAYS", "ReachService", "exact_need", "synthetic_people"]

LOG: Final = logging.getLogger("proffer.serving")
_AGAIN: Final = "15"
NEED_DAYS: Final = 365
"""For so many days before the day events count, where nobody says otherwise."""
_Told = TypeVar("_Told")


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
    _need: NeedTable | None = None

    def begin(self) -> None:
        """Read the people in a thread of this process, from now on."""
        threading.Thread(target=self.read, name="reach", daemon=True).start()

    def read(self) -> None:
        """Read the people, if any may be counted: real ones by their newest table, before those who do not exist."""
        from recommender.reach.census import ExactCensus

        try:
            engine = self.engine()
            self._found, self._need = _table_census(self.home, engine, self.settings), newest_need(self.home)
            if self._found is None or self._need is None:
                made_up = synthetic_people(self.home, engine, self.settings)
                self._found = self._found or (made_up and ExactCensus(population_of(*made_up)))
                self._need = self._need or (made_up and exact_need(*made_up))
        except (Rejected, OSError) as failure:
            LOG.warning("nobody to count draft rules over: %s", failure if isinstance(failure, Rejected) else "unread")
        finally:
            self._read.set()

    def census(self) -> Census:
        """The people over whom rules are counted.

        Raises:
            RefusedError: 503 while they are read, 404 where there are none.
        """
        return self._told(self._found)

    def need(self) -> NeedTable:
        """What people found after events of their lives.

        Raises:
            RefusedError: as `census`.
        """
        return self._told(self._need)

    def _told(self, found: _Told | None) -> _Told:
        from serving.http import problem_documents as problems
        from serving.http.problem_documents import RefusedError

        if found is not None:
            return found
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


def synthetic_people(home: Workspace, engine: Engine, settings: EngineSettings) -> tuple[ReachOrder, History] | None:
    """The synthetic people that `demo` left in a home, once their stamp was verified; None where there are none.

    Raises:
        Rejected: the stamp is not what the rows are, or the rows cannot be read.
    """
    stamp = Stamp.read(home.population)
    if stamp.document is None:
        return None
    made_with = reading.read_definitions(settings.declaration, stamp.folder / CATALOGUE, country=settings.country)
    if verified(stamp, made_with, LOG.info).kind is not DataKind.SYNTHETIC:
        return None
    day = reading.day(str(stamp.document["end"]), (stamp.where, "end"))
    definitions = Definitions(engine.declaration, engine.catalogue, engine.regions)
    order = ReachOrder(definitions, day, [stamp.folder / EVENTS], settings.declaration, settings.country)
    return order, whole_history(order.events, home, definitions)


def exact_need(order: ReachOrder, history: History, days: int = NEED_DAYS) -> NeedTable:
    """What people found after events of their lives, each counted as they are."""
    from recommender.reach.unmet_need import NeedRules, NeedTable, need_cells, need_layout

    definitions = order.definitions
    layout = need_layout(definitions.declaration, definitions.regions, order.as_of, days)
    rules = NeedRules(*definitions, reading.read_working_days(country=order.country))
    cells, _ = need_cells(rules, history, layout)
    return NeedTable(layout, np.bincount(cells, minlength=layout.size).reshape(layout.shape))
