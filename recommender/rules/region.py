"""Regions: the dated table of places, which of them contain which, and the agencies that stand for them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from features.country import NO_COUNTRY, Country
from features.mapping import MappingReader
from features.problem import Problem, Problems, Rejected, Where
from features.value import region_code, region_text
from recommender.text import Text, text_at

__all__ = ["Agency", "Place", "Region", "Regions", "region_number"]

NO, UNKNOWN, YES = 0, 1, 2  # as recommender.rules.clause.Answer, which stands above this module
_BEFORE_ALL, _AFTER_ALL = -(2**40), 2**40


@dataclass(frozen=True, slots=True)
class Region:
    """One code of the table and the days it was in use (`first` to `last`, both included; days since 1970-01-01)."""

    code: int
    name: Text
    within: int | None = None
    """The region around it, which its name follows or comes before."""
    first: int = _BEFORE_ALL
    last: int = _AFTER_ALL
    successors: tuple[int, ...] = ()
    people: int | None = None
    verified: bool = True
    also_within: tuple[int, ...] = ()
    """Other regions that it lies in, where they do not contain each other."""
    whole: bool = True
    """Whether its parts, where there are any, are all in the table."""
    level: str = ""

    def current(self, day: int) -> bool:
        """Tell whether the code is in use on a day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency's code and the region it stands for while the row is in force; None where it is not verified."""

    code: str
    region: int | None
    first: int = _BEFORE_ALL
    last: int = _AFTER_ALL
    verified: bool = True


class Place(NamedTuple):
    """Where an agency's programmes apply: its region's codes, or nationwide, or (neither) not verified."""

    codes: frozenset[int]
    nationwide: bool
    found: str
    """How it was found: "type", "code", "code_name_differs" or "unverified"."""


