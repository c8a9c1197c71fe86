"""Text statement: a field's text cut at its lines and bullets: pieces with their places, what is below, their notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

__all__ = ["TextStatement", "statements"]

DEEPEST: Final = 8
"""Statements nested deeper hang on the last level: no list is read wrongly for its depth."""

_BULLET: Final = re.compile(
    r"""\s*(?:
      (?P<note>※|☞|\*{1,3}(?=\s*\S))
    | (?P<circle>[○●◦❍◎◯⚪⚫❏◇◆▶▷►▪▫□■★☆✔✓√◈▣❑])
    | (?P<letter>[ㅇoO](?=[\s(\[가-힣「]))
    | (?P<dash>-(?!\d)|[-](?=\d+세))
    | (?P<dot>·(?!\d))
    | (?P<ring>[①-⑳㉠-㉯])
    | (?P<paren>\(?\d{1,2}\)(?!\d))
    | (?P<number>\d{1,2}\.(?!\s?\d))
    | (?P<hangul>[가나다라마바사아자차카타파하][.)](?=\s|[가-힣「]))
    | (?P<heading><(?=[^<>\n]{2,40}>)|\[(?=[^\[\]\n]{2,40}\]\s*(?:\n|$)))
    | (?P<label>\((?=[^()\n]{2,12}\)\s?[^\s:,]))
    )\s*""",
    re.VERBOSE,
)
_INLINE: Final = re.compile(
    r"(?<=\S)\s*(?=※)|(?<=[가-힣.)]\s)(?=[①-⑳]\s*(?![를을에의과와은는]|내지|항)[가-힣「(])|(?<=[\s)])(?=[○❍◦□■◎](?=\s))"
    r"|(?<=[가-힣)][.,])\s*(?=(?:단|다만)\s*[,:])"
)
_ASIDE: Final = re.compile(r"\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$|\(?\*?\s*(?:단|다만)\s*[,:])", re.MULTILINE)
"""A line in brackets, or one that says "but", adds to the statement before it."""
_SHUT_OUT: Final = re.compile(r"\s*\[?(?:지원|신청)?\s*제외\s*(?:대상|자|대상자|사항)?\s*\]?\s*:?\s*")
_OPEN_ENDED: Final = re.compile(
    r"(?:및|또는|혹은|중|하고|하며|있고|있으며|이며|이고|로서|두고|둔|에|의|을|를|따라|따른|위한|하는|있는|한|된|관한|[,·/])\s*$"
)


@dataclass(frozen=True, slots=True)
class TextStatement:
    """One statement: its words from `start` to before `end`, without the bullet.

    Attributes:
        bullet: the kind of bullet it stands behind; "plain" where there is none.
        below: the statements nested under it.
        notes: what ※ and * add to it.
    """

    start: int
    end: int
    bullet: str = "plain"
    below: tuple[TextStatement, ...] = ()
    notes: tuple[TextStatement, ...] = ()

    def walk(self) -> Iterator[TextStatement]:
        """Yield it and everything below it, in the order written."""
        yield self
        for inner in (*self.notes, *self.below):
            yield from inner.walk()


def statements(plain: str) -> tuple[TextStatement, ...]:
    r"""Cut a text into its statements; those nested follow the order in which the kinds of bullet first appear.

    >>> [(one.bullet, len(one.below)) for one in statements("○ 대상\n - 노인\n - 장애인\n○ 그 외")]
    [('circle', 2), ('circle', 0)]
    """
    root = _Branch(0, 0, "root")
    path: list[_Branch] = [root]
    for start, end, bullet in _pieces(plain):
        if bullet == "note":
            above = next((i for i, branch in enumerate(path) if branch.bullet == bullet), len(path))
            del path[above:]
            note = _Branch(start, end, bullet)
            path[-1].notes.append(note)
            if _SHUT_OUT.fullmatch(plain, start, end):
                path.append(note)  # whom it shuts out stands below it
            continue
        if bullet == "heading":
            del path[1:]
        kinds = [branch.bullet for branch in path]
        if bullet in kinds:
            del path[kinds.index(bullet) :]
        elif len(path) > DEEPEST:
            del path[DEEPEST:]
        branch = _Branch(start, end, bullet)
        path[-1].below.append(branch)
        path.append(branch)
    if root.notes and root.below:
        root.below[0].notes[:0] = root.notes  # a note before everything is on what comes first
        root.notes = []
    frozen = root.frozen()
    return (*frozen.notes, *frozen.below)


@dataclass
class _Branch:
    """A statement while the ones below it are still read."""

    start: int
    end: int
    bullet: str
    below: list[_Branch] = field(default_factory=list)
    notes: list[_Branch] = field(default_factory=list)

    def frozen(self) -> TextStatement:
        below = tuple(branch.frozen() for branch in self.below)
        return TextStatement(self.start, self.end, self.bullet, below, tuple(note.frozen() for note in self.notes))


def _pieces(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield the pieces of a text: start, end, kind of bullet; a line that goes on belongs to the one before."""
    held: tuple[int, int, str] | None = None
    for start, end in _lines(plain):
        match = _BULLET.match(plain, start, end)
        bullet = next(iter(k for k, v in match.groupdict().items() if v)) if match else "plain"
        begin = match.end() if match and bullet not in ("heading", "label") else start
        if _ASIDE.match(plain, begin, end):
            bullet = "note"
        if held is not None and _goes_on(plain, held, bullet):
            held = (held[0], end, held[2])
            continue
        if held is not None:
            yield held
        held = (begin, end, bullet) if plain[begin:end].strip() else None
    if held is not None:
        yield held


def _goes_on(plain: str, held: tuple[int, int, str], bullet: str) -> bool:
    """Whether a line continues the piece before it: a bracket is open, or the words cannot end there."""
    words = plain[held[0] : held[1]]
    if words.count("(") > words.count(")") and "\n" not in words:
        return True
    return bullet == "plain" and bool(_OPEN_ENDED.search(words))


def _lines(plain: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of a text, cut again before a bullet that stands inside one."""
    at = 0
    for line in plain.split("\n"):
        cuts = [0, *(match.end() for match in _INLINE.finditer(line)), len(line)]
        for first, last in pairwise(cuts):
            if line[first:last].strip():
                yield at + first, at + last
        at += len(line) + 1
