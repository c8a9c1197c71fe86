"""How the chain of events of a fact is read: what sets it, begins and ends it, how long for, and what it hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from features.declaration.datatype import DataType
from features.declaration.vocabulary import STATED, EventType, Fact, Selector, State, Tally
from features.mapping import MappingReader
from features.problem import Problems, Where
from features.value import NONE, UNKNOWN

CHAIN_KEYS: Final = ("states", "adds", "counts", "only_while", "ends_with", "exhaustive")
"""What a fact may say of the events it follows from."""

_UNKNOWN: Final = "unknown"


def read_signal(
    event: str, entry: MappingReader, types: Mapping[str, EventType], field: object = None, key: str = "event"
) -> Selector | None:
    """Return the signal of one event type as an entry's `role` and `where` narrow it, None when there is none."""
    declared = types.get(event)
    if not declared or event == STATED:
        entry.wrong(
            key, "unknown", f"names {event!r}, which is not an event type to listen to", "Declare it in events.yaml"
        )
        return None
    role = entry.doc.get("role")
    if role is not None and role not in declared.parts:
        entry.wrong("role", "unknown", f"is {role!r}; {event} knows {', '.join(declared.parts)}", "Choose one of these")
    if field is not None and field not in declared.fields:
        entry.wrong(
            "field",
            "unknown",
            f"is {field!r}; {event} has {', '.join(declared.fields) or 'none'}",
            "Choose one of these",
        )
        return None
    return Selector(
        event, None if role is None else str(role), None if field is None else str(field), _where(entry, declared)
    )


def _where(entry: MappingReader, declared: EventType) -> tuple[str, int] | None:
    narrowed = entry.mapping("where")
    if not narrowed:
        return None
    field, value = next(iter(narrowed.items()))
    if len(narrowed) > 1 or field not in declared.fields:
        entry.wrong("where", "invalid", f"is one field of {declared.name}", "Write it like {level: high}")
        return None
    with entry.problems.gathered():
        return field, declared.fields[field].encode(value, entry.at("where", field))
    return None


def read_state(
    doc: object, kind: DataType, where: Where, types: Mapping[str, EventType], problems: Problems
) -> State | None:
    """Read an event that sets a fact."""
    entry = MappingReader(doc, where, problems, {"event", "role", "where", "gives", "for", "then", "changes"})
    gives, lapse = entry.doc.get("gives"), entry.duration("for")
    field = gives.get("field") if isinstance(gives, Mapping) else None
    dated = kind.type == "date" and gives == {"day": "happened"}
    signal = read_signal(str(entry.doc.get("event", "")), entry, types, field)
    if not entry.has("gives") or (isinstance(gives, Mapping) and set(gives) != {"field"} and not dated):
        entry.wrong("gives", "missing", "does not say what the event makes of the fact", "Give a value, or {field: F}")
    if entry.has("then") and not entry.has("for"):
        entry.wrong("then", "conflict", "needs `for`", "Say how long it is valid before it lapses to that")
    if signal and field is not None and not _fits(types[signal.event].fields[str(field)], kind):
        entry.wrong(
            ("gives", "field"),
            "conflict",
            f"cannot set a fact of type {kind.type}",
            "Take a field of the same type and scale",
        )
    constant = then = None
    with problems.gathered():
        said = entry.has("gives") and field is None
        constant = NONE if dated else _value(kind, gives, entry.at("gives")) if said else None
    with problems.gathered():
        then = _value(kind, entry.doc["then"], entry.at("then")) if entry.has("then") else None
    return State(signal, constant, lapse, then, entry.string("changes") or "") if signal else None


def _value(kind: DataType, value: object, where: Where) -> int:
    """The integer of a value an event gives: `unknown` is one, unless an enum has a value of that name."""
    return UNKNOWN if value == _UNKNOWN and value not in kind.values else kind.encode(value, where)


def check_overlap(signals: Sequence[Selector], entry: MappingReader, key: str) -> None:
    """Refuse two signals one event could give at once: which of them holds would be an accident."""
    for one, other in combinations(signals, 2):
        apart = one.where and other.where and one.where[0] == other.where[0] and one.where != other.where
        if one.event == other.event and (one.role == other.role or None in (one.role, other.role)) and not apart:
            entry.wrong(
                key, "duplicate", f"hears one {one.event} twice", "Tell the two apart by `role` or `where`, or drop one"
            )


def _fits(field: DataType, fact: DataType) -> bool:
    within = (
        fact.low is None or fact.high is None or field.low is None or field.high is None
        or fact.low <= field.low <= field.high <= fact.high
    )  # fmt: skip
    return within and (field.type, field.values, field.scale) == (fact.type, fact.values, fact.scale)


