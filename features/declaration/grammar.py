"""How the three documents of a declaration are read into its words; every problem is collected with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from features.declaration.datatype import LARGEST, TYPES, DataType
from features.declaration.event_chain import (
    CHAIN_KEYS,
    check_overlap,
    linked,
    read_addition,
    read_only_while,
    read_signal,
    read_state,
    read_tally,
)
from features.declaration.fact_wording import (
    read_answers,
    read_bins,
    read_box,
    read_formats,
    read_sensitive,
    read_value_labels,
)
from features.declaration.vocabulary import (
    CORRECTED,
    RETRACTED,
    SUBJECT,
    Derived,
    EventType,
    Fact,
    Feature,
    Selector,
)
from features.mapping import MappingReader
from features.problem import Problems, Where

LARGEST_ADDEND: Final = 2**40
"""A summed field stays within this, and a person within 2**22 rows, so a sum stays within 2**62."""

UNITS: Final = ("days", "months", "years")
_FACT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_LISTENING: Final = ("count", "sum", "last", "time_since", "distinct", "sequence")
_COUNTING: Final = ("years_since", "months_since", "days_since", "time_until", "count_of", "ages_of")
_TYPE_KEYS: Final = {"title", "subject", "roles", "complete_from", "fields"}
_FIELD_KEYS: Final = {"type", "low", "high", "unit", "values", "scale"}
_FACT_KEYS: Final = {
    "purpose", "label", "format", "value_labels", "question", "members", "derived", "answers", "share",
    "sensitive", "ask_with", "given", "per_10000", "source", "bins", *CHAIN_KEYS,
}  # fmt: skip
_FIELD_TYPES: Final = tuple(name for name in TYPES if name not in ("dates", "ages"))
_FACT_TYPES: Final = tuple(name for name in TYPES if name != "identifier")


def read_types(
    doc: Mapping[str, object], where: Where, problems: Problems, languages: tuple[str, ...] = ()
) -> dict[str, EventType]:
    """Read the event types of `events.yaml`, whose titles are in `languages`."""
    types = {}
    for name, body in doc.items():
        place = (*where, name)
        if not _EVENT_NAME.fullmatch(name) or name in (CORRECTED, RETRACTED):
            problems.add(place, "invalid", "cannot name an event type", "Use lower case with a dot, such as life.moved")
        else:
            entry = MappingReader(body, place, problems, _TYPE_KEYS, languages)
            types[name] = _event_type(name, entry)
    return types


def read_facts(
    doc: Mapping[str, object],
    where: Where,
    types: Mapping[str, EventType],
    problems: Problems,
    languages: tuple[str, ...] = (),
) -> dict[str, Fact]:
    """Read the facts of `facts.yaml`, in their order, whose words are in `languages`."""
    keys = _FIELD_KEYS | _FACT_KEYS
    read = {
        name: _fact(name, MappingReader(body, (*where, name), problems, keys, languages), types)
        for name, body in _named(doc.items(), where, problems)
    }
    for name, fact in read.items():
        if fact.derived:
            _check_derived(fact.derived, read, (*where, name, "derived"), problems)
    return linked(read, where, problems)


def read_features(
    doc: Mapping[str, object],
    where: Where,
    types: Mapping[str, EventType],
    facts: Mapping[str, Fact],
    problems: Problems,
) -> dict[str, Feature]:
    """Read the features of `features.yaml`, in their order."""
    read = {}
    for name, body in _named(_each(doc, where, problems), where, problems):
        if name in facts or name in read:
            problems.add(
                (*where, name), "duplicate", "is already the name of a column", "Give the feature another name"
            )
        feature = _feature(name, body, (*where, name), types, facts, problems)
        if feature:
            read[name] = feature
    return read


def _each(doc: Mapping[str, object], where: Where, problems: Problems) -> Iterator[tuple[str, object]]:
    """Yield each feature; one with `each` is several, alike but for the value (or values) that a field has."""
    for name, body in doc.items():
        if not isinstance(body, Mapping) or "each" not in body:
            yield name, body
            continue
        entry = MappingReader(body, (*where, name), problems)
        each = entry.mapping("each")
        field, values = next(iter(each.items()), ("", None))
        if len(each) != 1 or not isinstance(values, Mapping) or not values or entry.has("where"):
            what = "does not say the values of one field, each under a name, or stands beside where"
            entry.wrong("each", "invalid", what, "Write each: {FIELD: {NAME: VALUE, NAME: [VALUE, VALUE]}}")
            continue
        rest = {key: value for key, value in body.items() if key != "each"}
        yield from ((f"{name}_{part}", {**rest, "where": {field: value}}) for part, value in values.items())


def _named(columns: Iterable[tuple[str, object]], where: Where, problems: Problems) -> Iterator[tuple[str, object]]:
    for name, body in columns:
        if _FACT_NAME.fullmatch(name):
            yield name, body
        else:
            problems.add(
                (*where, name), "invalid", "cannot name a column", "Use lower case, digits and _ after a letter"
            )


def _event_type(name: str, entry: MappingReader) -> EventType:
    never = entry.doc.get("complete_from") == "never"
    if not entry.has("complete_from"):
        entry.wrong("complete_from", "missing", "is missing", "Write a date, or never when absence proves nothing")
    fields = {
        field: _kind(
            MappingReader(kind, entry.at("fields", field), entry.problems, {*_FIELD_KEYS, "optional"}), _FIELD_TYPES
        )
        for field, kind in entry.mapping("fields").items()
    }
    if "about" in fields:
        entry.wrong(
            ("fields", "about"), "duplicate", "already lists the people of every event", "Give the field another name"
        )
    subject = entry.doc.get("subject", SUBJECT)
    if not isinstance(subject, str):
        entry.wrong("subject", "invalid", "is not a name", "Name the part the subject plays")
    complete_from = None if never else entry.day("complete_from")
    roles, apart = _roles(entry)
    return EventType(name, entry.words("title") or {}, str(subject), roles, complete_from, fields, apart)


def _roles(entry: MappingReader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles of an event type, and those that relate nobody; a plain list relates all of them, the safe side."""
    said = entry.doc.get("roles")
    if not isinstance(said, Mapping):
        return entry.names("roles"), ()
    bodies = entry.mapping("roles")
    readers = {
        name: MappingReader(body, entry.at("roles", name), entry.problems, {"relates"}) for name, body in bodies.items()
    }
    for reader in readers.values():
        reader.required("relates")
    return tuple(readers), tuple(name for name, reader in readers.items() if not reader.boolean("relates", True))


