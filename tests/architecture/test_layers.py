"""Each layer installs into an empty environment from a plain index, is complete for its verbs, and stays small."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.architecture.test_wheel import ROOT
from tests.architecture.test_wheel import wheel as wheel  # the fixture

pytestmark = [pytest.mark.slow, pytest.mark.soak]  # each downloads what its layer runs on

PYTHONS = ("3.11", "3.12", "3.13")
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
MEGABYTES = {"": 100, "log": 320, "audit": 280, "serve": 560, "train": 900, "private": 1500}
"""The most that a layer may take on disk without bytecode; docs/install.md gives what was measured."""
ROW = re.compile(
    r"^\| `(?:pip install proffer\.whl|'proffer\.whl\[(\w+)\]')` \|.*\| (\d+) \| ([\d,]+) \|$", re.MULTILINE
)
NEAR = 0.15
"""How far a size measured may be from the one the page gives: libraries grow within the versions that are allowed."""


class Layer:
    """The command of one layer in an environment of its own."""

    def __init__(self, wheel: Path, folder: Path, extra: str, python: str) -> None:
        self.folder, self.bin, self.extra = folder, folder / "venv" / "bin", extra
        self.environment = {"PATH": os.defpath, "HOME": str(folder)}
        self.environment |= {name: os.environ[name] for name in CERTIFICATES if name in os.environ}
        if extra == "private":  # torch is the build that pip is configured for
            self.environment |= {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
            self.environment["PIP_CONFIG_FILE"] = str(Path.home() / ".config" / "pip" / "pip.conf")
        else:
            self.environment["PIP_CONFIG_FILE"] = os.devnull
        self.ran(python, "-m", "venv", folder / "venv")
        what = f"{wheel}[{extra}]" if extra else str(wheel)
        self.ran(self.bin / "python", "-m", "pip", "install", "-q", "--no-compile", what)

    def ran(self, *words: object) -> str:
        done = subprocess.run(
            [*map(str, words)], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def proffer(self, *words: object) -> str:
        return self.ran(self.bin / "proffer", *words)

    def is_as_large_as_documented(self) -> None:
        """See that it keeps within its bound, and that docs/install.md gives its packages and size as they are."""
        packages, megabytes = measured()[self.extra]
        (library,) = (self.folder / "venv" / "lib").glob("python*/site-packages")
        found = len([one for one in library.glob("*.dist-info") if not one.name.startswith(("pip-", "setuptools-"))])
        print(f"[{self.extra}] {library.parent.name}: {found} packages, {self.megabytes()} MB")
        assert self.megabytes() <= MEGABYTES[self.extra]
        assert abs(self.megabytes() - megabytes) <= NEAR * megabytes
        assert abs(found - packages) <= max(2, NEAR * packages)

    def megabytes(self) -> int:
        """What was installed beside pip itself, without bytecode."""
        (library,) = (self.folder / "venv" / "lib").glob("python*/site-packages")
        files = [path for path in library.rglob("*") if path.is_file() and path.suffix != ".pyc"]
        return sum(path.stat().st_size for path in files if path.relative_to(library).parts[0] != "pip") // 2**20


def measured() -> dict[str, tuple[int, int]]:
    """Packages and megabytes of each layer, as docs/install.md gives them."""
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    return {row[1] or "": (int(row[2]), int(row[3].replace(",", ""))) for row in ROW.finditer(page)}


def interpreter(version: str) -> str:
    """An interpreter of a version that makes environments; skips where there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys._base_executable
    found = shutil.which(f"python{version}")
    places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if found is None and not places:
        pytest.skip(f"there is no Python {version} here")
    return str(places[-1]) if places else str(found)


@pytest.fixture
def layer(wheel: Path, tmp_path: Path):
    (tmp_path / "facts.json").write_text('{"birth_date": "1993-04-02", "region": "41360"}', encoding="utf-8")
    return lambda extra, version="3.11": Layer(wheel, tmp_path, extra, interpreter(version))


