"""Beside: what a person holds, and what that means for other programmes: what it excludes and what takes its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.calendar import date_of
from recommender.currency import currency_of
from recommender.offers.amount_text import amount_sentence
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.clause import Answer
    from recommender.rules.compiled import Compiled
    from recommender.rules.person import Person
    from recommender.rules.programme import Programme

__all__ = ["APART", "RECEIVED", "Alternative", "alternative", "apart_from", "ending_notice", "notices_of"]

RECEIVED: Final = "received"
"""Why a programme cannot be offered: the person receives it, or has applied for it."""
APART: Final = "apart"
"""Why a programme cannot be offered: it cannot be held with something the person holds."""
SOON: Final = 92
"""So many days before a benefit ends for good, the person who receives it is told."""


@dataclass(frozen=True)
class Alternative:
    """A programme the rules do not exclude, but that cannot be held with one the person holds: told, never offered.

    Attributes:
        programme: what could be had in its place.
        answer: what the rules answer.
        instead_of: the ids of what the person holds.
        notice: the sentence that says so.
    """

    programme: Programme
    answer: Answer
    instead_of: tuple[str, ...]
    notice: Text


def apart_from(catalogue: Catalogue, held: Collection[str]) -> dict[int, tuple[str, ...]]:
    """Return the places of programmes that cannot be held with what is held, each with the ids of those.

    What takes the place of a programme, or is its next period, is not kept apart from it.
    """
    found: dict[int, list[str]] = {}
    for name in sorted(held):
        follows = catalogue.followers.get(name, ())
        for other in sorted(catalogue.excluding.get(name, ())):
            if other in catalogue.index and other not in held and other not in follows:
                found.setdefault(catalogue.index[other], []).append(name)
    return {place: tuple(names) for place, names in found.items()}


def alternative(
    programme: Programme, answer: Answer, instead_of: tuple[str, ...], person: Person, compiled: Compiled
) -> Alternative:
    """Return a programme that cannot be held with others, told with what each comes to where that is stated."""
    messages, catalogue = compiled.messages, compiled.catalogue
    held = catalogue.by_id.get(instead_of[0])
    said = messages.text("beside.choose", held=_title(catalogue, instead_of[0]), title=programme.title)
    for one in (held, programme):
        found = None if one is None else one.value.amount_of(person, person.t)
        if one is not None and found is not None and found.stated:
            currency = currency_of(one.value.currency, compiled.declaration.country.currency)
            amount = amount_sentence(found, currency, messages)
            worth = messages.text("beside.worth", title=one.title, amount=amount)
            said = messages.text("reason.two", first=said, second=worth)
    return Alternative(programme, answer, instead_of, said)


def _title(catalogue: Catalogue, name: str) -> Text:
    programme = catalogue.by_id.get(name)
    return Text.alone(name) if programme is None else programme.title


def notices_of(programme: Programme, had: Collection[str], compiled: Compiled) -> tuple[Text, ...]:
    """Return what a programme is to somebody who had another: what takes its place, or its next period."""
    messages, catalogue = compiled.messages, compiled.catalogue
    return tuple(
        messages.text(f"beside.{key}", old=_title(catalogue, name))
        for key, names in (("succeeds", programme.succeeds), ("renews", programme.renews))
        for name in names
        if name in had
    )


def ending_notice(programme: Programme, followers: Iterable[str], compiled: Compiled) -> Text | None:
    """Return that a benefit somebody receives has ended or soon will, and what follows; None where nothing says so."""
    last, day, messages = programme.valid.last, compiled.day, compiled.messages
    if last is None or not programme.ended or last > day + SOON:
        return None
    said = messages.text("beside.ended" if last < day else "beside.ends", day=date_of(last))
    for name in followers:
        title = _title(compiled.catalogue, name)
        said = messages.text("reason.two", first=said, second=messages.text("beside.followed", title=title))
    return said
