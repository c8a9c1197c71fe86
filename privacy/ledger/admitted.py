"""Admitted people: eight keyed bytes for each id that ever spent, so that even one who comes again elsewhere is seen.

The hashes stay in the ledger's folder (52 million people are 416 MB). Each spend adds those it is the first to name,
and its entry states a keyed hash over them, so that a row taken out of the database is noticed. Who is given another id
cannot be recognised.

Who asks on the machine of the ledger is refused where one of the people spends from another population. Who asks over
HTTP is not told: a refusal would answer whether an id of their choice was used. Such a spend is granted like any other,
makes nobody a member of a second population, and leaves an *overlap* for the keeper, under the same keyed hash.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from privacy.ledger.dataset import NO_SKETCH, NOBODY, Dataset
from privacy.ledger.entry import AnyEntry, EvaluateEntry, ReserveEntry, SpendBody
from privacy.ledger.keys import KeyRing
from privacy.ledger.ledger_tables import blob, damaged, has_table, known_elsewhere
from privacy.refusal import KnownPeople

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

PART: Final = 2**23  # bytes of one row


@dataclass(frozen=True)
class PeopleClaim:
    """What one spend says of its people: a document for the entry, and the hashes of those who are new.

    Attributes:
        document: the entry's `dataset`; its hashes are keyed by the spend's id, so that no two entries compare.
        added: packed hashes, or None where the data set claims nobody.
        overlaps: other populations that some of the people spend from, which only the keeper is told.
    """

    document: Mapping[str, Any]
    added: bytes | None
    overlaps: tuple[str, ...] = ()


def claim(
    db: sqlite3.Connection, keys: KeyRing, population: str, body: Mapping[str, Any], dataset: Dataset,
    entries: Sequence[AnyEntry],
) -> PeopleClaim:  # fmt: skip
    """PeopleClaim a data set's people for a population; all that is kept is looked through, whoever is found.

    Args:
        db: the ledger's database.
        keys: the ledger's keys.
        population: for which.
        body: of the entry that claims them.
        dataset: the people.
        entries: all so far.

    Raises:
        KnownPeople: one of them spends from another population already, and who asks may know that.
        Damaged: the hashes kept are not those that the entries state.
    """
    secret, folder, spend = keys.people_secret(), keys.folder, body["spend"]
    document = {"fingerprint": salted(secret, spend, dataset), "sketch": NO_SKETCH, "units": dataset.units}
    if not dataset.hashes:
        return PeopleClaim(document, None)
    elsewhere, found = known_elsewhere(db, folder, population, dataset), _unpacked(dataset.hashes)
    seen = _among(found, found[:0])
    for other, kept in checked(db, keys, entries):
        here = _among(found, _unpacked(kept))
        elsewhere |= {other} if other != population and here.any() else set()
        seen |= here
    if elsewhere and body["run"]["by"] != "http":
        other = min(elsewhere)
        what = f"these people, or some of them, spend from the budget of {other!r} already"
        raise KnownPeople(population, what, f"Spend from {other!r}: a copy does not get a fresh budget")
    added, others = found[~seen].astype(">u8").tobytes(), tuple(sorted(elsewhere))
    return PeopleClaim({**document, "sketch": _sketch(secret, spend, added, others)}, added, others)


def checked(db: sqlite3.Connection, keys: KeyRing, entries: Sequence[AnyEntry]) -> Iterator[tuple[str, bytes]]:
    """Yield population and hashes of each claim, once they are found to be those that its entry states.

    Raises:
        Damaged: they are not, or an overlap was taken out or put in.
    """
    secret, told = keys.people_secret(), overlaps(db)
    for position, population, kept in _kept(db):
        named = entries[position].body
        others = told.pop(position, ())
        if not isinstance(named, SpendBody) or _sketch(secret, named.spend, kept, others) != named.dataset.sketch:
            raise damaged(keys.folder, f"the people kept for entry {position} are not those it claims")
        yield population, kept
    if told:
        raise damaged(keys.folder, f"entry {min(told)} claims nobody, and an overlap is kept for it")


def salted(secret: bytes, spend: str, dataset: Dataset) -> str:
    """The fingerprint as the entry of one spend states it: equal to no other entry's, whoever came or went."""
    if dataset.fingerprint == NOBODY:
        return NOBODY
    return hmac.new(secret, f"fingerprint\n{spend}\n{dataset.fingerprint}".encode(), "sha256").hexdigest()


