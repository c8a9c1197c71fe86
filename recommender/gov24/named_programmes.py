"""Named programmes: which services a text names where it says that it is not given together with other help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["ListedTitle", "NamedProgrammes"]

_TAIL: Final = re.compile(r"(?:지원사업|지원금지원|지원|지급|사업|서비스)$")
"""What a title ends in and a text that names the service leaves out."""
_SHORTEST: Final = 4
"""A name of fewer letters is a word that many texts use."""
_BLANKS: Final = re.compile(r"\s+")


class ListedTitle(NamedTuple):
    """A service of the list: its programme, its title, the id of its agency, and whether that is one of the nation."""

    programme: str
    title: str
    agency: str
    national: bool


class NamedProgrammes:
    """The services of a list by their titles, and by what is left of a title without "support" at its end."""

    def __init__(self, listed: Iterable[ListedTitle]) -> None:
        self._agencies: dict[str, dict[str, set[str]]] = {}
        self._national: dict[str, set[str]] = {}
        for one in listed:
            title = _BLANKS.sub("", one.title)
            for name in dict.fromkeys((title, _TAIL.sub("", title))):
                if len(name) >= _SHORTEST:
                    own = self._agencies.setdefault(one.agency, {})
                    for known in (own, self._national) if one.national else (own,):
                        known.setdefault(name, set()).add(one.programme)

    def named_in(self, line: str, agency: str) -> tuple[str, ...]:
        """The programmes that a line names, of the agency itself or of the nation, in the order of their ids.

        A name that several services bear, or that is only a part of a word or of a longer name, names none of them.

        >>> known = NamedProgrammes([ListedTitle("gov24.1", "평생교육바우처 지원", "1", True)])
        >>> known.named_in("평생교육 바우처 등 유사사업 수혜자는 제외", "2")
        ('gov24.1',)
        """
        bare = _BLANKS.sub("", line)
        found: dict[str, set[str]] = {}
        for known in (self._national, self._agencies.get(agency, {})):
            found |= {name: programmes for name, programmes in known.items() if name in bare and _apart(name, line)}
        longest = [name for name in found if not any(name != other and name in other for other in found)]
        return tuple(sorted({one for name in longest for one in found[name] if len(found[name]) == 1}))


def _apart(name: str, line: str) -> bool:
    """Whether a name stands by itself in a line and not as the end of a longer word, whatever blanks are in it."""
    return re.search(r"(?<![가-힣])" + r"\s*".join(map(re.escape, name)), line) is not None
