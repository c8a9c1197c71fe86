"""Representation: who may act for another, by rules of the country over what the log says of whoever acts.

Only events of whoever acts are looked at: somebody who names a stranger learns nothing of whether there is one.
Only what `registries` of the declaration say counts: nobody acts for another by their own word, or by that of an app.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from features.calendar import DAY_SECONDS, add_years, day_of
from features.log.versions import events_as_held
from features.mapping import MappingReader, nearest
from features.problem import Problems, Rejected, Where
from recommender.text import Text, text_at

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.event import Event

__all__ = ["ERRANDS", "Ground", "Representation"]

OLDEST_MAJORITY: Final = 30
ERRANDS: Final = ("recommendations", "offers", "consents", "claims")
"""What may be done for another: where a ground names none, the first alone."""


@dataclass(frozen=True)
class Ground:
    """Why somebody may act for a child.

    Attributes:
        name: as acts on record name it.
        role: the part that the child has in the events.
        begins: the events of whoever acts with which it begins, each with the field of the child's day of birth; empty
            where the child was born when the event happened.
        ends: the events of whoever acts with which it ends.
        may: what may be done, of ERRANDS.
        basis: the law, in each language.
    """

    name: str
    role: str
    begins: Mapping[str, str]
    ends: frozenset[str]
    may: frozenset[str] = frozenset(ERRANDS[:1])
    basis: Text | None = None


@dataclass(frozen=True)
class Representation:
    """The grounds of a country; without any, nobody acts for another but by the scope `act-as`.

    Attributes:
        majority: the age in years on whose birthday acting for a child ends.
        grounds: by name.
    """

    majority: int = 0
    grounds: tuple[Ground, ...] = field(default=())

    @classmethod
    def parse(
        cls, document: object, declaration: Declaration, where: Where = ("representation.yaml",)
    ) -> Representation:
        """Read a parsed representation.yaml.

        Raises:
            Rejected: with every problem in it.
        """
        problems = Problems()
        top = MappingReader(document, where, problems, {"majority", "grounds"}, declaration.country.languages)
        top.required("majority")
        majority = top.integer("majority", 1) or 0
        if majority > OLDEST_MAJORITY:
            top.wrong("majority", "range", f"{majority} is no age of majority", "Give years of age")
        grounds = [_ground(top, name, one, declaration) for name, one in top.mapping("grounds").items()]
        problems.raise_any()
        return cls(majority, tuple(grounds))

    def ground(
        self, events: Iterable[Event], actor: str, citizen: str, now: int, declaration: Declaration, noun: str
    ) -> str | None:
        """Return on which ground somebody may do something for a citizen now; None where there is none.

        Only registries' events, corrections and retractions count, so that nobody else's give a right or prolong one.
        A child whose day of birth is not known is acted for by nobody, and nobody acts on two sources that contradict
        each other.

        Args:
            events: of whoever acts.
            actor: who that is.
            citizen: for whom.
            now: the UTC second.
            declaration: what may happen.
            noun: what is to be done, one of ERRANDS.
        """
        registered = [one for one in events if one.subject == actor and one.source in declaration.registries]
        try:
            held = [one for _, one in events_as_held(registered, declaration, now + 1)]
        except Rejected:
            return None
        today = declaration.zone.local_seconds(now) // DAY_SECONDS
        for ground in (one for one in self.grounds if noun in one.may):
            mine = sorted(
                (
                    one
                    for one in held
                    if (citizen, ground.role) in one.about and one.type in (*ground.begins, *ground.ends)
                ),
                key=lambda one: (one.time, one.type in ground.ends),  # of one second, what ends it counts
            )
            if mine and mine[-1].type in ground.begins:
                born = _born(mine[-1], ground, declaration)
                if born is not None and today < add_years(born, self.majority):
                    return ground.name
        return None


def _born(event: Event, ground: Ground, declaration: Declaration) -> int | None:
    named = ground.begins[event.type]
    if not named:
        return declaration.zone.local_seconds(event.time) // DAY_SECONDS
    try:
        return day_of(date.fromisoformat(str(event.data[named])))
    except (KeyError, ValueError):
        return None


def _ground(top: MappingReader, name: str, document: object, declaration: Declaration) -> Ground:
    entry = top.below(document, "grounds", name)
    for key in ("as", "begins"):
        entry.required(key)
    role, ends = entry.string("as") or "", entry.strings("ends")
    begins = {}
    for event, detail in entry.mapping("begins").items():
        inner = entry.below(detail, "begins", event)
        begins[event] = inner.string("born") or ""
        inner.close()
    for event in (*begins, *ends):
        if event not in declaration.events:
            what = f"{event!r} is not an event{nearest(event, declaration.events)}"
            entry.wrong("begins" if event in begins else "ends", "unknown", what, "Name events of events.yaml")
    may = frozenset(entry.strings("may")) if entry.has("may") else frozenset(ERRANDS[:1])
    for noun in sorted(may - {*ERRANDS}):
        entry.wrong("may", "unknown", f"{noun!r} is nothing that can be done for another", f"Use {', '.join(ERRANDS)}")
    basis = text_at(entry, "basis")
    entry.close()
    return Ground(name, role, begins, frozenset(ends), may, basis)
