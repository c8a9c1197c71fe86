"""What statements and events say of a person's members, as rows of integers in the order in which they act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from features.declaration.datatype import LONGEST_LIST, DataType
from features.declaration.kinship import ADDS, CHANGES, HAPPENED, HOUSEHOLD, TRAITS, Household, MemberAct, Relation
from features.mapping import nearest
from features.problem import Problem, Problems, Rejected, Where
from features.value import NONE, UNKNOWN, identifier_code

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

ADD, CHANGE, REMOVE, BEGIN, END = range(5)
"""What a row does; a statement begins by putting in doubt whom it may leave out, and ends by dropping them."""

CELLS: Final = (
    "act", "relation", "born", "lives", "raises", "disabled", "id", "group", "other", "weak", "guards", "single",
    "months", "days",
)  # fmt: skip
"""A row: `born` is `NONE` for the day it happened; `group` tells who reports, `NONE` a statement; `other` is the other
parent; a `weak` row says nothing against what is known; `months` and `days` are how long it holds, 0 for ever."""

MemberRow = tuple[int, ...]

_DATE: Final = DataType("date", -25567, 47846)  # 1900-01-01 to 2100-12-31
_NOT_KNOWN: Final = "unknown"
_TOP_KEYS: Final = ("complete", "members")
_KEYS: Final = ("relation", "birth_date", "due_date", *TRAITS, "id")


class Parties(NamedTuple):
    """Who reports an event, and who else is in it with their part: what tells one child from another."""

    source: str
    subject: str
    others: tuple[tuple[str, str], ...]


def event_rows(
    declaration: Declaration, event: str, role: str, data: Mapping[str, object], parties: Parties | None
) -> tuple[MemberRow, ...]:
    """Return what an event says of the members of a person who plays a part in it."""
    home = declaration.household
    acts = [act for act in home.acts if (act.event, act.role) == (event, role)] if home else []
    return tuple(row for act in acts if home for row in _act_rows(declaration, home, act, data, parties))


def _act_rows(
    declaration: Declaration, home: Household, act: MemberAct, data: Mapping[str, object], parties: Parties | None
) -> Iterator[MemberRow]:
    others = parties.others if parties else ()
    named = [identifier_code(person) for person, part in others if part == act.member]
    said = data.get(act.relation_field, "") if act.relation_field else act.relation
    relation = home.place(str(said)) if said else UNKNOWN
    group = identifier_code("\n".join((parties.source, parties.subject, act.event) if parties else (act.event,)))
    partner = [identifier_code(person) for person, part in others if part == act.role]
    lapse = act.lapse
    if act.act != ADDS and not named and relation == UNKNOWN:
        return
    known = list(home.relations.values())[relation] if relation >= 0 else None
    for member in named or [UNKNOWN]:
        yield (
            ADD if act.act == ADDS else CHANGE if act.act == CHANGES else REMOVE, relation,
            _born(declaration, act, data), *act.traits, member, group,
            partner[0] if len(partner) == 1 else UNKNOWN, 0, int(known is not None and known.guards),
            int(known is not None and known.single), lapse.months if lapse else 0, lapse.days if lapse else 0,
        )  # fmt: skip


def _born(declaration: Declaration, act: MemberAct, data: Mapping[str, object]) -> int:
    if act.born == HAPPENED:
        return NONE
    if not act.born or act.born not in data:
        return UNKNOWN
    return declaration.events[act.event].fields[act.born].encode(data[act.born])


def statement_rows(declaration: Declaration, data: Mapping[str, object]) -> tuple[MemberRow, ...]:
    """Return what a statement of facts says of a person's members; nothing where it contradicts itself."""
    home = declaration.household
    lists = {name: data[name] for name in member_lists(declaration) if name in data}
    if home is None or not (HOUSEHOLD in data or lists) or contradicted(declaration, data):
        return ()
    stated = data.get(HOUSEHOLD, {})
    stated = stated if isinstance(stated, Mapping) else {}
    members = [_stated_row(home, member) for member in stated.get("members", ())]
    mask = (1 << len(home.relations)) - 1 if stated.get("complete") else 0
    for name, dates in lists.items():
        relations = declaration.facts[name].members
        mask |= home.mask(relations)
        members = _listed(home, relations, declaration.facts[name].encode_all(dates), members)
    return (_mark(BEGIN, mask), *members, _mark(END, mask))


