"""Tombstones: who and what was erased, as keyed hashes that name nobody and that everything written is held against."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

import sqlalchemy as sa

from features.log.tables import TOMBSTONES
from features.log.touching import portions
from features.problem import Problem, Rejected

Kind = Literal["person", "decision"]
_DIGESTS: Final = sa.select(TOMBSTONES.c.digest)
_NUMBER: Final = sa.select(sa.func.count()).select_from(TOMBSTONES)
_ONE: Final = _DIGESTS.limit(1)
_ASKED: Final[sa.BindParameter[str]] = sa.bindparam("asked", expanding=True)
_AMONG: Final = _DIGESTS.where(TOMBSTONES.c.digest.in_(_ASKED))


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
    """The tombstones of one database, within the transaction of a connection.

    A nation has more of them than a request has time to read, so what is asked of some names reads these alone.
    """

    def __init__(self, connection: sa.Connection, key: ErasureKey | None) -> None:
        """Take the key, None where nothing was ever erased."""
        self._connection = connection
        self._key = key

    @property
    def database(self) -> str:
        """The URL of the database, without its password."""
        return str(self._connection.engine.url)

    def digests(self) -> frozenset[str]:
        """Return every tombstone."""
        return frozenset(self._connection.execute(_DIGESTS).scalars())

    def count(self) -> int:
        """How many there are, counted by the database."""
        return self._connection.execute(_NUMBER).scalar_one()

    def write(self, digests: Iterable[str]) -> None:
        """Keep tombstones that are new."""
        asked = set(digests)
        fresh = sorted(asked - self._among(asked))
        if fresh:
            self._connection.execute(sa.insert(TOMBSTONES), [{"digest": one} for one in fresh])

    def erased(self, kind: Kind, names: Iterable[str]) -> frozenset[str]:
        """Return which of these names were erased.

        Raises:
            Rejected: something was erased, and the key of its tombstones is not there.
        """
        if self._connection.execute(_ONE).first() is None:
            return frozenset()
        if self._key is None:
            what = "is missing: the log has tombstones of erased people, and nothing can be held against them"
            remedy = "Restore keys/erasure.key of the home, or set PROFFER_ERASURE_KEY"
            raise Rejected([Problem(("the key of erasures",), "missing", what, remedy)])
        asked = {self._key.digest(kind, name): name for name in names}
        return frozenset(asked[one] for one in self._among(asked))

    def _among(self, digests: Collection[str]) -> set[str]:
        """Which of these there are."""
        asked, found = sorted(digests), set[str]()
        for some in portions(asked):
            found.update(self._connection.execute(_AMONG, {"asked": some}).scalars())
        return found

    def alias(self) -> str:
        """Return a fresh name for an erased person."""
        assert self._key is not None
        return self._key.alias()
