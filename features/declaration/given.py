"""Given: how common an answer is among people of whom something else is known, from published shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from features.declaration.fact_wording import read_answers
from features.declaration.vocabulary import Circumstance, Fact, Given
from features.mapping import MappingReader, nearest
from features.problem import Problems, Where

__all__ = ["read_condition", "read_given"]

_BOUNDS = ("at_least", "at_most", "below", "above")


def read_given(doc: Mapping[str, object], facts: Mapping[str, Fact], problems: Problems) -> dict[str, Fact]:
    """Read the conditional priors of every fact; a sensitive fact may have none, for that would be to assume it."""
    return {name: _with_given(doc.get(name), fact, facts, problems) for name, fact in facts.items()}


def _with_given(body: object, fact: Fact, facts: Mapping[str, Fact], problems: Problems) -> Fact:
    rows = body.get("given") if isinstance(body, Mapping) else None
    if rows is None:
        return fact
    where = ("facts.yaml", "facts", fact.name, "given")
    if fact.sensitive or fact.derived or not isinstance(rows, list):
        why = "sensitive" if fact.sensitive else "computed" if fact.derived else "not given as a list"
        problems.add(where, "conflict", f"cannot depend on other facts: the fact is {why}", "Leave it out")
        return fact
    entries = [MappingReader(row, (*where, i), problems, {"when", "share", "per_10000", "answers", "source"})
               for i, row in enumerate(rows)]  # fmt: skip
    return replace(fact, given=tuple(_row(entry, fact, facts) for entry in entries))


def _row(entry: MappingReader, fact: Fact, facts: Mapping[str, Fact]) -> Given:
    for key in ("when", "source"):
        entry.required(key)
    answers, _ = read_answers(entry, fact.kind)
    if not sum(answer.weight for answer in answers):
        entry.wrong((), "missing", "gives no answer any weight", "Write share, per_10000 or answers")
    conditions = entry.mapping("when")
    holds = tuple(read_condition(name, written, entry.at("when", name), facts, entry.problems)
                  for name, written in conditions.items())  # fmt: skip
    return Given(tuple(one for one in holds if one is not None), answers, entry.string("source") or "")


def read_condition(
    name: str, written: object, where: Where, facts: Mapping[str, Fact], problems: Problems
) -> Circumstance | None:
    """Read what must be known of another fact: a value, a region, or bounds; None, and a problem, where it is wrong."""
    fact = facts.get(name)
    if fact is None or fact.type in ("dates", "ages"):
        problems.add(where, "unknown", f"is no fact with one value{nearest(name, facts)}", "Name a declared fact")
        return None
    if fact.sensitive:
        problems.add(where, "conflict", "is sensitive, and nothing is inferred from it", "Leave it out")
        return None
    with problems.gathered():
        if fact.type == "region":
            listed = written if isinstance(written, list) else [written]
            return Circumstance(name, prefixes=tuple(str(code) for code in listed))
        if isinstance(written, Mapping):
            return _bounded(name, MappingReader(written, where, problems, _BOUNDS), fact)
        code = fact.encode(written, where)
        return Circumstance(name, code, code)
    return None


def _bounded(name: str, bounds: MappingReader, fact: Fact) -> Circumstance:
    def code(key: str) -> int | None:
        written = bounds.take(key)
        return None if written is None else fact.encode(written, bounds.at(key))

    least, most, below, above = (code(key) for key in _BOUNDS)
    low = least if above is None else above + 1
    high = most if below is None else below - 1
    return Circumstance(name, low, high)
