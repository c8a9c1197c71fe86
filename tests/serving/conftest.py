"""A handler that repeats what it was asked, an engine of a few programmes, and a way to call an application here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import yaml

from features.declaration.declaration import declare
from recommender.engine import Engine
from recommender.rules.catalogue import catalogue
from recommender.rules.region import Regions
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from tests.recommender.catalogues import KOREA, MESSAGES, document

DATA = Path(__file__).parents[2] / "data" / "countries" / "kr"
NOW = 1_793_500_000  # 1 November 2026 in Seoul


PROGRAMMES = [
    document("t.baby", {"fact": "youngest_child_months", "below": 24},
              documents=["출생증명서", {"ko": "통장", "en": "bankbook"}], effort_minutes=15, beneficiary="child",
              window={"after": "life.child_born", "within": "P2Y"},
              value={"amount": 2_000_000, "text": "200만원"}, grants=["receives.t.baby"]),
    document("t.after", {"fact": "receives.t.baby", "is": True}, window={"kind": "recurring", "text": "매년 3월"}),
    document("t.gone", {"all": []}, window={"kind": "dated", "until": "2026-10-01"}),
    document("t.seoul", {"fact": "region", "is": "11"}, triggers=["life.moved"], excludes=["t.baby"]),
    document("t.poor", {"fact": "income_percent", "at_most": 50}, verified=False, delivery="auto_grant"),
    document("t.pay", {"fact": "annual_pay_won", "at_most": 30_000_000}),
    document("t.pregnant", {"fact": "pregnant", "is": True}),
    document("t.women", {"all": [{"fact": "sex", "is": "female"}, {"fact": "age", "at_least": 19}]}),
]  # fmt: skip


def engine_of_few(programmes=PROGRAMMES):
    """An engine over the shipped declaration and regions and a few programmes."""

    def read(path):
        return yaml.safe_load((DATA / path).read_text(encoding="utf-8"))

    *declared, home = (read(f"declaration/{name}.yaml") for name in ("events", "facts", "features", "household"))
    declaration = declare(*declared, KOREA, home)
    regions = Regions.parse(read("regions.yaml"), country=KOREA)
    held = catalogue([(one["id"], one) for one in programmes], declaration, regions)
    return Engine(declaration, held, regions, MESSAGES)


@pytest.fixture(scope="session")
def real_engine():
    return engine_of_few()


@pytest.fixture(scope="session")
def real_caller(real_engine):
    """A caller of the whole service in dev mode."""
    return Caller(create_app(RecommendationHandler(real_engine), Authentication(dev=True), lambda: NOW))


class FakeHandler:
    """Answers with what it was asked, where the real handler answers with recommendations."""

    def __init__(self):
        self.asked = []
        self.healthy = True

    def recommend(self, request, citizen, now):
        self.asked.append((request, citizen, now))
        return {"as_of": "2026-10-31", "citizen": citizen, "recommendations": [], "total": 0}

    languages = ("ko", "en")
    reference = SimpleNamespace(version="0" * 64)

    def checks(self):
        return {"catalogue": self.healthy}


class Caller:
    """Calls one ASGI application without a network."""

    def __init__(self, app, host="127.0.0.1"):
        self.app = app
        self.transport = httpx.ASGITransport(app, client=(host, 50_000))

    def __call__(self, method, path, headers=None, **what):
        return asyncio.run(self._call(method, path, headers or {}, what))

    def post(self, body, headers=None):
        given = {"content-type": "application/json", **(headers or {})}
        return self("POST", "/v1/recommendations", headers=given, content=body)

    async def _call(self, method, path, headers, what):
        async with httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, headers=headers, **what)


@pytest.fixture
def answers():
    return FakeHandler()


@pytest.fixture
def caller_of():
    return Caller


@pytest.fixture
def dev(answers):
    """A caller of an application in dev mode."""
    return Caller(create_app(answers, Authentication(dev=True), lambda: 1_800_000_000))
