"""Working days: which days a country's offices are closed, and how a period is counted that ends on a working day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from features.calendar import Duration
from features.mapping import MappingReader
from features.problem import Problem, Problems, Rejected, Where
from recommender.rules.window_rule import COUNTS, NEXT_DAY
from recommender.text import text_at

__all__ = ["WEEKDAYS", "WEEKENDS_ONLY", "WorkingDays"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EPOCH_WEEKDAY: Final = WEEKDAYS.index("thursday")
"""1970-01-01 was a Thursday."""


@dataclass(frozen=True)
class WorkingDays:
    """The days that are not working days: some days of every week, and the public holidays of a dated table.

    A country without a table has weekends only, and so has every day outside the table.

    Attributes:
        holidays: public holidays in days since 1970-01-01, substitute holidays included.
        weekend: places in `WEEKDAYS` of the days of the week that are never worked.
        first: the first day the table covers, None without a table.
        last: the last day it covers.
        count_from: one of COUNTS: whether a period that runs from an event counts the event's own day.
    """

    holidays: frozenset[int] = frozenset()
    weekend: frozenset[int] = frozenset({WEEKDAYS.index("saturday"), WEEKDAYS.index("sunday")})
    first: int | None = None
    last: int | None = None
    count_from: str = NEXT_DAY

    @classmethod
    def parse(cls, document: object, where: Where = ("holidays",), languages: tuple[str, ...] = ()) -> WorkingDays:
        """Read a parsed table of holidays, named in `languages`.

        Raises:
            Rejected: with every problem in it.
        """
        if not isinstance(document, dict):
            what, remedy = "is not a mapping", "Write weekend:, from:, until:, sources: and holidays:"
            raise Rejected([Problem(where, "invalid", what, remedy)])
        problems = Problems()
        top = MappingReader(document, where, problems, None, languages)
        for key in ("weekend", "from", "until", "sources", "holidays"):
            top.required(key)
        weekend = _weekend(top)
        first, last = top.day("from"), top.day("until")
        top.strings("sources")
        count_from = top.choice("count_from", COUNTS) or NEXT_DAY
        days = [_holiday(row, i, top) for i, row in enumerate(top.items("holidays"))]
        top.close()
        if first is not None and last is not None:
            for i, day in enumerate(days):
                if day is not None and not first <= day <= last:
                    top.wrong(
                        ("holidays", i, "day"), "range", "is outside from and until", "Correct the day or the span"
                    )
        problems.raise_any()
        return cls(frozenset(day for day in days if day is not None), weekend, first, last, count_from)

    def is_working(self, day: int) -> bool:
        """Return whether a day (since 1970-01-01) is neither in a weekend nor a public holiday."""
        return (day + _EPOCH_WEEKDAY) % 7 not in self.weekend and day not in self.holidays

    def end_of_period(self, day: int) -> int:
        """Return the day on which a period with this last day ends: the day itself, or else the next working day.

        Korean Civil Act, article 161; Framework Act on Administration, article 6(1).

        >>> WorkingDays().end_of_period(20_757) - 20_757  # Saturday, 31 October 2026
        2
        """
        while not self.is_working(day):
            day += 1
        return day

    def last_day(self, event: int, length: Duration, count_from: str | None = None) -> int:
        """Return the day on which a period ends that runs from the day of an event; `count_from` None is the country's.

        A day that is not counted is followed by the first; months and years then run from that one to the day before
        the same day of the month (Korean Civil Act, articles 157 to 161).

        >>> WorkingDays().last_day(20_000, Duration(days=13)) - 20_000
        13
        >>> WorkingDays().last_day(20_000, Duration(days=13), "same_day") - 20_000
        12
        """
        first = event + ((count_from or self.count_from) == NEXT_DAY)
        return self.end_of_period(length.after(first) - 1)


WEEKENDS_ONLY: Final = WorkingDays()
"""Where a country ships no table of holidays: Saturdays and Sundays."""


def _weekend(top: MappingReader) -> frozenset[int]:
    names = top.strings("weekend")
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown or len(set(names)) == len(WEEKDAYS):
        top.wrong(
            "weekend", "invalid", f"{list(names)} leaves no working day or names no day", f"Use {', '.join(WEEKDAYS)}"
        )
        return frozenset()
    return frozenset(WEEKDAYS.index(name) for name in names)


def _holiday(row: object, number: int, top: MappingReader) -> int | None:
    if not isinstance(row, dict):
        top.wrong(("holidays", number), "invalid", "is not a mapping", "Write {day: YYYY-MM-DD, name: {en: ...}}")
        return None
    fields = top.below(row, "holidays", number)
    fields.required("day")
    day = fields.day("day")
    text_at(fields, "name")
    fields.close()
    return day
