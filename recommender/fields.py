"""Fields: one mapping of a document read key by key, every problem in it gathered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches

from features.calendar import day_of
from features.problem import Code, Problem, Where
from recommender.text import Text

__all__ = ["Fields", "nearest"]

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*\Z")


def nearest(name: object, known: Iterable[str]) -> str:
    """Return " (did you mean X?)" where a known name is close to the one given, else nothing.

    >>> nearest("farmr", ["farmer", "worker"])
    ' (did you mean farmer?)'
    """
    close = get_close_matches(str(name), [other for other in known if other != name], n=1)
    return f" (did you mean {close[0]}?)" if close else ""


class Fields:
    """Reads the keys of one mapping, each at most once; `close` reports the unknown keys.

    A method returns None both for a key that is absent and for one that is wrong; only the wrong one is a problem.
    """

    __slots__ = ("_document", "_left", "_seen", "problems", "where")

    def __init__(self, document: Mapping[str, object], where: Where, problems: list[Problem]) -> None:
        """Start reading `document`; problems found are appended to `problems` under `where` (a file, then keys)."""
        self.where = where
        self._document = document
        self._left = dict(document)
        self._seen: list[str] = []
        self.problems = problems

    def problem(self, key: str | Where, code: Code, what: str, remedy: str) -> None:
        """Note what is wrong with one key, with what stands below it, or, given (), with the mapping itself."""
        self.problems.append(Problem(self.below(*((key,) if isinstance(key, str) else key)), code, what, remedy))

    def below(self, *keys: str | int) -> Where:
        """Return where a key, or what stands below it, is."""
        return (*self.where, *keys)

    def take(self, key: str) -> object:
        """Return whatever stands under a key, None where it is absent or null."""
        self._seen.append(key)
        return self._left.pop(key, None)

    def has(self, key: str) -> bool:
        """Tell whether something, right or wrong, stands under a key."""
        return self._document.get(key) is not None

    def close(self) -> None:
        """Note every key that was not asked for."""
        for key in self._left:
            self.problem(
                str(key), "unknown", f"unknown key{nearest(key, self._seen)}", f"Use one of {', '.join(self._seen)}"
            )

    def required(self, key: str) -> None:
        """Note that a key is absent, if it is."""
        if not self.has(key):
            self.problem(key, "missing", "is missing", f"Add {key}")

    def string(self, key: str) -> str | None:
        """Return a non-empty string."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.problem(key, "invalid", f"{value!r} is not a text", "Write a non-empty string")
        return None

    def slug(self, key: str) -> str | None:
        """Return a name made of letters, digits, dots, colons, underscores and hyphens."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and _SLUG.match(value)):
            return value
        self.problem(
            key, "invalid", f"{value!r} is not a name", "Use letters, digits, dots, hyphens and underscores, no spaces"
        )
        return None

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """Return one of the allowed words."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        self.problem(
            key, "unknown", f"{value!r} is not known{nearest(value, allowed)}", f"Use one of {', '.join(allowed)}"
        )
        return None

    def text(self, key: str) -> Text | None:
        """Return words given as {ko, en} or, in Korean alone, as one string."""
        value = self.take(key)
        return None if value is None else self.as_text(key, value)

    def as_text(self, key: str | Where, value: object) -> Text | None:
        """Return a value that should be words as Text, noting a problem where it is not."""
        if isinstance(value, str) and value.strip():
            return Text(value)
        if isinstance(value, dict) and value and all(map(_is_words, value, value.values())):
            return Text(str(value.get("ko") or ""), str(value.get("en") or ""))
        self.problem(
            key, "invalid", f"{value!r} is not words in a language", 'Write a string or {ko: "...", en: "..."}'
        )
        return None

    def integer(self, key: str, low: int = 0) -> int | None:
        """Return an integer not below `low`."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(key, "invalid", f"{value!r} is not a whole number", "Write an integer")
        elif value < low:
            self.problem(key, "range", f"{value} is below {low}", f"Write an integer of {low} or more")
        else:
            return value
        return None

    def boolean(self, key: str, default: bool) -> bool:
        """Return true or false, `default` where the key is absent."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problem(key, "invalid", f"{value!r} is neither true nor false", "Write true or false")
        return default

    def day(self, key: str) -> int | None:
        """Return a date as days since 1970-01-01."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return day_of(value)
        try:
            return day_of(dt.date.fromisoformat(value))  # type: ignore[arg-type]  # TypeError is caught below
        except (TypeError, ValueError):
            self.problem(key, "invalid", f"{value!r} is not a date", "Write YYYY-MM-DD, a day that exists")
            return None

    def fields(self, key: str) -> Fields | None:
        """Return the mapping under a key, itself ready to be read."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Fields(value, self.below(key), self.problems)
        self.problem(key, "invalid", f"{value!r} is not a mapping", "Write key: value pairs")
        return None

    def items(self, key: str) -> list[object]:
        """Return the list under a key, empty where it is absent."""
        value = self.take(key)
        if value is None or isinstance(value, (list, tuple)):
            return list(value or ())
        self.problem(key, "invalid", f"{value!r} is not a list", "Write a list, [] for none")
        return []

    def slugs(self, key: str) -> tuple[str, ...]:
        """Return a list of names."""
        return self._each(key, _SLUG.match, "a name", "Use letters, digits, dots, hyphens and underscores")

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of non-empty strings."""
        return self._each(key, str.strip, "a text", "Write non-empty strings")

    def _each(self, key: str, holds: Callable[[str], object], kind: str, remedy: str) -> tuple[str, ...]:
        kept = []
        for i, item in enumerate(self.items(key)):
            if isinstance(item, str) and holds(item):
                kept.append(item)
            else:
                self.problem((key, i), "invalid", f"{item!r} is not {kind}", remedy)
        return tuple(kept)


def _is_words(language: object, words: object) -> bool:
    return language in ("ko", "en") and isinstance(words, str) and bool(words.strip())
