"""The options several verbs share, each defined once so that it means the same everywhere.

A verb's `add_arguments(parser)` calls `options.add(parser, "catalogue", "declaration")` for those it honours;
`--home`, `--json` and `--no-progress` are given to every verb by `proffer.cli`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

EVERYWHERE = ("home", "json", "no-progress")


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add the shared options called `names` to a verb's parser.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add(parser, "catalogue", "as-of")
        >>> parser.parse_args(["--as-of", "2026-10-31"]).as_of
        '2026-10-31'
    """
    for name in names:
        _DEFINED[name](parser)


def _home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        default=Path(os.environ.get("PROFFER_HOME") or ".proffer"),
        help="folder of the event log, models and MLflow files (default: $PROFFER_HOME, or ./.proffer)",
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout and nothing else")


def _no_progress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-progress", action="store_true", help="draw no progress bars on stderr")


def _catalogue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalogue",
        type=Path,
        metavar="PATH",
        help="programmes: a folder of YAML files, one YAML file, or JSON lines (default: the catalogue shipped)",
    )


def _declaration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--declaration",
        type=Path,
        metavar="DIR",
        help="folder with events.yaml, facts.yaml and features.yaml (default: the declaration shipped)",
    )


def _model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="DIR|none",
        help="artefact folder that scores, or `none` to rank by the rules alone (default: the home's champion, if any)",
    )


def _as_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="judge as at the end of this day in the declared time zone (default: today)",
    )


_DEFINED = {
    "home": _home,
    "json": _json,
    "no-progress": _no_progress,
    "catalogue": _catalogue,
    "declaration": _declaration,
    "model": _model,
    "as-of": _as_of,
}
