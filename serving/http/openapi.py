"""The OpenAPI document as text: `python -m serving.http.openapi > docs/openapi.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.wire import RecommendationRequest


class _Nobody:
    """An engine that is never asked: the document depends on the routes alone."""

    def recommend(self, request: RecommendationRequest, citizen: str, now: int) -> Mapping[str, Any]:
        raise NotImplementedError

    def checks(self) -> Mapping[str, bool]:
        return {}


def document() -> str:
    """The OpenAPI 3.1 document, as it is committed."""
    schema = create_app(_Nobody(), Authentication(), clock=lambda: 0).openapi()
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(document(), end="")
