"""Take-up by kind of programme, from published rates: which kind a programme is of, how many of those entitled ask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from recommender.rules.clause import compares

if TYPE_CHECKING:
    from recommender.rules.programme import Programme

MEANS = frozenset(
    ("income_percent", "recognised_income_percent", "basic_livelihood_recipient", "near_poverty", "assets_won")
)
"""The facts that a test of means asks about."""


@dataclass(frozen=True)
class TakeUpKind:
    """A kind of programme, the share of those entitled who take it up, and who published it.

    What is empty, or None, asks nothing of a programme.
    """

    kind: str
    rate: float
    confirmed: bool
    source: str
    ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    tested: bool | None = None

    def meets(self, programme: Programme) -> bool:
        """Whether a programme is of this kind."""
        return (
            (not self.ids or programme.id in self.ids)
            and (not self.categories or programme.category in self.categories)
            and (not self.forms or programme.form[0] in self.forms)
            and (self.tested is None or self.tested == is_tested(programme))
        )


def is_tested(programme: Programme) -> bool:
    """Whether some rule of a programme asks about means."""
    return any(one.fact in MEANS for clause in programme.who.values() for one in compares(clause))


@cache
def take_up_kinds() -> tuple[TakeUpKind, ...]:
    """The kinds of take_up_kinds.yaml beside this module, in order; the last one takes whatever is left."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)
    lists = ("ids", "categories", "forms")
    return tuple(TakeUpKind(**{**one, **{key: tuple(one.get(key, ())) for key in lists}}) for one in entries)


def kind_of(programme: Programme) -> TakeUpKind:
    """The kind a programme is of."""
    return next(kind for kind in take_up_kinds() if kind.meets(programme))
