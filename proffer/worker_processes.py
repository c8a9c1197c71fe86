"""Worker processes of a service: forked once everything is loaded, replaced when they die, stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

SOON: Final = 5.0
"""A worker that ends by itself after fewer seconds than these did not start well."""
MOST_FAILURES: Final = 5
_DEATH_OF_PARENT: Final = 1  # PR_SET_PDEATHSIG of Linux


class WorkerProcesses:
    """Runs `work(number)` in several processes until this one is told to stop.

    Everything that was loaded before is shared by them until it is written to. SIGTERM and SIGINT are passed on as
    SIGTERM, SIGHUP as it is. One that dies is replaced; when several in a row do not start, all are stopped.
    """

    def __init__(self, work: Callable[[int], int], count: int, grace: float) -> None:
        """Give workers `grace` seconds to end before they are killed."""
        self._work = work
        self._count = count
        self._grace = grace
        self._numbers: dict[int, tuple[int, float]] = {}
        self._failures = 0
        self._stopping = False

    def run(self, died: Callable[[int], None] = lambda _pid: None) -> int:
        """Return once all have ended: 0 when told to stop, 1 when they would not start; `died` learns of each end."""
        handled = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)
        before = {one: signal.signal(one, self._told) for one in handled}
        gc.freeze()  # what is there now is never looked at by a collector, and stays shared
        try:
            for number in range(self._count):
                if not self._stopping:
                    self._start(number)
            while self._numbers:
                pid, status = os.wait()
                number, began = self._numbers.pop(pid, (0, 0.0))
                died(pid)
                if not self._stopping:
                    self._replace(number, began, os.waitstatus_to_exitcode(status))
        finally:
            signal.alarm(0)
            for one, handler in before.items():
                signal.signal(one, handler)
        return int(self._failures >= MOST_FAILURES)

    def _replace(self, number: int, began: float, code: int) -> None:
        soon = time.monotonic() - began < SOON and code >= 0  # one that was killed may have started well
        self._failures = self._failures + 1 if soon else 0
        print(f"Worker {number} ended with {code}.", file=sys.stderr, flush=True)
        if self._failures >= MOST_FAILURES:
            print("Workers do not start; stopping.", file=sys.stderr, flush=True)
            self._stop()
        else:
            self._start(number)

    def _start(self, number: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._numbers[pid] = (number, time.monotonic())
            return
        code = 1
        try:
            _die_with_parent()
            for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
                signal.signal(one, signal.SIG_DFL)
            code = self._work(number)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            sys.stderr.flush()
            os._exit(code)  # nothing of the parent's is undone here

    def _told(self, sig: int, _frame: FrameType | None) -> None:
        if sig == signal.SIGHUP:
            self._pass_on(sig)
        elif sig == signal.SIGALRM:
            self._pass_on(signal.SIGKILL)
        else:
            self._stop()

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            signal.setitimer(signal.ITIMER_REAL, self._grace)
        self._pass_on(signal.SIGTERM)

    def _pass_on(self, sig: int) -> None:
        for pid in list(self._numbers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)


def _die_with_parent() -> None:
    """Be stopped when the parent is killed, where the system knows how: nobody else would stop this process."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGTERM)
