"""Tombstones: who and what was erased, as keyed hashes that name nobody and that everything written is held against."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

import sqlalchemy as sa

from features.log.tables import TOMBSTONES
from features.problem import Problem, Rejected

Kind = Literal["person", "decision"]
_DIGESTS: Final = sa.select(TOMBSTONES.c.digest)


@dataclass(frozen=True)
class ErasureKey:
    """What makes a name unrecognisable.

    Attributes:
        secret: the key of the hashes; who has it and a name can tell whether that name was erased.
        alias: returns a fresh random name for an erased person in what is said of others.
    """

    secret: bytes
    alias: Callable[[], str]

    def digest(self, kind: Kind, name: str) -> str:
        """Return the tombstone of a name: HMAC-SHA256, in hex."""
        return hmac.new(self.secret, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), sha256).hexdigest()


class Tombstones:
    """The tombstones of one database, within the transaction of a connection."""

    def __init__(self, connection: sa.Connection, key: ErasureKey | None) -> None:
        """Take the key, None where nothing was ever erased."""
        self._connection = connection
        self._key = key

    def digests(self) -> frozenset[str]:
        """Return every tombstone."""
        return frozenset(self._connection.execute(_DIGESTS).scalars())

    def write(self, digests: Iterable[str]) -> None:
        """Keep tombstones that are new."""
        fresh = sorted(set(digests) - self.digests())
        if fresh:
            self._connection.execute(sa.insert(TOMBSTONES), [{"digest": one} for one in fresh])

    def erased(self, kind: Kind, names: Iterable[str]) -> frozenset[str]:
        """Return which of these names were erased.

        Raises:
            Rejected: something was erased, and the key of its tombstones is not there.
        """
        held = self.digests()
        if not held:
            return frozenset()
        if self._key is None:
            what = "is missing: the log has tombstones of erased people, and nothing can be held against them"
            remedy = "Restore keys/erasure.key of the home, or set PROFFER_ERASURE_KEY"
            raise Rejected([Problem(("the key of erasures",), "missing", what, remedy)])
        return frozenset(name for name in names if self._key.digest(kind, name) in held)

    def alias(self) -> str:
        """Return a fresh name for an erased person."""
        assert self._key is not None
        return self._key.alias()
