"""Grown catalogue: programmes that do not exist beside written ones, as many as are wanted, with one mix of rules.

What is drawn for one programme depends on the seed and its number alone: a larger catalogue begins with a smaller one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from data.growth.bound_change import BoundChange
from data.growth.grown_clause import FIELD, ClauseGrowth
from data.growth.rule_mix import RuleMix
from data.growth.rule_traits import WHOLE
from features.value import region_text
from recommender.messages import Messages
from recommender.rules.catalogue import catalogue
from recommender.rules.constant_clause import constant_clauses
from recommender.rules.contradiction import contradictions
from recommender.rules.region import Regions
from recommender.text import Text

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["CatalogueGrowth", "Placed"]

Document = dict[str, Any]
Placed = tuple[str, object]
"""Where a programme is written, and its document."""

_NATIONWIDE: Final = ("national", "public-institution")
_OF_PROVINCES: Final = ("province", "education-office")
_PAPERS: Final = "documents"
_TRIES: Final = 5
"""How often what would be sent back is drawn again; of 11,000 programmes none needs a third draw."""


@dataclass(frozen=True)
class CatalogueGrowth:
    """Grows a catalogue of programmes that are written to any size.

    Attributes:
        written: the programmes to begin with.
        mix: how often real programmes have which traits.
        declaration: the facts that rules may name.
        regions: where the provinces and districts are.
        messages: the words that grown programmes are described in.
        seed: everything that is drawn follows from it.
    """

    written: Sequence[Placed]
    mix: RuleMix
    declaration: Declaration
    regions: Regions
    messages: Messages
    seed: int

    def documents(self, size: int, advance: Callable[[int], object] = lambda _: None) -> list[Placed]:
        """Return the first `size` programmes, those that are written before those that are grown."""
        written = list(self.written[:size])
        grown: dict[str, Document] = {}
        wanted = [f"grown.{number:06d}" for number in range(size - len(written))]
        for attempt in range(_TRIES):
            for name in wanted:
                grown[name] = self._programme(name, attempt)
                advance(attempt == 0)
            wanted = self._unsound({name: grown[name] for name in wanted})
        return [*written, *grown.items()]

    def _unsound(self, grown: Mapping[str, Document]) -> list[str]:
        """Those that somebody checking a catalogue would send back: a clause contradicts itself, or asks nothing."""
        documents = list(grown.items())
        held = catalogue(documents, self.declaration, self.regions)
        wrong = (*contradictions(held, self.declaration, {}), *constant_clauses(documents, held, self.declaration))
        return sorted({str(problem.path[0]) for problem in wrong})

    def _programme(self, name: str, attempt: int) -> Document:
        rng = np.random.Generator(np.random.PCG64([self.seed, int(name[-6:]), attempt]))
        category = self.mix.draw(rng, "category")
        level, whole = self.mix.draw(rng, "level", category), self.mix.draw(rng, "whole", category)
        code, place = self._place(rng, level)
        who, words = self._clauses.who(rng, category, whole, self._region(rng, level, code))
        text = {self.declaration.country.languages[0]: words.text or FIELD}
        return {
            "id": name,
            "title": self._title(min(words.asked, default=None), place, int(name[-6:])).to_document(),
            "provider": {"id": f"grown.{code or level}", "name": place.to_document(), "level": level},
            "who": who,
            "source": {"url": f"https://{name}.invalid/", "checked": self._checked.isoformat(), "text": text},
            "verified": whole == WHOLE,
            **self._terms(rng, category),
        }

    def _terms(self, rng: np.random.Generator, category: str) -> Document:
        """What a programme gives, when and how: all but who may have it."""
        form, window = self.mix.draw(rng, "form", category), self._window(rng, category)
        parts = [self._payment(rng, category) for _ in range(int(self.mix.draw(rng, "payments", category)))]
        papers = rng.permutation(len(self._papers))[: int(self.mix.draw(rng, "documents", category))]
        bits = int(self.mix.draw(rng, "views"))
        found: Document = {
            "category": category,
            "form": form.split(),
            "value": {"currency": self.declaration.country.currency.code}
            | ({"parts": parts, "adds": False} if parts else {"amount": None}),
            "window": window,
            "delivery": self.mix.draw(rng, "delivery", category),
            "documents": [self._papers[place] for place in sorted(papers.tolist())],
            "beneficiary": self.mix.draw(rng, "beneficiary", category),
            "views": int(rng.integers(1 << bits >> 1, 1 << bits)),
        }
        return found | ({"triggers": window["after"]} if "after" in window else {})

    def _title(self, whom: str | None, place: Text, number: int) -> Text:
        if whom is None:
            return self.messages.text("grown.title_open", place=place, number=str(number))
        label = Text.of(self.declaration.facts[whom].label)
        return self.messages.text("grown.title", place=place, whom=label, number=str(number))

    # --- where ---

    def _place(self, rng: np.random.Generator, level: str) -> tuple[str, Text]:
        """The code of a province or district, nothing for the whole country, and what it is called."""
        if level in _NATIONWIDE:
            return "", self.messages.text("grown.nationwide")
        codes = self._standing[level in _OF_PROVINCES]
        code = codes[int(rng.integers(len(codes)))]
        return region_text(code), self.messages.in_each(lambda language: self.regions.name(code, language))

    def _region(self, rng: np.random.Generator, level: str, code: str) -> Document | None:
        asked = self.mix.draw(rng, "region", level)
        if not code or asked == "none":
            return None
        clause: Document = {"fact": "region", "is": code, "axis": "region"}
        return {"advisory": clause, "axis": "region"} if asked == "advisory" else clause

    @cached_property
    def _standing(self) -> tuple[list[int], list[int]]:
        """Districts, then provinces, that have not ended and that an agency answers for; all where none is known."""
        answered = {one.region for rows in self.regions.agencies.values() for one in rows if one.verified}
        day = (self._checked - date(1970, 1, 1)).days
        found = sorted(
            code
            for code, region in self.regions.by_code.items()
            if region.current(day) and not region.successors and (code in answered or not answered)
        )
        outermost = {code for code in found if self.regions.by_code[code].within is None}
        return [code for code in found if code not in outermost], sorted(outermost)

    # --- when and how much ---

    def _window(self, rng: np.random.Generator, category: str) -> Document:
        drawn: Document = json.loads(self.mix.draw(rng, "window", category))
        if "occasion" in drawn:
            drawn["occasion"] = self.messages.said(self.declaration.country.languages[0], "grown.occasion")
        if "weeks" in drawn:
            year = self._checked.year - drawn.pop("years_ago")
            opens = date(year, drawn.pop("month"), 1 + int(rng.integers(28)))
            closes = opens + timedelta(weeks=drawn.pop("weeks"), days=int(rng.integers(7)))
            drawn |= {"from": opens.isoformat(), "until": closes.isoformat()}
        return drawn | {"text": self.messages.text(f"change.window.{drawn['kind']}").to_document()}

    def _payment(self, rng: np.random.Generator, category: str) -> Document:
        drawn: Document = json.loads(self.mix.draw(rng, "payment", category))
        sums = sorted(self._clauses.bounds.amount(rng, key) for key in ("from", "at_most", "amount") if key in drawn)
        named = [key for key in ("from", "at_most", "amount") if key in drawn]
        return drawn | dict(zip(named, sums, strict=True))

    # --- what is taken from the written programmes ---

    @cached_property
    def _clauses(self) -> ClauseGrowth:
        return ClauseGrowth(self.mix, BoundChange(self.mix), self.declaration, self.messages)

    @cached_property
    def _checked(self) -> date:
        """The last day on which a written programme's source was looked at: what is grown is of that day."""
        days = [str(one["source"].get("checked")) for _, one in self._written if one["source"].get("checked")]
        return date.fromisoformat(max(days))

    @cached_property
    def _papers(self) -> list[object]:
        """The papers that written programmes ask for, each once."""
        found = {json.dumps(paper, sort_keys=True): paper for _, one in self._written for paper in one.get(_PAPERS, ())}
        return [found[name] for name in sorted(found)]

    @cached_property
    def _written(self) -> list[tuple[str, Document]]:
        return [(where, one) for where, one in self.written if isinstance(one, dict)]
