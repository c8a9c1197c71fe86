"""The OpenAPI document: it is valid, its bodies are typed, clients are made of it, and no change breaks them."""

from __future__ import annotations

import copy
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from serving.http import openapi
from tests.proffer.running_service import running_service

DOCUMENT = json.loads(openapi.document())
RELEASED = json.loads((Path(__file__).parents[1] / "released_openapi.json").read_text(encoding="utf-8"))
PATIENCE = 600


def resolved(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def sent(route):
    return route.get("requestBody", {}).get("content", {})


def replied(route):
    return route["responses"].get("200", {}).get("content", {})


def breaks(old, new):
    """What a client of the old document may trip over in the new one."""
    found = []
    for path, methods in old["paths"].items():
        for method, told in methods.items():
            now = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            if now is None:
                found.append(f"{where}: removed")
                continue
            known = {one["name"] for one in told.get("parameters", ())}
            gone = known - {one["name"] for one in now.get("parameters", ())}
            found += [f"{where}: parameter {name} removed" for name in sorted(gone)]
            found += [
                f"{where}: parameter {one['name']} is needed now"
                for one in now.get("parameters", ()) if one.get("required") and one["name"] not in known
            ]  # fmt: skip
            for kind, told_of in (("request", sent), ("reply", replied)):
                for media, content in told_of(told).items():
                    if media not in told_of(now):
                        found.append(f"{where}: {kind} {media} removed")
                    else:
                        found += _narrower(
                            where, kind, (old, content["schema"]), (new, told_of(now)[media]["schema"]), 0
                        )
            scopes = [set(one.get("security", [{"bearer": []}])[0].get("bearer", ())) for one in (told, now)]
            found += [f"{where}: needs the scope {one}" for one in sorted(scopes[1] - scopes[0])]
    return found


def _narrower(where, kind, before, after, depth):
    """Where a request takes less than before, or a reply tells less."""
    (old, a), (new, b) = before, after
    a, b = resolved(old, a), resolved(new, b)
    found, fields, now = [], a.get("properties", {}), b.get("properties", {})
    if depth > 8:
        return []
    if a.get("type") and b.get("type") and a["type"] != b["type"]:
        found.append(f"{where}: {kind} is {b['type']}, not {a['type']}")
    if "enum" in a and "enum" in b and kind == "request" and set(a["enum"]) - set(b["enum"]):
        found.append(f"{where}: {kind} takes fewer words")
    found += [f"{where}: {kind} field {name} removed" for name in sorted(set(fields) - set(now))]
    more = set(b.get("required", ())) - set(a.get("required", ()))
    if kind == "request":
        found += [f"{where}: {kind} field {name} is needed now" for name in sorted(more)]
    else:
        less = set(a.get("required", ())) - set(b.get("required", ()))
        found += [f"{where}: {kind} field {name} may be missing now" for name in sorted(less)]
    for name in sorted(set(fields) & set(now)):
        found += _narrower(f"{where} {name}", kind, (old, fields[name]), (new, now[name]), depth + 1)
    if isinstance(a.get("items"), dict) and isinstance(b.get("items"), dict):
        found += _narrower(where, kind, (old, a["items"]), (new, b["items"]), depth + 1)
    return found


def test_nothing_that_was_released_is_broken():
    said = "a client would break; if that is meant, copy docs/openapi.json to tests/serving/released_openapi.json"
    assert breaks(RELEASED, DOCUMENT) == [], said


def changed(change):
    new = copy.deepcopy(DOCUMENT)
    change(new)
    return breaks(DOCUMENT, new)


def schema(document, name):
    return document["components"]["schemas"][name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["paths"].pop("/v1/facts"), "GET /v1/facts: removed"),
        (lambda d: schema(d, "RecommendationOut")["properties"].pop("rank"), "field rank removed"),
        (lambda d: schema(d, "RecommendationOut")["required"].remove("rank"), "rank may be missing now"),
        (lambda d: schema(d, "RecommendationRequest").update(required=["k"]), "field k is needed now"),
        (lambda d: schema(d, "RecommendationRequest")["properties"].pop("k"), "field k removed"),
        (lambda d: schema(d, "RecommendationRequest")["properties"]["explain"]["enum"].remove("short"), "fewer words"),
        (lambda d: schema(d, "RecommendationOut")["properties"]["rank"].update(type="string"), "is string"),
        (lambda d: d["paths"]["/v1/programmes"]["get"]["parameters"].pop(), "removed"),
        (lambda d: d["paths"]["/v1/facts"]["get"].update(parameters=[{"name": "x", "required": True}]), "x is needed"),
        (lambda d: d["paths"]["/v1/facts"]["get"]["security"][0]["bearer"].append("more"), "needs the scope more"),
        (lambda d: d["paths"]["/v1/events"]["post"]["requestBody"]["content"].popitem(), "removed"),
    ],
)  # fmt: skip
def test_each_kind_of_break_is_seen(change, said):
    found = changed(change)
    assert found
    assert any(said in one for one in found), found


