"""Holdout: a policy that two people signed, by which chance delays the proactive contact of a few for a while.

It is what lets the difference that an offer makes be told at all. It delays a contact and nothing else: whoever asks is
listed, shown and helped as everybody is. It never touches a programme for subsistence or safety, nor one of which
something is lost, or may be, before everybody is contacted and had time to apply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from features.calendar import date_of
from features.mapping import MappingReader
from features.problem import Problems, Where
from features.value import identifier_code
from recommender.offers.exploration import CERTAIN, is_for_need

if TYPE_CHECKING:
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.contact.due_offer import DueOffer
    from recommender.rules.programme import Programme

__all__ = ["ContactDelay", "HoldoutPolicy", "contact_delay", "contact_delays", "read_holdout"]

MOST_PER_MILLE: Final = 200
LONGEST_DAYS: Final = 92
TIME_TO_APPLY: Final = 14
"""Days that everybody still has after the span; where fewer are left, nobody's contact waits."""
_PARTS: Final = 1000

Why = Literal["outside_span", "subsistence_or_safety", "window_closes", "put_off", "not_drawn", "held_out"]


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
    signed_by: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()

    def draws(self, person: str) -> bool:
        """Whether chance, fixed by the policy's name, draws a person."""
        return identifier_code(f"holdout {self.name} {person}") % _PARTS < self.per_mille

    def to_document(self) -> dict[str, Any]:
        """Return what is signed, as `read_holdout` reads it."""
        return {
            "name": self.name,
            "per_mille": self.per_mille,
            "first": date_of(self.first).isoformat(),
            "last": date_of(self.last).isoformat(),
            "legal_basis": self.legal_basis,
            "never": sorted(self.never),
        }


@dataclass(frozen=True)
class ContactDelay:
    """Whether a contact waits by a holdout, and why.

    Attributes:
        waits: whether it does.
        why: why, or why not.
        until: the day (since 1970-01-01) until which it waits, never longer.
        propensity: with what chance this was so, in millionths: of each contact that waits, or that might have.
    """

    waits: bool
    why: Why
    until: int | None = None
    propensity: int = CERTAIN


def contact_delays(
    holdout: HoldoutPolicy, person: str, due: Iterable[DueOffer], programmes: Mapping[str, Programme],
    policy: ContactPolicy, today: int,
) -> dict[str, ContactDelay]:  # fmt: skip
    """Decide of each programme that may be offered to a person whether its proactive contact waits.

    Args:
        holdout: that is in force.
        person: the applicant's identifier.
        due: what may be offered.
        programmes: by id.
        policy: names programmes of the country that nothing delays, and the facts that tell of need.
        today: days since 1970-01-01.
    """
    return {
        one.programme: contact_delay(holdout, person, one, programmes[one.programme], today, policy.need)
        if one.programme not in policy.undelayed_programmes
        else ContactDelay(False, "subsistence_or_safety")
        for one in due
    }


def contact_delay(
    holdout: HoldoutPolicy, person: str, due: DueOffer, programme: Programme, today: int,
    need: Collection[str] = frozenset(),
) -> ContactDelay:  # fmt: skip
    """Decide whether the proactive contact of one person about one programme waits; see `contact_delays`."""
    if not holdout.first <= today <= holdout.last:
        return ContactDelay(False, "outside_span")
    if programme.id in holdout.never or is_for_need(programme, need):
        return ContactDelay(False, "subsistence_or_safety")
    ends = [due.terms.closes, None if due.days_left is None else today + due.days_left]
    soonest = min((day for day in ends if day is not None), default=None)
    if any(one.funds for one in programme.windows) or (soonest is not None and soonest <= holdout.last + TIME_TO_APPLY):
        return ContactDelay(False, "window_closes")
    share = CERTAIN * holdout.per_mille // _PARTS
    if not holdout.draws(person):
        return ContactDelay(False, "not_drawn", propensity=CERTAIN - share)
    return ContactDelay(True, "held_out", holdout.last + 1, share)


def read_holdout(document: object, where: Where = ("holdout.yaml",)) -> HoldoutPolicy:
    """Read a policy that nobody signed yet: `name`, `per_mille`, `first`, `last`, `legal_basis`, and `never` (ids).

    Raises:
        Rejected: with everything that is wrong or missing.
    """
    problems, needed = Problems(), ("name", "per_mille", "first", "last", "legal_basis")
    reader = MappingReader(document, where, problems, {*needed, "never"})
    for key in needed:
        reader.required(key)
    first, last = reader.span("first", "last", LONGEST_DAYS)
    read: dict[str, Any] = {
        "name": reader.string("name"),
        "per_mille": reader.integer("per_mille", 1, MOST_PER_MILLE),
        "first": first,
        "last": last,
        "legal_basis": reader.string("legal_basis"),
        "never": frozenset(reader.strings("never")),
    }
    problems.raise_any()
    return HoldoutPolicy(**read)
