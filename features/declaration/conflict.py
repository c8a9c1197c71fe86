"""Conflict: values of facts that cannot be true of one person together, by which what people state is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from features.declaration.given import read_condition
from features.declaration.vocabulary import Circumstance, Fact
from features.mapping import MappingReader

__all__ = ["Incompatibility", "read_conflicts", "read_receipts"]

_UNLESS: Final = "unless"


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """Conditions on two facts or more of which not all can hold, unless others beside them are known to hold all."""

    together: tuple[Circumstance, ...]
    unless: tuple[Circumstance, ...] = ()


def read_conflicts(top: MappingReader, facts: Mapping[str, Fact]) -> tuple[Incompatibility, ...]:
    """Read the `conflicts` of facts.yaml, such as `{sex: male, pregnant: true}`; what is wrong is collected."""
    found = []
    for i, written in enumerate(top.items("conflicts")):
        if not isinstance(written, Mapping) or len(set(written) - {_UNLESS}) < 2:
            top.wrong(("conflicts", i), "invalid", "is not two facts with values", "Write {sex: male, pregnant: true}")
            continue
        entry = MappingReader(written, top.at("conflicts", i), top.problems, {*map(str, written), _UNLESS})
        together = {name: value for name, value in written.items() if name != _UNLESS}
        found.append(
            Incompatibility(_read_all(entry, together, facts), _read_all(entry, entry.mapping(_UNLESS), facts))
        )
    return tuple(found)


def _read_all(
    entry: MappingReader, written: Mapping[str, object], facts: Mapping[str, Fact]
) -> tuple[Circumstance, ...]:
    read = [read_condition(name, value, entry.at(name), facts, entry.problems) for name, value in written.items()]
    if any(one is not None and one.prefixes for one in read):
        entry.wrong((), "forbidden", "names a region", "Compare other facts")
    return tuple(one for one in read if one is not None)


def read_receipts(top: MappingReader, facts: Mapping[str, Fact]) -> dict[str, str]:
    """Read the `receipts` of facts.yaml: the programme whose receipt a boolean fact says under another name."""
    found: dict[str, str] = {}
    for name, programme in top.mapping("receipts").items():
        fact = facts.get(name)
        if fact is None or fact.type != "boolean" or fact.derived:
            top.wrong(("receipts", name), "unknown", "is not a boolean fact that can be stated", "Name one that is")
        elif not isinstance(programme, str) or not programme or programme in found.values():
            top.wrong(("receipts", name), "invalid", "is not a programme of its own", "Write its id, at one fact")
        else:
            found[name] = programme
    return found
