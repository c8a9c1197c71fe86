"""The entry of the registry of deployments follows from the ledger, and is valid by the registry's own schema."""

import copy
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from privacy.ledger import entry, ledger_report
from privacy.ledger.registry_entry import DeploymentFacts, registry_entry
from privacy.ledger.terms import EntryType
from tests.privacy.ledgers import Forge, lived
from tests.recommender.catalogues import MESSAGES
from tests.rendering.test_privacy_page import signed_run

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PROFFER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "dp-registry"
FACTS = DeploymentFacts(
    "Benefits", ("An office",), ("A person",), "South Korea", "To offer benefits", ("https://a.example",)
)


def written(forge: Forge) -> dict:
    seen = ledger_report.SeenBy("ab" * 32, (("office", "2026-11-02T00:00:00Z"),), "2026-11-05T00:00:00Z")
    report = ledger_report.document([entry.parse(line) for line in forge.lines], seen, MESSAGES.speaking("en"))
    return registry_entry(report, "kr", FACTS)


@pytest.fixture(scope="module")
def schema() -> dict:
    path = SHARED / "deployments-schema.yaml"
    if not path.is_file():
        pytest.skip(f"the registry's schema is not at {path}")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def exact_fit() -> Forge:
    forge = signed_run()
    what = {"fingerprint": "f" * 64, "rows": "1" * 64}
    forge.approved("public", what)
    forge.add(EntryType.EXACT, what | {"learner": "lightgbm", "requester": "tester", "spend": "exact-1"})
    return forge


@pytest.mark.parametrize("forge", [lived, signed_run, exact_fit])
def test_the_entry_is_valid_by_the_published_schema_as_are_those_of_others(schema, forge):
    check = jsonschema.Draft202012Validator(schema)
    made = yaml.safe_load(yaml.safe_dump(written(forge()), allow_unicode=True, sort_keys=False))
    assert [str(one) for one in check.iter_errors(made)] == []
    others = [path for path in SHARED.glob("*.yaml") if path.stem != "deployments-schema"]
    assert others
    assert all(check.is_valid(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in others)
    spoiled = copy.deepcopy(made)
    spoiled["deployment"]["basic"]["data_product_type"] = "A model"
    assert not check.is_valid(spoiled)


def test_every_field_of_all_three_tiers_is_filled(schema):
    made, missing = written(signed_run())["deployment"], []
    for part, terms in schema["properties"]["deployment"]["properties"].items():
        missing += [f"{part}.{name}" for name in terms["properties"] if not made[part].get(name)]
    assert missing == []


def test_the_entry_says_what_the_ledger_says():
    deployment = written(signed_run())["deployment"]
    loss, model = deployment["privacy_loss"], deployment["deployment_model"]
    assert loss["privacy_unit"] == "person"
    assert loss["privacy_parameters"]["delta"] == 1e-6
    assert 0.9 < loss["privacy_parameters"]["epsilon"] < 1
    assert (
        "gaussian with noise 33.4 of the sensitivity, 60 times on everybody"
        in deployment["implementation"]["mechanisms"]
    )
    assert "dp-accounting 1, opacus 2" in deployment["accounting"]["composition"]
    assert "office" in model["actors"]
    assert (model["release_type"], model["model_name"]) == ("One release", "Central")
    assert deployment["basic"]["publication_date"] == "2026-11-01"
    assert "the November ranker" in deployment["basic"]["description"]


def test_an_exact_fit_leaves_no_epsilon_and_is_named_as_unprotected():
    deployment = written(exact_fit())["deployment"]
    assert "epsilon" not in deployment["privacy_loss"]["privacy_parameters"]
    assert "infinity" in deployment["privacy_loss"]["privacy_parameters_details"]
    assert "learned from without noise" in deployment["dp_variant"]["unprotected_quantities"]
