"""The privacy unit: how small a declaration allows it to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from features.problem import Problem

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.declaration.vocabulary import Selector


class PrivacyUnit(StrEnum):
    """Whose whole data is one sample, clipped once, and added or removed between neighbouring data sets."""

    PERSON = "person"
    HOUSEHOLD = "household"


def readers_of_others(declaration: Declaration) -> tuple[str, ...]:
    """The columns of a person that may read an event of another: one that names the person in its `about`.

    A feature that listens to births as a parent reads the other parent's event too. Decided on the declaration, which
    is public, and never by looking at people.

    >>> from composition.reading import read_declaration
    >>> "births_24m" in readers_of_others(read_declaration()), "age" in readers_of_others(read_declaration())
    (True, False)
    """
    heard = (
        (name, any(_of_another(declaration, signal) for signal in signals)) for name, signals in _columns(declaration)
    )
    return tuple(name for name, others in heard if others)


def _columns(declaration: Declaration) -> Iterator[tuple[str, list[Selector]]]:
    from features.declaration.kinship import HOUSEHOLD  # what verbs that price nothing need not load
    from features.declaration.vocabulary import Selector

    heard: dict[str, list[Selector]] = {}
    for fact in declaration.facts.values():  # what a fact hangs on is declared before it
        heard[fact.name] = [*fact.signals, *(heard[fact.hangs_on[0]] if fact.hangs_on else ())]
        yield fact.name, heard[fact.name]
    for feature in declaration.features.values():
        yield feature.name, list(feature.signals)
    if declaration.household:
        yield HOUSEHOLD, [Selector(act.event, act.role) for act in declaration.household.acts]


def _of_another(declaration: Declaration, signal: Selector) -> bool:
    event = declaration.events.get(signal.event)
    return event is not None and bool(event.roles) and (signal.role is None or signal.role in event.roles)


def smallest(declaration: Declaration) -> PrivacyUnit:
    """The smallest unit such that no feature reads another unit's events (DESIGN: the unit is declared)."""
    return PrivacyUnit.HOUSEHOLD if readers_of_others(declaration) else PrivacyUnit.PERSON


def groups_people(declaration: Declaration) -> bool:
    """Whether any event says who belongs with whom; without one, no household is known."""
    return any(event.roles for event in declaration.events.values())


@dataclass(frozen=True)
class UnitSupport:
    """Which privacy units a declaration can protect.

    Attributes:
        readers: columns of a person that may read another person's events; the unit is then the household.
        grouped: whether the declaration states who belongs to a household with whom.
    """

    readers: tuple[str, ...] = ()
    grouped: bool = True

    @classmethod
    def of(cls, declaration: Declaration) -> UnitSupport:
        """The units that a declaration can protect."""
        return cls(readers_of_others(declaration), groups_people(declaration))

    def problems(self, unit: PrivacyUnit, budget: PrivacyUnit, population: str) -> Iterator[Problem]:
        """What is wrong with a run of this unit that spends from a budget of another or the same unit."""
        where = (f"unit {unit.value}",)
        if unit is not budget:
            remedy = f"Use --unit {budget.value}, or a population whose budget protects each {unit.value}"
            what = f"is not the unit that the budget of {population!r} protects ({budget.value})"
            yield Problem(where, "conflict", what, remedy)
        if unit is PrivacyUnit.PERSON and self.readers:
            named, count = ", ".join(self.readers[:3]), len(self.readers)
            what = f"is too small: {count} columns of a person read another person's events ({named})"
            yield Problem(where, "forbidden", what, "Open a budget with `proffer privacy init --unit household`")
        if unit is PrivacyUnit.HOUSEHOLD and not self.grouped:
            remedy = "Declare roles in events.yaml (who else an event is about), or open a budget with --unit person"
            what = "is unknown: no event type of the declaration states who belongs together"
            yield Problem(where, "missing", what, remedy)
