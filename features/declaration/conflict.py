"""Conflict: values of facts that cannot be true of one person together, by which what people state is checked."""

from __future__ import annotations

from collections.abc import Mapping

from features.declaration.given import read_condition
from features.declaration.vocabulary import Circumstance, Fact
from features.mapping import MappingReader

__all__ = ["Conflict", "read_conflicts"]

Conflict = tuple[Circumstance, ...]
"""Conditions on two facts or more of which not all can hold."""


def read_conflicts(top: MappingReader, facts: Mapping[str, Fact]) -> tuple[Conflict, ...]:
    """Read the `conflicts` of facts.yaml, such as `{sex: male, pregnant: true}`; what is wrong is collected."""
    found = []
    for i, written in enumerate(top.items("conflicts")):
        if not isinstance(written, Mapping) or len(written) < 2:
            top.wrong(("conflicts", i), "invalid", "is not two facts with values", "Write {sex: male, pregnant: true}")
            continue
        where = top.at("conflicts", i)
        read = [
            read_condition(str(name), value, (*where, str(name)), facts, top.problems)
            for name, value in written.items()
        ]
        if any(one is not None and one.prefixes for one in read):
            top.wrong(("conflicts", i), "forbidden", "names a region", "Compare other facts")
        found.append(tuple(one for one in read if one is not None))
    return tuple(found)
