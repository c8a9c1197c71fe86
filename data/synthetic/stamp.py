"""What says that rows are synthetic: the seed and the code they come from, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data.synthetic.dials import DEFAULT, FOLDER
from data.synthetic.months import Months
from data.synthetic.truth import HELD_OUT_EVERY
from features.calendar import date_of

FORMAT = 2
BLOCK = 10_000
PILOT = 3_000
MOST_CITIZENS = 9_999_999
"""What the seven digits of a person's identifier can tell apart."""


def code_hash() -> str:
    """The SHA-256 of everything that decides what is drawn, this package and the worlds' dials, in hexadecimal."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.yaml"), *FOLDER.glob("*.yaml")]):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class PopulationOrder:
    """Which synthetic people are wanted.

    Attributes:
        seed: everything follows from it.
        citizens: how many people can be offered things, 1 to MOST_CITIZENS.
        months: how many months the log covers; see `data.synthetic.months.months`.
        pilot: how many people the world's constants are set on; another number makes another world.
        block: how many people are simulated together; another number makes other people.
        world: the name of its dials; see `data.synthetic.dials`.
    """

    seed: int
    citizens: int
    months: int
    pilot: int = PILOT
    block: int = BLOCK
    world: str = DEFAULT


def stamp(
    order: PopulationOrder, span: Months, catalogue_hash: str, features_hash: str, folder: Path, names: Iterable[str]
) -> dict[str, object]:
    """The stamp of a folder of synthetic people."""
    return {
        "format": FORMAT,
        "kind": "synthetic",
        "world": order.world,
        "seed": order.seed,
        "citizens": order.citizens,
        "months": span.logged,
        "start": date_of(span.first_day).isoformat(),
        "end": date_of(span.last_day).isoformat(),
        "code_hash": code_hash(),
        "catalogue_hash": catalogue_hash,
        "features_hash": features_hash,
        "applicant": "citizen",
        "held_out": {"rule": "identifier_code(person) % every == 0", "every": HELD_OUT_EVERY},
        "files": {name: file_hash(folder / name) for name in sorted(names)},
    }


def write_stamp(document: dict[str, object], path: Path) -> None:
    """Write a stamp as JSON."""
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
