"""Contact decision: of what may be offered to a person now, what leaves, what is taken back, and why the rest waits.

Offers = contact policy (verdicts at t minus verdicts at t'): t' is when each offer on record was made. What has become
possible since is due; what no longer is, is withdrawn or over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from features.calendar import date_of
from recommender.contact.contact_message import ContactMessage, excludes, fill
from recommender.contact.contact_plan import SLOTS, first_of_plan
from recommender.contact.contact_policy import PULL, PUSH, ContactPolicy
from recommender.contact.contact_record import ALIVE, DECLINED, DUE, SNOOZED, ContactRecord, PastOffer, utc_of
from recommender.contact.due_offer import DueOffer
from recommender.standing import DEPENDS, LIKELY, YES

if TYPE_CHECKING:
    from features.calendar import Zone
    from recommender.contact.holdout import ContactDelay

__all__ = ["REASONS", "ContactDecision", "ContactSituation", "Kept", "Withdrawal", "decide"]

HELD_OUT: Final = "held_out"
"""It waits by a holdout that two people signed (`recommender.contact.holdout`)."""
REASONS: Final = (
    "excluded", "received", "apart", "closed", "stopped", "depends", "offered", "declined", "snoozed", "not_open",
    "no_basis", "no_channel", "sensitive", HELD_OUT, "incompatible", "after_yes", "quiet_hours", "frequency",
    "next_message",
)  # fmt: skip
"""Why something does not leave, or is taken back; the first that applies is given."""
_TOLD: Final = ("excluded", "apart", "depends")
"""Why an offer is taken back that has to be said to whoever received it."""


class Kept(NamedTuple):
    """A programme that does not leave now: one of REASONS, and the second until which that holds, where it is known."""

    programme: str
    reason: str
    until: int | None = None


class Withdrawal(NamedTuple):
    """An offer on record that no longer stands: one of REASONS, and whether the person has to be told."""

    programme: str
    reason: str
    told: bool


@dataclass(frozen=True)
class ContactDecision:
    """What happens now.

    Attributes:
        message: what leaves; None for nothing.
        withdrawals: what is taken back or is over.
        kept: what does not leave, each once.
        listed: what the person finds who comes and looks, by channel of mode PULL.
    """

    message: ContactMessage | None
    withdrawals: tuple[Withdrawal, ...]
    kept: tuple[Kept, ...]
    listed: Mapping[str, tuple[DueOffer, ...]]


@dataclass(frozen=True)
class ContactSituation:
    """What is known of one person and of what may be offered to them at one instant.

    Attributes:
        now: UTC seconds.
        zone: of the person.
        due: what may be offered (`recommender.contact.due_offer`).
        bars: of every programme that the rules do not exclude why it cannot be offered (received, apart or closed),
            empty where it can.
        record: what was offered before, and what the person agreed to.
        delays: of each programme that is due whether its contact waits by a holdout; empty where none is in force.
    """

    now: int
    zone: Zone
    due: Sequence[DueOffer]
    bars: Mapping[str, str]
    record: ContactRecord
    delays: Mapping[str, ContactDelay] = field(default_factory=dict)

    def held_until(self, programme: str) -> int | None:
        """Return the UTC second until which the contact about a programme waits by a holdout; None where it does not.

        It delays what would leave and nothing else: what the person finds who comes and looks stays the same.
        """
        delay = self.delays.get(programme)
        if delay is None or not delay.waits or delay.until is None:
            return None
        return self.zone.end_of_day(date_of(delay.until - 1))

    def refusal(self, programme: str) -> str | None:
        """Return why the rules, what is held or the day forbid to offer a programme; None where they do not."""
        return self.bars.get(programme, "excluded") or None


def decide(policy: ContactPolicy, situation: ContactSituation) -> ContactDecision:
    """Return what leaves now to one person, what is taken back, and why nothing else leaves.

    It is a function of its arguments alone: the same situation is the same decision.
    """
    return _Decision(policy, situation).made()


@dataclass(frozen=True)
class _Decision:
    policy: ContactPolicy
    situation: ContactSituation

    def made(self) -> ContactDecision:
        blocked = {one.programme: kept for one in self.situation.due if (kept := self._blocked(one)) is not None}
        listed = self._listed(blocked)
        free = [one for one in self.situation.due if one.programme not in blocked]
        ways = {one.programme: self._way(one) for one in free}
        blocked |= {name: Kept(name, reason) for name, (_, reason) in ways.items() if reason}
        through = {name: way for name, (way, reason) in ways.items() if not reason}
        held = {name: until for name in through if (until := self.situation.held_until(name)) is not None}
        blocked |= {name: Kept(name, HELD_OUT, until) for name, until in held.items()}
        through = {name: way for name, way in through.items() if name not in held}
        message, waiting = self._message([one for one in free if one.programme in through], through)
        blocked |= {one.programme: one for one in waiting}
        message = None if message is None else replace(message, asks=self._question())
        return ContactDecision(message, self._withdrawals(), tuple(blocked.values()), listed)

    @cached_property
    def _past(self) -> Mapping[str, PastOffer]:
        return self.situation.record.latest()

    def _blocked(self, one: DueOffer) -> Kept | None:
        """Why an offer may not be made to this person now, through whatever channel it would leave."""
        situation, name, until = self.situation, one.programme, None
        reason = situation.refusal(name)
        if reason is None and name in situation.record.stopped:
            reason = "stopped"
        if reason is None and one.standing == DEPENDS:
            reason = "depends"
        if reason is None:
            reason, until = self._answered(one)
        if reason is None and not one.is_open:
            reason = "not_open"
        return None if reason is None else Kept(name, reason, until)

    def _answered(self, one: DueOffer) -> tuple[str | None, int | None]:
        """What was offered and answered before, and until when that speaks against an offer."""
        past = self._past.get(one.programme)
        if past is None or not (past.was_offered or past.state == DECLINED):
            return None, None
        if past.state == SNOOZED:
            over = past.until is not None and past.until <= self.situation.now
            return (None, None) if over else ("snoozed", past.until)
        if past.state == DECLINED:
            return (
                None if past.is_news(one.terms, self.policy.risen_percent, self.situation.zone) else "declined"
            ), None
        return ("offered" if past.terms is None or past.terms.window == one.terms.window else None), None

    def _way(self, one: DueOffer) -> tuple[str, str]:
        """The channel through which an offer would leave, or why there is none."""
        choices, why = self.situation.record.choices, "no_channel"
        for name, channel in self.policy.channels.items():
            if channel.mode != PUSH:
                continue
            refusal = choices.may_use(self.policy, name)
            if refusal is None and (not one.sensitive or choices.may_carry(self.policy, name, one.programme)):
                return name, ""
            why = "sensitive" if refusal is None else why if why == "sensitive" else refusal
        return "", why

    def _message(
        self, candidates: Sequence[DueOffer], through: Mapping[str, str]
    ) -> tuple[ContactMessage | None, list[Kept]]:
        """The message that leaves, and why every other candidate waits."""
        stands = [one for one in self.situation.due if (past := self._past.get(one.programme)) and past.was_offered]
        aside = [one for one in candidates if any(excludes(one, other) for other in stands if other != one)]
        kept = [Kept(one.programme, "incompatible") for one in aside]
        put_aside = {one.programme for one in aside}
        candidates = [one for one in candidates if one.programme not in put_aside]
        until = self.policy.quiet_until(self.situation.zone.local_seconds(self.situation.now))
        if until is not None:
            return None, [
                *kept,
                *(
                    Kept(one.programme, "quiet_hours", utc_of(until, self.situation.now, self.situation.zone))
                    for one in candidates
                ),
            ]
        message = self._chosen(candidates, through)
        gone = () if message is None else message.offers
        left = {one.programme for one in gone}
        waiting = [one for one in candidates if one.programme not in left]
        sure = any(one.standing == YES for one in waiting)
        return message, [*kept, *(self._waits(one, gone, sure=sure) for one in waiting)]

    def _chosen(self, candidates: Sequence[DueOffer], through: Mapping[str, str]) -> ContactMessage | None:
        """The message that brings most of those that could leave, one through each channel; None where none may."""
        record, now, zone = self.situation.record, self.situation.now, self.situation.zone
        if not record.contacts_left(self.policy, now, zone, urgent=True):
            return None
        left = record.contacts_left(self.policy, now, zone, urgent=False)
        breaks, spare = not left, left > 1 or self.policy.contacts == 1
        pressing = [one for one in candidates if breaks and one.presses(self.policy.urgent_days)]
        found, slots = [], record.days_to_contacts(self.policy, now, zone, SLOTS)
        for channel in dict.fromkeys(through[one.programme] for one in (pressing if breaks else candidates)):
            mine = [one for one in candidates if through[one.programme] == channel]
            others = any(one.standing == YES for one in candidates if through[one.programme] != channel)
            first = [one for one in pressing if through[one.programme] == channel]
            sure = [one for one in mine if one.standing == YES]
            first += first_of_plan(sure, slots, self.policy.programmes, self.policy.urgent_days)
            offers = fill(mine, self.policy.programmes, not others, first)
            # what is only likely does not take the last contact from a yes to come
            if offers and (first or not breaks) and (spare or offers[0].standing == YES):
                found.append(ContactMessage(channel, offers, urgent=breaks))
        return max(found, key=lambda one: (one.offers[0].standing == YES, one.gain), default=None)

    def _waits(self, one: DueOffer, gone: Sequence[DueOffer], *, sure: bool) -> Kept:
        """Why something does not leave with what does; `sure` is whether a yes waits, too."""
        if any(excludes(one, other) for other in gone):
            return Kept(one.programme, "incompatible")
        if one.standing == LIKELY and sure:
            return Kept(one.programme, "after_yes")
        return Kept(one.programme, "next_message" if gone else "frequency")

    def _question(self) -> tuple[str, str] | None:
        """The fact that settles most of what depends on it, with the programme that does."""
        open_ones = [one for one in self.situation.due if one.standing == DEPENDS and one.asks and not one.sensitive]
        asked = [
            one
            for one in open_ones
            if self.situation.refusal(one.programme) is None
            and not self._answered(one)[0]
            and self.situation.held_until(one.programme) is None
        ]
        best = max(asked, key=lambda one: (one.gain, one.programme), default=None)
        return None if best is None or best.asks is None or not self.policy.questions else (best.asks, best.programme)

    def _withdrawals(self) -> tuple[Withdrawal, ...]:
        """What is taken back or over; what was offered and only depends on something now rested on what is no more."""
        found = []
        unsure = {one.programme for one in self.situation.due if one.standing == DEPENDS}
        for name, past in self._past.items():
            reason = self.situation.refusal(name) if past.state in ALIVE else None
            reason = "depends" if reason is None and past.state in ALIVE and name in unsure else reason
            if reason is not None:
                found.append(Withdrawal(name, reason, reason in _TOLD and past.state != DUE))
        return tuple(found)

    def _listed(self, blocked: Mapping[str, Kept]) -> dict[str, tuple[DueOffer, ...]]:
        """What whoever comes and looks finds: all that stands, asked for or offered before, but what was declined."""
        choices, found = self.situation.record.choices, {}
        shown = [
            one
            for one in self.situation.due
            if (kept := blocked.get(one.programme)) is None or kept.reason in ("offered", "not_open")
        ]
        for name, channel in self.policy.channels.items():
            if channel.mode == PULL and choices.may_use(self.policy, name) is None:
                found[name] = tuple(
                    one for one in shown if not one.sensitive or choices.may_carry(self.policy, name, one.programme)
                )
        return found
