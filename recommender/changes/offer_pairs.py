"""Offer pairs: how many people stand to all programmes that the rules do not exclude, as arrays."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int8, Int64
from features.person_events import HoldingPairs, PersonEvents
from features.value import UNKNOWN
from recommender.changes.offer_state import OfferState, WindowState
from recommender.offers.amount_table import AmountTable, SweptPeople
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.window_table import WindowTable
from recommender.rules.clause import Answer
from recommender.rules.window import ASK, CLOSED, OPEN, UPCOMING
from recommender.rules.window import UNKNOWN as UNSTATED

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.compiled import Compiled

__all__ = ["STATES", "OfferPairs", "PairJudge", "WindowStates"]

STATES: Final = (OPEN, UPCOMING, ASK, UNSTATED, CLOSED)
"""What a window may be, in the order of the codes."""


@dataclass(eq=False)
class WindowStates:
    """The different window states met, by a code; shared by two days so that equal states have equal codes; grows."""

    states: list[WindowState] = field(default_factory=list)
    _codes: dict[WindowState, int] = field(default_factory=dict)
    _cells: array[int] = field(default_factory=lambda: array("q"))

    def code(self, state: WindowState) -> int:
        """Return the place of a state in `states`."""
        if state not in self._codes:
            self._codes[state] = len(self.states)
            self.states.append(state)
            days = (UNKNOWN if day is None else day for day in (state.opens, state.closes))
            self._cells.extend((STATES.index(state.state), *days))
        return self._codes[state]

    def cells(self) -> Int64:
        """Return for each the place of its state in STATES, and the days on which it opens and closes or `UNKNOWN`."""
        return np.array(self._cells, np.int64).reshape(-1, 3)


class OfferPairs(NamedTuple):
    """Pairs of a person and a programme whose answer is not NO, by person and then by the place of the programme.

    Attributes:
        person: int64[m], places among the people asked about.
        programme: int64[m], places in the catalogue.
        answer: int8[m] of Answer.
        held: bool[m], whether the person receives it or has applied for it.
        apart: bool[m], whether it cannot be held with something the person holds.
        window: int64[m], codes of `WindowStates`.
        amount: int64[m, 2], the least and the most; see `recommender.offers.amount_table`.
        offerable: bool[m], whether it may be offered.
    """

    person: Int64
    programme: Int64
    answer: Int8
    held: Bool
    apart: Bool
    window: Int64
    amount: Int64
    offerable: Bool

    def state(self, row: int, windows: WindowStates) -> OfferState:
        """Return one pair as a state."""
        low, high = self.amount[row].tolist()
        amount = None if low == UNKNOWN else (low, None if high == UNKNOWN else high)
        window = windows.states[int(self.window[row])]
        return OfferState(Answer(int(self.answer[row])), window, amount, bool(self.held[row]), bool(self.apart[row]))


class PairJudge:
    """The rules of a day, for many people; what it says of each is what `offer_states` says of one.

    Attributes:
        compiled: the rules.
        t: the second as of which people are known: the end of that day.
        windows: takes the states of windows.
    """

    def __init__(self, compiled: Compiled, t: int, windows: WindowStates) -> None:
        self.compiled, self.t, self.windows = compiled, t, windows
        self._amounts, self._window_table = AmountTable(compiled, t), WindowTable(offer_arrays(compiled))
        self._seen = array("q")

    def pairs(self, people: SweptPeople, applicant: int) -> OfferPairs:
        """Return how each of many people stands to every programme that the rules do not exclude."""
        known = people.known
        answers = self.compiled.offerable(known.values, applicant, known.members)
        person, programme = (np.asarray(one, np.int64) for one in np.nonzero(answers != Answer.NO))
        events = PersonEvents(people.history, people.places, known)
        held, apart = HeldPairs.of(self.compiled.catalogue, events.holdings()).beside(person, programme)
        codes = self._window_table.codes(events, person, programme)
        window = self._state_codes()[codes]
        offerable = ~(held | apart | (self.windows.cells()[window, 0] == STATES.index(CLOSED)))
        amount = self._amounts.amounts(people, person, programme)
        return OfferPairs(person, programme, answers[person, programme], held, apart, window, amount, offerable)

    def _state_codes(self) -> Int64:
        """The code of the state of each window of the table; only those met since the last time are looked at."""
        windows = self._window_table.windows
        for one in windows[len(self._seen) :]:
            state = WindowState(one.state, one.opens, one.closes, one.paid_back_until)
            self._seen.append(self.windows.code(state))
        return np.array(self._seen, np.int64)


class HeldPairs(NamedTuple):
    """What people hold and what cannot be held with that, each as ascending keys: person times P plus programme."""

    programmes: int
    held: Int64
    apart: Int64

    @classmethod
    def of(cls, catalogue: Catalogue, holdings: HoldingPairs) -> HeldPairs:
        """Return them by what a catalogue makes of the identifier codes of programmes.

        A former id is the present one too; what takes the place of a programme is not kept apart from it.
        """
        size, held, apart = len(catalogue), [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        index, excluding, followers = catalogue.index, catalogue.excluding, catalogue.followers
        for code in np.unique(holdings.code).tolist():
            name = catalogue.by_code.get(code)
            people = holdings.person[holdings.code == code] * size
            for one in () if name is None else {name, catalogue.renamed.get(name, name)}:
                others = {*excluding.get(one, ())} - {*followers.get(one, ())}
                places = [index[other] for other in others if other in index]
                apart.append((people[:, None] + np.array(places, np.int64)).reshape(-1))
                if one in index:
                    held.append(people + index[one])
        holding = np.unique(np.concatenate(held))
        return cls(size, holding, np.setdiff1d(np.concatenate(apart), holding))

    def beside(self, person: Int64, programme: Int64) -> tuple[Bool, Bool]:
        """Return which pairs are held, and which are kept apart from what is held: bool[m] each."""
        keys = person * self.programmes + programme
        return np.isin(keys, self.held), np.isin(keys, self.apart)
