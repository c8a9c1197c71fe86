"""`proffer catalogue pack`: the rules of a day as files that a browser or an app judges by, with nobody asked."""

from __future__ import annotations

import argparse
from pathlib import Path

from composition import clock, reading, terminal
from composition.engines import EngineSettings, build_engine, lean_imports
from composition.workspace import Workspace
from proffer import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this sub-verb."""
    parser.description = "A device judges a household by these files and the module beside them; nothing leaves it."
    told = "the folder to make, or an earlier pack to replace: rules.pocket, titles.json and the module that judges"
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=told)
    options.add(parser, "language", "catalogue", "country", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Write the files of a pack.

    Raises:
        Rejected: the catalogue, or what it is read against, cannot be read or is wrong, or the folder is a file or
            holds something else; nothing has been written.
    """
    from composition.pocket_files import PackedDay, packed_day, refuse_other_folder, write_pack

    refuse_other_folder(args.out)
    with lean_imports(args.catalogue):
        engine = build_engine(
            EngineSettings(args.declaration, args.catalogue, cache=Workspace(args.home).cache, country=args.country)
        )
        language = options.language_of(args, engine.declaration.country)
        day = reading.as_of(args.as_of, clock.now, engine.declaration.zone.name)
        with terminal.working("packing rules"):
            packed: PackedDay = packed_day(engine.compiled(day), language)
    write_pack(packed, args.out)
    report = {"out": str(args.out), "as_of": day.isoformat(), **packed.report()}
    shown = (
        "{programmes} programmes of {as_of} in {out}: rules {rules} bytes ({rules_gzip} as gzip), "
        "titles {titles} ({titles_gzip})"
    )
    terminal.emit(report, args.json, shown.format(**report))
    return terminal.DONE
