"""How a fact is written and answered: formats, value labels, common answers and public classes of a declaration."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from features.declaration.datatype import DataType
from features.declaration.vocabulary import CommonAnswer, Fact
from features.mapping import MappingReader

Words = Mapping[str, str]
"""What is said in each language."""


def read_formats(entry: MappingReader) -> Mapping[str, str]:
    """Read how a fact's number is written, in each language; `{}` stands for the number."""
    formats = entry.words("format") or {}
    if any(form.count("{}") != 1 or set("{}") & set(form.replace("{}", "")) for form in formats.values()):
        entry.wrong("format", "invalid", "does not say where the number goes", "Write {} once in each language")
        return {}
    return formats


def read_value_labels(entry: MappingReader, kind: DataType) -> Mapping[str, Mapping[str, str]]:
    """Read the words for each value of an enum, in each language."""
    labels = entry.mapping("value_labels")
    if set(labels) - set(kind.values):
        entry.wrong("value_labels", "unknown", "labels an unknown value", "Label the values of an enum")
    names = MappingReader(labels, entry.at("value_labels"), entry.problems, labels, entry.languages)
    return {value: names.words(value) or {} for value in labels}


def read_sensitive(entry: MappingReader) -> bool:
    """Read whether asking for a fact can hurt."""
    marked = entry.doc.get("sensitive", False)
    if not isinstance(marked, bool):
        entry.wrong("sensitive", "invalid", "is true or false", "Write true where asking for the fact can hurt")
    return marked is True


def read_box(entry: MappingReader, kind: DataType) -> str:
    """Read the group of boxes that a boolean fact may be asked with."""
    group = entry.doc.get("ask_with", "")
    if not isinstance(group, str) or (group and (kind.type != "boolean" or entry.has("derived"))):
        entry.wrong("ask_with", "invalid", "names the group of a boolean that can be stated", "Leave it out here")
        return ""
    return group


def read_groups(top: MappingReader, facts: Mapping[str, Fact]) -> dict[str, Words]:
    """Read the question over each group of boxes, and see that every group that facts name is there."""
    problems = top.problems
    entries = {
        name: MappingReader(body, top.at("groups", name), problems, {"question"}, top.languages)
        for name, body in top.mapping("groups").items()
    }
    for fact in facts.values():
        if fact.ask_with and fact.ask_with not in entries:
            place, what = ("facts.yaml", "facts", fact.name, "ask_with"), f"names {fact.ask_with!r}, which is no group"
            problems.add(place, "unknown", what, "Write its question under groups")
    groups = {}
    for name, entry in entries.items():
        entry.required("question")
        groups[name] = entry.words("question") or {}
    return groups


def read_answers(entry: MappingReader, kind: DataType) -> tuple[tuple[CommonAnswer, ...], str]:
    """Read the answers people give and their weights, or the name of the table that lists them."""
    share, listed = entry.integer("share", low=None), entry.doc.get("answers", [])
    if isinstance(listed, str):
        return (), listed
    if (tens := entry.integer("per_10000", low=None)) is not None:
        if kind.type != "boolean" or not 0 <= tens <= 10_000 or share is not None:
            remedy = "Write a whole number from 0 to 10000, and no share"
            entry.wrong("per_10000", "invalid", "is how many of 10,000 a boolean is true of", remedy)
        return (CommonAnswer(True, tens), CommonAnswer(False, 10_000 - tens)), ""
    if share is not None:
        if kind.type != "boolean" or not 0 <= share <= 100:
            entry.wrong("share", "invalid", "is a boolean's percentage of true", "Write a whole number from 0 to 100")
        return (CommonAnswer(True, share), CommonAnswer(False, 100 - share)), ""
    answers = [
        _answer(MappingReader(doc, entry.at("answers", i), entry.problems, {"value", "weight", "years_ago"}), kind)
        for i, doc in enumerate(entry.items("answers"))
    ]
    return tuple(filter(None, answers)), ""


