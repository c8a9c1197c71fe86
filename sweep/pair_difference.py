"""Pair difference: what differs between how many people stand to programmes on two days, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int64
from features.value import UNKNOWN
from recommender.changes.offer_change import CHANGES, OFFERED, WITHDRAWN
from recommender.changes.offer_pairs import STATES
from recommender.rules.clause import Answer

if TYPE_CHECKING:
    import pyarrow

    from recommender.changes.offer_pairs import OfferPairs, PairJudge, WindowStates
    from recommender.offers.amount_table import SweptPeople
    from recommender.offers.offer_order import FirstOffers

__all__ = ["CHANGED", "SAME", "PairDifference", "PairSide", "schema"]

CHANGED: Final = "changed"
"""It could be offered before and may be now, but its answer, window or amount is another."""
SAME: Final = "same"
"""Nothing changed, but it is among the first offers, which are written too."""
_HEADLINES: Final = (OFFERED, WITHDRAWN, CHANGED, SAME)
_NOWHERE: Final = -1
_WORDS: Final = tuple(
    " ".join(name for bit, name in enumerate(CHANGES) if kinds >> bit & 1) for kinds in range(1 << len(CHANGES))
)
"""The words of each set of changes, by its bits."""


def schema(ranked: bool = False) -> pyarrow.Schema:
    """The columns of a shard: who, which programme, what happened to the offer, and how it stands at the end.

    Where offers are ranked, also the place in the person's list and the utility, in steps of 1/10000.
    """
    import pyarrow as pa

    name = pa.dictionary(pa.int32(), pa.string())
    order = (("rank", pa.int32()), ("utility", pa.int64()))
    return pa.schema([
        ("person", pa.string()), ("programme", pa.string()), ("change", name), ("differs", pa.string()),
        ("answer", name), ("window", name), ("opens", pa.date32()), ("closes", pa.date32()),
        ("amount_from", pa.int64()), ("amount_to", pa.int64()), *(order if ranked else ()),
    ])  # fmt: skip


class PairDifference(NamedTuple):
    """What differs, by person and then by the programme's id; what can be offered at neither time is left out.

    Attributes:
        person: int64[m], places among the people asked about.
        name: int64[m], places in `names`.
        kinds: int64[m], a bit for each of `CHANGES`.
        row: int64[m], the pair's row at the end, -1 where the rules exclude it then.
        side: how things stand at the end.
        names: the ids of all programmes, in order.
    """

    person: Int64
    name: Int64
    kinds: Int64
    row: Int64
    side: PairSide
    names: tuple[str, ...]

    @classmethod
    def of(cls, before: PairSide | None, after: PairSide) -> PairDifference:
        """Return what differs, and what is among the first; without a `before` all that may be offered."""
        names = tuple(sorted({*after.ids, *(before.ids if before else ())}))
        new = after.keys(names)
        if before is None:
            order = np.argsort(new, kind="stable")
            keys, now = new[order], order
            was = np.full(now.size, _NOWHERE, np.int64)
        else:
            old = before.keys(names)
            keys = _in_either(old, new)
            was, now = _places(keys, old), _places(keys, new)
        kinds = _kinds(before, after, was, now)
        listed = kinds > 0
        if after.rank is not None:
            listed |= (now != _NOWHERE) & (after.rank[now] > 0)
        kept = np.flatnonzero(listed)
        return cls(keys[kept] // len(names), keys[kept] % len(names), kinds[kept], now[kept], after, names)

    def table(self, people: list[str], windows: WindowStates) -> pyarrow.Table:
        """Return it as rows of `schema`."""
        import pyarrow as pa

        headline = np.select([(self.kinds & 1) > 0, (self.kinds & 2) > 0, self.kinds > 0], [0, 1, 2], 3)
        columns = [
            pa.array(people, pa.string()).take(pa.array(self.person)),
            pa.array(self.names, pa.string()).take(pa.array(self.name)),
            _told(headline, _HEADLINES),
            pa.array(_WORDS, pa.string()).take(pa.array(self.kinds)),
            *self._standing(windows),
            *self._order(),
        ]
        of = schema(self.side.rank is not None)
        return pa.Table.from_arrays([one.cast(kind.type) for one, kind in zip(columns, of, strict=True)], schema=of)

    def _order(self) -> list[pyarrow.Array]:
        """The place in the person's list and the utility, where offers are ranked."""
        import pyarrow as pa

        side = self.side
        if side.rank is None or side.utility is None:
            return []
        rank, utility = (np.where(self.row == _NOWHERE, 0, one[self.row]) for one in (side.rank, side.utility))
        return [pa.array(one, pa.int64(), mask=rank == 0) for one in (rank, utility)]

    def _standing(self, windows: WindowStates) -> list[pyarrow.Array]:
        """The last six columns."""
        import pyarrow as pa

        stands = self.row != _NOWHERE
        after, row, cells = self.side.pairs, self.row[stands], np.full((self.row.size, 3), UNKNOWN, np.int64)
        answer = np.zeros(self.row.size, np.int64)
        answer[stands], cells[stands] = after.answer[row], windows.cells()[after.window[row]]
        amount = np.full((self.row.size, 2), UNKNOWN, np.int64)
        amount[stands] = self.side.amounts(row)
        return [
            _told(answer, tuple(one.name.lower() for one in Answer)),
            _told(np.where(stands, cells[:, 0], 0), STATES, ~stands),
            *(pa.array(cells[:, at].astype(np.int32), pa.date32(), mask=cells[:, at] == UNKNOWN) for at in (1, 2)),
            *(pa.array(amount[:, at], pa.int64(), mask=amount[:, at] == UNKNOWN) for at in (0, 1)),
        ]


