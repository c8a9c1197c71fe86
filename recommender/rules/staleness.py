"""Staleness: which programmes of a catalogue time has overtaken, so that somebody should look at their source again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from features.calendar import Duration, add_months, date_of
from features.problem import Problem, Where
from recommender.rules.catalogue import IMPORTED, Catalogue
from recommender.rules.programme import Programme

__all__ = ["CAUSES", "Stale", "checked_ahead", "stale"]

WINDOW_ENDED: Final = "window_ended"
"""Every window has days, and the last of them is over."""
RULES_ENDED: Final = "rules_ended"
"""The last text known is over, and nobody says that the programme is."""
UNMODIFIED: Final = "unmodified"
"""The publisher has not changed the row for long."""
CHECKED: Final = "checked_long_ago"
"""Nobody has looked at the source for long."""
UNCHECKED: Final = "never_checked"
"""It is called verified, and no day is written on which somebody looked at the source."""
CAUSES: Final = (WINDOW_ENDED, RULES_ENDED, UNMODIFIED, CHECKED, UNCHECKED)


class Stale(NamedTuple):
    """One programme that time has overtaken: why, and since which day (days since 1970; None: not known)."""

    programme: str
    cause: str
    since: int | None

    def to_document(self) -> dict[str, object]:
        """The mapping it is reported as."""
        since = None if self.since is None else date_of(self.since).isoformat()
        return {"programme": self.programme, "cause": self.cause, "since": since}


def stale(catalogue: Catalogue, day: int, after: Duration) -> tuple[Stale, ...]:
    """Return what time has overtaken by a day, by cause in the order of CAUSES, then by id.

    Args:
        catalogue: of which each programme's last text is looked at.
        day: the day it is judged as of.
        after: a source that was checked, or a row that was changed, longer ago than this is stale.
    """
    long_ago = add_months(day, -after.months) - after.days
    found = [one for programme in catalogue.programmes for one in _of(programme, day, long_ago)]
    return tuple(sorted(found, key=lambda one: (CAUSES.index(one.cause), one.programme)))


def checked_ahead(catalogue: Catalogue, today: int, places: Mapping[str, Where]) -> Iterator[Problem]:
    """Find sources that were checked on a day to come; `places` says where each id is written."""
    for programme in catalogue.texts:
        checked = programme.source.checked
        if checked is not None and checked > today:
            path = (*places.get(programme.id, (programme.id,)), "source", "checked")
            what = f"{date_of(checked)} is in the future"
            yield Problem(path, "range", what, "Write the day on which somebody looked at the source")


def _of(programme: Programme, day: int, long_ago: int) -> Iterator[Stale]:
    if programme.ended and programme.valid.last is not None and programme.valid.last < day:
        return  # known to be over
    if programme.closes is not None and programme.closes < day:
        yield Stale(programme.id, WINDOW_ENDED, programme.closes)
    if programme.is_lapsed(day):
        yield Stale(programme.id, RULES_ENDED, programme.valid.last)
    checked = programme.source.checked
    if checked is None:
        if programme.verified:
            yield Stale(programme.id, UNCHECKED, None)
    elif checked < long_ago:
        yield Stale(programme.id, UNMODIFIED if programme.id.startswith(IMPORTED) else CHECKED, checked)
