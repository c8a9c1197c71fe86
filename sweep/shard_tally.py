"""Shard tally: the counts of one shard's rows and people, which add up to those of the whole sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.value import NONE, UNKNOWN
from recommender.offers.offer_order import OfferCounts
from recommender.rules.clause import Answer
from recommender.rules.programme_reads import programme_reads

if TYPE_CHECKING:
    import pyarrow

    from features.arrays import Array, Int64
    from features.snapshot import Snapshots
    from recommender.changes.offer_pairs import OfferPairs
    from recommender.rules.compiled import Compiled

__all__ = ["NOWHERE", "SOON", "FactsWanted", "ShardTally", "added"]

SOON: Final = 14
"""A window that closes within so many days closes soon."""
NOWHERE: Final = "unknown"
"""Where somebody lives whose district is not known."""


class FactsWanted:
    """For want of which facts the rules cannot say yes or no."""

    def __init__(self, compiled: Compiled) -> None:
        """Find which columns each programme's rules read; programmes that read the same ones are counted together."""
        reads = programme_reads(compiled)
        self._set = reads.of
        self._reads = np.zeros((max(reads.at.size - 1, 1), len(compiled.columns)), np.float32)
        self._reads[np.repeat(np.arange(reads.at.size - 1), np.diff(reads.at)), reads.columns] = 1
        asked = {name: compiled.asks(name) for name in compiled.columns}
        self.facts = tuple(sorted({fact for names in asked.values() for fact in names}))
        self._asked = np.array([[fact in names for fact in self.facts] for names in asked.values()], np.float32)

    def counts(self, people: int, pairs: OfferPairs) -> OfferCounts:
        """Count what may be offered to so many people, of how they stand to all programmes."""
        undecided = pairs.offerable & (pairs.answer == int(Answer.UNKNOWN))
        rests = np.zeros((people, len(self._reads)), np.float32)
        rests[pairs.person[undecided], self._set[pairs.programme[undecided]]] = 1
        return OfferCounts(np.bincount(pairs.person[pairs.offerable], minlength=people), (rests @ self._reads) > 0)

    def lacking(self, known: Snapshots, counts: OfferCounts) -> Array:
        """Return which fact would help to judge each person: bool[n, facts]."""
        lacks = counts.wanted & (known.values == UNKNOWN)
        return np.asarray((lacks.astype(np.float32) @ self._asked) > 0)


@dataclass
class ShardTally:
    """Counts of a shard; all of them are of people or of rows, so they add up.

    Attributes:
        swept: the people of the shard.
        judged: those of them for whom something can have changed, or all.
        unjudged: those of whom the rules cannot say yes or no to some programme that may be offered.
        wanting: of those, how many each fact would help to judge.
        districts: how many people live in each district, by its code.
        offers: how many rows are offers to people of each district.
    """

    swept: int = 0
    judged: int = 0
    unjudged: int = 0
    wanting: Counter[str] = field(default_factory=Counter)
    districts: Counter[str] = field(default_factory=Counter)
    offers: Counter[str] = field(default_factory=Counter)

    def add(self, known: Snapshots, counts: OfferCounts, wanted: FactsWanted, homes: Int64 | None) -> None:
        """Count some people, as they stand at the end; `homes` are the codes of their districts."""
        self.judged += len(known)
        lacking = wanted.lacking(known, counts)
        self.unjudged += int(lacking.any(axis=1).sum())
        lacked = zip(wanted.facts, lacking.sum(axis=0).tolist(), strict=True)
        self.wanting.update({fact: int(count) for fact, count in lacked if count})
        if homes is not None:
            found, of, many = np.unique(homes, return_inverse=True, return_counts=True)
            offers = np.bincount(of.reshape(-1), counts.offers, found.size).astype(np.int64)
            named = [str(code) if code > NONE else NOWHERE for code in found.tolist()]
            for counter, told in ((self.districts, many), (self.offers, offers)):
                for name, count in zip(named, told.tolist(), strict=True):
                    counter[name] += count

    def document(self, table: pyarrow.Table, as_of: date) -> dict[str, Any]:
        """Return the counts with those of the shard's rows."""
        people, programmes = len(table["person"].unique()), _of_programmes(table, as_of)
        changes: Counter[str] = Counter()
        for counts in programmes.values():
            changes.update({kind: count for kind, count in counts.items() if kind != "closing"})
        return {
            "people": people, "swept": self.swept, "judged": self.judged, "unjudged": self.unjudged,
            "changes": dict(changes), "programmes": programmes, "wanting": dict(self.wanting),
            "districts": {code: {"people": many, "offers": self.offers[code]} for code, many in self.districts.items()},
        }  # fmt: skip


def _of_programmes(table: pyarrow.Table, as_of: date) -> dict[str, dict[str, int]]:
    """Of each programme what happened to it, and how many of its windows close soon."""
    import pyarrow as pa
    import pyarrow.compute as pc

    last = as_of + timedelta(days=SOON)
    closes, change = table["closes"], table["change"].cast(pa.string())
    soon = pc.and_(pc.greater_equal(closes, pa.scalar(as_of)), pc.less_equal(closes, pa.scalar(last)))
    soon = pc.and_(pc.fill_null(soon, False), pc.not_equal(change, "withdrawn"))
    counted = pa.table({"programme": table["programme"], "change": change, "soon": soon.cast(pa.int64())})
    found: dict[str, dict[str, int]] = {}
    for row in counted.group_by(["programme", "change"]).aggregate([("soon", "sum"), ("soon", "count")]).to_pylist():
        counts = found.setdefault(row["programme"], {"closing": 0})
        counts[row["change"]] = row["soon_count"]
        counts["closing"] += row["soon_sum"]
    return found


def added(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of counts: numbers are added, mappings key by key."""
    total: dict[str, Any] = {}
    for document in documents:
        _add(total, document)
    return _in_order(total)


def _add(total: dict[str, Any], document: Mapping[str, Any]) -> None:
    for key, value in document.items():
        if isinstance(value, dict):
            _add(total.setdefault(key, {}), value)
        else:
            total[key] = total.get(key, 0) + value


def _in_order(total: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings by their keys, at every depth."""
    return {key: _in_order(one) if isinstance(one, dict) else one for key, one in sorted(total.items())}
