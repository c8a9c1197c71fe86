"""Grown clause: what a programme that does not exist asks of people, drawn by a mix, with the words it would cite."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from data.growth.bound_change import BoundChange
from data.growth.rule_mix import RuleMix
from data.growth.rule_traits import AXES, PART
from features.declaration.declaration import Declaration
from recommender.messages import Messages

__all__ = ["ClauseGrowth", "GrownWords"]

Document = dict[str, Any]

FIELD: Final = "target"
"""The field that the words of a grown programme stand in."""
_TRIES: Final = 8


@dataclass
class GrownWords:
    """The words of a programme while they are written, and which facts it has asked about."""

    text: str = ""
    asked: set[str] = field(default_factory=set)
    conditions: int = 0

    def cite(self, words: str) -> Document:
        """Add a sentence and return where it stands."""
        self.text += "○ " if not self.text else "\n○ "
        first = len(self.text)
        self.text += words
        return {"field": FIELD, "from": first, "to": len(self.text)}


@dataclass(frozen=True)
class ClauseGrowth:
    """Draws clauses.

    Attributes:
        mix: how often real programmes ask what.
        bounds: where comparisons come from.
        declaration: what facts are called.
        messages: what is said where a rule cannot be read or judged.
    """

    mix: RuleMix
    bounds: BoundChange
    declaration: Declaration
    messages: Messages

    def who(
        self, rng: np.random.Generator, category: str, whole: str, region: Document | None
    ) -> tuple[Document, GrownWords]:
        """Draw what each kind of applicant has to meet, and the words that say it."""
        words = GrownWords()
        leaves = int(self.mix.draw(rng, "leaves", whole))
        read = self._tree(rng, "root", leaves, (category, whole), words) if leaves else None
        first = [part for part in (region, read) if part is not None]
        kinds = self.mix.draw(rng, "kinds", category).split()
        return {
            kind: {"all": [*first, *(self._flags(rng, category, kind) if whole == PART else ())]} for kind in kinds
        }, words

    def _flags(self, rng: np.random.Generator, category: str, kind: str) -> list[Document]:
        """What flags would say beside the words, axis by axis."""
        found = []
        for axis in AXES[kind]:
            drawn = self.mix.draw(rng, "axis", f"{category} {axis}")
            if drawn:
                found.append(json.loads(drawn) | {"axis": axis})
        return found

    def _tree(
        self, rng: np.random.Generator, above: str, leaves: int, about: tuple[str, str], words: GrownWords
    ) -> Document:
        """Draw a clause of so many comparisons."""
        if leaves == 1:
            return self._leaf(rng, about, words)
        name = self.mix.draw(rng, "joined", above)
        if name == "not":
            return {"not": self._tree(rng, "not", leaves, about, words)}
        many = min(int(self.mix.draw(rng, "parts", name)), leaves)
        cuts = np.sort(rng.permutation(leaves - 1)[: many - 1]) + 1
        sizes = [last - first for first, last in pairwise([0, *cuts.tolist(), leaves])]
        return {name: [self._tree(rng, name, size, about, words) for size in sizes]}

    def _leaf(self, rng: np.random.Generator, about: tuple[str, str], words: GrownWords) -> Document:
        category, whole = about
        kind = self.mix.draw(rng, "leaf", whole)
        if kind == "unread_text":
            said = self._said("grown.unread", words)
            return {"unread_text": words.cite(said) | {"words": said}}
        if kind == "fact":
            for _ in range(_TRIES):  # a fact asked about twice would contradict itself, or say nothing more
                compared = self.bounds.comparison(rng, category)
                if compared["fact"] not in words.asked:
                    words.asked.add(compared["fact"])
                    label = self.declaration.facts[compared["fact"]].label
                    own = label.get(self.declaration.country.languages[0], compared["fact"])
                    return compared | {"source": words.cite(own) | {"text": own}}
        return {"no_data": self._said("grown.no_data", words)}

    def _said(self, key: str, words: GrownWords) -> str:
        """Name a condition that is like no other of its programme, so that no two parts of a clause are equal."""
        words.conditions += 1
        return self.messages.said(self.declaration.country.languages[0], key, number=words.conditions)
