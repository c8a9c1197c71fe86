"""The basis of a decision: the hash of each part of an engine, by which is known whether another engine is alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from features import __version__
from features.canonical_json import fingerprint
from recommender.engine import Engine

PARTS: Final = ("version", "catalogue", "declaration", "rules", "messages", "weights", "model")
"""The version of Proffer, the programmes, the vocabulary, the tables of regions and holidays, the sentences, the
weights of the utility with what corrects it, and the model: null where the order is by the rules alone."""


def basis_of(engine: Engine) -> dict[str, str | None]:
    """Return the hash of each of `PARTS`; what has the same hashes gives everybody the same answers."""
    ranker, corrected = engine.ranker, engine.ranker.correction
    return {
        "version": __version__,
        "catalogue": engine.catalogue.hash,
        "declaration": engine.declaration.hash,
        "rules": fingerprint([engine.regions, engine.working_days]),
        "messages": engine.messages.hash,
        "weights": fingerprint(ranker.weights if corrected is None else [ranker.weights, corrected]),
        "model": ranker.fingerprint if ranker.scorer is not None else None,
    }


def other_parts(recorded: Mapping[str, object], own: Mapping[str, object]) -> list[str]:
    """Return the parts of which a record was made of others, in the order of `PARTS`."""
    return [name for name in PARTS if recorded.get(name) != own.get(name)]
