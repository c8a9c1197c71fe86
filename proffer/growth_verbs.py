"""`proffer catalogue grow` and `mix`: programmes that do not exist, by the counts of those that do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from composition import reading, terminal
from features.problem import Problem, Rejected
from proffer import options

MOST = 1_000_000
"""The most programmes: their numbers have six digits."""


def grow_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `grow` takes."""
    parser.add_argument("--programmes", type=int, required=True, metavar="N", help="how many there are in all")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="what all that is drawn follows from (1)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl", help="where the programmes go")
    mix = "counts that `catalogue mix` wrote (default: the country's)"
    parser.add_argument("--mix", type=Path, metavar="MIX.json", help=mix)
    options.add(parser, "country", "catalogue")


def mix_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `mix` takes."""
    parser.add_argument("path", type=Path, metavar="PATH", help="real programmes, as for check")
    parser.add_argument("--out", type=Path, required=True, metavar="MIX.json", help="where the counts go")
    options.add(parser, "country", "declaration")


def grow(args: argparse.Namespace) -> int:
    """Write the country's programmes, and grown ones after them until there are as many as asked for.

    Raises:
        Rejected: the number is none that can be grown to, or a file is unreadable or wrong; nothing is written.
    """
    from composition.catalogue_growth import growth
    from features.whole_file import write_whole

    if not 0 < args.programmes <= MOST or args.seed < 0:
        what = f"{args.programmes} programmes with seed {args.seed} cannot be grown"
        remedy = f"Ask for 1 to {MOST} with a seed that is not negative"
        raise Rejected([Problem(("--programmes",), "range", what, remedy)])
    made = growth(args.seed, args.catalogue, args.mix, args.country)
    with terminal.bar(max(args.programmes - len(made.written), 0), "growing programmes") as advance:
        documents = made.documents(args.programmes, advance)
    lines = [json.dumps(document, ensure_ascii=False, default=str) + "\n" for _, document in documents]
    write_whole(args.out, "".join(lines).encode())
    written = min(len(made.written), len(lines))
    report = {"programmes": len(lines), "written": written, "grown": len(lines) - written, "out": str(args.out)}
    terminal.emit(
        report, args.json, f"{len(lines)} programmes, of which {len(lines) - written} are grown, in {args.out}"
    )
    return terminal.DONE


def mix(args: argparse.Namespace) -> int:
    """Count what real programmes ask and give, and write the counts, none of their words among them.

    Raises:
        Rejected: the catalogue is unreadable, wrong or empty; nothing is written.
    """
    from data.growth.rule_mix import RuleMix
    from data.growth.rule_traits import traits
    from features.whole_file import write_whole

    definitions = reading.read_definitions(args.declaration, args.path, country=args.country)
    programmes = definitions.catalogue.programmes
    if not programmes:
        raise Rejected([Problem((str(args.path),), "missing", "holds no programme", "Name a catalogue that has some")])
    counted = RuleMix.counted(len(programmes), (one for programme in programmes for one in traits(programme)))
    document = counted.to_document()
    write_whole(args.out, json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
    report = {"programmes": counted.rows, "tables": sorted(counted.counts), "out": str(args.out)}
    terminal.emit(report, args.json, f"{counted.rows} programmes counted in {args.out}")
    return terminal.DONE
