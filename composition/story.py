"""One person's story: the events of her life, what Proffer would have offered then, and what it would still ask."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.problem import Problem, Rejected
from features.value import region_code

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.event import Event
    from recommender.engine import Engine
    from recommender.offers.recommendation import Recommendation, Recommendations
    from recommender.rules.compiled import Compiled

OFFERS = 3  # new offers at each turn of her life: what fits one screen
CHAPTERS = range(3, 8)  # how many turns make a life worth telling and short enough to read
BIRTH = "life.child_born"


@dataclass(frozen=True)
class Chapter:
    """One turn of a life: the day it became known and the day it happened, the event, and the new offers."""

    day: datetime.date
    happened: datetime.date
    event: str
    title: Mapping[str, str]
    offers: tuple[Mapping[str, Any], ...]

    def to_document(self) -> dict[str, object]:
        """The chapter as JSON values."""
        return {
            "on": self.day.isoformat(),
            "happened": self.happened.isoformat(),
            "event": self.event,
            "title": dict(self.title),
            "offers": [dict(offer) for offer in self.offers],
        }


def protagonist(events: Path, since: int) -> str:
    """The person whose log tells most: a woman who had a child, to whom different things happened, but not too many.

    Args:
        events: the Parquet file of everybody's events.
        since: the UTC second from which on the turns of a life count; before, little was known.

    Raises:
        Rejected: the events contain no people.
    """
    turns: dict[str, list[str]] = {}
    women = set()
    for subject, kind, data in _lives(events, since):
        turns.setdefault(subject, [])
        if kind.startswith("life."):
            turns[subject].append(kind)
        elif json.loads(data).get("sex") == "female":
            women.add(subject)
    if not turns:
        raise Rejected([Problem((str(events),), "missing", "contain no people", "Synthesise at least one person")])
    return max(sorted(turns), key=lambda person: (person in women, *_worth_telling(turns[person])))


def _worth_telling(turns: Sequence[str]) -> tuple[bool, bool, int, int]:
    return BIRTH in turns, len(turns) in CHAPTERS, len(set(turns)), -len(turns)


def _lives(events: Path, since: int) -> Iterator[tuple[str, str, str]]:
    import pyarrow
    import pyarrow.compute as pc
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(events, columns=["subject", "type", "recordedtime", "data"])
    begun = pyarrow.scalar(
        datetime.datetime.fromtimestamp(since, datetime.UTC), table.schema.field("recordedtime").type
    )
    lived = pc.and_(pc.starts_with(table["type"], "life."), pc.greater_equal(table["recordedtime"], begun))
    stated = pc.and_(pc.equal(table["type"], "fact.stated"), pc.match_substring(table["data"], '"sex"'))
    kept = table.filter(pc.or_(lived, stated))
    yield from zip(*(kept[name].to_pylist() for name in ("subject", "type", "data")), strict=True)


def tell(engine: Engine, events: Sequence[Event], person: str, since: int, today: datetime.date) -> dict[str, Any]:
    """Walk one person's events: at each turn the new offers, and today what would still be asked.

    Args:
        engine: judges and ranks.
        events: everything the log holds about the person.
        person: whose story it is.
        since: the UTC second at which it begins.
        today: the day on which it ends.
    """
    offered: set[str] = set()
    chapters = []
    for day, event in turns(events, person, since, engine.declaration):
        found = engine.answer(engine.from_events(events, person, ["citizen"], day), day, None)
        offers = tuple(_new_offers(found, event.type, offered, engine.compiled(day)))
        happened = _day(event.time, engine.declaration)
        offered |= {str(offer["programme"]) for offer in offers}
        chapters.append(Chapter(day, happened, event.type, engine.declaration.events[event.type].title, offers))
    known = engine.from_events(events, person, ["citizen"], today)
    last = engine.answer(known, today, 0).to_json()
    return {
        "person": person,
        "introduction": introduction(known.snapshot.row(0).known(), engine),
        "chapters": [chapter.to_document() for chapter in chapters],
        "until": today.isoformat(),
        "board": _board(engine, events, person),
        "ask_next": last["ask_next"],
    }


def turns(
    events: Iterable[Event], person: str, since: int, declaration: Declaration
) -> list[tuple[datetime.date, Event]]:
    """The events of a person's life as they are held now, each with the day it became known, in that order."""
    from features.log.versions import events_as_held

    known = [
        (first, held)
        for first, held in events_as_held(events, declaration)
        if held.subject == person and held.type.startswith("life.") and first.recorded >= since
    ]
    known.sort(key=lambda pair: (pair[0].recorded, pair[0].time, pair[0].id))
    return [(_day(first.recorded, declaration), held) for first, held in known]


def _board(engine: Engine, events: Iterable[Event], person: str) -> dict[str, Any]:
    """What came of the notice board that this world has instead: how often it reached her, and what she was granted."""
    from features.log.versions import events_as_held

    named: dict[str, list[str]] = {"shown": [], "applied": [], "granted": []}
    for _, event in events_as_held(events, engine.declaration):
        kind = event.type.removeprefix("benefit.")
        if event.subject == person and event.type.startswith("benefit.") and kind in named:
            named[kind].append(str(event.data.get("programme")))
    known = engine.catalogue.by_id
    granted = [known[name].title.to_document() for name in dict.fromkeys(named["granted"]) if name in known]
    return {"shown": len(set(named["shown"])), "applied": len(set(named["applied"])), "granted": granted}


def _day(second: int, declaration: Declaration) -> datetime.date:
    from features.calendar import date_of

    return date_of(declaration.zone.today(second + 1))


def _new_offers(found: Recommendations, event: str, offered: set[str], compiled: Compiled) -> list[dict[str, Any]]:
    """The first offers that are new: those that belong to the event, then the most useful of the others.

    What rests on a sensitive fact answers only an event that the programme itself names: nobody who moved house is
    told of help for victims of violence.
    """
    linked = {name for bundle in found.bundles if bundle.event == event for name in bundle.programmes}
    sensitive = compiled.declaration.sensitive_facts
    fresh = [
        one
        for one in found.shown
        if one.programme.id not in offered and (event in one.programme.triggers or not (sensitive & one.touches))
    ]
    fresh.sort(key=lambda one: (one.programme.id not in linked, one.rank))
    return [one.to_json() | {"questions": _questions(one, compiled)} for one in fresh[:OFFERS]]


def _questions(one: Recommendation, compiled: Compiled) -> list[dict[str, str]]:
    from recommender.rules.question_form import question_of

    harmless_first = sorted(one.verdict.missing, key=compiled.declaration.sensitive_facts.__contains__)
    return [dict(question_of(fact, compiled)) for fact in harmless_first]


def introduction(known: Mapping[str, object], engine: Engine) -> dict[str, str]:
    """Who the story is about, in each language, from what is known of her."""
    age, region = known.get("age"), known.get("region")
    place = engine.messages.in_each(lambda one: engine.regions.name(region_code(str(region)), one) if region else "")
    if age is None:
        return engine.messages.text("story.woman", place=place).to_document()
    return engine.messages.text("story.woman_of", place=place, age=int(str(age))).to_document()