def region_number(value: object, form: str = "") -> int | None:
    """Return the integer a region is known by, None for anything that is not written as a code (of a form).

    >>> region_number("11440"), region_number(11), region_number("Mapo"), region_number("114", "[0-9]{2}")
    (11440, 11, None, None)
    """
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    try:
        return region_code(text) if re.fullmatch(form or ".*", text) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Regions:
    """Which regions there are, were and will be, and how a person's region relates to a programme's.

    Codes are the integers of `features.value.region_code`. A code that was split or merged stands for the set of its
    successors. A region may lie in several that do not lie in each other, and one whose parts are not all in the table
    (`whole: false`) has a rest, which stands for itself.
    """

    by_code: Mapping[int, Region] = field(default_factory=dict)
    agencies: Mapping[str, tuple[Agency, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    biggest_first: tuple[str, ...] = ()
    """The languages that name a region after the one around it."""
    nationwide: tuple[str, ...] = ()
    """The kinds of agency whose programmes apply everywhere."""

    @classmethod
    def parse(cls, document: object, where: Where = ("regions",), country: Country = NO_COUNTRY) -> Regions:
        """Read the parsed table of a country; raises Rejected with every problem in it."""
        problems = Problems()
        if not isinstance(document, dict):
            raise Rejected([Problem(where, "invalid", "is not a mapping", "Write regions:, agencies: and sources:")])
        top = MappingReader(document, where, problems, None, country.languages)
        regions = [r for f in _rows(top, "regions") if (r := _region(f, country)) is not None]
        agencies = [a for f in _rows(top, "agencies") if (a := _agency(f)) is not None]
        sources, nationwide = tuple(str(source) for source in top.items("sources")), top.strings("nationwide")
        top.close()
        by_code = {region.code: region for region in regions}
        problems.found += _unknown_codes(where, regions, agencies, by_code) + _loops(where, by_code)
        problems.raise_any()
        grouped: dict[str, tuple[Agency, ...]] = {}
        for agency in agencies:
            grouped[agency.code] = (*grouped.get(agency.code, ()), agency)
        return cls(by_code, grouped, sources, country.biggest_first, nationwide)

    def known(self, code: int) -> bool:
        """Tell whether a code was ever in the table."""
        return code in self.by_code

    def largest(self, code: int, day: int) -> int:
        """Return the largest region of a day that a region lies in; itself where none is around it.

        Of a code that is gone, or still to come, it is that of what it stands for on the day; where that lies in
        several, or is not known, it is the one that the code itself lies in.
        """
        tops = {self._around_all(leaf) for leaf in self.leaves(code, day)}
        return tops.pop() if len(tops) == 1 else self._around_all(code)

    def name(self, code: int, language: str) -> str:
        """Return a region's name with the regions around it, in the order the language has."""
        region = self.by_code.get(code)
        if region is None:
            return region_text(code)
        words = region.name.in_language(language)
        if region.within is None:
            return words
        around = self.name(region.within, language)
        if words in (around, around.split(", ")[0]):  # Paris is a commune and a département
            return around
        near = self.by_code[region.within].name.in_language(language)  # the name of a part may hold that of the whole
        if language in self.biggest_first:
            return f"{around} {words.removeprefix(f'{near} ')}"
        return f"{words.removesuffix(f', {near}')}, {around}"

    def leaves(self, code: int, day: int) -> frozenset[int]:
        """Return the finest codes in use on a day that a code covers, successors applied; empty where none is known."""
        turn = self._turns[bisect_right(self._turns, day) - 1]  # between two turns of the table all days are alike
        found = self._known_leaves.get((code, turn))
        if found is None:
            found = self._known_leaves[code, turn] = self._leaves(code, turn, frozenset())
        return found

    def relation(self, person_code: int, programme_codes: Iterable[int], day: int) -> int:
        """Return whether a person's region is in a programme's: 2 wholly, 0 not at all, 1 in part or unknown.

        Containment decides, not equality: 41111 is in 41110, which is in 41. A programme's code that is still to be
        split off on that day covers an unknown part of today's region, so it never gives 2 but to itself.
        """
        codes = frozenset(programme_codes)
        theirs = self.leaves(person_code, day)
        if not theirs or not codes:
            return UNKNOWN
        certain: frozenset[int] = frozenset().union(*(self.leaves(c, day) for c in codes if not self.vague(c, day)))
        if person_code in codes or theirs <= certain:
            return YES
        covers = [self.leaves(code, day) for code in codes]
        apart = all(covered and theirs.isdisjoint(covered) for covered in covers)
        return NO if apart else UNKNOWN

    def vague(self, code: int, day: int) -> bool:
        """Tell whether a code is not yet in use and will hold only a part of what a code of that day holds."""
        region = self.by_code.get(code)
        if region is None or region.first <= day:
            return False
        return any(len(self.by_code[before].successors) > 1 for before in self._predecessors.get(code, ()))

    def of_agency(self, agency_code: str, agency_type: str, agency_name: str, day: int) -> Place:
        """Tell where the programmes of an agency apply.

        Some kinds of agency (ministries, public institutions) are nationwide; for the others the code decides and the
        name is a cross-check. Nothing is guessed: a code that is not in the table, or not verified, is "unverified".
        """
        if agency_type in self.nationwide:
            return Place(frozenset(), True, "type")
        rows = self.agencies.get(agency_code, ())
        agency = next((a for a in rows if a.first <= day <= a.last), rows[-1] if rows else None)
        if agency is None or agency.region is None or not agency.verified:
            return Place(frozenset(), False, "unverified")
        named = self.by_code[agency.region].name.own in agency_name
        return Place(frozenset({agency.region}), False, "code" if named else "code_name_differs")

    def _around_all(self, code: int) -> int:
        while (region := self.by_code.get(code)) is not None and region.within is not None:
            code = region.within
        return code

    def _leaves(self, code: int, day: int, above: frozenset[int]) -> frozenset[int]:
        region = self.by_code.get(code)
        if region is None or code in above:
            return frozenset()
        parts = self._parts(region, day)
        if not parts:
            return frozenset({code}) if region.current(day) or region.first > day else frozenset()
        rest = frozenset() if region.whole or not region.current(day) else frozenset({code})
        return rest.union(*(self._leaves(part, day, above | {code}) for part in parts))

    def _parts(self, region: Region, day: int) -> tuple[int, ...]:
        """What a code stands for on a day: its successors once it is gone, its predecessors before it came."""
        if region.last < day and region.successors:
            return region.successors
        if region.first > day and self._predecessors.get(region.code):
            return self._predecessors[region.code]
        inside = self._inside.get(region.code, ())
        return tuple(code for code in inside if self.by_code[code].current(day)) if region.current(day) else inside

    @cached_property
    def _known_leaves(self) -> dict[tuple[int, int], frozenset[int]]:
        """What was worked out before, by code and turn: every rule that is compiled asks for the same places."""
        return {}

    @cached_property
    def _turns(self) -> list[int]:
        """The days on which a code comes into use, or is for the first time not in use any more; before all, one."""
        rows = self.by_code.values()
        return sorted({_BEFORE_ALL, *(row.first for row in rows), *(row.last + 1 for row in rows)})

    @cached_property
    def _inside(self) -> Mapping[int, tuple[int, ...]]:
        inside: dict[int, list[int]] = {}
        for region in self.by_code.values():
            for around in _around(region):
                inside.setdefault(around, []).append(region.code)
        return {code: tuple(parts) for code, parts in inside.items()}

    @cached_property
    def _predecessors(self) -> Mapping[int, tuple[int, ...]]:
        before: dict[int, list[int]] = {}
        for region in self.by_code.values():
            for successor in region.successors:
                before.setdefault(successor, []).append(region.code)
        return {code: tuple(codes) for code, codes in before.items()}


def _rows(top: MappingReader, key: str) -> list[MappingReader]:
    rows = []
    for i, row in enumerate(top.items(key)):
        if isinstance(row, dict):
            rows.append(top.below(row, key, i))
        else:
            top.wrong((key, i), "invalid", f"{row!r} is not a mapping", "Write key: value pairs")
    return rows


def _around(region: Region) -> tuple[int, ...]:
    return region.also_within if region.within is None else (region.within, *region.also_within)


def _region(fields: MappingReader, country: Country) -> Region | None:
    code = _code(fields, "code", country.region_code)
    name, within = text_at(fields, "name"), _within(fields)
    level, whole = fields.choice("level", country.levels), fields.boolean("whole", True)
    first, last = fields.day("from"), fields.day("until")
    successors = _codes(fields, "successors")
    people, verified = fields.integer("people"), fields.boolean("verified", True)
    if code is None:
        fields.wrong("code", "missing", "is missing", "Add the region's code")
    if name is None:
        fields.wrong("name", "missing", "is missing", "Add its name")
    fields.close()
    if code is None or name is None:
        return None
    first, last = _BEFORE_ALL if first is None else first, _AFTER_ALL if last is None else last
    if last < first:
        fields.wrong("until", "conflict", "is before from", "Give a last day that is not before the first")
    around, others = within[0] if within else None, within[1:]
    return Region(code, name, around, first, last, successors, people, verified, others, whole, level or "")


def _within(fields: MappingReader) -> tuple[int, ...]:
    """Read the region around one, or a list of those it lies in."""
    if isinstance(fields.doc.get("within"), list):
        return _codes(fields, "within")
    code = _code(fields, "within")
    return () if code is None else (code,)


def _agency(fields: MappingReader) -> Agency | None:
    code, region = fields.take("code"), _code(fields, "region")
    first, last, verified = fields.day("from"), fields.day("until"), fields.boolean("verified", True)
    fields.take("name")
    fields.close()
    if not isinstance(code, str):
        fields.wrong("code", "invalid", f"{code!r} is not an agency code", 'Write it in quotes, such as "3130000"')
        return None
    return Agency(code, region, _BEFORE_ALL if first is None else first, _AFTER_ALL if last is None else last, verified)


def _code(fields: MappingReader, key: str, form: str = "") -> int | None:
    value = fields.take(key)
    code = region_number(value, form)
    if value is not None and code is None:
        remedy = f"Write a code of the form {form}" if form else "Write its digits, in quotes where they begin with 0"
        fields.wrong(key, "invalid", f"{value!r} is not a region code", remedy)
    return code


def _codes(fields: MappingReader, key: str) -> tuple[int, ...]:
    values = fields.items(key)
    codes = tuple(code for value in values if (code := region_number(value)) is not None)
    if len(codes) < len(values):
        fields.wrong(key, "invalid", f"{values!r} contains an invalid region code", "Write a list of digits")
    return codes


def _unknown_codes(
    where: Where, regions: list[Region], agencies: list[Agency], by_code: Mapping[int, Region]
) -> list[Problem]:
    problems = []
    for region in regions:
        for key, codes in (("within", _around(region)), ("successors", region.successors)):
            problems += [
                Problem(
                    (*where, "regions", region_text(region.code), key),
                    "unknown",
                    f"{region_text(code)} is not in the table",
                    "Add its row or correct it",
                )
                for code in codes
                if code not in by_code
            ]
    for agency in agencies:
        if agency.region is not None and agency.region not in by_code:
            what = f"region {region_text(agency.region)} is not in the table"
            problems.append(
                Problem((*where, "agencies", agency.code, "region"), "unknown", what, "Add its row or correct it")
            )
    counted = Counter(region.code for region in regions)
    return problems + [
        Problem((*where, "regions", region_text(code)), "duplicate", f"stands in {times} rows", "Keep one row a code")
        for code, times in counted.items()
        if times > 1
    ]


def _loops(where: Where, by_code: Mapping[int, Region]) -> list[Problem]:
    """Find codes that contain or succeed themselves, also through others."""
    upward = {code: frozenset(_around(r)) for code, r in by_code.items()}
    onward = {code: frozenset(r.successors) for code, r in by_code.items()}
    return [
        Problem((*where, "regions", region_text(code), key), "conflict", "leads back to itself", f"Correct {key}")
        for key, step in (("within", upward), ("successors", onward))
        for code in by_code
        if code in _reached(step, code)
    ]


def _reached(step: Mapping[int, frozenset[int]], start: int) -> set[int]:
    reached: set[int] = set()
    ahead = list(step[start])
    while ahead:
        code = ahead.pop()
        if code not in reached:
            reached.add(code)
            ahead += step.get(code, ())
    return reached
