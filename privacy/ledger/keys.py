"""The ledger's own keys on disk: the signing key, its successor while it is rotated, and the fingerprint secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.whole_file import OWNER_ONLY, write_whole
from privacy.ledger.folder import read_file, read_private
from privacy.ledger.note import BadNote, NoteVerifier, Signer
from privacy.refusal import UnknownLedgerKey

PUBLIC_KEY: Final = "ledger.pub"
PRIVATE_KEY: Final = "ledger.key"
NEXT_KEY: Final = "ledger.key.next"
PEOPLE_KEY: Final = "people.key"
PEOPLE_KEY_BYTES: Final = 32
_RESTORE: Final = "Restore it from a backup"


@dataclass(frozen=True)
class KeyRing:
    """The key files of one ledger's folder."""

    folder: Path

    def first(self) -> Signer:
        """The signing key of a ledger that begins; made if it is not there, with the fingerprint secret."""
        path = self.folder / PRIVATE_KEY
        if not path.exists():
            write_whole(path, Signer.generate(f"proffer-ledger-{secrets.token_hex(4)}").pem(), mode=OWNER_ONLY)
        if not (self.folder / PEOPLE_KEY).exists():
            write_whole(self.folder / PEOPLE_KEY, secrets.token_bytes(PEOPLE_KEY_BYTES), mode=OWNER_ONLY)
        signer = self.begun()
        self._publish(signer)
        return signer

    def begun(self) -> Signer:
        """The signing key, without a check that it is the one in force.

        Raises:
            UnknownLedgerKey: the file is missing or holds no key.
        """
        return _signer(self.folder / PRIVATE_KEY)

    def signer(self, expected: NoteVerifier) -> Signer:
        """The signing key in force.

        Raises:
            UnknownLedgerKey: the file is missing or holds another key.
        """
        signer = self.begun()
        if signer.verifier() != expected:
            what = "is not the key in force: it is unknown to this ledger, or was revoked"
            raise UnknownLedgerKey(str(self.folder / PRIVATE_KEY), what, "Restore the key in force")
        return signer

    def people_secret(self) -> bytes:
        """The secret under which units are fingerprinted.

        Raises:
            UnknownLedgerKey: it is gone or was cut, and no other knows those again who spent before. Under an empty
                one, anybody could work out whose hashes an entry is made of.
        """
        path = self.folder / PEOPLE_KEY
        secret = read_private(path) if path.exists() else b""
        if len(secret) != PEOPLE_KEY_BYTES:
            found = f"has {len(secret)} bytes of {PEOPLE_KEY_BYTES}" if path.exists() else "is gone"
            what = f"{found}: nobody who spent before would be known again"
            raise UnknownLedgerKey(str(path), what, "Restore it from a backup; no other can take its place")
        return secret

    def propose(self, successor: Signer) -> None:
        """Keep a new signing key beside the old one until the entry that names it is durable."""
        write_whole(self.folder / NEXT_KEY, successor.pem(), mode=OWNER_ONLY)

    def proposed(self) -> Signer:
        """The key that `propose` kept; raises UnknownLedgerKey where the file holds none."""
        return _signer(self.folder / NEXT_KEY)

    def finish_rotation(self, in_force: NoteVerifier) -> None:
        """Install the proposed key if the ledger names it, and forget it otherwise."""
        waiting = self.folder / NEXT_KEY
        if not waiting.exists():
            return
        new = self.proposed()
        if new.verifier() == in_force:
            self._publish(new)
            write_whole(self.folder / PRIVATE_KEY, new.pem(), mode=OWNER_ONLY)
        waiting.unlink()

    def check_public(self, in_force: NoteVerifier) -> None:
        """Accept only the public key file of the key in force.

        Raises:
            UnknownLedgerKey: it is missing or holds another key.
        """
        public = self.folder / PUBLIC_KEY
        if not public.exists() or read_file(public).strip() != in_force.text().encode():
            what = f"does not hold the key that signs this ledger ({in_force.name}+{in_force.id.hex()})"
            remedy = "Restore the file; auditors compare it with the key they were given"
            raise UnknownLedgerKey(str(public), what, remedy)

    def _publish(self, signer: Signer) -> None:
        write_whole(self.folder / PUBLIC_KEY, (signer.verifier().text() + "\n").encode())


def _signer(path: Path) -> Signer:
    try:
        return Signer.from_pem(read_private(path))
    except FileNotFoundError:
        raise UnknownLedgerKey(str(path), "holds no signing key: the file is gone", _RESTORE) from None
    except BadNote as failure:
        raise UnknownLedgerKey(str(path), f"holds no signing key: it {failure}", _RESTORE) from None
