"""The manifest of an artefact, as the scorer it names reads it: its kind, and that its files are those it lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from features.problem import Problem, Rejected

MANIFEST: Final = "manifest.json"
_AGAIN: Final = "Train again, or pass --model the folder a training run wrote"

_NONE: Final = "is not the manifest of a ranker"


@dataclass(frozen=True)
class Format:
    """What a scorer reads: a kind of artefact in one version, and the files it needs."""

    kind: str
    version: int
    files: tuple[str, ...]

    def manifest(self, files: Mapping[str, bytes], declaration_hash: str | None = None) -> dict[str, Any]:
        """The artefact's manifest, once every file it lists was found to be the one it lists.

        Raises:
            Rejected: all that is wrong with the artefact, at once.
        """
        found = self._parsed(files)
        _unaltered(files, {name: found["files"][name] for name in self.files})
        if declaration_hash is not None:
            same_features(found["features_hash"], declaration_hash)
        return found

    def _parsed(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        if MANIFEST not in files:
            raise Rejected((Problem(("model",), "missing", f"{MANIFEST} is missing", _AGAIN),))
        where = ("model", MANIFEST)
        try:
            found = json.loads(files[MANIFEST])
            kind, version = found["kind"], found["format"]
        except (ValueError, KeyError, TypeError):
            raise Rejected((Problem(where, "invalid", _NONE, _AGAIN),)) from None
        if (kind, version) != (self.kind, self.version):
            what = f"is format {version} of kind {kind}; read here is format {self.version} of kind {self.kind}"
            raise Rejected((Problem(where, "invalid", what, "Train again with this version"),))
        listed = found.get("files")
        if not isinstance(listed, dict) or any(name not in listed for name in self.files):
            raise Rejected((Problem(where, "invalid", f"{_NONE}: it does not list the files of its kind", _AGAIN),))
        if not all(isinstance(found.get(name), str) for name in _HASHES):
            raise Rejected((Problem(where, "invalid", f"{_NONE}: it does not say what it was trained on", _AGAIN),))
        return dict(found)


_HASHES: Final = ("features_hash", "catalogue_hash")


def _unaltered(files: Mapping[str, bytes], listed: Mapping[str, str]) -> None:
    remedy = "Restore the folder from where it was trained, or train again"
    problems = []
    for name, digest in listed.items():
        if name not in files:
            problems.append(Problem(("model", name), "missing", "is missing", remedy))
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            problems.append(
                Problem(("model", name), "damaged", "is not the file its manifest names (sha256 differs)", remedy)
            )
    if problems:
        raise Rejected(tuple(problems))


def same_features(trained: str, given: str) -> None:
    """Refuse to score people who were computed with other features than the model was trained on."""
    if trained != given:
        what = f"model was trained with features hash {trained}, this declaration gives {given}"
        raise Rejected((Problem(("model",), "conflict", what, "Retrain or pass --declaration"),))
