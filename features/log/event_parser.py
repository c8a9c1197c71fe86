"""Reading one CloudEvent: every field is checked against the declaration, all problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import CORRECTED, RETRACTED, STATED
from features.log.consistency import check_statement
from features.log.event import LONGEST, Event, parse_time, read_about, second_of
from features.log.statement import HINTS, encode_facts
from features.problem import Problem, Problems, Rejected, Where

REFERENCE: Final = {CORRECTED: {"source", "id", "time", "data"}, RETRACTED: {"source", "id"}}
"""The fields of an event that acts on another."""

_MAPPING: Final = (dict, Mapping)  # what JSON gives, first: asking an abstract class takes ten times as long
_FITTING: Final = "Keep to the fields declared for its type in events.yaml"


def parse_event(
    obj: object, declaration: Declaration, *, now: int | None = None, where: Where = ("event",), hints: int = HINTS
) -> Event:
    """Return the event one parsed CloudEvents 1.0.2 document describes.

    Args:
        obj: the parsed JSON.
        declaration: what may happen.
        now: the UTC second it is recorded at unless it says otherwise; nothing may be recorded after it.
        where: where it is, for problems.
        hints: as for `encode_facts`; 0 where nobody is told which name may have been meant.

    Raises:
        Rejected: with every problem in it.
    """
    problems = Problems()
    if not isinstance(obj, _MAPPING):
        raise Rejected([Problem(where, "invalid", "is not a JSON object", "Write one CloudEvent a line")])
    names = {key: _text(obj, key, where, problems) for key in ("id", "source", "subject", "type")}
    for key, wanted in (("specversion", "1.0"), ("datacontenttype", "application/json")):
        if obj.get(key, wanted) != wanted:
            problems.add((*where, key), "invalid", f"is not {wanted}", f"Send {wanted}")
    if "data_base64" in obj:
        problems.add((*where, "data_base64"), "forbidden", "is not taken", "Give the payload as JSON, in data")
    recorded = _recorded(obj, now, where, problems)
    time = _when(obj, "time", where, problems)
    _check_order(time, recorded, now, declaration, where, problems)
    data = obj.get("data")
    fields = dict(data) if isinstance(data, _MAPPING) else {}
    if data is not None and not isinstance(data, _MAPPING):
        problems.add((*where, "data"), "invalid", "is not a JSON object", "Give the payload as names and values")
    about = read_about(fields.pop("about"), (*where, "data", "about"), problems) if "about" in fields else ()
    event = Event(
        names["id"], names["source"], names["subject"], names["type"], time or 0, recorded or 0, fields, about
    )
    if event.type:
        check_body(event, declaration, where, problems, hints)
    problems.raise_any()
    return event


def _text(obj: Mapping[str, object], key: str, where: Where, problems: Problems) -> str:
    value = obj.get(key)
    if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable():
        return value
    state = "is not a short, printable text" if key in obj else "is missing"
    problems.add((*where, key), "invalid", state, f"Give a text of 1 to {LONGEST} characters")
    return ""


def _when(obj: Mapping[str, object], key: str, where: Where, problems: Problems) -> int | None:
    value = obj.get(key)
    second = second_of(value) if isinstance(value, str) else None
    if key not in obj:
        problems.add((*where, key), "missing", "is missing", "Say when it happened, like 2026-11-01T09:00:00+09:00")
    elif second is None:
        with problems.gathered():
            parse_time(value, (*where, key))
    return second


def _recorded(obj: Mapping[str, object], now: int | None, where: Where, problems: Problems) -> int | None:
    if obj.get("recordedtime") is None:
        if now is None:
            problems.add(
                (*where, "recordedtime"), "missing", "is missing", "Say when it was recorded; the log does not stamp it"
            )
        return now
    return _when(obj, "recordedtime", where, problems)


def _check_order(
    time: int | None, recorded: int | None, now: int | None, declaration: Declaration, where: Where, problems: Problems
) -> None:
    if time is not None and recorded is not None and time > recorded:
        problems.add(
            (*where, "time"), "range", "is in the future: after it was recorded", "Send it once it has happened"
        )
    if now is not None and recorded is not None and recorded > now:
        problems.add(
            (*where, "recordedtime"), "range", "is in the future", "Check the clock of the registry that recorded it"
        )
    begins = declaration.epoch * DAY_SECONDS
    near = begins + DAY_SECONDS  # no zone is a day away from UTC
    if time is not None and time < near and declaration.zone.local_seconds(time) < begins:
        problems.add(
            (*where, "time"), "range", "is before the epoch of the declaration", "Check the year, or move the epoch"
        )


def check_body(event: Event, declaration: Declaration, where: Where, problems: Problems, hints: int = HINTS) -> None:
    """Check the type of an event, what it says and about whom; what is wrong goes into `problems`."""
    if event.type in REFERENCE:
        _check_reference(event, where, problems)
    elif event.type not in declaration.events:
        remedy = "Declare it in events.yaml, or correct the name"
        problems.add((*where, "type"), "unknown", f"{event.type!r} is not a declared event type", remedy)
    elif event.type == STATED:
        _check_stated(event, declaration, where, problems, hints)
    else:
        _check_fields(event, declaration, where, problems)


def _check_reference(event: Event, where: Where, problems: Problems) -> None:
    allowed = REFERENCE[event.type]
    for key in ("source", "id"):
        _text(event.data, key, (*where, "data"), problems)
    for key in sorted(set(event.data) - allowed):
        problems.add(
            (*where, "data", key),
            "forbidden",
            "is not allowed in this type of event",
            f"Give only {', '.join(sorted(allowed))}",
        )
    if event.about:
        problems.add(
            (*where, "data", "about"),
            "forbidden",
            "is not allowed in this type of event",
            "Put it into the corrected data",
        )
    if event.type == CORRECTED and not {"time", "data"} & set(event.data):
        problems.add((*where, "data"), "missing", "corrects nothing", "Give the right time, the right data, or both")
    with problems.gathered():
        if "time" in event.data and parse_time(event.data["time"], (*where, "data", "time")) > event.recorded:
            problems.add(
                (*where, "data", "time"), "range", "is in the future: after the correction", "Check the corrected time"
            )
    body = event.data.get("data", {})
    if not isinstance(body, Mapping):
        problems.add(
            (*where, "data", "data"), "invalid", "is not a JSON object", "Give the whole payload as it should have been"
        )
    else:
        read_about(body.get("about", ()), (*where, "data", "data", "about"), problems)


def _check_stated(event: Event, declaration: Declaration, where: Where, problems: Problems, hints: int) -> None:
    if event.about:
        problems.add(
            (*where, "data", "about"),
            "forbidden",
            "is not allowed in this type of event",
            "State each person's facts in an event of their own",
        )
    today = declaration.zone.local_seconds(event.time) // DAY_SECONDS
    with problems.gathered():
        encode_facts(event.data, declaration, today, (*where, "data"), hints)
        check_statement(declaration, event.data, (event.subject, today), (*where, "data"), problems)


def _check_fields(event: Event, declaration: Declaration, where: Where, problems: Problems) -> None:
    event_type = declaration.events[event.type]
    for name, value in event.data.items():
        kind = event_type.fields.get(name)
        if kind is None:
            problems.add((*where, "data", name), "unknown", f"is not a field of {event.type}", _FITTING)
            continue
        try:
            kind.encode(value, (*where, "data", name))
        except Rejected as refusal:
            problems.found += refusal.problems
    for name in event_type.named:
        if name not in event.data:
            problems.add((*where, "data", name), "missing", "is missing", f"Say which one: {event.type} needs it")
    for role in sorted({role for _, role in event.about}) if event.about else ():
        if role not in event_type.parts:
            known = ", ".join(event_type.parts)
            problems.add(
                (*where, "data", "about"), "unknown", f"{role!r} is not a role in {event.type}", f"Use one of {known}"
            )
