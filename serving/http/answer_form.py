"""The form in which an answer is told: one page of it, in one language or each, with as many reasons as are wanted."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from serving.http.problem_documents import UNPROCESSABLE, ProblemItemValue, RefusedError

Explain = Literal["none", "short", "full"]
FARTHEST: Final = 100_000
"""The last place of a list that a cursor may name."""
_BESIDE: Final = ("bundles", "ask_next", "closed", "upcoming", "other_applicants")
_CURSOR: Final = ProblemItemValue("/cursor", "the Proffer-Next of an earlier answer")


def place_of(cursor: str | None, catalogue: str) -> int:
    """How many recommendations come before the page that a cursor names.

    Raises:
        RefusedError: 422, it is no cursor, or of another catalogue.

    >>> place_of(cursor_of(20, "abc"), "abc")
    20
    """
    if cursor is None:
        return 0
    try:
        version, _, place = (
            base64.b64decode(cursor.encode("ascii"), b"-_", validate=True).decode("ascii").partition(" ")
        )
        number = int(place) if place.isdigit() and len(place) < 7 else -1
    except (binascii.Error, UnicodeError):
        version, number = "", -1
    if version != catalogue[:16] or not 0 < number <= FARTHEST:
        raise RefusedError(UNPROCESSABLE, "The list cannot be gone on with; begin it again.", [_CURSOR])
    return number


def cursor_of(place: int, catalogue: str) -> str:
    """A cursor for the page that begins after `place` recommendations of a catalogue."""
    return base64.urlsafe_b64encode(f"{catalogue[:16]} {place}".encode()).decode()


def page_of(answer: Mapping[str, Any], place: int) -> dict[str, Any]:
    """One page of an answer that has all recommendations up to its end; what is told beside them is on the first."""
    shown: Sequence[Any] = answer["recommendations"][place:]
    beside = dict.fromkeys(_BESIDE, ()) if place else {}
    return {**answer, **beside, "recommendations": shown}


def explained_so(answer: Mapping[str, Any], explain: Explain) -> dict[str, Any]:
    """An answer with all reasons, with one short sentence for each programme, or with none; its fields stay."""
    if explain == "full":
        return dict(answer)
    told = [
        {
            **one,
            "because": [{"cause": why["cause"], "text": why["text"]} for why in one["because"][: explain == "short"]],
            "why_rank": [],
            "value": _briefly(one["value"]),
        }
        for one in answer["recommendations"]
    ]  # fmt: skip
    return {**answer, "recommendations": told, "known_from": {}}


def in_language(value: Any, language: str, languages: frozenset[str]) -> Any:
    """JSON values in which every text stands in one language, or in those it was written in where that is none."""
    if isinstance(value, Mapping):
        if language in value and languages.issuperset(value):
            return {language: value[language]}
        return {name: in_language(one, language, languages) for name, one in value.items()}
    return [in_language(one, language, languages) for one in value] if isinstance(value, list) else value


def accepted(header: str | None, languages: Sequence[str]) -> str | None:
    """The one language that a caller asks for; None, which is each, where it asks for none of them or for any.

    >>> accepted("ko-KR, en;q=0.5", ["ko", "en"]), accepted("*", ["ko"]), accepted(None, ["ko"]), accepted("de", ["ko"])
    ('ko', None, None, None)
    """
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate((header or "").split(",")[:20]):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            found.append((-quality, place, name.strip().partition("-")[0].lower()))
    first = next((name for _, _, name in sorted(found) if name == "*" or name in languages), "*")
    return None if first == "*" else first


def _briefly(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A value without the steps by which it was worked out."""
    if value is None:
        return None
    year = value.get("first_year")
    return {**value, **({"first_year": {**year, "steps": []}} if isinstance(year, Mapping) else {})}
