"""Answering engine: what answers one request: the engine without what is switched off, and what that leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recommender.engine import Engine
from recommender.rules.person import Person
from serving.records.decision import Recorder
from serving.records.live_basis import RANKING
from serving.records.switched_off import PROGRAMME, Stops


@dataclass(frozen=True)
class AnsweringEngine:
    """The engine of one request, by all that is switched off at its moment.

    Attributes:
        recorder: decides with the engine that has no programme that is switched off.
        stops: everything that is switched off.
        left_out: the programmes that the engine would have without them.
    """

    recorder: Recorder
    stops: Stops
    left_out: frozenset[str]

    @property
    def engine(self) -> Engine:
        """The engine, with its model where it has one."""
        return self.recorder.engine

    def ordering(self, person: Person, closed: Sequence[str]) -> tuple[Recorder, dict[str, list[str]]]:
        """Return what decides for a person, by rules alone where no model may order, and what an answer lacks and why.

        Args:
            person: for whom.
            closed: the purposes for which the person may not be read (`live_basis`).
        """
        unordered = [one.said for one in self.stops.of_order(self.engine, person)]
        missing = {one.said for one in self.stops.stops if one.kind == PROGRAMME and one.name in self.left_out}
        stopped = [*sorted(missing), *unordered]
        recorder = self.recorder.by_rules if unordered or RANKING in closed else self.recorder
        return recorder, ({"not_read": list(closed)} if closed else {}) | ({"stopped": stopped} if stopped else {})
