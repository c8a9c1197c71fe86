"""Due offer: one programme that may be offered to one person today, with all that contact policy looks at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from recommender.offers.utility import UtilityWeights
from recommender.rules.clause import demands
from recommender.rules.window import UPCOMING
from recommender.standing import YES, standing

if TYPE_CHECKING:
    from recommender.changes.offer_change import OfferChange
    from recommender.changes.offer_state import OfferState
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.offers.recommendation import Recommendation, Recommendations
    from recommender.rules.programme import Programme
    from recommender.rules.verdict import Verdict
    from recommender.text import Text

__all__ = ["DueOffer", "SensitiveMarks", "Terms", "due_after", "due_offers", "is_sensitive", "terms_of"]

_OPEN: Final = ("unread_text", "no_data")
"""Causes that nobody can be asked about: their words are shown."""
_MOST_TOLD: Final = 10_000
"""So many verdicts are remembered at most: people of one step share theirs, and no later step has any of them."""
_WEIGHTS: Final = UtilityWeights()
_COUNTED: Final = ("loan", "discount", "service")
"""What counts other than a gift, by the weight of its name."""


class Terms(NamedTuple):
    """What an offer rests on. It is another offer where the window is another.

    Attributes:
        answer: of the rules, as `recommender.rules.clause.Answer` counts.
        opens: the first day of the window.
        closes: the last.
        low: the least it comes to in the first year, in whole minor units; None where that is not stated.
        high: the most.
    """

    answer: int
    opens: int | None
    closes: int | None
    low: int | None
    high: int | None

    @property
    def window(self) -> tuple[int | None, int | None]:
        """The days of the window."""
        return self.opens, self.closes

    def has_changed(self, before: Terms, percent: int) -> bool:
        """Whether it is worth asking again who declined: a yes now, another window, or so many percent more.

        >>> Terms(2, None, 9, 110, 110).has_changed(Terms(2, None, 9, 100, 100), 10)
        True
        """
        if self.answer > before.answer or self.window != before.window:
            return True
        then, now = before.low or 0, self.low or 0
        return now > then and 100 * now >= (100 + percent) * then


def terms_of(state: OfferState) -> Terms:
    """Return what an offer made today rests on."""
    low, high = state.amount or (None, None)
    return Terms(int(state.answer), state.window.opens, state.window.closes, low, high)


@dataclass(frozen=True)
class DueOffer:
    """One programme that may be offered to one person today.

    Attributes:
        programme: its id.
        terms: what it rests on.
        standing: yes, likely or depends.
        gain: what offering it is expected to bring, in won or as comparable: value x likelihood.
        days_left: days after today until something is lost; None where nothing is.
        is_open: whether one may apply today, or nobody knows.
        sensitive: whether it leaves only through a channel chosen for it.
        renewal: whether it is the next period of something the person holds.
        bundles: the events after which it is offered together with others, the latest first.
        excludes: what it cannot be held with.
        open: for likely, what could not be read and is shown.
        asks: what it depends on, for depends; the fact that is asked for.
    """

    programme: str
    terms: Terms
    standing: str
    gain: int
    days_left: int | None = None
    is_open: bool = True
    sensitive: bool = False
    renewal: bool = False
    bundles: tuple[str, ...] = ()
    excludes: frozenset[str] = frozenset()
    open: tuple[Text, ...] = ()
    asks: str | None = None

    def presses(self, days: int) -> bool:
        """Whether it is sure and something is lost within so many days."""
        return self.standing == YES and self.days_left is not None and self.days_left <= days


def due_after(due: Iterable[str], changes: Iterable[OfferChange]) -> frozenset[str]:
    """Return which programmes are due once so much has changed, before contact policy.

    Taken over one difference after another it is what the difference of the first and the last moment gives, in
    whatever steps the moments between were looked at.
    """
    found = set(due)
    for change in changes:
        if change.after is not None and change.after.offerable:
            found.add(change.programme)
        else:
            found.discard(change.programme)
    return frozenset(found)


@dataclass(frozen=True)
class SensitiveMarks:
    """What leaves only through a channel chosen for it.

    Attributes:
        programmes: the ids of those that are sensitive for everybody.
        facts: the names of facts that are; what an answer rests on one for is sensitive for whoever it answers.
    """

    programmes: frozenset[str]
    facts: frozenset[str]
    _told: dict[int, ToldVerdict] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, programmes: Iterable[Programme], policy: ContactPolicy, facts: Collection[str]) -> SensitiveMarks:
        """Return the marks of programmes by a policy and the facts that are marked."""
        return cls(frozenset(one.id for one in programmes if is_sensitive(one, policy, facts)), frozenset(facts))

    def mark(self, one: Recommendation) -> bool:
        """Whether a recommendation is sensitive for whom it is made."""
        return self.told(one).sensitive

    def told(self, one: Recommendation) -> ToldVerdict:
        """All that follows from the verdict alone; people of one verdict share it, and it is worked out once."""
        verdict = one.verdict
        found = self._told.get(id(verdict))
        if found is None:
            if len(self._told) > _MOST_TOLD:
                self._told.clear()
            found = self._told[id(verdict)] = ToldVerdict(
                verdict,
                standing(verdict),
                one.programme.id in self.programmes
                or any(not self.facts.isdisjoint(reason.facts) for reason in verdict.because),
                tuple([reason.text for reason in verdict.because if reason.cause in _OPEN]),
                next((name for name in verdict.missing if name not in self.facts), None),
            )
        return found


class ToldVerdict(NamedTuple):
    """What is told of a verdict, which is kept so that its identity stays its own."""

    verdict: Verdict
    standing: str
    sensitive: bool
    open: tuple[Text, ...]
    asks: str | None


def due_offers(found: Recommendations, held: Collection[str], marks: SensitiveMarks) -> tuple[DueOffer, ...]:
    """Return everything that may be offered to a person, the most useful first.

    Args:
        found: all recommendations of the day, none left out.
        held: ids of the programmes the person receives.
        marks: what is sensitive.
    """
    bundles: dict[str, list[str]] = {}
    for bundle in found.bundles:
        for name in bundle.programmes:
            bundles.setdefault(name, []).append(bundle.event)
    return tuple([
        DueOffer(
            one.programme.id,
            Terms(int(one.verdict.answer), one.window.opens, one.window.closes, *one.sum.span),
            told.standing,
            _gain(one),
            one.window.pressing,
            one.window.state != UPCOMING,
            told.sensitive,
            any(name in held for name in one.programme.renews),
            tuple(bundles.get(one.programme.id, ())),
            frozenset(one.programme.excludes),
            told.open,
            told.asks,
        )
        for one, told in ((one, marks.told(one)) for one in found.shown)
    ])  # fmt: skip


def _gain(one: Recommendation) -> int:
    """Likelihood of take-up, where a model tells it, times what it comes to in the first year."""
    amount, weights = one.utility.amount, _WEIGHTS
    worth = weights.unstated_won if amount is None else amount
    counted = getattr(weights, one.sum.gives) if one.sum.gives in _COUNTED else 1.0
    return round(worth * counted * (1.0 if one.likelihood is None else one.likelihood))


def is_sensitive(programme: Programme, policy: ContactPolicy, sensitive_facts: Collection[str]) -> bool:
    """Whether to name the programme tells something that can hurt, by the policy or by what its rules demand."""
    if programme.id in policy.sensitive_programmes or programme.category in policy.sensitive_categories:
        return True
    return any(demands(clause, sensitive_facts) for clause in programme.who.values())
