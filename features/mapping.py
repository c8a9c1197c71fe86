"""One mapping of a document, read key by key: every problem is collected, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from features.calendar import ISO_DAY, Duration, date_of, day_of, parse_duration
from features.problem import Code, Problems, Where

_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*\Z")
_LONGEST: Final = 200
UNDETERMINED: Final = "und"
"""The language of a string alone where no country says which it is (ISO 639-3)."""


def nearest(name: object, known: Iterable[str]) -> str:
    """Return " (did you mean X?)" where a known name is close to the one given, else nothing.

    >>> nearest("farmr", ["farmer", "worker"])
    ' (did you mean farmer?)'
    """
    close = get_close_matches(str(name), [other for other in known if other != name], n=1)
    return f" (did you mean {close[0]}?)" if close else ""


class MappingReader:
    """Reads the values of one mapping by type; what is missing or wrong is collected, and something mild returned.

    Keys that are not known are problems: at once where `keys` says which are known, else when `close` is called, which
    are then all that were asked for. A key with the value null is absent. A method without a default returns None (a
    collection: an empty one) both for a key that is absent and for one that is wrong; only the wrong one is a problem.

    >>> problems = Problems()
    >>> reader = MappingReader({"window": "P9", "colour": "red"}, ("features.yaml", "f"), problems, {"window"})
    >>> reader.duration("window")
    >>> len(problems.found)
    2
    """

    __slots__ = ("_asked", "doc", "languages", "problems", "where")

    def __init__(
        self,
        doc: object,
        where: Where,
        problems: Problems,
        keys: Collection[str] | None = None,
        languages: tuple[str, ...] = (),
    ) -> None:
        """Start reading `doc`, which is at `where`; problems are added to `problems`; words are in `languages`."""
        self.where, self.problems, self.languages = where, problems, languages
        self.doc: Mapping[str, object] = doc if isinstance(doc, Mapping) else {}
        self._asked: dict[str, None] = dict.fromkeys(sorted(keys or ()))
        if not isinstance(doc, Mapping):
            known = f", with {', '.join(sorted(keys))}" if keys else ""
            problems.add(where, "invalid", f"{_shown(doc)} is not a mapping", f"Write key: value pairs{known}")
        elif keys is not None:
            self.close()

    def at(self, *keys: str | int) -> Where:
        """Return where a key, or what is below it, is."""
        return (*self.where, *keys)

    def wrong(self, key: str | Where, code: Code, what: str, remedy: str) -> None:
        """Collect a problem with one key, with what is below it, or, given (), with the mapping itself."""
        self.problems.add(self.at(*((key,) if isinstance(key, str) else key)), code, what, remedy)

    def close(self) -> None:
        """Collect every key that is not known."""
        for key in self.doc:
            if key not in self._asked:
                what = f"unknown key{nearest(key, self._asked)}"
                self.wrong((str(key),), "unknown", what, f"Use one of {', '.join(self._asked)}")

    def take(self, key: str) -> object:
        """Return whatever is under a key, None where it is absent."""
        self._asked[key] = None
        return self.doc.get(key)

    def has(self, key: str) -> bool:
        """Return whether something, right or wrong, is under a key."""
        return self.doc.get(key) is not None

    def required(self, key: str) -> None:
        """Collect that a key is absent, if it is."""
        if not self.has(key):
            self.wrong(key, "missing", "is missing", f"Add {key}")

    def string(self, key: str) -> str | None:
        """Return a non-empty string."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self.wrong(key, "invalid", f"{_shown(value)} is not a text", "Write a non-empty string")
        return None

    def slug(self, key: str) -> str | None:
        """Return a name made of letters, digits, dots, colons, underscores and hyphens."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and _SLUG.match(value)):
            return value
        remedy = "Use letters, digits, dots, hyphens and underscores, no spaces"
        self.wrong(key, "invalid", f"{_shown(value)} is not a name", remedy)
        return None

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """Return one of the allowed words."""
        value = self.take(key)
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        what = f"{_shown(value)} is not known{nearest(value, allowed)}"
        self.wrong(key, "unknown", what, f"Use one of {', '.join(allowed)}")
        return None

    def words(self, key: str) -> Mapping[str, str] | None:
        """Return words by language, in the order of the country's; one string alone is in the first of them.

        Words in other languages are for other countries: they are left out, unless there are no others.
        """
        value = self.take(key)
        return None if value is None else self._words(key, value, shared=True)

    def as_words(self, key: str | Where, value: object) -> Mapping[str, str] | None:
        """Return a value that should be words in the country's languages, collecting a problem where it is not."""
        return self._words(key, value, shared=False)

    def _words(self, key: str | Where, value: object, *, shared: bool) -> Mapping[str, str] | None:
        order = self.languages
        found = {order[0] if order else UNDETERMINED: value} if isinstance(value, str) else value
        if isinstance(found, Mapping) and found and all(map(_is_words, (*found, *found.values()))):
            other = [str(language) for language in found if language not in order] if order else []
            if not other or shared:
                own = {language: str(found[language]) for language in order if language in found}
                return own or {str(language): str(said) for language, said in found.items()}
            what = f"{', '.join(other)} is no language of this country"
        else:
            what = f"{_shown(value)} is not words in a language"
        example = ", ".join(f'{language}: "..."' for language in order or ("en",))
        self.wrong(key, "invalid", what, f"Write a string or {{{example}}}")
        return None

    def integer(self, key: str, low: int | None = 0, most: int | None = None) -> int | None:
        """Return an integer not below `low` and not above `most`, where they are not None."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, "invalid", f"{_shown(value)} is not a whole number", "Write an integer, without quotes")
        elif low is not None and value < low:
            self.wrong(key, "range", f"{value} is below {low}", f"Write an integer of {low} or more")
        elif most is not None and value > most:
            self.wrong(key, "range", f"cannot be {value}", f"Give a whole number from {low} to {most}")
        else:
            return value
        return None

    def boolean(self, key: str, default: bool) -> bool:
        """Return true or false, `default` where the key is absent."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, "invalid", f"{_shown(value)} is neither true nor false", "Write true or false")
        return default

    def span(self, first: str, last: str, longest: int) -> tuple[int | None, int | None]:
        """Return two dates, both included, of a span of 1 to `longest` days, as days since 1970-01-01."""
        begin, end = self.day(first), self.day(last)
        if begin is not None and end is not None and not 0 <= end - begin < longest:
            what = f"is {end - begin + 1} days from {date_of(begin)} to {date_of(end)}"
            self.wrong(last, "range", what, f"Let it last 1 to {longest} days")
        return begin, end

    def day(self, key: str) -> int | None:
        """Return a date as days since 1970-01-01."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return day_of(value)
        try:
            if isinstance(value, str) and ISO_DAY.fullmatch(value):
                return day_of(date.fromisoformat(value))
        except ValueError:
            pass
        self.wrong(key, "invalid", f"{_shown(value)} is not a date", "Write YYYY-MM-DD, a day that exists")
        return None

    def duration(self, key: str) -> Duration | None:
        """Return a duration."""
        value = self.take(key)
        if value is not None:
            with self.problems.gathered():
                return parse_duration(value, self.at(key))
        return None

    def reader(self, key: str) -> MappingReader | None:
        """Return a reader of the mapping under a key."""
        value = self.take(key)
        if value is None or isinstance(value, Mapping):
            return None if value is None else self.below(value, key)
        self.wrong(key, "invalid", f"{_shown(value)} is not a mapping", "Write key: value pairs")
        return None

    def below(self, doc: object, *keys: str | int) -> MappingReader:
        """Return a reader of what was found below some keys."""
        return MappingReader(doc, self.at(*keys), self.problems, None, self.languages)

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return the mapping of names under a key as it is."""
        value = self.take(key)
        if value is None or (isinstance(value, Mapping) and all(isinstance(name, str) for name in value)):
            return value or {}
        self.wrong(key, "invalid", f"{_shown(value)} is not a mapping of names", "Write name: value pairs")
        return {}

    def items(self, key: str) -> list[object]:
        """Return the list under a key."""
        value = self.take(key)
        if value is None or isinstance(value, (list, tuple)):
            return list(value or ())
        self.wrong(key, "invalid", f"{_shown(value)} is not a list", "Write a list, [] for none")
        return []

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names; one name is a list of one."""
        value = self.take(key)
        listed = () if value is None else [value] if isinstance(value, str) else value
        if isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed):
            return tuple(listed)
        self.wrong(key, "invalid", f"{_shown(value)} is not a list of names", "Write it like [a, b]")
        return ()

    def slugs(self, key: str) -> tuple[str, ...]:
        """Return a list of names made of letters, digits, dots, colons, underscores and hyphens."""
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
                self.wrong((key, i), "invalid", f"{_shown(item)} is not {kind}", remedy)
        return tuple(kept)


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _shown(value: object) -> str:
    """A value as it was written, cut where it is long."""
    return repr(value)[:_LONGEST]