def _kind(entry: MappingReader, types: Sequence[str], *, computed: bool = False) -> DataType:
    entry.required("type")
    kind_type, values = entry.choice("type", types) or types[0], entry.names("values")
    dated = kind_type in ("date", "dates")
    low = entry.day("low") if dated else entry.integer("low", low=None)
    high = entry.day("high") if dated else entry.integer("high", low=None)
    scale = entry.integer("scale", low=None)
    if kind_type == "integer" and not computed:
        low, high = _bounds(entry, low, high)
    if low is not None and high is not None and low > high:
        entry.wrong("low", "conflict", "is above high", "Exchange them")
    if (kind_type == "enum") != bool(values) or len(set(values)) != len(values):
        entry.wrong("values", "invalid", "are the distinct names of an enum", "List each name once, for an enum only")
    if scale is not None and (scale < 1 or kind_type != "integer"):
        entry.wrong("scale", "invalid", "is a whole number above 0, of an integer", "Write 100 for two decimals")
    factor = max(scale or 1, 1)
    low, high = (None if bound is None else bound * factor for bound in (low, high))
    optional = entry.boolean("optional", False)
    return DataType(kind_type, low, high, values, str(entry.doc.get("unit", "")), factor, optional)


def _bounds(entry: MappingReader, low: int | None, high: int | None) -> tuple[int, int]:
    for key, bound in (("low", low), ("high", high)):
        if bound is None:
            entry.wrong(
                key, "missing", "is missing", "State the bounds of every integer: what is out of them is rejected"
            )
        elif abs(bound) * max(entry.integer("scale", low=None) or 1, 1) > LARGEST:
            entry.wrong(key, "range", "is beyond 2**53", "Choose a bound that survives JSON, or a larger unit")
    return low or 0, high or 0


