from __future__ import annotations

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from serving.http import tokens
from serving.http.tokens import AUDIENCE, DEV_ISSUER, READ, TokenRefusedError

NOW = 1_800_000_000
KEY = tokens.new_dev_key()
OTHER = tokens.new_dev_key()
CLAIMS = {"iss": DEV_ISSUER, "aud": AUDIENCE, "sub": "c1", "iat": NOW, "exp": NOW + 600, "scope": READ}


def signed(claims=CLAIMS, key=KEY, algorithm="EdDSA", headers=None):
    private = serialization.load_pem_private_key(key, None) if isinstance(key, bytes) and b"PRIVATE" in key else key
    return jwt.encode(claims, private, algorithm=algorithm, headers={"typ": "at+jwt", **(headers or {})})


def without(claim):
    return {name: value for name, value in CLAIMS.items() if name != claim}


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_dev_token_speaks_for_its_subject_until_it_expires():
    token = tokens.dev_token(KEY, NOW, subject="c0000001", minutes=5)
    caller = tokens.dev_verifier(KEY).caller(token, NOW + 299)
    assert caller.subject == "c0000001"
    assert caller.may(READ)
    assert not caller.may(tokens.ACT_AS)
    with pytest.raises(TokenRefusedError, match="expired"):
        tokens.dev_verifier(KEY).caller(token, NOW + 300)


def unsigned(claims):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in
             ({"alg": "none", "typ": "at+jwt"}, claims)]  # fmt: skip
    return ".".join([*parts, ""])


def flipped(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{('A' if signature[0] != 'A' else 'B') + signature[1:]}"


MUTANTS = {
    "no signature": unsigned(CLAIMS),
    "another key": signed(key=OTHER),
    "a secret in place of a key": signed(key=b"s" * 64, algorithm="HS256"),
    "a changed signature": flipped(signed()),
    "no exp": signed(without("exp")),
    "no iat": signed(without("iat")),
    "no iss": signed(without("iss")),
    "no aud": signed(without("aud")),
    "no sub": signed(without("sub")),
    "expired": signed({**CLAIMS, "exp": NOW}),
    "not yet issued": signed({**CLAIMS, "iat": NOW + 1}),
    "not yet valid": signed({**CLAIMS, "nbf": NOW + 1}),
    "another issuer": signed({**CLAIMS, "iss": "urn:other"}),
    "another audience": signed({**CLAIMS, "aud": "urn:other"}),
    "an ID token": signed(headers={"typ": "JWT"}),
    "its own key": signed(headers={"jwk": {"kty": "OKP"}}),
    "a key elsewhere": signed(headers={"jku": "https://example.org/keys"}),
    "a critical extension": signed(headers={"crit": ["x"], "x": 1}),
    "a subject with a newline": signed({**CLAIMS, "sub": "c1\n"}),
    "an empty subject": signed({**CLAIMS, "sub": ""}),
    "fractional times": signed({**CLAIMS, "exp": NOW + 0.5}),
    "exp that is true": signed({**CLAIMS, "exp": True}),
    "scope that is a list": signed({**CLAIMS, "scope": [READ]}),
    "a life of a day": signed({**CLAIMS, "exp": NOW + 86_400}),
    "no token": "",
    "not a token": "hello",
    "two parts": "a.b",
    "not text": "\udcff.x.y",
    "a huge token": "a" * 10_000,
    "a header of brackets": base64.urlsafe_b64encode(b"[" * 4_000).decode() + ".e30.x",
    "a header that is a list": base64.urlsafe_b64encode(b"[]").decode().rstrip("=") + ".e30.x",
    "claims that are a list": jwt.api_jws.encode(
        b"[]", serialization.load_pem_private_key(KEY, None), "EdDSA", {"typ": "at+jwt"}
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_token_that_does_not_hold_is_refused(name):
    with pytest.raises(TokenRefusedError) as refusal:
        tokens.dev_verifier(KEY).caller(MUTANTS[name], NOW)
    assert len(str(refusal.value)) < 80


def test_the_token_these_mutants_come_from_holds():
    assert tokens.dev_verifier(KEY).caller(signed(), NOW).subject == "c1"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (rsa.generate_private_key(65537, 2048), "RS256"),
    ],
)
def test_an_agency_brings_one_key_for_one_algorithm(key, algorithm):
    believed = tokens.verifier(public_pem(key), algorithm, issuer="https://id.example.go.kr")
    claims = {**CLAIMS, "iss": "https://id.example.go.kr", "exp": NOW + 7200}  # fmt: skip
    assert believed.caller(signed(claims, key, algorithm), NOW).subject == "c1"
    wrong = {"EdDSA": "RS256", "ES256": "EdDSA", "RS256": "ES256"}[algorithm]
    with pytest.raises(ValueError, match="not a key for"):
        tokens.verifier(public_pem(key), wrong, issuer="x")


def test_a_key_that_is_none_or_too_weak_is_refused():
    with pytest.raises(ValueError, match="not a public key"):
        tokens.verifier(b"hello", "EdDSA", "x")
    with pytest.raises(ValueError, match="not a key for"):
        tokens.verifier(public_pem(ec.generate_private_key(ec.SECP521R1())), "ES256", "x")


@pytest.mark.parametrize(("subject", "minutes"), [("", 5), ("a b", 5), ("c1", 0), ("c1", 61)])
def test_a_dev_token_for_nobody_or_for_too_long_is_not_issued(subject, minutes):
    with pytest.raises(ValueError, match=r"subject|minutes"):
        tokens.dev_token(KEY, NOW, subject=subject, minutes=minutes)


def test_a_dev_key_of_another_kind_is_refused():
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="Ed25519"):
        tokens.dev_verifier(other)
