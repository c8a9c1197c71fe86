"""Something that happened to a person: one CloudEvent, parsed and checked against the declaration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Final

from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import CORRECTED, RETRACTED, STATED, SUBJECT, EventType
from features.problem import Problem, Problems, Rejected, Where

RECEIVES: Final = "receives."
"""A stated fact of this prefix says whether the person receives the programme named after it."""

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CALENDAR: Final = range(-62_104_060_800, 253_370_764_800)
"""The years 2 to 9998: no offset of a zone leads from there out of the calendar."""

_LONGEST: Final = 400
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_REFERENCE: Final = {CORRECTED: {"source", "id", "time", "data"}, RETRACTED: {"source", "id"}}
_AMENDED: Final = ("correction", "data")
_FITTING: Final = "Keep to the fields declared for its type in events.yaml"


@dataclass(frozen=True)
class Event:
    """Something that happened to a person.

    Attributes:
        id: unique within the source.
        source: who says so.
        subject: the person.
        type: a declared event type, or `event.corrected` or `event.retracted`.
        time: the UTC second when it happened.
        recorded: the UTC second when it was recorded.
        data: the payload without `about`.
        about: the other people it is about, each with the part they play.
    """

    id: str
    source: str
    subject: str
    type: str
    time: int
    recorded: int
    data: Mapping[str, object] = field(default_factory=dict)
    about: tuple[tuple[str, str], ...] = ()

    @cached_property
    def body_hash(self) -> str:
        """The SHA-256, in hex, of what it says: the same event sent twice has the same, a conflicting one another.

        When it was recorded is not part of it: whoever stamps a repeated event stamps another time.
        """
        about = _CANONICAL.encode(self.about) if self.about else ""
        body = "\n".join((self.subject, self.type, str(self.time), self.payload, about))
        return sha256(body.encode()).hexdigest()

    @cached_property
    def payload(self) -> str:
        """The canonical JSON text of its data."""
        return _CANONICAL.encode(self.data) if self.data else "{}"

    @property
    def key(self) -> tuple[str, str]:
        """What no two events share: source and id."""
        return self.source, self.id

    @property
    def target(self) -> tuple[str, str] | None:
        """The key of the event it corrects or retracts, None when it does neither."""
        return (str(self.data.get("source")), str(self.data.get("id"))) if self.type in _REFERENCE else None

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone it touches, the subject first; of a correction also everyone the corrected event is about."""
        about = self.about
        if not about and self.type != CORRECTED:
            return (self.subject,)
        amended = self.data.get("data") if self.type == CORRECTED else None
        if isinstance(amended, Mapping):
            about = _about(amended.get("about", ()), (), Problems())
        return tuple(dict.fromkeys((self.subject, *(person for person, _ in about))))

    def parts(self, event_type: EventType | None) -> tuple[tuple[str, str], ...]:
        """Everyone in it with the part they play, the subject first unless `about` says what it plays."""
        if any(person == self.subject for person, _ in self.about):
            return self.about
        return ((self.subject, event_type.subject if event_type else SUBJECT), *self.about)

    def to_document(self) -> dict[str, object]:
        """Return the CloudEvent as JSON values; parsing it gives the same event."""
        data: dict[str, object] = dict(self.data)
        if self.about:
            data["about"] = [{"person": person, "role": role} for person, role in self.about]
        return {
            "specversion": "1.0", "id": self.id, "source": self.source, "subject": self.subject, "type": self.type,
            "time": rfc3339(self.time), "recordedtime": rfc3339(self.recorded), "data": data,
        }  # fmt: skip


