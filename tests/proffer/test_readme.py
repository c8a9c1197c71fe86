"""The README runs: its facts file is judged as it says, and its request is answered by the service."""

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds; a busy machine takes long
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def console_examples():
    """(command, what it shows) of every console block."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


@pytest.fixture
def folder(tmp_path):
    (facts,) = blocks("json")[:1]
    (tmp_path / "facts.json").write_text(facts, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("command", "shown"), list(console_examples()), ids=lambda text: text.split("\n")[0][:60])
def test_a_command_prints_what_the_readme_shows(folder, command, shown):
    words = shlex.split(command.replace(".venv/bin/proffer", f"{sys.executable} -m proffer"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    matches = doctest.OutputChecker().check_output(shown, done.stdout, FLAGS)
    assert matches, f"{command} printed\n{done.stdout}"


def test_the_make_targets_that_the_readme_names_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {target for block in blocks("sh") for target in re.findall(r"^make ([\w-]+)", block, flags=re.MULTILINE)}
    assert named | set(re.findall(r"`make ([\w-]+)`", README)) <= targets


@pytest.fixture
def service(only_server, folder):  # noqa: ARG001 - held while the server runs
    """`proffer serve --dev` on a free port; gives its address."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "proffer", "serve", "--dev", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found.group()
                break
        else:
            pytest.fail("the service never said where it listens")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        process.stdout.close()


@pytest.mark.slow
def test_the_request_of_the_readme_is_one_the_service_answers(folder, service):
    (body,) = re.findall(r"-d '(\{.*?\})'$", "".join(blocks("sh")), flags=re.MULTILINE)
    command = [sys.executable, "-m", "proffer", "token", "--dev"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    token = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    headers = {"Authorization": f"Bearer {token.strip()}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{service}/v1/recommendations", body.encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        document = json.load(answer)
    assert len(document["recommendations"]) == json.loads(body)["k"]
