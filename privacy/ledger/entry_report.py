"""Entry report: one entry of an exported ledger with what anybody needs in order to check that it stands there."""

from __future__ import annotations

from typing import Any

from privacy.ledger import entry, merkle
from privacy.ledger.export import LedgerExport
from privacy.ledger.note import Checkpoint, proof_text
from privacy.ledger.terms import document_of


def entry_document(exported: LedgerExport, index: int) -> dict[str, Any]:
    """An entry, its hash, and the path of hashes from it to the root of the latest checkpoint.

    Args:
        exported: a ledger that was checked, with a checkpoint over all entries.
        index: of the entry, from 0.

    Raises:
        merkle.BadProof: there is no such entry.
    """
    lines, note = exported.entries, exported.notes[-1]
    leaves = merkle.leaf_hashes(lines)
    path = merkle.inclusion_proof(leaves, index)
    checkpoint = Checkpoint.parse(note.text)
    one = entry.parse(lines[index])
    return {
        **_summary(one),
        "spend": document_of(one.body).get("spend"),
        "artefact": document_of(one.body).get("artefact"),
        "text": lines[index].decode(),
        "prior": one.prior,
        "leaf": leaves[index].hex(),
        "path": [node.hex() for node in path],
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "proof": proof_text(index, path, note).decode(),
    }


def entry_summaries(exported: LedgerExport) -> list[dict[str, Any]]:
    """Every entry in a line: its place, when it was written, its kind, and whose it is."""
    return [_summary(entry.parse(line)) for line in exported.entries]


def checkpoint_rows(exported: LedgerExport) -> list[dict[str, Any]]:
    """Every checkpoint of an export, the latest first: its size, its root, and who cosigned it and when (UTC)."""
    found = []
    for note in reversed(exported.notes):
        one = Checkpoint.parse(note.text)
        seen = [{"name": by.name, "moment": by.moment} for by in note.signatures[1:]]
        found.append({"size": one.size, "root": one.root.hex(), "witnesses": seen})
    return found


def _summary(one: entry.AnyEntry) -> dict[str, Any]:
    return {"index": one.index, "at": one.at, "kind": str(one.kind), "population": one.population}
