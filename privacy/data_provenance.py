"""The provenance of rows: synthetic, public or private, and the files that a provenance label covers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from features.problem import Problem, Rejected, Where


class DataKind(StrEnum):
    """What kind of people rows are about. Unlabelled rows are private; only `proffer synth` labels rows synthetic."""

    SYNTHETIC = "synthetic"
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True)
class Provenance:
    """The stated kind of a folder's rows, and the sha256 of each file the statement covers."""

    kind: DataKind
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: object, where: Where = ("stamp.json",)) -> Provenance:
        """Read a label as `proffer synth` writes it; None (no label at all) means private.

        Raises:
            Rejected: the label is present and invalid.
        """
        if document is None:
            return cls(DataKind.PRIVATE)
        remedy = "Make the folder again with `proffer synth`"
        if not isinstance(document, Mapping):
            raise Rejected((Problem(where, "invalid", "is not a JSON object", remedy),))
        try:
            kind, files = DataKind(document["kind"]), dict(document.get("files", {}))
        except (KeyError, ValueError, TypeError):
            raise Rejected((Problem(where, "missing", "does not state what kind of rows these are", remedy),)) from None
        return cls(kind, files)

    def check(self, name: str, digest: str) -> None:
        """Refuse a file that the label does not cover.

        Args:
            name: the file's name, as in the label.
            digest: sha256 of its content, hex.

        Raises:
            Rejected: the label does not list the file, or lists another content.
        """
        if self.kind is DataKind.PRIVATE:
            return
        if self.files.get(name) != digest:
            what = f"is not the file that stamp.json labels {self.kind.value} (sha256 differs)"
            remedy = "Make the folder again with `proffer synth`, or delete stamp.json"
            raise Rejected((Problem((name,), "damaged", what, remedy),))


def digest(content: bytes) -> str:
    """The sha256 of some bytes, hex, as provenance labels and manifests write it."""
    return hashlib.sha256(content).hexdigest()
