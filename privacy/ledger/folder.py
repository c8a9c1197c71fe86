"""The folder a ledger lives in: files are whole and durable or not there, one writer at a time, no network disk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY as OWNER_ONLY
from features.whole_file import flush

MOUNTS: Final = Path("/proc/self/mountinfo")
_REMOTE: Final = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs"}
    | {"nfs4", "ocfs2", "orangefs", "smb2", "smb3", "smbfs"}
)
_LOCAL_FUSE: Final = frozenset({"fuseblk", "fuse.fuse-overlayfs", "fuse.lxcfs"})

DATABASE: Final = "ledger.sqlite"
"""The file that makes a folder a ledger's."""


class NetworkFileSystem(Rejected):
    """A ledger may not be there: locks and fsync of network file systems are not reliable."""


def refuse_network(folder: Path, mounts: Path = MOUNTS) -> None:
    """Accept only a folder on a local file system; where the system does not say (no /proc), accept.

    Raises:
        NetworkFileSystem: it is on NFS, SMB, 9p, a FUSE mount or the like.
    """
    kind = file_system_of(folder, mounts)
    if kind in _REMOTE or (kind.startswith("fuse") and kind not in _LOCAL_FUSE):
        what = f"is on a network file system ({kind}), whose locks and fsync cannot be relied on"
        raise NetworkFileSystem(
            [Problem((str(folder),), "forbidden", what, "Put the ledger on a local disk of one machine")]
        )


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system under a path (proc(5), mountinfo), or nothing where that is not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    wanted = _named(folder)
    found = ("", "")
    for line in lines:
        left, _, right = line.partition(" - ")
        at = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), left.split(" ")[4]))
        if wanted.is_relative_to(at) and len(str(at)) >= len(found[0]):
            found = (str(at), right.split(" ")[0])
    return found[1]


class OwnFile(Rejected):
    """An output path that names a file of the ledger, or a place in the ledger's folder."""


def refuse_own_file(out: Path, folder: Path) -> None:
    """Accept an output path only if it is outside the folder of this ledger and of any other, however it is spelled.

    Symbolic links, hard links and relative paths are followed to what they name; case is ignored, as some disks do.

    Raises:
        OwnFile: the path names a file of the ledger, or is in its folder.
    """
    own = {_identity(path) for path in (folder, *folder.rglob("*"))} - {None}
    places = {path for start in (out.absolute(), _named(out)) for path in (start, *start.parents)}
    spelled = Path(str(_named(folder)).casefold())
    inside = Path(str(_named(out)).casefold()).is_relative_to(spelled)
    another = any((place / DATABASE).exists() for place in _named(out).parents)
    if inside or another or any(_identity(path) in own for path in places):
        what = "is a file of the privacy ledger, or is in its folder: writing there would destroy the record"
        raise OwnFile([Problem((str(out),), "forbidden", what, "Choose an output path outside the ledger's folder")])


def _named(path: Path) -> Path:
    """What a path names once links are followed; `Path.resolve` raises where they lead in a circle."""
    return Path(os.path.realpath(path))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def refuse_shared(folder: Path) -> None:
    """Accept only a folder, and a database in it, that nobody but its owner may write to.

    Raises:
        Rejected: others could exchange the ledger's files.
    """
    shared = [path for path in (folder, folder / DATABASE) if path.exists() and path.stat().st_mode & 0o022]
    if shared:
        what = "may be written by others than its owner, who could exchange the ledger"
        raise Rejected([Problem((str(path),), "forbidden", what, f"Run: chmod go-w {path}") for path in shared])


def begin(folder: Path) -> None:
    """Make a folder for its owner only, durably, if it is not there."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flush(folder.parent)


def is_read_only(folder: Path) -> bool:
    """Whether a folder lies on media that cannot be written, where nothing can change while it is read."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def read_private(path: Path) -> bytes:
    """Read a secret that only its owner may read.

    Raises:
        Rejected: others may read it too, or it is no file.
    """
    if path.is_file() and path.stat().st_mode & 0o077:
        remedy = f"Run: chmod 600 {path}, and rotate the key if it may have been read"
        raise Rejected([Problem((str(path),), "forbidden", "may be read by others than its owner", remedy)])
    return read_file(path)


def read_file(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        Rejected: a folder, a device or a pipe, which may have no end, is in its place.
        FileNotFoundError: nothing is there.
    """
    if path.exists() and not path.is_file():
        what = "is a folder, a device or a pipe where a file belongs"
        raise Rejected([Problem((str(path),), "damaged", what, "Put the file there, from a backup if need be")])
    return path.read_bytes()