@lru_cache(maxsize=8)
def member_lists(declaration: Declaration) -> tuple[str, ...]:
    """The facts that list members; asked of every statement, and the same for all of a declaration."""
    return tuple(name for name, fact in declaration.facts.items() if fact.members)


def _listed(
    home: Household, relations: tuple[str, ...], days: Iterable[int], stated: list[MemberRow]
) -> list[MemberRow]:
    """The members stated, with those of a short list, which says the same of each as of those whom it lists alone."""
    left, found = Counter(days), list[MemberRow]()
    wanted = {home.place(name) for name in relations}
    for row in stated:
        listed = row[1] in wanted and left[row[2]] > 0
        left[row[2]] -= int(listed)
        presumed = _listed_row(home, tuple(home.relations)[row[1]], row[2])[4] if listed else UNKNOWN
        found.append((*row[:4], presumed if row[4] == UNKNOWN else row[4], *row[5:]))
    return found + [_listed_row(home, relations[0], day) for day in sorted(left.elements())]


def contradicted(declaration: Declaration, data: Mapping[str, object]) -> str:
    """Return the name of a list that says something else than the household stated beside it, empty where none does."""
    home, stated = declaration.household, data.get(HOUSEHOLD)
    if home is None or not isinstance(stated, Mapping):
        return ""
    rows = [_stated_row(home, member) for member in stated.get("members", ())]
    for name, fact in declaration.facts.items():
        if fact.members and name in data:
            wanted = {home.place(relation) for relation in fact.members}
            listed, members = Counter(fact.encode_all(data[name])), Counter(row[2] for row in rows if row[1] in wanted)
            dateless = members.pop(UNKNOWN, 0)
            lacking = (listed - members).total()
            if members - listed or dateless > lacking or (stated.get("complete") and lacking > dateless):
                return name
    return ""


def _mark(act: int, mask: int) -> MemberRow:
    return (act, mask, *(UNKNOWN,) * 5, NONE, UNKNOWN, 0, 0, 0, 0, 0)


def _listed_row(home: Household, relation: str, day: int) -> MemberRow:
    one = home.relations[relation]
    return (
        ADD, home.place(relation), day, UNKNOWN, one.raises, UNKNOWN, UNKNOWN, NONE, UNKNOWN, 1, int(one.guards),
        int(one.single), 0, 0,
    )  # fmt: skip


def stated_day(relation: Relation, member: Mapping[str, object]) -> object:
    """Return the JSON value of a stated member's day of birth, or of the birth expected; None where it is not known."""
    day = member.get("due_date" if relation.expected else "birth_date")
    return None if day == _NOT_KNOWN else day


def _stated_row(home: Household, member: Mapping[str, object]) -> MemberRow:
    one = home.relations[str(member["relation"])]
    dated = stated_day(one, member)
    traits = [int(member[name] is True) if isinstance(member.get(name), bool) else UNKNOWN for name in TRAITS]
    name = member.get("id")
    return (
        ADD, home.place(one.name), UNKNOWN if dated is None else _DATE.encode(dated), *traits,
        identifier_code(name) if isinstance(name, str) else UNKNOWN, NONE, UNKNOWN, 0, int(one.guards),
        int(one.single), 0, 0,
    )  # fmt: skip


