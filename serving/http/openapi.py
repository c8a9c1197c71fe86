"""The OpenAPI documents as text: `python -m serving.http.openapi [ledger] > docs/openapi[-ledger].json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.ledger_app import create_ledger_app
from serving.http.ledger_wire import CommitRequest, ReservationRequest
from serving.http.privacy_routes import add_privacy
from serving.http.reach_routes import add_reach
from serving.http.wire import RecommendationRequest


class _Nobody:
    """An engine that is never asked: the document depends on the routes alone."""

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        raise NotImplementedError

    def decide(self, request: RecommendationRequest, citizen: str, now: int, held: Any, acting: str = "") -> Any:
        raise NotImplementedError

    def ground(self, actor: str, held: Any, citizen: str, now: int, noun: str) -> str | None:
        raise NotImplementedError

    def consented(self, held: Any, citizen: str) -> str | None:
        raise NotImplementedError

    @property
    def consents(self) -> Any:
        raise NotImplementedError

    def effect(self, citizen: str, before: Any, after: Any, now: int, acting: str = "") -> Any:
        raise NotImplementedError

    def explain(self, decision: Any, length: Any, language: str | None) -> Mapping[str, Any]:
        raise NotImplementedError

    def count(self, rule: Any, by: Any) -> Mapping[str, Any]:
        raise NotImplementedError

    @property
    def reference(self) -> Any:
        raise NotImplementedError

    @property
    def languages(self) -> tuple[str, ...]:
        return ()

    def checks(self) -> Mapping[str, bool]:
        return {}


class _NoLedger:
    """A ledger that is never asked."""

    def reserve(self, asked: ReservationRequest, requester: str) -> Mapping[str, Any]:
        raise NotImplementedError

    def commit(self, spend: str, asked: CommitRequest, requester: str) -> Mapping[str, Any]:
        raise NotImplementedError

    def balance(self, population: str) -> Mapping[str, Any]:
        raise NotImplementedError

    def status(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def spends(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def registry(self, population: str, facts: Any) -> Mapping[str, Any]:
        raise NotImplementedError

    def checks(self) -> Mapping[str, bool]:
        return {}


def document(of: str = "") -> str:
    """The OpenAPI 3.1 document of the service, or of the `ledger`, as it is committed."""
    access = Authentication()
    app = create_ledger_app(_NoLedger(), access, _epoch) if of == "ledger" else create_app(_Nobody(), access, _epoch)
    if of != "ledger":
        add_privacy(app, _NoLedger(), access, _epoch)
        add_reach(app, _Nobody(), access, _epoch)
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


def _epoch() -> int:
    return 0


if __name__ == "__main__":
    print(document(*sys.argv[1:2]), end="")
