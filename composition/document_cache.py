"""Document cache: what was made of files before, kept in the home as JSON under a hash of their bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

from features.whole_file import OWNER_ONLY, write_whole

T = TypeVar("T")

FORMAT: Final = b"proffer documents 3"
"""What is hashed before the files; raise the number when the parser or the form of an entry changes."""
KEPT: Final = 24
"""Entries kept; the one written longest ago goes first."""
_FOLDER_MODE: Final = 0o700
_DATE: Final = "date of YAML"


class DocumentCache:
    """Parsed documents and what was made of them, in one folder, for its owner only.

    An entry is used only where the hash of its name and content is right, so a damaged or exchanged one is made again,
    and only from a folder that no other user may write. Whatever cannot be read or
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
        return self.kept(FORMAT, paths, lambda: parse(paths), _encoded, _decoded)

    def kept(
        self,
        made_by: bytes,
        paths: Sequence[Path],
        make: Callable[[], T],
        encode: Callable[[T], bytes],
        decode: Callable[[bytes], T],
    ) -> T:
        """Return what `make` makes of some files, decoded from an entry where it was made of the same bytes before.

        Args:
            made_by: what the result depends on beside the files.
            paths: the files.
            make: what makes the result.
            encode: what turns it into an entry; a result that does not come back from there as it is is not kept.
            decode: what turns the entry into the result again; raises ValueError where it cannot.

        Raises:
            Rejected: what `make` raises; nothing is kept then.
        """
        key = _key(made_by, paths) if self._folder.parent.is_dir() and self._is_ours() else None
        if key is None:  # no home, a folder that others may write, or a file that cannot be read: make() says so
            return make()
        entry = self._folder / f"{key}.json"
        with contextlib.suppress(OSError, ValueError):
            if _is_plain_file(entry):
                return decode(_checked(entry.read_bytes(), key))
        found = make()
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            content = encode(found)
            if decode(content) == found:  # else something in it has no JSON form, such as a key that is a number
                self._keep(entry, content, key)
        return found

    def _is_ours(self) -> bool:
        """Return whether the folder is absent, or a real folder of this user that no one else may write."""
        try:
            found = self._folder.lstat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022

    def _keep(self, entry: Path, content: bytes, key: str) -> None:
        self._folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        write_whole(entry, _digest(content, key) + b"\n" + content, durable=False, mode=OWNER_ONLY)
        old = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]
        for path in old:
            path.unlink(missing_ok=True)


def _key(made_by: bytes, paths: Sequence[Path]) -> str | None:
    digest = hashlib.sha256(made_by)
    try:
        for path in paths:
            content = path.read_bytes()
            digest.update(f"{len(content)} {path.suffix}\n".encode() + content)
    except OSError:
        return None
    return digest.hexdigest()


def _is_plain_file(entry: Path) -> bool:
    """Return whether an entry is a file of this user that no one else may write; no link and no pipe."""
    found = entry.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _digest(content: bytes, key: str) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode()


def _checked(entry: bytes, key: str) -> bytes:
    """Return the content of an entry, which follows the hash of its key and content; ValueError if that is wrong."""
    digest, _, content = entry.partition(b"\n")
    if _digest(content, key) != digest:
        raise ValueError("the entry is damaged")
    return content


def _encoded(documents: list[object]) -> bytes:
    text = json.dumps(documents, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_tagged)
    return text.encode()


def _decoded(content: bytes) -> list[object]:
    documents: list[object] = json.loads(content, object_hook=_untagged)
    return documents


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, date) and not isinstance(value, datetime):
        return {_DATE: value.isoformat()}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _untagged(document: dict[str, object]) -> object:
    if len(document) == 1 and _DATE in document:
        return date.fromisoformat(str(document[_DATE]))
    return document
