"""Reasons: why a programme ranks where it does and until when it can be applied for, as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from features.calendar import date_of
from recommender.messages import Messages
from recommender.rules.window import ASK, CLOSED, OPEN, UPCOMING, ApplicationWindow
from recommender.text import Text

__all__ = ["minutes", "soft_deadline", "why_rank", "window_sentence"]

Figures = Mapping[str, float | int | None]

_FOR_EVER: Final = {"open_ended": "window.always", "not_needed": "window.not_needed"}


def minutes(count: int, messages: Messages) -> Text:
    """Return a length of time as people say it."""
    hours, rest = divmod(count, 60)
    if not hours:
        return messages.text("time.minutes", minutes=rest)
    if not rest:
        return messages.text("time.hours", hours=hours)
    return messages.text("time.hours_and_minutes", hours=hours, minutes=rest)


def why_rank(factor: str, figures: Figures, amount: Text, messages: Messages) -> Text:
    """Return one sentence on one part of the utility; the figures are those the part was computed from.

    `amount` is the sentence on what the programme comes to. None tells how likely somebody is to meet a condition.

    Raises:
        KeyError: a factor this module has no sentence for.
    """
    if factor in ("doubt", "certainty", "correction"):
        return messages.text(f"reason.{factor}")
    if factor == "value":
        return amount
    if factor == "likelihood_times_value":
        percent = messages.text("reason.likelihood", percent=_percent(float(figures["likelihood"] or 0)))
        return messages.text("reason.two", first=percent, second=amount)
    if factor == "urgency":
        left = int(figures["days_left"] or 0)
        return messages.text("reason.days_left", days=left) if left else messages.text("reason.last_day")
    if factor == "unlocks":
        return messages.text("reason.unlocks", count=int(figures["programmes"] or 0))
    if factor == "effort":
        return messages.text("reason.effort", time=minutes(int(figures["minutes"] or 0), messages))
    raise KeyError(factor)


def soft_deadline(window: ApplicationWindow, messages: Messages) -> Text | None:
    """Return a sentence on what is lost soon where the window does not close then; None where it does."""
    if window.state == ASK and window.closes is not None:
        return messages.text("window.ask", date=date_of(window.closes))
    if window.paid_back_until is not None and window.pressing != window.days_left:
        return messages.text("window.paid_back", date=date_of(window.paid_back_until))
    return None


def _percent(share: float) -> str:
    """A probability in percent, honest about small ones.

    >>> _percent(0.346), _percent(0.012), _percent(0.0004)
    ('35%', '1.2%', '<0.1%')
    """
    if share < 0.001:
        return "<0.1%"
    return f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.1f}%"


def window_sentence(window: ApplicationWindow, wording: Text | None, messages: Messages) -> Text | None:
    """Return one sentence on when a programme can be applied for: by its dates, by its kind, or as it was published.

    Sentences on being paid back and on money that may run out follow it. None where nothing is known; `wording` is what
    the programme's source says.
    """
    said = [_when(window, wording, messages)]
    if window.paid_back_until is not None:
        said.append(messages.text("window.paid_back", date=date_of(window.paid_back_until)))
    if window.funds and not window.is_closed:
        said.append(messages.text("window.funds"))
    kept = [one for one in said if one is not None]
    if not kept:
        return None
    first, *others = kept
    for other in others:
        first = messages.text("reason.two", first=first, second=other)
    return first


def _when(window: ApplicationWindow, wording: Text | None, messages: Messages) -> Text | None:
    by_date = _by_date(window, messages)
    if by_date is not None:
        return by_date
    published = None if wording is None else Text.of({language: said.rstrip(".") for language, said in wording.pairs})
    if window.kind not in _FOR_EVER:
        return None if published is None else messages.text("window.published", wording=published)
    sentence = messages.text(_FOR_EVER[window.kind])
    if published is None:
        return sentence
    return messages.text("reason.two", first=sentence, second=messages.text("window.notice", wording=published))


def _by_date(window: ApplicationWindow, messages: Messages) -> Text | None:
    closes = None if window.closes is None else date_of(window.closes)
    if closes is not None and window.state in (ASK, CLOSED):
        return messages.text(f"window.{window.state}", date=closes)
    if window.state == UPCOMING and window.opens is not None:
        opens = date_of(window.opens)
        if window.kind == "recurring" and closes is not None:
            return messages.text("window.recurs", first=opens, last=closes)
        return messages.text("window.opens", date=opens)
    if closes is not None and window.days_left is not None:
        if window.days_left == 0:
            return messages.text("window.last_day", date=closes)
        return messages.text("window.closes", date=closes, days=window.days_left)
    if window.waits:
        return messages.text("window.waits")
    return messages.text("window.now") if window.during is not None and window.state == OPEN else None
