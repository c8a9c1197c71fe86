"""Person figures: NDCG, recall and MRR by person, what is better than what, and what can be told at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from features.arrays import Float64, Int64
from training.measures import SURE, ndcg, places, reciprocal_rank, standard_error

K: Final = 5
MEASURES: Final = ("ndcg@5", "recall@5", "mrr")
POWER: Final = 0.84
"""A difference is found four times in five where it is so many standard errors beyond what chance reaches."""


@dataclass(frozen=True)
class PersonFigures:
    """One order, by person: float64[n] for each measure, of the same people under every order.

    Attributes:
        people: int64[n], who.
        values: by measure.
    """

    people: Int64
    values: Mapping[str, Float64]


def person_figures(lists: Int64, person: Int64, score: Float64, gain: Float64, sure: bool) -> PersonFigures:
    """Judge an order by the gains of its rows; a person with several lists counts once, with their mean.

    `recall@5` is the share of all gains that stands in the first five; `mrr` one over the place of the first row with
    any gain or, where gains are chances, of the likeliest.

    Args:
        lists: int64[m], which list each row is in.
        person: int64[m], whose.
        score: float64[m], higher is placed earlier.
        gain: float64[m], at least 0.
        sure: whether gains are what happened, 0 or 1, and not chances.
    """
    names, at = np.unique(lists, return_inverse=True)
    total, most = np.bincount(at, gain, names.size), np.zeros(names.size)
    np.maximum.at(most, at, gain)
    some = total > 0
    first = gain > 0 if sure else (gain == most[at]) & some[at]
    caught = np.bincount(at, gain * (places(lists, score) < K), names.size)
    measured = {
        "ndcg@5": ndcg(lists, score, gain, K)[1], "recall@5": caught[some] / total[some],
        "mrr": reciprocal_rank(lists, score, first.astype(np.float64)),
    }  # fmt: skip
    owner = np.zeros(names.size, dtype=np.int64)
    owner[at] = person
    people, whose = np.unique(owner[some], return_inverse=True)
    count = np.bincount(whose)
    return PersonFigures(people, {name: np.bincount(whose, found) / count for name, found in measured.items()})


def difference(one: Float64, other: Float64) -> dict[str, Any]:
    """How much higher one order is than another for the same people, what chance explains, and what could be told.

    `least` is the smallest difference that so many people show four times in five (two-sided, at 5 %).
    """
    error = standard_error(one - other) if one.size > 1 else float("inf")
    mean = float((one - other).mean()) if one.size else 0.0
    says = "cannot_tell" if abs(mean) <= SURE * error else "better" if mean > 0 else "worse"
    finite = error if np.isfinite(error) else None
    least = None if finite is None else (SURE + POWER) * finite
    return {"difference": mean, "error": None if finite is None else SURE * finite, "least": least, "says": says}


def order_table(figures: Mapping[str, PersonFigures], ranker: str) -> list[dict[str, Any]]:
    """Every order with its means, their intervals, and how much better the ranker is than it."""
    rows = []
    for name, found in figures.items():
        means = {
            measure: {"mean": float(values.mean()), "error": SURE * standard_error(values)}
            for measure, values in found.values.items()
            if values.size
        }
        ours = figures[ranker].values
        beside = {measure: difference(ours[measure], found.values[measure]) for measure in means}
        rows.append({"order": name, "people": int(found.people.size), **means, "ranker_is": beside})
    return sorted(rows, key=lambda row: -row["ndcg@5"]["mean"] if "ndcg@5" in row else 0.0)
