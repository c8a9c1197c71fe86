"""Casework page: what an office has to answer and by when, whom it may look up, what it brings, how it decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from rendering.contact_page import PrintedMessage, calls_view
from rendering.offers_page import OffersShown, offers_view
from rendering.voice import Voice, Words

LIST: Final = "caseworker_requests.html"
ONE: Final = "caseworker_request.html"
PEOPLE: Final = "caseworker_people.html"
BRING: Final = "caseworker_bring.html"
HABITS: Final = "caseworker_habits.html"
REQUESTS: Final = "/caseworker"
CONFIRMED: Final = "review:confirmed"
UNREAD: Final = "-unread"
QUICK: Final = "-quick"
CHANGED: Final = "review:changed"
_ACTS: Final = (
    "recommendations_read", "decision_explained", "review_confirmed", "review_changed", "claim_granted",
    "claim_refused",
)  # fmt: skip
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"case.list.{name}": () for name in ("title", "name", "about", "none", "kind", "due", "person", "open")},
    **{f"case.kind.{name}": () for name in ("claim", "review")},
    "case.left": ("day", "days"),
    "case.late": ("day", "days"),
    **{
        f"case.one.{name}": () for name in ("title", "said", "claims", "reasons", "no_decision", "rule", "note", "hint")
    },
    **{f"case.one.{name}": () for name in ("grant_claim", "refuse_claim", "grant_review", "refuse_review", "send")},
    **{f"case.one.{name}": () for name in ("done", "back", "look", "too_late", "own", "no_note", "yours")},
    "case.one.ruled": ("who", "day"),
    **{f"case.state.{name}": () for name in ("granted", "refused")},
    **{
        f"case.people.{name}": ()
        for name in ("title", "name", "about", "id", "look", "nobody", "shown", "acts", "record")
    },
    **{
        f"case.bring.{name}": ()
        for name in ("title", "name", "about", "letters", "print", "none", "done", "did", "calls")
    },
    **{f"case.act.{name}": () for name in _ACTS},
    "case.bring.waiting": ("count",),
    **{f"case.habits.{name}": () for name in ("title", "name", "about", "none", "what", "count", "share", "counted")},
    **{f"case.habits.row.{name}": () for name in ("confirmed", "unread", "quick", "both", "changed")},
}
"""The messages that the pages need, and the placeholders of each."""

DayOf = Callable[[int], date]
"""Gives the local day of a UTC second."""


def list_view(requests: Sequence[Mapping[str, Any]], now: int, day_of: DayOf, voice: Voice) -> dict[str, object]:
    """The variables of the list of what waits for an answer, what is late or due first at the top."""
    heads = [voice.say(f"case.list.{name}") for name in ("kind", "person", "due", "open")]
    rows = [
        {
            "late": one["late"],
            "cells": [voice.say(f"case.kind.{one['kind']}"), one["citizen"], clock(one, now, day_of, voice)],
            "link": f"{REQUESTS}/requests/{one['id']}",
        }
        for one in requests
    ]
    return {"title": voice.say("case.list.title"), "heads": heads, "rows": rows}


def clock(one: Mapping[str, Any], now: int, day_of: DayOf, voice: Voice) -> str:
    """Until when an answer is due, and how many days that is away or was missed by."""
    day = day_of(one["due"])
    left = (day - day_of(now)).days
    if one["late"]:
        return voice.say("case.late", day=day, days=max(-left, 0))
    return voice.say("case.left", day=day, days=left)


def request_view(
    one: Mapping[str, Any], labels: Mapping[str, Words], explained: Mapping[str, Any] | None, now: int, day_of: DayOf,
    voice: Voice,
) -> dict[str, object]:  # fmt: skip
    """The variables of one request.

    Args:
        one: as the API gives it.
        labels: of the facts that can be claimed.
        explained: the decision that is to be reviewed, explained, where its reasons were opened; else None.
        now: the UTC second, which the form tells again.
        day_of: gives the local day of a UTC second.
        voice: in which language.
    """
    told = [] if explained is None else explained["programmes"]
    ruled = one["ruled"] is not None
    return {
        "title": voice.labelled(voice.say("case.one.title"), voice.say(f"case.kind.{one['kind']}")),
        "one": one,
        "clock": "" if ruled else clock(one, now, day_of, voice),
        "said": one.get("reason") or one.get("note_of_claim") or "",
        "facts": [(voice.read(labels.get(name, name)), str(value)) for name, value in one.get("facts", {}).items()],
        "explained": None if explained is None else [
            {
                "title": voice.spoken(programme["title"]),
                "standing": voice.say(f"citizen.standing.{programme['standing']}"),
                "because": [voice.spoken(why["text"]) for why in programme["because"]],
            }
            for programme in told
        ],
        "ruled": voice.say("case.one.ruled", who=one["ruled_by"], day=day_of(one["ruled"])) if ruled else "",
        "state": voice.say(f"case.state.{one['state']}") if ruled else "",
        "now": now,
    }  # fmt: skip


def people_view(
    citizen: str, shown: OffersShown | None, acts: Sequence[Mapping[str, Any]], day_of: DayOf, voice: Voice
) -> dict[str, object]:
    """The variables of the page on which somebody who agreed is looked up; `shown` is None where nobody is shown."""
    told = None if shown is None else offers_view(shown, voice)
    return {
        "title": voice.say("case.people.title"),
        "citizen": citizen,
        "offers": told,
        "acts": [(voice.written(day_of(one["made"])), one["actor"], act_said(one["act"], voice)) for one in acts],
    }


def act_said(act: str, voice: Voice) -> str:
    """What somebody did, in words; of an act of another version its name."""
    key = act.partition("-")[0].replace(":", "_")  # whether a ruling was hasty is counted, and not said of one person's
    return voice.say(f"case.act.{key}") if key in _ACTS else act


def bring_view(letters: Sequence[PrintedMessage], calls: Sequence[PrintedMessage], voice: Voice) -> dict[str, object]:
    """The variables of the page of what people bring to people: letters to print, and whom to speak to."""
    listed = calls_view(calls, voice, sensitive=False)
    fitting = [one for one in letters if one.may_be_a_letter]
    return {
        "title": voice.say("case.bring.title"),
        "letters": [(one.body["id"], one.body["citizen"], one.day.isoformat()) for one in fitting],
        "waiting": voice.say("case.bring.waiting", count=len(fitting)),
        "calls": listed,
        "call_ids": list(dict.fromkeys(str(one.body["id"]) for one in calls)),
    }


def habits_view(acts: Mapping[str, int], voice: Voice) -> dict[str, object]:
    """The variables of the page on how often the computer's answer was confirmed unread, and at once.

    Args:
        acts: how often each thing was done for anybody.
        voice: in which language.
    """
    confirmed = {name: count for name, count in acts.items() if name.startswith(CONFIRMED)}
    whole, changed = sum(confirmed.values()), acts.get(CHANGED, 0)
    counts = {
        "confirmed": whole,
        "unread": sum(count for name, count in confirmed.items() if UNREAD in name),
        "quick": sum(count for name, count in confirmed.items() if name.endswith(QUICK)),
        "both": confirmed.get(CONFIRMED + UNREAD + QUICK, 0),
    }
    rows = [
        [voice.say(f"case.habits.row.{name}"), str(count), f"{100 * count / whole:.0f} %" if whole else "-"]
        for name, count in counts.items()
    ]
    rows.append([voice.say("case.habits.row.changed"), str(changed), ""])
    heads = [voice.say(f"case.habits.{name}") for name in ("what", "count", "share")]
    return {"title": voice.say("case.habits.title"), "heads": heads, "rows": rows, "any": whole + changed > 0}
