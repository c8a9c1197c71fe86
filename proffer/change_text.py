"""Change text: what differs between two catalogues, and what time has overtaken, as a maintainer reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from features.declaration.kinship import HOUSEHOLD

if TYPE_CHECKING:
    from recommender.catalogue_change import CatalogueChange, ProgrammeChange
    from recommender.messages import Messages
    from recommender.rules.staleness import Stale
    from recommender.text import Text

_NAMED = 10
"""Of one cause so many programmes are named."""
_CAUSES = {
    "window_ended": "the last window is over",
    "rules_ended": "the last text known is over, and nothing says that the programme is",
    "unmodified": "the publisher has not changed the row for long",
    "checked_long_ago": "nobody has looked at the source for long",
    "never_checked": "is verified, and no day is written on which somebody looked at the source",
}
_ABSENT = "-"
_HOW = {"missing": "no longer in the new catalogue", "ended": "the new catalogue says that it ended"}


def change_text(change: CatalogueChange, language: str, label: Callable[[str], Text], messages: Messages) -> str:
    """Counts, then the programmes added, ended and changed, each change as before -> after.

    Args:
        change: what differs.
        language: of titles and wordings.
        label: what a fact is called.
        messages: for the kinds of applicant.
    """
    counts = (
        f"{len(change.added)} added, {len(change.ended)} ended, {len(change.changed)} changed, {change.same} as before"
    )
    lines = [counts]
    for heading, rows in (
        ("added", [f"  {one.id}  {one.title.in_language(language)}" for one in change.added]),
        ("ended", [f"  {one.id}  {one.title.in_language(language)}  ({_HOW[how]})" for one, how in change.ended]),
        ("changed", [line for one in change.changed for line in _programme(one, language, label, messages)]),
    ):
        lines += ["", f"{heading}:", *rows] if rows else []
    return "\n".join(lines)


def _programme(one: ProgrammeChange, language: str, label: Callable[[str], Text], messages: Messages) -> Iterator[str]:
    yield f"  {one.id}  {one.title.in_language(language)}"
    kinds = ", ".join(messages.said(language, f"verdict.kind.{kind}") for kind in one.kinds)
    called = {fact: fact if fact == HOUSEHOLD else label(fact).in_language(language) for fact in one.facts}
    facts = ", ".join(name + "*" * (fact in one.touched) for fact, name in called.items())
    yield f"    for {kinds}; decided by {facts or 'no fact'}" + (" (* in a changed clause)" if one.touched else "")
    for change in one.changes:
        part = change.part if change.kind in (None, "citizen") else f"{change.part} ({change.kind})"
        yield f"    {part}: {_said(change.old, language)} -> {_said(change.new, language)}"


def _said(text: Text | None, language: str) -> str:
    return _ABSENT if text is None else " / ".join(text.in_language(language).splitlines())


def stale_text(found: Sequence[Stale]) -> Iterator[str]:
    """A line for each of the first programmes that one cause names, and one for how many more there are."""
    for cause, said in _CAUSES.items():
        named = [one.to_document() for one in found if one.cause == cause]
        for one in named[:_NAMED]:
            since = "" if one["since"] is None else f" (since {one['since']})"
            yield f"{one['programme']}: {said}{since}"
        if len(named) > _NAMED:
            yield f"and {len(named) - _NAMED} more of which {said}; --json names them all"
