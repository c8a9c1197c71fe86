"""Recommendation: a verdict that is not NO, with the place utility gives it among the others and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from features.calendar import date_of
from features.country import Currency
from recommender.messages import Messages
from recommender.offers.amount_text import ToldAmount, amount_sentence, steps_json
from recommender.offers.beside import Alternative
from recommender.offers.bundle import Bundle
from recommender.offers.other_applicant import OtherApplicant
from recommender.offers.reason import soft_deadline, why_rank, window_sentence
from recommender.offers.utility import URGENCY, Contribution, Utility
from recommender.rules.clause import Answer
from recommender.rules.estimate import Estimate
from recommender.rules.payment import major_units
from recommender.rules.verdict import Verdict
from recommender.rules.window import ApplicationWindow
from recommender.standing import standing
from recommender.text import Text

if TYPE_CHECKING:
    from features.origin import Origin
    from recommender.offers.exploration import ExplorationPolicy
    from recommender.rules.look_ahead import Ahead
    from recommender.rules.programme import Programme
    from recommender.rules.question_form import Question

ASK: Final = "ask"


class OfferSum(Protocol):
    """What a programme comes to for one person in the first year; what is asked for is worked out."""

    @property
    def estimate(self) -> Estimate:
        """The estimate, with how it was reached."""

    @property
    def told(self) -> ToldAmount | None:
        """The estimate in words, where it is the same for everybody and was told before."""

    @property
    def currency(self) -> Currency:
        """In which currency."""

    @property
    def span(self) -> tuple[int | None, int | None]:
        """The least and the most of the estimate, in whole minor units; None where that is not stated."""

    @property
    def gives(self) -> str:
        """What the estimate gives."""


@dataclass(frozen=True)
class Recommendation:
    """One programme that can be offered: never built from a NO, never received already, its window not closed."""

    rank: int
    programme: Programme
    verdict: Verdict
    likelihood: float | None
    utility: Utility
    window: ApplicationWindow
    sum: OfferSum
    messages: Messages
    notices: tuple[Text, ...] = ()
    propensity: int | None = None
    """How likely it was to stand in this place, in millionths; None where nothing may be left to chance."""

    def __post_init__(self) -> None:
        """Refuse what the rules exclude."""
        if self.verdict.answer == Answer.NO or self.window.is_closed:
            raise ValueError(f"{self.programme.id} is excluded or closed and cannot be recommended")

    @property
    def delivery(self) -> str:
        """How it reaches the person: a question while the answer is UNKNOWN, else as the programme says."""
        return ASK if self.verdict.answer == Answer.UNKNOWN else self.programme.delivery

    @cached_property
    def amount(self) -> Text:
        """What it comes to in the first year, in one sentence."""
        if self.sum.told is not None:
            return self.sum.told.sentence
        return amount_sentence(self.sum.estimate, self.sum.currency, self.messages)

    @property
    def touches(self) -> frozenset[str]:
        """The facts that its reasons read, and those that would settle it."""
        read = (name for reason in self.verdict.because for name in (*reason.facts, *reason.asks))
        return frozenset((*read, *self.verdict.missing))

    def to_json(self) -> dict[str, Any]:
        """The recommendation as the outer contract writes it."""
        programme, given = self.programme, self.sum
        told = given.told
        year = told.document if told else steps_json(given.estimate, self.amount, given.currency, self.messages)
        return {
            "rank": self.rank,
            "programme": programme.id,
            "title": programme.title.to_document(),
            "answer": self.verdict.answer.name.lower(),
            "standing": standing(self.verdict),
            "probability": None if self.likelihood is None else round(self.likelihood, 6),
            "utility": self.utility.value,
            "because": [reason.to_json() for reason in self.verdict.because],
            "why_rank": [self._part_json(part) for part in self.utility.contributions],
            "missing": list(self.verdict.missing),
            "value": value_json(programme) | {"first_year": year},
            "window": window_json(programme, self.window, self.messages),
            "documents": [_text_json(text) for text in programme.documents],
            "effort_minutes": programme.effort_minutes,
            "delivery": self.delivery,
            "beneficiary": {"role": programme.beneficiary},
            "already_receives": False,
            "notices": [notice.to_document() for notice in self.notices],
            **({} if self.propensity is None else {"propensity": self.propensity}),
        }

    def _part_json(self, part: Contribution) -> dict[str, Any]:
        soft = None if part.factor != URGENCY else soft_deadline(self.window, self.messages)
        text = why_rank(part.factor, part.figures, self.amount, self.messages) if soft is None else soft
        return {"factor": part.factor, "contribution": part.value, "text": text.to_document()}


@dataclass(frozen=True)
class Recommendations:
    """Everything there is to say to one person on one day.

    Attributes:
        day: the day it is said as of.
        total: how many programmes can be recommended; `shown` are the first of them.
        shown: in the order of their utility.
        bundles: what belongs together after a recent event, over all that can be recommended.
        already: programmes the person receives, and those that have ended for which something follows; each with what
            there is to say on that.
        alternatives: programmes that cannot be held with one the person holds.
        other_applicants: what follows an event that happened to the person and is for a kind of applicant not asked as.
        known_from: from which event each fact that a reason rests on is known; empty where facts were stated.
        not_asked: how many programmes are for each kind of applicant alone that was not asked as.
        upcoming: programmes the rules exclude today and soon will not.
        messages: what the sentences are made of.
        closed: programmes the rules do not exclude whose window has closed, with its last day.
        asks: what to ask next, most settling first.
        events: what the events of the bundles are called.
        model: what is known of the model, None when the order is by the other terms alone.
        barred: programmes the rules do not exclude that cannot be offered, by id, with why: received, apart or
            closed.
        exploration: the policy by which chance ordered near-ties; None where none is in force.
    """

    day: int
    total: int
    shown: tuple[Recommendation, ...]
    bundles: tuple[Bundle, ...]
    already: tuple[tuple[Programme, Text | None], ...]
    alternatives: tuple[Alternative, ...]
    other_applicants: tuple[OtherApplicant, ...]
    not_asked: Mapping[str, int]
    upcoming: tuple[Ahead, ...]
    messages: Messages
    known_from: Mapping[str, Origin]
    closed: tuple[tuple[Programme, ApplicationWindow], ...]
    asks: tuple[Question, ...]
    events: Mapping[str, Mapping[str, str]]
    model: Mapping[str, object] | None
    barred: Mapping[str, str] = field(default_factory=dict)
    exploration: ExplorationPolicy | None = None

    def of(self, programmes: Collection[str], asked: str | None, origins: Mapping[str, Origin]) -> Recommendations:
        """Return what it says of some programmes alone, and of the questions the one about a fact.

        Args:
            programmes: their ids.
            asked: the fact; None for no question.
            origins: from which event each fact of the person is known.
        """
        shown = tuple([one for one in self.shown if one.programme.id in programmes])
        return replace(
            self, shown=shown, known_from=traced_in(shown, origins), bundles=(), already=(), alternatives=(),
            other_applicants=(), upcoming=(), closed=(), asks=tuple([ask for ask in self.asks if ask.fact == asked]),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The one document of `proffer recommend --json` and of POST /v1/recommendations."""
        return {
            "as_of": _day_json(self.day),
            "total": self.total,
            "recommendations": [one.to_json() for one in self.shown],
            "bundles": [self._bundle_json(one) for one in self.bundles],
            "already": [
                {**_named(programme), "notice": None if notice is None else notice.to_document()}
                for programme, notice in self.already
            ],
            "alternatives": [_alternative_json(one) for one in self.alternatives],
            "other_applicants": [one.to_json() for one in self.other_applicants],
            "not_asked": dict(self.not_asked),
            "upcoming": [{**_named(one.programme), **one.to_json(self.day, self.messages)} for one in self.upcoming],
            "known_from": {name: origin.to_document() for name, origin in self.known_from.items()},
            "closed": [{**_named(one), "closed": _day_json(window.closes)} for one, window in self.closed],
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


def traced_in(shown: Iterable[Recommendation], origins: Mapping[str, Origin]) -> dict[str, Origin]:
    """Return from which event each fact is known that a reason of what is shown rests on."""
    named = dict.fromkeys(fact for one in shown for reason in one.verdict.because for fact in reason.facts)
    return {name: origins[name] for name in named if name in origins}


def _alternative_json(one: Alternative) -> dict[str, Any]:
    return {
        **_named(one.programme),
        "answer": one.answer.name.lower(),
        "instead_of": list(one.instead_of),
        "value": value_json(one.programme),
        "notice": one.notice.to_document(),
    }


def value_json(programme: Programme) -> dict[str, Any]:
    """What a programme is worth, as the outer contract writes it."""
    value = programme.value
    return {
        "amount": major_units(value.amount, value.decimals),
        "currency": value.currency,
        "period": value.period,
        "gives": value.given,
        "parts": [part.to_document(value.decimals) for part in value.parts],
        "text": None if value.text is None else value.text.to_document(),
    }


def window_json(programme: Programme, window: ApplicationWindow, messages: Messages) -> dict[str, Any]:
    """A window with what is left of it, a sentence on it, and the original wording."""
    wording = next((rule.text for rule in programme.windows if rule.text is not None), None)
    said = window_sentence(window, wording, messages)
    return {
        "kind": window.kind,
        "state": window.state,
        "opens": _day_json(window.opens),
        "closes": _day_json(window.closes),
        "days_left": window.days_left,
        "text": None if said is None else said.to_document(),
        "wording": None if wording is None else wording.to_document(),
    }


def _named(programme: Programme) -> dict[str, Any]:
    return {"programme": programme.id, "title": programme.title.to_document()}


def _text_json(text: Text) -> str | dict[str, str]:
    """As the catalogue writes it: one string where there is no translation."""
    return text.brief()


def _day_json(day: int | None) -> str | None:
    return None if day is None else date_of(day).isoformat()
