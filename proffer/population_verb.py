"""`proffer population`: people in columns, in files of some people each, for `proffer sweep --people`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading, terminal
from composition.sweeping import whole_history
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.log.history import History

SHARD: Final = 32_768
"""People in a file: some 6 MB, which take seconds to sweep."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    parser.add_argument("--events", type=Path, nargs="+", metavar="F", help=files)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write, empty or new")
    parser.add_argument("--shard", type=int, default=SHARD, metavar="N", help=f"people in a file (default: {SHARD})")
    apart = (
        "write each person's rows apart too (twice the size again), as `proffer sweep --ahead` and --earlier need them"
    )
    parser.add_argument("--apart", action="store_true", help=apart)
    grow = "make about so many synthetic people of these, each household drawn again"
    parser.add_argument("--grow", type=int, metavar="N", help=grow)
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="with --grow: which people (default: 1)")
    options.add(parser, "country", "declaration")


def run(args: argparse.Namespace) -> int:
    """Read, and write file by file."""
    from features.log.people_folder import PeopleFolder

    _check(args)
    definitions = reading.read_definitions(args.declaration, None, country=args.country)
    with terminal.working("reading events"):
        history = whole_history(args.events, Workspace(args.home), definitions)
    if args.grow is not None and not history.people:
        raise Rejected([Problem(("--events",), "missing", "name nobody to grow people of", "Name other files")])
    total = len(history.people) if args.grow is None else args.grow
    with terminal.bar(total, "writing", unit="person") as advance:
        folder = PeopleFolder.write(args.out, _parts(args, history, definitions), advance, args.apart)
    document: dict[str, Any] = {"people": folder.people, "files": len(folder.files), "out": str(args.out)}
    terminal.emit({**document, "fingerprint": folder.fingerprint}, args.json)
    return terminal.DONE


def _check(args: argparse.Namespace) -> None:
    """Refuse numbers that name no people, and a folder that holds something."""
    problems = [
        Problem((f"--{name}",), "range", f"{value} is not a number above 0", "Give one")
        for name, value in (("shard", args.shard), ("grow", args.grow))
        if value is not None and value < 1
    ]
    if args.seed < 0:
        problems.append(Problem(("--seed",), "range", f"cannot be {args.seed}", "Give a number from 0 on"))
    if args.out.is_dir() and any(args.out.iterdir()):
        problems.append(
            Problem((str(args.out),), "conflict", "holds other files", "Name an empty folder, or a new one")
        )
    if problems:
        raise Rejected(problems)


def _parts(args: argparse.Namespace, history: History, definitions: reading.Definitions) -> Iterator[History]:
    """The people of each file."""
    from features.log.people_folder import household_parts, some_of

    if args.grow is None:
        yield from (some_of(history, part) for part in household_parts(history, args.shard))
        return
    from data.synthetic.regrown import Regrowth

    growth = Regrowth(history, definitions.declaration, args.seed)
    for number, first in enumerate(range(0, args.grow, args.shard)):
        yield growth.shard(number, min(args.shard, args.grow - first))
