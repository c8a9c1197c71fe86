"""The words of a declaration: event types, the signals columns listen to, facts and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

from features.calendar import Duration, add_months, date_of
from features.declaration.datatype import DataType
from features.problem import Where

STATED: Final = "fact.stated"
CORRECTED: Final = "event.corrected"
RETRACTED: Final = "event.retracted"
SUBJECT: Final = "subject"
"""The part a person plays in an event whose type gives its subject no name."""


@dataclass(frozen=True)
class EventType:
    """What may happen to a person.

    Attributes:
        title: its name in each language.
        subject: the part the event's subject plays.
        roles: the parts the people it is about may play.
        apart: those of the roles that make nobody one privacy unit with the subject (`relates: no`).
        complete_from: the local day since when every such event is in the log, None when that is never so.
        fields: the payload, by name.
    """

    name: str
    title: Mapping[str, str] = field(default_factory=dict)
    subject: str = SUBJECT
    roles: tuple[str, ...] = ()
    complete_from: int | None = None
    fields: Mapping[str, DataType] = field(default_factory=dict)
    apart: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part a person may play in it."""
        return tuple(dict.fromkeys((self.subject, *self.roles)))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The fields without which nobody knows which one is meant: identifiers that are not optional."""
        fields = self.fields.items()
        return tuple(name for name, kind in fields if kind.type == "identifier" and not kind.optional)


@dataclass(frozen=True)
class Selector:
    """What of an event a column listens to: a type, the person's part in it, a field, and a filter on one field.

    `role` None means whatever the part. `field` None means that it happened at all. `where` is a field and the
    integer it must have; where the field is missing the signal carries unknown. For
    `fact.stated` the field is the fact's name, or `receives` for every stated receipt of a programme.

    `over` is the identifier that tells one of several from another, for what is counted: the signal then carries its
    code, unknown where the event does not say which (or `over` is empty), and `NONE` where it is not known whether
    the event is meant at all, because the field that `where` asks for is missing.
    """

    event: str
    role: str | None = None
    field: str | None = None
    where: tuple[str, int] | None = None
    over: str | None = None


@dataclass(frozen=True)
class State:
    """A signal that sets a fact, until it lapses to `then`.

    It sets it to `gives`; where that is None to the signal's own value, where it is `NONE` to the day it happened.
    `then` None is as if the fact had never been set. With `changes` it sets it only where the signal's value is not
    what that fact already has.
    """

    signal: Selector
    gives: int | None = None
    lapse: Duration | None = None
    then: int | None = None
    changes: str = ""


@dataclass(frozen=True)
class Tally:
    """Signals that begin and end one of several: jobs, homes, businesses.

    Attributes:
        begins: each begins one more, the one its identifier names.
        ends: each ends one.
        before_none: whether the first to begin in the log is the first of all.
    """

    begins: tuple[Selector, ...]
    ends: tuple[Selector, ...]
    before_none: bool = False

    def partly(self, end: Selector) -> bool:
        """Whether an end may end something that is not counted: what begins is narrowed, it is not."""
        return end.where is None and any(begin.where for begin in self.begins)


@dataclass(frozen=True)
class Derived:
    """A column computed from a date or a list of dates.

    Attributes:
        op: years_since, months_since, days_since, time_until, count_of or ages_of.
        of: the fact it is computed from.
        which: `latest` or `earliest` of a list.
        plus: what is added to the date before it is counted to (time_until).
        unit: days, months or years (time_until).
    """

    op: str
    of: str
    which: str = "latest"
    plus: Duration | None = None
    unit: str = "days"


@dataclass(frozen=True)
class CommonAnswer:
    """One answer people give and how many give it; a birthday is given as years before the day of asking."""

    value: object
    weight: int
    years_ago: int | tuple[int, ...] | None = None

    def on(self, today: int) -> object:
        """Return the answer as a facts file would hold it on one day."""
        if self.years_ago is None:
            return self.value
        if isinstance(self.years_ago, int):
            return _years_before(today, self.years_ago)
        return [_years_before(today, years) for years in self.years_ago]


def _years_before(today: int, years: int) -> str:
    return date_of(add_months(today, -12 * years)).isoformat()


@dataclass(frozen=True)
class Circumstance:
    """What must be known of another fact: that it lies between two integers, or that a region's code begins so."""

    fact: str
    low: int | None = None
    high: int | None = None
    prefixes: tuple[str, ...] = ()

    def holds(self, code: int) -> bool:
        """Tell whether an integer lies between the two."""
        return (self.low is None or self.low <= code) and (self.high is None or code <= self.high)


@dataclass(frozen=True)
class Given:
    """A prior over the answers of people of whom every condition is known to hold, and where it is published."""

    when: tuple[Circumstance, ...]
    answers: tuple[CommonAnswer, ...]
    source: str = ""


