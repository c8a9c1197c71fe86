"""Message keys: the messages that records are explained with, and the placeholders of each."""

from __future__ import annotations

from typing import Final

from recommender.messages import Keys

MESSAGES: Final[Keys] = {
    "decision.shown": ("day", "shown", "total"),
    "decision.rules": (),
    "decision.by_model": (),
    "decision.by_rules": (),
    "decision.by_lot": ("basis",),
    "decision.offered": ("day", "time", "count", "channel"),
    "decision.taken_back": ("day", "time", "count", "channel"),
    "decision.delivered": ("day", "time"),
    "decision.waits": (),
    "decision.not_sent": (),
    "decision.urgent": (),
    "decision.held_out": ("day", "count", "share", "basis"),
    "decision.purpose": ("purpose", "basis"),
    "decision.known": ("label", "event", "day"),
    "decision.silent": ("label", "day"),
    "decision.contest": (),
}
