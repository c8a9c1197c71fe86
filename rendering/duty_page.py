"""Duty page: the sheets in which a deployment answers what laws ask of it, as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rendering.voice import Voice

TEMPLATE: Final = "duty_sheets.html"
AUDITOR: Final = "auditor_sheets.html"
PARTS: Final = (
    "catalogue", "model", "report", "shadow", "groups", "sensitive", "ledger", "purposes", "contact", "letter",
    "caseworker", "representation", "records", "seals", "retention", "stops",
)  # fmt: skip
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"sheets.{name}": () for name in ("title", "name", "lead", "none", "tests", "left_out", "not_configured")},
    "sheets.counts": ("configured", "open"),
    **{f"sheets.missing.{part}": () for part in PARTS},
}
"""The messages that the page needs, and the placeholders of each."""


def sheets_view(document: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        document: what `composition.duty_sheets.filled_sheets` gives.
        voice: in which language; a text that is not in it stands in one that it was written in.
    """
    sheets = [_sheet(one, voice) for one in document["sheets"]]
    return {"language": voice.language, "title": voice.say("sheets.title"), "sheet_say": voice.say, "sheets": sheets}


def _sheet(sheet: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    states = [answer["state"] == "configured" for duty in sheet["duties"] for answer in duty["answers"]]
    return {
        "title": voice.spoken(sheet["title"]),
        "about": voice.spoken(sheet["about"]),
        "counts": voice.say("sheets.counts", configured=sum(states), open=len(states) - sum(states)),
        "duties": [
            {
                "article": voice.spoken(duty["article"]),
                "asks": voice.spoken(duty["asks"]),
                "answers": [
                    {
                        "says": voice.spoken(answer["says"]) if "says" in answer else None,
                        "missing": [voice.say(f"sheets.missing.{name}") for name in answer.get("missing", ())],
                        "tests": answer["tests"],
                    }
                    for answer in duty["answers"]
                ],
            }
            for duty in sheet["duties"]
        ],
        "left_out": [(voice.spoken(one["what"]), voice.spoken(one["why"])) for one in sheet["left_out"]],
    }


def markdown(document: Mapping[str, Any], voice: Voice) -> str:
    """Every sheet as Markdown, in one language; characters that mean something in it are escaped."""
    return "\n".join(_lines(sheets_view(document, voice), voice)) + "\n"


def _lines(view: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    yield from (f"# {view['title']}", "", voice.say("sheets.lead"), "")
    if not view["sheets"]:
        yield voice.say("sheets.none")
    for sheet in view["sheets"]:
        yield from (f"## {_plain(sheet['title'].text)}", "", _plain(sheet["about"].text), "", sheet["counts"], "")
        for duty in sheet["duties"]:
            yield from (f"### {voice.labelled(_plain(duty['article'].text), _plain(duty['asks'].text))}", "")
            yield from (_answered(one, voice) for one in duty["answers"])
            yield ""
        if sheet["left_out"]:
            yield from (f"### {voice.say('sheets.left_out')}", "")
            yield from (f"- {voice.labelled(_plain(what.text), _plain(why.text))}" for what, why in sheet["left_out"])
            yield ""


def _answered(answer: Mapping[str, Any], voice: Voice) -> str:
    tests = ", ".join(f"`{one}`" for one in answer["tests"])
    if answer["missing"]:
        said = f"- [ ] **{voice.say('sheets.not_configured')}** {' '.join(map(_plain, answer['missing']))}"
    else:
        said = f"- [x] {_plain(answer['says'].text)}"
    return f"{said}  \n  {voice.labelled(voice.say('sheets.tests'), tests)}"


def _plain(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\*_`[]<>#" else one for one in " ".join(text.split()))
