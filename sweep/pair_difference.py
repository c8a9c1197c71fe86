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

    from recommender.changes.offer_pairs import OfferPairs, WindowStates

__all__ = ["CHANGED", "PairDifference", "PairSide", "schema"]

CHANGED: Final = "changed"
"""It could be offered before and may be now, but its answer, window or amount is another."""
_HEADLINES: Final = (OFFERED, WITHDRAWN, CHANGED)
_NOWHERE: Final = -1
_WORDS: Final = tuple(
    " ".join(name for bit, name in enumerate(CHANGES) if kinds >> bit & 1) for kinds in range(1 << len(CHANGES))
)
"""The words of each set of changes, by its bits."""


def schema() -> pyarrow.Schema:
    """The columns of a shard: who, which programme, what happened to the offer, and how it stands at the end."""
    import pyarrow as pa

    name = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([
        ("person", pa.string()), ("programme", pa.string()), ("change", name), ("differs", pa.string()),
        ("answer", name), ("window", name), ("opens", pa.date32()), ("closes", pa.date32()),
        ("amount_from", pa.int64()), ("amount_to", pa.int64()),
    ])  # fmt: skip


class PairDifference(NamedTuple):
    """What differs, by person and then by the programme's id; what can be offered at neither time is left out.

    Attributes:
        person: int64[m], places among the people asked about.
        name: int64[m], places in `names`.
        kinds: int64[m], a bit for each of `CHANGES`.
        row: int64[m], the pair's row at the end, -1 where the rules exclude it then.
        names: the ids of all programmes, in order.
        after: how things stand at the end.
    """

    person: Int64
    name: Int64
    kinds: Int64
    row: Int64
    names: tuple[str, ...]
    after: OfferPairs

    @classmethod
    def of(cls, before: PairSide | None, after: PairSide) -> PairDifference:
        """Return what differs; without a `before` all that may be offered."""
        names = tuple(sorted({*after.ids, *(before.ids if before else ())}))
        new = after.keys(names)
        old = before.keys(names) if before else np.empty(0, np.int64)
        keys = np.union1d(old, new) if old.size else np.sort(new)
        was, now = _places(keys, old), _places(keys, new)
        kinds = _kinds(before.pairs if before else None, after.pairs, was, now)
        kept = np.flatnonzero(kinds)
        return cls(keys[kept] // len(names), keys[kept] % len(names), kinds[kept], now[kept], names, after.pairs)

    def table(self, people: list[str], windows: WindowStates) -> pyarrow.Table:
        """Return it as rows of `schema`."""
        import pyarrow as pa

        columns = [
            pa.array(people, pa.string()).take(pa.array(self.person)),
            pa.array(self.names, pa.string()).take(pa.array(self.name)),
            _told(np.where(self.kinds & 1, 0, np.where(self.kinds & 2, 1, 2)), _HEADLINES),
            pa.array(_WORDS, pa.string()).take(pa.array(self.kinds)),
            *self._standing(windows),
        ]
        return pa.Table.from_arrays([one.cast(kind.type) for one, kind in zip(columns, schema(), strict=True)],
                                    schema=schema())  # fmt: skip

    def _standing(self, windows: WindowStates) -> list[pyarrow.Array]:
        """The last six columns."""
        import pyarrow as pa

        stands = self.row != _NOWHERE
        row, cells = self.row[stands], np.full((self.row.size, 3), UNKNOWN, np.int64)
        answer = np.zeros(self.row.size, np.int64)
        answer[stands], cells[stands] = self.after.answer[row], windows.cells()[self.after.window[row]]
        amount = np.full((self.row.size, 2), UNKNOWN, np.int64)
        amount[stands] = self.after.amount[row]
        return [
            _told(answer, tuple(one.name.lower() for one in Answer)),
            _told(np.where(stands, cells[:, 0], 0), STATES, ~stands),
            *(pa.array(cells[:, at].astype(np.int32), pa.date32(), mask=cells[:, at] == UNKNOWN) for at in (1, 2)),
            *(pa.array(amount[:, at], pa.int64(), mask=amount[:, at] == UNKNOWN) for at in (0, 1)),
        ]


class PairSide(NamedTuple):
    """One of the two days: the ids of its programmes, and how people stand to them."""

    ids: tuple[str, ...]
    pairs: OfferPairs

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


def _kinds(before: OfferPairs | None, after: OfferPairs, was: Int64, now: Int64) -> Int64:
    """What differs of each pair, a bit for each of `CHANGES`; 0 of what can be offered at neither time."""
    could, may = _offerable(before, was), _offerable(after, now)
    kinds = (may & ~could).astype(np.int64) | ((could & ~may).astype(np.int64) << 1)
    both = np.flatnonzero((was != _NOWHERE) & (now != _NOWHERE) & (could | may))
    if before is not None and both.size:
        old, new = was[both], now[both]
        differs = (
            before.answer[old] != after.answer[new],
            before.window[old] != after.window[new],
            (before.amount[old] != after.amount[new]).any(axis=1),
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
