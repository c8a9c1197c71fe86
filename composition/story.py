"""One person's story: what happened in her life, what Proffer would have told her, and what it would still ask."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import terminal
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.event import Event
    from recommender.engine import Engine
    from recommender.offers.recommendation import Recommendations

OFFERS = 3  # new offers told at each turn of her life: what fits one screen
CHAPTERS = range(3, 8)  # how many turns make a life worth telling and short enough to read
BIRTH = "life.child_born"
_WIDTH = 100


@dataclass(frozen=True)
class Chapter:
    """One turn of a life: the day it became known, the event, and the new offers as the outer contract has them."""

    day: datetime.date
    event: str
    title: Mapping[str, str]
    offers: tuple[Mapping[str, Any], ...]

    def to_document(self) -> dict[str, object]:
        """The chapter as JSON values."""
        return {
            "on": self.day.isoformat(),
            "event": self.event,
            "title": dict(self.title),
            "offers": [dict(offer) for offer in self.offers],
        }


def heroine(events: Path, since: int) -> str:
    """The person whose log tells most: a woman who had a child, to whom different things happened, but not too many.

    Args:
        events: the Parquet file of everybody's events.
        since: the UTC second from which on turns of a life count; what came before was hardly known.

    Raises:
        Rejected: nobody at all is in these events.
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
        raise Rejected([Problem((str(events),), "missing", "tell of nobody", "Synthesise at least one person")])
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


def tell(desk: Engine, events: Sequence[Event], person: str, since: int, today: datetime.date) -> dict[str, Any]:
    """Walk one person's events: at each turn what would have been offered anew, and today what would still be asked.

    Args:
        desk: what judges and ranks.
        events: everything the log holds about the person.
        person: whose story it is.
        since: the UTC second at which it begins.
        today: the day on which it ends.
    """
    told: set[str] = set()
    chapters = []
    for day, event in turns(events, person, since, desk.declaration):
        found = desk.answer(desk.from_events(events, person, ["citizen"], day), day, None)
        offers = tuple(_new_offers(found, event.type, told))
        told |= {str(offer["programme"]) for offer in offers}
        chapters.append(Chapter(day, event.type, desk.declaration.events[event.type].title, offers))
    known = desk.from_events(events, person, ["citizen"], today)
    last = desk.answer(known, today, 0).to_json()
    return {
        "person": person,
        "introduction": introduction(known.snapshot.row(0).known(), desk),
        "chapters": [chapter.to_document() for chapter in chapters],
        "until": today.isoformat(),
        "board": _board(desk, events, person),
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


def _board(desk: Engine, events: Iterable[Event], person: str) -> dict[str, Any]:
    """What came of the notice board that this world has instead: how often it reached her, and what she was granted."""
    from features.log.versions import events_as_held

    named: dict[str, list[str]] = {"shown": [], "applied": [], "granted": []}
    for _, event in events_as_held(events, desk.declaration):
        kind = event.type.removeprefix("benefit.")
        if event.subject == person and event.type.startswith("benefit.") and kind in named:
            named[kind].append(str(event.data.get("programme")))
    known = desk.catalogue.by_id
    granted = [known[name].title.to_document() for name in dict.fromkeys(named["granted"]) if name in known]
    return {"shown": len(set(named["shown"])), "applied": len(set(named["applied"])), "granted": granted}


def _day(second: int, declaration: Declaration) -> datetime.date:
    from features.calendar import date_of

    return date_of(declaration.zone.today(second + 1))


def _new_offers(found: Recommendations, event: str, told: set[str]) -> list[dict[str, Any]]:
    """The first offers not told before: those that belong to the event, then the most useful of the others."""
    linked = {name for bundle in found.bundles if bundle.event == event for name in bundle.programmes}
    fresh = [one for one in found.shown if one.programme.id not in told]
    fresh.sort(key=lambda one: (one.programme.id not in linked, one.rank))
    return [one.to_json() for one in fresh[:OFFERS]]


def introduction(known: Mapping[str, object], desk: Engine) -> dict[str, str]:
    """Who the story is about, in each language, from what is known of her."""
    age, region = known.get("age"), known.get("region")
    place = {code: desk.regions.name(int(str(region)), code) if region else "" for code in ("ko", "en")}
    return {
        "ko": f"{place['ko']}에 사는 {age}세 여성" if age is not None else f"{place['ko']}에 사는 여성",
        "en": f"a woman of {age} living in {place['en']}" if age is not None else f"a woman living in {place['en']}",
    }


_PHRASES = {
    "en": {
        "title": "One person's story: {person}, {introduction}. She does not exist.",
        "told": "Proffer would have told her:",
        "silent": "nothing new to tell her",
        "yes": "entitled",
        "unknown": "perhaps",
        "because": "because: ",
        "ask": "to be sure, ask: ",
        "board": "Without it, a notice board showed her {shown} programmes by {until}; she applied for {applied}"
        " and was granted: {granted}.",
        "none": "none",
        "questions": "What Proffer would still ask her, the most telling first:",
    },
    "ko": {
        "title": "한 사람의 이야기: {person}, {introduction}. 실존하지 않는 사람입니다.",
        "told": "Proffer가 알려 주었을 것:",
        "silent": "새로 알릴 것이 없음",
        "yes": "대상",
        "unknown": "확인 필요",
        "because": "이유: ",
        "ask": "확인할 사실: ",
        "board": "Proffer 없이 게시판이 {until}까지 보여 준 사업은 {shown}개, 신청은 {applied}건, 받은 것: {granted}.",
        "none": "없음",
        "questions": "Proffer가 이어서 물을 것(가장 많이 가려 주는 것부터):",
    },
}


def written(story: Mapping[str, Any], language: str = "en") -> str:
    """The story for people to read."""
    say = _PHRASES[language]
    lines = [say["title"].format(person=story["person"], introduction=story["introduction"][language])]
    for chapter in story["chapters"]:
        lines += ["", f"{chapter['on']}  {chapter['title'].get(language, chapter['event'])}"]
        lines += [f"    {say['told'] if chapter['offers'] else say['silent']}"]
        lines += [line for offer in chapter["offers"] for line in _offer(offer, language)]
    board = story["board"]
    granted = ", ".join(_said(title, language) for title in board["granted"]) or say["none"]
    lines += ["", say["board"].format(**{**board, "granted": granted, "until": story["until"]})]
    if story["ask_next"]:
        lines += ["", say["questions"]]
        lines += [f"    {_said(ask['question'], language)}" for ask in story["ask_next"]]
    return "\n".join(lines)


def _offer(offer: Mapping[str, Any], language: str) -> list[str]:
    say = _PHRASES[language]
    lines = [f"    -> {_said(offer['title'], language)} ({say[offer['answer']]})"]
    why = [_said(reason.get("why") or reason["text"], language) for reason in offer["because"][:2]]
    if why:
        lines.append(f"       {say['because']}{terminal.clip('; '.join(why), _WIDTH)}")
    if offer["missing"]:
        lines.append(f"       {say['ask']}{', '.join(offer['missing'][:4])}")
    lines += [f"       {_said(part['text'], language)}" for part in offer["why_rank"][:1]]
    window = _said(offer["window"]["text"], language) if offer["window"]["text"] else ""
    return [*lines, f"       {terminal.clip(window, _WIDTH)}"] if window else lines


def _said(text: Mapping[str, str] | str, language: str) -> str:
    return text if isinstance(text, str) else text.get(language) or next(iter(text.values()), "")
