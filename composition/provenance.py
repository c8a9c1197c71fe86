"""Provenance: whether a stamp that says its rows are synthetic is true, checked by making the rows again.

Nothing that is kept in the home is believed of it, since whoever may write there could write it: only what this very
process made, or made again, is not made a second time. No stamp makes rows public; that is said by two approvers in the
ledger (`privacy.gate`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading
from features.problem import Problem, Problems, Rejected
from privacy.data_provenance import DataKind, Provenance, digest
from training.progress import Progress

if TYPE_CHECKING:
    import pyarrow

    from composition.reading import Definitions

EVENTS: Final = "events.parquet"
STAMP: Final = "stamp.json"
SYNTH: Final = "Make the folder with `proffer synth --out DIR`, or with `proffer dataset` from tables"
_NUMBERS = ("seed", "citizens", "months")
_made: Final[set[str]] = set()
"""The stamps of what this process made, or made again; a stamp holds the sha256 of its rows."""


@dataclass(frozen=True)
class Stamp:
    """What the stamp of a folder claims; only `verified` turns the claim into a provenance that a gate acts on.

    Attributes:
        folder: of the rows.
        document: the stamp as JSON values; None where the folder has none.
    """

    folder: Path
    document: Mapping[str, Any] | None

    @classmethod
    def read(cls, folder: Path) -> Stamp:
        """Read the stamp of a folder, if it has one.

        Raises:
            Rejected: the file is unreadable, or not a JSON object.
        """
        path = folder / STAMP
        if not path.exists():
            return cls(folder, None)
        document = reading.read_json(path)
        if not isinstance(document, dict):
            raise Rejected([Problem((str(path),), "invalid", "is not a JSON object", SYNTH)])
        return cls(folder, document)

    @property
    def where(self) -> str:
        """The stamp's path, for messages."""
        return str(self.folder / STAMP)

    def claim(self) -> Provenance:
        """What the stamp says, once the events were found to be the file it lists.

        Raises:
            Rejected: it does not state a kind of rows, or lists another file.
        """
        claimed = Provenance.parse(self.document, (self.where,))
        with (self.folder / EVENTS).open("rb") as file:
            claimed.check(EVENTS, hashlib.file_digest(file, "sha256").hexdigest())
        return claimed


def verified(stamp: Stamp, definitions: Definitions, progress: Progress) -> Provenance:
    """The provenance of a folder: a synthetic stamp counts if its rows are reproduced, and any other says nothing.

    Checksums alone prove nothing: they can be computed for any rows. A seed that produces given rows cannot be found.

    Args:
        stamp: what the folder claims.
        definitions: those the rows were made with.
        progress: reports that rows are being made again, which takes as long as making them took.

    Raises:
        Rejected: the stamp is invalid, or does not say what the rows were made from, or they are not reproduced.
    """
    claimed = stamp.claim()
    if claimed.kind is not DataKind.SYNTHETIC:
        return Provenance(DataKind.PRIVATE)
    if digest((stamp.folder / STAMP).read_bytes()) in _made:
        return claimed
    assert stamp.document is not None, "an absent stamp claims private rows"
    _check_numbers(stamp.document, stamp.where)
    progress("reproducing the synthetic rows, to verify their stamp")
    if not _reproduced(stamp.folder, stamp.document, definitions):
        what = (
            f"the stamp says synthetic, but seed {stamp.document['seed']} does not reproduce these rows; they may be "
            "about real people"
        )
        again = " ".join(f"--{name} {stamp.document[name]}" for name in (*_NUMBERS, "world"))
        remedy = (
            f"Make the folder again with `proffer synth {again} --out DIR`, or remove its stamp: rows without one are "
            "private"
        )
        raise Rejected([Problem((stamp.where,), "conflict", what, remedy)])
    remember(stamp.folder)
    return claimed


def remember(folder: Path) -> None:
    """Note that this process made the rows of a folder, or made them again."""
    _made.add(digest((folder / STAMP).read_bytes()))


def _check_numbers(document: Mapping[str, Any], where: str) -> None:
    from data.synthetic.dials import worlds

    problems = Problems()
    for name in _NUMBERS:
        value, least = document.get(name), 0 if name == "seed" else 1
        if type(value) is not int or not least <= value < 2**63:
            what = f"does not state the {name} its rows were made from"
            problems.add((where,), "missing", what, "Make the folder again with `proffer synth`")
    if document.get("world") not in worlds():
        what = "does not name a world that is here, which its rows were made in"
        problems.add((where,), "missing", what, "Make the folder again with `proffer synth`")
    problems.raise_any()


def _reproduced(folder: Path, document: Mapping[str, Any], definitions: Definitions) -> bool:
    """Whether every block is what the seed gives, and the number of blocks is right.

    To check one block drawn at random would let real people pass behind one true block, after a few tries.
    """
    import pyarrow.ipc
    import pyarrow.parquet

    from data.synthetic.stamp import PopulationOrder
    from data.synthetic.world import blocks, parts, world

    declaration, catalogue, regions = definitions
    order = PopulationOrder(document["seed"], document["citizens"], document["months"], world=document["world"])
    todo = blocks(document["citizens"])
    with pyarrow.parquet.ParquetFile(folder / EVENTS) as file, tempfile.TemporaryDirectory() as scratch:
        if file.num_row_groups != len(todo):
            return False
        made = parts(world(order, catalogue, declaration, regions), todo, Path(scratch), os.cpu_count() or 1)
        for place, (events, truth) in enumerate(made):
            if not _same(file.read_row_group(place), pyarrow.ipc.open_file(events.read_bytes()).read_all()):
                return False
            events.unlink()
            truth.unlink()
    return True


def _same(found: pyarrow.Table, made: pyarrow.Table) -> bool:
    """Whether rows are what was made: no column more, and each the same."""
    import pyarrow as pa

    try:
        return found.column_names == made.column_names and bool(found.cast(made.schema).equals(made))
    except (KeyError, pa.ArrowInvalid):
        return False
