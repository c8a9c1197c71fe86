"""Recorded audits: what each audit of a run claimed and showed, and the one that says the most against a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from privacy.ledger.entry import AnyEntry, AuditEntry


def audits(entries: Iterable[AnyEntry]) -> list[dict[str, Any]]:
    """Every recorded audit, the latest last: what was claimed, and the epsilon the run was seen not to be below."""
    return [
        {
            "index": one.index,
            "at": one.at,
            "claimed": one.body.epsilon,
            "delta": one.body.delta,
            "lower": {"steps": one.body.steps.lower, "model": one.body.model.lower},
            "confidence": one.body.confidence,
            "canaries": one.body.canaries,
            "software": one.body.software,
            "refuted": one.body.lower > Decimal(one.body.epsilon),
        }
        for one in entries
        if isinstance(one, AuditEntry)
    ]


def worst(audits: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The audit that exceeds its claim the most or, where none does, shows the most; None where none is recorded.

    By differences and not by ratios: a claim close to nothing would lead by any ratio, and hide one that matters.
    A later, better one does not replace it: whether the fault it saw is gone is for people to say.
    """

    def shown(one: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
        lower, claimed = max(map(Decimal, one["lower"].values())), Decimal(one["claimed"])
        return max(lower - claimed, Decimal(0)), lower, -claimed

    return max(audits, key=shown, default=None)
