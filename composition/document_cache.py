"""Document cache: YAML files parsed before, kept in the home as JSON under a hash of their bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from features.whole_file import OWNER_ONLY, write_whole

FORMAT: Final = b"proffer documents 1"
"""What is hashed before the files; raise the number when the parser or the form of an entry changes."""
KEPT: Final = 24
"""Entries kept; the one written longest ago goes first."""
_FOLDER_MODE: Final = 0o700
_DATE: Final = "date of YAML"


class DocumentCache:
    """Parsed documents in one folder, for its owner only.

    An entry is used only where its own hash is right, so a damaged one is parsed again. Whatever cannot be read or
    written here costs time and nothing else. Nothing is kept where the folder's parent, the home, does not exist.
    """

    def __init__(self, folder: Path) -> None:
        """Keep entries in `folder`, which is made when the first is written."""
        self._folder = folder

    def documents(self, paths: Sequence[Path], parse: Callable[[Sequence[Path]], list[object]]) -> list[object]:
        """Return what `parse` makes of some files, from the cache where their bytes were parsed before.

        Raises:
            Rejected: what `parse` raises; nothing is kept then.
        """
        if not self._folder.parent.is_dir():
            return parse(paths)
        key = _key(paths)
        if key is None:  # a file cannot be read: the parser says so
            return parse(paths)
        entry = self._folder / f"{key}.json"
        with contextlib.suppress(OSError, ValueError):
            return _decoded(entry.read_bytes())
        found = parse(paths)
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            self._keep(entry, found)
        return found

    def _keep(self, entry: Path, documents: list[object]) -> None:
        content = _encoded(documents)
        if _decoded(content) != documents:  # something in it has no JSON form, such as a key that is a number
            return
        self._folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        write_whole(entry, content, durable=False, mode=OWNER_ONLY)
        old = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]
        for path in old:
            path.unlink(missing_ok=True)


def _key(paths: Sequence[Path]) -> str | None:
    digest = hashlib.sha256(FORMAT)
    try:
        for path in paths:
            content = path.read_bytes()
            digest.update(len(content).to_bytes(8, "big") + content)
    except OSError:
        return None
    return digest.hexdigest()


def _encoded(documents: list[object]) -> bytes:
    """Return the entry: the hash of the JSON text, a line break, the text."""
    text = json.dumps(documents, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_tagged).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def _decoded(entry: bytes) -> list[object]:
    """Return the documents of an entry; raises ValueError where its hash is wrong."""
    digest, _, text = entry.partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise ValueError("the entry is damaged")
    documents: list[object] = json.loads(text, object_hook=_untagged)
    return documents


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, date) and not isinstance(value, datetime):
        return {_DATE: value.isoformat()}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _untagged(document: dict[str, object]) -> object:
    if len(document) == 1 and _DATE in document:
        return date.fromisoformat(str(document[_DATE]))
    return document
