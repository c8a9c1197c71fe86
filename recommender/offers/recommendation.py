"""Recommendation: a verdict that is not NO, with the place utility gives it among the others and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Float64, Int64
from features.calendar import date_of, parse_duration
from features.problem import Problem, Rejected
from features.value import UNKNOWN
from recommender.messages import Messages
from recommender.offers.bundle import Bundle, Candidate, bundles
from recommender.offers.reason import why_rank, window_sentence
from recommender.offers.utility import (
    Contribution,
    Utility,
    UtilityInputs,
    UtilityWeights,
    Weighed,
    unlocked,
    weigh,
    won_a_year,
)
from recommender.ranking.scorer import Pairs
from recommender.rules.clause import Answer
from recommender.rules.person import Person
from recommender.rules.verdict import Verdict, Verdicts, judge
from recommender.rules.window import ApplicationWindow, Occurrence, after_event, always, between, unstated
from recommender.text import Text

if TYPE_CHECKING:
    from features.snapshot import Snapshot
    from recommender.ranking.attributes import ProgrammeAttributes
    from recommender.ranking.scorer import Scorer
    from recommender.rules.compiled import Compiled
    from recommender.rules.programme import Programme
    from recommender.rules.question import Ask
    from recommender.rules.working_days import WorkingDays

ASK: Final = "ask"
_ENDLESS: Final = ("open_ended", "not_needed")


@dataclass(frozen=True)
class Ranker:
    """Who decides the order: a scorer with the catalogue as it reads it, the weights, and what to call the model."""

    weights: UtilityWeights = field(default_factory=UtilityWeights)
    scorer: Scorer | None = None
    attributes: ProgrammeAttributes | None = None
    model: Mapping[str, object] | None = None

    def likelihoods(self, snapshot: Snapshot, programmes: Int64) -> Float64 | None:
        """P(takes up | offered) of each programme for one person, or None without a model.

        Raises:
            Rejected: the model answers with something that is no probability.
        """
        if self.scorer is None or self.attributes is None:
            return None
        pairs = Pairs(np.zeros(len(programmes), dtype=np.int64), programmes)
        found = self.scorer.score(snapshot, self.attributes, pairs).probability
        if found.shape != programmes.shape or not bool(np.all((found >= 0) & (found <= 1))):
            remedy = "Train it again, or use --model none"
            raise Rejected([Problem(("model",), "invalid", "does not answer with probabilities", remedy)])
        return found


@dataclass(frozen=True)
class Recommendation:
    """One programme that can be offered: never built from a NO, never received already, its window not closed."""

    rank: int
    programme: Programme
    verdict: Verdict
    likelihood: float | None
    utility: Utility
    opening: ApplicationWindow
    messages: Messages

    def __post_init__(self) -> None:
        """Refuse what the rules exclude, whoever asks."""
        if self.verdict.answer == Answer.NO or self.opening.is_closed:
            raise ValueError(f"{self.programme.id} is excluded or closed and cannot be recommended")

    @property
    def delivery(self) -> str:
        """How it reaches the person: a question while the answer is UNKNOWN, else as the programme says."""
        return ASK if self.verdict.answer == Answer.UNKNOWN else self.programme.delivery

    def to_json(self) -> dict[str, Any]:
        """The recommendation as the outer contract writes it."""
        programme = self.programme
        return {
            "rank": self.rank,
            "programme": programme.id,
            "title": programme.title.to_document(),
            "answer": self.verdict.answer.name.lower(),
            "probability": None if self.likelihood is None else round(self.likelihood, 6),
            "utility": self.utility.value,
            "because": [reason.to_json() for reason in self.verdict.because],
            "why_rank": [_part_json(part, self.messages) for part in self.utility.contributions],
            "missing": list(self.verdict.missing),
            "value": value_json(programme),
            "window": window_json(programme, self.opening, self.messages),
            "documents": [_text_json(text) for text in programme.documents],
            "effort_minutes": programme.effort_minutes,
            "delivery": self.delivery,
            "beneficiary": {"role": programme.beneficiary},
            "already_receives": False,
        }


@dataclass(frozen=True)
class Recommendations:
    """Everything there is to say to one person on one day.

    Attributes:
        day: the day it is said as of.
        total: how many programmes can be recommended; `shown` are the first of them.
        shown: in the order of their utility.
        bundles: what belongs together after a recent event, over all that can be recommended.
        already: programmes the person receives.
        closed: programmes the rules do not exclude whose window has closed, with its last day.
        asks: what to ask next, most settling first.
        events: what the events of the bundles are called.
        model: what is known of the model, None when the order is by the other terms alone.
    """

    day: int
    total: int
    shown: tuple[Recommendation, ...]
    bundles: tuple[Bundle, ...]
    already: tuple[Programme, ...]
    closed: tuple[tuple[Programme, ApplicationWindow], ...]
    asks: tuple[Ask, ...]
    events: Mapping[str, Mapping[str, str]]
    model: Mapping[str, object] | None

    def to_json(self) -> dict[str, Any]:
        """The one document of `proffer recommend --json` and of POST /v1/recommendations."""
        return {
            "as_of": _day_json(self.day),
            "total": self.total,
            "recommendations": [one.to_json() for one in self.shown],
            "bundles": [self._bundle_json(one) for one in self.bundles],
            "already": [_named(programme) for programme in self.already],
            "closed": [{**_named(one), "closed": _day_json(opening.closes)} for one, opening in self.closed],
            "ask_next": [ask.to_json() for ask in self.asks],
            "model": None if self.model is None else dict(self.model),
        }

    def _bundle_json(self, bundle: Bundle) -> dict[str, Any]:
        return {
            "event": bundle.event,
            "on": _day_json(bundle.day),
            "title": dict(self.events.get(bundle.event, {})),
            "programmes": list(bundle.programmes),
            "documents": [_text_json(text) for text in bundle.documents],
            "effort_minutes": bundle.effort_minutes,
            "effort_unstated": bundle.effort_unstated,
            "set_aside": [{"programme": one.programme, "excluded_by": one.excluded_by} for one in bundle.set_aside],
        }


def recommend(
    compiled: Compiled, person: Person, ranker: Ranker, k: int | None = None, asks: Sequence[Ask] = ()
) -> Recommendations:
    """Recommend to one person what the rules do not exclude, the most useful first.

    The programmes that can be recommended depend on the rules, on what the person receives and on the day; the ranker
    only orders them, and `k` only says how many are shown.

    Raises:
        Rejected: the ranker's model answers with something that is no probability.
    """
    verdicts = judge(compiled, person.snapshot, person.applicant)
    permitted = [int(i) for i in np.flatnonzero(verdicts.answers != Answer.NO)]
    offers, already, closed = _sorted_out(compiled, person, permitted)
    ranked = _ranked(compiled, person, ranker, verdicts, offers)
    return Recommendations(
        day=compiled.day,
        total=len(ranked),
        shown=tuple(one.explained(rank, verdicts) for rank, one in enumerate(ranked[:k], start=1)),
        bundles=_bundled(compiled, person, ranked),
        already=already,
        closed=closed,
        asks=tuple(asks),
        events={name: event.title for name, event in compiled.declaration.events.items()},
        model=ranker.model if ranker.scorer is not None else None,
    )


@dataclass(frozen=True)
class _Ranked:
    """A place in the order, before anybody asks why."""

    index: int
    programme: Programme
    opening: ApplicationWindow
    steps: int
    weighed: Weighed
    row: int

    def explained(self, rank: int, verdicts: Verdicts) -> Recommendation:
        likelihoods = self.weighed.merits.likelihood
        likelihood = None if likelihoods is None else float(likelihoods[self.row])
        utility = self.weighed.utility(self.row)
        verdict, messages = verdicts.explain(self.index), verdicts.compiled.messages
        return Recommendation(rank, self.programme, verdict, likelihood, utility, self.opening, messages)


_Offers = list[tuple[int, "Programme", ApplicationWindow]]


def _sorted_out(
    compiled: Compiled, person: Person, permitted: Iterable[int]
) -> tuple[_Offers, tuple[Programme, ...], tuple[tuple[Programme, ApplicationWindow], ...]]:
    """What can be offered, what is received already, and what has closed; each in the catalogue's order."""
    offers, already, closed = _Offers(), [], []
    for index in permitted:
        programme = compiled.catalogue.programmes[index]
        if programme.id in person.held:
            already.append(programme)
            continue
        opening = opening_of(programme, person.occurrences, compiled.day, compiled.working_days)
        if opening.is_closed:
            closed.append((programme, opening))
        else:
            offers.append((index, programme, opening))
    return offers, tuple(already), tuple(closed)


