"""Look-ahead: what the rules exclude today and will not after a birthday, and from when one may apply for it.

A day to come is judged by the texts in force on that day; where those are not known yet, what follows is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int8, Int64
from features.calendar import add_years, completed_months, completed_years, date_of
from features.members import BORN, MONTHS, OPEN, WHOLE, Members
from features.value import is_known
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.dated_texts import text_on
from recommender.rules.window import before
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.messages import Messages
    from recommender.rules.compiled import Compiled
    from recommender.rules.programme import Programme

__all__ = ["LOOK_AHEAD", "Ahead", "ahead"]

LOOK_AHEAD: Final = 62
"""So many days before one may apply, people are told: a birthday next month is always within."""

_COUNTED: Final[Mapping[str, Callable[[int, int], int]]] = {
    "years_since": completed_years,
    "months_since": completed_months,
    "days_since": lambda start, day: day - start,
}


@dataclass(frozen=True, slots=True)
class Ahead:
    """A programme that the rules exclude today, as it will be on a day to come.

    Attributes:
        place: of the programme, in the catalogue's order.
        programme: the programme, by its text of that day.
        holds: the day from which the rules no longer exclude the person, in days since 1970-01-01.
        opens: the first day on which one may apply; it may be past.
        answer: what the rules answer on that day, as far as is known today.
    """

    place: int
    programme: Programme
    holds: int
    opens: int
    answer: Answer

    def sentence(self, today: int, messages: Messages) -> Text:
        """Return when one may apply, and what is still open then."""
        on, opens = date_of(self.holds), date_of(self.opens)
        if self.opens == self.holds:
            said = messages.text("ahead.from", day=on)
        elif self.opens <= today:
            said = messages.text("ahead.now", day=on)
        else:
            said = messages.text("ahead.before", day=on, opens=opens)
        if self.programme.is_lapsed(self.holds):
            last = date_of(self.programme.valid.last or 0)
            return messages.text("ahead.not_known_yet", day=on, year=str(on.year), last=last)
        open_points = messages.text("ahead.unknown")
        return said if self.answer == Answer.YES else messages.text("reason.two", first=said, second=open_points)

    def to_json(self, today: int, messages: Messages) -> dict[str, Any]:
        """Return the entry of `upcoming`: from which day, since when one may apply, and both as a sentence."""
        return {
            "answer": self.answer.name.lower(),
            "on": date_of(self.holds).isoformat(),
            "opens": date_of(self.opens).isoformat(),
            "state": "open" if self.opens <= today else "upcoming",
            "text": self.sentence(today, messages).to_document(),
        }


def ahead(
    compiled: Compiled, values: Int64, members: Members | None, applicant: int, answers: Int8
) -> tuple[Ahead, ...]:
    """Return what a person (int64[F] columns, int8[P] answers) may soon apply for and is excluded from today."""
    longest = compiled.catalogue.longest_before
    found: dict[int, Ahead] = {}
    for day in sorted(set(_birthdays(compiled, values))):
        if day > compiled.day + LOOK_AHEAD + longest:
            break
        row, beside = _on(compiled, values, day)[None, :], None if members is None else _older(members, day)
        then, programmes = compiled.offerable(row, applicant, beside)[0], compiled.catalogue.programmes
        places, by_others = _other_texts(compiled, day)
        if by_others is not None:
            then[list(places)] = by_others.offerable(row, applicant, beside)[0]
        for place in np.flatnonzero((answers == Answer.NO) & (then != Answer.NO)).tolist():
            programme = programmes[place]
            if by_others is not None and place in places:
                programme = by_others.catalogue.programmes[places.index(place)]
            opens = min(before(day, rule) for rule in programme.windows)
            if opens <= compiled.day + LOOK_AHEAD:
                found.setdefault(place, Ahead(place, programme, day, opens, Answer(int(then[place]))))
    return tuple(found[place] for place in sorted(found))


def _other_texts(compiled: Compiled, day: int) -> tuple[tuple[int, ...], Compiled | None]:
    """The places of the programmes that go by another text on a day than today, or by none, and those ready to judge.

    They are few, and compiled once for each day.
    """
    catalogue = compiled.catalogue
    if day not in compiled.later:
        several: dict[str, list[Programme]] = {one.id: [] for one in catalogue.others}
        for one in catalogue.texts if several else ():
            several.get(one.id, []).append(one)
        chosen: dict[int, Programme] = {}
        for place, one in enumerate(catalogue.programmes):
            text = text_on(several[one.id], day) if one.id in several else one
            if text is not one or not one.valid.holds(day):
                chosen[place] = text
        made = None
        if chosen:
            texts, columns = Catalogue(tuple(chosen.values())), compiled.columns
            made = compile_catalogue(
                texts, columns, compiled.declaration, compiled.regions, day, compiled.working_days
            )  # fmt: skip
        compiled.later[day] = (tuple(chosen), made)
    return compiled.later[day]


def _older(members: Members, day: int) -> Members:
    """The members of a person of whom nothing changes until a day but how old they are."""
    cells, months = members.cells.copy(), members.months.copy()
    for row in cells:
        if is_known(int(row[BORN])) and is_known(int(row[MONTHS])):
            row[MONTHS] = completed_months(int(row[BORN]), day)
    for place, since in enumerate(members.since[0].tolist()):
        if since not in (OPEN, WHOLE):
            months[0, place] = completed_months(since, day)
    return replace(members, cells=cells, months=months)


def _birthdays(compiled: Compiled, values: Int64) -> Iterator[int]:
    """The next day on which each age counted from a single date changes."""
    for of in dict.fromkeys(of for _, op, of in _counted(compiled) if op == "years_since"):
        born = int(values[of])
        if is_known(born) and born <= compiled.day:
            yield add_years(born, completed_years(born, compiled.day) + 1)


def _on(compiled: Compiled, values: Int64, day: int) -> Int64:
    """The columns of a person of whom nothing changes until a day but what time alone changes."""
    row = values.copy()
    for place, op, of in _counted(compiled):
        if is_known(int(values[of])):
            row[place] = _COUNTED[op](int(values[of]), day)
    return row


def _counted(compiled: Compiled) -> tuple[tuple[int, str, int], ...]:
    """The places of the columns that count time since a single date, each with how and since which column."""
    facts, place = compiled.declaration.facts, {name: i for i, name in enumerate(compiled.columns)}
    return tuple(
        (place[name], fact.derived.op, place[fact.derived.of])
        for name, fact in facts.items()
        if fact.derived and fact.derived.op in _COUNTED and facts[fact.derived.of].type == "date" and name in place
    )
