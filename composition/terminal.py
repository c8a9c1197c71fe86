"""The terminal, for verbs only: one result on stdout, all else on stderr, and a progress bar while people wait."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

DONE = 0  # exit codes of the outer contract: all done
FAILED = 1  # a check failed, or some rows were rejected and the good ones kept
REFUSED = 2  # bad usage or unreadable input: nothing was written

PATIENCE = 2.0  # seconds before a bar appears
SILENT = "TQDM_DISABLE"  # tqdm's own switch, so that bars of libraries and child processes obey it too
_TERMINAL, _LOGFILE = 0.1, 10.0  # seconds between two drawings of a bar: on a terminal, and where each one is kept


def emit(document: object, as_json: bool, text: str | Callable[[], str] | None = None) -> None:
    """Print the one result of a verb: `document` as JSON, or `text` (or a plain listing of the document) for people.

    Example:
        >>> emit({"accepted": 3}, as_json=False)
        accepted: 3
        >>> emit({"accepted": 3}, as_json=True)
        {
          "accepted": 3
        }
    """
    if as_json:
        import msgspec  # only where something is written as JSON

        # what json writes, but its encoder in C does not indent
        written = msgspec.json.format(json.dumps(document, ensure_ascii=False, allow_nan=False), indent=2)
    elif text is None:
        written = listing(document)
    else:
        written = text if isinstance(text, str) else text()
    print(written)


def say(message: str) -> None:
    """Print something that is not the result (stderr)."""
    print(message, file=sys.stderr, flush=True)


def steps(as_json: bool) -> Callable[[str], None]:
    """What long steps report to: lines on stderr, or nothing where one JSON document is all that is wanted."""
    return (lambda _: None) if as_json else say


def listing(document: object, indent: str = "") -> str:
    """Write nested mappings and lists as indented `key: value` lines.

    Example:
        >>> print(listing({"rows": 2, "by": {"kind": ["a", "b"]}}))
        rows: 2
        by:
          kind:
            - a
            - b
    """
    if isinstance(document, Mapping):
        return "\n".join(_entry(f"{indent}{key}:", value, indent) for key, value in document.items())
    if isinstance(document, (list, tuple)):
        return "\n".join(_entry(f"{indent}-", value, indent) for value in document)
    return f"{indent}{document}"


def _entry(head: str, value: object, indent: str) -> str:
    if isinstance(value, (Mapping, list, tuple)) and value:
        return f"{head}\n{listing(value, indent + '  ')}"
    empty = "none" if isinstance(value, (Mapping, list, tuple)) or value is None else value
    return f"{head} {empty}"


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: Korean letters take two, combining marks none.

    Example:
        >>> width("첫만남"), width("first")
        (6, 5)
    """
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def clip(text: str, columns: int) -> str:
    """Shorten `text` to at most `columns` terminal columns, ending in an ellipsis when something was cut."""
    if width(text) <= columns:
        return text
    kept = ""
    for letter in text:
        if width(kept + letter) > columns - 1:
            break
        kept += letter
    return kept + "…"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> str:
    """Lay rows out in aligned columns; the columns numbered in `right` (from 0) align to the right.

    Example:
        >>> print(table(["programme", "won"], [["아동수당", 100000], ["voucher", 5]], right=[1]))
        programme     won
        ---------  ------
        아동수당   100000
        voucher         5
    """
    cells = [[str(cell) for cell in row] for row in rows]
    wide = [max(width(row[i]) for row in [list(heads), *cells]) for i in range(len(heads))]
    lines = [list(heads), ["-" * columns for columns in wide], *cells]
    return "\n".join(_line(line, wide, right) for line in lines)


def _line(cells: Sequence[str], wide: Sequence[int], right: Sequence[int]) -> str:
    padded = [
        " " * (columns - width(cell)) + cell if i in right else cell + " " * (columns - width(cell))
        for i, (cell, columns) in enumerate(zip(cells, wide, strict=True))
    ]
    return "  ".join(padded).rstrip()


def hide_progress() -> None:
    """Draw no progress bars from here on, in this process and its children (`--no-progress`)."""
    os.environ[SILENT] = "1"


def progress(items: Iterable[T], label: str, total: int | None = None, unit: str = "") -> Iterator[T]:
    """Pass `items` on, drawing a bar on stderr once it has taken more than two seconds.

    Example:
        >>> sum(progress([1, 2, 3], "adding"))
        6
    """
    from tqdm import tqdm  # loaded only by verbs that wait

    yield from tqdm(items, desc=label, total=total, unit=unit or "it", **_bar_style())


@contextlib.contextmanager
def bar(total: int | None, label: str, unit: str = "") -> Iterator[Callable[[int], object]]:
    """Give a function that advances a bar of `total` steps (None: unknown); pure code takes it as a plain callback.

    Example:
        >>> with bar(10, "judging") as advance:
        ...     advance(10)
    """
    from tqdm import tqdm  # loaded only by verbs that wait

    with tqdm(total=total, desc=label, unit=unit or "it", **_bar_style()) as drawn:
        yield drawn.update


@contextlib.contextmanager
def working(label: str) -> Iterator[Callable[[str], None]]:
    """Show that something without countable steps is running, and for how long; gives a function that renames it.

    Example:
        >>> with working("fitting") as relabel:
        ...     relabel("scoring")
    """
    current, ending = [label], ["done"]
    if os.environ.get(SILENT):
        yield partial(current.__setitem__, 0)
        return
    finished = threading.Event()
    clock = threading.Thread(target=_tick, args=(current, ending, finished), daemon=True)
    clock.start()
    try:
        yield partial(current.__setitem__, 0)
    except BaseException:
        ending[0] = "stopped"
        raise
    finally:
        finished.set()
        clock.join()


def _tick(label: Sequence[str], ending: Sequence[str], finished: threading.Event) -> None:
    began = time.monotonic()
    tty = sys.stderr.isatty()
    pause = PATIENCE
    while not finished.wait(pause):
        pause = 1.0 if tty else _LOGFILE
        elapsed = int(time.monotonic() - began)
        print(f"{label[0]}: {elapsed} s", end="\r" if tty else "\n", file=sys.stderr, flush=True)
    if tty and time.monotonic() - began > PATIENCE:
        print(f"{label[0]}: {time.monotonic() - began:.0f} s, {ending[0]}", file=sys.stderr)


def _bar_style() -> dict[str, Any]:
    pace = _TERMINAL if sys.stderr.isatty() else _LOGFILE
    return {
        "delay": PATIENCE,
        "mininterval": pace,
        "maxinterval": max(pace, 10.0),
        "file": sys.stderr,
        "dynamic_ncols": True,
        "disable": bool(os.environ.get(SILENT)),
    }
