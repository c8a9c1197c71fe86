"""Sweep summary: how many people are offered what, what is withdrawn, and which windows close soon, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow

__all__ = ["SOON", "summary"]

SOON: Final = 14
"""A window that closes within so many days closes soon."""


def summary(tables: Iterable[pyarrow.Table], as_of: date) -> Mapping[str, Any]:
    """Return the counts of a sweep's rows: people, changes by kind, and of each programme what happened to it."""
    people: set[str] = set()
    kinds: Counter[str] = Counter()
    programmes: dict[str, Counter[str]] = {}
    last = as_of + timedelta(days=SOON)
    for table in tables:
        rows = zip(*(table[name].to_pylist() for name in ("person", "programme", "change", "closes")), strict=True)
        for person, programme, change, closes in rows:
            people.add(person)
            kinds[change] += 1
            counts = programmes.setdefault(programme, Counter())
            counts[change] += 1
            counts["closing"] += change != "withdrawn" and closes is not None and as_of <= closes <= last
    return {
        "people": len(people),
        "changes": dict(sorted(kinds.items())),
        "closing": sum(counts["closing"] for counts in programmes.values()),
        "programmes": {name: dict(sorted(counts.items())) for name, counts in sorted(programmes.items())},
    }