def encode_household(value: object, home: Household, today: int, where: Where) -> tuple[int, ...]:
    """Return the days of birth in a stated household.

    Args:
        value: the JSON value: `{complete: true, members: [{relation: child, birth_date: ..., ...}]}`.
        home: what may be stated.
        today: the local day of the statement, which nobody is born after.
        where: where it is, for problems.

    Raises:
        Rejected: with everything that is wrong with it.
    """
    problems, days = Problems(), list[int]()
    if not isinstance(value, Mapping):
        remedy = "Write {complete: true, members: [{relation: child, birth_date: 2024-05-01, lives_with: true}]}"
        raise Rejected([Problem(where, "invalid", "is not a household: a list of members", remedy)])
    for key in value:
        if key not in _TOP_KEYS:
            what = f"unknown key{nearest(str(key), _TOP_KEYS)}"
            problems.add((*where, str(key)), "unknown", what, f"Use {' and '.join(_TOP_KEYS)}")
    if not isinstance(value.get("complete", False), bool):
        problems.add((*where, "complete"), "invalid", "is neither true nor false", "Write true if nobody is left out")
    members = value.get("members", [])
    if not isinstance(members, list | tuple):
        problems.add((*where, "members"), "invalid", "is not a list", "Write a list of members, [] for none")
        members = []
    if len(members) > LONGEST_LIST:
        what, remedy = f"lists {len(members)} members", f"List at most {LONGEST_LIST}, those of one household"
        raise Rejected([Problem((*where, "members"), "range", what, remedy)])
    names: set[str] = set()
    for i, member in enumerate(members):
        place = (*where, "members", i)
        if not isinstance(member, Mapping):
            problems.add(place, "invalid", "is not a member", "Write {relation: child, birth_date: 2024-05-01}")
            continue
        days += _checked_member(member, home, today, place, problems)
        name = member.get("id")
        if isinstance(name, str) and name in names:
            remedy = "Give each person an id of their own, or state the person once"
            problems.add((*place, "id"), "duplicate", f"{name!r} is two members", remedy)
        names |= {name} if isinstance(name, str) else set()
    problems.raise_any()
    return tuple(sorted(days))


def _checked_member(
    member: Mapping[str, object], home: Household, today: int, where: Where, problems: Problems
) -> Iterator[int]:
    for key in member:
        if key not in _KEYS:
            what = f"unknown key{nearest(str(key), _KEYS)}"
            problems.add((*where, str(key)), "unknown", what, f"Use one of {', '.join(_KEYS)}")
    if "relation" not in member:
        remedy = f"Say what they are to the person: {', '.join(home.relations)}"
        problems.add((*where, "relation"), "missing", "is missing", remedy)
        return
    relation = home.relations.get(str(member["relation"]))
    if relation is None:
        what = f"{member.get('relation')!r} is not a relation{nearest(member.get('relation'), home.relations)}"
        problems.add((*where, "relation"), "unknown", what, f"Use one of {', '.join(home.relations)}")
        return
    wrong, right = ("birth_date", "due_date") if relation.expected else ("due_date", "birth_date")
    if wrong in member:
        problems.add((*where, wrong), "forbidden", f"is not known of {relation.name}", f"Give {right}")
    _check_traits(member, relation, where, problems)
    with problems.gathered():
        known = right in member and member[right] != _NOT_KNOWN
        day = _DATE.encode(member[right], (*where, right)) if known else UNKNOWN
        if day > today and not relation.expected:
            remedy = "Give a day up to the day of asking; an expected child is {relation: unborn, due_date: ...}"
            raise Rejected([Problem((*where, right), "range", "is in the future", remedy)])
        if day != UNKNOWN and not relation.expected:
            yield day


def _check_traits(member: Mapping[str, object], relation: Relation, where: Where, problems: Problems) -> None:
    for trait in TRAITS:
        if not isinstance(member.get(trait, False), bool) and member[trait] != _NOT_KNOWN:
            problems.add((*where, trait), "invalid", "is neither true nor false", "Leave it out where it is not known")
    if relation.guards and member.get("raises") is True:
        what = f"{relation.name} cannot be raised by the person: they would be each other's guardians"
        problems.add((*where, "raises"), "conflict", what, "Say who raises whom, once")
    name = member.get("id", "any")
    if not isinstance(name, str) or not 0 < len(name) <= 400:
        problems.add((*where, "id"), "invalid", "is not a name", "Give a text of 1 to 400 characters")
