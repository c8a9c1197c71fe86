"""Law change: whom another catalogue touches among the people of events, and for which months back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from composition import reading
from composition.reach_columns import ReachOrder, read_groups
from composition.sweeping import whole_history
from features.arrays import Int64
from features.calendar import date_of, day_of
from features.problem import Problem, Rejected
from features.value import NONE, UNKNOWN, region_text

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from features.log.history import History
    from features.snapshot import Snapshots
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.people_group import PeopleGroup
    from recommender.rules.region import Regions

__all__ = ["LawChange", "law_change"]

MOST_MONTHS: Final = 120
_SHARD: Final = 16_384


@dataclass
class TouchedPeople:
    """Whom one programme touches.

    Attributes:
        counts: int64[kinds], on the day.
        regions: the same by region.
        groups: the same by group.
        months: the same by month back, of the months for which the new text is in force.
        people: of each person touched, the months, the last for the day itself, each with how.
    """

    counts: Int64
    regions: dict[int, Int64]
    groups: Int64
    months: dict[str, Int64]
    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class LawChange:
    """Whom the programmes touch that judge otherwise.

    Attributes:
        as_of: the day.
        people: how many people there are.
        since: by programme, from which day back people must be judged again; None where the law is not back-dated.
        touched: by programme.
        groups: the names of the groups.
    """

    as_of: date
    people: int
    since: dict[str, date | None]
    touched: dict[str, TouchedPeople]
    groups: tuple[str, ...]

    def to_document(self, few: int) -> dict[str, Any]:
        """The counts; rows with one below `few` are left out, with all that would tell it (1: none)."""
        programmes = [
            {
                "id": name,
                **_row(one.counts[None], few)[0],
                "regions": _named(
                    "region",
                    [None if code in (UNKNOWN, NONE) else region_text(code) for code in one.regions],
                    list(one.regions.values()),
                    few,
                ),
                "groups": _named("group", list(self.groups), list(one.groups), few, one.counts),
                "again_since": since.isoformat() if (since := self.since[name]) else None,
                "months": _named("month", list(one.months), list(one.months.values()), few),
            }
            for name, one in self.touched.items()
        ]
        return {"as_of": self.as_of.isoformat(), "people": self.people, "few": few, "programmes": programmes}

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each person and programme: the months for which they must be judged again, each with how."""
        for name, one in self.touched.items():
            for person, months in one.people.items():
                yield {"person": person, "programme": name, "months": [{"month": at, "how": how} for at, how in months]}


def law_change(order: ReachOrder, old: Catalogue, workspace: Workspace) -> LawChange:
    """Judge everybody by both catalogues, on the day and for each month back to the first day of a text that is new.

    Every month is judged on its last day, by what was known then.

    Args:
        order: whose people, the day, and the new catalogue.
        old: the catalogue before.
        workspace: of the log.

    Raises:
        Rejected: the events cannot be read, or tell of nobody, or a law reaches back too far.
    """
    from recommender.changes.rule_difference import KINDS, changed_rules, in_force_since

    new = order.definitions.catalogue
    names = changed_rules(old, new)
    since = {name: _back(in_force_since(name, old, new), order.as_of, name) for name in names}
    history = whole_history(order.events, workspace, order.definitions)
    if not len(history.people):
        raise Rejected([Problem(("events",), "missing", "tell of nobody", "Name events of people")])
    groups = read_groups(order)
    none = np.zeros(len(KINDS), np.int64)
    touched = {
        name: TouchedPeople(none.copy(), {}, np.zeros((len(groups), len(KINDS)), np.int64), {}) for name in names
    }
    for day in _days(order.as_of, [one for one in since.values() if one is not None]):
        judged = [name for name in names if day == order.as_of or ((first := since[name]) and first <= day)]
        for people, kinds in _judged(order, old, history, day, judged):
            told = groups if day == order.as_of else None
            _count(people, kinds, day, {name: touched[name] for name in judged}, told, order.definitions.regions)
    found = {name: one for name, one in touched.items() if one.people or one.counts.any()}
    return LawChange(order.as_of, len(history.people), since, found, tuple(one.name for one in groups))


