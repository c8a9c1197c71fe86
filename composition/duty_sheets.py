"""Duty sheets of a country, answered from what one home and that country have configured; nobody is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import reading
from composition.people_groups import read_people_groups
from composition.settings import CountryFolder
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from recommender.engine import Engine
    from serving.records.duty_sheet import DutySheet, Findings

__all__ = ["chosen", "configured", "filled_sheets", "read_sheets"]


def read_sheets(folder: Path) -> tuple[DutySheet, ...]:
    """Read every sheet of a folder, in the order of their names; none where there is no folder.

    Raises:
        Rejected: a file is unreadable or wrong; with every problem of every file.
    """
    from serving.records.duty_sheet import DutySheet

    problems, found = Problems(), []
    for file in sorted(folder.glob("*.yaml")):
        with problems.gathered():
            found.append(DutySheet.parse(file.stem, reading.read_yaml(file), (f"{folder.name}/{file.name}",)))
    problems.raise_any()
    return tuple(found)


def filled_sheets(
    sheets: Sequence[DutySheet], engine: Engine, home: Workspace, country: CountryFolder, made: str,
    declaration: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every sheet as JSON values, answered from what is configured.

    Args:
        sheets: what is asked.
        engine: of the country, with its catalogue and declaration.
        home: of the log, the models and the ledger.
        country: whose policies they are.
        made: the RFC 3339 time.
        declaration: where the engine's was read from, with the groups beside it; None for the country's.

    Raises:
        Rejected: something that is configured is wrong, or cannot be read.
    """
    findings = configured(engine, home, country, declaration)
    return {"country": country.folder.name, "made": made, "sheets": [one.filled(findings) for one in sheets]}


def configured(engine: Engine, home: Workspace, country: CountryFolder, declaration: Path | None = None) -> Findings:
    """What is configured of each part that sheets name; None of what is not. The arguments are as above.

    Raises:
        Rejected: something that is configured is wrong, or cannot be read.
    """
    from composition.stop_file import StopFile

    return {
        "catalogue": {"programmes": len(engine.catalogue)} if len(engine.catalogue) else None,
        **_learned(home),
        **_declared(engine, declaration or country.declaration),
        **_policies(engine, country),
        **_recorded(home, country),
        "stops": {"stopped": len(StopFile(home)().stops)},
    }


def _learned(home: Workspace) -> dict[str, Mapping[str, int | str] | None]:
    from composition.ledger_files import open_ledger
    from composition.model_papers import champion_papers
    from composition.model_registry import ModelRegistry

    papers, shadow, ledger = champion_papers(home), ModelRegistry(home).shadow(), None
    if home.ledger.exists():
        opened = open_ledger(home.path)
        ledger = {"entries": len(opened.exported().entries), "populations": len(list(opened.populations()))}
    report = papers["report"] if papers is not None else None
    return {
        "model": None if papers is None else {"model": papers["name"]},
        "report": None if report is None else {"told_groups": len({row["group"] for row in report["fairness"]})},
        "shadow": None if shadow is None else {"shadow": shadow.name},
        "ledger": ledger,
    }


def _declared(engine: Engine, folder: Path) -> dict[str, Mapping[str, int | str] | None]:
    definitions = reading.Definitions(engine.declaration, engine.catalogue, engine.regions)
    groups = len(read_people_groups(folder, definitions))
    sensitive = len(engine.declaration.sensitive_facts)
    return {
        "groups": {"groups": groups} if groups else None,
        "sensitive": {"sensitive": sensitive} if sensitive else None,
    }


def _policies(engine: Engine, country: CountryFolder) -> dict[str, Mapping[str, int | str] | None]:
    from composition.contact_terms import read_contact_policy
    from composition.purpose_terms import read_purposes, read_representation

    policy = read_contact_policy(country, declaration=engine.declaration)
    acting = read_representation(engine.declaration, country)
    register = read_purposes(engine.declaration, country)
    stated = {"contacts": policy.contacts, "channels": len(policy.channels)}
    own = {"purposes": len(register.purposes)} if all(one.basis for one in register.purposes.values()) else None
    grounds = {"majority": acting.majority, "grounds": len(acting.grounds)}
    return {
        "purposes": own,
        "contact": stated if policy.channels else None,
        "letter": {} if "letter" in policy.channels else None,
        "caseworker": {} if "caseworker" in policy.channels else None,
        "representation": grounds if acting.grounds else None,
    }


def _recorded(home: Workspace, country: CountryFolder) -> dict[str, Mapping[str, int | str] | None]:
    from composition.record_keeping import read_retention
    from serving.records import seal

    sealed = 0
    if home.has_events:
        with home.store() as store:
            sealed = len(seal.seals(store.connection))
    keep = read_retention(country)
    stated = (country.folder / "records.yaml").exists()
    return {
        "records": {} if home.has_events else None,
        "seals": {"sealed": sealed} if sealed else None,
        "retention": {"months": keep.months + keep.days // 31} if stated else None,
    }


def chosen(sheets: Sequence[DutySheet], names: Sequence[str]) -> tuple[DutySheet, ...]:
    """The sheets of these names; all of them where none is named.

    Raises:
        Rejected: there is none of a name.
    """
    known = {one.name: one for one in sheets}
    unknown = [name for name in names if name not in known]
    remedy = f"Use one of {', '.join(known)}" if known else "Name a folder that has some with --duties"
    if unknown:
        raise Rejected([Problem(("--sheet",), "unknown", f"there is no sheet {name!r}", remedy) for name in unknown])
    return tuple(known[name] for name in names) if names else tuple(sheets)
