"""Noised tables: what was released of how many people are in each cell, kept in the home and believed by the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from composition import reading
from composition.ledger_files import open_ledger
from composition.ledger_reading import spends_document
from composition.reach_columns import ReachOrder, read_groups
from composition.workspace import Workspace
from features.calendar import day_of
from features.problem import Problem, Rejected
from privacy.data_provenance import digest

if TYPE_CHECKING:
    from composition.engines import EngineSettings
    from features.declaration.declaration import Declaration
    from recommender.reach.cell_layout import CellLayout
    from recommender.reach.noised_census import NoisedCensus, NoisedTable
    from recommender.reach.unmet_need import NeedTable

__all__ = ["LAYOUT", "MAKE", "draft_facts", "newest_need", "newest_table", "noised_census", "read_layout"]

LAYOUT: Final = "reach.yaml"
MAKE: Final = "Make one: proffer reach --make-table --epsilon E"


def read_layout(order: ReachOrder) -> CellLayout:
    """Return the cells that a declaration tells apart.

    Raises:
        Rejected: it has none, or says it wrongly.
    """
    from recommender.reach.cell_layout import parse_layout

    file = (order.declaration or order.country.declaration) / LAYOUT
    if not file.is_file():
        what, remedy = "is missing: it says which facts the table tells apart", "Write it as docs/cli.md shows"
        raise Rejected([Problem((str(file),), "missing", what, remedy)])
    declaration, _, regions = order.definitions
    return parse_layout(reading.read_yaml(file), (file.name,), declaration, regions, day_of(order.as_of))


def draft_facts(declaration: Declaration, settings: EngineSettings) -> list[str]:
    """Return the whole numbers among the facts that a declaration's table tells apart, which a draft begins with."""
    file = (settings.declaration or settings.country.declaration) / LAYOUT
    document = reading.read_yaml(file) if file.is_file() else None
    named = document.get("facts") if isinstance(document, dict) else None
    facts = [declaration.facts[name] for name in named or () if name in declaration.facts]
    return [one.name for one in facts if one.type == "integer"]


def newest_table(home: Workspace) -> NoisedTable | None:
    """Return the table of the latest day that was released in a home; None where there is none.

    Raises:
        Rejected: the ledger cannot be read, or a file is not what it says was released.
    """
    from training.runs.reach_release import STAGE, read_table

    tables = [read_table(content) for content in _released(home, STAGE)]
    return max(tables, key=lambda one: one.day, default=None)


def newest_need(home: Workspace) -> NeedTable | None:
    """Return the table of unmet need of the latest day that was released in a home; None where there is none.

    Raises:
        Rejected: as `newest_table`.
    """
    from training.runs.need_release import STAGE, read_need

    tables = [read_need(content) for content in _released(home, STAGE)]
    return max(tables, key=lambda one: one.layout.day, default=None)


def _released(home: Workspace, stage: str) -> list[bytes]:
    """Return what the files of a stage hold, each what the ledger says was released."""
    files = sorted(home.reach_tables.glob(f"{stage}-*.json"))
    if not files:
        return []
    uses = spends_document(open_ledger(home.path).exported())["spends"]
    artefacts = {use["spend"]: use.get("artefact") for use in uses}
    contents = []
    for file in files:
        content = file.read_bytes()
        if artefacts.get(file.stem) != digest(content):
            what, remedy = "is not what the ledger says was released", "Restore it, or take it out of the folder"
            raise Rejected([Problem((str(file),), "damaged", what, remedy)])
        contents.append(content)
    return contents


def noised_census(order: ReachOrder, table: NoisedTable) -> NoisedCensus:
    """Return the people of a table, to count rules over."""
    from recommender.reach.noised_census import NoisedCensus

    declaration, _, regions = order.definitions
    return NoisedCensus.over(table, declaration, read_groups(order), regions)
