"""Bearer tokens: who calls and what they may do (JWT as in RFC 9068, checked as in RFC 8725)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from serving.http.key_set import Keys, OneKey, PublicKey, VerificationKey, fits

READ: Final = "recommendations:read"
ACT_AS: Final = "act-as"
WRITE: Final = "events:write"
RIGHTS: Final = "rights:write"
RESERVE: Final = "privacy:reserve"
ANSWER: Final = "offers:answer"
AUDIT: Final = "privacy:read"
CASEWORK: Final = "casework"
REACH: Final = "reach:read"
DEV_ISSUER: Final = "urn:proffer:dev"
AUDIENCE: Final = "urn:proffer:api"
DEV_MINUTES: Final = 15
DEV_MINUTES_MOST: Final = 60
LEEWAY: Final = 60
"""The seconds by which another machine's clock may differ (RFC 7519, section 4.1.4)."""
_TYP = "at+jwt"
_TYPES = frozenset({_TYP, f"application/{_TYP}"})  # RFC 9068 sections 2.1 and 4: an ID token is not an access token
_MAX_TOKEN = 8192
_SUBJECT = re.compile(r"[!-~]{1,255}\Z")  # identity providers put |, +, / and = into one (StringOrURI, ASCII)
_HEADER_NAMES = frozenset({"alg", "typ", "kid"})  # jku, jwk, x5u and crit would let the token choose its own key
_CLAIMS = ["iss", "aud", "sub", "iat", "exp"]
SCOPES: Final = (READ, ACT_AS, WRITE, RIGHTS, ANSWER, RESERVE)


class TokenRefusedError(ValueError):
    """The token is not valid; `str()` says why in fixed words and never quotes it."""


@dataclass(frozen=True)
class Caller:
    """Who makes a request: the subject of the token, the scopes it grants, and the application that was given it."""

    subject: str
    scopes: frozenset[str]
    client: str = ""

    @property
    def party(self) -> str:
        """Who shares a quota and a queue: one subject of one application."""
        return f"{self.client} {self.subject}"

    def may(self, scope: str) -> bool:
        """Whether this scope was granted."""
        return scope in self.scopes


@dataclass(frozen=True)
class TokenVerifier:
    """Verifies tokens of one issuer for one audience, each by the key it names and that key's one algorithm."""

    keys: Keys
    issuer: str
    audience: str = AUDIENCE
    longest_seconds: int | None = None
    leeway: int = LEEWAY

    def caller(self, token: str, now: int) -> Caller:
        """Who this token speaks for at `now` (UTC seconds).

        Raises:
            TokenRefusedError: it is malformed, not signed by the key, not for this audience, expired or not valid yet.
        """
        claims = self._signed_claims(token)
        self._check_times(claims, now)
        subject = claims["sub"]
        if not isinstance(subject, str) or not _SUBJECT.match(subject):
            raise TokenRefusedError("the subject is not an identifier")
        client = claims.get("client_id", claims.get("azp", ""))
        return Caller(subject, _scopes(claims), client if isinstance(client, str) else "")

    def _signed_claims(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN:
            raise TokenRefusedError("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            if not _HEADER_NAMES.issuperset(header) or str(header.get("typ", "")).lower() not in _TYPES:
                raise TokenRefusedError("the token is not an access token")
            known = self.keys.find(header.get("kid"))
            if known is None:
                raise TokenRefusedError("it names no key of its issuer")
            return jwt.decode(
                token,
                known.key,
                algorithms=[known.algorithm],
                issuer=self.issuer,
                audience=self.audience,
                # the times are checked below against the clock that was passed in
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except TokenRefusedError:
            raise
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise TokenRefusedError("its signature, issuer or audience is invalid") from None

    def _check_times(self, claims: dict[str, Any], now: int) -> None:
        expires, issued, starts = claims["exp"], claims["iat"], claims.get("nbf", claims["iat"])
        if any(isinstance(time, bool) or not isinstance(time, int) for time in (expires, issued, starts)):
            raise TokenRefusedError("the times of the token are not whole seconds")
        if expires + self.leeway <= now:
            raise TokenRefusedError("the token has expired")
        if max(issued, starts) > now + self.leeway:
            raise TokenRefusedError("the token is not valid yet")
        if self.longest_seconds is not None and expires - issued > self.longest_seconds:
            raise TokenRefusedError(f"the token is valid for more than {self.longest_seconds} seconds")


def verifier(public_pem: bytes, algorithm: str, issuer: str, audience: str = AUDIENCE) -> TokenVerifier:
    """A verifier from a PEM public key; `algorithm` must be the one the key is for.

    Raises:
        ValueError: the bytes are not such a key, or another algorithm was named.
    """
    try:
        key = serialization.load_pem_public_key(public_pem)
    except ValueError:
        raise ValueError("not a public key in PEM form") from None
    if not fits(key, algorithm):
        raise ValueError(f"not a key for {algorithm}; use an Ed25519 key with EdDSA, P-256 with ES256, RSA with RS256")
    assert isinstance(key, PublicKey)
    return TokenVerifier(OneKey(VerificationKey(key, algorithm)), issuer, audience)


def key_named(token: str) -> str | None:
    """The key that a token names, unverified; None where it names none or is no token."""
    try:
        name = jwt.get_unverified_header(token).get("kid") if len(token) <= _MAX_TOKEN else None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """What a token grants: `scope` (RFC 9068), or `scp`, a string or a list, as some providers write it."""
    granted = claims["scope"] if "scope" in claims else claims.get("scp", "")
    if isinstance(granted, list) and "scope" not in claims and all(isinstance(one, str) for one in granted):
        return frozenset(granted)
    if not isinstance(granted, str):
        raise TokenRefusedError("the scope is not a string")
    return frozenset(granted.split())


def new_dev_key() -> bytes:
    """A fresh Ed25519 private key in PEM form, for one home's dev tokens."""
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _dev_key(private_pem: bytes) -> ed25519.Ed25519PrivateKey:
    key = serialization.load_pem_private_key(private_pem, password=None)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ValueError("the dev key is not an Ed25519 key")
    return key


def dev_verifier(private_pem: bytes) -> TokenVerifier:
    """A verifier of tokens signed by this home's dev key that are valid for an hour at most."""
    key = VerificationKey(_dev_key(private_pem).public_key(), "EdDSA")
    return TokenVerifier(OneKey(key), DEV_ISSUER, AUDIENCE, longest_seconds=60 * DEV_MINUTES_MOST, leeway=0)


def dev_token(
    private_pem: bytes,
    now: int,
    subject: str = "dev",
    scopes: frozenset[str] = frozenset({READ}),
    minutes: int = DEV_MINUTES,
) -> str:
    """A short-lived token for trying the service; only `proffer serve --dev` accepts it.

    Raises:
        ValueError: the subject is not an identifier, or the lifetime is not 1 to 60 minutes.
    """
    if not _SUBJECT.match(subject):
        raise ValueError("the subject must be 1 to 255 letters, digits or signs of ASCII, without spaces")
    if not 1 <= minutes <= DEV_MINUTES_MOST:
        raise ValueError(f"a dev token lives 1 to {DEV_MINUTES_MOST} minutes")
    claims = {
        "iss": DEV_ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + 60 * minutes,
        "scope": " ".join(sorted(scopes)),
    }
    return jwt.encode(claims, _dev_key(private_pem), algorithm="EdDSA", headers={"typ": _TYP})
