"""A ledger as one text file, complete enough to be checked without the database or its operator.

Its lines are:

    proffer-ledger-bundle-1
    entries 3
    checkpoints 1
                        an empty line, then each entry's canonical JSON on a line of its own
                        an empty line, then each checkpoint as a signed note, with an empty line after it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from privacy.ledger.note import BadNote, Note

FORMAT: Final = "proffer-ledger-bundle-1"
MOST_CHECKPOINTS: Final = 1_000
MOST_SIGNATURES: Final = 64
"""Signatures under one checkpoint: the ledger's and those of witnesses."""
MOST_BYTES: Final = 2**29
"""The largest export that is read: about half a million entries."""
MOST_LINES: Final = 2_000_000
LONGEST_LINE: Final = 2**18
"""Bytes of an entry: more than any mechanism, cohort and set of signatures need."""


class NotAnExport(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """Bytes that are not laid out as an export; the message says what is wrong."""


@dataclass(frozen=True)
class LedgerExport:
    """The entries of a ledger as they are hashed, and checkpoints over them.

    Attributes:
        entries: canonical bytes, in order.
        notes: signed checkpoints, by size.
    """

    entries: tuple[bytes, ...]
    notes: tuple[Note, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        head = f"{FORMAT}\nentries {len(self.entries)}\ncheckpoints {len(self.notes)}".encode()
        return b"\n".join((head, b"", *self.entries, b"", b"".join(note.encode() + b"\n" for note in self.notes)))

    @classmethod
    def parse(cls, content: bytes) -> LedgerExport:
        """Read a file, accepting only what `encode` would write; entries are not parsed.

        Raises:
            NotAnExport: it is cut off, has something added, or is laid out otherwise.
        """
        head, entries, notes = split(content)
        found = cls(entries, tuple(parse_notes(notes)))
        if found.encode() != content:
            raise NotAnExport(f"has other counts of entries and checkpoints than its head states ({head[:60]!r})")
        return found


def split(content: bytes) -> tuple[bytes, tuple[bytes, ...], bytes]:
    """The head, the entries' lines and the rest, without judging them.

    Raises:
        NotAnExport: it does not begin as an export does, or ends before its checkpoints.
    """
    if not content.startswith(f"{FORMAT}\nentries ".encode()):
        raise NotAnExport(f"does not begin as an exported ledger does ({FORMAT})")
    if len(content) > MOST_BYTES or content.count(b"\n") > MOST_LINES:
        raise NotAnExport(f"has more than {MOST_BYTES} bytes or {MOST_LINES} lines, the most that are read")
    head, found, rest = content.partition(b"\n\n")
    if not found:
        raise NotAnExport("is cut off: it has no entries")
    entries, found, notes = rest.partition(b"\n\n")
    if not found:
        raise NotAnExport("is cut off: it has no checkpoints")
    lines = tuple(entries.split(b"\n"))
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        raise NotAnExport(f"has an entry of {longest} bytes; the longest that is read has {LONGEST_LINE}")
    return head, lines, notes


def parse_notes(content: bytes) -> Iterator[Note]:
    """The checkpoints at the end of an export.

    Raises:
        NotAnExport: it ends within one, has something after the last, or one is malformed.
    """
    parts = content.split(b"\n\n")
    if len(parts) > 2 * MOST_CHECKPOINTS + 1:
        raise NotAnExport(f"has more than {MOST_CHECKPOINTS} checkpoints, the most that are read")
    if len(parts) % 2 == 0 or parts[-1]:
        raise NotAnExport("ends within a checkpoint, or has something after the last")
    for text, signatures in zip(parts[:-1:2], parts[1:-1:2], strict=True):
        if signatures.count(b"\n") > MOST_SIGNATURES:
            raise NotAnExport(f"has a checkpoint with more than {MOST_SIGNATURES} signatures, the most that are read")
        try:
            yield Note.parse(text + b"\n\n" + signatures + b"\n")
        except BadNote as failure:
            raise NotAnExport(f"has a malformed checkpoint: it {failure}") from None
