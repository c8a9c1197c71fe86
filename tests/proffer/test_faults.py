"""A full disk, a read-only folder, a lock that is held, a worker that is killed: met by every verb that writes.

Each fault is met in earnest: the same command fails with it, in words, and succeeds once it is gone.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from features.log import database
from privacy.ledger import ledger_tables
from proffer import cli
from tests.proffer.mistakes import lay_out
from tests.proffer.test_bad_input import gov24
from tests.proffer.test_mistakes import OF_PYTHON

APPROVERS = "--approver alice.pub --approver bob.pub"
WRITES = [
    "ingest e.ndjson --home fresh",
    "ingest conflict-free.ndjson --home lived",
    "features --events e.ndjson --at pairs.csv --out o.parquet",
    "catalogue import gov24 --list list.json --detail detail.json --conditions conditions.json --out o --report r",
    "privacy key --name carol --out carol",
    f"privacy init --population fr --epsilon 1 --delta 1e-6 {APPROVERS} --draft fr.draft --home ledgered",
    "privacy init --population synthetic --epsilon 1 --delta 1e-6 --home fresh",
    "privacy reserve --population kr --spend run-2 --epsilon 1 --home ledgered",
    "privacy commit --spend run-0 --home ledgered",
    "privacy expire --spend run-1 --reason lost --home ledgered",
    "privacy raise --population kr --epsilon 9 --reason more --draft more.draft --home ledgered",
    "privacy approve jp.draft --key bob.key --out bob2.sig",
    "privacy rotate --reason yearly --home ledgered",
    "privacy export --out b --home ledgered",
    "privacy report --out r.html --home ledgered",
    "privacy proof --index 1 --out p --home ledgered",
    "privacy checkpoint --out c --home ledgered",
    "privacy witness --folder w --name office.example --log ledgered/ledger/ledger.pub",
    "token --dev --home fresh",
]
"""Of every verb that writes and takes no model or made-up people, at least one command that succeeds in the scene."""

_OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, capabilities(7)
_VERSION_3 = 0x20080522


@contextmanager
def full_disk(_: Path) -> Iterator[None]:
    """No file may grow: the kernel refuses the first byte (RLIMIT_FSIZE, setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """No folder below may be written, nor any file in it, not even by root, who gives up that privilege meanwhile."""
    below = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    modes = {path: path.stat().st_mode for path in below}
    for path in below:
        path.chmod(modes[path] & ~0o222)
    libc, head, held = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, held) == 0
    before = held[0]
    held[0] = before & ~_OVERRIDE
    try:
        assert libc.capset(head, held) == 0
        with pytest.raises(PermissionError):
            (folder / "anything").touch()
        yield
    finally:
        held[0] = before
        libc.capset(head, held)
        for path, mode in modes.items():
            path.chmod(mode)


FAULTS: dict[str, tuple[Callable[[Path], AbstractContextManager[None]], tuple[str, ...]]] = {
    "a full disk": (full_disk, ("File too large", "file too large", "the disk")),
    "a read-only folder": (read_only, ("ermission denied", "may not be written", "cannot be opened", "read-only")),
}


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("PROFFER_HOME", raising=False)
        lay_out(folder)
        event = Path("e.ndjson").read_text(encoding="utf-8").replace('"e1"', '"e2"')
        Path("conflict-free.ndjson").write_text(event, encoding="utf-8")
        gov24(lambda name, content: _put(folder / name, content))
    return folder


def _put(path: Path, content: object) -> Path:
    import json

    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def scene(laid_out, tmp_path, monkeypatch):
    """A copy that one test may change; it is the working folder."""
    folder = tmp_path / "scene"
    shutil.copytree(laid_out, folder)
    for name in ("PROFFER_HOME", "PROFFER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for locks, and what SQLite begins or keeps beside a database that is open."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size and not path.name.endswith(("-wal", "-shm", "lock"))
    }


def call(words: str, capsys) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.main([*shlex.split(words), "--no-progress"])
    return code, "".join(capsys.readouterr())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("words", WRITES)
def test_a_verb_that_cannot_write_says_so_changes_nothing_and_succeeds_once_it_can(scene, words, fault, capsys):
    meet, sayings = FAULTS[fault]
    before = content(scene)
    with meet(scene):
        code, said = call(words, capsys)
    assert code == 2, said
    assert any(saying in said for saying in sayings), said
    assert not OF_PYTHON.search(said), said
    assert content(scene) == before
    code, said = call(words, capsys)
    assert code == 0, said
    assert content(scene) != before


