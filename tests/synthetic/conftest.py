"""Small worlds that the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet
import pytest

from composition import reading
from data.synthetic import world as worlds
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import Block, World, synthesise, world


@dataclass(frozen=True)
class Material:
    declaration: object
    regions: object
    catalogue: object


@pytest.fixture(scope="session")
def material():
    declaration, regions = reading.read_declaration(), reading.read_regions()
    return Material(declaration, regions, reading.read_catalogue(None, declaration, regions))


@pytest.fixture(scope="session")
def make(material):
    def made(out: Path, **changes):
        ways = {name: changes.pop(name) for name in ("ndjson", "processes", "progress") if name in changes}
        asked = {"seed": 5, "citizens": 600, "months": 14, "pilot": 400, "block": 300} | changes
        definitions = (material.declaration, material.catalogue, material.regions)
        return synthesise(PopulationOrder(**asked), definitions, out, **ways)

    return made


@dataclass(frozen=True)
class Folder:
    path: Path
    stamp: dict

    @property
    def events(self):
        return pyarrow.parquet.read_table(self.path / "events.parquet")

    @property
    def truth(self):
        return pyarrow.parquet.read_table(self.path / "truth" / "takeup.parquet")


@pytest.fixture(scope="session")
def folder(make, tmp_path_factory):
    path = tmp_path_factory.mktemp("synth") / "people"
    return Folder(path, make(path, ndjson=True))


@pytest.fixture(scope="session")
def small_world(material) -> World:
    return world(PopulationOrder(5, 800, 14, 400), material.catalogue, material.declaration, material.regions)


@pytest.fixture(scope="session")
def lives(small_world):
    w = small_world
    return worlds._lives(w.chance.at(3), w.months, w.rates, w.rules, Block(3, 800, 4000))
