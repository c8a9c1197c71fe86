"""The contact policy that tests decide by: like the shipped one, with every kind of channel."""

from __future__ import annotations

from dataclasses import replace

from features.calendar import Zone
from recommender.changes.offer_state import OfferState, WindowState
from recommender.contact.contact_policy import parse_contact_policy
from recommender.contact.contact_record import Choices
from recommender.contact.due_offer import DueOffer, terms_of
from recommender.rules.clause import Answer

ZONE = Zone("Asia/Seoul")
NOTICE = "notice"
DOCUMENT = {
    "purposes": {NOTICE: {"title": "Notice", "needs": "application", "basis": "a law"}},
    "channels": {
        "app": {"mode": "pull", "purpose": NOTICE, "needs_choice": False, "sensitive": True},
        "webhook": {"mode": "push", "purpose": NOTICE, "sensitive": True},
        "letter": {"mode": "push", "purpose": NOTICE},
    },
    "frequency": {"contacts": 2, "within": "P1M"},
    "urgency": {"days": 14, "breaks": 1, "within": "P1Y"},
    "quiet": {"from": "21:00", "until": "08:00"},
    "message": {"programmes": 3, "questions": 1},
}
POLICY = parse_contact_policy(DOCUMENT, ("en",))
AWAKE = replace(POLICY, quiet=(0, 0))
BOTH = Choices(frozenset({NOTICE, f"{NOTICE}:webhook", f"{NOTICE}:letter"}))
NOON = 1_800_000_000 // 86_400 * 86_400 + 3 * 3600  # 12:00 in Seoul


def state(answer=Answer.YES, closes=None, amount=(100, 100), held=False, apart=False, opens=None, window="open"):
    return OfferState(answer, WindowState(window, opens, closes, None), amount, held, apart)


def offer(name, standing="yes", gain=100, given=None, **more):
    """What may be offered, resting on a state."""
    return DueOffer(name, terms_of(given or state()), standing, gain, **more)


def bars(states):
    """Why each of some programmes cannot be offered, by how somebody stands to it."""
    return {name: one.bar for name, one in states.items()}