def read_addition(doc: object, where: Where, types: Mapping[str, EventType], problems: Problems) -> Selector | None:
    """Read an event that adds a date to a list."""
    entry = MappingReader(doc, where, problems, {"event", "role", "where", "field"})
    field = entry.doc.get("field")
    signal = read_signal(str(entry.doc.get("event", "")), entry, types, field)
    if signal and field is not None and types[signal.event].fields[str(field)].type != "date":
        entry.wrong(
            "field", "conflict", "is not a date", "Take a field of type date, or leave it out for the day it happened"
        )
    return signal


def read_tally(entry: MappingReader, kind: DataType, types: Mapping[str, EventType]) -> Tally | None:
    """Read what a fact counts, None where it counts nothing."""
    counts = entry.reader("counts")
    if counts is None:
        return None
    over, before = counts.string("over") or "", counts.choice("before", ("none",))
    begins, ends = (_counted(counts, key, over, types) for key in ("begin", "end"))
    counts.close()
    if kind.type != "boolean" or entry.has("adds") or entry.has("derived"):
        entry.wrong("counts", "conflict", "belongs to a boolean that is not computed", "Drop it, or change the type")
    return Tally(begins, ends, before == "none")


def _counted(counts: MappingReader, key: str, over: str, types: Mapping[str, EventType]) -> tuple[Selector, ...]:
    found = []
    for place, item in enumerate(counts.items(key)):
        doc = {"event": item} if isinstance(item, str) else item
        entry = MappingReader(doc, counts.at(key, place), counts.problems, {"event", "role", "where"})
        signal = read_signal(str(entry.doc.get("event", "")), entry, types)
        if signal is None:
            continue
        field = types[signal.event].fields.get(over)
        if over and (field is None or field.type != "identifier"):
            remedy = f"Declare {over}: {{type: identifier}} at {signal.event}, or drop `over`"
            counts.wrong("over", "unknown", f"is no identifier of {signal.event}", remedy)
        found.append(replace(signal, over=over))
    if not found:
        counts.wrong(key, "missing", "names no event", "Name what begins one, and what ends one")
    check_overlap(found, counts, key)
    return tuple(found)


def read_only_while(entry: MappingReader) -> tuple[str, int] | None:
    """Read which other boolean must hold, or must not, for this one to be true."""
    only = entry.mapping("only_while")
    if not only:
        return None
    name, wanted = next(iter(only.items()))
    if len(only) > 1 or not isinstance(wanted, bool):
        entry.wrong("only_while", "invalid", "is not one fact and true or false", "Write it like {in_business: true}")
        return None
    return name, int(wanted)


def linked(facts: Mapping[str, Fact], where: Where, problems: Problems) -> dict[str, Fact]:
    """Check what facts say of one another, and let those that need a change hear what changes the other.

    Each names facts declared before it, so that one pass over an event settles all.
    """
    read: dict[str, Fact] = {}
    for name, fact in facts.items():
        states = tuple(
            _of_change(state, read.get(state.changes), (*where, name, "states", place, "changes"), problems)
            for place, state in enumerate(fact.states)
        )
        if fact.hangs_on:
            key = "only_while" if fact.only_while else "ends_with"
            _check_hanging(fact, read.get(fact.hangs_on[0]), (*where, name, key), problems)
        if fact.tally and any(state.lapse for state in states):
            remedy = "Drop `for`, or do not count"
            problems.add((*where, name, "states"), "conflict", "lapse, which what is counted does not", remedy)
        read[name] = replace(fact, states=states)
    return read


def _of_change(state: State, of: Fact | None, where: Where, problems: Problems) -> State:
    """The state, heard with the value that its event gives the fact whose change it needs."""
    if not state.changes:
        return state
    for setting in of.states if of and _steady(of) else ():
        if replace(setting.signal, field=None) == state.signal and setting.gives is None:
            return replace(state, signal=setting.signal)
    what = f"{state.changes!r} is no fact declared above that {state.signal.event} alone sets, and that never lapses"
    problems.add(where, "unknown", what, "Name such a fact, with the same `role` and `where` in both")
    return state


def _check_hanging(fact: Fact, of: Fact | None, where: Where, problems: Problems) -> None:
    if fact.type != "boolean" or fact.derived or (fact.only_while and fact.ends_with):
        remedy = "Drop it, or change the type; use either only_while or ends_with"
        problems.add(where, "conflict", "belongs to a boolean that is not computed", remedy)
    if of is None or of.type != "boolean" or of.derived or not _steady(of):
        what = f"{fact.hangs_on and fact.hangs_on[0]!r} is no boolean declared above that never lapses"
        problems.add(where, "unknown", what, "Name one that is, and declare it before this fact")


def _steady(fact: Fact) -> bool:
    """Whether nothing but an event changes the fact."""
    return not any(state.lapse for state in fact.states)
