"""Stops: what an operator switched off, by whom and why: the learned order, a programme, or both for a region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.mapping import MappingReader
from features.problem import Problems, Where
from features.value import is_known, region_code

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.rules.person import Person

MODEL: Final = "model"
PROGRAMME: Final = "programme"
REGION: Final = "region"
KINDS: Final = (MODEL, PROGRAMME, REGION)
ALL: Final = "all"
"""Every model."""
_LIVES: Final = "region"


@dataclass(frozen=True)
class Stop:
    """One thing that is switched off.

    Attributes:
        kind: `model`: its order is not used; `programme`: nobody is told of it; `region`: no model orders for who lives
            there.
        name: of a model, or `all`; the id of a programme; the code of a region.
        by: who switched it off.
        why: why, in a sentence.
        since: the RFC 3339 time.
    """

    kind: str
    name: str
    by: str
    why: str
    since: str

    @property
    def said(self) -> str:
        """What replies call it."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class Stops:
    """Everything that is switched off at a moment."""

    stops: tuple[Stop, ...] = ()

    @classmethod
    def parse(cls, document: object, where: Where = ("stops.yaml",)) -> Stops:
        """Read a parsed stops.yaml.

        Raises:
            Rejected: with every problem in it.
        """
        problems = Problems()
        top = MappingReader(document, where, problems, {"stops"})
        found = []
        for place, row in enumerate(top.items("stops")):
            entry = top.below(row, "stops", place)
            cells = {key: entry.string(key) or "" for key in ("name", "by", "why", "since")}
            kind = entry.choice("kind", KINDS)
            for key in ("kind", *cells):
                entry.required(key)
            entry.close()
            found.append(Stop(kind or MODEL, **cells))
        problems.raise_any()
        return cls(tuple(found))

    def to_document(self) -> dict[str, object]:
        """Return what stops.yaml holds."""
        return {"stops": [vars(one) for one in self.stops]}

    @property
    def programmes(self) -> frozenset[str]:
        """The programmes that nobody is told of."""
        return frozenset(one.name for one in self.stops if one.kind == PROGRAMME)

    def of_order(self, engine: Engine, person: Person) -> tuple[Stop, ...]:
        """Return the stops that keep a model from ordering for a person; none where no model would."""
        if engine.ranker.scorer is None:
            return ()
        lives, name = person.column(_LIVES), (engine.ranker.model or {}).get("name")
        around = engine.regions.leaves
        day = person.snapshot.today()

        def inside(code: str) -> bool:
            return is_known(lives) and bool(around(lives, day)) and around(lives, day) <= around(region_code(code), day)

        return tuple(
            one
            for one in self.stops
            if (one.kind == MODEL and one.name in (ALL, name)) or (one.kind == REGION and inside(one.name))
        )
