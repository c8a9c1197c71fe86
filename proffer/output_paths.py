"""Output paths: the files that a verb would replace though they are what it reads, a private key, or the home's log."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from composition.ledger_files import refuse_own
from features.problem import Problem, Rejected

__all__ = ["refuse_replaced"]

OUTPUTS: Final = ("out", "boosts", "report")
"""Options that name a file to write; what is read stands in every other option."""

FOLDERS: Final = dict.fromkeys(("old", "new", "catalogue", "declaration", "duties"), "*.yaml") | {"data": "events.*"}
"""Options that may name a folder, and which of its files are read."""

KEYS: Final = ("key", "witness", "approver", "requester_key")
"""Options that take a file, or the key itself."""


def refuse_replaced(args: argparse.Namespace) -> None:
    """Refuse an output that is a file already and could not be made again: nothing is read or written before.

    Args:
        args: what was parsed; relative paths are of the working folder.

    Raises:
        Rejected: the file is named by another option too, is a private key or the ledger's, or is the log.
    """
    for option in OUTPUTS:
        out = getattr(args, option, None)
        if not isinstance(out, Path) or not out.is_file():
            continue
        named = _named({name: value for name, value in vars(args).items() if name not in (option, "home")})
        if any(one.is_file() and one.samefile(out) for one in (*named, args.home / "events.db")):
            what = "is a file that this reads, and would be replaced"
            raise Rejected([Problem((str(out),), "conflict", what, f"Choose another --{option}")])
        refuse_own(args.home, out)


def _named(values: dict[str, Any]) -> Iterator[Path]:
    """Every path that options name, and the files of a folder that are read."""
    for name, value in values.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Path) or (isinstance(one, str) and name in KEYS):
                yield Path(one)
                yield from Path(one).glob(FOLDERS[name]) if name in FOLDERS and Path(one).is_dir() else ()
