"""A decision explained to the person it is about: in short, or with everything it rests on and how to contest it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from features.calendar import DAY_SECONDS, Zone, date_of
from features.declaration.declaration import Declaration
from features.log.event import rfc3339
from recommender.contact.contact_policy import ContactPolicy
from recommender.engine import Engine
from recommender.messages import Messages, Value
from recommender.offers.exploration import CERTAIN
from recommender.text import Text
from serving.records.decision import Decision
from serving.records.decision_log import KeptDecision

Length = Literal["short", "full"]
_PROGRAMME: Final = ("rank", "programme", "title", "standing")
_REASONS: Final = ("answer", "probability", "utility", "because", "why_rank", "missing")


def explained(
    kept: KeptDecision, engine: Engine, length: Length, policy: ContactPolicy | None = None
) -> dict[str, Any]:
    """Return what a decision says, why, and what can be done about it; texts are in each language of the country.

    The reasons are those on record, as they were told; only the sentences around them are the engine's.

    Args:
        kept: the decision as it is on record. Of an offer what was sent is told: its programmes alone, each message
            with its channel, when it was decided on and what became of it; and what waits because a lot said so.
        engine: whose languages and labels are used.
        length: `short` has one reason a programme; `full` all of them, the facts they rest on and where each is known
            from, what the order was made of, and what would settle what is open.
        policy: names the channels and the purposes of offers; None where nobody is written to.
    """
    decision, messages, zone = kept.decision, engine.messages, engine.declaration.zone
    answer, shown = decision.answer, decision.answer["recommendations"]
    sent, held = decision.document["said"].get("messages", ()), _held_out(decision)
    if sent or held:
        told = list(_offer_summary(kept, policy or ContactPolicy({}, {}), messages, zone))
        named = {*held, *(name for one in sent for name in one.get("programmes", ()))}
        shown = [one for one in shown if one["programme"] in named]
    else:
        day = date.fromisoformat(decision.document["as_of"])
        told = [messages.text("decision.shown", day=day, shown=len(shown), total=answer["total"])]
    told.append(messages.text("decision.rules"))
    told.append(messages.text("decision.by_rules" if answer["model"] is None else "decision.by_model"))
    drawn = decision.document.get("exploration")
    if drawn and any(one["propensity"] < CERTAIN for one in decision.document["order"]):
        told.append(messages.text("decision.by_lot", basis=drawn["legal_basis"]))
    short = {
        "kind": decision.kind,
        "as_of": decision.document["as_of"],
        "summary": [text.to_document() for text in told],
        "programmes": [_programme(one, length) for one in shown],
        "contest": messages.text("decision.contest").to_document(),
    }
    if sent:
        short["sent"] = [_message(one, kept) for one in sent]
    if length == "short":
        return short
    return short | {
        "facts": list(_facts(decision, shown, engine.declaration, messages)),
        "would_settle": answer["ask_next"],
        "order": decision.document["order"],
        "basis": decision.document["basis"],
        "model": answer["model"],
        "said": decision.document["said"],
    }


def _offer_summary(kept: KeptDecision, policy: ContactPolicy, messages: Messages, zone: Zone) -> Iterator[Text]:
    """What was sent of an offer, when, over which channel, what became of it, and for what people are written to."""
    said = kept.decision.document["said"]

    def moment(second: int) -> dict[str, Value]:
        day, seconds = divmod(zone.local_seconds(second), DAY_SECONDS)
        return {"day": date_of(day), "time": f"{seconds // 3600:02}:{seconds // 60 % 60:02}"}

    for one in said["messages"]:
        way = policy.channels.get(one["channel"])
        channel = one["channel"] if way is None or way.title is None else way.title
        key = "decision.offered" if one["kind"] == "offers" else "decision.taken_back"
        yield messages.text(key, **moment(said["at"]), count=len(one["offers"]), channel=channel)
        state, at = kept.left.get(one["id"], ("", 0))
        if state == "delivered":
            yield messages.text("decision.delivered", **moment(at))
        elif state:
            yield messages.text("decision.waits" if state == "due" else "decision.not_sent")
        if one["urgent"]:
            yield messages.text("decision.urgent")
    held = _held_out(kept.decision)
    if held:
        drawn = said["holdout"]
        day = date.fromisoformat(drawn["last"]) + timedelta(days=1)
        share, basis = drawn["per_mille"], drawn["legal_basis"]
        yield messages.text("decision.held_out", day=day, count=len(held), share=share, basis=basis)
    for name in dict.fromkeys(one.get("purpose") for one in said["messages"]):
        if name in policy.purposes:
            purpose = policy.purposes[name]
            yield messages.text("decision.purpose", purpose=purpose.title, basis=purpose.basis)


def _held_out(decision: Decision) -> list[str]:
    """The programmes about which no message was sent to the person yet because a lot said so."""
    drawn = decision.document["said"].get("holdout", {}).get("contacts", ())
    return [one["programme"] for one in drawn if one["waits"]]


def _message(one: Mapping[str, Any], kept: KeptDecision) -> dict[str, Any]:
    """A message of an offer: what it was of, through which channel, when, and what became of it."""
    state, at = kept.left.get(one["id"], (None, None))
    return {
        "message": one["id"], "kind": one["kind"], "channel": one["channel"], "urgent": one["urgent"],
        "purpose": one.get("purpose"), "programmes": list(one.get("programmes", ())),
        "decided": rfc3339(kept.decision.document["said"]["at"]),
        "state": state, "at": None if at is None else rfc3339(at),
    }  # fmt: skip


def _programme(told: Mapping[str, Any], length: Length) -> dict[str, Any]:
    found = {name: told[name] for name in _PROGRAMME}
    if length == "full":
        return found | {name: told[name] for name in _REASONS}
    first = next(iter(told["because"]), None)
    return found | {"because": None if first is None else first["text"]}


def _facts(
    decision: Decision, shown: Sequence[Mapping[str, Any]], declaration: Declaration, messages: Messages
) -> Iterator[dict[str, Any]]:
    """The facts that reasons rest on: what was known of each, and from which event."""
    columns, traced = decision.document["inputs"]["columns"], decision.answer["known_from"]
    reasons = (reason for one in shown for reason in one["because"])
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
