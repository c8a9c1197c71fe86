"""`proffer synth`: a folder of synthetic people, their events, the catalogue used, a stamp, and the truth apart."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from composition import provenance, reading, terminal
from features.problem import Problems
from proffer import options

_BOUNDS = {"months": (1, 120), "seed": (0, 2**63 - 1), "processes": (1, 512)}
"""The least and the most of each number that somebody may give, beside that of citizens."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--citizens", type=int, default=20_000, metavar="N", help="how many people (default: 20000)")
    parser.add_argument("--months", type=int, default=36, metavar="M", help="how many months of life (default: 36)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed gives the same bytes (default: 1)"
    )
    parser.add_argument(
        "--world", default="default", metavar="NAME", help="whose dials, a file of data/worlds (default: default)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--ndjson", action="store_true", help="write the events as NDJSON beside the Parquet file")
    parser.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="P",
        help="processes to share the work (default: one a core)",
    )
    options.add(parser, "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Make the people and print the stamp."""
    _check(args)
    from data.synthetic.stamp import PopulationOrder
    from data.synthetic.world import synthesise  # numba and pyarrow load only here

    definitions = reading.read_definitions(args.declaration, args.catalogue)
    order = PopulationOrder(args.seed, args.citizens, args.months, world=args.world)
    with terminal.bar(args.citizens, "living", "people") as advance:
        stamp = synthesise(order, definitions, args.out, ndjson=args.ndjson, processes=args.processes, progress=advance)
    provenance.remember(args.out)
    terminal.emit(stamp, args.json)
    return terminal.DONE


def check_numbers(**given: int) -> Problems:
    """Say which numbers no world can have, each by the option that gives it."""
    from data.synthetic.stamp import MOST_CITIZENS

    bounds = _BOUNDS | {"citizens": (1, MOST_CITIZENS)}
    problems = Problems()
    for name, value in given.items():
        least, most = bounds[name]
        if not least <= value <= most:
            problems.add((f"--{name}",), "range", f"cannot be {value}", f"Give a number from {least} to {most}")
    return problems


def _check(args: argparse.Namespace) -> None:
    """Refuse numbers no world can have, an unknown world, and a folder that holds something else; all at once."""
    from data.synthetic.dials import named

    problems = check_numbers(**{name: getattr(args, name) for name in ("citizens", *_BOUNDS)})
    with problems.gathered():
        named(args.world)
    if args.out.exists() and not args.out.is_dir():
        problems.add((f"--out {args.out}",), "conflict", "is a file", "Name a folder")
    elif args.out.is_dir() and any(args.out.iterdir()) and not (args.out / provenance.STAMP).is_file():
        problems.add(
            (f"--out {args.out}",),
            "conflict",
            "holds files that are not synthetic people",
            "Name a new or an empty folder",
        )
    problems.raise_any()
