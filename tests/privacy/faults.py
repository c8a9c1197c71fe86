"""What happens to a ledger's appends in the world: kill -9 at any moment, and every system call failing once.

Run as ``python -m tests.privacy.faults kill FOLDER COUNT SEED`` or ``... strace FOLDER``; a test reads what it says.
"""

import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from features.problem import Rejected
from privacy.accounting import mechanism as m
from privacy.ledger.ledger import Ledger
from tests.privacy.ledgers import clock, reserve

ACKNOWLEDGED, REFUSED, BROKEN, ABSENT = 0, 10, 11, 12  # exit codes of a process that appends; 12: no strace here


def tell(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def begun(work: Callable[[], int]) -> int:
    """Begin a process that does some work and exits with its code."""
    child = os.fork()
    if child:
        return child
    code = BROKEN
    try:
        code = work()
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
    finally:
        os._exit(code)


# --- kills -----------------------------------------------------------------------------------------------------------


def spending(folder: Path, name: str, ready: int) -> int:
    made = Ledger.open(folder, clock)
    os.write(ready, b".")
    for i in range(10_000):
        spend = f"{name}-{i}"
        tell("asked", spend)
        reserve(made, spend)
        tell("granted", spend)
        os.write(ready, b".")
        if i % 3 == 1:
            made.commit(spend)
            tell("committed", spend)
        if i % 5 == 4:
            made.rotate("often")
    return ACKNOWLEDGED


def kill(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    for n in range(count):
        reading, ready = os.pipe()
        child = begun(lambda n=n, ready=ready: spending(folder, f"k{n}", ready))
        for _ in range(chance.randrange(8)):  # none: it is killed while it opens the ledger
            os.read(reading, 1)
        time.sleep(chance.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(ready)


# --- system calls ----------------------------------------------------------------------------------------------------

CALLS = (  # those that can fail on account of a disk or a file
    *("openat", "newfstatat", "fstat", "lstat", "stat", "read", "pread64", "write", "pwrite64", "lseek", "ioctl"),
    *("fcntl", "flock", "fchown", "fsync", "fdatasync", "ftruncate", "rename", "unlink", "close", "getrandom"),
)
FULL = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync")


BEGIN = signal.SIGUSR1


def appending(folder: Path, spend: str, ready: int) -> int:
    made = Ledger.open(folder, clock)
    with contextlib.suppress(OSError, AttributeError):  # let strace attach where only parents may (Yama)
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
    os.write(ready, b".")
    signal.sigwait({BEGIN})
    try:
        reserve(made, spend, m.declared("1"))
    except Rejected as refusal:
        return REFUSED if refusal.problems else BROKEN
    return ACKNOWLEDGED


@contextlib.contextmanager
def traced(child: int, log: Path, fault: str) -> Iterator[None]:
    known = ",".join(f"?{call}" for call in CALLS)
    options = ["-e", f"trace={known}", *(["-e", f"inject={fault}"] if fault else [])]
    command = ["strace", "-o", str(log), *options, "-p", str(child)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        said = strace.stderr.readline()
        if "attached" not in said:
            os.kill(child, signal.SIGKILL)
            print(said or "strace says nothing", file=sys.stderr)
            sys.exit(ABSENT)
        yield
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)


def append_with(folder: Path, spend: str, fault: str, log: Path) -> int:
    """Append once while a system call fails; the exit code says what the process that asked was told."""
    opened, ready = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, {BEGIN})
    child = begun(lambda: appending(folder, spend, ready))
    os.read(opened, 1)
    with traced(child, log, fault):
        os.kill(child, BEGIN)
    os.close(opened)
    os.close(ready)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def faults_of(log: Path) -> list[str]:
    """Each system call of a traced append, as a fault: which call, how it fails, the how-manieth."""
    calls = Counter(re.findall(r"^(\w+)\(", log.read_text(encoding="utf-8"), re.MULTILINE))
    return [
        f"{call}:error={'ENOSPC' if call in FULL else 'EIO'}:when={n}"
        for call, count in sorted(calls.items())
        for n in range(1, count + 1)
    ]


def strace(folder: Path) -> None:
    if shutil.which("strace") is None:
        print("strace is not installed", file=sys.stderr)
        sys.exit(ABSENT)
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "strace"
        append_with(folder, "probe", "", log)
        for i, fault in enumerate(faults_of(log)):
            code = append_with(folder, f"fault-{i}", fault, log)
            found = {
                "fault": fault,
                "injected": "(INJECTED)" in log.read_text(encoding="utf-8"),
                "told": {ACKNOWLEDGED: "acknowledged", REFUSED: "refused"}.get(code, f"exit {code}"),
                "kept": f"fault-{i}" in {spend.id for spend in Ledger.open(folder, clock).spends("kr")},
            }
            tell(json.dumps(found))


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    {"kill": kill, "strace": strace}[what](Path(where), *map(int, numbers))
