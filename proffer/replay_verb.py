"""`proffer replay`: a decision made again from its own record, to the last bit, or the first thing that differs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from composition import replaying, terminal
from composition.workspace import Workspace
from proffer import options
from proffer.recommend import engine_settings

_PARTS = {
    "catalogue": "another catalogue (--catalogue)",
    "declaration": "another declaration (--declaration)",
    "rules": "other tables of regions or holidays (--country)",
    "messages": "other sentences (--country, or another version of them)",
    "weights": "other weights (--weights)",
    "model": "another model (--model)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    which = "the id of a decision on record, or a file with a reply that carries its decision; - reads standard input"
    parser.add_argument("decision", metavar="ID|FILE", help=which)
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "country", "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Make the decision again, and say whether it is the same."""
    from serving.records.replay import replayed

    try:
        found = replaying.find(Workspace(args.home), args.decision)
    except replaying.ErasedError:
        gone = {"id": args.decision, "outcome": "erased", "parts": [], "difference": None}
        terminal.emit(gone, args.json, f"decision {args.decision}\nerased, with everything about its person")
        return terminal.FAILED
    engine = replaying.engine_of(found.decision, engine_settings(args))
    done = replayed(found.decision, engine, found.id)
    document = {"id": found.id or found.decision.id, **done.to_document()}
    terminal.emit(document, args.json, lambda: _text(document))
    return terminal.DONE if done.outcome == "same" else terminal.FAILED


def _text(document: dict[str, object]) -> str:
    lines = [f"decision {document['id']}"]
    parts, difference = document["parts"], document["difference"]
    assert isinstance(parts, list)
    if "version" in parts:
        lines.append("it was made by another version of Proffer")
    if document["outcome"] == "unavailable":
        lines += [f"cannot be made again here: it rests on {_PARTS[part]}" for part in parts if part in _PARTS]
    elif isinstance(difference, dict):
        path = ".".join(map(str, difference["path"]))
        lines.append(f"DIFFERENT, first at {path}:")
        texts = {side: json.dumps(difference[side], ensure_ascii=False) for side in ("recorded", "computed")}
        lines += [f"  {side:<9}{text if len(text) <= 100 else text[:99] + '…'}" for side, text in texts.items()]
    else:
        lines.append("the same to the last bit")
    return "\n".join(lines)