def keep(db: sqlite3.Connection, new: AnyEntry, claimed: PeopleClaim) -> None:
    """Keep the hashes of those who are new, in the transaction of their entry."""
    if claimed.added is None:
        return
    for part, start in enumerate(range(0, max(len(claimed.added), 1), PART)):
        row = (new.index, part, new.population, claimed.added[start : start + PART])
        db.execute("INSERT INTO admitted VALUES (?, ?, ?, ?)", row)
    db.executemany("INSERT INTO overlap VALUES (?, ?)", [(new.index, other) for other in claimed.overlaps])


def check_present(db: sqlite3.Connection, folder: Path, entries: Iterable[AnyEntry]) -> None:
    """Accept only a database that holds the people of every entry that claims some, and nobody else.

    Raises:
        Damaged: rows were taken out, or put in.
    """
    kept = dict(_rows(db))
    sketches = set(db.execute("SELECT population, hash FROM sketch"))
    for one in entries:
        if not isinstance(one, ReserveEntry | EvaluateEntry) or one.body.dataset.sketch == NO_SKETCH:
            continue
        there = one.index in kept if one.version > 1 else (one.population, one.body.dataset.sketch) in sketches
        if not there:
            raise damaged(folder, f"the people whom entry {one.index} claims were taken out")
        if kept.pop(one.index, one.population) != one.population:
            raise damaged(folder, f"the people whom entry {one.index} claims were put in another population")
    if kept:
        raise damaged(folder, f"people were put in for entry {min(kept)}, which claims none")


def claimed_elsewhere(db: sqlite3.Connection, population: str, dataset: Dataset) -> bool:
    """Whether some of these people spend from another population's budget."""
    found = _unpacked(dataset.hashes)
    return any(other != population and _among(found, _unpacked(body)).any() for _, other, body in _kept(db))


def _rows(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Position and population of each claim, in order; none in a database that was begun by version 1."""
    if not has_table(db, "admitted"):
        return []
    return list(db.execute("SELECT DISTINCT position, population FROM admitted ORDER BY 1"))


def _kept(db: sqlite3.Connection) -> Iterable[tuple[int, str, bytes]]:
    for position, population in _rows(db):
        parts = db.execute("SELECT body FROM admitted WHERE position = ? ORDER BY part", (position,))
        yield position, population, b"".join(blob(body) for (body,) in parts)


def overlaps(db: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    """By the entry of a spend, the other populations that some of its people spend from."""
    found: dict[int, tuple[str, ...]] = {}
    for position, other in db.execute("SELECT * FROM overlap ORDER BY 1, 2") if has_table(db, "overlap") else ():
        found[position] = (*found.get(position, ()), str(other))
    return found


def _sketch(secret: bytes, spend: str, added: bytes, others: Sequence[str]) -> str:
    """What an entry states of whom it was the first to name, and of overlaps; no name holds a line break."""
    told = "".join(f"overlap {other}\n" for other in others)
    return hmac.new(secret, f"admitted\n{spend}\n{told}".encode() + added, "sha256").hexdigest()


def _unpacked(content: bytes) -> Hashes:
    import numpy as np

    return np.frombuffer(content, ">u8").astype(np.uint64)


def _among(mine: Hashes, theirs: Hashes) -> NDArray[np.bool_]:
    """bool[mine]: who of the sorted `mine` is in the sorted `theirs`."""
    import numpy as np

    if not theirs.size:
        return np.zeros(mine.size, dtype=bool)
    at = np.minimum(np.searchsorted(theirs, mine), theirs.size - 1)
    return np.asarray(theirs[at] == mine)
