"""Rows for tests: a row source with its rows at hand, which notes how often it was opened and for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from privacy.gate import Admission
from privacy.unit import UnitSupport

ANY_UNIT = UnitSupport()


class FixedRows:
    """A `privacy.gate.RowSource` of rows that are made by a function of the admission."""

    def __init__(
        self,
        bring: Callable[[Admission], Any],
        count: int = 1,
        people: Iterable[str] = (),
        units: UnitSupport = ANY_UNIT,
    ) -> None:
        self._bring, self._count, self._people, self.units = bring, count, tuple(people), units
        self.opened: list[Admission] = []

    def count(self) -> int:
        return self._count

    def people(self) -> tuple[str, ...]:
        return self._people

    def digest(self) -> str:
        return "d" * 64

    def open(self, admission: Admission) -> Any:
        self.opened.append(admission)
        return self._bring(admission)