@dataclass(frozen=True)
class Fact:
    """Something that can be known about a person.

    Attributes:
        kind: the values it may take.
        purpose: what it may be used for: eligibility, ranking.
        question: how to ask for it, in each language.
        states: the events that set it; the latest of these and of `fact.stated` counts.
        adds: the events that add a date to a list.
        tally: what it counts, for a boolean that is true while there is one.
        only_while: another boolean and the value without which this one is false.
        ends_with: another boolean; an event that makes that one false makes this one false, a statement does not.
        exhaustive: whether only its events can make it true; if not, that none happened proves nothing.
        members: the relations whose dates of birth a list holds; it is then a view of the household.
        derived: how it is computed, for a fact that cannot be stated.
        answers: a public prior over its answers; empty where `answers_from` names the table of them.
        given: such priors of people of whom something is known; the first that holds counts instead of `answers`.
        source: where `answers` is published.
        asks: the facts to state for this one to be known.
        past: a date that cannot be after the day of asking, because time is counted since.
        label: the fact in a sentence, in each language: a boolean after "is", any other before its value.
        format: its value in a sentence, in each language, `{}` being the number; empty where its unit says it.
        value_labels: the names of an enum's values in each language, by value.
        sensitive: whether asking for it can hurt: it is never asked first and never assumed.
        ask_with: the group of boxes it may be asked with, of `Declaration.groups`; empty where it is asked alone.
        bins: where its classes begin for the private ranker, in stored integers, or days ago for a date; empty where
            its kind and unit say.
    """

    name: str
    kind: DataType
    purpose: tuple[str, ...] = ()
    question: Mapping[str, str] = field(default_factory=dict)
    states: tuple[State, ...] = ()
    adds: tuple[Selector, ...] = ()
    derived: Derived | None = None
    answers: tuple[CommonAnswer, ...] = ()
    answers_from: str = ""
    share: int | None = None
    given: tuple[Given, ...] = ()
    source: str = ""
    asks: tuple[str, ...] = ()
    past: bool = False
    label: Mapping[str, str] = field(default_factory=dict)
    format: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tally: Tally | None = None
    only_while: tuple[str, int] | None = None
    ends_with: str = ""
    exhaustive: bool = True
    sensitive: bool = False
    ask_with: str = ""
    members: tuple[str, ...] = ()
    bins: tuple[int, ...] = ()

    @property
    def hangs_on(self) -> tuple[str, int] | None:
        """Another boolean and the value that it must have for events not to make this one false."""
        return self.only_while or ((self.ends_with, 1) if self.ends_with else None)

    @property
    def signals(self) -> tuple[Selector, ...]:
        """What of events it listens to, statements apart."""
        counted = (*self.tally.begins, *self.tally.ends) if self.tally else ()
        return (*(state.signal for state in self.states), *counted, *self.adds)

    @property
    def type(self) -> str:
        """The type of its values."""
        return self.kind.type

    @property
    def low(self) -> int | None:
        """Its least value."""
        return self.kind.low

    @property
    def high(self) -> int | None:
        """Its greatest value."""
        return self.kind.high

    @property
    def unit(self) -> str:
        """What it counts."""
        return self.kind.unit

    @property
    def values(self) -> tuple[str, ...]:
        """The names an enum may take."""
        return self.kind.values

    @property
    def stated(self) -> bool:
        """Whether it may be stated, rather than being computed."""
        return self.derived is None

    def encode(self, value: object, where: Where = ()) -> int:
        """Return the integer of a JSON value (of one member, for a set); raises `Rejected`."""
        return self.kind.encode(value, where or (self.name,))

    def encode_all(self, value: object, where: Where = ()) -> tuple[int, ...]:
        """Return the integers of a JSON list for a set, one in a tuple otherwise; raises `Rejected`."""
        return self.kind.encode_all(value, where or (self.name,))

    def decode(self, code: int) -> object:
        """Return the JSON value of an integer; None is unknown, `"none"` is known to be none."""
        return self.kind.decode(code)

    def answers_on(self, day: int | date) -> tuple[tuple[object, int], ...]:
        """Return the answers as a facts file would hold them on one day, each with its weight."""
        today = day if isinstance(day, int) else day.toordinal() - date(1970, 1, 1).toordinal()
        return tuple((answer.on(today), answer.weight) for answer in self.answers)


@dataclass(frozen=True)
class Feature:
    """Something computed over a person's events that ranking may use beyond the facts.

    Attributes:
        op: count, sum, last, time_since, distinct, sequence, spell, or an op of `Derived`.
        kind: the values it takes.
        signals: what it listens to; of a sequence, its steps in order.
        window: how far back, None for a lifetime.
        unit: days, months or years, for time_since and spell.
        within: the longest a sequence may take from its first step to its last.
        of: the fact whose spell it is.
        derived: how it is computed from a date.
    """

    name: str
    op: str
    kind: DataType
    signals: tuple[Selector, ...] = ()
    window: Duration | None = None
    unit: str = "days"
    within: Duration | None = None
    of: str = ""
    derived: Derived | None = None
