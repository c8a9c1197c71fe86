"""The README and the tutorials run: each is pasted, block by block, into a clean folder, and prints what it shows."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from composition.reading import read_messages
from proffer.story_text import story_text
from tests.proffer.pasted_page import BLOCK, FLAGS, console, pasted

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PASTED = [*READMES, *TUTORIALS, *(ROOT / "docs" / name for name in ("ledger.md", "api.md", "bring-your-own.md"))]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]


def blocks(page, language):
    return [block for found, block in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
@pytest.mark.parametrize("page", PASTED, ids=lambda page: page.stem)
def test_a_page_can_be_pasted_whole(page, tmp_path):
    pasted(page, tmp_path)


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_the_make_targets_that_a_readme_names_exist(page):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {target for block in blocks(page, "sh") for target in re.findall(r"^make ([\w-]+)", block, re.MULTILINE)}
    assert named | set(re.findall(r"`make ([\w-]+)`", text)) <= targets


def commands(page):
    """The commands of a page without their comments and the language they ask for."""
    typed = [line for block in blocks(page, "sh") for line in block.splitlines()]
    typed += [shown.command for block in blocks(page, "console") for shown in console(block)]
    return [re.sub(r"\s+#.*|\s+--language \w+", "", line) for line in typed]


def test_both_readmes_give_the_same_commands():
    assert commands(READMES[0]) == commands(READMES[1])


def test_the_command_is_spelled_in_one_way():
    assert [page.name for page in PAGES if ".venv/bin/proffer" in page.read_text(encoding="utf-8")] == []


def test_no_extra_stands_in_brackets_that_a_shell_would_read():
    bare = re.compile(r"pip install (?![\"'])\S*\[")
    assert [page.name for page in PAGES if bare.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize(("page", "language"), [(READMES[0], "en"), (READMES[1], "ko")], ids=["en", "ko"])
def test_the_story_of_a_readme_is_the_one_that_the_demo_tells(page, language, made_once):
    def live(folder):
        folder.mkdir()
        words = [sys.executable, "-m", "proffer", "demo", "--json", "--home", str(folder / "home")]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        (folder / "demo.json").write_text(done.stdout, encoding="utf-8")

    story = json.loads((made_once("demo", live) / "demo.json").read_text(encoding="utf-8"))["story"]
    told = story_text(story, language, read_messages())
    (excerpt,) = re.findall(r"^```text\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert doctest.OutputChecker().check_output(f"...{excerpt}...", told, FLAGS), told


def test_a_console_block_is_read_as_commands_and_what_they_print():
    first, second = console("$ one \\\n  two\nshown\n$ three\n")
    (quoted,) = console('$ say "a\nb"\nshown\n')
    assert (quoted.command, quoted.output) == ('say "a\nb"', "shown\n")
    assert (first.command, first.output) == ("one \\\n  two", "shown\n")
    assert (second.command, second.output) == ("three", "")
