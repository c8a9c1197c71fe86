"""Words about events: where something is wrong, in names that are declared, and what, without what was sent."""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile
from typing import Final

from features.declaration.declaration import Declaration
from features.problem import Code, Problem, Where

_CLOUD_EVENT: Final = (
    "specversion", "datacontenttype", "id", "source", "subject", "type", "time", "recordedtime", "data", "data_base64",
)  # fmt: skip
_INSIDE: Final = ("about", "person", "role", "household", "complete", "members", "relation", "birth_date", "due_date")
_WHAT: Final[dict[Code, str]] = {
    "missing": "is missing",
    "unknown": "is not declared",
    "invalid": "is not a value that is taken",
    "range": "is out of range",
    "duplicate": "stands twice",
    "conflict": "contradicts what is there",
    "forbidden": "is not allowed here",
}
_MOST: Final = 20


@lru_cache(maxsize=4)  # a declaration is compared by identity
def names_of_events(declaration: Declaration) -> frozenset[str]:
    """Every name that may be repeated in a pointer: of CloudEvents, of fields and of facts."""
    fields = (name for event in declaration.events.values() for name in event.fields)
    return frozenset([*_CLOUD_EVENT, *_INSIDE, *fields, *declaration.facts])


def pointer_into(path: Where, names: frozenset[str]) -> str:
    """The JSON pointer (RFC 6901) of a place in an event, as far down as its names are declared.

    >>> pointer_into(("data", "members", 1, "secret"), frozenset(["data", "members"]))
    '/data/members/1'
    """
    known = takewhile(lambda part: isinstance(part, int) or part in names, path)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in known)


def told(problems: tuple[Problem, ...], names: frozenset[str]) -> list[dict[str, str]]:
    """What is wrong with one event, whose own path is empty: each once, the first twenty.

    What is wrong is said by its code, because a problem may repeat the value; a remedy never does.
    """
    rows = dict.fromkeys(
        (pointer_into(one.path, names), one.code, _WHAT.get(one.code, "cannot be used"), one.remedy)
        for one in problems[: 10 * _MOST]
    )
    return [dict(zip(("pointer", "code", "what", "remedy"), row, strict=True)) for row in list(rows)[:_MOST]]
