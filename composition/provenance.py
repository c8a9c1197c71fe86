"""Stamps: whether rows that say they are synthetic can be believed; who doubts makes some of them again."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import terminal
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected, Where
from features.whole_file import OWNER_ONLY, write_whole
from privacy.data_provenance import digest

if TYPE_CHECKING:
    import pyarrow

    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions

EVENTS, STAMP = "events.parquet", "stamp.json"
_NUMBERS = ("seed", "citizens", "months")


def remember(home: Workspace, folder: Path) -> None:
    """Note in the home that the people of a folder were made on this machine, by this programme."""
    known = sorted({*_remembered(home), digest((folder / STAMP).read_bytes())})
    write_whole(home.begin().stamps, "".join(f"{one}\n" for one in known).encode(), mode=OWNER_ONLY)


def _remembered(home: Workspace) -> frozenset[str]:
    return frozenset(home.stamps.read_text(encoding="utf-8").split()) if home.stamps.exists() else frozenset()


def believe(
    home: Workspace,
    folder: Path,
    stamp: Mapping[str, Any],
    declaration: Declaration,
    catalogue: Catalogue,
    regions: Regions,
) -> None:
    """Accept the stamp of people that this home knows, or that one of their blocks, drawn by chance, is made of again.

    Whoever writes real people into a folder can compute its checksums, but cannot find a seed that brings them forth.

    Raises:
        Rejected: the stamp does not say what they were made from, or they are not what it says.
    """
    if digest((folder / STAMP).read_bytes()) in _remembered(home):
        return
    where = (str(folder / STAMP),)
    _check_numbers(stamp, where)
    with terminal.working("making some of the people again, to see that nobody put others in their place"):
        same = _made_again(folder, stamp, declaration, catalogue, regions)
    if not same:
        what = f"calls people synthetic whom seed {stamp['seed']} does not bring forth: they may exist"
        remedy = (
            f"Make the folder again with `{_again(stamp)} --out DIR`, or remove its stamp: unmarked rows are private"
        )
        raise Rejected([Problem(where, "conflict", what, remedy)])
    if home.path.is_dir():
        remember(home, folder)


def _check_numbers(stamp: Mapping[str, Any], where: Where) -> None:
    problems = Problems()
    for name in _NUMBERS:
        value, least = stamp.get(name), 0 if name == "seed" else 1
        if type(value) is not int or not least <= value < 2**63:
            what = f"does not say from which {name} these people were made"
            problems.add(where, "missing", what, "Make the folder again with `proffer synth`")
    problems.raise_any()


def _again(stamp: Mapping[str, Any]) -> str:
    return "proffer synth " + " ".join(f"--{name} {stamp[name]}" for name in _NUMBERS)


def _made_again(
    folder: Path, stamp: Mapping[str, Any], declaration: Declaration, catalogue: Catalogue, regions: Regions
) -> bool:
    """Whether one block, drawn by chance, is what the seed makes, and there are as many blocks as there should be."""
    import pyarrow.parquet

    from data.synthetic.world import blocks

    todo = blocks(stamp["citizens"])
    with pyarrow.parquet.ParquetFile(folder / EVENTS) as file:
        if file.num_row_groups != len(todo):
            return False
        place = secrets.randbelow(len(todo))
        found = file.read_row_group(place)
    made = _block(stamp, place, declaration, catalogue, regions)
    return _same(found, made)


def _block(
    stamp: Mapping[str, Any], place: int, declaration: Declaration, catalogue: Catalogue, regions: Regions
) -> pyarrow.Table:
    import pyarrow.ipc

    from data.synthetic.world import blocks, populate, world

    shared = world(stamp["seed"], stamp["months"], catalogue, declaration, regions)
    with tempfile.TemporaryDirectory() as scratch:
        events, _ = populate(shared, blocks(stamp["citizens"])[place], Path(scratch))
        return pyarrow.ipc.open_file(events.read_bytes()).read_all()


def _same(found: pyarrow.Table, made: pyarrow.Table) -> bool:
    import pyarrow as pa

    try:
        return bool(found.select(made.column_names).cast(made.schema).equals(made))
    except (KeyError, pa.ArrowInvalid):
        return False
