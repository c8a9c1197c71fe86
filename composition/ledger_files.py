"""The ledger of a workspace, and the key and checkpoint files that its users hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from composition import clock
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from privacy.ledger.ledger import Ledger
    from privacy.ledger.note import Note, NoteVerifier, Signer


def refuse_own(home: Path, *outputs: Path) -> None:
    """Refuse outputs that would overwrite the ledger, or anybody's private key; all such outputs at once."""
    from privacy.ledger.folder import refuse_own_file

    problems = Problems()
    for out in outputs:
        with problems.gathered():
            refuse_own_file(out, Workspace(home).ledger)
            if out.is_file() and b"PRIVATE KEY-----" in _head(out):
                what = "is a private key, and whoever holds it could sign no more"
                raise Rejected([Problem((str(out),), "forbidden", what, "Choose another output path")])
    problems.raise_any()


def refuse_all_but_checkpoint(out: Path) -> None:
    """Accept a path where nothing is, or an earlier checkpoint, which a later one may replace.

    Raises:
        Rejected: another file is there.
    """
    from privacy.ledger.note import BadNote, Checkpoint, Note

    if not out.is_file():
        return
    try:
        Checkpoint.parse(Note.parse(_head(out)).text)
    except BadNote:
        what = "is there already, and is no checkpoint"
        raise Rejected([Problem((str(out),), "conflict", what, "Choose another --out")]) from None


def _head(path: Path) -> bytes:
    """As much of a file as a key or a checkpoint may have; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(1_000_000)
    except OSError:
        return b""


def regular(path: Path) -> Path:
    """A path that is to be read to its end; what is not there is left to who opens it.

    Raises:
        Rejected: it is a device or a pipe, which may have no end.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        what = "is a device or a pipe, not a file"
        raise Rejected([Problem((str(path),), "unreadable", what, "Write its content to a file, and give that")])
    return path


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex, read piece by piece.

    Raises:
        Rejected: it cannot be read, or is a device or a pipe.
    """
    try:
        with regular(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as failure:
        what = (failure.strerror or "cannot be read").lower()
        raise Rejected([Problem((str(path),), "unreadable", what, "Check the path and its permissions")]) from failure


def open_ledger(home: Path) -> Ledger:
    """The ledger of a workspace, checked whole.

    Raises:
        NoLedger, Damaged, Inconsistent: there is none, or it is not what was signed.
    """
    from privacy.ledger.ledger import Ledger

    return Ledger.open(Workspace(home).ledger, clock.now)


MAKE_KEY: Final = "Make a pair with `proffer privacy key --name NAME` and give the .pub file"


def public_key(given: str, remedy: str = MAKE_KEY) -> NoteVerifier:
    """A public key: the text itself, or a file that holds it in any usual form; raises Rejected with the remedy."""
    from privacy.ledger.note import BadNote, read_public

    path = Path(given)
    is_file = len(given) < 1024 and path.is_file()
    try:
        return read_public(path.read_bytes() if is_file else given.encode(), path.stem if is_file else "key")
    except BadNote as failure:
        what = str(failure) if is_file else "is neither a file nor an Ed25519 public key"
        raise Rejected([Problem((given[:100],), "invalid", what, remedy)]) from None


def private_key(path: Path, name: str) -> Signer:
    """An approver's private key from its file.

    Raises:
        Rejected: it is not one, or others may read it.
    """
    from privacy.ledger.folder import read_private
    from privacy.ledger.note import BadNote, Signer

    try:
        return Signer.from_pem(read_private(regular(path)), name or path.stem)
    except BadNote as failure:
        raise Rejected([Problem((str(path),), "invalid", str(failure), "Give your own .key file")]) from None


def request_signer(path: Path | None) -> Callable[[str], dict[str, str]] | None:
    """What signs that the owner of a private key asks for something; None where no key is given.

    Raises:
        Rejected: it is not one, or others may read it.
    """
    if path is None:
        return None
    signer = private_key(path, "")
    key = signer.verifier().text()
    return lambda text: {"key": key, "signature": signer.sign(text)}


class PublicRows(NamedTuple):
    """What two approvers sign to be public.

    Attributes:
        fingerprint: of the people, as the ledger computes it.
        rows: the sha256 of the rows, hex.
        people: how many people they are about.
        what: the file, or the log, that they are.
    """

    fingerprint: str
    rows: str
    people: int
    what: str


def public_rows(home: Path, folder: Path | None) -> PublicRows:
    """The rows of a folder, or of the home's own log, as two approvers sign them to be public.

    Raises:
        Rejected: there are no events.
    """
    if folder is None:
        workspace = Workspace(home)
        if not workspace.has_events:
            what, remedy = "holds no event log", "Give --data DIR, or ingest events first"
            raise Rejected([Problem((str(home),), "missing", what, remedy)])
        with workspace.log() as log:
            people = list(log.people())
        rows, name = log_digest(workspace), f"event log of {home}"
    else:
        people, rows = _of_file(folder / "events.parquet")
        name = str(folder / "events.parquet")
    return PublicRows(open_ledger(home).dataset(people).fingerprint, rows, len(people), name)


def _of_file(events: Path) -> tuple[list[str], str]:
    import pyarrow.compute
    import pyarrow.parquet

    rows = sha256_of(events)
    try:
        subjects = pyarrow.parquet.read_table(events, columns=["subject"])["subject"].cast("string")
    except (OSError, KeyError, pyarrow.ArrowException):
        subjects = pyarrow.nulls(1)
    if subjects.null_count or not len(subjects):
        what = "is no Parquet file of events, each with a text in the column `subject`"
        raise Rejected([Problem((str(events),), "unreadable", what, "Give the folder of such a file")])
    return [str(name) for name in pyarrow.compute.unique(subjects).to_pylist()], rows


def log_digest(workspace: Workspace) -> str:
    """The sha256 of all events of the home's log, in the order in which they were recorded."""
    found = hashlib.sha256()
    with workspace.log() as log:
        for event in log.events():
            found.update(repr(event).encode() + b"\n")
    return found.hexdigest()


