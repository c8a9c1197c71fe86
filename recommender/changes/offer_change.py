"""Offer change: what is another for a person than it was, programme by programme: the difference of two days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from recommender.changes.offer_state import OfferState

__all__ = ["CHANGES", "OFFERED", "WITHDRAWN", "OfferChange", "difference"]

OFFERED: Final = "offered"
"""It may be offered now and could not be before."""
WITHDRAWN: Final = "withdrawn"
"""It could be offered before and may not be now."""
CHANGES: Final = (OFFERED, WITHDRAWN, "answer", "window", "amount", "held")
"""What may differ; the others are of a programme that both states know."""


@dataclass(frozen=True, slots=True)
class OfferChange:
    """How a person's standing to one programme differs between two moments.

    Attributes:
        programme: its id.
        before: None where the rules excluded it, or no catalogue knew it.
        after: likewise.
    """

    programme: str
    before: OfferState | None
    after: OfferState | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of CHANGES it is; empty where what differs can be offered neither before nor after."""
        before, after = self.before, self.after
        could, may = before is not None and before.offerable, after is not None and after.offerable
        found = [kind for kind, is_so in ((OFFERED, may and not could), (WITHDRAWN, could and not may)) if is_so]
        if before is None or after is None or not (could or may):
            return tuple(found)
        compared = ("answer", "window", "amount", "held")
        return (*found, *(kind for kind in compared if getattr(before, kind) != getattr(after, kind)))


def difference(before: Mapping[str, OfferState], after: Mapping[str, OfferState]) -> tuple[OfferChange, ...]:
    """Return what differs between two moments of one person, in the order of the programmes' ids.

    Two catalogues may differ as two moments do: a programme published since was not there before.
    """
    names = sorted({name for name in (*before, *after) if before.get(name) != after.get(name)})
    return tuple(OfferChange(name, before.get(name), after.get(name)) for name in names)
