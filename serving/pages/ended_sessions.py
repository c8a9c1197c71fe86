"""Ended sessions: those that were left before their time, so that a copy of a cookie opens nothing afterwards.

They are hashes in a folder, a file for each day in UTC, which the processes of a service share. A session holds for
less than a day, so that those of today and of the day before are all that matter; older files are removed.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from features.calendar import DAY_SECONDS
from features.whole_file import OWNER_ONLY

_PRIVATE_FOLDER: Final = 0o700


class EndedSessions:
    """Which sessions were ended."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._folder = folder
        self._read: dict[int, tuple[int, frozenset[str]]] = {}

    def end(self, nonce: str, now: int) -> None:
        """End the session of a nonce, for every process that has the folder; raises OSError where it cannot be kept."""
        day = now // DAY_SECONDS
        self._folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        file = os.open(self._folder / str(day), os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        try:
            os.write(file, f"{_hashed(nonce)}\n".encode())
        finally:
            os.close(file)
        for old in self._folder.iterdir():
            if old.name.isdigit() and int(old.name) < day - 1:
                old.unlink(missing_ok=True)

    def ended(self, nonce: str, now: int) -> bool:
        """Whether the session of a nonce was ended."""
        day, wanted = now // DAY_SECONDS, _hashed(nonce)
        return any(wanted in self._of(one) for one in (day - 1, day))

    def _of(self, day: int) -> frozenset[str]:
        """The hashes of a day, read again where there are more of them."""
        path = self._folder / str(day)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return frozenset()
        if day not in self._read or self._read[day][0] != size:
            self._read = {kept: one for kept, one in self._read.items() if kept >= day - 1}
            self._read[day] = (size, frozenset(path.read_text(encoding="ascii").split()))
        return self._read[day][1]


def _hashed(nonce: str) -> str:
    return sha256(nonce.encode()).hexdigest()
