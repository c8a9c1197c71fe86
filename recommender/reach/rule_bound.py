"""Rule bound: the whole numbers by which a written rule tells people apart, and the same rule with other numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["OPS", "RuleBound", "bounds_of", "with_bounds"]

OPS: Final = ("at_least", "at_most", "above", "below")


class RuleBound(NamedTuple):
    """One bound of a rule.

    Attributes:
        path: where it stands, from the top of the rule.
        fact: of which fact.
        op: one of OPS.
        value: the bound.
    """

    path: tuple[str | int, ...]
    fact: str
    op: str
    value: int


def bounds_of(rule: object, declaration: Declaration, path: tuple[str | int, ...] = ()) -> Iterator[RuleBound]:
    """Yield the bounds of facts that are whole numbers, in the order in which they are written.

    >>> from composition.reading import read_declaration
    >>> [one.value for one in bounds_of({"all": [{"fact": "age", "at_least": 19, "below": 35}]}, read_declaration())]
    [19, 35]
    """
    if isinstance(rule, Mapping):
        fact = declaration.facts.get(str(rule.get("fact")))
        if fact is not None and fact.type == "integer":
            yield from (RuleBound((*path, op), fact.name, op, rule[op]) for op in OPS if type(rule.get(op)) is int)
            return
        for key, part in rule.items():
            yield from bounds_of(part, declaration, (*path, key))
    elif isinstance(rule, Sequence) and not isinstance(rule, str):
        for place, part in enumerate(rule):
            yield from bounds_of(part, declaration, (*path, place))


def with_bounds(rule: Any, values: Mapping[tuple[str | int, ...], int], path: tuple[str | int, ...] = ()) -> Any:
    """Return a written rule with other values at the paths of some bounds."""
    if isinstance(rule, Mapping):
        return {key: with_bounds(part, values, (*path, key)) for key, part in rule.items()}
    if isinstance(rule, Sequence) and not isinstance(rule, str):
        return [with_bounds(part, values, (*path, place)) for place, part in enumerate(rule)]
    return values.get(path, rule)
