"""What import contracts cannot see: calls that read a clock, hidden randomness, files, or personal data's way out."""

import ast
import functools
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["root_packages"]
PURE = ("features", "recommender")
FILES_ALLOWED = {
    "features/log/files.py", "features/log/people_folder.py", "features/log/schema.py", "features/shard_folder.py",
    "features/whole_file.py",
}  # fmt: skip
"""What reads events, people in columns, whole shards and the revisions of a schema; what writes files whole."""

CLOCKS = {
    "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.localtime", "time.gmtime",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
}  # fmt: skip
TIME_OF_DAY = CLOCKS - {"time.monotonic", "time.perf_counter"}
GENERATORS = {"default_rng", "Generator", "PCG64", "Philox", "SeedSequence", "BitGenerator", "SFC64"}
FILES = {"open", "io.open", "os.open", "Path.open", "np.load", "np.save", "numpy.load"}
LOADERS = {
    "pickle.load",
    "pickle.loads",
    "joblib.load",
    "torch.load",
    "yaml.load",
    "yaml.unsafe_load",
    "cloudpickle.load",
}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def ends_with(name: str, endings: set[str]) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)


def clock_reads(tree: ast.AST) -> list[str]:
    return [name for name, _ in calls(tree) if ends_with(name, CLOCKS)]


def reads_of_the_day(tree: ast.AST) -> list[str]:
    """What names a clock of the day, called here or passed on."""
    names = (dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return [name for name in names if ends_with(name, TIME_OF_DAY)]


def hidden_randomness(tree: ast.AST) -> list[str]:
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.name == "random" or getattr(node, "module", None) in ("random", "secrets", "uuid")
    ]
    called = [
        name
        for name, node in calls(tree)
        if "random." in f"{name}."
        and name.startswith(("np.random.", "numpy.random.", "random."))
        and (name.split(".")[-1] not in GENERATORS or (name.endswith("default_rng") and not node.args))
    ]
    return imported + called


def file_reads(tree: ast.AST) -> list[str]:
    def in_memory(name: str, node: ast.Call) -> bool:
        return name.endswith(".load") and any(dotted(a).endswith("BytesIO") for c in node.args for a in ast.walk(c))

    reading = {".open", ".read_text", ".read_bytes", ".write_text", ".write_bytes"}
    return [
        name
        for name, node in calls(tree)
        if (name in FILES or name.endswith(tuple(reading))) and not in_memory(name, node)
    ]


def unsafe_loads(tree: ast.AST) -> list[str]:
    found = [name for name, _ in calls(tree) if name in LOADERS - {"yaml.load"}]
    for name, node in calls(tree):
        pickled = next((k.value for k in node.keywords if k.arg == "allow_pickle"), None)
        if name in ("np.load", "numpy.load") and not (isinstance(pickled, ast.Constant) and pickled.value is False):
            found.append(name)
        if pickled is not None and not (isinstance(pickled, ast.Constant) and pickled.value is False):
            found.append(f"{name}(allow_pickle)")
    return found


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@functools.cache
def tree_of(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def offenders(found: Callable[[ast.AST], list[str]], files: list[Path]) -> dict[str, list[str]]:
    """The files in which something is found, and what."""
    return {name_of(path): seen for path in files if (seen := found(tree_of(path)))}


def test_no_pure_module_reads_a_clock_or_hides_randomness() -> None:
    assert offenders(clock_reads, sources(*PURE)) == {}
    assert offenders(hidden_randomness, sources(*PURE)) == {}


def test_the_time_of_day_is_read_in_one_module() -> None:
    assert offenders(reads_of_the_day, sources(*FOLDERS)).keys() == {"composition/clock.py"}


def test_no_pure_module_opens_a_file() -> None:
    assert offenders(file_reads, [path for path in sources(*PURE) if name_of(path) not in FILES_ALLOWED]) == {}


def test_no_pickle_is_ever_loaded() -> None:
    assert offenders(unsafe_loads, sources(*FOLDERS)) == {}


def test_the_files_that_a_pure_folder_may_open_exist_and_are_needed() -> None:
    assert offenders(file_reads, [ROOT / name for name in FILES_ALLOWED]).keys() == FILES_ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "import time\ntime.time()",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date\ndate.today()",
    ],
)
def test_a_clock_read_is_seen(line: str) -> None:
    assert clock_reads(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from random import choice",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nnp.random.seed(0)",
        "import numpy as np\nnp.random.default_rng()",
    ],
)
def test_hidden_randomness_is_seen(line: str) -> None:
    assert hidden_randomness(ast.parse(line))


def test_a_seeded_generator_is_no_hidden_randomness() -> None:
    assert hidden_randomness(ast.parse("import numpy as np\nnp.random.default_rng(7)")) == []


@pytest.mark.parametrize("line", ["open('x')", "path.open('rb')", "path.read_text()", "np.load('x.npz')"])
def test_a_file_read_is_seen(line: str) -> None:
    assert file_reads(ast.parse(line))


@pytest.mark.parametrize("line", ["pickle.loads(b'')", "np.load(f)", "np.load(f, allow_pickle=True)", "joblib.load(f)"])
def test_an_unsafe_load_is_seen(line: str) -> None:
    assert unsafe_loads(ast.parse(line))
