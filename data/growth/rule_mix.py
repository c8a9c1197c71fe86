"""Rule mix: how often real programmes have which traits, as counts alone, from which others are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

import numpy as np

from features.problem import Problem, Rejected, Where

__all__ = ["RuleMix", "Trait"]

FORMAT: Final = 1
_REMEDY: Final = "Measure it again with `proffer catalogue mix`"

Trait = tuple[str, str, str]
"""What is counted: a table, what is given (a category, say, or nothing), and what was seen of such programmes."""


@dataclass(frozen=True)
class RuleMix:
    """Counts of the traits of real programmes.

    Attributes:
        rows: how many programmes were counted.
        counts: how often each outcome was seen, by table and by what is given.
    """

    rows: int
    counts: Mapping[str, Mapping[str, Mapping[str, int]]]
    _sums: dict[tuple[str, str], tuple[list[str], list[int]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def counted(cls, rows: int, traits: Iterable[Trait]) -> RuleMix:
        """Return the mix of traits as they were seen; the same traits in any order give the same mix."""
        counts: dict[str, dict[str, dict[str, int]]] = {}
        for (table, given, seen), count in sorted(Counter(traits).items()):
            counts.setdefault(table, {}).setdefault(given, {})[seen] = count
        return cls(rows, counts)

    @classmethod
    def parse(cls, document: object, where: Where) -> RuleMix:
        """Read the document that `to_document` writes.

        Raises:
            Rejected: it is no such document.
        """
        made = document if isinstance(document, dict) else {}
        tables = made.get("counts")
        if made.get("format") != FORMAT or type(made.get("rows")) is not int or not isinstance(tables, dict):
            raise Rejected([Problem(where, "invalid", f"is no mix of format {FORMAT}", _REMEDY)])
        wrong = [Problem((*where, *path), "invalid", "is no count", _REMEDY) for path in _uncounted(tables)]
        if wrong:
            raise Rejected(wrong)
        return cls(made["rows"], tables)

    def to_document(self) -> dict[str, object]:
        """Return the mix as a JSON document."""
        return {"format": FORMAT, "rows": self.rows, "counts": self.counts}

    def draw(self, rng: np.random.Generator, table: str, given: str = "") -> str:
        """Draw an outcome as often as it was seen; of what was never given, as often as it was seen of all."""
        outcomes, sums = self._summed(table, given)
        return outcomes[bisect_right(sums, int(rng.integers(sums[-1])))]

    def outcomes(self, table: str, given: str = "") -> Mapping[str, int]:
        """Return the counts of a table where something is given; where it never was, those of all together."""
        tables = self.counts.get(table, {})
        if given in tables:
            return tables[given]
        total: Counter[str] = Counter()
        for outcomes in tables.values():
            total.update(outcomes)
        return total

    def _summed(self, table: str, given: str) -> tuple[list[str], list[int]]:
        key = (table, given)
        if key not in self._sums:
            counts = self.outcomes(table, given)
            if not counts:
                raise Rejected([Problem(("counts", table, given), "missing", "has no counts", _REMEDY)])
            self._sums[key] = list(counts), list(accumulate(counts.values()))
        return self._sums[key]


def _uncounted(tables: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """Where a document of tables has something else than counts by outcome by what is given."""
    for table, by_given in tables.items():
        if not isinstance(by_given, dict):
            yield (table,)
            continue
        for given, outcomes in by_given.items():
            if not isinstance(outcomes, dict):
                yield table, given
                continue
            yield from ((table, given, one) for one, count in outcomes.items() if type(count) is not int or count < 1)
