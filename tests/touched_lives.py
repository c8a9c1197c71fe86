"""Touched lives: events by each of the people whom they touch."""

from __future__ import annotations

from collections.abc import Iterable

from features.log.event import Event


def lives_of(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return the events that touch each person, in their order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        for person in event.people:
            found.setdefault(person, []).append(event)
    return found
