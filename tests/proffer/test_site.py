"""The documentation site is made of docs/ without a warning and without a network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")


def built(folder, *words):
    """Build a copy, for the pages of the packages are written beside the others."""
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("generated"))
    for name in ("examples", "README.md", "README.ko.md", "SECURITY.md", "CHANGELOG.md"):
        (folder / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", *words, "docs", "site"]
    environment = os.environ | NOWHERE | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.slow
def test_every_page_is_built_without_a_warning(tmp_path):
    site = built(tmp_path, "-t", "prose")
    made = {page.relative_to(site).with_suffix(".md") for page in site.rglob("*.html")}
    written = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in written - made if page.parts[0] != "reference"} == set()


@pytest.mark.slow
@pytest.mark.soak
def test_the_reference_of_the_python_packages_is_built_without_a_warning(tmp_path):
    site = built(tmp_path)
    modules = {page.stem for page in (site / "reference" / "generated").glob("*.html")}
    assert {
        "features.problem",
        "recommender.engine",
        "privacy.gate",
        "training.artefact",
        "serving.http.app",
    } <= modules


def test_the_contents_name_every_page():
    listed = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split()
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages - {"index"} if "generated" not in page} <= set(listed)