def approver_keys(path: Path) -> tuple[NoteVerifier, ...]:
    """The public keys that an auditor was given by another way than the ledger, one a line.

    Raises:
        Rejected: a line is none, or there is none.
    """
    from composition.reading import read_text

    lines = [
        line.strip() for line in read_text(regular(path)).splitlines() if line.strip() and not line.startswith("#")
    ]
    if not lines:
        what, remedy = "names nobody", "Write the root approvers' public keys into it, one a line"
        raise Rejected([Problem((str(path),), "missing", what, remedy)])
    return tuple(public_key(line) for line in lines)


def bundle_bytes(path: Path) -> bytes:
    """An exported ledger, which is read only where it begins as one and is no larger than one can be.

    Raises:
        Rejected: it cannot be read, or is none.
    """
    from privacy.ledger.export import FORMAT, MOST_BYTES

    try:
        with path.open("rb") as file:
            head = file.read(len(FORMAT))
            content = head + file.read(MOST_BYTES + 1) if head == FORMAT.encode() else head
    except OSError as failure:
        what = (failure.strerror or "cannot be read").lower()
        raise Rejected([Problem((str(path),), "unreadable", what, "Check the path and its permissions")]) from failure
    if len(content) > MOST_BYTES:
        what = f"has more than {MOST_BYTES} bytes, the most that is read"
        raise Rejected([Problem((str(path),), "range", what, "Give what `proffer privacy export` wrote")])
    return content


def kept_note(path: Path) -> Note:
    """A signed checkpoint that somebody kept.

    Raises:
        Rejected: the file is not one.
    """
    from privacy.ledger.note import BadNote, Note

    try:
        return Note.parse(regular(path).read_bytes())
    except BadNote as failure:
        raise Rejected(
            [Problem((str(path),), "invalid", str(failure), "Give what `proffer privacy checkpoint` wrote")]
        ) from None