def _back(first: int | None, as_of: date, name: str) -> date | None:
    """From when people must be judged again; None where the text begins later, or says no day."""
    if first is None or first > day_of(as_of):
        return None
    since = date_of(first)
    if (as_of.year - since.year) * 12 + as_of.month - since.month > MOST_MONTHS:
        what, remedy = f"is in force since {since}, more than {MOST_MONTHS} months back", "Give an earlier --as-of"
        raise Rejected([Problem((name, "valid", "from"), "range", what, remedy)])
    return since


def _days(as_of: date, since: list[date]) -> list[date]:
    """The last day of each month back to the earliest first day, the latest first, and before them the day itself."""
    days, month = [as_of], as_of.replace(day=1)
    while since and (last := month - timedelta(days=1)) >= min(since):
        days.append(last)
        month = last.replace(day=1)
    return days


def _judged(
    order: ReachOrder, old: Catalogue, history: History, day: date, names: list[str]
) -> Iterator[tuple[Snapshots, np.ndarray]]:
    from features.snapshot import snapshots
    from recommender.changes.rule_difference import RuleDifference

    declaration, new, regions = order.definitions
    receipts = tuple(dict.fromkeys((*old.receipts, *new.receipts)))
    working_days, t = reading.read_working_days(country=order.country), declaration.zone.end_of_day(day)
    rules = None
    for first in range(0, len(history.people), _SHARD):
        rows = np.arange(first, min(first + _SHARD, len(history.people)), dtype=np.int64)
        people = snapshots(declaration, history, rows, np.full(len(rows), t), receipts)
        if rules is None:
            rules = RuleDifference.on(day_of(day), (old, new), names, people, (regions, working_days))
        yield people, rules.touched(people)


def _count(
    people: Snapshots, kinds: np.ndarray, day: date, touched: dict[str, TouchedPeople],
    groups: tuple[PeopleGroup, ...] | None, regions: Regions,
) -> None:  # fmt: skip
    """Count people by their kinds: of the day itself, which alone has `groups`, and of each month before it."""
    from recommender.changes.rule_difference import KINDS
    from recommender.rules.people_group import membership

    month = f"{day:%Y-%m}"
    inside = membership(groups or (), people, regions, day_of(day)) == 2
    lives = people.column("region")
    for place, one in enumerate(touched.values()):
        own = kinds[:, place]
        counts = np.bincount(own, minlength=len(KINDS) + 1)[1:]
        if groups is None:
            one.months[month] = one.months.get(month, np.zeros(len(KINDS), np.int64)) + counts
        else:
            one.counts += counts
            for code in np.unique(lives[own > 0]).tolist():
                there = np.bincount(own[lives == code], minlength=len(KINDS) + 1)[1:]
                one.regions[code] = one.regions.get(code, np.zeros(len(KINDS), np.int64)) + there
            for group in range(len(groups)):
                one.groups[group] += np.bincount(own[inside[:, group]], minlength=len(KINDS) + 1)[1:]
        for at in np.flatnonzero(own).tolist():
            one.people.setdefault(people.people[at], []).append((month, KINDS[own[at] - 1]))


def _named(
    key: str, names: list[Any], counts: list[Int64], few: int, among: Int64 | None = None
) -> list[dict[str, Any]]:
    if not counts:
        return []
    return [{key: name, **row} for name, row in zip(names, _row(np.stack(counts), few, among), strict=True)]


def _row(counts: Int64, few: int, among: Int64 | None = None) -> list[dict[str, Any]]:
    """Rows of counts by kind, null where they are left out."""
    from recommender.changes.rule_difference import KINDS
    from recommender.reach.small_cells import withheld

    hidden = withheld(counts, few, among) if few > 1 else np.zeros(len(counts), np.bool_)
    return [
        dict.fromkeys(KINDS) if left_out else dict(zip(KINDS, row, strict=True))
        for row, left_out in zip(counts.tolist(), hidden.tolist(), strict=True)
    ]
