"""The options that several verbs share, each defined once so that it means the same everywhere.

A verb's `add_arguments(parser)` calls `options.add(parser, "catalogue", "declaration")` for those it honours;
`--home`, `--json` and `--no-progress` are given to every verb by `proffer.cli`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from composition.settings import SHIPPED, CountryFolder, country_folder, home_folder
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from features.country import Country

EVERYWHERE = ("home", "json", "no-progress")


def add(parser: argparse.ArgumentParser, *names: str) -> list[argparse.Action]:
    """Add the shared options called `names` to a verb's parser.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> _ = add(parser, "catalogue", "as-of")
        >>> parser.parse_args(["--as-of", "2026-10-31"]).as_of
        '2026-10-31'
    """
    return [_DEFINED[name](parser) for name in names]


Subverbs = Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]]
"""By the name of a sub-verb: its line of help, what adds its options, and what runs it."""


def add_data(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add `--data`."""
    written = "a folder that `proffer synth` wrote"
    parser.add_argument("--data", type=Path, metavar="DIR", required=required, help=written)


def add_hold_out(parser: argparse.ArgumentParser) -> None:
    """Add `--hold-out`."""
    told = (
        "who is only judged: one in N or those a file names (one a line), whole households; or everybody from a DAY on "
    )
    told += "(default: one in 5, or what a stamp of synthetic people says: households in private, else people)"
    parser.add_argument("--hold-out", metavar="N|DAY|FILE", help=told)


def add_subverbs(parser: argparse.ArgumentParser, subverbs: Subverbs) -> None:
    """Add sub-verbs, each with its own options; those of every verb may stand before or after the sub-verb.

    The parsed options hold the sub-verb's name as `subverb` and what runs it as `handle`.
    """
    chosen = parser.add_subparsers(dest="subverb", required=True, metavar="SUB-VERB", parser_class=type(parser))
    for name, (line, add_arguments, handle) in subverbs.items():
        one = chosen.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.", allow_abbrev=False)
        add_arguments(one)
        one.set_defaults(handle=handle)
        for action in add(one, *EVERYWHERE):
            action.default = argparse.SUPPRESS  # one that is not given after the sub-verb keeps its earlier value


def run_subverb(args: argparse.Namespace) -> int:
    """Run the sub-verb that was chosen; the `run` of a verb that has some."""
    handle: Callable[[argparse.Namespace], int] = args.handle
    return handle(args)


def add_population_filter(parser: argparse.ArgumentParser) -> None:
    """Add the choice of one population among those of a ledger."""
    parser.add_argument("--population", metavar="P", help="only this one (default: all)")


def add_asked(parser: argparse.ArgumentParser) -> None:
    """Add what a spend says of who asks for it and why."""
    parser.add_argument("--reason", metavar="TEXT", help="why, in a sentence, for the auditor and the public report")
    signs = "your private key, as `proffer privacy key` writes it: each spend is signed as asked for by you"
    parser.add_argument("--requester-key", type=Path, metavar="KEY", help=signs)


def _home(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        default=home_folder(),
        help="folder of the event log, models and MLflow files (default: $PROFFER_HOME, or ./.proffer)",
    )


def _json(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument("--json", action="store_true", help="print one JSON document on stdout and nothing else")


def _no_progress(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument("--no-progress", action="store_true", help="draw no progress bars on stderr")


def _catalogue(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--catalogue",
        type=Path,
        metavar="PATH",
        help="programmes: a folder of YAML files, one YAML file, or JSON lines (default: the country's)",
    )


def _declaration(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--declaration",
        type=Path,
        metavar="DIR",
        help="folder with events.yaml, facts.yaml and features.yaml (default: the country's)",
    )


def _country(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--country",
        type=_folder_of,
        metavar="CC|DIR",
        default=SHIPPED,
        help="country that is shipped (such as kr), or a folder like one of these (default: kr)",
    )


def _folder_of(named: str) -> CountryFolder:
    try:
        return country_folder(named)
    except Rejected as refusal:
        (problem,) = refusal.problems
        raise argparse.ArgumentTypeError(f"{problem.what}. {problem.remedy}") from None


def _language(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--language", metavar="LANG", help="language of the text, one of the country's (default: the one it names)"
    )


def language_of(args: argparse.Namespace, country: Country) -> str:
    """The language of text: the one asked for, or the one that the country shows.

    Raises:
        Rejected: the country has no such language.
    """
    asked = args.language
    if asked is not None and asked not in country.languages:
        remedy = f"Use one of {', '.join(country.languages)}"
        raise Rejected([Problem(("--language",), "unknown", f"{asked!r} is no language of this country", remedy)])
    return str(asked or country.shown)


def _why(parser: argparse.ArgumentParser) -> argparse.Action:
    told = "show ids, names of facts and weights too, for who checks the rules"
    return parser.add_argument("--why", action="store_true", help=told)


def _model(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
        "--model",
        metavar="DIR|none",
        help="artefact folder that scores, or `none` to rank by the rules alone (default: the home's champion, if any)",
    )


def _as_of(parser: argparse.ArgumentParser) -> argparse.Action:
    return parser.add_argument(
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
    "country": _country,
    "language": _language,
    "why": _why,
    "model": _model,
    "as-of": _as_of,
}
