"""Every mistake of the table is answered by problems that say where, what and what to do, and leaves all as it was."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proffer import cli
from tests.proffer.mistakes import MISTAKES, Mistake, lay_out

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and what it stands on warn about their own future

OF_PYTHON = re.compile(
    r"Traceback|\b[A-Z]\w+(?:Error|Exception)\b|<class|object at 0x|\[Errno|\bNoneType\b|PosixPath|sqlalche|sqlite3\.|"
    r"site-packages|\.py\b|\bdict\b|\bstr\b"
)
"""What only who reads the code understands."""
LONGEST = 400
KEPT = re.compile(r"/cache/|/\.\w+\.lock$|/keys/dev-token\.pem$")
"""What a home makes for itself whatever it is asked, whole, and takes again."""
WRITTEN = {"fresh", "lived"}
"""Homes into which the mistakes that reject some rows write the others."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("PROFFER_HOME", raising=False)
        lay_out(folder)
    return folder


def state(folder: Path) -> dict[str, object]:
    """Every file below a folder, and what would change if it were written."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def tried(scene, monkeypatch, capsys):
    """Makes a mistake; gives its exit code, what is said on stderr and the document on stdout."""
    monkeypatch.chdir(scene)
    for name in ("PROFFER_HOME", "PROFFER_DATABASE_URL", "PROFFER_GOV24_KEY"):
        monkeypatch.delenv(name, raising=False)

    def make(mistake: Mistake):
        monkeypatch.setattr(sys, "stdin", io.StringIO(mistake.given))
        for name, value in mistake.environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        words = shlex.split(mistake.words)
        code = cli.main([*words, "--no-progress", "--json"] if words else words)
        out, err = capsys.readouterr()
        return code, out, err

    yield make
    shutil.rmtree(scene / "fresh", ignore_errors=True)


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_one_clear_message_and_changes_nothing(scene, tried, mistake):
    before = state(scene)
    code, out, err = tried(mistake)
    assert code == mistake.code, out + err
    assert mistake.said in err + out, err
    assert not OF_PYTHON.search(err + out), err
    document = json.loads(out)
    problems = document.get("problems", document.get("rejected", document.get("findings")))
    assert problems, document
    if code == 2:
        told = [f"{one['where']}: {one['what']}. {one['remedy']}" for one in problems]
        assert [line for line in err.splitlines() if line in told] == told
    for one in problems if code == 2 or "remedy" in problems[0] else ():
        assert one["where"].strip()
        assert one["what"].strip(" .")
        assert one["remedy"][0].isupper() or one["remedy"][0] in "`-", one["remedy"]
        assert len(one["what"]) + len(one["remedy"]) <= LONGEST
    after = state(scene)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name) and not KEPT.search(name)}
    assert {name for name in changed if code == 2 or name.split("/")[0] not in WRITTEN} == set()


def test_the_table_has_a_hundred_mistakes_and_none_twice():
    made = [str(mistake) for mistake in MISTAKES]
    assert len(made) == len(set(made)) >= 100


def test_a_command_without_a_verb_prints_the_verbs(capsys):
    assert cli.main([]) == 2
    assert "eligible" in capsys.readouterr().out


LACKING = [
    ("ingest e.ndjson", "sqlalchemy", "log"),
    ("features --events e.ndjson --at pairs.csv --out o.parquet", "pyarrow", "log"),
    ("train --data real", "lightgbm", "train"),
    ("serve --dev", "uvicorn", "serve"),
    ("token --dev", "jwt", "serve"),
    ("privacy key --name carol", "cryptography", "audit"),
    ("privacy status --home ledgered", "rfc8785", "audit"),
    ("privacy report --out r.html --home ledgered", "jinja2", "audit"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "library", "extra"), LACKING)
def test_a_verb_whose_library_is_not_installed_says_which_extra_brings_it(scene, words, library, extra):
    lacking = f"import sys; sys.modules[{library!r}] = None; from proffer.cli import entry; entry()"
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = [sys.executable, "-c", lacking, *shlex.split(words)]
    done = subprocess.run(command, cwd=scene, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert f"needs {library}, which is not installed. Install it: pip install '.[{extra}]'" in done.stderr
