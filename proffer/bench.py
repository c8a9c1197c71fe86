"""`proffer bench`: one benchmark beside its peers, in one run.

A benchmark is a file of benchmarks/ with `measure(progress: Callable[[str], None]) -> Mapping[str, object]`, which
returns the document of the outer contract: name, work, unit, ours, peers, ratio, equal_results. One that reads files
of others takes the folder as `data: str | None` too. The files are run by their path, because another library installs
a package called benchmarks.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from composition import terminal
from composition.model_registry import ModelRegistry
from composition.workspace import Workspace
from features.problem import Problem, Rejected

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
OPTIONS = ("data", "units", "pictures", "model", "in_process", "world", "page", "learner")
"""What some benchmarks take: arguments of their `measure`, left out when not given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("name", choices=names(), metavar="NAME", help=f"one of {', '.join(names())}")
    parser.add_argument("--data", metavar="DIR", help="where the data of others is (adult)")
    parser.add_argument(
        "--units",
        type=int,
        metavar="N",
        help="how many people to learn from, or to make (private, sweep, reach, worlds, uplift, households)",
    )
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="where to draw curves (sweep; private: takes long)"
    )
    parser.add_argument("--world", metavar="NAME", help="the one to look at (worlds, private)")
    beside = "beside the private ranker that ships, in a named world: network (private)"
    parser.add_argument("--learner", choices=("network",), help=beside)
    parser.add_argument("--page", type=Path, metavar="FILE", help="where to write the figures as a page (worlds)")
    parser.add_argument("--model", metavar="M", help="the model to serve (serve; default: the champion of the home)")
    parser.add_argument("--in-process", action="store_true", default=None, help="one request without HTTP (serve)")


def names() -> list[str]:
    """The benchmarks of this checkout."""
    return sorted(path.stem.removesuffix("_bench") for path in FOLDER.glob("*_bench.py"))


def run(args: argparse.Namespace) -> int:
    """Run one benchmark; exit 1 when Proffer and a peer did not compute the same."""
    result = _measured(benchmark(args.name), args)
    terminal.emit(result, args.json, lambda: written(result))
    return terminal.DONE if result["equal_results"] else terminal.FAILED


def _measured(chosen: ModuleType, args: argparse.Namespace) -> Mapping[str, Any]:
    """Measure with the options that were given; one that this benchmark does not take is refused."""
    takes = inspect.signature(chosen.measure).parameters
    given = {name: value for name in OPTIONS if (value := getattr(args, name, None)) is not None}
    foreign = [name for name in given if name not in takes]
    if "model" in takes:
        given["model"] = ModelRegistry(Workspace(args.home)).find(args.model)
    if foreign:
        raise Rejected(
            [
                Problem(
                    (f"--{name.replace('_', '-')}",),
                    "forbidden",
                    f"the benchmark {args.name} reads no {name}",
                    "Leave it out",
                )
                for name in foreign
            ]
        )
    found: Mapping[str, Any] = chosen.measure(terminal.say, **given)
    return found


def benchmark(name: str) -> ModuleType:
    """Load the file of one benchmark."""
    spec = importlib.util.spec_from_file_location(f"proffer_benchmark_{name}", FOLDER / f"{name}_bench.py")
    if spec is None or spec.loader is None:
        raise Rejected([Problem((str(FOLDER),), "unknown", f"has no benchmark {name}", "Run it from a checkout")])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def written(result: Mapping[str, Any]) -> str:
    """A result for people: what was done, and a line for everyone who did it."""
    ours, unit = result["ours"], result["unit"]
    rows = [("proffer", _figure(ours), "")]
    rows += [(peer, _figure(figure), f"{_ratio(result['ratio'][peer])} x") for peer, figure in result["peers"].items()]
    verdict = "equal results" if result["equal_results"] else "RESULTS DIFFER"
    table = terminal.table(["", unit, "ours is"], rows, right=[1, 2])
    return "\n".join([f"{result['name']}: {result['work']}", table, *_details(result.get("details", [])), verdict])


def _details(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The figures that a benchmark has beside its mean, a line for each row of them."""
    if not rows:
        return []
    heads = list(dict.fromkeys(head for row in rows for head in row))  # rows differ in what was measured
    cells = [[str(row.get(head, "")) for head in heads] for row in rows]
    return [terminal.table(heads, cells, right=range(len(heads)))]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.4f}"


def _ratio(value: float) -> str:
    return f"{value:.1f}" if value >= 2 else f"{value:.3f}"
