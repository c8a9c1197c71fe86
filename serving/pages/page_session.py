"""Page session: who looks at pages, and what they typed before it ended; kept sealed in cookies."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from secrets import token_urlsafe
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from serving.http.tokens import Caller
from serving.pages.page_role import ROLES, scopes_of

IDLE_SECONDS: Final = 3600
"""So long after the last page somebody stays signed in."""
WHOLE_SECONDS: Final = 12 * 3600
"""So long somebody stays signed in at most."""
HELD_SECONDS: Final = 900
"""So long what was typed waits for whoever typed it to sign in again."""
SHORTEST_SECRET: Final = 32
MOST_UNANSWERED: Final = 24
"""So many questions that were left open are remembered."""
_MOST_TOLD: Final = 4
_LONGEST_TOLD: Final = 160
_CLIENT: Final = "pages"
_LARGEST: Final = 3800
"""Signs of a sealed value; browsers keep no cookie of more than 4,096 with its name and what stands beside it."""


@dataclass(frozen=True)
class PageSession:
    """Who looks at pages.

    Attributes:
        subject: the person; empty for who did not sign in.
        roles: as whom.
        name: what they are called on the page; empty where that is not known.
        nonce: known to nobody else; forms are bound to it.
        began: the UTC second of the sign-in.
        seen: that of the last page.
        proof: what a sign-in that has begun will be checked with; empty where none has.
        unanswered: the questions that were left open, each with the list of a request that it stands in from then on.
        told: what the next page says first, once.
        former: who asked before a session that ended; empty for who signed in or out since, or never did.
    """

    subject: str
    roles: frozenset[str]
    name: str
    nonce: str
    began: int
    seen: int
    proof: Mapping[str, str] = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[str] = ()
    former: str = ""

    @classmethod
    def new(cls, now: int, subject: str = "", roles: frozenset[str] = frozenset(), name: str = "") -> PageSession:
        """A session that begins now."""
        return cls(subject, roles, name, token_urlsafe(24), now, now)

    @property
    def caller(self) -> Caller:
        """Who this is to the desks of the service."""
        return Caller(self.subject or "visitor", scopes_of(self.roles), _CLIENT)

    @property
    def form_token(self) -> str:
        """What a form of this session carries; it says nothing of the nonce."""
        return hmac.digest(self.nonce.encode(), b"form", "sha256").hex()[:40]

    def alive(self, now: int) -> bool:
        """Whether it holds at a second."""
        return now - self.seen <= IDLE_SECONDS and now - self.began <= WHOLE_SECONDS

    def lasts(self, now: int) -> int:
        """For how many seconds it holds at most, whatever is looked at."""
        return self.began + WHOLE_SECONDS - now

    def seen_at(self, now: int) -> PageSession:
        """The session once a page was looked at."""
        return replace(self, seen=now)

    def leaving_open(self, fact: str, listed: str) -> PageSession:
        """The session once a question was left open; the oldest are asked again when there are too many."""
        kept = {name: one for name, one in self.unanswered.items() if name != fact} | {fact: listed}
        return replace(self, unanswered=dict(list(kept.items())[-MOST_UNANSWERED:]))

    def telling(self, *texts: str) -> PageSession:
        """The session whose next page says something first."""
        return replace(self, told=[text[:_LONGEST_TOLD] for text in texts][:_MOST_TOLD])

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "roles": sorted(self.roles)}

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> PageSession | None:
        """Read what `to_document` wrote; None where another version did, whose sessions held something else."""
        if set(document) != {one.name for one in fields(cls)}:
            return None
        return cls(**{**document, "roles": frozenset(document["roles"]) & frozenset(ROLES)})


class PageSeal:
    """Seals what cookies hold, so that who holds them can neither read nor change it."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Seal with the first secret, and open what any of them sealed, so that a secret can be replaced.

        Raises:
            ValueError: there is none, or one is shorter than SHORTEST_SECRET bytes.
        """
        if not secrets or min(map(len, secrets)) < SHORTEST_SECRET:
            raise ValueError(f"a secret of pages has at least {SHORTEST_SECRET} bytes")
        made = (hashlib.sha256(b"proffer pages 1 " + one).digest() for one in secrets)
        self._boxes = MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in made])

    def __repr__(self) -> str:
        """Never the secrets."""
        return "PageSeal()"

    def sealed(self, purpose: str, document: Mapping[str, Any], now: int) -> str | None:
        """Return a document sealed for one purpose; None where it is too large for a cookie."""
        text = json.dumps([purpose, document], ensure_ascii=False, separators=(",", ":"))
        found = self._boxes.encrypt_at_time(text.encode(), now).decode()
        return found if len(found) <= _LARGEST else None

    def opened(self, purpose: str, text: str, now: int, seconds: int) -> Mapping[str, Any] | None:
        """What was sealed for a purpose at most so many seconds ago; None for anything else."""
        try:
            found = json.loads(self._boxes.decrypt_at_time(text.encode(), ttl=seconds, current_time=now))
        except (InvalidToken, ValueError, binascii.Error):
            return None
        return found[1] if found[0] == purpose else None
