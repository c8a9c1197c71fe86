"""What a signer remembers apart from the log: the last size and root it signed, so that nothing shorter or other is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec

from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from privacy.accounting.canonical import canonical
from privacy.ledger import merkle
from privacy.ledger.folder import read_file
from privacy.ledger.note import Checkpoint, decode, encode

FORMAT: Final = "proffer-signed-1"


class Inconsistent(Rejected):
    """A history that is not a continuation of the one signed before: it was cut, exchanged or put back."""


class _Signed(msgspec.Struct):
    format: str
    origin: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    root: str


@dataclass(frozen=True)
class SignedState:
    """A file with the last checkpoint signed; it is written before a signature is given out.

    Attributes:
        path: the file; keep it on another disk or machine than the log where that is possible.
    """

    path: Path

    def last(self) -> Checkpoint | None:
        """The last checkpoint signed, or None when nothing was.

        Raises:
            Inconsistent: the file is not what was written.
        """
        try:
            content = read_file(self.path)
        except FileNotFoundError:
            return None
        try:
            document = msgspec.json.decode(content, type=_Signed)
            found = Checkpoint(document.origin, document.size, decode(document.root))
            whole = content == self._bytes(found)
        except (ValueError, RecursionError):
            whole = False
        if not whole:
            remedy = "Restore it from a backup of the same day; without it, ask the witness for the last size it saw"
            raise Inconsistent(
                [Problem((str(self.path),), "damaged", "is damaged: it no longer says what was signed last", remedy)]
            )
        return found

    def _bytes(self, checkpoint: Checkpoint) -> bytes:
        fields = {"format": FORMAT, "origin": checkpoint.origin, "size": checkpoint.size}
        return canonical({**fields, "root": encode(checkpoint.root)}) + b"\n"

    def keep(self, checkpoint: Checkpoint) -> None:
        """Remember a checkpoint durably."""
        write_whole(self.path, self._bytes(checkpoint), mode=OWNER_ONLY)

    def accept(self, new: Checkpoint, proof: list[bytes]) -> None:
        """Accept a checkpoint that continues the last one (RFC 6962 consistency), without remembering it yet.

        Raises:
            Inconsistent: it is shorter, of another log, or its tree does not begin with the one signed before.
        """
        last = self.last()
        if last is None:
            return
        if new.origin != last.origin:
            raise self._refusal(f"is of the log {new.origin}, not of {last.origin}")
        if new.size < last.size:
            raise self._refusal(f"has {new.size} entries, and {last.size} were signed: an earlier copy was put back")
        try:
            if last.size:
                merkle.check_consistency(last.size, new.size, proof, last.root, new.root)
        except merkle.BadProof as failure:
            raise self._refusal(f"is not a continuation of the {last.size} entries signed before ({failure})") from None

    def _refusal(self, what: str) -> Inconsistent:
        remedy = "Nothing was signed. Keep both copies, find out who changed what, and restore the true ledger"
        return Inconsistent([Problem(("ledger",), "damaged", what, remedy)])
