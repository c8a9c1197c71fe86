"""What people state: facts by name, checked against the declaration and encoded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from features.declaration.declaration import Declaration
from features.declaration.kinship import HOUSEHOLD
from features.log.member_rows import encode_household
from features.problem import Problem, Problems, Rejected, Where

RECEIVES: Final = "receives."
"""A stated fact of this prefix says whether the person receives the programme named after it."""
Receipt = str | tuple[str, ...]
"""A programme whose receipt is asked about: its id, or that id and those which the same benefit had before."""
HINTS: Final = 20
"""Of so many names that are not declared a near one is sought, which takes far longer than reading the fact."""

_LISTED: Final = "See docs/facts.md for the facts that are declared"


def encode_facts(
    facts: Mapping[str, object], declaration: Declaration, today: int, where: Where = (), hints: int = HINTS
) -> dict[str, tuple[int, ...]]:
    """Return the integers of stated facts: one each, any number for a list; a receipt of a programme is 0 or 1.

    Of a household these are the days on which its members were born.

    Args:
        facts: JSON values by the fact's name, or by `receives.<programme>`.
        declaration: what may be stated.
        today: the local day of the statement; what time is counted since cannot lie after it.
        where: where the facts are, for problems.
        hints: to the first so many problems the name is added that may have been meant.

    Raises:
        Rejected: a fact is unknown to the declaration, cannot be stated, or has a value it cannot take; all of them.
    """
    problems, encoded = Problems(), {}
    for name, value in facts.items():
        try:
            near = len(problems.found) < hints
            encoded[name] = _encode_fact(name, value, declaration, today, (*where, name), near=near)
        except Rejected as refusal:
            problems.found += refusal.problems
    problems.raise_any()
    return encoded


def _encode_fact(
    name: str, value: object, declaration: Declaration, today: int, where: Where, *, near: bool
) -> tuple[int, ...]:
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
    if name == HOUSEHOLD and declaration.household is not None:
        return encode_household(value, declaration.household, today, where)
    fact = declaration.facts.get(name)
    if fact is None:
        remedy = _nearest(name, declaration) if near else _LISTED
        raise Rejected([Problem(where, "unknown", "is not a declared fact", remedy)])
    if fact.derived:
        raise Rejected(
            [Problem(where, "forbidden", "is computed and cannot be stated", f"State {fact.derived.of} instead")]
        )
    codes = fact.encode_all(value, where)
    if fact.past and any(code > today for code in codes):
        raise Rejected([Problem(where, "range", "is in the future", "Give a day up to the day of asking")])
    return codes


def with_receipts(facts: Mapping[str, object], declaration: Declaration) -> Mapping[str, object]:
    """Return stated facts with what they say under another name: a fact that says what a receipt says, and back."""
    if facts.keys().isdisjoint(said_twice(declaration)):
        return facts
    found = dict(facts)
    for name, programme in declaration.receipts.items():
        for one, other in ((name, RECEIVES + programme), (RECEIVES + programme, name)):
            if one in facts and other not in facts:
                found[other] = facts[one]
    return found if len(found) > len(facts) else facts


@lru_cache(maxsize=8)
def said_twice(declaration: Declaration) -> frozenset[str]:
    """The names of facts and receipts that say the same under two names."""
    return frozenset(one for name, other in declaration.receipts.items() for one in (name, RECEIVES + other))


def accepts_fact(name: str, value: object, declaration: Declaration, today: int) -> bool:
    """Whether a fact may be stated with this value on a local day."""
    try:
        encode_facts({name: value}, declaration, today, hints=0)
    except Rejected:
        return False
    return True


def _nearest(name: str, declaration: Declaration) -> str:
    from difflib import get_close_matches  # wanted only when something is wrong

    near = get_close_matches(name, list(declaration.facts), 1)
    derived = declaration.facts[near[0]].derived if near else None
    if derived is not None:
        return f"Did you mean {near[0]}? It is computed: state {derived.of}"
    return f"Did you mean {near[0]}?" if near else _LISTED
