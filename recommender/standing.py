"""Standing: how a person stands to a programme, in the four words people read; rules and filters never read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from recommender.rules.clause import Answer

if TYPE_CHECKING:
    from recommender.rules.verdict import Verdict

__all__ = ["DEPENDS", "LIKELY", "NO", "STANDINGS", "YES", "standing", "verdict_json"]

YES: Final = "yes"
"""The rules say yes."""
LIKELY: Final = "likely"
"""Nothing known speaks against it and nothing that people can be asked is open; what could not be read is shown."""
DEPENDS: Final = "depends"
"""It depends on something named: facts that can be asked, or a criterion of a doubtful source that is not met."""
NO: Final = "no"
"""The rules say no."""
STANDINGS: Final = (YES, LIKELY, DEPENDS, NO)


def standing(verdict: Verdict) -> str:
    """Return how a person stands to a programme: one of STANDINGS, from the answer and its reasons alone."""
    if verdict.answer != Answer.UNKNOWN:
        return YES if verdict.answer == Answer.YES else NO
    asked = bool(verdict.missing) or any(reason.cause == "missing_fact" for reason in verdict.because)
    against = any(reason.advised and reason.cause == "doubtful_source" for reason in verdict.because)
    return DEPENDS if asked or against else LIKELY


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return one entry of `verdicts` in the output of `proffer eligible`."""
    return {
        "programme": verdict.programme.id,
        "answer": verdict.answer.name.lower(),
        "standing": standing(verdict),
        "because": [reason.to_json() for reason in verdict.because],
        "missing": list(verdict.missing),
    }
