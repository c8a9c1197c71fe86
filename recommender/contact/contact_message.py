"""Contact message: which offers leave together: a bundle before single ones, a yes before what is likely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recommender.contact.due_offer import DueOffer
from recommender.standing import LIKELY, YES

__all__ = ["ContactMessage", "fill"]


@dataclass(frozen=True)
class ContactMessage:
    """What leaves through a channel, at once.

    Attributes:
        channel: through which.
        offers: what it offers, at least one.
        asks: a fact that it asks for, and the programme that depends on it; None where it asks nothing.
        urgent: whether it leaves although no contact was left, because something is lost soon.
    """

    channel: str
    offers: tuple[DueOffer, ...]
    asks: tuple[str, str] | None = None
    urgent: bool = False

    @property
    def preview(self) -> tuple[str, ...]:
        """The programmes that a line on a locked screen may name: none of them is sensitive."""
        return tuple(one.programme for one in self.offers if not one.sensitive)

    @property
    def gain(self) -> int:
        """What it is expected to bring."""
        return sum(one.gain for one in self.offers)


def fill(
    candidates: Sequence[DueOffer], room: int, likely: bool, first: Sequence[DueOffer] = ()
) -> tuple[DueOffer, ...]:
    """Return at most `room` offers for one message, none of which excludes another.

    Args:
        candidates: what may leave through the channel now: yes and likely.
        room: at most so many.
        likely: whether likely ones may leave with these, every yes being among the candidates or offered before.
        first: which of the candidates come before all others, in their order.
    """
    chosen: list[DueOffer] = []
    _take(chosen, first, room)
    sure = [one for one in candidates if one.standing == YES]
    _take(chosen, _in_bundles(sure, room), room)
    waiting = [one for one in sure if one not in chosen and not _excluded(one, chosen)]
    if likely and not waiting:
        _take(chosen, _in_bundles([one for one in candidates if one.standing == LIKELY], room), room)
    return tuple(chosen)


def household_view(offers: Iterable[DueOffer]) -> tuple[DueOffer, ...]:
    """Return what others who live with the person may see of their offers: nothing sensitive."""
    return tuple(one for one in offers if not one.sensitive)


def excludes(one: DueOffer, other: DueOffer) -> bool:
    """Whether two cannot be held together, by the word of either."""
    return other.programme in one.excludes or one.programme in other.excludes


def _excluded(one: DueOffer, chosen: Iterable[DueOffer]) -> bool:
    return any(excludes(one, other) for other in chosen)


def _take(chosen: list[DueOffer], wanted: Iterable[DueOffer], room: int) -> None:
    for one in wanted:
        if len(chosen) < room and one not in chosen and not _excluded(one, chosen):
            chosen.append(one)


def _in_bundles(offers: Sequence[DueOffer], room: int) -> list[DueOffer]:
    """Offers, bundle by bundle: the bundle whose first `room` bring most comes first; a single offer is one alone."""
    groups: dict[str, list[DueOffer]] = {}
    for one in sorted(offers, key=lambda one: (-one.gain, one.programme)):
        groups.setdefault(one.bundles[0] if one.bundles else one.programme, []).append(one)
    best = sorted(groups.values(), key=lambda group: -sum(one.gain for one in group[:room]))
    return [one for group in best for one in group]
