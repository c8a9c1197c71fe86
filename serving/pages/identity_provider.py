"""Identity provider: people sign in at a service that knows them, by OpenID Connect: a code, with PKCE (RFC 7636)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import jwt
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from rendering import site_page
from serving.http import problem_documents as problems
from serving.http.key_set import Keys
from serving.http.problem_documents import RefusedError
from serving.http.tokens import LEEWAY, key_named
from serving.pages.page_form import PageForm, local_path
from serving.pages.page_frame import GoOn, PageFrame, PageShown, Visit
from serving.pages.page_role import CITIZEN, ROLES
from serving.pages.page_session import PageSession

CALLBACK: Final = "/sign-in/callback"
SCOPE: Final = "openid profile"
PATIENCE: Final = 10.0
"""The seconds for which the provider may keep somebody waiting who signs in."""
_SUBJECT: Final = re.compile(r"[!-~]{1,255}\Z")
_LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class ProviderTerms:
    """A provider, and as what this service is known there.

    Attributes:
        issuer: who signs what is said of people.
        authorization, token: the addresses where people sign in, and where a code is exchanged.
        keys: verify what the issuer signs.
        client: the name of this service there.
        secret: what it proves that name with.
        address: the origin of this service, as browsers know it.
        roles_claim: the claim that names as whom somebody may sign in; absent, or without it, as a citizen.
    """

    issuer: str
    authorization: str
    token: str
    keys: Keys
    client: str
    secret: str = field(repr=False)
    address: str
    roles_claim: str = "proffer_roles"


@dataclass(frozen=True)
class ProviderWay:
    """People go to the provider, and come back with a code."""

    terms: ProviderTerms

    def shown(self, visit: Visit, to: str) -> PageShown:
        """The page that says that one goes elsewhere."""
        return PageShown(site_page.SIGN_IN, site_page.sign_in_view(visit.voice, to, None))

    def taken(self, visit: Visit, _form: PageForm, to: str) -> GoOn:
        """Go to the provider; what is needed to check what comes back is kept with the session."""
        proof = {"state": generate_token(32), "nonce": generate_token(32), "verifier": generate_token(64), "to": to}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self.terms.authorization, state=proof["state"], code_verifier=proof["verifier"], nonce=proof["nonce"]
            )
        return GoOn(address, replace(visit.session, proof=proof))

    def returned(self, visit: Visit) -> GoOn:
        """Be whom the provider says; the session is a new one.

        Raises:
            RefusedError: 403, this browser did not begin it, or what the provider says cannot be believed; 503.
        """
        proof, query = visit.session.proof, visit.query
        if not proof or not hmac.compare_digest(proof["state"].encode(), query.get("state", "").encode()):
            raise _unbelieved("This sign-in was not begun here.")
        if "code" not in query:
            raise _unbelieved("The provider let nobody in.")
        claims = self._claims(self._token(query["code"], proof["verifier"]), visit.now)
        if not hmac.compare_digest(proof["nonce"].encode(), str(claims.get("nonce", "")).encode()):
            raise _unbelieved("The token is of another sign-in.")
        name = str(claims.get("name", ""))[:_LONGEST_NAME]
        roles = roles_told(claims.get(self.terms.roles_claim))
        home = f"/{next(one for one in ROLES if one in roles)}"
        to = local_path(proof["to"], home)
        return GoOn(home if to == "/" else to, PageSession.new(visit.now, claims["sub"], roles, name))

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self.terms.client, self.terms.secret, scope=SCOPE, redirect_uri=self.terms.address + CALLBACK,
            code_challenge_method="S256", default_timeout=PATIENCE,
        )  # fmt: skip

    def _token(self, code: str, verifier: str) -> str:
        try:
            with self._client() as client:
                found = client.fetch_token(self.terms.token, code=code, code_verifier=verifier)
        except Exception:  # noqa: BLE001 - whatever the provider or the network does, nobody is signed in
            raise RefusedError(problems.BUSY, "The provider did not answer.") from None
        return str(found.get("id_token", ""))

    def _claims(self, token: str, now: int) -> Mapping[str, Any]:
        """What an ID token says (OpenID Connect Core 1.0, section 3.1.3.7)."""
        keys = self.terms.keys
        if keys.stale(name := key_named(token)):
            keys.refresh()
        known = keys.find(name)
        try:
            if known is None:
                raise _unbelieved("The token names no key of its issuer.")
            claims: dict[str, Any] = jwt.decode(
                token, known.key, algorithms=[known.algorithm], issuer=self.terms.issuer, audience=self.terms.client,
                options={"require": ["iss", "aud", "sub", "iat", "exp"], "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError):
            raise _unbelieved("The signature, issuer or audience is invalid.") from None
        timely = claims["iat"] <= now + LEEWAY and now < claims["exp"] + LEEWAY
        if not timely or claims.get("azp", self.terms.client) != self.terms.client or not _SUBJECT.match(claims["sub"]):
            raise _unbelieved("The token is not for this moment, this service or anybody.")
        return claims


def roles_told(told: object) -> frozenset[str]:
    """The roles that a claim names, as a list or apart by spaces; without any, a citizen.

    >>> sorted(roles_told("auditor king")), sorted(roles_told(None))
    (['auditor'], ['citizen'])
    """
    named = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return frozenset(one for one in named if isinstance(one, str)) & frozenset(ROLES) or frozenset({CITIZEN})


def add_provider(frame: PageFrame, way: ProviderWay) -> None:
    """Add the page that people come back to."""
    frame.shows(CALLBACK, "", way.returned)


def _unbelieved(detail: str) -> RefusedError:
    return RefusedError(problems.INSUFFICIENT_SCOPE, detail)