def _ranked(compiled: Compiled, person: Person, ranker: Ranker, verdicts: Verdicts, offers: _Offers) -> list[_Ranked]:
    places = np.array([index for index, _, _ in offers], dtype=np.int64)
    likelihood = ranker.likelihoods(person.snapshot, places)
    weighed = weigh(_merits(compiled, person, verdicts, offers, likelihood), ranker.weights)
    ranked = [
        _Ranked(index, programme, opening, steps, weighed, row)
        for row, ((index, programme, opening), steps) in enumerate(zip(offers, weighed.total.tolist(), strict=True))
    ]
    return sorted(ranked, key=lambda one: (-one.steps, one.programme.id))


def _merits(
    compiled: Compiled,
    person: Person,
    verdicts: Verdicts,
    offers: _Offers,
    likelihood: Float64 | None,
) -> UtilityInputs:
    column = {name: place for place, name in enumerate(compiled.columns)}
    grants = [[column[name] for name in programme.grants if name in column] for _, programme, _ in offers]
    opened = unlocked(
        lambda rows: compiled.answers(rows, person.applicant), np.asarray(person.snapshot.values).reshape(-1), grants
    )
    places = [index for index, _, _ in offers]
    return UtilityInputs(
        likelihood=likelihood,
        won_a_year=_integers(won_a_year(one.value.amount, one.value.period) for _, one, _ in offers),
        certain=verdicts.answers[places] == Answer.YES,
        days_left=_integers(opening.days_left for _, _, opening in offers),
        unlocks=np.array(opened, dtype=np.int64),
        effort_minutes=_integers(one.effort_minutes for _, one, _ in offers),
    )


