"""Doubts: what a log cannot tell, however much is learned from it, as problems that are told and stop nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.problem import Problem
from training.data.examples import Examples

ALIKE: Final = 0.9
"""Where programmes explain more than this share of how places vary, they and places are one thing."""
_NAMED: Final = 5
_LOTS: Final = "Show a few programmes by lot, in places by lot"


def doubts(examples: Examples, programmes: Sequence[str]) -> tuple[Problem, ...]:
    """What these showings cannot tell.

    Args:
        examples: what was shown.
        programmes: names, in the order of the catalogue.
    """
    found = []
    if place_explained(examples) > ALIKE:
        what = "hangs on the programme alone, so who does not look and who does not want cannot be told apart"
        found.append(Problem(("benefit.shown", "position"), "conflict", what, _LOTS))
    shown = np.bincount(examples.programme, minlength=len(programmes)) > 0
    never = [name for name, told in zip(programmes, shown.tolist(), strict=True) if not told]
    if never:
        names = ", ".join(never[:_NAMED]) + (", ..." if len(never) > _NAMED else "")
        what = (
            f"{len(never)} programmes were never shown ({names}): they stand where their public attributes let expect"
        )
        found.append(Problem(("benefit.shown", "programme"), "missing", what, _LOTS))
    return tuple(found)


def place_explained(examples: Examples) -> float:
    """The share of how the logarithm of the place varies that the programme explains (eta squared); 0 if it does not.

    Only programmes that were shown at least twice count: one showing explains itself.
    """
    often = np.bincount(examples.programme)[examples.programme] > 1 if len(examples) else np.zeros(0, dtype=np.bool_)
    kept = examples[often & ~np.isnan(examples.position) & (examples.position > 0)]
    if not len(kept):
        return 0.0
    place, programme = np.log(kept.position.astype(np.float64)), kept.programme
    whole = float(((place - np.average(place, weights=kept.weight)) ** 2 * kept.weight).sum())
    total = np.bincount(programme, kept.weight)
    means = np.bincount(programme, kept.weight * place) / np.maximum(total, 1e-12)
    rest = float(((place - means[programme]) ** 2 * kept.weight).sum())
    return 1 - rest / whole if whole > 1e-9 else 0.0
