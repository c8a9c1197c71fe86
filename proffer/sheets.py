"""`proffer sheets`: what laws ask of whoever deploys this, answered from what is configured, each with its tests."""

from __future__ import annotations

import argparse
from pathlib import Path

from composition import clock, duty_sheets, terminal
from composition.engines import EngineSettings, build_engine
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import write_whole
from proffer import options

MARKDOWN, HTML = "markdown", "html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--sheet", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    told = "a folder of sheets (default: the country's `duties`), answered for this home and country all the same"
    parser.add_argument("--duties", type=Path, metavar="DIR", help=told)
    parser.add_argument("--form", choices=(MARKDOWN, HTML), default=MARKDOWN, help="of the text (default: markdown)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where it is written (default: standard output)")
    options.add(parser, "language", "country", "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Fill the sheets in."""
    from rendering import duty_page
    from rendering.page import page
    from rendering.voice import voice_of

    home, country = Workspace(args.home), args.country
    sheets = duty_sheets.read_sheets(args.duties or country.folder / "duties")
    if args.duties is not None and not sheets:
        what, remedy = "holds no sheet", "Name a folder of sheets (YAML), such as the `duties` of a country's folder"
        raise Rejected([Problem((str(args.duties),), "missing", what, remedy)])
    sheets = duty_sheets.chosen(sheets, args.sheet)
    engine = build_engine(EngineSettings(args.declaration, args.catalogue, None, home.cache, country))
    language = options.language_of(args, engine.declaration.country)
    document = duty_sheets.filled_sheets(sheets, engine, home, country, clock.timestamp(), args.declaration)
    voice = voice_of(engine.messages, language)
    if args.form == HTML:
        text = page(duty_page.TEMPLATE, duty_page.sheets_view(document, voice))
    else:
        text = duty_page.markdown(document, voice)
    if args.out is not None:
        write_whole(args.out, text.encode())
    terminal.emit(document, args.json, text if args.out is None else f"Written to {args.out}")
    return terminal.DONE
