"""Member text: clauses over the members of a household as sentences, in the words of the messages and the relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.calendar import Duration, date_of, parse_duration
from features.declaration.datatype import DataType
from recommender.rules.clause import MEMBER_FLAGS, MEMBER_RANGES, WITHIN, MemberCount, MemberTest
from recommender.text import Text

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.messages import Messages

__all__ = ["members_text", "within_text"]

_UNITS: Final = {"months": "in_months", "age": "in_years", "turns": "in_years", "nth": "place"}


def members_text(
    clause: MemberCount, declaration: Declaration, messages: Messages, form: str, *, negated: bool
) -> Text:
    """Return a clause as a sentence.

    Args:
        clause: what is demanded.
        declaration: names the relations.
        messages: the words.
        form: must, is or part.
        negated: whether the opposite is meant.
    """
    said = form + ("_not" if negated else "")
    who = _who(clause, declaration, messages)
    if clause.count in ((("at_least", 1),), (("at_most", 0),), (("is", 0),)):
        kind = "some" if clause.count == (("at_least", 1),) else "none"
        return messages.text(f"rule.members.{kind}.{said}", who=who)
    bounds = [_bound(op, messages.text("rule.member.people", count=number), messages) for op, number in clause.count]
    return messages.text(f"rule.members.count.{said}", who=who, figure=messages.joined("rule.both", bounds))


def _who(clause: MemberCount, declaration: Declaration, messages: Messages) -> Text:
    home = declaration.household
    assert home is not None
    named = {relation: home.relations[relation].label for relation in clause.relations}
    for name, group in home.groups.items():
        if set(group.relations) <= set(named):
            named = {name: group.label} | {one: label for one, label in named.items() if one not in group.relations}
    names = [Text.of(label) if label else Text.alone(name) for name, label in named.items()]
    relations = messages.joined("rule.or", names) if names else messages.text("rule.member.anybody")
    conditions = [
        messages.text(f"rule.member.{of}" + ("" if of == "youngest" else ".yes" if test.operand else ".no"))
        for of in MEMBER_FLAGS
        for test in clause.tests
        if test.of == of
    ]
    conditions += [
        _range(of, [test for test in clause.tests if test.of == of], messages)
        for of in MEMBER_RANGES
        if any(test.of == of for test in clause.tests)
    ]
    if not conditions:
        return relations
    return messages.text(
        "rule.member.who", relations=relations, conditions=messages.joined("rule.member.and", conditions)
    )


def _range(of: str, tests: list[MemberTest], messages: Messages) -> Text:
    if of in ("born", "due"):
        figures = [_day(test, messages) for test in tests]
    else:
        unit = f"rule.member.{_UNITS[of]}"
        figures = [_bound(test.op, messages.text(unit, count=int(test.operand)), messages) for test in tests]
    return messages.text(f"rule.member.{of}", figure=messages.joined("rule.both", figures))


def _day(test: MemberTest, messages: Messages) -> Text:
    if test.op == WITHIN:
        return within_text(parse_duration(test.operand), messages)
    day = messages.text("rule.date.on", date=date_of(DataType("date").encode(test.operand)))
    return day if test.op == "is" else messages.text(f"rule.date.{test.op}", value=day)


def within_text(length: Duration, messages: Messages) -> Text:
    """Return "not longer ago than a duration" in words."""
    counts = (("months", length.months), ("days", length.days))
    parts = [messages.text(f"rule.date.{unit}", count=count) for unit, count in counts if count]
    return messages.text("rule.date.within", value=messages.joined("rule.both", parts))


def _bound(op: str, value: Text, messages: Messages) -> Text:
    return value if op == "is" else messages.text(f"rule.number.{op}", value=value)
