"""Signed policies of a home: by what chance decides something, each in force by the signatures of two people alone.

Whoever signs is a root approver of the home's ledger: the people who open budgets of privacy. A file that two of them
did not sign is refused where it is read, and says how to end it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from composition import ledger_files
from features import strict_json
from features.canonical_json import canonical_text
from features.problem import Problem, Rejected, Where
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from composition.workspace import Workspace
    from privacy.ledger.note import Note, Signer
    from recommender.contact.holdout import HoldoutPolicy
    from recommender.offers.exploration import ExplorationPolicy


class ChancePolicy(Protocol):
    """What two people sign."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def signed_by(self) -> tuple[str, ...]:
        """Who signed it."""
        ...

    def to_document(self) -> dict[str, Any]:
        """What is signed."""
        ...


P = TypeVar("P", bound=ChancePolicy)


@dataclass(frozen=True)
class PolicyKind(Generic[P]):
    """One kind of policy.

    Attributes:
        name: of the verb, of what is signed and, followed by `.note`, of the file.
        read: makes the policy of what was signed; raises Rejected.
        ended: what holds where none is in force.
        once: whether each policy needs a name of its own, since its name draws people, and nobody is drawn twice by it.
    """

    name: str
    read: Callable[[object, Where], P]
    ended: str
    once: bool = False

    @property
    def file(self) -> str:
        """The name of its file in a home."""
        return f"{self.name}.note"

    @property
    def names(self) -> str:
        """The name of the file with the names of all that were ever in force in a home."""
        return f"{self.name}.names"

    @property
    def remedy(self) -> str:
        """What to do where two people did not sign."""
        verb = f"proffer {self.name}"
        return f"Have two root approvers of this home's ledger run `{verb} sign`, or run `{verb} end`"


def _read(kind: str, document: object, where: Where) -> Any:
    """The policy of a kind; what reads it is loaded here, so that a verb is read without numpy."""
    if kind == "holdout":
        from recommender.contact.holdout import read_holdout

        return read_holdout(document, where)
    from recommender.offers.exploration import read_exploration

    return read_exploration(document, where)


HOLDOUT: Final[PolicyKind[HoldoutPolicy]] = PolicyKind("holdout", partial(_read, "holdout"), "nothing waits", once=True)
EXPLORATION: Final[PolicyKind[ExplorationPolicy]] = PolicyKind(
    "exploration", partial(_read, "exploration"), "nothing is left to chance"
)


def signed_text(kind: str, policy: ChancePolicy) -> str:
    """The text that two people sign: everything but who they are."""
    return canonical_text({kind: policy.to_document()}) + "\n"


def sign(kind: str, policy: ChancePolicy, signer: Signer) -> bytes:
    """One person's signature under a policy, as a file."""
    from privacy.ledger.note import Note

    return Note.sign(signed_text(kind, policy), signer).encode()


def read_note(content: bytes, where: str, kind: str) -> Note:
    """Read what `sign` wrote; raises Rejected where it is no such thing."""
    from privacy.ledger.note import BadNote, Note

    try:
        return Note.parse(content)
    except BadNote as failure:
        remedy = f"Give what `proffer {kind} sign` wrote"
        raise Rejected([Problem((where,), "invalid", str(failure), remedy)]) from None


class SignedPolicy(Generic[P]):
    """What is in force in one home; called for what holds now."""

    def __init__(self, home: Workspace, kind: PolicyKind[P]) -> None:
        """Nothing is read yet."""
        self._home, self._kind = home, kind
        self._path = home.path / kind.file
        self._read: tuple[object, P] | None = None

    def __call__(self) -> P | None:
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
            self._read = (
                mark,
                self._signed(read_note(self._path.read_bytes(), self._kind.file, self._kind.name), self._kind.file),
            )
        return self._read[1]

    def enter(self, signatures: Sequence[Path]) -> P:
        """Put a policy in force that two people signed, in the place of the one before.

        Args:
            signatures: files as `sign` writes them.

        Raises:
            Rejected: they signed different things, or are not two root approvers; or a policy of this name was in force
                before, and people are drawn by it.
        """
        from privacy.ledger.note import Note

        where = "--signature"
        notes = [read_note(ledger_files.regular(path).read_bytes(), str(path), self._kind.name) for path in signatures]
        if len({one.text for one in notes}) != 1:
            raise Rejected(
                [Problem((where,), "conflict", "are not signatures of one and the same policy", self._kind.remedy)]
            )
        lines = {line.line: line for one in notes for line in one.signatures}
        note = Note(notes[0].text, tuple(lines.values()))
        policy = self._signed(note, where)
        self._home.begin()
        self._keep_name(policy, note, where)
        write_whole(self._path, note.encode(), mode=OWNER_ONLY)
        return policy

    def _keep_name(self, policy: P, note: Note, where: str) -> None:
        """Remember the name; what is in force may be entered again as it is, which changes nothing."""
        if not self._kind.once:
            return
        path = self._home.path / self._kind.names
        names = set[str](json.loads(path.read_bytes())) if path.exists() else set[str]()
        held = None
        with contextlib.suppress(Rejected):  # what two people did not sign is replaced, and never was in force
            held = self()
        if held is not None:
            names.add(held.name)
        same = held is not None and signed_text(self._kind.name, held) == note.text
        if not same and policy.name in names:
            what = f"was in force before under the name {policy.name!r}, and would let the same people wait again"
            remedy = "Have the policy signed under a name that was not used"
            raise Rejected([Problem((where,), "conflict", what, remedy)])
        write_whole(path, canonical_text(sorted({*names, policy.name})).encode(), mode=OWNER_ONLY)

    def end(self) -> None:
        """Let it hold no longer, whoever signed.

        Raises:
            Rejected: nothing is in force.
        """
        try:
            self._path.unlink()
        except FileNotFoundError:
            remedy = f"See `proffer {self._kind.name} show`"
            what = f"is not there: {self._kind.ended}"
            raise Rejected([Problem((self._kind.file,), "missing", what, remedy)]) from None

    def _signed(self, note: Note, where: str) -> P:
        """The policy of a note that two root approvers signed."""
        from dataclasses import replace

        from privacy.ledger.note import BadNote

        try:
            signers = note.signers(ledger_files.open_ledger(self._home.path).roots)
            names = sorted({one.name for one in signers}) if len({one.public for one in signers}) > 1 else []
            document: Any = strict_json.parse(note.text)
        except (BadNote, strict_json.MalformedError) as failure:
            raise Rejected([Problem((where,), "invalid", str(failure), self._kind.remedy)]) from None
        if len(names) < 2:
            raise Rejected([Problem((where,), "refused", "is not signed by two root approvers", self._kind.remedy)])
        read: Any = self._kind.read(document.get(self._kind.name) if isinstance(document, dict) else None, (where,))
        signed: P = replace(read, signed_by=tuple(names))
        return signed