def _answer(entry: MappingReader, kind: DataType) -> CommonAnswer | None:
    weight, ago = entry.integer("weight", low=None), entry.doc.get("years_ago")
    years: int | tuple[int, ...] | None = tuple(ago) if isinstance(ago, list) else ago if isinstance(ago, int) else None
    if weight is None or weight < 0:
        entry.wrong("weight", "invalid", "is not a whole number from 0", "Say how many of a hundred people answer this")
        return None
    if entry.has("value") == entry.has("years_ago"):
        entry.wrong("value", "conflict", "or years_ago is the answer", "Give exactly one of them")
        return None
    if entry.has("years_ago") and (kind.type not in ("date", "dates") or years is None):
        entry.wrong(
            "years_ago", "conflict", "does not fit the fact", "Give years for a date, a list of years for dates"
        )
        return None
    with entry.problems.gathered():
        if entry.has("value"):
            kind.encode_all(entry.doc["value"], entry.at("value"))
        return CommonAnswer(entry.doc.get("value"), weight, years)
    return None


_MOST_BINS: Final = 64
_YEAR: Final = 365


def read_bins(entry: MappingReader, kind: DataType, answers: Sequence[CommonAnswer]) -> tuple[int, ...]:
    """Read where the classes of a fact begin: numbers (of a date, years ago), or so many quantiles of public answers.

    Returns:
        ascending stored integers, or days ago for a date; empty where nothing is said.
    """
    if not entry.has("bins"):
        return ()
    if kind.type not in ("integer", "date") or "ranking" not in entry.names("purpose"):
        what = "are of a number or a date that may be used for ranking"
        entry.wrong("bins", "conflict", what, "Leave them out: other facts have a class for each value, or none")
        return ()
    listed = entry.doc["bins"]
    found = _edges(entry, kind) if isinstance(listed, list) else _quantiles(entry, kind, answers)
    if isinstance(listed, list) and len(found) < len(listed):
        return ()  # what is no edge was named
    if not 0 < len(found) <= _MOST_BINS or any(one >= other for one, other in itertools.pairwise(found)):
        remedy = f"List 1 to {_MOST_BINS} ascending numbers, or write quantiles: 5 beside answers that differ"
        entry.wrong("bins", "invalid", "do not say where classes begin", remedy)
        return ()
    return found


def _edges(entry: MappingReader, kind: DataType) -> tuple[int, ...]:
    """Read edges as they are listed; a date's are whole years ago."""
    found = []
    for place, value in enumerate(entry.items("bins")):
        if kind.type == "date":
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                entry.wrong(entry.at("bins", place), "invalid", f"{value!r} is no number of years", "Write 18")
            else:
                found.append(_YEAR * value)
            continue
        with entry.problems.gathered():
            found.append(kind.encode(value, entry.at("bins", place)))
    return tuple(found)


def _quantiles(entry: MappingReader, kind: DataType, answers: Sequence[CommonAnswer]) -> tuple[int, ...]:
    """Divide the public answers into classes that are about as common; nothing is read off people's rows."""
    wanted = MappingReader(entry.doc["bins"], entry.at("bins"), entry.problems, {"quantiles"})
    many = wanted.integer("quantiles", low=2) or 0
    weight = dict[int, int]()
    for one in answers:
        value = one.years_ago if kind.type == "date" else one.value
        if isinstance(value, int) and kind.type == "date":
            weight[_YEAR * value] = weight.get(_YEAR * value, 0) + one.weight
        elif kind.type == "integer" and kind.accepts(value):
            weight[kind.encode(value)] = weight.get(kind.encode(value), 0) + one.weight
    values, total, below, found = sorted(weight), sum(weight.values()), 0, list[int]()
    for before, value in itertools.pairwise(values):
        if (below + weight[before]) * many // max(total, 1) > below * many // max(total, 1):
            found.append(value)
        below += weight[before]
    return tuple(found)
