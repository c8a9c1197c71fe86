"""`proffer stops`: switch off a model's order, a programme or a region's learned order, at once, with who and why."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Final

from composition import clock, terminal
from composition.stop_file import StopFile
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options

_KINDS: Final = ("model", "programme", "region")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    options.add_subverbs(parser, _SUBVERBS)


run = options.run_subverb


def _add_what(parser: argparse.ArgumentParser, *, new: bool = False) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", metavar="NAME", help="the order of this model, or of `all`")
    what.add_argument("--programme", metavar="ID", help="this programme: nobody is told of it")
    what.add_argument("--region", metavar="CODE", help="the learned order for who lives there")
    if new:
        parser.add_argument("--by", required=True, metavar="WHO", help="who switches it off")
        parser.add_argument("--why", required=True, metavar="TEXT", help="why, in a sentence")


def _what(args: argparse.Namespace) -> tuple[str, str]:
    (found,) = ((kind, getattr(args, kind)) for kind in _KINDS if getattr(args, kind) is not None)
    if (found[0] == "region" and not found[1].isascii()) or not found[1].strip():
        raise Rejected([Problem((f"--{found[0]}",), "invalid", f"{found[1]!r} names nothing", "Give a name or code")])
    return found


def _add(args: argparse.Namespace) -> int:
    from serving.records.switched_off import Stop

    kind, name = _what(args)
    now = clock.timestamp()
    return _told(args, StopFile(Workspace(args.home)).add(Stop(kind, name, args.by, args.why, now)).to_document())


def _told(args: argparse.Namespace, document: dict[str, object]) -> int:
    rows = document["stops"]
    assert isinstance(rows, list)
    lines = [f"{row['kind']} {row['name']}, by {row['by']} since {row['since']}: {row['why']}" for row in rows]
    terminal.emit(document, args.json, "\n".join(lines or ["nothing is switched off"]))
    return terminal.DONE


_SUBVERBS: Final[options.Subverbs] = {
    "add": ("switch something off, from the next request on", partial(_add_what, new=True), _add),
    "lift": (
        "switch it on again",
        _add_what,
        lambda args: _told(args, StopFile(Workspace(args.home)).lift(*_what(args)).to_document()),
    ),
    "list": (
        "what is switched off, by whom and why",
        lambda _parser: None,
        lambda args: _told(args, StopFile(Workspace(args.home))().to_document()),
    ),
}