# --- locks ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("scene")
def test_a_log_that_another_process_writes_is_waited_for_and_then_refused(capsys, monkeypatch):
    monkeypatch.setattr(database, "_WAIT_SECONDS", 0)
    holder = sqlite3.connect("lived/events.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    code, said = call("ingest conflict-free.ndjson --home lived", capsys)
    assert (code, "another process has been writing for too long" in said) == (2, True), said
    holder.execute("ROLLBACK")
    holder.close()
    assert call("ingest conflict-free.ndjson --home lived", capsys)[0] == 0


@pytest.mark.usefixtures("scene")
def test_a_demo_in_a_home_where_another_runs_is_refused(capsys):
    Path("shown").mkdir(mode=0o700)
    with Path("shown/.demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = call("demo --citizens 20 --home shown", capsys)
    assert (code, "another `proffer demo` is writing to this home" in said) == (2, True), said
    assert [path.name for path in Path("shown").iterdir()] == [".demo.lock"]


@pytest.mark.usefixtures("scene")
def test_a_ledger_that_another_process_holds_is_waited_for():
    """The lock is held by this process through another handle; that the verb waits stands in /proc/locks."""
    codes: list[int] = []
    reserve = shlex.split("privacy reserve --population kr --spend run-2 --epsilon 1 --home ledgered")
    verb = threading.Thread(target=lambda: codes.append(cli.main(reserve)))
    path = Path("ledgered/ledger/lock")
    with path.open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        verb.start()
        waiting = f":{path.stat().st_ino} "
        while not any("->" in line and waiting in line for line in Path("/proc/locks").read_text().splitlines()):
            assert verb.is_alive(), codes
            time.sleep(0.01)
        assert codes == []
    verb.join()
    assert codes == [0]


@pytest.mark.usefixtures("scene")
def test_a_ledger_whose_database_is_held_is_refused_and_changed_by_nothing(capsys, monkeypatch):
    monkeypatch.setattr(ledger_tables, "PATIENCE", 0)
    holder = sqlite3.connect("ledgered/ledger/ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    code, said = call("privacy reserve --population kr --spend run-2 --epsilon 1 --home ledgered", capsys)
    assert (code, "is in use" in said) == (2, True), said
    holder.execute("ROLLBACK")
    holder.close()
    assert call("privacy reserve --population kr --spend run-2 --epsilon 1 --home ledgered", capsys)[0] == 0


# --- what only processes of their own can meet ------------------------------------------------------------------------


def started(words: str, **more: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = [sys.executable, "-m", "proffer", *shlex.split(words), "--no-progress"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **more)


@pytest.mark.usefixtures("scene")
@pytest.mark.slow
def test_a_result_that_cannot_be_printed_is_one_sentence():
    with Path("/dev/full").open("w") as full, started("eligible --facts facts.json", stdout=full) as verb:
        said = verb.communicate()[1]
    assert verb.returncode == 2, said
    assert "No space left on device" in said
    assert not OF_PYTHON.search(said), said


@pytest.mark.usefixtures("scene")
@pytest.mark.slow
def test_a_file_system_that_is_full_is_said_and_leaves_the_old_file():
    """A file system of 64 KB, mounted where nobody else sees it, with 8 KB left."""
    words = "-m proffer ingest e.ndjson --home small/home --no-progress"
    script = (
        f"mkdir small && mount -t tmpfs -o size=64k tmpfs small && head -c 57344 /dev/zero > small/filler || exit 77\n"
        f"{shlex.quote(sys.executable)} {words}; code=$?; find small -name '*.db' -size +0 >&2; exit $code\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(alone, env=environment, capture_output=True, text=True, check=False)
    if done.returncode in (1, 77) and "Operation not permitted" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 2, done.stderr
    assert "the disk is full" in done.stderr or "No space left on device" in done.stderr
    assert not OF_PYTHON.search(done.stderr), done.stderr


def children(of: int) -> set[int]:
    """The processes that a process has started, as /proc has it."""
    return {int(name) for path in Path(f"/proc/{of}/task").glob("*/children") for name in path.read_text().split()}


@pytest.mark.usefixtures("scene")
@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "many", "left"),
    [
        ("synth --citizens 60000 --months 3 --out made --processes 2", 2, []),
        ("demo --citizens 300 --home made", 1, ["made"]),
    ],
)
def test_a_worker_that_is_killed_is_one_sentence_and_leaves_nothing(words, many, left):
    """The first is killed once all are there: one that dies while Python still hands it its work blocks Python."""
    with started(words, stdout=subprocess.DEVNULL) as verb:
        while len(workers := {one for one in children(verb.pid) if "spawn_main" in _command(one)}) < many:
            assert verb.poll() is None
            time.sleep(0.05)
        os.kill(min(workers), signal.SIGKILL)
        said = verb.communicate()[1]
    assert verb.returncode == 2, said
    assert "was ended from outside" in said
    assert not OF_PYTHON.search(said), said
    assert [path.parts[0] for path in Path().glob("made/**/events.parquet")] == left


def _command(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text(errors="replace")
