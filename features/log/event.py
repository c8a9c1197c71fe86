"""Something that happened to a person: the value of one CloudEvent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from features.canonical_json import canonical_text
from features.declaration.vocabulary import CORRECTED, RETRACTED, SUBJECT, EventType
from features.problem import Problem, Problems, Rejected, Where

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
CALENDAR: Final = range(-62_104_060_800, 253_370_764_800)
"""The years 2 to 9998: no offset of a zone leads from there out of the calendar."""

LONGEST: Final = 400
ACTS: Final = frozenset({CORRECTED, RETRACTED})
"""The types of events that act on another event."""


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

    @property
    def body_hash(self) -> str:
        """The SHA-256, in hex, of what it says: the same event sent twice has the same, a conflicting one another.

        When it was recorded is not part of it: whoever stamps a repeated event stamps another time.
        """
        return self.hash_with(self.payload)

    def hash_with(self, payload: str) -> str:
        """The `body_hash` by its `payload`, for who has made that already."""
        about = canonical_text(self.about) if self.about else ""
        return sha256(f"{self.subject}\n{self.type}\n{self.time}\n{payload}\n{about}".encode()).hexdigest()

    @property
    def payload(self) -> str:
        """The canonical JSON text of its data."""
        return canonical_text(self.data) if self.data else "{}"

    @property
    def key(self) -> tuple[str, str]:
        """What no two events share: source and id."""
        return self.source, self.id

    @property
    def target(self) -> tuple[str, str] | None:
        """The key of the event it corrects or retracts, None when it does neither."""
        return (str(self.data.get("source")), str(self.data.get("id"))) if self.type in ACTS else None

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone it touches, the subject first; of a correction also everyone the corrected event is about."""
        if not self.about and self.type != CORRECTED:
            return (self.subject,)
        about, body = list(self.about), self.data if self.type == CORRECTED else None
        while body is not None:  # a correction may correct a correction
            amended = body.get("data")
            body = amended if isinstance(amended, Mapping) else None
            about += read_about(body.get("about", ()), (), Problems()) if body is not None else ()
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
    second = second_of(value) if isinstance(value, str) else None
    if second is not None:
        return second
    remedy = "Write it like 2026-11-01T09:00:00+09:00, with its offset (RFC 3339)"
    raise Rejected([Problem(where, "invalid", "is not a time", remedy)])


@lru_cache(maxsize=4096)
def second_of(text: str) -> int | None:
    """The UTC second of a time, None where it is none; a registry writes one time for all that it sends at once."""
    try:
        if _RFC3339.fullmatch(text):
            second = int(datetime.fromisoformat(text.upper()).timestamp() // 1)
            return second if second in CALENDAR else None
    except (ValueError, OverflowError):
        pass
    return None


def read_about(listed: object, where: Where, problems: Problems) -> tuple[tuple[str, str], ...]:
    """Return the people an event is about, each with their role; what is wrong goes into `problems`."""
    if not isinstance(listed, list | tuple):
        problems.add(where, "invalid", "is not a list", "Write it like [{person: ID, role: child}]")
        return ()
    found: dict[str, str] = {}
    for place, entry in enumerate(listed):
        person, role = (entry.get("person"), entry.get("role")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(person, str) or not isinstance(role, str) or not 0 < len(person) <= LONGEST or len(entry) > 2:
            problems.add(
                (*where, place), "invalid", "is not a person with a role", "Write it like {person: ID, role: child}"
            )
        elif found.setdefault(person, role) != role:
            problems.add(
                (*where, place), "duplicate", "names a person twice in different roles", "Choose the role that matters"
            )
    return tuple(found.items())
