"""From a bare checkout, an empty home and a plain package index, what README says to type installs and runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MADE = shutil.ignore_patterns(
    ".git", ".venv*", ".proffer*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build"
)
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")

pytestmark = [pytest.mark.slow, pytest.mark.soak]  # it downloads what the demo runs on


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare") / "proffer"
    shutil.copytree(ROOT, folder, ignore=MADE)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """No configuration of pip and nothing at hand; only the certificates that this machine trusts."""
    trusted = {name: os.environ[name] for name in CERTIFICATES if name in os.environ}
    home = str(tmp_path_factory.mktemp("home"))
    return {"PATH": os.defpath, "HOME": home, "PIP_CONFIG_FILE": os.devnull, **trusted}


def ran(words, checkout, plain):
    done = subprocess.run(words, cwd=checkout, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def demo(checkout, plain):
    return ran(["make", "demo", "CITIZENS=2000", f"PYTHON={sys._base_executable}"], checkout, plain)


def test_the_demo_installs_and_runs_to_its_story(demo):
    assert "One person's story" in demo


@pytest.mark.usefixtures("demo")
def test_a_private_run_without_its_libraries_is_refused_with_the_command_that_installs_them(checkout, plain):
    words = [".venv/bin/proffer", "train", "--ranker", "private", "--epsilon", "1", "--dry-run"]
    done = subprocess.run(words, cwd=checkout, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make setup-private" in done.stderr


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("lock", ["requirements-private.lock", "requirements-dev.lock"])
def test_what_the_other_layers_install_resolves(lock, checkout, plain):
    words = [".venv/bin/python", "-m", "pip", "install", "--dry-run", "-q", "-c", "requirements.lock", "-r", lock]
    ran(words, checkout, plain)
