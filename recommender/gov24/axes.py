"""Axes: the flags of supportConditions read as clauses, one axis at a time.

Within an axis flags are alternatives; all axes must hold. "None of these" or every flag of an axis means that it
demands nothing, no flag at all that nothing was said. Every flag means every trait an axis can name: on the person
and household axes its "none of these" need not be set beside them, since an agency that ticked all sixteen conditions
named none. (No row of the sample the rules were measured on does one without the other.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from recommender.reading.age_figure import CHILDS_AGE
from recommender.rules.clause import Clause, compares

Document = dict[str, Any]

UNRESTRICTED: Final = "unrestricted"
RESTRICTED: Final = "restricted"
NO_DATA: Final = "no_data"
STATES = (UNRESTRICTED, RESTRICTED, NO_DATA)

SEX = {"JA0101": "male", "JA0102": "female"}
INCOME = {"JA0201": (0, 50), "JA0202": (51, 75), "JA0203": (76, 100), "JA0204": (101, 200), "JA0205": (201, None)}
AGE = ("JA0110", "JA0111")
NO_UPPER_AGE = 120
"""An upper bound from here on excludes no one."""

TRAITS: Mapping[str, Mapping[str, str]] = {
    "person": {
        "JA0301": "expecting",
        "JA0302": "pregnant",
        "JA0303": "gave_birth_or_adopted",
        "JA0313": "farmer",
        "JA0314": "fisher",
        "JA0315": "livestock_farmer",
        "JA0316": "forester",
        "JA0317": "elementary_student",
        "JA0318": "middle_student",
        "JA0319": "high_student",
        "JA0320": "university_student",
        "JA0326": "worker",
        "JA0327": "job_seeker",
        "JA0328": "disabled",
        "JA0329": "veteran",
        "JA0330": "ill",
    },
    "household": {
        "JA0401": "multicultural_family",
        "JA0402": "north_korean_defector",
        "JA0403": "single_parent_or_grandparent",
        "JA0404": "single_person_household",
        "JA0411": "many_children",
        "JA0412": "no_home",
        "JA0413": "newly_moved_in",
        "JA0414": "extended_family",
    },
    "stage": {"JA1101": "founding", "JA1102": "in_business", "JA1103": "struggling_business"},
    "trade": {"JA1201": "restaurant", "JA1202": "manufacturer", "JA1299": "other_trade"},
    "type": {"JA2101": "sme", "JA2102": "welfare_facility", "JA2103": "institution"},
    "field": {"JA2201": "org_manufacturing", "JA2202": "org_primary", "JA2203": "org_ict", "JA2299": "org_other"},
}
NONE_OF_THESE = {"person": "JA0322", "household": "JA0410"}
OPENED_BY = {"trade": "stage", "field": "type"}
"""An empty axis demands nothing where the axis named here has a flag."""

OF_KIND = {
    "citizen": ("sex", "age", "income", "person", "household"),
    "small_business": ("stage", "trade"),
    "organisation": ("type", "field"),
}


class ReadText(NamedTuple):
    """The clause of a row's words, and whether every demand of them was read."""

    clause: Document
    whole: bool = False


class AxisFigures(NamedTuple):
    """How often an axis's no was right: of `of` labelled people whom its flags exclude, the text excludes `right`."""

    right: int
    of: int


