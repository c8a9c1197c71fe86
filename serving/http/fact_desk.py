"""The fact desk: what is known of one citizen, in words, who says so, and how to ask for what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from features.calendar import date_of, day_of
from features.declaration.vocabulary import STATED, Fact
from features.log.event import Event
from features.members import BORN, LIVES, RAISES, RELATION
from features.value import is_known, region_text
from recommender.engine import Engine
from recommender.rules.clause import Compare
from recommender.rules.question import Ask
from recommender.rules.question_form import put
from serving.http.request_desk import CLAIMS
from serving.http.rights_routes import SOURCE

OWN_SOURCES: Final = frozenset({SOURCE, CLAIMS})
"""Whatever these sources state the citizen said, and may say otherwise; all others are registers and offices."""
_KNOWN_TYPES: Final = ("boolean", "enum", "integer", "date", "region")


class FactDesk:
    """Tells the facts of one citizen; of nobody else anything but what relation they are, and when they were born."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is read yet."""
        self._engine = engine

    def told(self, citizen: str, held: Sequence[Event], day: date) -> dict[str, Any]:
        """What is known of a citizen by the events that are held of them, on a day.

        `facts` has every fact that can be stated: its name, label and question, whether it is sensitive, and of what
        is known the sentence, who says so (`own`, `register`) and since when; `members` has the household.

        Raises:
            Rejected: no event that is held is about them.
        """
        person = self._engine.from_events(held, citizen, ["citizen"], day)
        own = _said_by_themselves(citizen, held)
        facts = [
            self._fact(fact, person.column(name), own, person.known.origins, day)
            for name, fact in self._engine.declaration.facts.items()
            if fact.derived is None and fact.kind.type in _KNOWN_TYPES
        ]
        return {"facts": facts, "members": list(self._members(person.snapshot.members.cells.tolist()))}

    def question(self, name: str, day: date) -> dict[str, Any] | None:
        """How a fact is asked for, as in `ask_next`; None for what is none, or cannot be stated."""
        fact = self._engine.declaration.facts.get(name)
        if fact is None or fact.derived is not None:
            return None
        return put(Ask(name, 0.0), self._engine.compiled(day)).to_json()

    def region_names(self, day: date) -> Mapping[str, Mapping[str, str]]:
        """The name of each region in each language, by its code, the places in one another together."""
        regions, messages = self._engine.regions, self._engine.messages
        codes = [code for code, one in sorted(regions.by_code.items()) if one.current(day_of(day))]
        return {region_text(code): messages.in_each(partial(regions.name, code)).to_document() for code in codes}

    def _fact(
        self, fact: Fact, code: int, own: frozenset[str], origins: Mapping[str, Any], day: date
    ) -> dict[str, Any]:
        known = is_known(code)
        told = {
            "fact": fact.name,
            "label": dict(fact.label),
            "question": dict(fact.question),
            "sensitive": fact.sensitive,
            "known": known,
        }
        if not known:
            return told
        value: Any = bool(code) if fact.kind.type == "boolean" else fact.kind.decode(code)
        sentence = self._engine.compiled(day).rule_text.known(Compare(fact.name, "is", value))
        origin = origins.get(fact.name)
        return told | {
            "sentence": sentence.to_document(),
            "denied": value is False,
            "by": "own" if fact.name in own else "register",
            "since": None if origin is None else date_of(origin.day).isoformat(),
        }

    def _members(self, rows: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
        home = self._engine.declaration.household
        relations = list(home.relations.values()) if home is not None else []
        for row in rows:
            known = is_known(row[RELATION])
            yield {
                "relation": dict(relations[row[RELATION]].label) if known else {},
                "born": date_of(row[BORN]).isoformat() if is_known(row[BORN]) else None,
                "lives_with": bool(row[LIVES]) if is_known(row[LIVES]) else None,
                "raises": bool(row[RAISES]) if is_known(row[RAISES]) else None,
            }


def _said_by_themselves(citizen: str, held: Sequence[Event]) -> frozenset[str]:
    """The facts that a citizen stated last, and no register after them."""
    last: dict[str, str] = {}
    for one in held:
        if one.type == STATED and one.subject == citizen:
            last |= dict.fromkeys(one.data, one.source)
    return frozenset(name for name, source in last.items() if source in OWN_SOURCES)
