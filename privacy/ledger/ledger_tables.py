"""The ledger's SQLite tables: append-only rows with triggers that refuse changes, and durable transactions."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from features.problem import Problem, Rejected
from privacy.ledger.dataset import Dataset, unpacked
from privacy.ledger.folder import DATABASE as DATABASE
from privacy.ledger.note import BadNote, Note

PATIENCE: Final = 60.0  # seconds to wait for a reader that holds the database outside of the lock

_TABLES: Final = {
    "entry": "CREATE TABLE entry (position INTEGER PRIMARY KEY CHECK (position >= 0), body BLOB NOT NULL)",
    "checkpoint": "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size > 0), note BLOB NOT NULL)",
    "cosignature": "CREATE TABLE cosignature (size INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (size, line))",
    "sketch": (
        "CREATE TABLE sketch (population TEXT NOT NULL, hash TEXT NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY (population, hash))"
    ),
    "admitted": (
        "CREATE TABLE admitted (position INTEGER NOT NULL, part INTEGER NOT NULL, population TEXT NOT NULL,"
        " body BLOB NOT NULL, PRIMARY KEY (position, part))"
    ),
    "roll": "CREATE TABLE roll (position INTEGER PRIMARY KEY, population TEXT NOT NULL, body BLOB NOT NULL)",
    "overlap": (
        "CREATE TABLE overlap (position INTEGER NOT NULL, population TEXT NOT NULL, PRIMARY KEY (position, population))"
    ),
    "rest": "CREATE TABLE rest (population TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount >= 0))",
}
_GUARDS: Final = {
    f"{table}_keeps_what_it_has_{action}": (
        f"CREATE TRIGGER {table}_keeps_what_it_has_{action} BEFORE {action.upper()} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    )
    for table in ("entry", "checkpoint", "cosignature", "sketch", "admitted", "roll", "overlap")
    for action in ("update", "delete")
}
_SCHEMA: Final = {**_TABLES, **_GUARDS}
_THIRD_SCHEMA: Final = {name: text for name, text in _SCHEMA.items() if not name.startswith("overlap")}
_SECOND_SCHEMA: Final = {name: text for name, text in _THIRD_SCHEMA.items() if not name.startswith("roll")}
_FIRST_SCHEMA: Final = {name: text for name, text in _SECOND_SCHEMA.items() if not name.startswith("admitted")}
"""Of a ledger that was begun by an earlier version and not written since."""
_RESTORE: Final = "Restore the last good copy"


class Damaged(Rejected):
    """The ledger's files are not what was written; the message names the first bad entry where one is."""


class Busy(Rejected):
    """Another program holds the database; nothing was written, and the same request may be made again."""


class Unwritable(Rejected):
    """The disk did not accept an entry (full, read-only, failing): nothing was acknowledged."""


def damaged(folder: Path, what: str) -> Damaged:
    """The refusal to use a database that is not what was written."""
    remedy = "Nothing was signed. Keep the file as evidence and restore the last good copy"
    return Damaged([Problem((str(folder / DATABASE),), "damaged", what, remedy)])


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Connect for slow and safe writing.

    A rollback journal, so that there is one file and no shared memory; synchronous EXTRA, because under FULL the
    journal's deletion may be lost with the power, and an acknowledged commit would be rolled back. On read-only media
    the file is read as it is.
    """
    if read_only:  # without a lock and a journal, which such media cannot hold
        frozen = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(frozen, uri=True, timeout=PATIENCE, isolation_level=None)
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("PRAGMA trusted_schema = OFF")
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit the block whole, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def make_schema(db: sqlite3.Connection) -> None:
    """Create the tables and triggers that are not there."""
    have = _schema_of(db)
    if _SCHEMA.keys() <= have.keys():
        return
    with transaction(db):
        for name, statement in _SCHEMA.items():
            if name not in have:
                db.execute(statement)


def _schema_of(db: sqlite3.Connection) -> dict[str, str]:
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {str(name): str(sql) for name, sql in rows}


def check_schema(db: sqlite3.Connection, folder: Path, *, whole: bool) -> None:
    """Accept only a ledger's tables and triggers; with `whole`, check the database file too.

    Raises:
        Damaged: they differ, or SQLite finds damage.
    """
    if _schema_of(db) not in (_SCHEMA, _THIRD_SCHEMA, _SECOND_SCHEMA, _FIRST_SCHEMA):
        raise damaged(folder, "has other tables or triggers than a ledger has")
    found = db.execute("PRAGMA quick_check(1)").fetchone() if whole else ("ok",)
    if found != ("ok",):
        raise damaged(folder, f"is corrupt: {found[0]}")


def has_entries(path: Path) -> bool:
    """Whether a database holds a ledger that has begun."""
    with contextlib.closing(connect(path)) as db:
        if "entry" not in _schema_of(db):
            return False
        (size,) = db.execute("SELECT count(*) FROM entry").fetchone()
        return bool(size)


def size_of(db: sqlite3.Connection) -> int:
    """The number of entries."""
    (size,) = db.execute("SELECT coalesce(max(position), -1) + 1 FROM entry").fetchone()
    return int(size)


def lines_from(db: sqlite3.Connection, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """Position and bytes of the entries from `first` on, in order."""
    for position, body in db.execute("SELECT position, body FROM entry WHERE position >= ? ORDER BY 1", (first,)):
        yield position, blob(body)


def line_at(db: sqlite3.Connection, position: int) -> bytes:
    """The bytes of one entry that is there."""
    (body,) = db.execute("SELECT body FROM entry WHERE position = ?", (position,)).fetchone()
    return blob(body)


def has_table(db: sqlite3.Connection, name: str) -> bool:
    """Whether a database has a table; one that an earlier version began and nobody wrote since lacks newer ones."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def blob(value: object) -> bytes:
    """A value that must be bytes.

    Raises:
        Damaged: it is text.
    """
    if not isinstance(value, bytes):
        raise Damaged([Problem(("ledger",), "damaged", "holds text where bytes were written", _RESTORE)])
    return value


