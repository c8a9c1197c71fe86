"""Agency page: an agency's programmes as citizens see them, what of their texts was not read, and others like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rendering.voice import Spoken, Voice, Words

LIST: Final = "agency_programmes.html"
ONE: Final = "agency_programme.html"
TRY: Final = "agency_try.html"
PROGRAMMES: Final = "/agency/programmes"
_HEADS: Final = ("programme", "unread", "checked")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"agency.list.{name}": () for name in ("title", "name", "about", "search", "find", "none", "more", "yes", "no")},
    **{f"agency.list.head.{name}": () for name in _HEADS},
    "agency.list.of": ("count",),
    **{f"agency.one.{name}": () for name in ("seen", "gives", "when", "bring", "how", "rules", "rules_text", "unread")},
    **{
        f"agency.one.{name}": ()
        for name in ("unread_none", "no_data", "write", "write_text", "try", "excludes", "back")
    },
    **{f"agency.one.{name}": () for name in ("excludes_none", "overlap", "overlap_text", "overlap_none", "elsewhere")},
    **{f"agency.one.{name}": () for name in ("elsewhere_text", "elsewhere_none", "verified", "unverified")},
    **{f"agency.hint.{number}": () for number in range(1, 6)},
    **{f"agency.try.{name}": () for name in ("title", "name", "about", "text", "read", "whole", "partly", "means")},
    **{f"agency.try.{name}": () for name in ("not_read", "nothing", "example", "nowhere")},
}
"""The messages that the pages need, and the placeholders of each."""


@dataclass(frozen=True)
class ProgrammeShown:
    """What is shown of one programme.

    Attributes:
        document: as it is written in the catalogue.
        rules: for each kind of applicant what is demanded, a sentence each.
        unread: the words of its text that nobody turned into rules.
        missing: what no register publishes.
        excludes: programmes that cannot be had with it.
        overlaps: programmes of other agencies for the same event of a life.
        elsewhere: programmes of the same category in other places.
    """

    document: Mapping[str, Any]
    rules: Sequence[Words]
    unread: Sequence[str]
    missing: Sequence[str]
    excludes: Sequence[Mapping[str, Any]]
    overlaps: Sequence[Mapping[str, Any]]
    elsewhere: Sequence[Mapping[str, Any]]


def list_of_programmes_view(
    agencies: Sequence[tuple[Words, Sequence[tuple[Mapping[str, Any], int]]]], asked: str, more: bool, voice: Voice
) -> dict[str, object]:
    """The variables of the list of programmes by agency.

    Args:
        agencies: the name of each, and its programmes with how many of their sentences were not read.
        asked: the name that was looked for; empty for none.
        more: whether other agencies are not shown.
        voice: in which language.
    """
    shown = [
        {
            "name": voice.spoken(name),
            "count": voice.say("agency.list.of", count=len(programmes)),
            "rows": [
                [
                    {"text": voice.read(one["title"]), "to": f"{PROGRAMMES}/{one['id']}"},
                    str(unread),
                    voice.say("agency.list.yes" if one.get("verified") else "agency.list.no"),
                ]
                for one, unread in programmes
            ],
        }
        for name, programmes in agencies
    ]
    heads = [voice.say(f"agency.list.head.{name}") for name in _HEADS]
    return {"title": voice.say("agency.list.title"), "agencies": shown, "asked": asked, "more": more, "heads": heads}


def programme_shown_view(shown: ProgrammeShown, voice: Voice) -> dict[str, object]:
    """The variables of the page of one programme."""
    one = shown.document
    windows = one.get("window") or []
    texts = [part["text"] for part in (windows if isinstance(windows, list) else [windows]) if part.get("text")]
    return {
        "id": one["id"],
        "title": voice.read(one["title"]),
        "provider": voice.spoken(one["provider"]["name"]),
        "checked": voice.say("agency.one.verified" if one.get("verified") else "agency.one.unverified"),
        "summary": _spoken(one.get("summary"), voice),
        "gives": _spoken((one.get("value") or {}).get("text"), voice),
        "when": [voice.spoken(text) for text in texts],
        "documents": [voice.spoken(text) for text in one.get("documents", ())],
        "how": _spoken(one.get("how"), voice),
        "rules": [voice.spoken(text) for text in shown.rules],
        "unread": shown.unread,
        "missing": shown.missing,
        "hints": [voice.say(f"agency.hint.{number}") for number in range(1, 6)] if shown.unread else [],
        "excludes": [_other(other, voice) for other in shown.excludes],
        "overlaps": [_other(other, voice) for other in shown.overlaps],
        "elsewhere": [_other(other, voice) for other in shown.elsewhere],
    }


def _spoken(words: Words | None, voice: Voice) -> Spoken | None:
    return voice.spoken(words) if words else None


def _other(document: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    return {
        "title": voice.spoken(document["title"]),
        "provider": voice.spoken(document["provider"]["name"]),
        "to": f"{PROGRAMMES}/{document['id']}",
        "gives": _spoken((document.get("value") or {}).get("text"), voice),
    }


def tried_view(
    text: str, means: Sequence[Words], unread: Sequence[str], whole: bool, reads: bool, voice: Voice
) -> dict[str, object]:
    """The variables of the page on which an agency tries how a sentence is read.

    Args:
        text: what was tried; empty for nothing.
        means: what it was read as, a sentence for each demand; none where nothing was.
        unread: the sentences that were not read.
        whole: whether every demand was read.
        reads: whether texts of this country are read at all.
        voice: in which language.
    """
    return {
        "title": voice.say("agency.try.title"),
        "text": text,
        "means": [voice.spoken(one) for one in means],
        "unread": unread,
        "said": voice.say("agency.try.whole" if whole else "agency.try.partly") if text else "",
        "whole": whole,
        "reads": reads,
        "hints": [voice.say(f"agency.hint.{number}") for number in range(1, 6)],
    }
