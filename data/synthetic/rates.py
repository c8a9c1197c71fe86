"""The published rates of rates.yaml as values: yearly counts, profiles by age, shares, districts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from features.arrays import Float64, Int64


@dataclass(frozen=True)
class Profile:
    """A weight for every age in completed years: steps at the first age of each band, zero below the first."""

    by_age: Float64

    def __call__(self, ages: Int64) -> Float64:
        """The weight at each age; ages past 120 count as 120."""
        return self.by_age[np.clip(ages, 0, 120)]

    @staticmethod
    def of(bands: Mapping[int, float]) -> Profile:
        """From {first age: weight}.

        >>> Profile.of({20: 2.0, 30: 1.0})(np.array([19, 20, 29, 30, 99])).tolist()
        [0.0, 2.0, 2.0, 1.0, 1.0]
        """
        table = np.zeros(121)
        for first in sorted(bands):
            table[first:] = bands[first]
        return Profile(table)


@dataclass(frozen=True)
class Heads:
    """A kind of household: its share of all, and the ages of its heads."""

    share: float
    first: Int64
    last: Int64
    weights: Float64


@dataclass(frozen=True)
class Delay:
    """How long a record takes: median days, sigma of its logarithm, and the share that is months late."""

    median: float
    spread: float
    late: float


@dataclass(frozen=True)
class Districts:
    """The districts of the country: codes, people (weights), and which are rural."""

    codes: Int64
    weights: Float64
    rural: np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Rates:
    """Everything rates.yaml says, ready to draw from."""

    over_13: float
    yearly: Mapping[str, Mapping[int, float]]
    by_age: Mapping[str, Profile]
    shares: Mapping[str, float]
    employed: Profile
    owners: Profile
    households: Mapping[str, Heads]
    districts: Districts
    delays: Mapping[str, Delay]
    errors: Mapping[str, float]
    hidden: Mapping[str, float]

    def count(self, name: str, year: int, people: int, days: int) -> float:
        """How many of `name` to expect among `people` over 13 in so many days of a year."""
        series = self.yearly[name]
        known = max((y for y in series if y <= year), default=min(series))
        return series[known] * people / self.over_13 * days / 365.25

    def delay(self, event_type: str) -> Delay:
        """The delay of one event type, or the default."""
        return self.delays.get(event_type, self.delays["default"])


def _heads(doc: Mapping[str, Any]) -> Heads:
    first = np.array(sorted(doc["heads"]), np.int64)
    weights = np.array([doc["heads"][int(age)] for age in first], np.float64)
    last = np.append(first[1:], first[-1] + 12)
    return Heads(doc["share"], first, last, weights / weights.sum())


def _districts(doc: Mapping[str, Any], known: frozenset[int] | None) -> Districts:
    codes = sorted(code for code in doc["thousands"] if known is None or code in known)
    people = np.array([doc["thousands"][code] for code in codes], np.float64)
    return Districts(np.array(codes, np.int64), people / people.sum(), people < 70)


def rates(doc: Mapping[str, Any], known_regions: frozenset[int] | None = None) -> Rates:
    """Rates from the parsed YAML; districts whose code is not among `known_regions` are left out."""
    return Rates(
        over_13=float(doc["population"]["over_13"]["value"]),
        yearly={name: entry["value"] for name, entry in doc["yearly"].items()},
        by_age={name: Profile.of(entry["weights"]) for name, entry in doc["by_age"].items()},
        shares={name: float(entry["value"]) for name, entry in doc["shares"].items()},
        employed=Profile.of(doc["employed_by_age"]["weights"]),
        owners=Profile.of(doc["owners_by_age"]["weights"]),
        households={name: _heads(entry) for name, entry in doc["households"].items()},
        districts=_districts(doc["districts"], known_regions),
        delays={name: Delay(d["median"], d["spread"], d["late"]) for name, d in doc["delays"].items()},
        errors=doc["errors"],
        hidden=doc["hidden"],
    )


def published() -> Mapping[str, Any]:
    """The parsed rates.yaml beside this module."""
    text = Path(__file__).with_name("rates.yaml").read_text(encoding="utf-8")
    doc: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return doc