def note_at(db: sqlite3.Connection, size: int) -> Note:
    """The signed checkpoint of a size, with its cosignatures.

    Raises:
        Damaged: there is none, or it is malformed.
    """
    row = db.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()
    if row is None:
        raise Damaged([Problem(("ledger",), "damaged", f"has no checkpoint of size {size}", _RESTORE)])
    try:
        note = Note.parse(blob(row[0]))
        for (line,) in db.execute("SELECT line FROM cosignature WHERE size = ? ORDER BY line", (size,)):
            note = note.joined(str(line))
    except BadNote as failure:
        what = f"checkpoint of size {size} is malformed: it {failure}"
        raise Damaged([Problem(("ledger",), "damaged", what, _RESTORE)]) from None
    return note


def chosen_sizes(db: sqlite3.Connection, size: int, most: int) -> list[int]:
    """Sizes of at most `most` checkpoints to export: the latest, those cosigned, and every n-th."""
    sizes = [row[0] for row in db.execute("SELECT size FROM checkpoint WHERE size <= ? ORDER BY size", (size,))]
    if len(sizes) <= most:
        return sizes
    witnessed = [row[0] for row in db.execute("SELECT DISTINCT size FROM cosignature ORDER BY size DESC")]
    kept = {size, *witnessed[: most // 2]}
    step = -(-len(sizes) // (most - len(kept)))
    return sorted(kept | set(sizes[::step]))


def known_elsewhere(db: sqlite3.Connection, folder: Path, population: str, dataset: Dataset) -> set[str]:
    """The other populations that some people spend from, as far as the sketches of version 1 know them.

    Raises:
        Damaged: a sketch is not the one its entry names.
    """
    mine, elsewhere = set(dataset.sketch), set()
    for other, found, body in db.execute("SELECT population, hash, body FROM sketch ORDER BY population, hash"):
        content = blob(body)
        if hashlib.sha256(content).hexdigest() != found:
            raise damaged(folder, f"a sketch of {other} is not the one its entry names")
        if other != population and not mine.isdisjoint(unpacked(content)):
            elsewhere.add(str(other))
    return elsewhere


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn SQLite's and the disk's errors into named refusals."""
    try:
        yield
    except sqlite3.OperationalError as failure:
        text = str(failure)
        if "locked" in text or "busy" in text:
            problem = Problem(("ledger",), "unavailable", f"is in use ({text})", "Try again; nothing was written")
            raise Busy([problem]) from failure
        if any(word in text for word in ("malformed", "no such", "corrupt", "decode")):
            raise Damaged([Problem(("ledger",), "damaged", text, _RESTORE)]) from failure
        raise _unwritable(text) from failure
    except sqlite3.DatabaseError as failure:
        raise Damaged([Problem(("ledger",), "damaged", str(failure), _RESTORE)]) from failure
    except OSError as failure:
        raise _unwritable(failure.strerror or str(failure), str(failure.filename or "ledger")) from failure


def _unwritable(text: str, where: str = "ledger") -> Unwritable:
    remedy = "Nothing was acknowledged: make room on the disk, or let its owner run this, then ask again by the same id"
    return Unwritable([Problem((where,), "unreadable", f"could not be written or read ({text})", remedy)])
