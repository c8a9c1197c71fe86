"""`proffer dataset`: the folder of events that `train --data` takes, from tables and a mapping of their columns."""

from __future__ import annotations

import argparse
from pathlib import Path

from composition import reading, terminal
from composition.provenance import STAMP
from features.problem import Problem, Rejected
from proffer import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    told = "YAML that says which columns of the tables beside it are people, facts and events"
    parser.add_argument("mapping", type=Path, metavar="MAPPING", help=told)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    options.add(parser, "country", "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Read the tables, write the folder, and print its stamp."""
    from composition.dataset_mapping import read_mapping
    from composition.dataset_rows import tables_beside, write_dataset

    if args.out.is_file() or (args.out.is_dir() and any(args.out.iterdir()) and not (args.out / STAMP).is_file()):
        what = "holds files that are no data set"
        raise Rejected([Problem((f"--out {args.out}",), "conflict", what, "Name a new or an empty folder")])
    definitions = reading.read_definitions(args.declaration, args.catalogue, country=args.country)
    mapping = read_mapping(reading.read_yaml(args.mapping), definitions.declaration, (args.mapping.name,))
    with terminal.working("reading tables"):
        catalogue = args.catalogue or args.country.catalogue
        stamp = write_dataset(mapping, tables_beside(args.mapping), definitions, catalogue, args.out)
    text = f"{stamp['events']} events of {stamp['people']} people -> {args.out}; they count as private"
    terminal.emit({"out": str(args.out), **stamp}, args.json, text)
    return terminal.DONE
