"""How often each party may call: a rate with a burst, kept in memory that several processes share."""

from __future__ import annotations

import hashlib
import math
import mmap
import multiprocessing
import secrets
import struct
import time
from collections.abc import Callable
from typing import Final

SLOTS: Final = 8_192
_PROBES: Final = 16
_SLOT: Final = struct.Struct("=8sd")


class Quota:
    """The generic cell rate algorithm (ITU-T I.371) for many parties; made before a process forks, it is shared.

    A table of fixed size: of a party that calls too rarely to be limited nothing is kept for long. Parties are told
    apart by a keyed hash, so that nobody can choose a name to share somebody's slot.
    """

    def __init__(self, rate: float, burst: int, timer: Callable[[], float] = time.monotonic) -> None:
        """Allow `rate` calls a second, and `burst` at once after a pause; `timer` runs alike in every process."""
        self.rate = rate
        self.burst = burst
        self._timer = timer
        self._key = secrets.token_bytes(16)
        self._table = mmap.mmap(-1, SLOTS * _SLOT.size)
        self._lock = multiprocessing.get_context("fork").Lock()

    def seconds(self, party: str) -> int:
        """Count a call that may be made, and return 0; else after how many whole seconds to come back."""
        digest = hashlib.blake2b(party.encode(), key=self._key, digest_size=16).digest()
        name, first = digest[:8], int.from_bytes(digest[8:12], "big")
        with self._lock:
            now = self._timer()
            place, due = self._slot(name, first, now)
            due = max(due, now) + 1 / self.rate
            ahead = due - now - self.burst / self.rate
            if ahead > 1e-9:
                return max(1, math.ceil(ahead))
            _SLOT.pack_into(self._table, place, name, due)
            return 0

    def _slot(self, name: bytes, first: int, now: float) -> tuple[int, float]:
        """Where a party is kept, and when it is due; of a full stretch, where the one is that was idle for longest."""
        best, least = 0, math.inf
        for probe in range(_PROBES):
            place = (first + probe) % SLOTS * _SLOT.size
            held, due = _SLOT.unpack_from(self._table, place)
            if held == name:
                return place, due
            if due < least:
                best, least = place, due
        return best, now
