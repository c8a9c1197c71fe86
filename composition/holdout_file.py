"""The holdout of a home: the policy by which the contact of a few waits, and the two signatures it is in force by.

Whoever signs is a root approver of the home's ledger: the people who open budgets of privacy. A file that two of them
did not sign is refused where it is read, and says how to end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from composition import ledger_files
from features import strict_json
from features.canonical_json import canonical_text
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from composition.workspace import Workspace
    from privacy.ledger.note import Note, Signer
    from recommender.contact.holdout import HoldoutPolicy

NAME: Final = "holdout.note"
_SIGN: Final = "Have two root approvers of this home's ledger run `proffer holdout sign`, or run `proffer holdout end`"


def signed_text(policy: HoldoutPolicy) -> str:
    """The text that two people sign: everything but who they are."""
    return canonical_text({"holdout": policy.to_document()}) + "\n"


def sign(policy: HoldoutPolicy, signer: Signer) -> bytes:
    """One person's signature under a policy, as a file."""
    from privacy.ledger.note import Note

    return Note.sign(signed_text(policy), signer).encode()


def read_note(content: bytes, where: str) -> Note:
    """Read what `sign` wrote; raises Rejected where it is no such thing."""
    from privacy.ledger.note import BadNote, Note

    try:
        return Note.parse(content)
    except BadNote as failure:
        remedy = "Give what `proffer holdout sign` wrote"
        raise Rejected([Problem((where,), "invalid", str(failure), remedy)]) from None


class HoldoutFile:
    """What is in force in one home; called for what holds now."""

    def __init__(self, home: Workspace) -> None:
        """Nothing is read yet."""
        self._home = home
        self._path = home.path / NAME
        self._read: tuple[object, HoldoutPolicy] | None = None

    def __call__(self) -> HoldoutPolicy | None:
        """The policy that is in force; None where there is none. Signatures are checked where the file changed.

        Raises:
            Rejected: the file is not what two root approvers signed.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != mark:
            self._read = mark, self._signed(read_note(self._path.read_bytes(), NAME), NAME)
        return self._read[1]

    def enter(self, signatures: Sequence[Path]) -> HoldoutPolicy:
        """Put a policy in force that two people signed, in the place of the one before.

        Args:
            signatures: files as `sign` writes them.

        Raises:
            Rejected: they signed different things, or are not two root approvers.
        """
        from privacy.ledger.note import Note

        where = "--signature"
        notes = [read_note(ledger_files.regular(path).read_bytes(), str(path)) for path in signatures]
        if len({one.text for one in notes}) != 1:
            raise Rejected([Problem((where,), "conflict", "are not signatures of one and the same policy", _SIGN)])
        lines = {line.line: line for one in notes for line in one.signatures}
        note = Note(notes[0].text, tuple(lines.values()))
        policy = self._signed(note, where)
        self._home.begin()
        write_whole(self._path, note.encode(), mode=OWNER_ONLY)
        return policy

    def end(self) -> None:
        """Let nothing wait any longer, whoever signed.

        Raises:
            Rejected: nothing is in force.
        """
        try:
            self._path.unlink()
        except FileNotFoundError:
            remedy = "See `proffer holdout show`"
            raise Rejected([Problem((NAME,), "missing", "is not there: nothing waits", remedy)]) from None

    def _signed(self, note: Note, where: str) -> HoldoutPolicy:
        """The policy of a note that two root approvers signed."""
        from dataclasses import replace

        from privacy.ledger.note import BadNote
        from recommender.contact.holdout import read_holdout

        try:
            signers = note.signers(ledger_files.open_ledger(self._home.path).roots)
            names = sorted({one.name for one in signers}) if len({one.public for one in signers}) > 1 else []
            document: Any = strict_json.parse(note.text)
        except (BadNote, strict_json.MalformedError) as failure:
            raise Rejected([Problem((where,), "invalid", str(failure), _SIGN)]) from None
        if len(names) < 2:
            raise Rejected([Problem((where,), "refused", "is not signed by two root approvers", _SIGN)])
        read = read_holdout(document.get("holdout") if isinstance(document, dict) else None, (where,))
        return replace(read, signed_by=tuple(names))
