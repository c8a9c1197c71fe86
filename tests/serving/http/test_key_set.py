"""Key sets: keys change without a restart, a bad set changes nothing, and nobody can make the service ask too often."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from composition.key_source import key_set_source
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.key_set import FRESH_SECONDS, KEPT_SECONDS, LARGEST, PAUSE_SECONDS, RotatingKeys, parse_key_set
from serving.http.tokens import AUDIENCE, READ, TokenRefusedError, TokenVerifier

NOW = 1_800_000_000
ISSUER = "https://id.example.go.kr"
OLD, NEW, THIRD = (ed25519.Ed25519PrivateKey.generate() for _ in range(3))
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "c1", "iat": NOW, "exp": NOW + 600, "scope": READ}


def public(key, kid=None, **more):
    known = jwt.algorithms
    kinds = {ed25519.Ed25519PrivateKey: known.OKPAlgorithm, ec.EllipticCurvePrivateKey: known.ECAlgorithm,
             rsa.RSAPrivateKey: known.RSAAlgorithm}  # fmt: skip
    kind = next(algorithm for base, algorithm in kinds.items() if isinstance(key, base))
    named = {} if kid is None else {"kid": kid}
    return {**json.loads(kind.to_jwk(key.public_key())), **named, **more}


def key_set(*keys):
    return json.dumps({"keys": list(keys)}).encode()


def token(key=OLD, kid="a", algorithm="EdDSA", claims=CLAIMS, typ="at+jwt"):
    return jwt.encode(claims, key, algorithm, {"typ": typ, **({} if kid is None else {"kid": kid})})


class Issuer:
    """An identity provider whose keys change, and whose address can fail."""

    def __init__(self, *keys):
        self.content = key_set(*keys)
        self.asked = 0
        self.second = 0.0

    def __call__(self):
        self.asked += 1
        if isinstance(self.content, Exception):
            raise self.content
        return self.content

    def verifier(self):
        return TokenVerifier(RotatingKeys(self, lambda: self.second), ISSUER)


def test_the_key_that_a_token_names_verifies_it_and_no_other():
    verifier = Issuer(public(OLD, "a"), public(NEW, "b")).verifier()
    assert verifier.caller(token(OLD, "a"), NOW).subject == "c1"
    assert verifier.caller(token(NEW, "b"), NOW).subject == "c1"
    for wrong in (
        token(OLD, "b"),
        token(THIRD, "a"),
        token(OLD, "c"),
        token(OLD, None),
        token(OLD, "../../etc/passwd"),
    ):
        with pytest.raises(TokenRefusedError):
            verifier.caller(wrong, NOW)


def test_a_token_without_a_name_means_the_only_key_there_is():
    assert Issuer(public(OLD)).verifier().caller(token(OLD, None), NOW).subject == "c1"


def test_a_new_key_is_believed_without_a_restart_and_one_that_was_taken_out_is_not(caller_of, answers):
    issuer = Issuer(public(OLD, "a"))
    call = caller_of(create_app(answers, Authentication((issuer.verifier(),)), lambda: NOW))

    def status(*which):
        return call.post(b'{"facts": {}}', {"authorization": f"Bearer {token(*which)}"}).status_code

    assert (status(OLD, "a"), status(NEW, "b")) == (200, 401)
    issuer.content, issuer.second = key_set(public(NEW, "b")), PAUSE_SECONDS
    assert (status(NEW, "b"), status(OLD, "a")) == (200, 401)


def test_a_key_that_was_taken_out_is_refused_within_a_minute_though_nobody_names_an_unknown_one():
    issuer = Issuer(public(OLD, "a"), public(NEW, "b"))
    keys = issuer.verifier().keys
    issuer.content = key_set(public(NEW, "b"))
    assert not keys.stale("a")
    issuer.second = FRESH_SECONDS
    assert keys.stale("a")
    keys.refresh()
    assert keys.find("a") is None


def test_made_up_names_make_the_service_ask_once_in_a_while_and_no_more(caller_of, answers):
    issuer = Issuer(public(OLD, "a"))
    call = caller_of(create_app(answers, Authentication((issuer.verifier(),)), lambda: NOW))
    issuer.second = PAUSE_SECONDS
    for number in range(20):
        call.post(b"{}", {"authorization": f"Bearer {token(THIRD, f'made-up-{number}')}"})
    assert issuer.asked == 2


@pytest.mark.parametrize(
    "content", [OSError(), b"<html>", b'{"keys": []}', b"[]", key_set({"kty": "oct", "k": "c2VjcmV0"})]
)
def test_the_last_good_set_is_kept_for_a_day_while_it_cannot_be_read(content):
    issuer = Issuer(public(OLD, "a"))
    verifier = issuer.verifier()
    issuer.content, issuer.second = content, 2 * FRESH_SECONDS
    verifier.keys.refresh()
    assert issuer.asked == 2
    assert verifier.caller(token(), NOW).subject == "c1"
    issuer.second = KEPT_SECONDS + 1
    with pytest.raises(TokenRefusedError, match="names no key"):
        verifier.caller(token(), NOW)


def test_what_cannot_verify_is_passed_over_and_each_key_has_one_algorithm():
    curve, strong, weak = (
        ec.generate_private_key(ec.SECP256R1()),
        *(rsa.generate_private_key(65537, n) for n in (2048, 1024)),
    )
    listed = [public(OLD, "ed"), public(curve, "ec"), public(strong, "ps", alg="PS256"), public(strong, "rs"),
              public(weak, "weak"), public(strong, "enc", use="enc"), public(strong, "odd", alg="HS256"),
              public(ec.generate_private_key(ec.SECP384R1()), "384"), {"kty": "future", "kid": "x"}, 7]  # fmt: skip
    found = {name: key.algorithm for name, key in parse_key_set(key_set(*listed)).items()}
    assert found == {"ed": "EdDSA", "ec": "ES256", "ps": "PS256", "rs": "RS256"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (key_set(public(OLD, "a"), public(NEW, "a")), "one name"),
        (key_set(public(OLD), public(NEW, "a")), "no name"),
        (key_set(json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(OLD))), "private"),
        (key_set(*[public(OLD, str(n)) for n in range(101)]), "at most"),
        (b'{"keys": 5}', "not a key set"),
        (b" " * (LARGEST + 1), "larger"),
    ],
)  # fmt: skip
def test_a_set_that_is_none_is_refused_at_the_start(content, said):
    with pytest.raises(ValueError, match=said):
        RotatingKeys(lambda: content)


@pytest.mark.parametrize("place", ["http://id.example.org/keys", "https:///x", "https://user@id.example.org/keys"])
def test_keys_come_from_a_file_or_over_https_alone(place, tmp_path):
    with pytest.raises(ValueError, match="not an https address"):
        key_set_source(place)
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(public(OLD)))
    assert key_set_source(str(file))() == file.read_bytes()


@pytest.mark.parametrize(
    ("change", "typ"),
    [
        ({}, "application/at+jwt"),
        ({}, "AT+JWT"),
        ({"iat": NOW + 2}, "at+jwt"),
        ({"iat": NOW + 60, "nbf": NOW + 60}, "at+jwt"),
        ({"exp": NOW - 59, "iat": NOW - 600}, "at+jwt"),
    ],
)
def test_what_real_providers_write_is_taken(change, typ):
    assert Issuer(public(OLD)).verifier().caller(token(kid=None, claims={**CLAIMS, **change}, typ=typ), NOW).may(READ)


@pytest.mark.parametrize("change", [{"iat": NOW + 61}, {"nbf": NOW + 61}, {"exp": NOW - 60}, {"scp": 5, "scope": None}])
def test_beyond_the_leeway_a_token_is_refused(change):
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    with pytest.raises(TokenRefusedError):
        Issuer(public(OLD)).verifier().caller(token(kid=None, claims=claims), NOW)


@pytest.mark.parametrize("subject", ["auth0|5f7c8ec7c33c6c004bbafe82", "TWFu+IHNvbWU/Y2k=", "google-oauth2|1", "a,b;c"])
def test_real_subjects_are_taken_and_named_in_a_request(subject, caller_of, answers):
    call = caller_of(create_app(answers, Authentication((Issuer(public(OLD)).verifier(),)), lambda: NOW))
    sent = {"authorization": f"Bearer {token(kid=None, claims={**CLAIMS, 'sub': subject})}"}
    answer = call.post(json.dumps({"facts": {}, "citizen": subject}).encode(), sent)
    assert (answer.status_code, answer.json()["citizen"]) == (200, subject)


@pytest.mark.parametrize("scp", ["a recommendations:read", ["a", "recommendations:read"]])
def test_scopes_may_be_called_scp(scp):
    claims = {**{name: value for name, value in CLAIMS.items() if name != "scope"}, "scp": scp, "azp": "app-1"}
    caller = Issuer(public(OLD)).verifier().caller(token(kid=None, claims=claims), NOW)
    assert caller.scopes == {"a", READ}
    assert caller.party == "app-1 c1"


def test_an_application_learns_where_tokens_come_from(caller_of, answers):
    call = caller_of(create_app(answers, Authentication((Issuer(public(OLD)).verifier(),)), lambda: NOW))
    said = call("GET", "/.well-known/oauth-protected-resource").json()
    assert said["resource"] == AUDIENCE
    assert said["authorization_servers"] == [ISSUER]
    assert READ in said["scopes_supported"]