def _integers(values: Iterable[int | None]) -> Int64:
    return np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)


def _bundled(compiled: Compiled, person: Person, ranked: Sequence[_Ranked]) -> tuple[Bundle, ...]:
    candidates = [_candidate(one) for one in ranked if one.programme.triggers or one.programme.window.after]
    known = compiled.catalogue.by_id
    held = {name: frozenset(known[name].excludes if name in known else ()) for name in sorted(person.held)}
    return bundles(candidates, held, person.occurrences, compiled.day)


def _candidate(ranked: _Ranked) -> Candidate:
    programme = ranked.programme
    return Candidate(
        programme.id,
        ranked.steps,
        frozenset((*programme.triggers, *programme.window.after)),
        frozenset(programme.excludes),
        programme.documents,
        programme.effort_minutes,
        ranked.opening.event,
    )


def opening_of(
    programme: Programme, occurrences: Iterable[Occurrence], today: int, working: WorkingDays
) -> ApplicationWindow:
    """From when until when a programme can be applied for by a person to whom this happened, seen from `today`."""
    window = programme.window
    if window.kind in _ENDLESS:
        return always(window.kind)
    if window.after and window.within is not None:
        return after_event(window.kind, window.after, parse_duration(window.within), occurrences, today, working)
    if window.opens is not None or window.closes is not None:
        return between(window.kind, window.opens, window.closes, today, working)
    return unstated(window.kind)


def _part_json(part: Contribution, messages: Messages) -> dict[str, Any]:
    text = why_rank(part.factor, part.figures, messages).to_document()
    return {"factor": part.factor, "contribution": part.value, "text": text}


def value_json(programme: Programme) -> dict[str, Any]:
    """What a programme is worth, as the outer contract writes it."""
    value = programme.value
    text = None if value.text is None else value.text.to_document()
    return {"amount": value.amount, "currency": value.currency, "period": value.period, "text": text}


def window_json(programme: Programme, opening: ApplicationWindow, messages: Messages) -> dict[str, Any]:
    """A window with what is left of it, a sentence on it, and the original wording."""
    wording = programme.window.text
    said = window_sentence(opening, wording, messages)
    return {
        "kind": opening.kind,
        "state": opening.state,
        "opens": _day_json(opening.opens),
        "closes": _day_json(opening.closes),
        "days_left": opening.days_left,
        "text": None if said is None else said.to_document(),
        "wording": None if wording is None else wording.to_document(),
    }


def _named(programme: Programme) -> dict[str, Any]:
    return {"programme": programme.id, "title": programme.title.to_document()}


def _text_json(text: Text) -> str | dict[str, str]:
    """As the catalogue writes it: one string where nobody translated it."""
    return text.to_document() if text.en else text.ko


def _day_json(day: int | None) -> str | None:
    return None if day is None else date_of(day).isoformat()