def test_what_only_adds_breaks_nothing():
    def add(document):
        document["paths"]["/v1/new"] = {"get": {"responses": {"200": {}}}}
        schema(document, "RecommendationOut")["properties"]["new"] = {"type": "string"}
        schema(document, "RecommendationRequest")["properties"]["new"] = {"type": "string"}

    assert changed(add) == []


def unannounced(document):
    """Routes that are marked as deprecated without the headers by which a reply says since when, and until when."""
    told = {
        f"{method.upper()} {path}": {*operation["responses"].get("200", {}).get("headers", ())}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("deprecated")
    }
    return [route for route, headers in told.items() if not {"Deprecation", "Sunset"} <= headers]


def test_what_is_to_go_says_so_in_its_replies():
    assert unannounced(DOCUMENT) == []
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/v1/facts"]["get"]["deprecated"] = True
    assert unannounced(document) == ["GET /v1/facts"]
    headers = {name: {"schema": {"type": "string"}} for name in ("Deprecation", "Sunset")}
    document["paths"]["/v1/facts"]["get"]["responses"]["200"]["headers"] = headers
    assert unannounced(document) == []


@pytest.mark.parametrize("of", ["", "ledger"])
def test_the_document_is_valid_openapi(of):
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(json.loads(openapi.document(of)))


def test_no_body_is_of_just_anything():
    anything = []
    for path, methods in DOCUMENT["paths"].items():
        for told in methods.values():
            waiting = [(path, content["schema"]) for content in told.get("requestBody", {}).get("content", {}).values()]
            while waiting:
                where, found = waiting.pop()
                found = resolved(DOCUMENT, found)
                if not set(found) - {"title", "description", "default"}:
                    anything.append(where)
                waiting += [(f"{where}.{name}", one) for name, one in found.get("properties", {}).items()]
                waiting += [(where, one) for one in found.get("anyOf", ())]
                waiting += [
                    (where, found[key]) for key in ("items", "additionalProperties") if isinstance(found.get(key), dict)
                ]
    assert anything == []


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_a_python_client_that_is_generated_talks_to_the_service(tmp_path, monkeypatch):
    pytest.importorskip("openapi_python_client")
    (tmp_path / "config.yaml").write_text("post_hooks: []\npackage_name_override: proffer_client\n")
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    words = (
        "generate",
        "--path",
        "openapi.json",
        "--config",
        "config.yaml",
        "--meta",
        "none",
        "--output-path",
        "proffer_client",
    )
    made = subprocess.run([sys.executable, "-m", "openapi_python_client", *words], cwd=tmp_path, capture_output=True,
                          text=True, timeout=PATIENCE)  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr, made.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    client = importlib.import_module("proffer_client").Client

    def call(tag, name, **what):
        return importlib.import_module(f"proffer_client.api.{tag}.{name}").sync(client=served, **what)

    models = importlib.import_module("proffer_client.models")
    with running_service(tmp_path) as address, client(base_url=address, timeout=PATIENCE) as served:
        body = models.RecommendationRequest.from_dict({"facts": {"sex": "female", "birth_date": "1993-04-02"}, "k": 3})
        found = call("recommendations", "recommendations", body=body)
        assert [one.rank for one in found.recommendations] == [1, 2, 3]
        listed = call("reference", "programmes", limit=2)
        assert len(listed.programmes) == 2
        wrong = call("recommendations", "recommendations", body=models.RecommendationRequest.from_dict({"k": 3}))
        assert wrong.type_ == "urn:proffer:problem:unprocessable"
