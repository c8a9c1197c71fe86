"""An auditor's own machine: `pip install .[audit]` in an empty environment, and a bundle checked there alone."""

import os
import shutil
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest

from privacy.accounting import mechanism as m
from tests.privacy.ledgers import approve, ledger, reserve

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 900  # seconds for downloading and installing


def copied(place: Path) -> Path:
    """The project's packages alone, so that building leaves nothing in the checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in {name.split(".")[0] for name in project["tool"]["setuptools"]["packages"]}:
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", project["project"]["readme"], "LICENSE"):
        shutil.copy(ROOT / name, place / name)
    return place


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "soak", reason="installs 600 MB: only in `make soak`")
def test_an_empty_environment_with_the_audit_extra_verifies_a_bundle_by_itself(folder, tmp_path):
    pytest.importorskip("opacus")
    made = ledger(folder, cap="4")
    reserve(made, "ranker", m.gaussian_sgd("2.969", "0.041", 250), dataset=made.dataset(f"c{i}" for i in range(500)))
    made.commit("ranker")
    reserve(made, "count", m.laplace("10"))
    approve(made, "raise", {"epsilon": "6"})
    made.export(tmp_path / "bundle")
    venv.create(tmp_path / "auditor", with_pip=True)
    python = tmp_path / "auditor" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", f"{copied(tmp_path / 'source')}[audit]"]
    installed = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if installed.returncode != 0:
        pytest.skip(f"nothing can be installed here: {installed.stderr.strip()[-300:]}")
    for absent in ("torch", "mlflow", "lightgbm", "opacus", "sklearn"):
        assert subprocess.run([python, "-c", f"import {absent}"], capture_output=True, check=False).returncode != 0
    alone = ["unshare", "--net"] if shutil.which("unshare") and os.geteuid() == 0 else []
    check = [*alone, python, "-m", "proffer", "privacy", "verify", tmp_path / "bundle", "--key", made.verifier.text()]
    bare = {"HOME": "/nonexistent", "PATH": os.defpath}
    verdict = subprocess.run(check, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stderr
    assert "Verified: 6 entries, 6 checkpoints, 2 prices recomputed" in verdict.stdout
    (tmp_path / "bundle").write_bytes((tmp_path / "bundle").read_bytes().replace(b"ranker", b"banker", 1))
    assert subprocess.run(check, cwd=tmp_path, env=bare, capture_output=True, check=False).returncode == 1
