"""Contact plan: which offers are worth the contact of today, the contacts to come being few: an exact assignment.

What an offer is worth falls with the day it leaves: one whose window closes is worth all it brings until some days
before that, and then less each day, for people need time to apply; one without an end loses a day of its year each day.
Offers are assigned to the contacts that are left, today's and later ones, so that all together bring most; what falls
to today leaves today. It is made again each day, with what is known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from recommender.contact.due_offer import DueOffer

__all__ = ["assigned", "first_of_plan", "worth_after"]

MOST: Final = 40
"""So many offers are planned; of more, those worth most."""
SLOTS: Final = 8
"""Contacts that are looked ahead to."""
HARDLY: Final = 0.1
"""A loss of at most this share is hardly any."""
_YEAR: Final = 365
_NEVER: Final = float("inf")


def worth_after(gain: int, days_left: int | None, days: int, ready: int) -> float:
    """Return what an offer brings that leaves in so many days.

    Args:
        gain: what it brings when it leaves in good time.
        days_left: days after today until its window closes; None where it does not.
        days: in how many days it leaves.
        ready: days before the end until which it is in good time.

    >>> [worth_after(140, 20, days, 14) for days in (0, 6, 13, 20, 21)]
    [140.0, 140.0, 70.0, 0.0, 0.0]
    """
    if days_left is None:
        return gain * max(_YEAR - days, 0) / _YEAR
    left = days_left - days
    return gain * min(max(left, 0) / ready, 1.0) if ready else float(gain * (left >= 0))


def first_of_plan(offers: Sequence[DueOffer], slots: Sequence[int], room: int, ready: int) -> list[DueOffer]:
    """Return the offers that lose by waiting for a later contact and are worth the first one, those worth most first.

    What loses hardly anything is left out: bundles fill what room there is.

    Args:
        offers: what may leave.
        slots: in how many days each contact that is left can be made, ascending.
        room: programmes in one message.
        ready: as `worth_after`.
    """
    known = sorted(offers, key=lambda one: (-one.gain, one.programme))[:MOST]
    later = slots[1] if len(slots) > 1 else _YEAR
    losing = [worth_after(one.gain, one.days_left, later, ready) < one.gain * (1 - HARDLY) for one in known]
    if not slots or not any(losing):
        return []
    # a contact earlier is never worse, and a little better where it is the same
    costs = [
        [
            -worth_after(one.gain, one.days_left, days, ready) - (SLOTS - place) / 1000
            for place, days in enumerate(slots)
        ]
        for one in known
    ]
    places = assigned([[cost for cost in row for _ in range(room)] for row in costs])
    chosen = zip(known, places, losing, strict=True)
    return [one for one, place, loses in chosen if loses and place is not None and place < room]


def assigned(costs: Sequence[Sequence[float]]) -> list[int | None]:
    """Return for each row the column that it is assigned to, so that the costs add up to the least.

    Each column is taken once; where there are more rows than columns, the rows that are left over get None. Shortest
    augmenting paths (Kuhn, Munkres; Jonker and Volgenant 1987).

    >>> assigned([[4, 1], [2, 0]]), assigned([[1], [0]])
    ([1, 0], [None, 0])
    """
    rows, columns = len(costs), len(costs[0]) if costs else 0
    if rows > columns:
        turned = assigned([[row[place] for row in costs] for place in range(columns)])
        found: list[int | None] = [None] * rows
        for column, row in enumerate(turned):
            if row is not None:
                found[row] = column
        return found
    over, under, owner = [0.0] * (rows + 1), [0.0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        _augment(costs, row, over, under, owner)
    places: list[int | None] = [None] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            places[owner[column] - 1] = column - 1
    return places


def _augment(
    costs: Sequence[Sequence[float]], row: int, over: list[float], under: list[float], owner: list[int]
) -> None:
    """Assign one more row along the shortest augmenting path; place 0 of each list stands for none."""
    columns = len(under)
    least, way, done = [_NEVER] * columns, [0] * columns, [False] * columns
    owner[0], at = row, 0
    while owner[at]:
        done[at] = True
        here, step, following = owner[at], _NEVER, 0
        for column in range(1, columns):
            if done[column]:
                continue
            cost = costs[here - 1][column - 1] - over[here] - under[column]
            if cost < least[column]:
                least[column], way[column] = cost, at
            if least[column] < step:
                step, following = least[column], column
        for column in range(columns):
            if done[column]:
                over[owner[column]] += step
                under[column] -= step
            else:
                least[column] -= step
        at = following
    while at:
        owner[at], at = owner[way[at]], way[at]
