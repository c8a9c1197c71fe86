"""Our packages have plain names, so nothing else that is installed may own one of them."""

import contextlib
import functools
import importlib.metadata
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from proffer.cli import EXTRAS

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = sorted({package.split(".")[0] for package in PYPROJECT["tool"]["setuptools"]["packages"]})
HEAVY = {"torch", "mlflow", "mlflow-skinny", "lightgbm", "numba", "pyarrow", "sqlalchemy"}


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").split()
    return dict(line.split("==") for line in lines if "==" in line)


def closure(*extras: str) -> set[str]:
    """Every distribution that the core and some extras bring with them, as far as they are installed here."""
    todo, seen = declared(*extras), set[tuple[str, str]]()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for found, extra in seen if found == name}:
            seen.add((name, extra))
            todo += brought(name, extra)
    return {name for name, _ in seen}


def brought(name: str, extra: str) -> list[Requirement]:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        lines = map(Requirement, importlib.metadata.requires(name) or [])
        return [line for line in lines if line.marker is None or line.marker.evaluate({"extra": extra})]
    return []


def declared(*extras: str) -> list[Requirement]:
    project = PYPROJECT["project"]
    listed = project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in listed]


@functools.cache
def owners_of_packages() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("name", OURS)
def test_no_installed_distribution_owns_a_name_of_ours(name: str) -> None:
    owners = set(owners_of_packages().get(name, ())) - {"proffer"}
    assert not owners


def test_every_package_on_disk_is_named_in_pyproject() -> None:
    found = {
        ".".join(init.parent.relative_to(ROOT).parts) for name in OURS for init in (ROOT / name).rglob("__init__.py")
    }
    assert found == set(PYPROJECT["tool"]["setuptools"]["packages"])


RUNS, PRIVATE, DEV = "requirements.lock", "requirements-private.lock", "requirements-dev.lock"
LAYERS = {
    RUNS: ["log", "train", "serve", "audit", "otel", "postgresql"],
    PRIVATE: ["private"],
    DEV: ["bench", "dev", "letter", "spark"],
}


def test_every_extra_is_installed_by_one_lock() -> None:
    extras = [extra for layer in LAYERS.values() for extra in layer]
    assert sorted(extras) == sorted(PYPROJECT["project"]["optional-dependencies"])


@pytest.mark.parametrize("lock", LAYERS)
def test_every_declared_dependency_is_pinned_inside_its_range(lock: str) -> None:
    pinned = pins(RUNS) | pins(lock)
    for requirement in declared(*LAYERS[lock]):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but {version}"


@pytest.mark.parametrize("lock", LAYERS)
def test_a_lock_pins_only_what_its_extras_bring(lock: str) -> None:
    assert set(pins(lock)) - set(closure(*LAYERS[lock])) - {"setuptools"} == set()


def test_the_extra_named_for_a_missing_library_brings_it() -> None:
    for extra, packages in EXTRAS.items():
        distributions = closure(extra)
        for package in packages:
            owners = {canonicalize_name(name) for name in owners_of_packages().get(package, ())}
            assert owners & distributions, f"{package} does not come with {extra}"


def test_what_the_demo_installs_is_complete_for_nothing_resolves_it() -> None:
    assert closure("train", "serve", "audit", "otel", "postgresql") - set(pins(RUNS)) == set()


def test_what_the_demo_installs_holds_no_library_of_private_training_or_of_the_tests() -> None:
    assert not {"torch", "opacus", "pytest", "hypothesis", "mypy", "polars", "openfisca-core"} & set(pins(RUNS))


def test_no_library_is_pinned_in_two_locks() -> None:
    names = [name for lock in LAYERS for name in pins(lock)]
    assert len(names) == len(set(names))


def test_nothing_imports_the_benchmarks_by_name_for_opacus_installs_a_package_called_so() -> None:
    named = re.compile(r"^\s*(?:from|import) benchmarks\b", re.MULTILINE)
    files = [path for name in (*OURS, "benchmarks") for path in (ROOT / name).rglob("*.py")]
    assert [path for path in files if named.search(path.read_text(encoding="utf-8"))] == []


def test_an_auditor_installs_no_learning_library() -> None:
    assert not HEAVY & closure("audit")
    assert "mlflow-skinny" in closure("train")


def test_the_distribution_cannot_be_uploaded_by_mistake() -> None:
    assert "Private :: Do Not Upload" in PYPROJECT["project"]["classifiers"]
