"""`proffer bench`: one benchmark beside its peers, in one run.

A benchmark is a file of benchmarks/ with `measure(progress: Callable[[str], None]) -> Mapping[str, object]`, which
returns the document of the outer contract: name, work, unit, ours, peers, ratio, equal_results. The files are run by
their path, because another library installs a package called benchmarks.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from features.problem import Problem, Rejected
from proffer import console

HELP = "one benchmark beside its peers"
FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("name", choices=names(), metavar="NAME", help=f"one of {', '.join(names())}")


def names() -> list[str]:
    """The benchmarks of this checkout."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def run(args: argparse.Namespace) -> int:
    """Run one benchmark; exit 1 when Proffer and a peer did not compute the same."""
    result = benchmark(args.name).measure(console.say)
    console.emit(result, args.json, lambda: written(result))
    return console.DONE if result["equal_results"] else console.FAILED


def benchmark(name: str) -> ModuleType:
    """Load the file of one benchmark.

    Raises:
        Rejected: a peer it compares with is not installed.
    """
    spec = importlib.util.spec_from_file_location(f"proffer_benchmark_{name}", FOLDER / f"{name}.py")
    if spec is None or spec.loader is None:
        raise Rejected([Problem(str(FOLDER), f"has no benchmark {name}", "Run it from a checkout")])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as missing:
        remedy = "Install the peers: pip install '.[bench]'"
        raise Rejected([Problem(f"benchmark {name}", f"needs {missing.name}", remedy)]) from missing
    return module


def written(result: Mapping[str, Any]) -> str:
    """A result for people: what was done, and a line for everyone who did it."""
    ours, unit = result["ours"], result["unit"]
    rows = [("proffer", f"{ours:,.0f}", "")]
    rows += [(peer, f"{figure:,.0f}", f"{result['ratio'][peer]:.1f} x") for peer, figure in result["peers"].items()]
    verdict = "equal results" if result["equal_results"] else "RESULTS DIFFER"
    return f"{result['name']}: {result['work']}\n{console.table(['', unit, 'ours is'], rows, right=[1, 2])}\n{verdict}"
