"""Rule text: clauses as sentences, in the words of the message catalogue and the declaration's fact labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from features.calendar import date_of, parse_duration
from features.declaration.kinship import HOUSEHOLD
from recommender.message_keys import AXES, UNITS
from recommender.messages import Messages
from recommender.rules.clause import (
    RECEIVES,
    WITHIN,
    Advisory,
    All,
    Any,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    UnreadText,
    encoded,
    fact_type,
)
from recommender.rules.member_text import members_text, within_text
from recommender.rules.region import Regions
from recommender.text import Text

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration, Fact

__all__ = ["RuleText"]

_DATES = ("date", "dates")


class RuleText:
    """Puts clauses into words; `titles` are the programmes' own, for rules on what a person already receives."""

    def __init__(
        self, declaration: Declaration, regions: Regions, titles: Mapping[str, Text], messages: Messages
    ) -> None:
        """Name facts as `declaration` labels them and regions by their names."""
        self._declaration = declaration
        self._regions = regions
        self._titles = titles
        self._messages = messages
        self._known: dict[tuple[int, bool, bool], tuple[Clause, Text]] = {}

    def known(self, compare: Compare) -> Text:
        """Return what is known of a person as a sentence, which is not kept: people differ in more ways than rules."""
        return self._text(compare, negated=False, form="is")

    def is_sensitive(self, fact: str) -> bool:
        """Tell whether a question for a fact can hurt; whether a benefit is received is no such question."""
        return fact in self._declaration.facts and self._declaration.facts[fact].sensitive

    def clause(self, clause: Clause, negated: bool = False, met: bool = False) -> Text:
        """Return a clause as a sentence: what it demands or, once `met`, that this is so; negated, the opposite."""
        key = (id(clause), negated, met)
        if key not in self._known:
            text = self._text(clause, negated, "is" if met else "must")
            self._known[key] = (clause, text)  # the clause is kept, so its id stays its own
        return self._known[key][1]

    def _text(self, clause: Clause, negated: bool, form: str) -> Text:
        if isinstance(clause, Compare):
            return self._compare(clause, negated, form)
        if isinstance(clause, NoData):
            return self._no_data(clause, form)
        if isinstance(clause, UnreadText):
            return self._messages.text(f"rule.unread.{'part' if form == 'part' else 'must'}", words=clause.words)
        if isinstance(clause, MemberCount):
            return members_text(clause, self._declaration, self._messages, form, negated=negated)
        if isinstance(clause, (Not, Advisory)):
            return self._text(clause.of, negated != isinstance(clause, Not), form)
        if not clause.of:
            return self._messages.text("rule.everyone" if isinstance(clause, All) != negated else "rule.no_one")
        if len(clause.of) == 1:
            return self._text(clause.of[0], negated, form)
        every = isinstance(clause, All) != negated
        parts = [self._text(part, negated, "part") for part in clause.of]
        if every:
            parts = [self._grouped(part, text, negated) for part, text in zip(clause.of, parts, strict=True)]
        clauses = self._messages.joined("rule.and" if every else "rule.or", parts)
        return self._messages.text(f"rule.{'all' if every else 'any'}.{form}", clauses=clauses)

    def _grouped(self, clause: Clause, text: Text, negated: bool) -> Text:
        """Put a part of an AND in brackets where it is an OR."""
        while isinstance(clause, (Not, Advisory)):
            clause, negated = clause.of, negated != isinstance(clause, Not)
        several = isinstance(clause, (All, Any)) and len(clause.of) > 1 and isinstance(clause, All) == negated
        return self._messages.text("rule.grouped", clause=text) if several else text

    def _no_data(self, clause: NoData, form: str) -> Text:
        if form == "part":
            return self._messages.text("rule.no_data.part")
        if isinstance(clause.why, Text):
            return self._messages.text("rule.no_data.why", why=clause.why)
        if clause.reason in AXES:
            return self._messages.text("rule.no_data.axis", axis=self._messages.text(f"rule.axis.{clause.reason}"))
        return self._messages.text("rule.no_data.other", reason=clause.reason)

    def _compare(self, compare: Compare, negated: bool, form: str) -> Text:
        kind = fact_type(compare.fact, self._declaration)
        if kind == "boolean":
            return self._boolean(compare.fact, bool(compare.operand) == negated, form)
        if negated:
            form += "_not"
        if kind == "region":
            codes = [code for _, operands in encoded(compare, self._declaration) for code in operands]
            places = [self._messages.in_each(partial(self._regions.name, code)) for code in codes]
            return self._messages.text(f"rule.region.{form}", places=self._messages.joined("rule.or", places))
        value = self._enum(compare) if kind == "enum" else self._figures(compare, kind)
        said = "enum" if kind == "enum" else "value"
        return self._messages.text(f"rule.{said}.{form}", label=self.label(compare.fact), value=value)

    def label(self, fact: str) -> Text:
        """Return what a fact is called, or the title of the programme it says is received."""
        if fact.startswith(RECEIVES):
            name = fact.removeprefix(RECEIVES)
            return self._titles.get(name, Text.alone(name))
        if fact == HOUSEHOLD and self._declaration.household is not None:
            return Text.of(self._declaration.household.label)
        declared = self._declaration.facts[fact]
        return Text.of(declared.label) if declared.label else Text.alone(fact.replace("_", " "))

    def _boolean(self, fact: str, denied: bool, form: str) -> Text:
        if denied:
            form += "_not"
        if fact.startswith(RECEIVES):
            return self._messages.text(f"rule.receives.{form}", title=self.label(fact))
        declared = self._declaration.facts[fact]
        if declared.question and not declared.label:
            return self._messages.text(f"rule.question.{form}", question=Text.of(declared.question))
        return self._messages.text(f"rule.boolean.{form}", label=self.label(fact))

    def _enum(self, compare: Compare) -> Text:
        values = compare.operand if isinstance(compare.operand, tuple) else (compare.operand,)
        names = self._declaration.facts[compare.fact].value_labels
        called = [names.get(str(value)) for value in values]
        texts = [Text.of(said) if said else Text.alone(str(value)) for value, said in zip(values, called, strict=True)]
        return self._messages.joined("rule.or", texts)

    def _figures(self, compare: Compare, kind: str) -> Text:
        tests = encoded(compare, self._declaration)
        said = [self._figure(compare.fact, kind, op, codes) for op, codes in tests]
        lengths = [parse_duration(operand) for op, operand in compare.tests if op == WITHIN]
        return self._messages.joined("rule.both", said + [within_text(length, self._messages) for length in lengths])

    def _figure(self, fact: str, kind: str, op: str, codes: Iterable[int]) -> Text:
        show = self._shown(fact, kind)
        value = self._messages.joined("rule.or", [show(code) for code in codes])
        if op in ("is", "in"):
            return value
        return self._messages.text(f"rule.{'date' if kind in _DATES else 'number'}.{op}", value=value)

    def _shown(self, fact: str, kind: str) -> Callable[[int], Text]:
        if kind in _DATES:
            return lambda code: self._messages.text("rule.date.on", date=date_of(code))
        declared = self._declaration.facts[fact]
        scaled = declared.decode if kind == "integer" else int
        return lambda code: self._number(declared, scaled(code))

    def _number(self, declared: Fact, value: object) -> Text:
        shown, unit = value if isinstance(value, int | float) else str(value), declared.unit
        if unit and unit == self._declaration.country.currency.unit:
            unit = "money"
        if declared.format:
            return self._messages.filled(Text.of(declared.format), shown)
        if unit in UNITS or not unit:
            return self._messages.text(f"rule.unit.{unit or 'none'}", value=shown)
        return self._messages.text("rule.unit.other", value=shown, unit=unit)
