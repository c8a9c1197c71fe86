"""Offer pairs: how many people stand to all programmes that the rules do not exclude, as arrays."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int8, Int64
from features.person_events import HoldingPairs, PersonEvents
from features.value import UNKNOWN
from recommender.changes.offer_state import OfferState, WindowState
from recommender.offers.amount_table import AmountTable, SweptPeople
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.offer_order import OfferLimits
from recommender.offers.window_table import WindowTable
from recommender.rules.clause import Answer
from recommender.rules.rule_part import plan_of_programmes, programme_nodes
from recommender.rules.window import ASK, CLOSED, OPEN, UPCOMING
from recommender.rules.window import UNKNOWN as UNSTATED

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.compiled import Compiled

__all__ = ["STATES", "OfferPairs", "PairJudge", "PersonTerms", "WindowStates"]

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
        offerable: bool[m], whether it may be offered.
        amount: int64[m, 2], the least and the most; see `recommender.offers.amount_table`.
    """

    person: Int64
    programme: Int64
    answer: Int8
    held: Bool
    apart: Bool
    window: Int64
    offerable: Bool
    amount: Int64

    def at(self, rows: Int64) -> OfferPairs:
        """Return some of the pairs, by their places."""
        return OfferPairs._make(column[rows] for column in self)

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
        ids: the ids of the programmes, in their order.
        amounts: what programmes come to.
    """

    def __init__(self, compiled: Compiled, t: int, windows: WindowStates, beside: PairJudge | None = None) -> None:
        """Judge at a second; what sums come to is remembered together with the judge of another day beside it."""
        self.compiled, self.t, self.windows = compiled, t, windows
        self.ids = tuple(one.id for one in compiled.catalogue.programmes)
        table = offer_arrays(compiled)
        self.amounts: AmountTable = AmountTable(compiled, t, None if beside is None else beside.amounts)
        self._windows, self._window = WindowTable(table), table.personal_window
        self._windowed = np.flatnonzero(self._window >= 0)
        last = compiled.last_known
        some = plan_of_programmes(last, programme_nodes(last), self._windowed)
        self._rules = replace(compiled, plan=some, last_known=some)
        self._kinds = len(table.personal_windows)
        self._seen, self._left = array("q"), array("q")

    def pairs(self, people: SweptPeople, applicant: int) -> OfferPairs:
        """Return how each of many people stands to every programme that the rules do not exclude.

        What it comes to is not worked out.
        """
        answers = self.compiled.offerable(people.known.values, applicant, people.known.members)
        person, programme = (np.asarray(one, np.int64) for one in np.nonzero(answers != Answer.NO))
        terms = self._terms(people, answers[:, self._windowed])
        return self.standing(terms, person, programme, answers[person, programme])

    def terms(self, people: SweptPeople, applicant: int) -> PersonTerms:
        """Return what but the rules decides what may be offered to people, of what the rules do not exclude."""
        return self._terms(people, self._rules.offerable(people.known.values, applicant, people.known.members))

    def _terms(self, people: SweptPeople, answers: Int8) -> PersonTerms:
        """The same, by the answers of the programmes with windows that depend on the person: int8[n, those]."""
        events = PersonEvents(people.history, people.places, people.known)
        needed = np.zeros((len(people.known), self._kinds), np.bool_)
        for kind in range(self._kinds):
            needed[:, kind] = (answers[:, self._window[self._windowed] == kind] != Answer.NO).any(axis=1)
        windows = self._windows.of_people(events, needed)
        return PersonTerms(HeldPairs.of(self.compiled.catalogue, events.holdings()), windows)

    def limits(self, terms: PersonTerms) -> OfferLimits:
        """Return the same as an order of offers reads it."""
        states, left = self._state_codes()
        closed = np.append(
            self.windows.cells()[states, 0] == STATES.index(CLOSED), True
        )  # the last where none is needed
        shut = np.union1d(terms.held.held, terms.held.apart)
        return OfferLimits(closed[terms.windows], left[terms.windows], shut)

    @staticmethod
    def involved(people: SweptPeople) -> Bool:
        """Return who has a household, or something that lapses: bool[n]."""
        lapsing = PersonEvents(people.history, people.places, people.known).lapsing()
        return np.asarray((people.known.members.counts > 0) | lapsing, np.bool_)

    def awaited(self, people: SweptPeople, applicant: int) -> Bool:
        """Return who has an open window that an event began: bool[n]."""
        terms = self.terms(people, applicant)
        states, cells = self._state_codes()[0], self.windows.cells()
        opened = (cells[states, 0] == STATES.index(OPEN)) & (cells[states, 2] != UNKNOWN)
        return np.asarray(np.append(opened, False)[terms.windows].any(axis=1), np.bool_)

    def standing(self, terms: PersonTerms, person: Int64, programme: Int64, answer: Int8) -> OfferPairs:
        """Return how some people stand to some programmes that the rules do not exclude, without what these come to.

        Args:
            terms: of n people.
            person: int64[m], places among them.
            programme: int64[m], places in the catalogue.
            answer: int8[m] of Answer.
        """
        held, apart = terms.held.beside(person, programme)
        codes = self._windows.codes(terms.windows, person, programme)
        states, _ = self._state_codes()
        window = states[codes]
        offerable = ~(held | apart | (self.windows.cells()[window, 0] == STATES.index(CLOSED)))
        amount = np.full((person.size, 2), UNKNOWN, np.int64)
        return OfferPairs(person, programme, answer, held, apart, window, offerable, amount)

    def priced(self, people: SweptPeople, pairs: OfferPairs) -> OfferPairs:
        """Return pairs with what they come to."""
        return pairs._replace(amount=self.amounts.amounts(people, pairs.person, pairs.programme)[:, :2])

    def sums_differ(
        self, side: tuple[SweptPeople, OfferPairs], other: PairJudge, others: tuple[SweptPeople, OfferPairs]
    ) -> Bool:
        """Return which pairs come to something else on another day, bool[m].

        Only those are worked out that are another case there.

        Args:
            side: people on the day of this judge, and m pairs of them.
            other: the judge of the other day.
            others: the same people there, and the same pairs: of the same persons and programmes.
        """
        sides = (self, *side), (other, *others)
        found = np.ones(side[1].person.size, np.bool_)
        if self.amounts.is_alike(other.amounts):
            one, two = (judge.amounts.cases(people, pairs.person, pairs.programme) for judge, people, pairs in sides)
            found = one != two
        rows = np.flatnonzero(found)
        one, two = (judge.priced(people, pairs.at(rows)).amount for judge, people, pairs in sides)
        found[rows] = (one != two).any(axis=1)
        return found

    def _state_codes(self) -> tuple[Int64, Int64]:
        """The code of the state of each window of the table and the days left; only those not met yet are looked at."""
        windows = self._windows.windows
        for one in windows[len(self._seen) :]:
            state = WindowState(one.state, one.opens, one.closes, one.paid_back_until)
            self._seen.append(self.windows.code(state))
            self._left.append(UNKNOWN if one.pressing is None else one.pressing)
        return np.array(self._seen, np.int64), np.array(self._left, np.int64)


class PersonTerms(NamedTuple):
    """What but the rules decides what may be offered to n people.

    Attributes:
        held: what they hold and what cannot be held beside it.
        windows: int64[n, windows], places in a `WindowTable` of those that depend on the person; -1 where the rules
            exclude all that has it.
    """

    held: HeldPairs
    windows: Int64


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
        return _among(keys, self.held), _among(keys, self.apart)


def _among(keys: Int64, few: Int64) -> Bool:
    """Which ascending keys are among a few others, bool[m]."""
    found = np.zeros(keys.size, np.bool_)
    if keys.size:
        at = np.minimum(np.searchsorted(keys, few), keys.size - 1)
        found[at[keys[at] == few]] = True
    return found
