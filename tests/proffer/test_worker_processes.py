"""Worker processes: one that dies is replaced, all stop together, and workers that never start end the service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120

SCRIPT = """
import os, signal, sys, time
from proffer.worker_processes import WorkerProcesses

def work(number):
    os.write(1, b"began %d %d\\n" % (number, os.getpid()))
    {body}

sys.exit(WorkerProcesses(work, 2, grace={grace}).run(lambda pid: os.write(1, b"died %d\\n" % pid)))
"""


def supervisor(body, grace=30):
    command = [sys.executable, "-c", SCRIPT.format(body=body, grace=grace)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    threading.Timer(PATIENCE, process.kill).start()
    return process


def began(process):
    words = process.stdout.readline().split()
    while words and words[0] != "began":
        words = process.stdout.readline().split()
    return int(words[1]), int(words[2])


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_all_stop_when_told():
    process = supervisor("signal.pause()")
    pids = dict(began(process) for _ in range(2))
    assert sorted(pids) == [0, 1]
    os.kill(pids[1], signal.SIGKILL)
    number, pid = began(process)
    assert (number, pid not in pids.values()) == (1, True)
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    for one in (pids[0], pid):
        with pytest.raises(ProcessLookupError):
            os.kill(one, 0)


@pytest.mark.slow
def test_workers_that_never_start_end_the_service_instead_of_spinning():
    process = supervisor("sys.exit(3)")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Workers do not start" in err
    assert out.count("began") < 10


@pytest.mark.slow
def test_a_worker_that_does_not_stop_is_killed_after_its_grace():
    process = supervisor("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    os.write(1, b'began 9 9\\n')\n"
                         "    while True: time.sleep(1)", grace=0.2)  # fmt: skip
    for _ in range(4):
        began(process)
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
