"""Holdout: a policy that two people signed, by which chance delays the proactive contact of a few for a while.

It is what lets the difference that an offer makes be told at all. It delays a contact and nothing else: whoever asks is
listed, shown and helped as everybody is. It never touches a programme for subsistence or safety, nor one whose window
closes before everybody is contacted, which is when the span is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from features.calendar import date_of
from features.mapping import MappingReader
from features.problem import Problems, Where
from features.value import identifier_code

if TYPE_CHECKING:
    from recommender.rules.programme import Programme

__all__ = ["HoldoutDecision", "HoldoutPolicy", "contact_decision", "read_holdout"]

NEVER_HELD: Final = frozenset(("livelihood", "protection-care", "safety", "bereavement"))
"""Categories of programmes for subsistence or safety, whose contact nothing delays."""
MOST_PER_MILLE: Final = 200
LONGEST_DAYS: Final = 92
_PARTS: Final = 1000

Why = Literal["outside_span", "subsistence_or_safety", "window_closes", "not_drawn", "held_out"]


@dataclass(frozen=True)
class HoldoutPolicy:
    """Who is contacted later, on whose word and why that is lawful.

    Attributes:
        name: what draws the people; another name draws others.
        per_mille: of a thousand people, how many are drawn.
        first, last: days since 1970-01-01; all who were held out are contacted on the day after the last.
        legal_basis: the law or decision that allows it.
        signed_by: the two people of the deployment who signed it.
        never: ids of programmes whose contact is not delayed either.
    """

    name: str
    per_mille: int
    first: int
    last: int
    legal_basis: str
    signed_by: tuple[str, ...]
    never: frozenset[str] = frozenset()

    def draws(self, person: str) -> bool:
        """Whether chance, fixed by the policy's name, draws a person."""
        return identifier_code(f"holdout {self.name} {person}") % _PARTS < self.per_mille

    @property
    def chance(self) -> float:
        """The chance with which a contact is not delayed, to be logged with it."""
        return 1 - self.per_mille / _PARTS


@dataclass(frozen=True)
class HoldoutDecision:
    """Whether a contact waits, why, and until which day (since 1970-01-01); it never waits longer."""

    waits: bool
    why: Why
    until: int | None = None


def contact_decision(
    policy: HoldoutPolicy, person: str, programme: Programme, closes: int | None, today: int
) -> HoldoutDecision:
    """Decide whether the proactive contact of one person about one programme waits.

    Args:
        policy: that is in force.
        person: the applicant's identifier.
        programme: what the contact would be about.
        closes: the last day on which this person can apply, None where there is no such day.
        today: days since 1970-01-01.
    """
    if not policy.first <= today <= policy.last:
        return HoldoutDecision(False, "outside_span")
    if programme.category in NEVER_HELD or programme.id in policy.never:
        return HoldoutDecision(False, "subsistence_or_safety")
    if closes is not None and closes <= policy.last:
        return HoldoutDecision(False, "window_closes")
    if not policy.draws(person):
        return HoldoutDecision(False, "not_drawn")
    return HoldoutDecision(True, "held_out", policy.last + 1)


def read_holdout(document: object, where: Where = ("holdout.yaml",)) -> HoldoutPolicy:
    """Read a policy: `name`, `per_mille`, `first`, `last`, `legal_basis`, `signed_by` (two people), and `never` (ids).

    Raises:
        Rejected: with everything that is wrong or missing.
    """
    problems, needed = Problems(), ("name", "per_mille", "first", "last", "legal_basis")
    reader = MappingReader(document, where, problems, {*needed, "signed_by", "never"})
    for key in needed:
        reader.required(key)
    days = {key: reader.day(key) for key in ("first", "last")}
    read: dict[str, Any] = {
        "name": reader.string("name"),
        "per_mille": _share(reader),
        **days,
        "legal_basis": reader.string("legal_basis"),
        "signed_by": _signatures(reader),
        "never": frozenset(reader.strings("never")),
    }
    _check_span(reader, days["first"], days["last"])
    problems.raise_any()
    return HoldoutPolicy(**read)


def _share(reader: MappingReader) -> int | None:
    share = reader.integer("per_mille", 1)
    if share is not None and share > MOST_PER_MILLE:
        reader.wrong("per_mille", "range", f"cannot be {share}", f"Give a whole number from 1 to {MOST_PER_MILLE}")
    return share


def _check_span(reader: MappingReader, first: int | None, last: int | None) -> None:
    if first is not None and last is not None and not 0 <= last - first < LONGEST_DAYS:
        what = f"is {last - first + 1} days from {date_of(first)} to {date_of(last)}"
        reader.wrong("last", "range", what, f"Let it last 1 to {LONGEST_DAYS} days")


def _signatures(reader: MappingReader) -> tuple[str, ...]:
    signed = reader.take("signed_by")
    if isinstance(signed, list) and len({str(one).strip().casefold() for one in signed} - {""}) >= 2:
        return tuple(signed)
    remedy = "Let two different people of the deployment sign it"
    reader.wrong("signed_by", "refused", "does not name two people", remedy)
    return ()
