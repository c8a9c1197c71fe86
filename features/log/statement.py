"""What people state: facts by name, checked against the declaration and encoded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from features.declaration.declaration import Declaration
from features.problem import Problem, Problems, Rejected, Where

RECEIVES: Final = "receives."
"""A stated fact of this prefix says whether the person receives the programme named after it."""


def encode_facts(
    facts: Mapping[str, object], declaration: Declaration, today: int, where: Where = ()
) -> dict[str, tuple[int, ...]]:
    """Return the integers of stated facts: one each, any number for a list; a receipt of a programme is 0 or 1.

    Args:
        facts: JSON values by the fact's name, or by `receives.<programme>`.
        declaration: what may be stated.
        today: the local day of the statement; what time is counted since cannot lie after it.
        where: where the facts are, for problems.

    Raises:
        Rejected: a fact is unknown to the declaration, cannot be stated, or has a value it cannot take; all of them.
    """
    problems, encoded = Problems(), {}
    for name, value in facts.items():
        codes = _fact_codes(declaration, name, hashable(value))
        if codes is None or (declaration.facts[name].past and max(codes, default=today) > today):
            with problems.gathered():
                encoded[name] = _encode_fact(name, value, declaration, today, (*where, name))
        else:
            encoded[name] = codes
    problems.raise_any()
    return encoded


def _encode_fact(name: str, value: object, declaration: Declaration, today: int, where: Where) -> tuple[int, ...]:
    if name.startswith(RECEIVES) and len(name) > len(RECEIVES):
        if not isinstance(value, bool):
            raise Rejected(
                [
                    Problem(
                        where, "invalid", "is not true or false", "Say whether the person receives it, or leave it out"
                    )
                ]
            )
        return (int(value),)
    fact = declaration.facts.get(name)
    if fact is None:
        raise Rejected([Problem(where, "unknown", "is not a declared fact", _nearest(name, declaration))])
    if fact.derived:
        raise Rejected(
            [Problem(where, "forbidden", "is computed and cannot be stated", f"State {fact.derived.of} instead")]
        )
    codes = fact.encode_all(value, where)
    if fact.past and any(code > today for code in codes):
        raise Rejected([Problem(where, "range", "is in the future", "Give a day up to the day of asking")])
    return codes


def accepts_fact(name: str, value: object, declaration: Declaration, today: int) -> bool:
    """Whether a fact may be stated with this value on a local day."""
    try:
        encode_facts({name: value}, declaration, today)
    except Rejected:
        return False
    return True


def hashable(value: object) -> object:
    """A value by which what it encodes to can be remembered: a list of plain values as a tuple, else nothing."""
    if isinstance(value, list):
        value = tuple(value)
    try:
        hash(value)
    except TypeError:
        return None
    return value


@lru_cache(maxsize=2**16, typed=True)  # typed: True is not 1
def _fact_codes(declaration: Declaration, name: str, value: object) -> tuple[int, ...] | None:
    """The integers of a stated fact, None where there is something to say about it."""
    fact = declaration.facts.get(name)
    try:
        return None if fact is None or fact.derived else fact.encode_all(value)
    except Rejected:
        return None


def _nearest(name: str, declaration: Declaration) -> str:
    from difflib import get_close_matches  # wanted only when something is wrong

    near = get_close_matches(name, [fact.name for fact in declaration.facts.values() if fact.stated], 1)
    return f"Did you mean {near[0]}?" if near else "Use a name of facts.yaml"
