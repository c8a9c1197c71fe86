"""People sign in at a provider: a code with PKCE, and a token that is believed only where everything about it fits."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from composition.page_service import OIDC_CLIENT, OIDC_ISSUER, OIDC_SECRET, PAGE_ADDRESS, identity_provider
from features.problem import Rejected
from serving.http.access import Authentication
from serving.http.service_frame import Lifecycle, framed
from serving.pages.identity_provider import ProviderWay, add_provider
from serving.pages.page_frame import PageFrame, PageShown, PageTerms
from serving.pages.page_session import PageSeal
from serving.pages.sign_in import add_sign_in
from tests.serving.pages.conftest import ADDRESS, NOW, SECRET, Browser, ended_sessions

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


class FakeProvider(ThreadingHTTPServer):
    """Tells of itself and exchanges codes; what it says of whoever signs in is set."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.challenge, self.claims, self.key, self.asked = "", {}, KEY, []


class Answering(BaseHTTPRequestHandler):
    """Answers as a provider does."""

    def do_GET(self):
        at = self.server.address
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())) | {"kid": "k1", "alg": "ES256"}
        self.tell({"keys": [key]} if self.path == "/keys" else
                  {"issuer": at, "jwks_uri": f"{at}/keys", "authorization_endpoint": f"{at}/authorize",
                   "token_endpoint": f"{at}/token"})  # fmt: skip

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.server.asked.append((self.headers.get("authorization", ""), sent))
        digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.server.challenge:
            self.tell({"error": "invalid_grant"}, 400)
            return
        token = jwt.encode(self.server.claims, self.server.key, algorithm="ES256", headers={"kid": "k1"})
        self.tell({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def tell(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        """Nothing."""


@pytest.fixture
def provider(monkeypatch):
    with FakeProvider() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        told = {OIDC_ISSUER: server.address, OIDC_CLIENT: "pages", OIDC_SECRET: "s3cret", PAGE_ADDRESS: ADDRESS}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(provider, voices, clock):
    access = Authentication()
    app = framed("Test", "", "", access, Lifecycle())
    terms = PageTerms(voices, ended_sessions(), secure=False, provider=provider.address)
    frame = PageFrame(app, terms, PageSeal([SECRET]), access, clock)
    shown = lambda visit: PageShown("refusal.html", {"title": visit.subject, "text": "", "typed": ()})  # noqa: E731
    for role in ("citizen", "auditor"):
        frame.shows(f"/{role}", role, shown)
    way = ProviderWay(identity_provider())
    add_provider(frame, way)
    add_sign_in(frame, way)
    return Browser(app)


def begun(browser, provider, to="/citizen"):
    """Go to the provider; gives what it is asked."""
    sent = browser.send(browser.open(f"/sign-in?to={to}"), "/sign-in", follow=False)
    asked = {name: value[0] for name, value in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    provider.challenge = asked["code_challenge"]
    provider.claims = {"iss": provider.address, "aud": "pages", "sub": "c1", "name": "Ann", "nonce": asked["nonce"],
                       "iat": NOW, "exp": NOW + 300}  # fmt: skip
    return asked


def test_a_code_with_its_proof_signs_somebody_in(browser, provider):
    asked = begun(browser, provider)
    assert (asked["code_challenge_method"], asked["response_type"], asked["scope"]) == (
        "S256",
        "code",
        "openid profile",
    )
    assert asked["redirect_uri"] == f"{ADDRESS}/sign-in/callback"
    page = browser.open(f"/sign-in/callback?code=abc&state={asked['state']}")
    assert (page.url.path, "<h1>c1</h1>" in page.text) == ("/citizen", True)
    authorization, sent = provider.asked[0]
    assert authorization == "Basic " + base64.b64encode(b"pages:s3cret").decode()
    assert sent["code"] == ["abc"]


def test_the_provider_is_named_where_forms_may_go(browser, provider):
    told = browser.open("/sign-in").headers["content-security-policy"]
    assert f"form-action 'self' {provider.address};" in told


@pytest.mark.parametrize("roles", ["auditor", ["auditor", "king"]])
def test_roles_are_those_that_the_provider_names(browser, provider, roles):
    asked = begun(browser, provider, "/auditor")
    provider.claims["proffer_roles"] = roles
    assert browser.open(f"/sign-in/callback?code=abc&state={asked['state']}").url.path == "/auditor"
    assert browser.open("/citizen").url.path == "/sign-in"


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "https://evil.example"}, {"aud": "other"}, {"nonce": "other"}, {"exp": NOW - 61}, {"iat": NOW + 61},
     {"azp": "other"}, {"sub": "a b"}],
)  # fmt: skip
def test_a_token_that_does_not_fit_signs_nobody_in(browser, provider, wrong):
    asked = begun(browser, provider)
    provider.claims |= wrong
    assert browser.open(f"/sign-in/callback?code=abc&state={asked['state']}").status_code == 403
    assert browser.open("/citizen").url.path == "/sign-in"


def test_a_token_of_another_key_signs_nobody_in(browser, provider):
    asked = begun(browser, provider)
    provider.key = OTHER
    assert browser.open(f"/sign-in/callback?code=abc&state={asked['state']}").status_code == 403


def test_a_sign_in_that_this_browser_did_not_begin_is_refused(browser, provider):
    asked = begun(browser, provider)
    assert browser.open("/sign-in/callback?code=abc&state=other").status_code == 403
    browser.cookies.clear()
    assert browser.open(f"/sign-in/callback?code=abc&state={asked['state']}").status_code == 403
    assert provider.asked == []


def test_a_code_is_worth_nothing_without_its_verifier(browser, provider):
    asked = begun(browser, provider)
    provider.challenge = "other"
    assert browser.open(f"/sign-in/callback?code=abc&state={asked['state']}").status_code in (403, 503)


def test_a_provider_that_tells_nothing_of_itself_is_refused_at_the_start(monkeypatch, provider):
    monkeypatch.setenv(OIDC_ISSUER, provider.address + "/other")
    with pytest.raises(Rejected, match="tells nothing of itself"):
        identity_provider()


@pytest.mark.usefixtures("provider")
def test_what_is_missing_beside_a_provider_is_named_at_once(monkeypatch):
    for name in (OIDC_CLIENT, OIDC_SECRET):
        monkeypatch.delenv(name)
    with pytest.raises(Rejected) as refusal:
        identity_provider()
    assert [one.path for one in refusal.value.problems] == [(OIDC_CLIENT,), (OIDC_SECRET,)]
