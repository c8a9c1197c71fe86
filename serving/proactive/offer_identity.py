"""Offer identity: ids that follow from what an offer is, so that one made again, also after a restore, has the same."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from features.canonical_json import canonical_text

__all__ = ["KEY_BYTES", "OfferIdentity"]

KEY_BYTES: Final = 32
_SIGNS: Final = 32


@dataclass(frozen=True)
class OfferIdentity:
    """Names offers and messages under a key of the deployment, without which nobody can tell whose an id is.

    The key is kept apart from the database: a backup of yesterday that is restored makes the ids of today again.

    >>> ids = OfferIdentity(bytes(KEY_BYTES))
    >>> first = ids.offer("ann", "kr.parent-benefit", (None, 20_000), "")
    >>> first == ids.offer("ann", "kr.parent-benefit", (None, 20_000), ""), first[:4]
    (True, 'off_')

    Attributes:
        key: KEY_BYTES random bytes.
    """

    key: bytes

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed."""
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"the key of offers has {len(self.key)} bytes, and at least {KEY_BYTES} are needed")

    def offer(self, citizen: str, programme: str, window: tuple[int | None, int | None], follows: str) -> str:
        """Return the id of an offer.

        Args:
            citizen: to whom.
            programme: of what.
            window: the days of the window it was first made for.
            follows: the id of the person's offer of this programme before it, empty for the first.
        """
        return self._of("off", [citizen, programme, *window, follows])

    def message(self, kind: str, offers: Iterable[str]) -> str:
        """Return the id of a message about offers, each by its id and what happened to it."""
        return self._of("msg", [kind, *sorted(offers)])

    def _of(self, prefix: str, parts: list[object]) -> str:
        said = canonical_text(["proffer-1", prefix, *parts]).encode()
        return f"{prefix}_{hmac.digest(self.key, said, 'sha256').hex()[:_SIGNS]}"
