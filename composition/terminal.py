"""The terminal, for verbs only: one result on stdout, all else on stderr, and a progress bar while people wait."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
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

WIDE, NARROW = 100, 40  # columns of text that goes to no terminal, and the fewest text is laid out in
READABLE = 100  # columns beyond which lines of running text are hard to follow
_LEAST, _GAP = 10, 2  # columns that a column of words keeps, and those between two columns

_COUNTED = re.compile(r"\d+ of ")

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
        text_of = json.dumps(document, ensure_ascii=False, allow_nan=False)
        plain = text_of.encode(errors="replace")  # a path that is not UTF-8 has no form in JSON
        written = msgspec.json.format(plain, indent=2).decode()
    elif text is None:
        written = listing(document)
    else:
        written = text if isinstance(text, str) else text()
    print(written)


def say(message: str) -> None:
    """Print something that is not the result (stderr)."""
    print(message, file=sys.stderr, flush=True)


def steps(as_json: bool, relabel: Callable[[str], object] = str, indent: str = "") -> Callable[[str], None]:
    """What long steps report to: lines on stderr, none where one JSON document is all that is wanted.

    Args:
        as_json: whether it is.
        relabel: renames what `working` shows; steps that are counted ("round 20 of 300") go there alone.
        indent: what a line begins with.
    """

    def told(step: str) -> None:
        relabel(step)
        if not as_json and not _COUNTED.search(step):
            say(indent + step)

    return told


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
    letters = (letter for letter in text if not unicodedata.combining(letter))
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in letters)


def columns() -> int:
    """Columns there are to write in: those of the terminal, or $COLUMNS; 100 where text goes to a file or a pipe."""
    told = os.environ.get("COLUMNS", "")
    found = int(told) if told.isdecimal() and int(told) else WIDE
    if found == WIDE and sys.stdout.isatty():
        found = shutil.get_terminal_size((WIDE, 24)).columns
    return max(NARROW, found)


def strong(text: str) -> str:
    """Return text that stands out (bold) on a terminal, and as it is anywhere else and where NO_COLOR is set."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[1m{text}\x1b[0m"


def wrap(text: str, columns: int, indent: str = "") -> list[str]:
    """Lay text out in lines of at most `columns` terminal columns, broken between words where they fit a line.

    Args:
        text: what is laid out; nothing of it is left out.
        columns: the widest a line may be, `indent` with it.
        indent: what the first line begins with; every other line begins with as many spaces.

    Example:
        >>> wrap("아동수당을 받고 있습니다.", 14, "- ")
        ['- 아동수당을', '  받고', '  있습니다.']
    """
    after = " " * width(indent)
    lines: list[str] = []
    line, begun = indent, False
    for word in _pieces(text, max(2, columns - width(indent))):
        joined = f"{line} {word}" if begun else line + word
        if begun and width(joined) > columns:
            lines.append(line)
            joined = after + word
        line, begun = joined, True
    return [*lines, line.rstrip()]


def _pieces(text: str, columns: int) -> Iterator[str]:
    """The words of a text; one that fits no line is cut, for nothing may be lost."""
    for word in text.replace("\n", " ").split(" "):  # and not at a space that does not break
        rest = word
        while width(rest) > columns:
            kept = 0
            while width(rest[: kept + 1]) <= columns:
                kept += 1
            yield rest[:kept]
            rest = rest[kept:]
        yield rest


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = (), most: int | None = None
) -> str:
    """Lay rows out in aligned columns; the columns numbered in `right` (from 0) align to the right.

    Args:
        heads: what each column is called.
        rows: the cells of each row.
        right: the columns of figures, which are never broken.
        most: the widest a line may be; cells that do not fit are continued below. None: as wide as the terminal,
            or as wide as the cells where nobody sees it on one.

    Example:
        >>> print(table(["programme", "won"], [["아동수당", 100000], ["voucher", 5]], right=[1]))
        programme     won
        ---------  ------
        아동수당   100000
        voucher         5
    """
    cells = [[str(cell) for cell in row] for row in rows]
    wide = [max(width(row[i]) for row in [list(heads), *cells]) for i in range(len(heads))]
    fits = most or (columns() if sys.stdout.isatty() else None)
    if fits is not None:
        wide = _narrowed(wide, fits - _GAP * (len(wide) - 1), right)
    lines = [line for row in [heads, ["-" * size for size in wide], *cells] for line in _lines(row, wide, right)]
    return "\n".join(lines)


def _narrowed(wide: Sequence[int], room: int, right: Sequence[int]) -> list[int]:
    """Take from the widest column of words until all fit, or each is as narrow as words can be read in."""
    found = list(wide)
    words = [i for i in range(len(found)) if i not in right]
    while sum(found) > room and any(found[i] > _LEAST for i in words):
        found[max(words, key=lambda i: found[i])] -= 1
    return found


def _lines(cells: Sequence[str], wide: Sequence[int], right: Sequence[int]) -> list[str]:
    """One row, in as many lines as its longest cell takes."""
    laid = [[cell] if width(cell) <= size else wrap(cell, size) for cell, size in zip(cells, wide, strict=True)]
    deep = max((len(cell) for cell in laid), default=1)
    return [_line([cell[i] if i < len(cell) else "" for cell in laid], wide, right) for i in range(deep)]


def _line(cells: Sequence[str], wide: Sequence[int], right: Sequence[int]) -> str:
    padded = [
        " " * (columns - width(cell)) + cell if i in right else cell + " " * (columns - width(cell))
        for i, (cell, columns) in enumerate(zip(cells, wide, strict=True))
    ]
    return (" " * _GAP).join(padded).rstrip()


def hide_progress() -> None:
    """Draw no progress bars from here on, in this process and its children (`--no-progress`)."""
    os.environ[SILENT] = "1"


def progress(items: Iterable[T], label: str, unit: str = "") -> Iterator[T]:
    """Pass `items` on, drawing a bar on stderr once it has taken more than two seconds.

    Example:
        >>> sum(progress([1, 2, 3], "adding"))
        6
    """
    from tqdm import tqdm  # loaded only by verbs that wait

    yield from tqdm(items, desc=label, unit=unit or "it", **_bar_style())


@contextlib.contextmanager
def bar(total: int | None, label: str, unit: str = "") -> Iterator[Callable[[int], object]]:
    """Give a function that advances a bar of `total` steps (None: unknown); pure code takes it as a plain callback.

    Example:
        >>> with bar(10, "judging") as advance:
        ...     advance(10)
    """
    from tqdm import tqdm  # loaded only by verbs that wait

    with tqdm(total=total, desc=label, unit=unit or "it", **_bar_style()) as drawn:

        def advance(steps: int) -> object:
            if drawn.disable or drawn.n or steps == drawn.total:
                return drawn.update(steps)
            # The first report waits for what is prepared once, so it says nothing of how fast the others will come.
            drawn.initial = drawn.n = drawn.last_print_n = steps
            waited = drawn.format_dict["elapsed"]
            drawn.last_print_t += waited
            if waited >= PATIENCE:
                drawn.refresh()
            return None

        yield advance


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
