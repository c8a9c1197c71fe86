"""Data sets as the ledger knows them: keyed fingerprints by which copies of the same people are recognised."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from privacy.cohort import Cohort

if TYPE_CHECKING:
    from privacy.ledger.terms import DatasetTerms

NO_SKETCH: Final = hashlib.sha256(b"").hexdigest()
"""The hash of the empty sketch: of people who were not given, or do not exist."""
NOBODY: Final = "0" * 64
"""The fingerprint of a data set whose people were not given."""
SKETCH: Final = 64  # smallest hashes kept of a data set's units


@dataclass(frozen=True)
class Dataset:
    """The rows a spend reads, without naming people: fingerprints keyed by the ledger's own secret.

    Attributes:
        fingerprint: keyed hash over the sorted unit ids (hex): the same for a copy and for a re-dated copy.
        sketch: the smallest keyed hashes of single units; two data sets that share people share some of them.
        units: the number of units, where somebody states it as public; 0 where nobody does. It is never counted.
        cohort: the cohort that every unit was checked to belong to, or None.
        hashes: eight keyed bytes for each unit, sorted; empty for people who are not given or do not exist.
    """

    fingerprint: str
    sketch: tuple[int, ...]
    units: int
    cohort: Cohort | None = None
    hashes: bytes = field(default=b"", repr=False)

    @property
    def sketch_hash(self) -> str:
        """The hash of the sketch that entries record; the sketch itself never leaves the ledger's folder."""
        return hashlib.sha256(packed(self.sketch)).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """As entries of version 1 write it."""
        return {"fingerprint": self.fingerprint, "sketch": self.sketch_hash, "units": self.units}


def fingerprinted(units: Iterable[str], secret: bytes, cohort: Cohort | None = None) -> Dataset:
    """Fingerprint a data set by its units; dates, columns and order do not matter.

    Raises:
        NotDisjoint: some units are not of the cohort.
    """
    import numpy as np

    members = tuple(units)
    if cohort is not None:
        cohort.check(members)
    found = bytearray()
    for unit in members:
        found += hmac.digest(secret, unit.encode(), "sha256")[:8]
    unique = np.unique(np.frombuffer(bytes(found), ">u8").astype(np.uint64))
    hashes = unique.astype(">u8").tobytes()
    whole = hmac.new(secret, hashes, "sha256").hexdigest()
    return Dataset(whole, tuple(unique[:SKETCH].tolist()), 0, cohort, hashes)


def packed(sketch: Iterable[int]) -> bytes:
    """A sketch as bytes, eight for each hash."""
    return b"".join(part.to_bytes(8, "big") for part in sketch)


def unpacked(content: bytes) -> set[int]:
    """The hashes of a packed sketch."""
    return {int.from_bytes(content[at : at + 8], "big") for at in range(0, len(content), 8)}


def names_roll(dataset: DatasetTerms) -> bool:
    """Whether an entry's data set is read by a roll of units, which grow together in no later run."""
    return dataset.roll not in (UNSET, NOBODY)
