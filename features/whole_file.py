"""Files and folders that appear whole or not at all, durably where that is asked for, and the lock of a file."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOR_ALL: Final = 0o644
OWNER_ONLY: Final = 0o600


def write_whole(path: Path, content: bytes, *, durable: bool = True, mode: int = FOR_ALL) -> None:
    """Write a file so that readers see the old content or all of the new, never a part.

    Args:
        path: the file; its folder exists.
        content: all of it.
        durable: whether it is on the disk when this returns, so that a power failure cannot take it back.
        mode: who may read it; the process's umask takes away from that.

    Raises:
        OSError: it could not be written; the old file is as it was, or (if only the last flush failed) the new one is
            there.
    """
    with replacing(path, durable=durable) as unfinished:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a path to write to, which replaces `path` at the end of the block and is removed if the block fails.

    Raises:
        OSError: `path` is a folder, a device or a pipe.
    """
    _refuse_what_is_no_file(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _try_to_make(unfinished, path)
        yield unfinished
        if durable:
            flush(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if durable:
        flush(path.parent)


def _try_to_make(unfinished: Path, path: Path) -> None:
    """Find out before any work whether the file can be made; what stops it is said of the path that was given."""
    try:
        unfinished.touch()
        unfinished.unlink()
    except OSError as failure:
        raise OSError(failure.errno, failure.strerror, str(path)) from None


def _refuse_what_is_no_file(path: Path) -> None:
    """Refuse a folder, a device or a pipe: a rename would fail late, or put a file in the place of the device."""
    if not path.name or path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "is a device or a pipe, not a file that can be replaced", str(path))


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, which becomes `folder` at the end of the block and is removed if the block fails.

    Raises:
        OSError: there is a folder of that name that is not empty.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield unfinished
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def flush(path: Path) -> None:
    """Return when the content of a file, or the entries of a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on a file, made if it is not there (flock(2)).

    Args:
        path: the file; its folder exists.
        wait: wait for another process, in the order of coming, instead of refusing.

    Raises:
        BlockingIOError: another process holds it, and nobody waits.
        OSError: the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)  # closing gives the lock back
