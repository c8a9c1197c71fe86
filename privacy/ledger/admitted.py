"""Admitted people: eight keyed bytes for each id that ever spent, so that even one who comes again elsewhere is seen.

The hashes stay in the ledger's folder (52 million people are 416 MB). Each spend adds those it is the first to name,
and its entry states a keyed hash over them, so that a row taken out of the database is noticed. Who is given another id
cannot be recognised.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from privacy.ledger.dataset import NO_SKETCH, NOBODY, Dataset
from privacy.ledger.entry import AnyEntry, EvaluateEntry, ReserveEntry, SpendBody
from privacy.ledger.keys import KeyRing
from privacy.ledger.ledger_tables import blob, damaged, has_table, refuse_known_people
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
    """

    document: Mapping[str, Any]
    added: bytes | None


def claim(
    db: sqlite3.Connection, keys: KeyRing, population: str, spend: str, dataset: Dataset, entries: Sequence[AnyEntry]
) -> PeopleClaim:
    """PeopleClaim a data set's people for a population.

    Raises:
        KnownPeople: one of them spends from another population already.
        Damaged: the hashes kept are not those that the entries state.
    """
    secret, folder = keys.people_secret(), keys.folder
    document = {"fingerprint": salted(secret, spend, dataset), "sketch": NO_SKETCH, "units": dataset.units}
    if not dataset.hashes:
        return PeopleClaim(document, None)
    refuse_known_people(db, folder, population, dataset)
    found = _unpacked(dataset.hashes)
    for position, other, body in _kept(db):
        named = entries[position].body
        if not isinstance(named, SpendBody) or _stated(secret, named.spend, body) != named.dataset.sketch:
            raise damaged(folder, f"the people kept for entry {position} are not those it claims")
        seen = _among(found, _unpacked(body))
        if other != population and seen.any():
            what = f"these people, or some of them, spend from the budget of {other!r} already"
            raise KnownPeople(population, what, f"Spend from {other!r}: a copy does not get a fresh budget")
        found = found[~seen] if other == population else found
    added = found.astype(">u8").tobytes()
    return PeopleClaim({**document, "sketch": _stated(secret, spend, added)}, added)


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


def _stated(secret: bytes, spend: str, added: bytes) -> str:
    return hmac.new(secret, f"admitted\n{spend}\n".encode() + added, "sha256").hexdigest()


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
