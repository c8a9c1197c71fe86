"""A service in dev mode on a free port, as a process of its own, for tests that ask it as a stranger would."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds; a busy machine takes long


@contextmanager
def running_service(folder: Path, *words: str, verb: tuple[str, ...] = ("serve",)) -> Iterator[str]:
    """Run `proffer serve --dev`, or another verb that serves, in a folder; gives its address once it listens."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "proffer", *verb, "--dev", "--port", "0", *words]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found.group()
                break
        else:
            raise AssertionError("the service never said where it listens:\n" + "".join(said))
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        process.stdout.close()