def _fact(name: str, entry: MappingReader, types: Mapping[str, EventType]) -> Fact:
    problems = entry.problems
    derived = (
        _derived(MappingReader(entry.doc["derived"], entry.at("derived"), problems, _DERIVED))
        if entry.has("derived")
        else None
    )
    kind = _kind(entry, _FACT_TYPES, computed=derived is not None)
    if (kind.type == "ages") != (derived is not None and derived.op == "ages_of"):
        entry.wrong("type", "conflict", "is ages exactly when it is derived by ages_of", "Change one of the two")
    purpose = entry.names("purpose")
    if not purpose or set(purpose) - {"eligibility", "ranking"}:
        entry.wrong(
            "purpose", "missing", "does not say what the fact may be used for", "Write [eligibility], [ranking] or both"
        )
    states = [
        read_state(state, kind, entry.at("states", i), types, problems) for i, state in enumerate(entry.items("states"))
    ]
    adds = [read_addition(added, entry.at("adds", i), types, problems) for i, added in enumerate(entry.items("adds"))]
    if (states and (derived or kind.type == "dates")) or (adds and kind.type != "dates"):
        entry.wrong(
            "states" if states else "adds",
            "conflict",
            "does not fit the fact",
            "dates have adds, derived facts neither",
        )
    check_overlap([state.signal for state in states if state], entry, "states")
    check_overlap([signal for signal in adds if signal], entry, "adds")
    answers, answers_from = read_answers(entry, kind)
    return Fact(
        name, kind, purpose, entry.words("question") or {}, tuple(filter(None, states)), tuple(filter(None, adds)),
        derived, answers, answers_from, entry.integer("share", low=None), label=entry.words("label") or {},
        format=read_formats(entry), value_labels=read_value_labels(entry, kind),
        source=entry.string("source") or "", sensitive=read_sensitive(entry), ask_with=read_box(entry, kind),
        tally=read_tally(entry, kind, types), members=_members(entry, kind, adds),
        only_while=read_only_while(entry), ends_with=entry.string("ends_with") or "",
        exhaustive=entry.boolean("exhaustive", True), bins=read_bins(entry, kind, answers),
    )  # fmt: skip


def _members(entry: MappingReader, kind: DataType, adds: Sequence[object]) -> tuple[str, ...]:
    members = entry.names("members")
    if members and (kind.type != "dates" or adds):
        entry.wrong("members", "conflict", "makes a list of dates, and says what adds to it", "Drop adds, or members")
    return members


_DERIVED: Final = {*_COUNTING, "which", "plus", "unit"}


def _derived(entry: MappingReader) -> Derived | None:
    ops = [op for op in _COUNTING if entry.has(op)]
    if len(ops) != 1:
        entry.wrong((), "invalid", f"is not exactly one of {', '.join(_COUNTING)}", "Say how it is computed, once")
        return None
    return Derived(
        ops[0], str(entry.doc[ops[0]]), entry.choice("which", ("latest", "earliest")) or "latest",
        entry.duration("plus"), entry.choice("unit", UNITS) or "days",
    )  # fmt: skip


def _check_derived(derived: Derived, facts: Mapping[str, Fact], where: Where, problems: Problems) -> None:
    wanted = ("dates",) if derived.op in ("count_of", "ages_of") else ("date", "dates")
    of = facts.get(derived.of)
    if not of or of.derived or of.kind.type not in wanted:
        problems.add(
            where, "unknown", f"{derived.of!r} is not a stated fact of type {' or '.join(wanted)}", "Name one that is"
        )


def _feature(
    name: str, body: object, where: Where, types: Mapping[str, EventType], facts: Mapping[str, Fact], problems: Problems
) -> Feature | None:
    keys = {*_LISTENING, "spell", *_DERIVED, "role", "where", "field", "window", "within"}
    entry = MappingReader(body, where, problems, keys)
    ops = [op for op in (*_LISTENING, "spell", *_COUNTING) if entry.has(op)]
    if len(ops) != 1:
        entry.wrong(
            (),
            "invalid",
            "does not name exactly one way to compute it",
            f"Use one of {', '.join((*_LISTENING, 'spell'))}",
        )
        return None
    if ops[0] in _COUNTING:
        return _counting_feature(name, ops[0], entry, facts)
    if ops[0] == "spell":
        return _spell(name, entry, facts)
    return _listening_feature(name, ops[0], entry, types)


