"""The erasures of a home: the key of tombstones, and the list of them that outlives a restored database.

keys/erasure.key   the key, readable by its owner only; PROFFER_ERASURE_KEY (64 hexadecimal digits) goes before it
erased             one tombstone a line: what the database must have, whichever backup it was restored from
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition.demo_people import DemoPeople
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from features.log.database import Database
    from features.log.tombstones import ErasureKey, Tombstones
    from serving.records.erasure import ErasedRows

ERASURE_KEY: Final = "PROFFER_ERASURE_KEY"
_PRIVATE_FOLDER: Final = 0o700
_BYTES: Final = 32
_COMPARED: Final[dict[tuple[str, str], tuple[tuple[int, ...], int]]] = {}
"""By list and database: the state of the list in which all was the same in both, and how many tombstones that was."""


@dataclass(frozen=True)
class Erasures:
    """What was erased in one home."""

    home: Path

    @property
    def file(self) -> Path:
        """The list of tombstones."""
        return self.home / "erased"

    @property
    def _key_file(self) -> Path:
        return self.home / "keys" / "erasure.key"

    def key(self) -> ErasureKey | None:
        """The key of tombstones, None where the home has none yet.

        Raises:
            Rejected: it is no key.
        """
        text = os.environ.get(ERASURE_KEY) or (self._key_file.read_text() if self._key_file.exists() else "")
        if not text:
            return None
        from features.log.tombstones import ErasureKey  # loaded only where a log is opened

        try:
            secret = bytes.fromhex(text.strip())
        except ValueError:
            secret = b""
        if len(secret) != _BYTES:
            where = ERASURE_KEY if os.environ.get(ERASURE_KEY) else str(self._key_file)
            what, remedy = "is no key of erasures", f"Restore it: {2 * _BYTES} hexadecimal digits"
            raise Rejected([Problem((where,), "invalid", what, remedy)])
        return ErasureKey(secret, lambda: f"erased:{secrets.token_hex(16)}")

    def made_key(self) -> ErasureKey:
        """The key of tombstones, made where there is none."""
        if (found := self.key()) is None:
            self._key_file.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            write_whole(self._key_file, secrets.token_hex(_BYTES).encode(), mode=OWNER_ONLY)
            found = self.key()
        assert found is not None
        return found

    def digests(self) -> frozenset[str]:
        """Every tombstone of this home."""
        return frozenset(self.file.read_text().split()) if self.file.exists() else frozenset()

    def keep(self, digests: Iterable[str]) -> None:
        """Add tombstones to the list, durably."""
        held = self.digests()
        if not held.issuperset(digests):
            lines = "".join(f"{one}\n" for one in sorted({*held, *digests}))
            write_whole(self.file, lines.encode(), mode=OWNER_ONLY)

    def lists(self, tombstones: Tombstones) -> bool:
        """Whether the list of this home has exactly the tombstones of a database.

        All are compared where the list, or this process, is new; then their number alone, since a database that lacks
        some, as one that was restored does, has fewer, and what a service is asked must not wait for all to be read.
        """
        try:
            told = self.file.stat()
        except FileNotFoundError:
            return tombstones.count() == 0
        state = (told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns)
        place = (str(self.file), tombstones.database)
        compared = _COMPARED.get(place)
        if compared is not None and compared[0] == state:
            return tombstones.count() == compared[1]
        held = tombstones.digests()
        if same := self.digests() == held:
            _COMPARED[place] = (state, len(held))
        return same

    def bring_up(self, database: Database) -> ErasureKey | None:
        """See that a database lacks nobody's erasure before anything is read of it; return the key.

        Raises:
            Rejected: the list has tombstones and the key is missing, or the database cannot be written.
        """
        from features.log.tombstones import Tombstones

        key = self.key()
        with database.reading() as connection:
            held = Tombstones(connection, key).digests()
        wanted = self.digests()
        if wanted - held:
            self._apply(database, wanted - held, key)
        self.keep(held)
        return key

    @property
    def people(self) -> DemoPeople:
        """The synthetic people of this home, who are erased as everybody is."""
        return DemoPeople(self.home / "population")

    def erase_people_again(self) -> bool:
        """Delete the files of synthetic people where somebody in them has a tombstone; return whether they were."""
        key, digests = self.key(), self.digests()
        if key is None or not digests:
            return False
        return self.people.erase(lambda name: key.digest("person", name) in digests)

    def _apply(self, database: Database, digests: frozenset[str], key: ErasureKey | None) -> None:
        from serving.records import erasure
        from serving.records.store import ServiceStore

        if key is None:
            what, remedy = "is missing, and people were erased here", f"Restore it, or set {ERASURE_KEY}"
            raise Rejected([Problem((str(self._key_file),), "missing", what, remedy)])
        self.erase_people_again()
        with database.writing() as connection:
            erasure.apply(ServiceStore(connection, key), digests, key)
        database.scrub()

    def erase(self, database: Database, person: str) -> ErasedRows:
        """Erase a person: first the tombstone that every later opening applies, then every row.

        The tombstone is listed while the database is held, so that no other process that opens it meanwhile erases the
        person before this one, which tells what there was.

        Raises:
            Rejected: the database cannot be written; the next opening of it erases the person.
        """
        from serving.records import erasure
        from serving.records.store import ServiceStore

        key = self.made_key()
        tombstone = [key.digest("person", person)]
        try:
            with database.writing() as connection:
                self.keep(tombstone)
                self.people.erase(lambda name: name == person)
                done = erasure.erase(ServiceStore(connection, key), person, key)
        except Rejected:
            self.keep(tombstone)
            raise
        database.scrub()
        self.bring_up(database)
        return done

    def erase_copy(self, copy: Database, person: str) -> None:
        """Erase a person in a backup of the log, of whatever schema."""
        from serving.records import erasure
        from serving.records.store import ServiceStore

        with copy.writing() as connection:
            erasure.erase_rows(ServiceStore(connection), person, self.made_key().alias())
        copy.scrub()
