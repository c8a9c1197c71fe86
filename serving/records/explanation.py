"""A decision explained to the person it is about: in short, or with everything it rests on and how to contest it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal

from features.declaration.declaration import Declaration
from recommender.engine import Engine
from recommender.messages import Messages
from recommender.text import Text
from serving.records.decision import Decision

Length = Literal["short", "full"]
_PROGRAMME: Final = ("rank", "programme", "title", "standing")
_REASONS: Final = ("answer", "probability", "utility", "because", "why_rank", "missing")


def explained(decision: Decision, engine: Engine, length: Length) -> dict[str, Any]:
    """Return what a decision says, why, and what can be done about it; texts are in each language of the country.

    The reasons are those on record, as they were told; only the sentences around them are the engine's.

    Args:
        decision: as it is on record.
        engine: whose languages and labels are used.
        length: `short` has one reason a programme; `full` all of them, the facts they rest on and where each is known
            from, what the order was made of, and what would settle what is open.
    """
    answer, messages = decision.answer, engine.messages
    short = {
        "kind": decision.kind,
        "as_of": decision.document["as_of"],
        "summary": [text.to_document() for text in _summary(decision, messages)],
        "programmes": [_programme(one, length) for one in answer["recommendations"]],
        "contest": messages.text("decision.contest").to_document(),
    }
    if length == "short":
        return short
    return short | {
        "facts": list(_facts(decision, engine.declaration, messages)),
        "would_settle": answer["ask_next"],
        "order": decision.document["order"],
        "basis": decision.document["basis"],
        "model": answer["model"],
        "said": decision.document["said"],
    }


def _summary(decision: Decision, messages: Messages) -> Iterator[Text]:
    answer, day = decision.answer, date.fromisoformat(decision.document["as_of"])
    yield messages.text("decision.shown", day=day, shown=len(answer["recommendations"]), total=answer["total"])
    yield messages.text("decision.rules")
    yield messages.text("decision.by_rules" if answer["model"] is None else "decision.by_model")


def _programme(told: Mapping[str, Any], length: Length) -> dict[str, Any]:
    found = {name: told[name] for name in _PROGRAMME}
    if length == "full":
        return found | {name: told[name] for name in _REASONS}
    first = next(iter(told["because"]), None)
    return found | {"because": None if first is None else first["text"]}


def _facts(decision: Decision, declaration: Declaration, messages: Messages) -> Iterator[dict[str, Any]]:
    """The facts that reasons rest on: what was known of each, and from which event."""
    columns, traced = decision.document["inputs"]["columns"], decision.answer["known_from"]
    reasons = (reason for one in decision.answer["recommendations"] for reason in one["because"])
    for name in dict.fromkeys(str(reason["fact"]) for reason in reasons if reason.get("fact")):
        fact = declaration.facts.get(name)
        known = fact is not None and name in columns
        yield {
            "fact": name,
            "label": dict(fact.label) if fact else {},
            "value": fact.kind.decode(int(columns[name])) if fact and known else None,
            "known_from": _source(name, traced[name], declaration, messages) if name in traced else None,
        }


def _source(name: str, told: Mapping[str, Any], declaration: Declaration, messages: Messages) -> dict[str, str]:
    """From what a fact is known, in words."""
    label, day = Text.paired(list(declaration.facts[name].label.items())), date.fromisoformat(told["on"])
    if not told["happened"]:
        return messages.text("decision.silent", label=label, day=day).to_document()
    event = declaration.events.get(told["events"][0])
    title = Text.paired(list(event.title.items())) if event and event.title else told["events"][0]
    return messages.text("decision.known", label=label, event=title, day=day).to_document()