def rfc3339(second: int) -> str:
    """Return a UTC second as text.

    >>> rfc3339(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(second, UTC).isoformat()[:19] + "Z"


def parse_time(value: object, where: Where = ("time",)) -> int:
    """Return the UTC second of an RFC 3339 time with its offset; a fraction of a second is dropped.

    Raises:
        Rejected: it is not such a time.

    >>> parse_time("1970-01-01T09:00:00+09:00")
    0
    """
    try:
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            second = int(datetime.fromisoformat(value.upper()).timestamp() // 1)
            if second in _CALENDAR:
                return second
    except (ValueError, OverflowError):
        pass
    remedy = "Write it like 2026-11-01T09:00:00+09:00, with its offset (RFC 3339)"
    raise Rejected([Problem(where, "invalid", "is not a time", remedy)])


def parse_event(obj: object, declaration: Declaration, *, now: int | None = None, where: Where = ("event",)) -> Event:
    """Return the event one parsed CloudEvents 1.0.2 document describes.

    Args:
        obj: the parsed JSON.
        declaration: what may happen.
        now: the UTC second it is recorded at unless it says otherwise; nothing may be recorded after it.
        where: where it is, for problems.

    Raises:
        Rejected: with every problem in it.
    """
    problems = Problems()
    if not isinstance(obj, Mapping):
        raise Rejected([Problem(where, "invalid", "is not a JSON object", "Write one CloudEvent a line")])
    names = {key: _text(obj, key, where, problems) for key in ("id", "source", "subject", "type")}
    for key, wanted in (("specversion", "1.0"), ("datacontenttype", "application/json")):
        if obj.get(key, wanted) != wanted:
            problems.add((*where, key), "invalid", f"is not {wanted}", f"Send {wanted}")
    recorded = _recorded(obj, now, where, problems)
    time = _when(obj, "time", where, problems)
    _check_order(time, recorded, now, declaration, where, problems)
    data = obj.get("data")
    if data is not None and not isinstance(data, Mapping):
        problems.add((*where, "data"), "invalid", "is not a JSON object", "Give the payload as names and values")
    fields = dict(data) if isinstance(data, Mapping) else {}
    about = _about(fields.pop("about", ()), (*where, "data", "about"), problems)
    event = Event(
        names["id"], names["source"], names["subject"], names["type"], time or 0, recorded or 0, fields, about
    )
    if event.type:
        _check_body(event, declaration, where, problems)
    problems.raise_any()
    return event


def amend(event: Event, correction: Event, declaration: Declaration) -> Event:
    """Return the event as a correction says it was: its time, its payload, or both.

    What does not fit the event's type is left out, so that it counts as unknown; see `misfits`.
    """
    time = event.time if "time" not in correction.data else parse_time(correction.data["time"])
    amended = replace(event, time=time, recorded=correction.recorded)
    if "data" not in correction.data:
        return amended
    fields, about = _amended_body(correction)
    wrong = {_whole(problem.path) for problem in misfits(event, correction, declaration)}
    fitting = {name: value for name, value in fields.items() if (*_AMENDED, name) not in wrong}
    return replace(amended, data=fitting, about=() if (*_AMENDED, "about") in wrong else about)


def misfits(event: Event, correction: Event, declaration: Declaration) -> tuple[Problem, ...]:
    """Return what in a correction does not fit the event it corrects."""
    problems = Problems()
    if "data" in correction.data:
        fields, about = _amended_body(correction)
        _check_body(replace(event, data=fields, about=about), declaration, _AMENDED[:1], problems)
    return tuple(problems.found)


def _whole(path: Where) -> Where:
    """The path of the value itself, for a problem with one member of a list."""
    return _whole(path[:-1]) if isinstance(path[-1], int) else path


def _amended_body(correction: Event) -> tuple[dict[str, object], tuple[tuple[str, str], ...]]:
    body = correction.data["data"]
    fields = dict(body) if isinstance(body, Mapping) else {}
    return fields, _about(fields.pop("about", ()), (*_AMENDED, "about"), Problems())


def _text(obj: Mapping[str, object], key: str, where: Where, problems: Problems) -> str:
    value = obj.get(key)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable():
        return value
    state = "is not a short, printable text" if key in obj else "is missing"
    problems.add((*where, key), "invalid", state, f"Give a text of 1 to {_LONGEST} characters")
    return ""


def _when(obj: Mapping[str, object], key: str, where: Where, problems: Problems) -> int | None:
    if key not in obj:
        problems.add((*where, key), "missing", "is missing", "Say when it happened, like 2026-11-01T09:00:00+09:00")
        return None
    with problems.gathered():
        return parse_time(obj[key], (*where, key))
    return None


def _recorded(obj: Mapping[str, object], now: int | None, where: Where, problems: Problems) -> int | None:
    if obj.get("recordedtime") is None:
        if now is None:
            problems.add(
                (*where, "recordedtime"), "missing", "is missing", "Say when it was recorded: nobody stamps it here"
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
    if time is not None and declaration.zone.local_seconds(time) < declaration.epoch * DAY_SECONDS:
        problems.add(
            (*where, "time"), "range", "is before the epoch of the declaration", "Check the year, or move the epoch"
        )


def _about(listed: object, where: Where, problems: Problems) -> tuple[tuple[str, str], ...]:
    if not isinstance(listed, list | tuple):
        problems.add(where, "invalid", "is not a list", "Write it like [{person: ID, role: child}]")
        return ()
    found: dict[str, str] = {}
    for place, entry in enumerate(listed):
        person, role = (entry.get("person"), entry.get("role")) if isinstance(entry, Mapping) else (None, None)
        if (
            not isinstance(person, str)
            or not isinstance(role, str)
            or not 0 < len(person) <= _LONGEST
            or len(entry) > 2
        ):
            problems.add(
                (*where, place), "invalid", "is not a person with a role", "Write it like {person: ID, role: child}"
            )
        elif found.setdefault(person, role) != role:
            problems.add(
                (*where, place), "duplicate", "names a person twice in different roles", "Choose the role that matters"
            )
    return tuple(found.items())


def _check_body(event: Event, declaration: Declaration, where: Where, problems: Problems) -> None:
    if event.type in _REFERENCE:
        _check_reference(event, where, problems)
    elif event.type not in declaration.events:
        remedy = "Declare it in events.yaml, or correct the name"
        problems.add((*where, "type"), "unknown", f"{event.type!r} is not a declared event type", remedy)
    elif event.type == STATED:
        _check_stated(event, declaration, where, problems)
    else:
        _check_fields(event, declaration, where, problems)


def _check_reference(event: Event, where: Where, problems: Problems) -> None:
    allowed = _REFERENCE[event.type]
    for key in ("source", "id"):
        _text(event.data, key, (*where, "data"), problems)
    for key in sorted(set(event.data) - allowed):
        problems.add(
            (*where, "data", key), "forbidden", "means nothing here", f"Give only {', '.join(sorted(allowed))}"
        )
    if event.about:
        problems.add((*where, "data", "about"), "forbidden", "means nothing here", "Put it into the corrected data")
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
        _about(body.get("about", ()), (*where, "data", "data", "about"), problems)


def _check_stated(event: Event, declaration: Declaration, where: Where, problems: Problems) -> None:
    if event.about:
        problems.add(
            (*where, "data", "about"),
            "forbidden",
            "means nothing here",
            "State each person's facts in an event of their own",
        )
    today = declaration.zone.local_seconds(event.time) // DAY_SECONDS
    with problems.gathered():
        encode_facts(event.data, declaration, today, (*where, "data"))


def _check_fields(event: Event, declaration: Declaration, where: Where, problems: Problems) -> None:
    event_type = declaration.events[event.type]
    for name, value in event.data.items():
        kind = event_type.fields.get(name)
        if kind is None:
            problems.add((*where, "data", name), "unknown", f"is not a field of {event.type}", _FITTING)
            continue
        if _field_code(declaration, event.type, name, _hashable(value)) is None:
            with problems.gathered():
                kind.encode(value, (*where, "data", name))
    for name, kind in event_type.fields.items():
        if kind.type == "identifier" and name not in event.data:
            problems.add(
                (*where, "data", name), "missing", "is missing", f"Say which one: {event.type} means nothing without it"
            )
    for role in sorted({role for _, role in event.about}):
        if role not in event_type.parts:
            known = ", ".join(event_type.parts)
            problems.add(
                (*where, "data", "about"), "unknown", f"{role!r} is not a role in {event.type}", f"Use one of {known}"
            )


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
        codes = _fact_codes(declaration, name, _hashable(value))
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
        raise Rejected([Problem(where, "range", "lies in the future", "Give a day up to the day of asking")])
    return codes


def _hashable(value: object) -> object:
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


@lru_cache(maxsize=2**16, typed=True)
def _field_code(declaration: Declaration, event_type: str, name: str, value: object) -> int | None:
    """The integer of a field, None where there is something to say about it."""
    try:
        return declaration.events[event_type].fields[name].encode(value)
    except Rejected:
        return None


def _nearest(name: str, declaration: Declaration) -> str:
    from difflib import get_close_matches  # wanted only when something is wrong

    near = get_close_matches(name, [fact.name for fact in declaration.facts.values() if fact.stated], 1)
    return f"Did you mean {near[0]}?" if near else "Use a name of facts.yaml"
