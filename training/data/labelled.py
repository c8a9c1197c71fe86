"""Labelled rows: what people were offered and what came of it, by each form that a declaration may say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.calendar import DAY_SECONDS
from features.log.interactions import ENDED, HELD, KINDS, OPENED, Interactions
from features.log.versions import FOREVER
from training.data.examples import NOTHING_HIDDEN, Examples, joined
from training.data.label_form import CHOSEN, NOTICED, LabelForm

UNSEEN: Final = 1e-3
"""How likely an offer was looked at of which the log says that it was not: nearly nothing is learned from it."""


class LogSpan(NamedTuple):
    """What labels are made within.

    Attributes:
        end: UTC seconds at which the log ends.
        at: UTC seconds at which people are seen, where the form names a day.
        young: whether an offer counts whose answer may still come. It then weighs what the delays of all answers say:
            a figure of everybody, which a private run must not use.
    """

    end: int
    at: int = 0
    young: bool = False


class WhatPassed(NamedTuple):
    """What passed between some people and programmes.

    Attributes:
        places: int64[n], ascending: the places of these people among everybody.
        happened: what passed, by the place among these.
    """

    places: Int64
    happened: Interactions


def labelled(form: LabelForm, told: Iterable[WhatPassed], codes: Int64, span: LogSpan) -> Examples:
    """The labelled rows of a log, the same in whatever parts it is told.

    Args:
        form: what is an offer and what its answer.
        told: what passed between people and programmes, each person in one part.
        codes: int64[P], identifier codes of the catalogue's programmes in its order.
        span: when the log ends, and when people are seen.
    """
    if form.form in _WHOLE:
        made = ((one.places, _WHOLE[form.form](form, one, codes, span)) for one in told)
        return joined([replace(rows, person=places[rows.person]) for places, rows in made])
    return _weighed([_offered(form, one, codes, span) for one in told], form, span)


class _RipeningOffers(NamedTuple):
    """Offers, each with how its answer came, in columns that take little room until their weights are known.

    Attributes:
        person: int32[m], the place among everybody.
        time: int64[m], UTC seconds.
        recorded: int64[m], UTC seconds.
        programme: int32[m], the place in the catalogue.
        position: float32[m].
        channel: float32[m].
        came: bool[m], whether an answer came in time.
        noticed: bool[m], whether it was opened in time, or answered.
        delay: int32[m], whole days from offer to answer, or to the end of its time.
        old: int32[m], whole days from offer to the end of the log, at most its time; all of it where there is no bound.
    """

    person: Any
    time: Any
    recorded: Any
    programme: Any
    position: Any
    channel: Any
    came: Any
    noticed: Any
    delay: Any
    old: Any


def _offered(form: LabelForm, told: WhatPassed, codes: Int64, span: LogSpan) -> _RipeningOffers:
    """Every offer of a programme of the catalogue to these people, labelled by whether its answer came.

    An answer belongs to the latest offer of its programme to its person, at the same second or before.
    """
    order = np.argsort(codes, kind="stable")
    offers, place = _placed(told.happened.of(form.offer), codes, order)
    answers = _placed(told.happened.of(*form.answers), codes, order)
    limit = FOREVER if form.within is None else form.within * DAY_SECONDS
    delay = _delay(offers, place, *answers, limit)
    opened = _delay(offers, place, *_placed(told.happened.of(OPENED), codes, order), limit) < limit
    came = delay < limit
    days = np.zeros(delay.size, np.int32) if form.within is None else (delay // DAY_SECONDS).astype(np.int32)
    age = span.end - offers.time
    old = days if form.within is None else np.clip(age // DAY_SECONDS, 0, form.within).astype(np.int32)
    kept = np.ones(delay.size, np.bool_) if span.young else (age > 0) & ((age >= limit) | (form.within is None))
    found = _RipeningOffers(
        told.places[offers.person].astype(np.int32), offers.time, offers.recorded, place.astype(np.int32),
        offers.position, offers.channel, came, opened | came, days, old,
    )  # fmt: skip
    return _RipeningOffers(*(column[kept] for column in found))


def _weighed(parts: list[_RipeningOffers], form: LabelForm, span: LogSpan) -> Examples:
    """All offers whose answer had time to come, in the order in which they were recorded.

    Where young offers count, an answered one counts whole, and one without an answer counts as the refusals that are
    likely among such: (F - pF) / (1 - pF), F being the share of answers that have come by its age (`delays`), p the
    share answered.
    """
    offers = _RipeningOffers(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    parts.clear()
    by_person = np.argsort(offers.person, kind="stable")  # so that what is summed over all is, to the last bit, the sum
    offers = _RipeningOffers(*(column[by_person] for column in offers))
    weight = np.ones(offers.person.size)
    if span.young and form.within is not None and not (offers.old >= form.within).all():
        weight = _young_weight(offers.came, offers.delay, offers.old, form.within)
    kept = np.flatnonzero((offers.time < span.end) & (weight > 0))
    keys = (offers.programme, offers.person, offers.time, offers.recorded)
    kept = kept[np.lexsort([key[kept] for key in keys])]
    came, noticed = offers.came[kept], offers.noticed[kept]
    return Examples(
        person=offers.person[kept].astype(np.int64),
        t=offers.time[kept],
        programme=offers.programme[kept].astype(np.int64),
        position=offers.position[kept],
        channel=offers.channel[kept],
        label=came.astype(np.float64),
        opened=came if form.opened == CHOSEN else noticed,
        looked=np.where(noticed | (form.opened != NOTICED), 1.0, UNSEEN),
        weight=weight[kept],
        hidden=np.full(kept.size, NOTHING_HIDDEN, dtype=np.int64),
    )


def _granted(form: LabelForm, told: WhatPassed, codes: Int64, span: LogSpan) -> Examples:
    """One list of each person, of every programme, where the log does not say who was shown what.

    With a day, it is of everybody at the end of that day, labelled by what they got within the time from then on; what
    they had got before is in no list. Without, it is of who ever got something, when they first did, labelled by what
    they ever got. What they got comes first, then the catalogue from a place that the day chooses, so that a bound on
    its length leaves nothing out for ever; everything is in the first place, so that no order is learned. A list
    depends on nobody else. Whom the rules exclude is taken from the lists later (`training.data.material`).
    """
    got, place = _placed(told.happened.of(*form.answers), codes, np.argsort(codes, kind="stable"))
    count = told.places.size if form.at is not None else int(got.person.max(initial=-1)) + 1
    first = np.full(count, span.at if form.at is not None else FOREVER, dtype=np.int64)
    if form.at is None:
        np.minimum.at(first, got.person, got.time)
    person = np.flatnonzero(first < FOREVER)
    seen = first[got.person]
    until = span.end if form.within is None else np.minimum(seen + form.within * DAY_SECONDS, span.end)
    now, before = (got.time >= seen) & (got.time < until), got.time < seen
    taken, had = np.zeros((2, count, codes.size))
    taken[got.person[now], place[now]] = 1.0
    had[got.person[before], place[before]] = 1.0
    return _whole_lists(person, first[person], taken[person], ~(had[person] > 0))


def _held(form: LabelForm, told: WhatPassed, codes: Int64, span: LogSpan) -> Examples:
    """A list for each programme that somebody holds at the day: it, and all they do not hold; it is the one to find.

    The person is then seen without what the events of that programme say (`features.log.hiding`).
    """
    said, place = _placed(told.happened.of(form.offer, ENDED), codes, np.argsort(codes, kind="stable"))
    rows = np.flatnonzero((said.time < span.at) & (said.recorded < span.at))
    said, place = said[rows], place[rows]
    owns = np.zeros((int(said.person.max(initial=-1)) + 1, codes.size), dtype=np.bool_)
    order = np.lexsort((said.recorded, said.time))
    owns[said.person[order], place[order]] = (said.kind == KINDS.index(HELD))[order]  # the last event about each counts
    person, hidden = np.nonzero(owns)
    shown = ~owns[person]
    shown[np.arange(person.size), hidden] = True
    taken = np.zeros(shown.shape)
    taken[np.arange(person.size), hidden] = 1.0
    return _whole_lists(person, np.full(person.size, span.at, dtype=np.int64), taken, shown, hidden)


_WHOLE: Final[Mapping[str, Callable[[LabelForm, WhatPassed, Int64, LogSpan], Examples]]] = {
    "granted": _granted, "held": _held,
}  # fmt: skip
"""Forms whose lists depend on nobody else."""


def _whole_lists(person: Int64, t: Int64, taken: Float64, shown: Bool, hidden: Int64 | None = None) -> Examples:
    """Lists of the catalogue, one for each row of `taken`, in the first place; what was taken comes first."""
    lists, programmes = taken.shape
    turned = (np.arange(programmes) + (t // DAY_SECONDS)[:, None]) % max(programmes, 1)
    order = np.argsort(-np.take_along_axis(taken, turned, 1), axis=1, kind="stable")
    programme = np.take_along_axis(turned, order, 1)
    kept = np.take_along_axis(shown, programme, 1).ravel()
    absent = np.full(lists, NOTHING_HIDDEN, dtype=np.int64)
    many, label = int(kept.sum()), np.take_along_axis(taken, programme, 1).ravel()[kept]
    return Examples(
        person=np.repeat(person, programmes)[kept],
        t=np.repeat(t, programmes)[kept],
        programme=programme.ravel()[kept],
        position=np.ones(many, dtype=np.float32),
        channel=np.zeros(many, dtype=np.float32),
        label=label,
        opened=label > 0,
        looked=np.ones(many),
        weight=np.ones(many),
        hidden=np.repeat(absent if hidden is None else hidden, programmes)[kept],
    )


def _placed(happened: Interactions, codes: Int64, order: Int64) -> tuple[Interactions, Int64]:
    if not codes.size:
        return happened[:0], codes
    place = order[np.minimum(np.searchsorted(codes, happened.programme, sorter=order), codes.size - 1)]
    known = codes[place] == happened.programme
    return happened[known], place[known]


def _delay(offers: Interactions, place: Int64, answers: Interactions, answer_place: Int64, limit: int) -> Int64:
    """How long the first answer to each offer took, `limit` where none came in that time: int64[m]."""
    pair = np.concatenate([offers.person, answers.person]), np.concatenate([place, answer_place])
    time = np.concatenate([offers.time, answers.time])
    is_answer = np.arange(time.size) >= offers.time.size
    order = np.lexsort((is_answer, time, pair[1], pair[0]))
    after_offer = np.flatnonzero(is_answer[order][1:] & ~is_answer[order][:-1])
    before, after = order[after_offer], order[after_offer + 1]
    fits = (pair[0][before] == pair[0][after]) & (pair[1][before] == pair[1][after])
    delay = np.full(offers.time.size, limit, dtype=np.int64)
    delay[before[fits]] = np.minimum(time[after[fits]] - time[before[fits]], limit)
    return delay


def _young_weight(came: Bool, delay: Int64, old: Int64, days: int) -> Float64:
    """What each offer weighs, where those that may still be answered count."""
    share = np.r_[0.0, delays(np.minimum(delay[came], days - 1), old[came], days)][old]
    answered = came.sum() / max(float(share.sum()), 1.0)
    p = min(float(answered), 0.99)
    return np.where(came | (old >= days), 1.0, share * (1 - p) / (1 - p * share))


def delays(delay: Int64, age: Int64, days: int) -> Float64:
    """The share of answers that come within each number of days, from answers of which the later ones are not in yet.

    Answers are seen only as far as their offers have aged (right truncation); the product over the reversed hazard puts
    that right (Lagakos, Barraj & De Gruttola 1988, Nonparametric analysis of truncated survival data).

    Args:
        delay: int64[a], whole days from offer to answer, below `days`.
        age: int64[a], whole days from offer to the end of the log, from `delay` on.
        days: the most days an answer may take.

    Returns:
        float64[days], within 1, 2, ... days; 1 for the last.
    """
    each, since = np.bincount(delay, minlength=days)[:days], np.arange(days)
    at_risk = np.cumsum(each) - np.searchsorted(np.sort(age), since)
    kept = 1.0 - np.divide(each, at_risk, out=np.zeros(days), where=at_risk > 0)
    return np.asarray(np.r_[np.cumprod(kept[:0:-1])[::-1], 1.0])