def _counting_feature(name: str, op: str, entry: MappingReader, facts: Mapping[str, Fact]) -> Feature | None:
    derived = _derived(MappingReader(entry.doc, entry.where, entry.problems, _DERIVED))
    if derived is None:
        return None
    _check_derived(derived, facts, entry.at(op), entry.problems)
    return Feature(name, op, DataType("ages" if op == "ages_of" else "integer"), derived=derived)


def _spell(name: str, entry: MappingReader, facts: Mapping[str, Fact]) -> Feature:
    of = facts.get(str(entry.doc["spell"]))
    if not of or of.derived or of.kind.type == "dates":
        entry.wrong(
            "spell", "unknown", f"{entry.doc['spell']!r} is not a stated fact with one value", "Name one that is"
        )
    elif of.hangs_on:
        entry.wrong("spell", "conflict", f"{of.name} hangs on another fact", f"Count from {of.hangs_on[0]} instead")
    unit = entry.choice("unit", UNITS) or "days"
    return Feature(name, "spell", DataType("integer", unit=unit), unit=unit, of=str(entry.doc["spell"]))


def _listening_feature(name: str, op: str, entry: MappingReader, types: Mapping[str, EventType]) -> Feature | None:
    field = entry.doc.get("field") if op in ("sum", "last", "distinct") else None
    if entry.has("field") != (op in ("sum", "last", "distinct")):
        entry.wrong(
            "field",
            "forbidden",
            "belongs to sum, last and distinct, which need it",
            "Name the field it reads, or drop it",
        )
        return None
    signals = [signal for event in entry.names(op) for signal in _signals(event, op, entry, types, field)]
    if not signals:
        entry.wrong(op, "missing", "names no event type", "Name one, or a list of them")
    if not signals or None in signals:
        return None
    found = tuple(signal for signal in signals if signal)
    if op != "sequence":
        check_overlap(found, entry, op)
    kind = _feature_kind(op, entry, [types[signal.event].fields[str(field)] for signal in found] if field else [])
    window, within = entry.duration("window"), entry.duration("within")
    if (within is not None) != (op == "sequence") or (op == "sequence" and not 2 <= len(found) <= 8):
        entry.wrong(
            "within", "forbidden", "belongs to a sequence of 2 to 8 steps", "Say how long the whole sequence may take"
        )
    return Feature(name, op, kind, found, window, entry.choice("unit", UNITS) or "days", within)


def _signals(
    event: str, op: str, entry: MappingReader, types: Mapping[str, EventType], field: object
) -> list[Selector | None]:
    """The signals of one event type: one for each of several values of a field, any of which counts."""
    narrowed = entry.mapping("where")
    name, value = next(iter(narrowed.items()), ("", None))
    if not isinstance(value, list) or op == "sequence":
        return [read_signal(event, entry, types, field, op)]
    if not value or len(narrowed) > 1:
        entry.wrong("where", "invalid", "names no value, or several fields", "Write where: {FIELD: [VALUE, VALUE]}")
    ones = [MappingReader({**entry.doc, "where": {name: one}}, entry.where, entry.problems) for one in value]
    return [read_signal(event, one, types, field, op) for one in ones]


def _feature_kind(op: str, entry: MappingReader, fields: list[DataType]) -> DataType:
    if op == "last":
        if any(kind != fields[0] for kind in fields):
            entry.wrong(
                "field",
                "conflict",
                "is of different types in these events",
                "Read one event type, or align their fields",
            )
        return fields[0]
    if op == "sum":
        for kind in fields:
            if kind.type != "integer" or max(abs(kind.low or 0), abs(kind.high or 0)) > LARGEST_ADDEND:
                entry.wrong("field", "range", "cannot be summed safely", "Sum an integer whose bounds are within 2**40")
        return DataType("integer", unit=fields[0].unit, scale=fields[0].scale)
    return DataType("integer", unit=entry.choice("unit", UNITS) or "days" if op == "time_since" else "")
