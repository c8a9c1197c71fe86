"""A witness: a second process with a second key that cosigns a ledger's checkpoints only while its history is kept.

It speaks C2SP tlog-witness (``POST /add-checkpoint``), so any other witness can take its place. The data protection
office or the auditor runs it, on a machine of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, locked, write_whole
from privacy.ledger import merkle
from privacy.ledger.folder import begin, read_private, refuse_network
from privacy.ledger.note import COSIGNATURE, BadNote, Checkpoint, Note, NoteVerifier, Signer, decode, encode
from privacy.ledger.signed import SignedState

KEY: Final = "witness.key"
SEEN: Final = "seen.json"
LARGEST: Final = 65_536  # bytes of a request
LONGEST_PROOF: Final = 63  # hashes: a tree of 2^63 entries
PATH: Final = "/add-checkpoint"
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True)
class CosignResponse:
    """What a witness says: an HTTP status, a body and its type."""

    status: int
    body: str
    kind: str = TEXT


@dataclass(frozen=True)
class Witness:
    """One witness of one ledger.

    Attributes:
        folder: its own, best on another machine than the ledger: its key and the last checkpoint it saw.
        signer: its key.
        log: the ledger's public key; exchanged by hand when the ledger's key was rotated.
    """

    folder: Path
    signer: Signer
    log: NoteVerifier

    @classmethod
    def open(cls, folder: Path, name: str, log: NoteVerifier) -> Witness:
        """Open a witness's folder, making its key and ``NAME.vkey`` when it is new.

        Raises:
            NetworkFileSystem: the folder is not on a local disk.
            Rejected: it belongs to a witness of another name.
            BadNote: the name cannot name a key.
        """
        refuse_network(folder)
        path = folder / KEY
        if not path.exists():
            made = Signer.generate(name)
            begin(folder)
            write_whole(path, made.pem(), mode=OWNER_ONLY)
        try:
            signer = Signer.from_pem(read_private(path))
        except BadNote as failure:
            raise Rejected([Problem((str(path),), "damaged", str(failure), "Restore it from a backup")]) from None
        if signer.name != name:
            raise Rejected(
                [
                    Problem(
                        (str(folder),), "conflict", f"is the folder of {signer.name}", "Give that name, or another one"
                    )
                ]
            )
        public = folder / vkey_file(name)
        write_whole(public, (signer.verifier(COSIGNATURE).text() + "\n").encode())
        return cls(folder, signer, log)

    def verifier(self) -> NoteVerifier:
        """The key by which its cosignatures are checked."""
        return self.signer.verifier(COSIGNATURE)

    def answer(self, request: bytes, now: int) -> CosignResponse:
        """Cosign a checkpoint that continues what was seen before; it is remembered durably before this returns.

        Args:
            request: ``old SIZE``, the consistency proof's hashes, an empty line, the signed checkpoint.
            now: seconds since 1970, which the cosignature states.
        """
        try:
            old, proof, note = _parsed(request)
            checkpoint = Checkpoint.parse(note.text)
        except BadNote as failure:
            return CosignResponse(400, f"the request {failure}\n")
        if checkpoint.origin != self.log.name:
            return CosignResponse(404, "this witness does not know the log\n")
        try:
            note.require(self.log)
        except BadNote as failure:
            return CosignResponse(403, f"the checkpoint {failure}\n")
        with locked(self.folder / "lock"):
            return self._decide(old, proof, note, checkpoint, now)

    def _decide(self, old: int, proof: list[bytes], note: Note, new: Checkpoint, now: int) -> CosignResponse:
        memory = SignedState(self.folder / SEEN)
        last = memory.last()
        seen = 0 if last is None else last.size
        if old > new.size:
            return CosignResponse(400, f"no proof leads from size {old} to size {new.size}\n")
        if old != seen or (last is not None and new.size == seen and new.root != last.root):
            return CosignResponse(409, f"{seen}\n", SIZE)
        try:
            if old:
                memory.accept(new, proof)
            elif proof:
                return CosignResponse(422, "a first checkpoint has no proof\n")
        except Rejected as failure:
            return CosignResponse(422, f"{failure}\n")
        memory.keep(new)
        return CosignResponse(200, self.signer.cosign(note.text, now) + "\n")


def vkey_file(name: str) -> str:
    """The name of the file with a witness's public key; a slash in the witness's name leads to no other folder."""
    return f"{name.replace('/', '-')}.vkey"


def request_bytes(old: int, proof: list[bytes], note: Note) -> bytes:
    """What to send to a witness that saw the log at size `old` last."""
    return "\n".join([f"old {old}", *map(encode, proof), "", ""]).encode() + note.encode()


def _parsed(request: bytes) -> tuple[int, list[bytes], Note]:
    head, found, rest = request.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    number = lines[0].removeprefix("old ")
    if not found or number == lines[0] or not number.isascii() or not number.isdigit() or len(number) > 16:
        raise BadNote("is not `old SIZE`, a proof, an empty line and a checkpoint")
    proof = [decode(line) for line in lines[1:]]
    if len(proof) > LONGEST_PROOF or any(len(one) != len(merkle.EMPTY) for one in proof):
        raise BadNote("has a malformed proof")
    return int(number), proof, Note.parse(rest)
