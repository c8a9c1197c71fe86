"""Model evidence: what a model has to bring before any figure of it is read: its card, its hashes, its ledger entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import ledger_files
from composition.model_registry import read_artefact
from features import strict_json
from features.problem import Rejected

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from training.data.material import TrainingData

CARD: Final = (
    "kind", "format", "run_id", "trained_at", "data_kind", "spend", "settings", "features_hash", "catalogue_hash",
    "artefact",
)  # fmt: skip
"""What the card of every model is made of (`training.evaluation.full_report`)."""
COMMITTED: Final = "committed"


@dataclass(frozen=True)
class ModelEvidence:
    """One thing a model brings or lacks.

    Attributes:
        name: what it is.
        passed: whether it is there and is what it says.
        what: what is wrong, or what was found.
    """

    name: str
    passed: bool
    what: str

    def to_document(self) -> dict[str, Any]:
        """As `promote --json` prints it."""
        return {"check": self.name, "passed": self.passed, "what": self.what}

    def __str__(self) -> str:
        """One line for people."""
        return f"{'ok    ' if self.passed else 'FAILED'} {self.name}: {self.what}"


def evidence(folder: Path, material: TrainingData, workspace: Workspace) -> tuple[ModelEvidence, ...]:
    """Look at an artefact, and at the ledger of its home, before its figures.

    Raises:
        Rejected: the artefact is unreadable.
    """
    from training.artefact import MANIFEST, REPORT, model_digest

    files = read_artefact(folder)
    manifest = strict_json.parse(files[MANIFEST])
    assert isinstance(manifest, dict), "read_artefact saw that it is"
    artefact = model_digest({name: content for name, content in files.items() if name not in (MANIFEST, REPORT)})
    card = _card(manifest, artefact)
    return (card, *_hashes(manifest, material), *([_entry(manifest, artefact, workspace)] if card.passed else []))


def _card(manifest: Mapping[str, Any], artefact: str) -> ModelEvidence:
    missing = [name for name in CARD if manifest.get(name) is None]
    if missing:
        return ModelEvidence("card", False, f"its manifest does not say {', '.join(missing)}")
    if manifest["artefact"] != artefact:
        return ModelEvidence("card", False, "its files are not those that its card names")
    return ModelEvidence("card", True, f"says what it is, learned from {manifest['data_kind']} rows")


def _hashes(manifest: Mapping[str, Any], material: TrainingData) -> tuple[ModelEvidence, ...]:
    """Of the features, which are the declaration's, and of the catalogue."""
    now = {"declaration": material.declaration.hash, "catalogue": material.catalogue.hash}
    learned = {"declaration": manifest.get("features_hash"), "catalogue": manifest.get("catalogue_hash")}
    found = []
    for name, value in now.items():
        other = f"it learned with {str(learned[name])[:12]}, and this is {value[:12]}"
        same = learned[name] == value
        found.append(ModelEvidence(name, same, f"the one it learned with ({value[:12]})" if same else other))
    return tuple(found)


def _entry(manifest: Mapping[str, Any], artefact: str, workspace: Workspace) -> ModelEvidence:
    """The entry that paid for a model, or for its teacher: committed, with these hashes, in a ledger that verifies."""
    taught = manifest.get("teacher")
    paid = taught if isinstance(taught, dict) else manifest
    spend, finite = paid.get("spend_id"), manifest["spend"].get("epsilon") != "infinity"
    if spend is None:
        real = finite or manifest.get("data_kind") == "private"
        what = "names no entry that paid for it" if real else "needs none: it learned from rows that cost nothing"
        return ModelEvidence("ledger", not real, what)
    try:
        found, wrong = _use_of(str(spend), workspace)
    except Rejected as refusal:
        return ModelEvidence("ledger", False, refusal.problems[0].what)
    return (
        ModelEvidence("ledger", not wrong, wrong)
        if wrong
        else _of_use(manifest, found, artefact if paid is manifest else None)
    )


def _of_use(manifest: Mapping[str, Any], use: Mapping[str, Any], artefact: str | None) -> ModelEvidence:
    """Whether what the ledger says of a use is this model; None: of whatever was released."""
    name, now = use["spend"], {one: use["run"][one] for one in ("declaration", "catalogue")}
    learned = {"declaration": manifest.get("features_hash"), "catalogue": manifest.get("catalogue_hash")}
    if use["state"] != COMMITTED or artefact not in (None, use["artefact"]):
        return ModelEvidence("ledger", False, f"{name} is {use['state']}, and not by this artefact")
    if now != learned:
        return ModelEvidence("ledger", False, f"{name} was of another declaration or catalogue")
    return ModelEvidence("ledger", True, f"{name} paid for it, and the ledger verifies")


def _use_of(spend: str, workspace: Workspace) -> tuple[Mapping[str, Any], str]:
    """What the ledger says of a spend, and what is wrong with the ledger or with its having it."""
    from composition.ledger_reading import spends_document
    from privacy.ledger.verify import verify

    ledger = ledger_files.open_ledger(workspace.path)
    exported = ledger.exported()
    checked = verify(exported.encode(), ledger.verifier)
    if checked.findings:
        return {}, f"the ledger does not verify: {checked.findings[0].what}"
    found = [use for use in spends_document(exported)["spends"] if use["spend"] == spend]
    return (found[0], "") if found else ({}, f"the ledger holds no {spend}, which its manifest names")