@pytest.mark.parametrize("version", PYTHONS)
def test_the_core_judges_and_ranks_one_person(layer, version):
    judge = layer("", version)
    assert json.loads(judge.proffer("eligible", "--facts", "facts.json", "--json"))["verdicts"]
    assert json.loads(judge.proffer("recommend", "--facts", "facts.json", "--json"))["recommendations"]
    judge.is_as_large_as_documented()


@pytest.mark.parametrize("version", PYTHONS)
def test_the_layer_of_the_log_reads_events(layer, version):
    log = layer("log", version)
    moved = {
        "specversion": "1.0", "id": "1", "source": "registry", "subject": "c1", "type": "life.moved",
        "time": "2026-03-01T09:00:00+09:00", "recordedtime": "2026-03-01T09:00:00+09:00", "data": {"region": "11440"},
    }  # fmt: skip
    (log.folder / "events.ndjson").write_text(json.dumps(moved) + "\n", encoding="utf-8")
    log.proffer("ingest", "events.ndjson")
    assert json.loads(log.proffer("recommend", "--citizen", "c1", "--json"))["recommendations"]
    log.is_as_large_as_documented()


@pytest.mark.parametrize("version", PYTHONS)
def test_the_layer_of_the_auditor_keeps_and_verifies_a_ledger(layer, version):
    audit = layer("audit", version)
    for name in ("ann", "bob"):
        audit.proffer("privacy", "key", "--name", name)
    budget = ["--epsilon", "1", "--delta", "1e-6", "--approver", "ann.pub", "--approver", "bob.pub"]
    audit.proffer("privacy", "init", "--population", "kr", "--unit", "household", *budget)
    for name in ("ann", "bob"):
        audit.proffer("privacy", "approve", "init-kr.draft", "--key", f"{name}.key")
    signed = [word for name in ("ann", "bob") for word in ("--approval", f"init-kr.draft.{name}.sig")]
    audit.proffer("privacy", "init", "--population", "kr", *signed)
    audit.proffer("privacy", "export", "--out", "bundle")
    audit.proffer("privacy", "verify", "bundle", "--key", ".proffer/ledger/ledger.pub")
    audit.proffer("privacy", "report", "--out", "report.html")
    audit.is_as_large_as_documented()


@pytest.mark.parametrize("version", PYTHONS)
def test_the_layer_of_the_service_answers(layer, version):
    serve = layer("serve", version)
    words = [str(serve.bin / "proffer"), "serve", "--dev", "--port", "0"]
    with subprocess.Popen(words, cwd=serve.folder, env=serve.environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = next(line for line in server.stderr if line.startswith("Serving on "))
            with urllib.request.urlopen(f"{line.split()[-1]}/readyz", timeout=600) as answer:
                assert answer.status == 200
        finally:
            server.terminate()
    serve.is_as_large_as_documented()


@pytest.mark.parametrize("version", PYTHONS)
def test_the_layer_of_training_makes_people_and_learns(layer, version):
    train = layer("train", version)
    train.proffer("synth", "--citizens", "300", "--months", "24", "--seed", "1", "--out", "people")
    assert json.loads(train.proffer("train", "--ranker", "lightgbm", "--data", "people", "--json"))["metrics"]
    story = json.loads(train.proffer("demo", "--citizens", "300", "--home", "shown", "--json"))["story"]
    assert story["person"]
    train.is_as_large_as_documented()


def test_the_layer_of_private_training_prices_a_run_of_its_own_people(layer):
    private = layer("private", f"{sys.version_info.major}.{sys.version_info.minor}")
    private.proffer("synth", "--citizens", "300", "--months", "24", "--seed", "1", "--out", "people")
    priced = json.loads(private.proffer("train", "--ranker", "private", "--data", "people", "--dry-run", "--json"))
    assert priced["spend"]
    if "+cpu" in private.ran(private.bin / "python", "-c", "import torch; print(torch.__version__)"):
        private.is_as_large_as_documented()
