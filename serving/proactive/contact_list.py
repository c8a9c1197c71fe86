"""Contact list: what people bring to people: a caseworker's list, as data, a table or a page, and letters to print."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from features.declaration.declaration import Declaration
from features.problem import Problem, Rejected
from rendering.contact_page import CALLS, LETTERS, PrintedMessage, calls_view, letters_view
from rendering.page import page
from rendering.voice import Voice
from serving.proactive.leave_check import may_leave, refuse
from serving.proactive.message_sender import shown
from serving.proactive.offer_book import KeptMessage
from serving.proactive.offer_look import Watch
from serving.proactive.outbox import Outbox
from serving.proactive.store_access import Stores
from serving.records.store import ServiceStore

__all__ = ["COLUMNS", "LETTER", "bring", "printed", "rows", "to_bring", "written"]

COLUMNS: Final = (
    "message", "citizen", "made", "urgent", "programme", "title", "standing", "closes", "open", "sensitive",
)  # fmt: skip
LETTER: Final = "letter"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would compute; such a cell is marked as text."""


def to_bring(stores: Stores, channel: str, now: int, watch: Watch) -> tuple[KeptMessage, ...]:
    """Return what waits to leave through a channel that people work off; what may not leave any more is ended.

    Raises:
        Rejected: the store cannot be read or written now.
    """
    with stores.reading() as store:
        waiting = Outbox(store.connection).waiting_in(channel)
    gone = [one for one in waiting if not may_leave(stores, one, now, watch)]
    if gone:
        with stores.writing() as store:
            for one in gone:
                refuse(store, one, now)
    return tuple(one for one in waiting if one not in gone)


def rows(messages: Sequence[KeptMessage], language: str = "") -> list[dict[str, Any]]:
    """Return one row for each offer of each message, as COLUMNS; texts in a language, or in their first."""
    found = []
    for message in messages:
        body = json.loads(message.body)
        for one in body["offers"]:
            texts = [_text(text, language) for text in one.get("open", ())]
            found.append({
                "message": message.id,
                "citizen": message.citizen,
                "made": body["made"],
                "urgent": message.urgent,
                "programme": one["programme"],
                "title": _text(one.get("title", one.get("text", {})), language),
                "standing": one.get("standing", one.get("reason", "")),
                "closes": (one.get("window") or {}).get("closes"),
                "open": " ".join(texts),
                "sensitive": bool(one.get("sensitive", False)),
            })  # fmt: skip
    return found


def written(messages: Sequence[KeptMessage], form: str, language: str = "") -> str:
    """Return a list as `json` (whole messages) or `csv` (RFC 4180; one row an offer)."""
    if form == "json":
        bodies = [json.loads(message.body) for message in messages]
        return json.dumps({"messages": bodies}, ensure_ascii=False, indent=2) + "\n"
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for row in rows(messages, language):
        cells = {name: "" if value is None else str(value) for name, value in row.items()}
        table.writerow({name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in cells.items()})
    return out.getvalue()


def printed(
    messages: Sequence[KeptMessage], channel: str, voice: Voice, day_of: Callable[[int], date], *, sensitive: bool
) -> tuple[str, int]:
    """Return what waits as a page to print, and how many messages are not on it because they may be no letter.

    The page is letters for the channel LETTER, and a list of whom to speak to for another.

    Args:
        messages: what may leave.
        channel: through which.
        voice: in which language.
        day_of: the local day of a UTC second.
        sensitive: whether sensitive programmes stand in a list; in a letter they never do.
    """
    found = [PrintedMessage(json.loads(message.body), day_of(message.made)) for message in messages]
    if channel == LETTER:
        return page(LETTERS, letters_view(found, voice)), sum(not one.may_be_a_letter for one in found)
    return page(CALLS, calls_view(found, voice, sensitive=sensitive)), 0


def bring(store: ServiceStore, message_id: str, now: int, declaration: Declaration) -> None:
    """Write that a message was brought to the person, and on the log what it showed.

    Raises:
        Rejected: there is no such message, or it does not wait any more.
    """
    outbox = Outbox(store.connection)
    found = outbox.find(message_id)
    if found is None or found.state != "due":
        what = "is no message" if found is None else f"is {found.state} already"
        remedy = "Name a message of `proffer offers --list CHANNEL`"
        raise Rejected([Problem(("--delivered",), "unknown" if found is None else "conflict", what, remedy)])
    outbox.delivered(found, now)
    store.log.append(shown(found, now, declaration))


def _text(words: dict[str, str], language: str) -> str:
    return words.get(language) or next(iter(words.values()), "")
