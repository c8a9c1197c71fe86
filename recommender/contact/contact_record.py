"""Contact record: what one person was offered, what came of it, and through which channels they want to be reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from features.calendar import DAY_SECONDS

if TYPE_CHECKING:
    from features.calendar import Duration, Zone
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.contact.due_offer import Terms

_AHEAD_DAYS: Final = 400
SENSITIVE: Final = "sensitive"
"""In place of a programme, every sensitive one."""

__all__ = ["ALIVE", "OFFER_STATES", "Choices", "Contact", "ContactRecord", "PastOffer"]

DUE: Final = "due"
SENT: Final = "sent"
DELIVERED: Final = "delivered"
OPENED: Final = "opened"
DECLINED: Final = "declined"
SNOOZED: Final = "snoozed"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
OFFER_STATES: Final = (DUE, SENT, DELIVERED, OPENED, DECLINED, SNOOZED, WITHDRAWN, EXPIRED)
ALIVE: Final = (DUE, SENT, DELIVERED, OPENED, SNOOZED)
"""The states of an offer that the person may still act on."""


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer on record.

    Attributes:
        programme: its id.
        state: one of OFFER_STATES.
        at: the UTC second of that state.
        terms: what it rested on; None where it is only known that the person declined the programme.
        until: the UTC second until which it is put off, where it is snoozed.
    """

    programme: str
    state: str
    at: int
    terms: Terms | None = None
    until: int | None = None

    @property
    def was_offered(self) -> bool:
        """Whether it reached the person, or is on its way, and stands."""
        return self.state in ALIVE and self.state != DUE

    def is_news(self, terms: Terms, percent: int, zone: Zone) -> bool:
        """Whether the programme is another now than what this was; where only the day is known, by its window."""
        if self.terms is None:
            return terms.opens is not None and terms.opens > zone.local_seconds(self.at) // DAY_SECONDS
        return terms.has_changed(self.terms, percent)


@dataclass(frozen=True, slots=True)
class Contact:
    """A message that was a contact: when it left, and whether it left because something was lost soon."""

    at: int
    urgent: bool = False


@dataclass(frozen=True)
class Choices:
    """What a person agreed to; each name is a purpose, or a choice as `ContactPolicy.consent_to` spells it.

    Attributes:
        given: what holds.
        refused: what was withdrawn or objected to.
    """

    given: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def may_use(self, policy: ContactPolicy, channel: str) -> str | None:
        """Return why a channel may not be used, None where it may: `no_basis`, or `no_channel` (it was not chosen)."""
        way = policy.channels[channel]
        if way.purpose in self.refused:
            return "no_basis"
        if policy.purposes[way.purpose].needs != "no_objection" and way.purpose not in self.given:
            return "no_basis"
        choice = policy.consent_to(channel)
        if choice in self.refused or (way.needs_choice and choice not in self.given):
            return "no_channel"
        return None

    def may_carry(self, policy: ContactPolicy, channel: str, programme: str) -> bool:
        """Whether a sensitive programme may leave through a channel: the person chose it for this one, or for all.

        A word on this one goes before the word on all.
        """
        own = policy.consent_to(channel, programme)
        if own in self.refused or not policy.channels[channel].sensitive:
            return False
        return own in self.given or policy.consent_to(channel, SENSITIVE) in self.given - self.refused


@dataclass(frozen=True)
class ContactRecord:
    """What is on record about reaching one person.

    Attributes:
        offers: what was offered, the earliest first.
        contacts: the contacts that were made, the earliest first.
        choices: what the person agreed to.
        stopped: programmes that nobody is offered now, by the operator's word.
    """

    offers: Sequence[PastOffer] = ()
    contacts: Sequence[Contact] = ()
    choices: Choices = field(default_factory=Choices)
    stopped: Collection[str] = frozenset()

    def latest(self) -> dict[str, PastOffer]:
        """Return the latest offer of each programme."""
        return {one.programme: one for one in self.offers}

    def contacts_left(self, policy: ContactPolicy, now: int, zone: Zone, *, urgent: bool) -> int:
        """Return how many contacts may still be made now; for an urgent one, with the breaks that are left."""
        usual = _since(self.contacts, policy.within, now, zone)
        left = policy.contacts - len(usual)
        if not urgent:
            return max(left, 0)
        broken = [one for one in _since(self.contacts, policy.breaks_within, now, zone) if one.urgent]
        return max(left, 0) + max(policy.breaks - len(broken), 0)

    def days_to_contacts(self, policy: ContactPolicy, now: int, zone: Zone, most: int) -> list[int]:
        """Return in how many days each of the next contacts can be made, one a day at most, ascending."""
        local = zone.local_seconds(now)
        begin, made = policy.within.back_from(local), (zone.local_seconds(one.at) for one in self.contacts)
        counting = tuple([one for one in made if one >= begin])  # what counts no more today counts on no later day
        return list(_days_to_contacts(policy.within, policy.contacts, local, counting, most))


@lru_cache(maxsize=4096)
def _days_to_contacts(within: Duration, contacts: int, local: int, made: tuple[int, ...], most: int) -> tuple[int, ...]:
    """The days of `days_to_contacts`; many people have the same contacts behind them: none."""
    counting, found, day = list(made), list[int](), 0
    while contacts and len(found) < most and day < _AHEAD_DAYS:
        then = local + day * DAY_SECONDS
        begin = within.back_from(then)
        if sum(begin <= one for one in counting) < contacts:
            counting.append(then)
            found.append(day)
        day += 1
    return tuple(found)


def _since(contacts: Sequence[Contact], within: Duration, now: int, zone: Zone) -> list[Contact]:
    """The contacts in the span of this length that ends now, both ends included."""
    local = zone.local_seconds(now)
    begin = within.back_from(local)
    return [one for one in contacts if begin <= zone.local_seconds(one.at) <= local]


def utc_of(local: int, near: int, zone: Zone) -> int:
    """Return the UTC second of a wall-clock second that is at most some days from the UTC second `near`."""
    guess = near + local - zone.local_seconds(near)
    return guess + local - zone.local_seconds(guess)
