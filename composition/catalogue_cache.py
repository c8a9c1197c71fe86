"""Catalogue cache: a catalogue checked before, kept in the home as JSON under a hash of all it was read from."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import features
import recommender
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json

if TYPE_CHECKING:
    from composition.document_cache import DocumentCache
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions

__all__ = ["checked_catalogue"]

FORMAT: Final = b"proffer catalogue 2"
"""Raise the number when the form of an entry changes."""


def checked_catalogue(
    files: Sequence[Path],
    against: tuple[Declaration, Regions],
    cache: DocumentCache,
    read: Callable[[], Catalogue],
) -> Catalogue:
    """Return what `read` makes of a catalogue's files, from the cache where the same was read before.

    An entry is right for the bytes of the files, the meaning of the declaration, the regions, and the code that reads
    and checks; any other is not found.

    Raises:
        Rejected: what `read` raises; nothing is kept then.
    """
    declaration, regions = against
    made_by = b"\n".join([FORMAT, _code(), declaration.hash.encode(), repr((declaration.country, regions)).encode()])
    return cache.kept(made_by, files, read, catalogue_to_json, catalogue_from_json)


@functools.cache
def _code() -> bytes:
    """Return a hash of the modules that read and check programmes, so that a catalogue they refuse is not found."""
    rules = sorted((Path(*recommender.__path__) / "rules").glob("*.py"))
    files = [*rules, Path(*recommender.__path__) / "text.py", Path(*features.__path__) / "mapping.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).digest()
