"""One mapping of a document, read key by key: every problem is collected, and reading goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from features.calendar import Duration, day_of, parse_duration
from features.problem import Code, Problems, Where


class MappingReader:
    """Hands out the values of one mapping by type; what is missing or wrong is collected, and something mild returned.

    >>> problems = Problems()
    >>> entry = MappingReader({"window": "P9", "colour": "red"}, ("features.yaml", "f"), problems, {"window"})
    >>> entry.duration("window")
    >>> len(problems.found)
    2
    """

    def __init__(self, doc: object, where: Where, problems: Problems, keys: Collection[str]) -> None:
        """Check that `doc` is a mapping with no other keys than `keys`."""
        self.where, self.problems = where, problems
        self.doc: Mapping[str, object] = doc if isinstance(doc, Mapping) else {}
        if not isinstance(doc, Mapping):
            problems.add(
                where, "invalid", "is not a mapping", f"Write it as keys and values: {', '.join(sorted(keys))}"
            )
        for key in self.doc:
            if key not in keys:
                problems.add(
                    self.at(str(key)),
                    "unknown",
                    "is not a key that means anything",
                    f"Use one of {', '.join(sorted(keys))}",
                )

    def at(self, *keys: str | int) -> Where:
        """Return where a key, or what stands below it, is."""
        return (*self.where, *keys)

    def wrong(self, key: str | Where, code: Code, what: str, remedy: str) -> None:
        """Collect a problem with one key, with what stands below it, or, given (), with the mapping itself."""
        self.problems.add(self.at(*((key,) if isinstance(key, str) else key)), code, what, remedy)

    def has(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self.doc

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return a mapping, empty when absent."""
        found = self.doc.get(key, {})
        if isinstance(found, Mapping) and all(isinstance(name, str) for name in found):
            return found
        self.wrong(key, "invalid", "is not a mapping of names", "Write it as names and values")
        return {}

    def texts(self, key: str) -> Mapping[str, str]:
        """Return a text in each language."""
        found = self.mapping(key)
        if all(isinstance(text, str) for text in found.values()):
            return {language: str(text) for language, text in found.items()}
        self.wrong(key, "invalid", "is not a text in each language", "Write it like {ko: ..., en: ...}")
        return {}

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names; one name is a list of one."""
        found = self.doc.get(key, ())
        listed = [found] if isinstance(found, str) else found
        if isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed):
            return tuple(listed)
        self.wrong(key, "invalid", "is not a list of names", "Write it like [a, b]")
        return ()

    def listed(self, key: str) -> list[object]:
        """Return a list, empty when absent."""
        found = self.doc.get(key, [])
        if isinstance(found, list):
            return found
        self.wrong(key, "invalid", "is not a list", "Write one entry a line, each after a dash")
        return []

    def one_of(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        """Return one of the choices; the default, or else the first, when it is another or absent."""
        found = self.doc.get(key, default)
        if isinstance(found, str) and found in choices:
            return found
        self.wrong(key, "unknown", f"is {found!r}, not one of {', '.join(choices)}", "Choose one of these")
        return next(iter(choices)) if default is None else default

    def integer(self, key: str) -> int | None:
        """Return a whole number, None when absent."""
        found = self.doc.get(key)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        self.wrong(key, "invalid", f"is {found!r}, not a whole number", "Write a number without quotes")
        return None

    def day(self, key: str) -> int | None:
        """Return a day, None when absent."""
        found = self.doc.get(key)
        if isinstance(found, date):
            return day_of(found)
        if found is not None:
            self.wrong(
                key, "invalid", f"is {found!r}, not a date", "Write an existing day as YYYY-MM-DD, without quotes"
            )
        return None

    def duration(self, key: str) -> Duration | None:
        """Return a duration, None when absent."""
        if not self.has(key):
            return None
        with self.problems.gathered():
            return parse_duration(self.doc[key], self.at(key))
        return None
