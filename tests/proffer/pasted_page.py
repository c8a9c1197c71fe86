"""A page of the documentation as a reader uses it: its blocks are pasted in order into one shell in a clean folder.

Blocks marked `sh` are pasted whole. Of those marked `console` the lines after `$ ` are, and what they print is compared
with what the page shows, where `...` stands for anything. What takes a network or many people is replaced by what does
not.
"""

import doctest
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 1200  # seconds until a page that waits for something in vain is given up
ROOT = Path(__file__).resolve().parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
INSTALLED_ALREADY = re.compile(r"^(make setup\S*|(python -m )?pip install .*|python3? -m venv .*)$", flags=re.MULTILINE)
# So many people that the noised count of households to learn from is far above the least that is learned from.
SMALLER = ((re.compile(r"^make demo\b.*$", re.MULTILINE), ".venv/bin/proffer demo --citizens 600 > /dev/null"),)


@dataclass(frozen=True)
class Shown:
    """A command of a console block, and what the page says that it prints."""

    command: str
    output: str


def console(block: str) -> list[Shown]:
    """The commands of a block; a line that ends with a backslash, or inside quotes, goes on with the next."""
    found = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(end for end in range(1, len(lines) + 1) if is_whole("".join(lines[:end])))
        found.append(Shown("".join(lines[:end]).rstrip("\n"), "".join(lines[end:])))
    return found


def is_whole(command: str) -> bool:
    """Whether a shell would run this, and not wait for more."""
    if command.endswith("\\\n"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def smaller(text: str, port: int) -> str:
    """The same commands on few people, on a free port, with everything installed."""
    text = INSTALLED_ALREADY.sub(":", text)
    for pattern, replaced in SMALLER:
        text = pattern.sub(replaced, text)
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    return text.replace("proffer serve --dev", f"proffer serve --dev --port {port}")


def pasted(page: Path, folder: Path) -> None:
    """Paste a page; fails with the block that failed, or with what a command printed in place of what is shown."""
    lay_out(folder)
    port = free_port()
    lines, expected = ["set -eo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"], []
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "sh":
            lines += [
                "cat >> pasted << 'PASTED'",
                block.rstrip("\n"),
                "PASTED",
                f"{{\n{smaller(block, port)}}} >> said",
            ]
            continue
        for shown in console(block):
            where = f"shown.{len(expected)}"
            lines += ["cat >> pasted << 'PASTED'", shown.command, "PASTED"]
            lines += [f"{{ {smaller(shown.command, port)}\n}} > {where}"]
            expected.append((where, shown))
    assert len(lines) > 2, f"{page.name} has no block to paste"
    script = folder / "page.sh"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    # The environment that runs the tests is the one that a reader has activated; its commands come first.
    places = [str(Path(sys.executable).parent), "/usr/bin", os.environ["PATH"]]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": os.pathsep.join(places)}
    for name in ("PROFFER_HOME", "COLUMNS"):  # a page is printed as wide as to a pipe
        environment.pop(name, None)
    done = subprocess.run(
        ["bash", str(script)], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        check=False, timeout=_PATIENCE,
    )  # fmt: skip
    last = (folder / "pasted").read_text(encoding="utf-8").splitlines()[-6:]
    assert done.returncode == 0, "\n".join([f"{page.name} stopped at or after:", *last, done.stderr[-3000:]])
    for where, shown in expected:
        printed = (folder / where).read_text(encoding="utf-8")
        matches = doctest.OutputChecker().check_output(shown.output, printed, FLAGS)
        assert matches, f"{page.name}: {shown.command}\nprinted\n{printed}\nand the page shows\n{shown.output}"


def lay_out(folder: Path) -> None:
    """What a checkout offers to who pastes: the examples, and an environment to activate."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, words in (("proffer", "-m proffer "), ("python", "")):
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        (commands / name).chmod(0o755)
    (commands / "activate").write_text(f'PATH="{commands}:$PATH"\n', encoding="utf-8")


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
