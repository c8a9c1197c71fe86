"""Duty sheet: what a law asks of whoever deploys this, answered from what is configured, each answer with its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

from features.mapping import MappingReader, nearest
from features.problem import Problems, Where
from recommender.text import Text, text_at

__all__ = ["CONFIGURED", "NOT_CONFIGURED", "PARTS", "Duty", "DutyAnswer", "DutySheet", "Findings", "LeftOut"]

CONFIGURED: Final = "configured"
NOT_CONFIGURED: Final = "not_configured"
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "catalogue": ("programmes",),
    "model": ("model",),
    "report": ("told_groups",),
    "shadow": ("shadow",),
    "groups": ("groups",),
    "sensitive": ("sensitive",),
    "ledger": ("entries", "populations"),
    "purposes": ("purposes",),
    "contact": ("contacts", "channels"),
    "letter": (),
    "caseworker": (),
    "representation": ("majority", "grounds"),
    "records": (),
    "seals": ("sealed",),
    "retention": ("months",),
    "stops": ("stopped",),
}
"""What may be configured, and what each part is told with."""
Findings = Mapping[str, Mapping[str, int | str] | None]
"""What is configured of each of PARTS; None of what is not."""


@dataclass(frozen=True)
class DutyAnswer:
    """One sentence about what is done.

    Attributes:
        says: the sentence, in each language, with the values of its parts as placeholders.
        of: the parts of PARTS that have to be configured for it to hold.
        tests: the tests behind it, each as FILE::NAME.
    """

    says: Text
    of: tuple[str, ...]
    tests: tuple[str, ...]

    def told(self, findings: Findings) -> dict[str, Any]:
        """Return the sentence as JSON values; where a part is not configured nothing is said but which."""
        missing = [name for name in self.of if findings[name] is None]
        told: dict[str, Any] = {"state": NOT_CONFIGURED if missing else CONFIGURED, "of": list(self.of)}
        if missing:
            return {**told, "missing": missing, "tests": list(self.tests)}
        values = {key: value for name in self.of for key, value in (findings[name] or {}).items()}
        filled = {language: said.format_map(values) for language, said in self.says.pairs}
        return {**told, "says": filled, "tests": list(self.tests)}


@dataclass(frozen=True)
class Duty:
    """One thing that a law asks.

    Attributes:
        name: within its sheet.
        article: where the law asks it.
        asks: what, in each language, in words of this project.
        answers: what is done.
    """

    name: str
    article: Text
    asks: Text
    answers: tuple[DutyAnswer, ...]


@dataclass(frozen=True)
class LeftOut:
    """What a sheet does not answer: what it is, and why, in each language."""

    what: Text
    why: Text


@dataclass(frozen=True)
class DutySheet:
    """The duties of one law.

    Attributes:
        name: of the file.
        title: of the sheet.
        about: by what text of the law it was written, and what it is not.
        duties: in the order of the law.
        left_out: what it does not answer.
    """

    name: str
    title: Text
    about: Text
    duties: tuple[Duty, ...]
    left_out: tuple[LeftOut, ...]

    @classmethod
    def parse(cls, name: str, document: object, where: Where) -> DutySheet:
        """Read a parsed file of `duties`.

        Raises:
            Rejected: with every problem in it.
        """
        problems = Problems()
        top = MappingReader(document, where, problems, {"title", "about", "duties", "left_out"})
        title, about = _needed(top, "title"), _needed(top, "about")
        duties = tuple(_duty(top, key, one) for key, one in top.mapping("duties").items())
        left = []
        for place, one in enumerate(top.items("left_out")):
            entry = top.below(one, "left_out", place)
            left.append(LeftOut(_needed(entry, "what"), _needed(entry, "why")))
            entry.close()
        problems.raise_any()
        return cls(name, title, about, duties, tuple(left))

    def filled(self, findings: Findings) -> dict[str, Any]:
        """Return the sheet as JSON values, answered from what is configured.

        Args:
            findings: of every part of PARTS.
        """
        return {
            "sheet": self.name,
            "title": self.title.to_document(),
            "about": self.about.to_document(),
            "duties": [
                {
                    "duty": one.name,
                    "article": one.article.to_document(),
                    "asks": one.asks.to_document(),
                    "answers": [answer.told(findings) for answer in one.answers],
                }
                for one in self.duties
            ],
            "left_out": [{"what": one.what.to_document(), "why": one.why.to_document()} for one in self.left_out],
        }


def _needed(reader: MappingReader, key: str) -> Text:
    reader.required(key)
    return text_at(reader, key) or Text()


def _duty(top: MappingReader, name: str, document: object) -> Duty:
    entry = top.below(document, "duties", name)
    article, asks = _needed(entry, "article"), _needed(entry, "asks")
    entry.required("answers")
    answers = tuple(_answer(entry, place, one) for place, one in enumerate(entry.items("answers")))
    entry.close()
    return Duty(name, article, asks, answers)


def _answer(duty: MappingReader, place: int, document: object) -> DutyAnswer:
    entry = duty.below(document, "answers", place)
    says, of, tests = _needed(entry, "says"), entry.strings("of"), entry.strings("tests")
    for name in of:
        if name not in PARTS:
            entry.wrong("of", "unknown", f"{name!r} is no part{nearest(name, PARTS)}", f"Use {', '.join(PARTS)}")
    known = {key for name in of for key in PARTS.get(name, ())}
    placed = {one for _, said in says.pairs for _, one, _, _ in Formatter().parse(said) if one is not None}
    for named in sorted(placed - known):
        remedy = f"Use {', '.join(sorted(known)) or 'none'}, or name its part under `of`"
        entry.wrong("says", "unknown", f"{{{named}}} is told by none of its parts", remedy)
    if not tests:
        entry.wrong("tests", "missing", "names no test", "Name the test that fails once this is not so")
    entry.close()
    return DutyAnswer(says, of, tests)
