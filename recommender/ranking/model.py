"""The model: an artefact's bytes as the scorer that its manifest names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from features.problem import Problem, Rejected
from recommender.ranking.scorer import Scorer

if TYPE_CHECKING:
    from recommender.ranking.attributes import Vocabulary


class Model(Scorer, Protocol):
    """A scorer read from an artefact."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the artefact is and where it comes from."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """How it reads programmes."""
        ...


Files = Mapping[str, bytes]


def read_model(files: Files, declaration_hash: str | None = None) -> Model:
    """Check an artefact's bytes and make the scorer that its manifest names.

    Args:
        files: file name -> content: `manifest.json` and every file it lists.
        declaration_hash: the features hash of the declaration in use; None skips the comparison.

    Raises:
        Rejected: the kind is unknown, a file is missing or altered, or the model was trained on other features.
    """
    kind = kind_of(files)
    if kind not in READERS:
        what = f"is of kind {kind!r}; this version reads {', '.join(READERS)}"
        raise Rejected((Problem(("model", "manifest.json"), "unknown", what, "Train again with this version"),))
    return READERS[kind](files, declaration_hash)


def kind_of(files: Files) -> str:
    """What kind of scorer an artefact says it is, unchecked."""
    try:
        return str(json.loads(files["manifest.json"])["kind"])
    except (ValueError, KeyError, TypeError):
        return "lightgbm"  # its reader reports what is wrong with an invalid manifest


def _forest(files: Files, declaration_hash: str | None) -> Model:
    from recommender.ranking.forest import Forest  # each kind of model is imported only where one is read

    return Forest.from_files(files, declaration_hash)


def _bilinear(files: Files, declaration_hash: str | None) -> Model:
    from recommender.ranking.bilinear import Bilinear

    return Bilinear.from_files(files, declaration_hash)


def _network(files: Files, declaration_hash: str | None) -> Model:
    from recommender.ranking.hidden_layer import HiddenLayer

    return HiddenLayer.from_files(files, declaration_hash)


PRIVATE_READERS: Final[dict[str, Callable[[Files, str | None], Model]]] = {"bilinear": _bilinear, "network": _network}
"""The kinds that were learned under differential privacy."""
READERS: Final = {"lightgbm": _forest, **PRIVATE_READERS}
