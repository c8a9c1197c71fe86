"""Label form: what of a log counts as an offer and what as its answer, as `labels.yaml` of a declaration says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.log.interactions import APPLIED, ASKED, GRANTED, HELD, SHOWN, USED
from features.mapping import MappingReader
from features.problem import Problems, Where

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

WITHIN_DAYS: Final = 60
"""How long the answer to a showing may take where nothing is declared."""

OFFERS: Final[Mapping[str, str]] = {"shown": SHOWN, "asked": ASKED, "held": HELD, "granted": ""}
"""By form, the event that offers; for what was granted nobody says to whom it was offered."""
_OFFERED: Final = {
    "shown": "shown anything", "asked": "asked about anything", "held": "known to hold anything on the day",
    "granted": "found eligible for anything, or given it",
}  # fmt: skip
_TOOK: Final = {
    "shown": "applied in time for what they were shown", "asked": "uses what they were asked about",
    "held": "holds anything on the day, with something left that they do not",
    "granted": "got what they were eligible for",
}  # fmt: skip
_ANSWERS: Final = {"shown": (APPLIED,), "asked": (USED,), "held": (), "granted": (GRANTED, APPLIED)}


@dataclass(frozen=True)
class LabelForm:
    """How labels are made of the log. It is public: it is declared, and never found out from rows.

    Attributes:
        form: `shown` (shown, then applied for), `asked` (asked, and used or not), `held` (held at a day: each programme
            is hidden in turn, to be ranked by what is left), or `granted` (who was eligible stands for who was shown).
        answers: the types of events that answer an offer; none where what is held is the label.
        within: the most days an answer may take; None for as long as the log goes on.
        at: the local day at whose end people are seen; None where each offer, or each first answer, has its own time.
        opened: what `benefit.opened` says: `noticed` (whoever looked at the offer opened it), `chosen` (who wanted it
            opened it: it says nothing of attention), or None: both, told apart by likelihood
            (`training.rankers.attention`).
    """

    form: str = "shown"
    answers: tuple[str, ...] = (APPLIED,)
    within: int | None = WITHIN_DAYS
    at: int | None = None
    opened: str | None = None

    @property
    def offer(self) -> str:
        """The type of event that offers."""
        return OFFERS[self.form]

    @property
    def offered(self) -> str:
        """What was done to people to whom something was offered, after "were"."""
        return _OFFERED[self.form]

    @property
    def took(self) -> str:
        """What people did who took up what was offered, after "nobody" or "everybody"."""
        return _TOOK[self.form]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The types of events by which people show what they want."""
        return self.answers or (self.offer,)


SHOWN_THEN_APPLIED: Final = LabelForm()
"""What holds where a declaration has no `labels.yaml`."""
KEYS: Final = ("form", "answers", "within", "at", "opened")
NOTICED, CHOSEN = OPENINGS = ("noticed", "chosen")


def read_label_form(document: object, declaration: Declaration, where: Where = ("labels.yaml",)) -> LabelForm:
    """Read the parsed `labels.yaml` of a declaration.

    Raises:
        Rejected: with everything that is wrong with it.
    """
    problems = Problems()
    entry = MappingReader(document, where, problems, KEYS)
    entry.required("form")
    form = entry.choice("form", OFFERS) or "shown"
    answers, within, at = entry.names("answers") or _ANSWERS[form], entry.duration("within"), entry.day("at")
    if within is not None and within.months:
        entry.wrong("within", "invalid", "counts months, which differ in length", "Write days or weeks, such as P60D")
    if form == "held" and at is None:
        entry.wrong("at", "missing", "is missing: a state holds at a day", "Write the day, such as 2026-10-31")
    opened = entry.choice("opened", OPENINGS)
    _check_place(entry, form)
    _check_declared(entry, (OFFERS[form], *answers), declaration)
    problems.raise_any()
    default = WITHIN_DAYS if form == "shown" else None
    return LabelForm(form, answers, default if within is None else within.days, at, opened)


def _check_place(entry: MappingReader, form: str) -> None:
    """Collect the keys that mean something in another form."""
    elsewhere = {
        "shown": ("at",),
        "asked": ("at", "opened"),
        "held": ("answers", "within", "opened"),
        "granted": ("opened",),
    }
    for key in elsewhere[form]:
        if entry.has(key):
            entry.wrong(
                key, "forbidden", f"means nothing where the form is {form}", "Leave it out, or use another form"
            )


def _check_declared(entry: MappingReader, types: tuple[str, ...], declaration: Declaration) -> None:
    """Collect the types of events that are not declared, or do not say which programme they are about."""
    for name in filter(None, dict.fromkeys(types)):
        event = declaration.events.get(name)
        if event is None or getattr(event.fields.get("programme"), "type", "") != "identifier":
            what = f"needs {name}, which events.yaml does not declare with a programme"
            entry.wrong("form", "unknown", what, f"Add {name} with fields: {{programme: {{type: identifier}}}}")
