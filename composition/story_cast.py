"""Story cast: synthetic people of a demo whose lives a service is told, and what happens to them while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.calendar import DAY_SECONDS
from features.log.event import rfc3339
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    import pyarrow

PEOPLE: Final = 3
"""Whom the story is of: a mother, another who applied for notices as she did, and one who did not."""
AGES: Final = range(20, 40)
BORN_DAYS, LEAVE_DAYS = 38, 35  # ago; parental leave is paid for from a month after it began
INSURED_DAYS: Final = 400
_TOLD: Final = ("fact.stated", "benefit.granted", "benefit.ended")
_PERSON = re.compile(r"c\d{7}")
_YEAR: Final = 365.25


@dataclass(frozen=True)
class StoryCast:
    """The people of a story and the CloudEvents of their lives until now, as registries know them.

    Attributes:
        people: the mother first.
        lives: what is known of them before the story begins.
    """

    people: tuple[str, ...]
    lives: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, events: Path, now: int) -> StoryCast:
        """Choose people to whom a first child can be born, from the Parquet file of everybody's events.

        Raises:
            Rejected: there are not enough of them.
        """
        from features.log import files

        table = files.open_parquet(events).read(columns=list(files.COLUMNS))
        people = _who_may_become_mothers(table, now)[:PEOPLE]
        if len(people) < PEOPLE:
            remedy = "Choose another --home, and make more people with --citizens"
            raise Rejected([Problem((str(events),), "missing", f"have fewer than {PEOPLE} young women", remedy)])
        return cls(people, tuple(_lives(table, people, now)))

    @property
    def mother(self) -> str:
        """Whose story it is."""
        return self.people[0]

    @property
    def applicants(self) -> tuple[str, ...]:
        """Who applied for notices."""
        return self.people[:-1]

    def births(self, now: int) -> list[dict[str, Any]]:
        """Some apply for notices through the webhook, and a child that was born to each of all is registered."""
        agreed = [
            _event(one, f"applied-{place}", "app", "consent.given", now, {"purpose": purpose})
            for one in self.applicants
            for place, purpose in enumerate(("tailored-notice", "tailored-notice:webhook"))
        ]
        born = [
            _event(one, "birth", "registry/births", "life.child_born", now - BORN_DAYS * DAY_SECONDS,
                   {"about": [{"person": f"k{one.removeprefix('c')}", "role": "child"}]})
            for one in self.people
        ]  # fmt: skip
        return agreed + born

    def leave(self, now: int) -> list[dict[str, Any]]:
        """The mother's parental leave, as the employment insurance reports it a month after it began."""
        began, insured = now - LEAVE_DAYS * DAY_SECONDS, {"employment_insured": True, "insured_days": INSURED_DAYS}
        return [
            _event(self.mother, "insured", "registry/employment", "fact.stated", began, insured),
            _event(self.mother, "leave", "registry/employment", "life.parental_leave_started", began, {}),
        ]


def _event(person: str, name: str, source: str, kind: str, time: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"{person}-story-{name}", "source": source, "subject": person, "type": kind,
        "time": rfc3339(time), "data": data,
    }  # fmt: skip


def _who_may_become_mothers(table: pyarrow.Table, now: int) -> tuple[str, ...]:
    """The women of AGES of whose children nothing is known, in the order of their names."""
    import pyarrow.compute as pc

    stated = pc.equal(table["type"], "fact.stated")
    women = {
        subject
        for subject, data in _told(table, pc.and_(stated, pc.match_substring(table["data"], '"sex"')))
        if json.loads(data)["sex"] == "female"
    }
    today = datetime.fromtimestamp(now, UTC).date()
    ages = {
        subject: (today - date.fromisoformat(json.loads(data)["birth_date"])).days / _YEAR
        for subject, data in _told(table, pc.and_(stated, pc.match_substring(table["data"], '"birth_date"')))
    }
    children = pc.match_substring_regex(table["type"], r"^life\.(child_|custody_|pregnancy_)")
    parents = {name for subject, data in _told(table, children) for name in (subject, *_PERSON.findall(data))}
    return tuple(sorted(one for one in women - parents if int(ages.get(one, 0)) in AGES))


def _told(table: pyarrow.Table, wanted: Any) -> Iterator[tuple[str, str]]:
    kept = table.filter(wanted)
    yield from zip(kept["subject"].to_pylist(), kept["data"].to_pylist(), strict=True)


def _lives(table: pyarrow.Table, people: Sequence[str], now: int) -> Iterator[dict[str, Any]]:
    """What registries know of these people, recorded by now; what they looked at and clicked is left out."""
    import pyarrow
    import pyarrow.compute as pc

    from features.log import files

    mine = table.filter(pc.is_in(table["subject"], pyarrow.array(people)))
    for row in files.documents(mine):
        kind, recorded = str(row["type"]), datetime.fromisoformat(str(row["recordedtime"]))
        if (kind.startswith("life.") or kind in _TOLD) and recorded.timestamp() < now:
            yield {"specversion": "1.0", **row, "data": json.loads(str(row["data"]))}
