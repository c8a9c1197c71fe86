"""Report text: the messages that the report on a ledger is written with, and the placeholders of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

Say = Callable[..., str]
"""Returns a message in one language, by its key, its placeholders filled with what is given by name."""

LIMITS: Final = 9
USES_HEADS: Final = ("day", "what", "purpose", "requester", "epsilon", "state")
SIGNED_HEADS: Final = ("day", "population", "what", "signed_by", "why")
STATES: Final = ("reserved", "committed", "expired", "released")
STAGES: Final = ("count", "train", "evaluate", "exact", "reach")
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "gaussian": ("noise",),
    "laplace": ("noise",),
    "repeat_and_select": ("mean",),
    "declared": ("epsilon", "delta"),
    "non_private": (),
}
"""The kinds of releases, and what is told of each."""
DETAILS: Final = (
    *("entry", "requester", "purpose", "why", "mechanism", "price", "units", "households", "declaration", "catalogue"),
    *("released", "serves", "software", "audit"),
)
HOUSEHOLDS: Final = ("roll", "asker", "found", "made_up")
"""How the households of a use came to be: see `spend_report.households_of`."""
_AUDITED: Final = ("day", "claimed", "delta", "lower", "confidence", "canaries")
DID: Final = ("open", "release", "raise", "reset", "public", "key")

MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "report.title": (),
    "report.source": ("entries", "ledger", "day"),
    "report.nothing": (),
    "report.population": ("population",),
    "report.what": (),
    "report.protects.person": (),
    "report.protects.household": (),
    "report.how_much": (),
    "report.guess": ("chance",),
    "report.measure": ("lifetime", "delta", "period", "spent", "cap", "left"),
    "report.together": ("two", "three"),
    "report.unkept": ("all", "unkept", "two", "three"),
    "report.made_up": ("two", "three"),
    "report.always": (),
    "report.period": ("period",),
    "report.spent": (),
    "report.cap": (),
    "report.caption": (),
    "report.beyond": ("highest", "cap"),
    "report.as_table": (),
    "report.uses": (),
    **{f"report.uses_head.{head}": () for head in USES_HEADS},
    "report.no_uses": (),
    "report.sum": ("sum", "spent"),
    "report.each": (),
    **{f"report.stage.{stage}": () for stage in STAGES},
    **{f"report.detail.{detail}": () for detail in DETAILS},
    "report.asked.unsigned": ("requester",),
    "report.asked.signed": ("requester", "key"),
    "report.asked.enrolled": ("requester", "key"),
    "report.asked.reason": ("why",),
    "report.asked.unsigned_reason": ("why",),
    **{f"report.noise.{kind}": values for kind, values in KINDS.items()},
    "report.steps": ("noise", "steps"),
    "report.sampled": ("noise", "steps", "rate"),
    "report.units.stated": ("units",),
    "report.units.noised": ("units",),
    "report.units.unknown": (),
    **{f"report.households.{kind}": () for kind in HOUSEHOLDS},
    "report.unsaid": (),
    "report.serves.used": ("model",),
    "report.serves.kept": ("model",),
    "report.serves.elsewhere": (),
    "report.audited": (),
    "report.audit.none": (),
    "report.audit.worst": ("told", "audits"),
    "report.audit.held": _AUDITED,
    "report.audit.refuted": _AUDITED,
    "report.seen": (),
    "report.seen_by": ("witness", "day", "days"),
    "report.seen_by_nobody": (),
    "report.age": ("day", "days"),
    "report.verified.compared": ("key",),
    "report.verified.taken": ("key",),
    "report.relation": ("delta",),
    **{f"report.state.{state}": () for state in STATES},
    "report.from_whom": (),
    "report.from_whom_text": (),
    "report.not_promised": (),
    **{f"report.limit.{number}": () for number in range(1, LIMITS + 1)},
    "report.signed": (),
    **{f"report.signed_head.{head}": () for head in SIGNED_HEADS},
    "report.whole": (),
    **{f"report.did.{kind}": () for kind in DID},
    "report.check": (),
    "report.check_text": ("command", "root"),
}


def guess(best: str, say: Say) -> str:
    """What the best chance of a right guess, a decimal fraction, means in a sentence: it is rounded up."""
    return say("report.guess", chance=math.ceil(Decimal(best) * 100))


def limits(say: Say) -> list[str]:
    """What is not promised, a sentence each."""
    return [say(f"report.limit.{number}") for number in range(1, LIMITS + 1)]
