"""Other applicant: what follows something that happened to a person, but is for a kind of applicant nobody asked as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Int64
from features.calendar import date_of
from recommender.offers.bundle import RECENT_DAYS
from recommender.rules.clause import Answer
from recommender.rules.programme import KINDS, kinds_mask
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled
    from recommender.rules.person import Person
    from recommender.rules.programme import Programme

__all__ = ["OtherApplicant", "for_other_applicants", "kinds_in_force", "unasked_kinds"]


@dataclass(frozen=True)
class OtherApplicant:
    """A programme offered on an event that happened to the person, who would have to ask as somebody else.

    Attributes:
        programme: the programme.
        event: what happened.
        day: the local day it happened on.
        notice: the sentence that says for whom it is, and to ask again as one.
    """

    programme: Programme
    event: str
    day: int
    notice: Text

    def to_json(self) -> dict[str, Any]:
        """The entry of `other_applicants` in the outer contract."""
        return {
            "programme": self.programme.id,
            "title": self.programme.title.to_document(),
            "applicants": list(self.programme.who),
            "event": self.event,
            "on": date_of(self.day).isoformat(),
            "notice": self.notice.to_document(),
        }


def for_other_applicants(
    person: Person, compiled: Compiled, offered_on: Mapping[str, Int64]
) -> tuple[OtherApplicant, ...]:
    """Return what follows a recent event and is for no kind of applicant the person asks as, in the catalogue's order.

    What the rules answer with no for its own kinds of applicant, or the person holds, is left out.
    """
    days = {one.event: one.day for one in person.occurrences if compiled.day - one.day <= RECENT_DAYS}
    followed: dict[int, str] = {}
    for event in sorted(days, key=lambda name: (days[name], name)):  # the latest event says why
        followed |= dict.fromkeys(offered_on[event].tolist() if event in offered_on else [], event)
    programmes = compiled.catalogue.programmes
    apart = [at for at in sorted(followed) if not programmes[at].kinds & person.applicant]
    if not apart:
        return ()
    answers, messages = compiled.offerable(person.snapshot.values, kinds_mask(KINDS))[0], compiled.messages
    found = []
    for at in apart:
        programme, event = programmes[at], followed[at]
        if answers[at] != Answer.NO and programme.id not in person.held:
            kinds = messages.joined("verdict.kinds", [messages.text(f"verdict.kind.{kind}") for kind in programme.who])
            notice = messages.text("beside.other_applicant", kinds=kinds)
            found.append(OtherApplicant(programme, event, days[event], notice))
    return tuple(found)


def unasked_kinds(compiled: Compiled, applicant: int) -> dict[str, int]:
    """Return how many programmes in force are for each kind of applicant alone that nobody asked as."""
    masks = kinds_in_force(compiled)
    apart = masks[masks & applicant == 0]
    counts = {kind: int(np.count_nonzero(apart >> bit & 1)) for bit, kind in enumerate(KINDS)}
    return {kind: count for kind, count in counts.items() if count}


@lru_cache(maxsize=8)
def kinds_in_force(compiled: Compiled) -> Int64:
    """Return for whom each programme in force is, as bit masks of KINDS: int64[...]."""
    programmes = compiled.catalogue.programmes
    return np.array([one.kinds for one in programmes if one.valid.holds(compiled.day)], dtype=np.int64)
