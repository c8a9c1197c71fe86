"""Webhook signature: what a message is signed with and how a receiver checks it, as Standard Webhooks says.

The signed text is `id.timestamp.body`. `v1` is HMAC-SHA256 under a secret that both sides hold (`whsec_` and base64),
`v1a` Ed25519 under a key of which receivers hold the public half (`whsk_` and `whpk_`). Several signatures stand in one
header, so that keys can be changed while messages are under way.

Source: Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.problem import Problem, Problems

__all__ = ["ID", "SIGNATURE", "TIMESTAMP", "TOLERANCE", "Verifier", "WebhookKeys", "parse_keys"]

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE: Final = 300
"""Seconds by which a receiver's clock may differ: what is older or newer is refused."""
SHARED: Final = "whsec_"
PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"
_SECRET_BYTES: Final = range(24, 65)
_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class WebhookKeys:
    """What a sender signs with: every one of them, so that a receiver needs to hold only one.

    Attributes:
        secrets: of HMAC-SHA256.
        private: of Ed25519, 32 bytes each.
    """

    secrets: tuple[bytes, ...] = ()
    private: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        """Never the keys themselves."""
        return f"WebhookKeys({len(self.secrets)} secrets, {len(self.private)} private keys)"

    @property
    def public(self) -> tuple[str, ...]:
        """The public halves, as receivers are given them."""
        keys = [Ed25519PrivateKey.from_private_bytes(one).public_key() for one in self.private]
        return tuple(PUBLIC + base64.b64encode(one.public_bytes_raw()).decode() for one in keys)

    def headers(self, id_: str, at: int, body: bytes) -> dict[str, str]:
        """Return the three headers of a message that leaves at a UTC second."""
        said = _signed(id_, at, body)
        made = [f"v1,{_encoded(hmac.digest(one, said, 'sha256'))}" for one in self.secrets]
        made += [f"v1a,{_encoded(Ed25519PrivateKey.from_private_bytes(one).sign(said))}" for one in self.private]
        return {ID: id_, TIMESTAMP: str(at), SIGNATURE: " ".join(made)}


def parse_keys(text: str, where: str) -> WebhookKeys:
    """Read keys, each with its prefix, with white space between them.

    Raises:
        Rejected: with every one that is not such a key; none is repeated in what is said.
    """
    problems, secrets, private = Problems(), list[bytes](), list[bytes]()
    for place, word in enumerate(text.split()):
        prefix = next((one for one in (SHARED, PRIVATE) if word.startswith(one)), "")
        raw = _decoded(word.removeprefix(prefix))
        if prefix == SHARED and len(raw) in _SECRET_BYTES:
            secrets.append(raw)
        elif prefix == PRIVATE and len(raw) == _KEY_BYTES:
            private.append(raw)
        else:
            remedy = "Give whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of the 32 of an Ed25519 key"
            problems.add((where, place), "invalid", "is no key of a webhook", remedy)
    if not (secrets or private or problems.found):
        problems.found.append(Problem((where,), "missing", "holds no key", "Give at least one, as whsec_ or whsk_"))
    problems.raise_any()
    return WebhookKeys(tuple(secrets), tuple(private))


@dataclass(frozen=True)
class Verifier:
    """What a receiver checks messages with.

    Attributes:
        secrets: of HMAC-SHA256, of which any one is enough.
        public: of Ed25519, 32 bytes each, likewise.
    """

    secrets: tuple[bytes, ...] = ()
    public: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, words: Sequence[str]) -> Verifier:
        """Read `whsec_` and `whpk_` keys."""
        secrets = tuple(_decoded(one.removeprefix(SHARED)) for one in words if one.startswith(SHARED))
        return cls(secrets, tuple(_decoded(one.removeprefix(PUBLIC)) for one in words if one.startswith(PUBLIC)))

    def accepts(self, headers: Mapping[str, str], body: bytes, now: int) -> bool:
        """Whether a message is signed by the sender and of this time; one that came before the caller drops."""
        id_, at = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not id_ or not (at.isascii() and at.isdigit() and len(at) < 12) or abs(int(at) - now) > TOLERANCE:
            return False
        said = _signed(id_, int(at), body)
        pairs = [one.partition(",")[::2] for one in headers.get(SIGNATURE, "").split(" ")]
        made = {name: [_decoded(one) for version, one in pairs if version == name] for name in ("v1", "v1a")}
        shared = [hmac.digest(one, said, "sha256") for one in self.secrets]
        return any(hmac.compare_digest(one, other) for one in shared for other in made["v1"]) or any(
            _is_signed(key, one, said) for key in self.public for one in made["v1a"]
        )


def _is_signed(key: bytes, signature: bytes, said: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, said)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed(id_: str, at: int, body: bytes) -> bytes:
    return b".".join((id_.encode(), str(at).encode(), body))


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    """The bytes of base64 text; none where it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
