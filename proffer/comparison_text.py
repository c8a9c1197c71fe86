"""Comparison text: what a noised comparison of two models says, as a document and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from proffer.train_exact import spend_text

if TYPE_CHECKING:
    from privacy.request import RunRequest
    from training.evaluation.comparison import Comparison, NoisedDifference
    from training.runs.private_promotion import PrivateVerdict

SAYS: Final = {
    "better": "the challenger orders better, beyond what noise and chance explain",
    "worse": "the challenger orders worse, beyond what noise and chance explain",
    "below_popularity": "the challenger orders better than the champion, but worse than one order for everybody",
    "less_calibrated": "the challenger orders better, but its probabilities are worse beyond noise and chance",
    "group_worse": "the challenger orders better on the whole, but a declared group worse by more than the margin",
    "miscalibrated": "the challenger orders better, but its mean prediction is further from what happened than allowed",
    "cannot_tell": "the difference is within what noise and chance explain",
    "too_few": "too few held-out units with an answered list to tell anything",
}


def comparison_document(found: PrivateVerdict, run: RunRequest) -> dict[str, Any]:
    """What `promote --epsilon E --json` prints beside who was promoted; every figure is noised."""
    comparison = found.comparison
    telling = comparison.telling_epsilon(run.delta) if comparison.outcome == "cannot_tell" else None
    return {
        "outcome": comparison.outcome, "units": round(max(comparison.units, 0.0)), "confidence": 0.95,
        "compared_with": "champion" if comparison.against is not None else "its own order for everybody",
        "checks": _checks(comparison), "telling_epsilon": None if telling is None else str(telling),
        "population": run.population, "unit": run.unit.value, "spend": found.spend.to_document(),
        "spend_id": found.spend_id, "released": str(found.kept),
    }  # fmt: skip


def _checks(comparison: Comparison) -> list[dict[str, Any]]:
    level, level_error = (_rounded(figure) for figure in comparison.level)
    gain = _difference(comparison.gain, comparison.multiplier)
    found: list[dict[str, Any]] = [{"check": "ndcg@5", **gain, "other": level, "other_error": level_error}]
    if comparison.above_popular is not None:
        above = _difference(comparison.above_popular, comparison.multiplier)
        found.append({"check": "ndcg@5 beside its own order for everybody", **above})
    if comparison.brier is not None:
        found.append({"check": "brier", **_difference(comparison.brier, comparison.multiplier)})
    bias = _difference(comparison.bias, comparison.multiplier)
    found.append({"check": "calibration", **bias, "says": comparison.bias_says})
    for at, (name, says) in enumerate(comparison.groups_say.items()):
        one = comparison.gain_of(at)
        figures = (_rounded(one.difference), _rounded(one.error)) if one.known else (None, None)
        found.append({"check": f"ndcg@5 of {name}", "difference": figures[0], "error": figures[1], "says": says})
    return found


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
        *map(_line, others),
        f"{SAYS[document['outcome']]} (95 % error bars)",
        *_remedy(document),
        f"spend {spent}: {document['spend_id']}",
        f"released {document['released']}",
    ]
    return "\n".join(lines)


def _line(one: dict[str, Any]) -> str:
    unsure = "; cannot tell" if one.get("says") == "cannot_tell" else ""
    if one["difference"] is None:
        return f"{one['check']}: too few to tell"
    by = {"brier": "lower by ", "calibration": "mean prediction off by "}.get(one["check"], "")
    failed = "FAILED " if one.get("says") == "failed" else ""
    return f"{failed}{one['check']}: {by}{one['difference']:+.4f} +/- {one['error']:.4f}{unsure}"


def _remedy(document: dict[str, Any]) -> list[str]:
    if document["outcome"] not in ("cannot_tell", "too_few"):
        return []
    epsilon = document["telling_epsilon"]
    if epsilon is None:
        return ["no epsilon tells a difference of this size on so few units: wait for more people"]
    return [f"a difference of this size is told at about epsilon {epsilon} on as many units"]
