"""Pocket files: the folder of a pack, which a web server or an app ships as it is."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from features.problem import Problem, Rejected
from features.whole_file import write_whole
from recommender.pocket.pack import MAGIC, pack_of, titles_of
from rendering import browser_files

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["RULES", "TITLES", "PackedDay", "packed_day", "refuse_other_folder", "write_pack"]

RULES: Final = "rules.pocket"
TITLES: Final = "titles.json"


@dataclass(frozen=True)
class PackedDay:
    """The rules of a day and the titles of their programmes, as files hold them."""

    programmes: int
    rules: bytes
    titles: bytes

    def report(self) -> dict[str, int]:
        """Return the sizes: bytes as written, and as gzip (a server that sends Brotli sends about a sixth less)."""
        sizes = {"rules": self.rules, "titles": self.titles}
        return {"programmes": self.programmes} | {
            name: size
            for key, content in sizes.items()
            for name, size in ((key, len(content)), (f"{key}_gzip", len(gzip.compress(content, mtime=0))))
        }


def packed_day(compiled: Compiled, language: str) -> PackedDay:
    """Return a catalogue as it stands on the compiled day, with titles in a language where there are some."""
    rules = pack_of(compiled)
    return PackedDay(len(compiled.catalogue), rules, titles_of(compiled, rules, language))


def refuse_other_folder(folder: Path) -> None:
    """Refuse what is no folder, and a folder with files in it that no pack was written into.

    Raises:
        Rejected: it is one of these.
    """
    if folder.exists() and not folder.is_dir():
        raise Rejected([Problem((str(folder),), "invalid", "is not a folder", "Name a folder, or one to be made")])
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    rules = folder / RULES
    if not rules.is_file() or rules.read_bytes()[: len(MAGIC)] != MAGIC:
        what = "holds other files than those of a pack"
        raise Rejected([Problem((str(folder),), "conflict", what, "Name an empty folder, or one to be made")])


def write_pack(packed: PackedDay, folder: Path) -> None:
    """Write the titles, the module and, last, the rules; each file whole. Raises OSError where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / TITLES, packed.titles)
    for name, content in browser_files.pocket_module().items():
        write_whole(folder / name, content)
    write_whole(folder / RULES, packed.rules)
