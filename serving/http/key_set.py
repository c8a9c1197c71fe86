"""Keys that verify tokens: one from a file, or a JSON Web Key Set (RFC 7517) that is read again as it changes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from features.strict_json import JsonLimits, MalformedError, parse

ALGORITHMS: Final = ("EdDSA", "ES256", "RS256", "PS256")
LARGEST: Final = 262_144
"""Bytes of a key set."""
FRESH_SECONDS: Final = 60.0
"""After so long a set is read again: a key that its issuer took out is not believed for longer."""
PAUSE_SECONDS: Final = 10.0
"""Between two readings on behalf of tokens that name an unknown key: anybody can make one up."""
KEPT_SECONDS: Final = 86_400.0
"""For so long the last good set is believed while it cannot be read again."""
_KID = re.compile(r"[!-~]{1,200}")
_MOST_KEYS: Final = 100
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class VerificationKey:
    """A public key and the one algorithm it is for."""

    key: PublicKey
    algorithm: str


class Keys(Protocol):
    """The keys of one issuer."""

    def find(self, name: str | None) -> VerificationKey | None:
        """The key that a token names (`kid`), None where there is none or where a token must name one."""
        ...

    def stale(self, name: str | None) -> bool:
        """Whether the keys should be read again before a token that names this one is verified."""
        ...

    def refresh(self) -> None:
        """Read them again, in a thread; what cannot be read changes nothing."""
        ...


@dataclass(frozen=True)
class OneKey:
    """One key from a file, whatever a token calls it."""

    key: VerificationKey

    def find(self, _name: str | None) -> VerificationKey | None:
        """The key."""
        return self.key

    def stale(self, _name: str | None) -> bool:
        """Never."""
        return False

    def refresh(self) -> None:
        """Nothing to read."""


class RotatingKeys:
    """A key set at a place that its issuer changes; shared by the event loop, which asks, and a thread, which reads."""

    def __init__(self, fetch: Callable[[], bytes], timer: Callable[[], float] = time.monotonic) -> None:
        """Read it once.

        Raises:
            ValueError: it is no key set, or contains what must not be in one.
            OSError: it cannot be read.
        """
        self._fetch = fetch
        self._timer = timer
        self._lock = threading.Lock()
        self._keys = parse_key_set(fetch())
        self._read = self._tried = timer()

    def find(self, name: str | None) -> VerificationKey | None:
        """The key of this name; a token without one means the only key there is."""
        keys = self._keys
        if self._timer() - self._read > KEPT_SECONDS:
            return None
        if name is None:
            return next(iter(keys.values())) if len(keys) == 1 else None
        return keys.get(name)

    def stale(self, name: str | None) -> bool:
        """Whether the set is old, or lacks a key that may have been added since it was read."""
        waited = self._timer() - self._tried
        return waited >= FRESH_SECONDS or (name is not None and name not in self._keys and waited >= PAUSE_SECONDS)

    def refresh(self) -> None:
        """Read the set again; the last good one is kept where it cannot be read, or is none."""
        with self._lock:
            if self._timer() - self._tried < PAUSE_SECONDS:  # another thread has just read it
                return
            self._tried = self._timer()
            try:
                self._keys = parse_key_set(self._fetch())
            except (OSError, ValueError):
                return
            self._read = self._tried


def parse_key_set(content: bytes) -> Mapping[str, VerificationKey]:
    """The keys of a set that can verify tokens, by name (`kid`); what is for encryption, or unknown, is passed over.

    Raises:
        ValueError: it is no key set, none of its keys can be used, two have one name, or one is private.
    """
    try:
        document = parse(content, JsonLimits(size=LARGEST))
    except MalformedError as failure:
        raise ValueError(f"the key set {failure}") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ValueError(f"not a key set: an object with at most {_MOST_KEYS} keys is expected")
    found: dict[str, VerificationKey] = {}
    for one in listed:
        key = _key_of(one) if isinstance(one, dict) else None
        if key is None:
            continue
        name = one.get("kid") or ""
        if not isinstance(name, str) or name in found or not (name == "" or _KID.fullmatch(name)):
            raise ValueError("two keys of the set have one name, or a name is none")
        found[name] = key
    if not found or ("" in found and len(found) > 1):
        raise ValueError("the set has no key that verifies tokens, or several of which one has no name")
    return found


def _key_of(document: Mapping[str, Any]) -> VerificationKey | None:
    if _PRIVATE & set(document):
        raise ValueError("the set contains a private key")
    if document.get("use", "sig") != "sig" or "verify" not in document.get("key_ops", ["verify"]):
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(document)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    named = document.get("alg")
    return next((VerificationKey(key, one) for one in ALGORITHMS if named in (None, one) and fits(key, one)), None)


def fits(key: object, algorithm: str) -> bool:
    """Whether a key is strong enough and for this algorithm."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return algorithm == "EdDSA"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return algorithm == "ES256" and isinstance(key.curve, ec.SECP256R1)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048 and algorithm in ("RS256", "PS256")
