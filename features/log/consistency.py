"""Consistency: what one statement says that cannot all be true of one person, though each fact is right by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from features.calendar import add_months, completed_months, completed_years
from features.declaration.datatype import DataType
from features.declaration.kinship import EARLIER, HOUSEHOLD, LATER, TRAITS, Denial, Household, Relation
from features.log.member_rows import contradicted, stated_day
from features.log.statement import RECEIVES, with_receipts
from features.problem import Problem, Problems, Where
from features.value import UNKNOWN

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.declaration.vocabulary import Circumstance

__all__ = ["check_statement"]

_DATE: Final = DataType("date")
_CARRIED, _OVERDUE = 10, 31
"""How many months ahead, and how many days past, a birth can be expected."""
_COUNTED: Final[Mapping[str, Callable[[int, int], int]]] = {
    "years_since": completed_years,
    "months_since": completed_months,
    "days_since": lambda start, day: day - start,
}
_Members = Sequence[tuple[Where, Relation, int, Mapping[str, object]]]
"""Where each member stands, what they are to the person, the day of birth (UNKNOWN), and what is said of them."""


def check_statement(
    declaration: Declaration, data: Mapping[str, object], person: tuple[str, int], where: Where, problems: Problems
) -> None:
    """Check that a statement whose facts are right one by one does not contradict itself.

    Args:
        declaration: what may be stated.
        data: the facts.
        person: who states them of themselves, empty where nobody is named, and the local day on which.
        where: where the facts are.
        problems: what is wrong goes in here.
    """
    if len(data) == 1 and HOUSEHOLD not in data:
        return
    stated = {name: value for name, value in with_receipts(data, declaration).items() if name in declaration.facts}
    problems.found += _of_facts(declaration, stated, where)
    problems.found += _excluded(declaration, data, stated, person[1], where)
    home = declaration.household
    if home is None:
        return
    members = _members(declaration, home, data, where)
    problems.found += _of_births(declaration, home, stated, members, where)
    problems.found += _of_ages(home, stated, members, person[1])
    if HOUSEHOLD in data:
        problems.found += _of_household(declaration, data, person[0], where)
        listed = [one for one in members if one[0][len(where)] == HOUSEHOLD]
        problems.found += _singles(listed)
        problems.found += _denied(declaration, home, stated, listed, person[1])
        problems.found += _counted(home, data, listed, where)
        problems.found += _expected(listed, person[1])


def _of_facts(declaration: Declaration, stated: Mapping[str, object], where: Where) -> Iterator[Problem]:
    """Yield facts that are false while another one is as stated."""
    for name, value in stated.items():
        only = declaration.facts[name].only_while
        if value is True and only is not None and stated.get(only[0]) is (not only[1]):
            what = f"cannot be true while {only[0]} is {str(not only[1]).lower()}"
            yield Problem((*where, name), "conflict", what, "Correct one of them, or leave out what is not known")


def _excluded(
    declaration: Declaration, data: Mapping[str, object], stated: Mapping[str, object], today: int, where: Where
) -> Iterator[Problem]:
    """Yield values that are declared to exclude each other, and one receipt stated under two names as two things."""
    for name, programme in declaration.receipts.items():
        receipt = RECEIVES + programme
        if name in data and receipt in data and data[name] is not data[receipt]:
            what = f"is {str(data[receipt]).lower()}, and {name}, which says the same, is not"
            yield Problem((*where, receipt), "conflict", what, "State one of the two")
    for conflict in declaration.conflicts:
        if not _hold(declaration, stated, today, conflict.together):
            continue
        if conflict.unless and _hold(declaration, stated, today, conflict.unless):
            continue
        facts = [declaration.facts[one.fact].asks[0] for one in conflict.together]
        names = [name if name in data else RECEIVES + declaration.receipts[name] for name in facts]
        what = f"cannot be as stated beside {' and '.join(names[:-1])}"
        yield Problem((*where, names[-1]), "conflict", what, "Correct one of them, or leave it out")


def _hold(
    declaration: Declaration, stated: Mapping[str, object], today: int, conditions: Sequence[Circumstance]
) -> bool:
    """Whether all conditions are stated to hold; what counts time since a day is worked out from that day."""
    for one in conditions:
        fact = declaration.facts[one.fact]
        since = declaration.facts[fact.derived.of] if fact.derived else fact
        if since.name not in stated or (fact.derived and (fact.derived.op not in _COUNTED or since.type != "date")):
            return False
        code = since.encode(stated[since.name])
        if not one.holds(_COUNTED[fact.derived.op](code, today) if fact.derived else code):
            return False
    return True


def _members(declaration: Declaration, home: Household, data: Mapping[str, object], where: Where) -> _Members:
    found: list[tuple[Where, Relation, int, Mapping[str, object]]] = []
    household = data.get(HOUSEHOLD)
    for i, member in enumerate(household.get("members", ()) if isinstance(household, Mapping) else ()):
        relation = home.relations[str(member["relation"])]
        dated = None if relation.expected else stated_day(relation, member)
        day = UNKNOWN if dated is None else _DATE.encode(dated)
        found.append(((*where, HOUSEHOLD, "members", i), relation, day, member))
    for name, fact in declaration.facts.items():
        if fact.members and name in data:
            relation = home.relations[fact.members[0]]
            days = fact.encode_all(data[name])
            found += [((*where, name), relation, day, {}) for day in days if len(fact.members) == 1]
    return found


def _of_births(
    declaration: Declaration, home: Household, stated: Mapping[str, object], members: _Members, where: Where
) -> Iterator[Problem]:
    """Yield children not younger and parents not older than the person, and days before the person was born."""
    if home.birth not in stated:
        return
    born = _DATE.encode(stated[home.birth])
    for place, relation, day, said in members:
        early = relation.born == LATER and day != UNKNOWN and day <= born
        if early or (relation.born == EARLIER and day >= born):
            what = f"is {'not after' if early else 'not before'} the person's own {home.birth}"
            at = (*place, "birth_date") if said else place
            yield Problem(at, "conflict", what, f"Correct it, or {home.birth}, or the relation")
    for name, value in stated.items():
        fact = declaration.facts[name]
        if fact.past and not fact.members and name != home.birth and any(day < born for day in fact.encode_all(value)):
            yield Problem((*where, name), "conflict", f"is before {home.birth}", "Correct one of the two days")


def _of_ages(home: Household, stated: Mapping[str, object], members: _Members, today: int) -> Iterator[Problem]:
    """Yield members whom nobody as young as the person has, and members who are too young for what they are."""
    born = _DATE.encode(stated[home.birth]) if home.birth in stated else None
    own = None if born is None else completed_years(born, today)
    for place, relation, day, said in members:
        of_person, of_member = relation.youngest
        told = born is not None and relation.born == LATER and UNKNOWN != day <= born
        if own is not None and own < of_person and not told:
            what = f"is {relation.name} of a person who is {own} by {home.birth}"
            yield Problem(place, "conflict", what, f"Correct it, or {home.birth}, or the relation")
        if day != UNKNOWN and completed_years(day, today) < of_member:
            what = f"makes {relation.name} younger than {of_member} years"
            at = (*place, "birth_date") if said else place
            yield Problem(at, "conflict", what, "Correct it, or the relation")


def _singles(members: _Members) -> Iterator[Problem]:
    """Yield members of whom a person has one at most; of a birth expected several may be listed."""
    seen: set[str] = set()
    for place, relation, _, _ in members:
        if relation.single and not relation.expected and relation.name in seen:
            what = f"is a second {relation.name}, and a person has one at a time"
            yield Problem(place, "conflict", what, "Leave out the one who no longer is, or correct the relation")
        seen.add(relation.name)


def _of_household(declaration: Declaration, data: Mapping[str, object], person: str, where: Where) -> Iterator[Problem]:
    name, stated = contradicted(declaration, data), data[HOUSEHOLD]
    if name:
        what = f"lists others than {HOUSEHOLD} beside it"
        yield Problem((*where, name), "conflict", what, f"State {HOUSEHOLD} alone, or the same dates in both")
    members = stated.get("members", ()) if isinstance(stated, Mapping) else ()
    if person and any(member.get("id") == person for member in members):
        what = "names the person as a member of their own"
        yield Problem((*where, HOUSEHOLD), "conflict", what, "List the others; the person is always there")


def _denied(
    declaration: Declaration, home: Household, stated: Mapping[str, object], members: _Members, today: int
) -> Iterator[Problem]:
    """Yield members of whom a fact beside them says that there is nobody such."""
    raised = tuple(1 if name == "raises" else UNKNOWN for name in TRAITS)
    closing = [Denial(one.fact, one.value, one.relations, (raised[0], raised[1], raised[2])) for one in home.closings]
    for denial in (*home.denials, *closing):
        if stated.get(denial.fact) is not bool(denial.value) or not _hold(declaration, stated, today, denial.beside):
            continue
        asked = {name: bool(value) for name, value in zip(TRAITS, denial.traits, strict=True) if value != UNKNOWN}
        for place, relation, _, said in members:
            meant = relation.name in denial.relations if denial.relations else not relation.expected
            if meant and all(said.get(name) is value for name, value in asked.items()):
                what = f"is {relation.name}, and {denial.fact} beside it is {str(bool(denial.value)).lower()}"
                yield Problem(place, "conflict", what, f"Correct the member, or {denial.fact}")


def _counted(home: Household, data: Mapping[str, object], members: _Members, where: Where) -> Iterator[Problem]:
    """Yield a number of people who live together that the members listed do not make."""
    household, size = data[HOUSEHOLD], data.get(home.size)
    if not isinstance(household, Mapping) or not isinstance(size, int):
        return
    most = 1 + sum(said.get("lives_with") is not False for _, relation, _, said in members if not relation.expected)
    what = f"is {size}, and {most} with the members of {HOUSEHOLD} who are not said to live elsewhere"
    if most > size:
        remedy = "Write lives_with: false for who lives elsewhere, or correct the number"
        yield Problem((*where, home.size), "conflict", what, remedy)
    elif household.get("complete") is True and most < size:
        remedy = f"List the others, leave out complete, or correct {home.size}"
        yield Problem((*where, home.size), "conflict", what, remedy)


def _expected(members: _Members, today: int) -> Iterator[Problem]:
    """Yield births that are expected on a day on which nobody can expect one."""
    for place, relation, _, said in members:
        dated = stated_day(relation, said) if relation.expected else None
        day = today if dated is None else _DATE.encode(dated)
        if not today - _OVERDUE <= day <= add_months(today, _CARRIED):
            what = "is more than a month past" if day < today else "is more than ten months away"
            yield Problem((*place, "due_date"), "range", what, "Give the day on which the birth is expected")
