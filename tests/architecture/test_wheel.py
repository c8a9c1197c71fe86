"""What is installed from a wheel is enough: every verb works from any folder, without the checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
OURS = sorted({package.split(".")[0] for package in BUILD["packages"]})
PIP = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]

pytestmark = pytest.mark.slow


def ran(*words: object, cwd: Path) -> str:
    """What a command writes to stdout; it finds our modules and the home only where it is installed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PROFFER_HOME")}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy, for the build leaves files beside the sources; without a network."""
    tree = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for folder in OURS:
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    ran(*PIP, "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation", "-w", "out", ".", cwd=tree)
    (built,) = (tree / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, which sees the libraries of this one but not our checkout."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
    ran(*PIP, "--python", folder / "bin" / "python", "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    (Path(paths["purelib"]) / "libraries.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return folder / "bin" / "proffer"


def test_the_wheel_carries_every_module_and_everything_that_the_modules_read(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = [path for folder in OURS for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert held == {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}


def test_a_person_is_judged_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text('{"birth_date": "1993-04-02", "region": "41360"}', encoding="utf-8")
    said = ran(installed, "eligible", "--facts", "facts.json", "--as-of", "2026-10-31", "--json", cwd=tmp_path)
    assert json.loads(said)["verdicts"]


@pytest.mark.soak
def test_a_world_a_model_and_the_demo_are_made_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    ran(installed, "synth", "--citizens", "300", "--months", "24", "--seed", "1", "--out", "people", cwd=tmp_path)
    trained = json.loads(ran(installed, "train", "--ranker", "lightgbm", "--data", "people", "--json", cwd=tmp_path))
    assert trained["metrics"]
    story = json.loads(ran(installed, "demo", "--citizens", "300", "--json", cwd=tmp_path))["story"]
    assert story["person"]
