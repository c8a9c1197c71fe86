"""Comparison text: what a noised comparison of two models says, as a document and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from proffer.train_exact import spend_text

if TYPE_CHECKING:
    from privacy.request import RunRequest
    from training.evaluation.comparison import NoisedDifference
    from training.runs.private_promotion import PrivateVerdict

_SAYS: Final = {
    "better": "the challenger orders better, beyond what noise and chance explain",
    "worse": "the challenger orders worse, beyond what noise and chance explain",
    "less_calibrated": "the challenger orders better, but its probabilities are worse beyond noise and chance",
    "cannot_tell": "the difference is within what noise and chance explain",
    "too_few": "too few held-out units with an answered list to tell anything",
}


def comparison_document(found: PrivateVerdict, run: RunRequest) -> dict[str, Any]:
    """What `promote --epsilon E --json` prints beside who was promoted; every figure is noised."""
    comparison = found.comparison
    level, level_error = comparison.level
    checks = [{"check": "ndcg@5", **_difference(comparison.gain, comparison.multiplier), "other": _rounded(level)}]
    checks[0]["other_error"] = _rounded(level_error)
    if comparison.calibration is not None:
        checks.append({"check": "brier", **_difference(comparison.calibration, comparison.multiplier)})
    telling = comparison.telling_epsilon(run.delta) if comparison.outcome == "cannot_tell" else None
    return {
        "outcome": comparison.outcome, "units": round(max(comparison.units, 0.0)), "confidence": 0.95,
        "compared_with": "champion" if comparison.against is not None else "its own order for everybody",
        "checks": checks, "telling_epsilon": None if telling is None else str(telling),
        "population": run.population, "unit": run.unit.value, "spend": found.spend.to_document(),
        "spend_id": found.spend_id, "released": str(found.kept),
    }  # fmt: skip


def _difference(one: NoisedDifference, multiplier: float) -> dict[str, Any]:
    return {"difference": _rounded(one.mean), "error": _rounded(one.error(multiplier))}


def _rounded(figure: float) -> float:
    return round(figure, 6)


def comparison_text(document: dict[str, Any]) -> str:
    """The same for people."""
    first, *others = document["checks"]
    other = f"{document['compared_with']} ({first['other']:.4f} +/- {first['other_error']:.4f})"
    spent = f"{spend_text(document['spend'], document['unit'])} of population {document['population']}"
    lines = [
        f"{document['units']} held-out units ({document['unit']}s) with an answered list (noised)",
        f"ndcg@5: {first['difference']:+.4f} +/- {first['error']:.4f} against {other}",
        *(f"brier: lower by {one['difference']:+.4f} +/- {one['error']:.4f}" for one in others),
        f"{_SAYS[document['outcome']]} (95 % error bars)",
        *_remedy(document),
        f"spend {spent}: {document['spend_id']}",
        f"released {document['released']}",
    ]
    return "\n".join(lines)


def _remedy(document: dict[str, Any]) -> list[str]:
    if document["outcome"] not in ("cannot_tell", "too_few"):
        return []
    epsilon = document["telling_epsilon"]
    if epsilon is None:
        return ["no epsilon tells a difference of this size on so few units: wait for more people"]
    return [f"a difference of this size is told at about epsilon {epsilon} on as many units"]
