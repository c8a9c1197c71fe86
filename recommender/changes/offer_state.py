"""Offer state: how one person stands to each programme on a day: the answer, the window, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from recommender.offers.beside import APART, RECEIVED, apart_from
from recommender.offers.offer_arrays import offer_arrays
from recommender.rules.clause import Answer
from recommender.rules.window import CLOSED, NOTHING_KNOWN

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled
    from recommender.rules.person import Person

__all__ = ["OfferState", "WindowState", "offer_states"]


class WindowState(NamedTuple):
    """A window on a day, without what changes every day: its state and the days that bound it."""

    state: str
    opens: int | None
    closes: int | None
    paid_back_until: int | None


class OfferState(NamedTuple):
    """How a person stands to one programme that the rules do not exclude, on a day.

    Attributes:
        answer: YES or UNKNOWN.
        window: when one may apply.
        amount: the least and the most it comes to in the first year, in whole minor units; None where none is stated.
        held: whether the person receives it or has applied for it.
        apart: whether it cannot be held with something the person holds.
    """

    answer: Answer
    window: WindowState
    amount: tuple[int, int | None] | None
    held: bool
    apart: bool

    @property
    def offerable(self) -> bool:
        """Whether it may be offered: neither held, nor shut out by what is held, nor closed."""
        return not self.bar

    @property
    def bar(self) -> str:
        """Why it cannot be offered, the first that applies; empty where it can."""
        if self.held:
            return RECEIVED
        if self.apart:
            return APART
        return CLOSED if self.window.state == CLOSED else ""


def offer_states(person: Person, compiled: Compiled) -> Mapping[str, OfferState]:
    """Return how a person stands to every programme that the rules of the day do not exclude, by its id.

    The person is as known at the end of that day. Raises ValueError where the columns are not those compiled for.
    """
    table, one = offer_arrays(compiled), person.snapshot
    answers = compiled.offerable(one.values, person.applicant, one.members)[0]
    states = {name: one.value(name) for name in table.states} if table.states else NOTHING_KNOWN
    windows = table.windows_of(person.occurrences, states)
    apart, found = apart_from(compiled.catalogue, person.held), {}
    for place in np.flatnonzero(answers != Answer.NO).tolist():
        programme, window = compiled.catalogue.programmes[place], table.window(place, windows)
        worth = table.estimate_of(place, person)
        found[programme.id] = OfferState(
            Answer(int(answers[place])),
            WindowState(window.state, window.opens, window.closes, window.paid_back_until),
            (worth.low, worth.high) if worth.stated else None,
            programme.id in person.held,
            place in apart,
        )
    return found