class PairSide(NamedTuple):
    """One of the two days.

    Attributes:
        judge: the rules of the day.
        people: whom they are about.
        pairs: how people stand to the programmes, m rows, with what they come to where that is `priced`.
        rank: int64[m], the place in the person's list, 0 of what is not among the first; None where nothing is ranked.
        utility: int64[m], in steps, of what is among the first.
        priced: whether the pairs have what they come to.
    """

    judge: PairJudge
    people: SweptPeople
    pairs: OfferPairs
    rank: Int64 | None = None
    utility: Int64 | None = None
    priced: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its programmes."""
        return self.judge.ids

    def ranked(self, first: FirstOffers) -> PairSide:
        """Return the same pairs, which are by person and programme, with the places of those among the first."""
        keys, wanted = (one.person * len(self.ids) + one.programme for one in (self.pairs, first))
        rank, utility = np.zeros((2, keys.size), np.int64)
        rows = np.searchsorted(keys, wanted)
        rank[rows], utility[rows] = first.rank, first.utility
        return self._replace(rank=rank, utility=utility)

    def amounts(self, rows: Int64) -> Int64:
        """What some of the pairs come to, int64[m, 2]."""
        found = self.pairs.at(rows)
        return found.amount if self.priced else self.judge.priced(self.people, found).amount

    def keys(self, names: tuple[str, ...]) -> Int64:
        """The pairs as ascending integers: the person's place times all names plus that of the programme."""
        place = {name: i for i, name in enumerate(names)}
        rank = np.array([place[name] for name in self.ids], np.int64)
        found = self.pairs.person * len(names) + rank[self.pairs.programme]
        return np.asarray(found)


def _places(keys: Int64, held: Int64) -> Int64:
    """Where each key stands among others, which need not be in order; -1 where it does not."""
    if np.array_equal(held, keys):
        return np.arange(keys.size)
    order = np.argsort(held, kind="stable")
    at = np.searchsorted(held[order], keys)
    inside = np.minimum(at, max(held.size - 1, 0))
    if not held.size:
        return np.full(keys.size, _NOWHERE, np.int64)
    found = order[inside]
    return np.where(held[found] == keys, found, _NOWHERE)


def _in_either(one: Int64, other: Int64) -> Int64:
    """Return the integers of two arrays, each once, ascending; both are nearly in order, so they are merged."""
    found = np.concatenate((one, other))
    found.sort(kind="stable")
    kept = np.ones(found.size, np.bool_)
    kept[1:] = found[1:] != found[:-1]
    return found[kept]


def _kinds(earlier: PairSide | None, later: PairSide, was: Int64, now: Int64) -> Int64:
    """What differs of each pair, a bit for each of `CHANGES`; 0 of what can be offered at neither time."""
    before, after = None if earlier is None else earlier.pairs, later.pairs
    could, may = _offerable(before, was), _offerable(after, now)
    kinds = (may & ~could).astype(np.int64) | ((could & ~may).astype(np.int64) << 1)
    both = np.flatnonzero((was != _NOWHERE) & (now != _NOWHERE) & (could | may))
    if earlier is not None and before is not None and both.size:
        old, new = was[both], now[both]
        sides = (earlier.people, before.at(old)), (later.people, after.at(new))
        differs = (
            before.answer[old] != after.answer[new],
            before.window[old] != after.window[new],
            earlier.judge.sums_differ(sides[0], later.judge, sides[1]),
            before.held[old] != after.held[new],
        )
        for bit, which in enumerate(differs, start=2):
            kinds[both] |= which.astype(np.int64) << bit
    return kinds


def _offerable(pairs: OfferPairs | None, row: Int64) -> Bool:
    """Which rows may be offered; none that is not there."""
    found = np.zeros(row.size, np.bool_)
    if pairs is not None:
        there = row != _NOWHERE
        found[there] = pairs.offerable[row[there]]
    return found


def _told(codes: Int64, words: tuple[str, ...], without: Bool | None = None) -> pyarrow.Array:
    """Codes as words, none where `without` says so."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=without), pa.array(words, pa.string()))
