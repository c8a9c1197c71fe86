"""Declared schema: what may be stated and what may happen, as JSON Schema (2020-12) of a declaration."""

from __future__ import annotations

from typing import Any, Final

from features.declaration.datatype import LONGEST_LIST, DataType
from features.declaration.declaration import Declaration, EventType
from features.declaration.kinship import HOUSEHOLD, TRAITS, Household
from features.declaration.vocabulary import CORRECTED, RETRACTED, STATED
from features.log.event import LONGEST
from features.log.statement import RECEIVES
from serving.http.event_wire import CLOUD_EVENT

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_DAY: Final = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_TIME: Final = {"type": "string", "format": "date-time"}


def facts_schema(declaration: Declaration) -> dict[str, Any]:
    """The schema of the facts that may be stated; of days only the form, and of regions only the form of a code."""
    properties = {
        name: {**_value(fact.kind), "x-label": dict(fact.label), "x-sensitive": fact.sensitive}
        for name, fact in declaration.facts.items()
        if fact.derived is None
    }
    if declaration.household is not None:
        properties[HOUSEHOLD] = _household(declaration.household)
    return {
        "$schema": _DIALECT,
        "title": "Facts",
        "type": "object",
        "properties": properties,
        "patternProperties": {f"^{RECEIVES.replace('.', '[.]')}.": {"type": "boolean"}},
        "additionalProperties": False,
    }


def events_schema(declaration: Declaration) -> dict[str, Any]:
    """The schema of the events that may be sent, one alternative for each type."""
    stated = {**facts_schema(declaration), "title": "What was stated"}
    del stated["$schema"]
    payloads = {name: _payload(event) for name, event in declaration.events.items()}
    payloads[STATED] = {"$ref": "#/$defs/facts"}
    named = {"source": _TEXT, "id": _TEXT}
    payloads[RETRACTED] = _closed(named, ["source", "id"])
    payloads[CORRECTED] = {
        **_closed({**named, "time": _TIME, "data": {"type": "object"}}, ["source", "id"]),
        "anyOf": [{"required": ["time"]}, {"required": ["data"]}],
    }
    titles = {name: dict(event.title) for name, event in declaration.events.items()}
    alternatives = []
    for name, payload in payloads.items():
        properties = {**CLOUD_EVENT["properties"], "type": {"const": name}, "data": payload}
        required = [*CLOUD_EVENT["required"], *(["data"] if payload.get("required") else [])]
        one = {"title": name, "x-label": titles.get(name, {}), "type": "object"}
        alternatives.append({**one, "properties": properties, "required": required})
    return {"$schema": _DIALECT, "title": "Events", "oneOf": alternatives, "$defs": {"facts": stated}}


def _payload(event: EventType) -> dict[str, Any]:
    person = _closed({"person": _TEXT, "role": {"enum": list(event.parts)}}, ["person", "role"])
    fields = {name: _value(kind.member) for name, kind in event.fields.items()}
    needed = [name for name, kind in event.fields.items() if kind.type == "identifier" and not kind.optional]
    return _closed({**fields, "about": {"type": "array", "items": person}}, needed)


def _household(home: Household) -> dict[str, Any]:
    trait = {"enum": [True, False, "unknown"]}
    properties = {
        "relation": {"enum": list(home.relations)}, "birth_date": _DAY, "due_date": _DAY, "id": _TEXT,
        **dict.fromkeys(TRAITS, trait),
    }  # fmt: skip
    members = {"type": "array", "items": _closed(properties, ["relation"]), "maxItems": LONGEST_LIST}
    return _closed({"complete": {"type": "boolean"}, "members": members}, [])


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _value(kind: DataType) -> dict[str, Any]:
    """The schema of the values of one kind."""
    if kind.member is not kind:
        return {"type": "array", "items": _value(kind.member), "maxItems": LONGEST_LIST}
    if kind.type == "integer":
        whole = {"type": "integer"} if kind.scale == 1 else {"type": "number"}
        bounds = (("minimum", kind.low), ("maximum", kind.high))
        return {**whole, **{name: kind.decode(bound) for name, bound in bounds if bound is not None}}
    if kind.type == "region":
        return {"type": "string", "pattern": f"^(?:{kind.form or '[0-9A-Z]{1,9}'})$"}
    simple: dict[str, dict[str, Any]] = {
        "boolean": {"type": "boolean"}, "date": _DAY, "enum": {"enum": list(kind.values)},
        "identifier": {"type": "string", "minLength": 1},
    }  # fmt: skip
    return simple[kind.type]
