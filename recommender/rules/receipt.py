"""Receipt: programmes that facts and events say somebody receives, held against the ids that a catalogue knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from features.mapping import nearest
from features.problem import Problem, Where
from recommender.rules.catalogue import IMPORTED
from recommender.rules.clause import RECEIVES

if TYPE_CHECKING:
    from features.log.event import Event
    from recommender.rules.catalogue import Catalogue

__all__ = ["receipts_of_events", "receipts_of_facts", "unknown_receipts"]

Named = tuple[Where, str]
"""Where a programme is named, and its id."""


def receipts_of_facts(facts: Mapping[str, object], where: Where) -> Iterator[Named]:
    """Yield the programmes whose receipt is stated, true or false."""
    for name in facts:
        if name.startswith(RECEIVES):
            yield (*where, name), name.removeprefix(RECEIVES)


def receipts_of_events(events: Iterable[Event], where: Where) -> Iterator[Named]:
    """Yield the programmes that events name: shown, granted, ended and the like, or stated to be received."""
    for event in events:
        place = (*where, event.id)
        programme = event.data.get("programme")
        if isinstance(programme, str):
            yield (*place, "data", "programme"), programme
        yield from receipts_of_facts(event.data, (*place, "data"))


def unknown_receipts(named: Iterable[Named], catalogue: Catalogue) -> Iterator[Problem]:
    """Find what no catalogue knows, with the nearest id: it would be ignored without a word."""
    for where, programme in named:
        if programme not in catalogue.named and not programme.startswith(IMPORTED):
            what = f"{programme!r} is not a programme of this catalogue{nearest(programme, catalogue.named)}"
            yield Problem(where, "unknown", what, "Name one that is, or leave the receipt out")
