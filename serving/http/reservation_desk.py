"""The reservation desk: what other machines ask of the ledger, and every way in which it says no."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from features.problem import Rejected
from privacy import refusal
from privacy.accounting.accountant import Disagreement, Unpriceable
from privacy.accounting.mechanism import MOST_PARTS, MOST_STEPS, MOST_WEIGHT, SAMPLED, Mechanism
from privacy.ledger.dataset import NOBODY, Dataset
from privacy.ledger.entry import ReserveEntry
from privacy.ledger.ledger import Ledger, SpendTerms
from privacy.ledger.ledger_tables import Busy
from serving.http import problem_documents as problems
from serving.http.ledger_wire import CommitRequest, ReservationRequest
from serving.http.problem_documents import ProblemItemValue, ProblemType, RefusedError

_NOT_YOURS: Final = "No open reservation that this caller made has this id."
_SAID: Final[tuple[tuple[type[Rejected], ProblemType, str], ...]] = (
    (refusal.UnknownPopulation, problems.UNKNOWN_POPULATION, "Two root approvers open a budget first."),
    (refusal.UnknownSpend, problems.UNKNOWN_SPEND, _NOT_YOURS),
    (refusal.NotTheirs, problems.UNKNOWN_SPEND, _NOT_YOURS),
    (refusal.Conflict, problems.SPEND_CONFLICT, "Another request was made under this id; give each run its own."),
    (refusal.NotOpen, problems.SPEND_SETTLED, "The reservation was settled otherwise; that is final."),
    (refusal.TooMuch, problems.MORE_THAN_RESERVED, "Only what was reserved, or fewer steps of it, can be committed."),
    (Busy, problems.BUSY, "The ledger is being written to; ask again with the same id."),
)
_UNPRICED: Final = ProblemItemValue("/mechanism", "a mechanism that both accountants price alike, within their range")
_PRICEABLE: Final = (
    f"a mechanism as docs/ledger.md lists them, weighs at most {MOST_WEIGHT} (a sampled part {SAMPLED}) and has at "
    f"most {MOST_PARTS} parts and, multiplied by its parts, {MOST_STEPS} steps"
)
_POINTED: Final = {
    "mechanism": _PRICEABLE, "delta": "a decimal above 0, below 1 and below 1/units",
    "population": "the name of a population", "spend": "the name of a spend",
    "purpose": "one line of 1 to 2,000 characters that print",
}  # fmt: skip


class ReservationDesk:
    """Answers requests with one ledger, one at a time; whatever it cannot do it refuses."""

    def __init__(self, opened: Callable[[], Ledger]) -> None:
        """Nothing is opened yet; `opened` opens the ledger and checks all of it."""
        self._opened = opened
        self._kept: Ledger | None = None
        self._turn = threading.Lock()

    def reserve(self, asked: ReservationRequest, requester: str) -> Mapping[str, Any]:
        """The receipt of a reservation; the same request again has the same.

        Raises:
            RefusedError: it is not granted.
        """
        with self._ledger() as ledger:
            mechanism = Mechanism.from_document(asked.mechanism)
            delta = ledger.status(asked.population).delta if asked.delta is None else asked.delta
            people = Dataset(NOBODY, (), 0) if asked.people is None else ledger.dataset(asked.people)
            terms = SpendTerms(mechanism, None, delta, asked.purpose, requester, run={"by": "http"})
            found = replace(people, units=asked.units)
            return ledger.reserve(asked.population, asked.spend, terms, found).to_document()

    def commit(self, spend: str, asked: CommitRequest, requester: str) -> Mapping[str, Any]:
        """The receipt of a commit of what the same caller reserved.

        Raises:
            RefusedError: there is no such reservation, or what was run is not what was reserved.
        """
        with self._ledger() as ledger:
            entry = ledger.entry(ledger.spend(spend).index)
            if not isinstance(entry, ReserveEntry) or entry.body.requester != requester:
                raise RefusedError(problems.UNKNOWN_SPEND, _NOT_YOURS)
            ran = None if asked.mechanism is None else Mechanism.from_document(asked.mechanism)
            return ledger.commit(spend, ran, asked.artefact, by="http").to_document()

    def balance(self, population: str) -> Mapping[str, Any]:
        """A population's budget and the rest of it.

        Raises:
            RefusedError: it has none.
        """
        with self._ledger() as ledger:
            return ledger.status(population).to_document()

    def checks(self) -> Mapping[str, bool]:
        """Whether the ledger is there and is what was signed, as far as that is known without waiting for a request."""
        if self._turn.acquire(blocking=False):
            self._turn.release()
            try:
                with self._ledger() as ledger:
                    ledger.populations()
            except RefusedError:
                return {"ledger": False}
        return {"ledger": self._kept is not None}

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        """The ledger, for one caller at a time; whatever is wrong becomes a refusal, and nothing is granted."""
        with self._turn:
            try:
                if self._kept is None:
                    self._kept = self._opened()
                yield self._kept
            except (Rejected, OSError) as failure:
                told = _refused(failure)
                if told.kind is problems.LEDGER_UNAVAILABLE:
                    self._kept = None  # what is on disk is read and checked anew before anything more is granted
                raise told from None


def _refused(failure: Exception) -> RefusedError:
    """A refusal in this service's own words: what was sent is not repeated."""
    if isinstance(failure, refusal.Exhausted):
        left, asked = refusal.amount_text(failure.left), refusal.amount_text(failure.asked)
        too_much = refusal.amount_text(failure.difference)
        said = f"Epsilon {asked} was asked for, {left} is left: {too_much} too much. Nothing was reserved."
        return RefusedError(problems.BUDGET_EXHAUSTED, said)
    for kind, problem, detail in _SAID:
        if isinstance(failure, kind):
            wait = {"Retry-After": "1"} if problem is problems.BUSY else {}
            return RefusedError(problem, detail, headers=wait)
    if isinstance(failure, Disagreement | Unpriceable):
        return RefusedError(problems.UNPROCESSABLE, "The mechanism cannot be priced.", [_UNPRICED])
    if isinstance(failure, refusal.Refused) and not isinstance(failure, refusal.UnknownLedgerKey):
        return RefusedError(problems.UNPROCESSABLE, "The ledger's rules do not let this follow: docs/ledger.md.")
    found = str(failure.problems[0].path[0]) if isinstance(failure, Rejected) else ""
    if found in _POINTED:
        item = ProblemItemValue(f"/{found}", _POINTED[found])
        return RefusedError(problems.UNPROCESSABLE, "The request cannot be reserved as it stands.", [item])
    return RefusedError(problems.LEDGER_UNAVAILABLE, "The ledger grants nothing as it is; its keeper finds out why.")
