"""Amount text: what a programme comes to for a person, as a sentence and as the steps that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from features.calendar import date_of
from features.canonical_json import canonical_text
from features.country import Currency
from recommender.messages import Messages
from recommender.rules.clause import Clause
from recommender.rules.estimate import Estimate, Span, Step
from recommender.rules.payment import HUNDREDTHS, AgeSpan, Payment
from recommender.text import Text

__all__ = ["ToldAmount", "amount_sentence", "payment_text", "steps_json", "told_amount"]

_UNSTATED: Final = "amount.unstated"


@dataclass(frozen=True)
class ToldAmount:
    """What a value comes to, the sentence on it, and both with the derivation as JSON, which nobody changes."""

    estimate: Estimate
    sentence: Text
    document: Mapping[str, Any]


def told_amount(found: Estimate, currency: Currency, messages: Messages) -> ToldAmount:
    """Return an estimate with its words."""
    said = amount_sentence(found, currency, messages)
    return ToldAmount(found, said, steps_json(found, said, currency, messages))


def amount_sentence(found: Estimate, currency: Currency, messages: Messages) -> Text:
    """Return one sentence on what a value comes to in the first year: a sum, a range or a limit."""
    if not found.stated:
        return messages.text(_UNSTATED)
    kind = "gift" if found.gives == "service" else found.gives
    low, high = messages.money(found.low, currency), messages.money(found.high or 0, currency)
    if found.high is None:
        often = next((step for step in found.steps if step.times[1] is None and step.payment.stated), None)
        if found.missing or found.low == 0:
            said = messages.text("amount.depends")
        elif often is not None:
            each = messages.text(f"amount.period.{often.payment.period}", each=_sum(often.each, currency, messages))
            said = messages.text("amount.each", each=each)
        else:
            said = messages.text(f"amount.{kind}.from", low=low)
    elif found.high == 0:
        said = messages.text("amount.depends" if found.missing else "amount.none")
    elif found.exact:
        said = messages.text(f"amount.{kind}.exact", value=high)
    elif found.low == 0:
        said = messages.text(f"amount.{kind}.at_most", high=high)
    else:
        said = messages.text(f"amount.{kind}.range", low=low, high=high)
    return said


def steps_json(found: Estimate, said: Text, currency: Currency, messages: Messages) -> dict[str, Any]:
    """Return the range, the sentence on it, and its derivation: the figures of each step, and the step in words."""
    return {
        "gives": found.gives,
        "low": found.low if found.stated else None,
        "high": found.high if found.stated else None,
        "months": 12,
        "missing": list(found.missing),
        "text": said.to_document(),
        "steps": [_step_json(step, currency, messages) for step in found.steps],
    }


def _step_json(step: Step, currency: Currency, messages: Messages) -> dict[str, Any]:
    return {
        "gives": step.gives,
        "each": list(step.each) if step.payment.stated else None,
        "period": step.payment.period,
        "per": step.payment.per,
        "times": list(step.times),
        "children": None if step.children is None else list(step.children),
        "total": list(step.total) if step.payment.stated else None,
        "text": step_text(step, currency, messages).to_document(),
    }


def step_text(step: Step, currency: Currency, messages: Messages) -> Text:
    """Return one step in words: so much each time, so many times, for how many children, what that comes to."""
    payment = step.payment
    said = _each_text(payment, step.each, currency, messages)
    if payment.stated and step.times != (1, 1):
        said = messages.text("amount.times", each=said, times=_times(step.times, messages))
    if payment.stated and step.total != step.each:
        said = messages.text("amount.total", each=said, total=_sum(step.total, currency, messages))
    return said


def _each_text(payment: Payment, each: Span, currency: Currency, messages: Messages) -> Text:
    """Return one payment in words: so much, how often, for each of what."""
    sum_ = _sum(each, currency, messages) if payment.stated else messages.text("amount.some")
    if payment.percent is not None:
        whole, rest = divmod(payment.percent, HUNDREDTHS)
        share = f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)
        sum_ = messages.text("amount.percent", percent=share) if not payment.stated else messages.text(
            "amount.percent_limited", percent=share, each=sum_
        )  # fmt: skip
    said = messages.text(f"amount.period.{payment.period}", each=sum_)
    if payment.per in ("child", "household", "other"):
        said = messages.text(f"amount.per.{payment.per}", each=said)
    return said


def payment_text(payment: Payment, currency: Currency, messages: Messages, rule: Callable[[Clause], Text]) -> Text:
    """Return one payment as the programme states it: the sum, and for whom, from when and how long in its own keys."""
    said = _each_text(payment, (payment.low or 0, payment.high), currency, messages)
    if payment.age is not None:
        said = messages.text("change.more", first=said, second=_age_text(payment.age, messages))
    shown = ("age", "amount", "from", "at_most", "percent", "of", "period", "per", "when", "source", "gives")
    others = {key: value for key, value in payment.to_document().items() if key not in shown}
    if others:
        told = ", ".join(f"{key} {canonical_text(value)}" for key, value in others.items())
        said = messages.text("change.more", first=said, second=Text.alone(told))
    return said if payment.when is None else messages.text("change.more", first=said, second=rule(payment.when))


def _age_text(age: AgeSpan, messages: Messages) -> Text:
    """Return between which ages, and for whom born on which days, a payment is given."""
    conditions = []
    ages = [(op, months) for op, months in (("at_least", age.at_least), ("below", age.below)) if months is not None]
    if ages:
        figures = []
        for op, months in ages:
            unit, count = ("years", months // 12) if months % 12 == 0 and months else ("months", months)
            figures.append(
                messages.text(f"rule.number.{op}", value=messages.text(f"rule.member.in_{unit}", count=count))
            )
        conditions.append(messages.text("rule.member.months", figure=messages.joined("rule.both", figures)))
    days = [(op, day) for op, day in zip(("at_least", "at_most"), age.born, strict=True) if day is not None]
    if days:
        on = [(op, messages.text("rule.date.on", date=date_of(day))) for op, day in days]
        born = [messages.text(f"rule.date.{op}", value=day) for op, day in on]
        conditions.append(messages.text("rule.member.born", figure=messages.joined("rule.both", born)))
    return messages.joined("rule.member.and", conditions) if conditions else Text.alone(age.of)


def _sum(span: Span, currency: Currency, messages: Messages) -> Text:
    low, high = span
    if high is None:
        return messages.text("amount.span.from", low=messages.money(low, currency))
    if low == high:
        return messages.money(low, currency)
    if low == 0:
        return messages.text("amount.span.at_most", high=messages.money(high, currency))
    return messages.text("amount.span.range", low=messages.money(low, currency), high=messages.money(high, currency))


def _times(span: Span, messages: Messages) -> Text:
    low, high = span
    if high is None:
        return messages.text("amount.count.unknown")
    if low == high:
        return messages.text("amount.count.exact", count=low)
    return messages.text("amount.count.range", low=low, high=high)