MEASURED: Mapping[str, AxisFigures] = {
    "sex": AxisFigures(21, 22),
    "age": AxisFigures(229, 238),
    "income": AxisFigures(150, 160),
    "person": AxisFigures(488, 525),
    "household": AxisFigures(55, 55),
}
"""Each axis against two readers' labels (270 services, four people); no label is of a business or an organisation.

A household axis that names who moved in is not counted: it leaves open what it denies.
"""
MOVED = "newly_moved_in"
"""A move is an event: a flag does not say how long ago it may be, and the text may ask only that it has been."""
RIGHT_IN_A_HUNDRED = 98
"""An axis excludes only if its no was right at least so often; the flags of all others leave open what they deny."""
AXES = tuple(axis for axes in OF_KIND.values() for axis in axes)
CODES = frozenset(
    [*SEX, *AGE, *INCOME, *NONE_OF_THESE.values(), *(code for traits in TRAITS.values() for code in traits)]
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """One row of supportConditions: the codes that say "Y", and the ages in completed years, None where not given."""

    flags: frozenset[str]
    lowest_age: int | None = None
    highest_age: int | None = None


@dataclass(frozen=True, slots=True)
class AxisReading:
    """What a row says on one axis: its state and, unless the axis is unrestricted, the clause it becomes."""

    state: str
    clause: Document | None = None


def read(axis: str, conditions: Conditions) -> AxisReading:
    """Read one axis of a row.

    Example:
        >>> read("sex", Conditions(frozenset({"JA0102"}))).clause
        {'fact': 'sex', 'is': 'female', 'axis': 'sex'}
        >>> read("person", Conditions(frozenset({"JA0322", "JA0313"}))).state
        'unrestricted'
        >>> read("age", Conditions(frozenset())).clause
        {'no_data': 'age', 'axis': 'age'}
    """
    special: Mapping[str, Callable[[Conditions], AxisReading]] = {"sex": _sex, "age": _age, "income": _income}
    return special[axis](conditions) if axis in special else _traits(axis, conditions)


def excludes(axis: str) -> bool:
    """Whether the flags of an axis may say no: it was measured, and was right often enough."""
    figures = MEASURED.get(axis)
    return figures is not None and figures.right * 100 >= figures.of * RIGHT_IN_A_HUNDRED


PERSONS: Final = {"no_data": "개인의 신청"}
"""A publisher that names no individuals among its users although its words do: whether they may apply is not known."""


def who(
    kinds: Iterable[str], conditions: Conditions, region: Document | None, text: ReadText, people: bool = False
) -> Document:
    """What a service demands of each kind of applicant it is for; `region` binds every kind (None: nationwide).

    A text that was read whole decides alone. Beside any other the flags can exclude or leave open, never grant: the
    clause of a text that was not read whole is never met. Where the words name `people`, a service for bodies leaves
    it open whether individuals may have it.

    Example:
        >>> unread = ReadText({"no_data": "지원대상"})
        >>> who(["organisation"], Conditions(frozenset({"JA2101"})), None, unread)["organisation"]["all"][1]
        {'advisory': {'fact': 'sme', 'is': True, 'axis': 'type'}, 'axis': 'type'}
    """
    demands: Document = {}
    for kind in kinds:
        flags: list[Document] = []
        for axis in () if text.whole else OF_KIND[kind]:
            reading = read(axis, conditions)
            if reading.state == RESTRICTED and reading.clause is not None:
                firm = excludes(axis) or "advisory" in reading.clause
                flags.append(reading.clause if firm else {"advisory": reading.clause, "axis": axis})
        demands[kind] = {"all": [clause for clause in (region, text.clause, *flags) if clause is not None]}
    if people and "citizen" not in demands:
        demands["citizen"] = {"all": [clause for clause in (region, text.clause, PERSONS) if clause is not None]}
    return demands


def contradicted(kinds: Iterable[str], conditions: Conditions, text: Clause) -> tuple[str, ...]:
    """The axes on which the flags restrict what the text does not speak of although it names people on that axis."""
    spoken = {compare.fact for compare in compares(text)}
    found = []
    for axis in dict.fromkeys(axis for kind in kinds for axis in OF_KIND[kind]):
        facts = set(TRAITS.get(axis, {}).values())
        clause = read(axis, conditions).clause or {}
        asked = {one["fact"] for one in clause.get("any") or [clause] if "fact" in one}
        if asked and facts & spoken and not asked & spoken:
            found.append(axis)
    return tuple(found)


def no_data(axis: str) -> AxisReading:
    """What an axis without any flag means: its clause is neither met nor failed."""
    return AxisReading(NO_DATA, {"no_data": axis, "axis": axis})


def _sex(conditions: Conditions) -> AxisReading:
    named = [sex for code, sex in SEX.items() if code in conditions.flags]
    if not named:
        return no_data("sex")
    if len(named) == len(SEX):
        return AxisReading(UNRESTRICTED)
    return AxisReading(RESTRICTED, {"fact": "sex", "is": named[0], "axis": "sex"})


def _age(conditions: Conditions) -> AxisReading:
    low, high = conditions.lowest_age, conditions.highest_age
    if low is None and high is None:
        return no_data("age")
    bounds: Document = {"at_least": low} if low else {}
    if high is not None and high < NO_UPPER_AGE:
        bounds["at_most"] = high
    if not bounds:
        return AxisReading(UNRESTRICTED)
    own = {"fact": "age"} | bounds
    if high is None or high > CHILDS_AGE:
        return AxisReading(RESTRICTED, own | {"axis": "age"})
    either = [own, {"fact": "child_ages"} | bounds]
    return AxisReading(RESTRICTED, {"any": either, "why": "age_may_be_the_childs", "axis": "age"})


def _income(conditions: Conditions) -> AxisReading:
    named = [bracket for code, bracket in INCOME.items() if code in conditions.flags]
    if not named:
        return no_data("income")
    if len(named) == len(INCOME):
        return AxisReading(UNRESTRICTED)
    ranges: list[Document] = []
    for low, high in _joined(named):
        bounds = ({"at_least": low} if low else {}) | ({} if high is None else {"at_most": high})
        ranges.append({"fact": "income_percent"} | bounds)
    return AxisReading(RESTRICTED, {"advisory": either(ranges), "axis": "income"})


def _joined(brackets: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Neighbouring brackets as one, so that 0-50 and 51-75 are written as 0-75."""
    joined: list[tuple[int, int | None]] = []
    for low, high in brackets:
        if joined and joined[-1][1] == low - 1:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _traits(axis: str, conditions: Conditions) -> AxisReading:
    named = [fact for code, fact in TRAITS[axis].items() if code in conditions.flags]
    if NONE_OF_THESE.get(axis) in conditions.flags or len(named) == len(TRAITS[axis]):
        return AxisReading(UNRESTRICTED)
    if named:
        clause = either([{"fact": fact, "is": True} for fact in named])
        return AxisReading(RESTRICTED, ({"advisory": clause} if MOVED in named else clause) | {"axis": axis})
    opener = OPENED_BY.get(axis)
    if opener is not None and any(code in conditions.flags for code in TRAITS[opener]):
        return AxisReading(UNRESTRICTED)
    return no_data(axis)


def lives_in(codes: Sequence[str]) -> Document:
    """The clause of living in one of some regions."""
    return {"fact": "region"} | ({"is": codes[0]} if len(codes) == 1 else {"in": list(codes)})


def either(clauses: list[Document]) -> Document:
    """The clause that one of some holds; one stands alone."""
    return clauses[0] if len(clauses) == 1 else {"any": clauses}
