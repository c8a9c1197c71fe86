"""Registry entry: what a ledger says of a population, in the form of the OpenDP registry of deployments (tier 3).

The fields and tiers of the registry's schema follow Ghazi, Nanayakkara & Vadhan (arXiv:2509.13509). Everything is taken
from the report on the ledger, but for what no ledger knows: who publishes, what it is for, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from privacy.ledger.legible import is_shown
from privacy.ledger.terms import is_synthetic

TIER: Final = 3
NAME: Final = "Proffer"
USE: Final = "To offer people the benefits they are entitled to, in an order that helps"
"""What is published and what it is for, where nothing else is said."""


MOST_TEXTS: Final = 20
LONGEST_TEXT: Final = 400


def is_fact(text: str) -> bool:
    """Whether a text can stand in an entry: one line of at most LONGEST_TEXT characters that a screen shows."""
    return 0 < len(text) <= LONGEST_TEXT and not text.isspace() and is_shown(text)


@dataclass(frozen=True)
class DeploymentFacts:
    """What a ledger does not know of a deployment.

    Attributes:
        name: of what is published.
        curators: who publishes it; at least one.
        authors: who fills in the entry; at least one.
        region: whom the data are about, or whose law applies.
        use: what it is intended for.
        sources: where more is said of it, a line each.
    """

    name: str
    curators: tuple[str, ...]
    authors: tuple[str, ...]
    region: str
    use: str
    sources: tuple[str, ...] = ()


def registry_entry(report: Mapping[str, Any], population: str, facts: DeploymentFacts) -> dict[str, Any]:
    """A population's entry, as a draft that people complete and submit.

    Args:
        report: what `privacy.ledger.ledger_report.document` gave.
        population: which; it is one of the report's and has at least one use that counts.
        facts: what the ledger does not know.
    """
    one = next(found for found in report["populations"] if found["population"] == population)
    counted = [use for use in one["uses"] if use["counts"]]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{facts.name}-{population}".lower()).strip("-")
    deployment = {
        "basic": _basic(counted, facts),
        "dp_variant": _variant(one, counted),
        "privacy_loss": _loss(one),
        "deployment_model": _model(one, counted, report),
        "accounting": _accounting(one, counted),
        "implementation": _implementation(counted, report),
        "administrative": _administrative(report, facts),
    }
    return {"url_slug": slug, "status": "Draft", "tier": TIER, "deployment": deployment}


def _lines(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _distinct(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _basic(counted: Sequence[Mapping[str, Any]], facts: DeploymentFacts) -> dict[str, Any]:
    whys = _distinct([use["run"]["why"] for use in counted])
    return {
        "name": facts.name,
        "data_curators": list(facts.curators),
        "description": " ".join(
            ["Models that order the benefits a person is entitled to, so that they can be offered unasked.", *whys]
        ),
        "intended_use": facts.use,
        "data_product_type": "Machine learning model",
        "data_product_region": facts.region,
        "publication_date": min(use["at"] for use in counted)[:10],
        "data_product_sector": "Government",
    }


def _variant(one: Mapping[str, Any], counted: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    purposes = ", ".join(_distinct([use["purpose"] for use in counted]))
    open_facts = ["the declaration of features and the catalogue of programmes, which the model is made with"]
    if any(use["run"]["units_are"] == "stated" for use in counted):
        open_facts.append("the number of units, which was stated as public")
    open_facts.append("when each use was, by whom it was asked for and what it cost")
    exact = [str(use["index"]) for use in counted if "rows" in use]
    if exact:
        open_facts.append(
            f"rows that two approvers signed as public, learned from without noise (entries {', '.join(exact)})"
        )
    return {
        "variant_name": "Approximate DP",
        "data_domain": (
            f"Logs of events in people's lives, of offers shown and of applications, of the population "
            f"{one['population']!r}; used for: {purposes}. A log holds any number of units, each with any events."
        ),
        "unprotected_quantities": _lines(open_facts),
    }


def _loss(one: Mapping[str, Any]) -> dict[str, Any]:
    finite = one["lifetime"] != "infinity"
    parameters = {**({"epsilon": float(one["lifetime"])} if finite else {}), "delta": float(one["delta"])}
    return {
        "privacy_unit": one["unit"],
        "privacy_unit_details": (
            f"Two logs are adjacent where one is the other with all that it holds about one {one['unit']} added or "
            f"left out (relation {one['relation']}). All lists of a unit are one contribution, clipped once."
            f"{_over_time(one)}"
        ),
        "privacy_parameters": parameters,
        "privacy_parameters_details": (
            f"Epsilon {one['lifetime']} at delta {one['delta']} is composed over everything since the budget began; "
            f"in the period {one['period']}: {one['spent']} of at most {one['cap']}. Who guesses whether a unit's data "
            f"were used is right with probability at most {one['promise']['best_guess']}, at even odds."
        ),
    }


def _over_time(one: Mapping[str, Any]) -> str:
    """Of households: whether they are the same in every use."""
    if one["unit"] != "household" or is_synthetic(one["population"]):
        return ""
    if one["unkept"]:
        return (
            f" {one['unkept']} of the uses that count did not fix households in the ledger: one that grew between them "
            "was several units."
        )
    return " A household stays as it was when its data were first used."


def _model(one: Mapping[str, Any], counted: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> dict[str, str]:
    signed = f"two of {', '.join(one['approvers'])}" if one["approvers"] else "nobody"
    many = len(counted) > 1
    witnesses = ", ".join(found["name"] for found in report["witnesses"]) or "none"
    return {
        "model_name": "Central",
        "model_name_details": "The curator holds the log; noise is added before anything leaves the training process.",
        "actors": _lines(
            [
                "The curator, who holds the log and runs the training: trusted with the data.",
                f"Approvers, who alone raise a cap, begin a period or call rows public: {signed} must sign.",
                f"Witnesses who cosigned the ledger's last state: {witnesses}.",
                "Everybody who sees a model, a score about others or a figure: not trusted.",
            ]
        ),
        "release_type": "Many releases" if many else "One release",
        "release_type_details": (
            f"{len(counted)} uses are recorded. A use is reserved before a row is read and refused above the cap of "
            f"the period ({one['cap']}); a period begins only by two approvers' signatures, and what earlier ones "
            "revealed stays counted."
        ),
        "data_source_type": "Dynamic",
        "data_source_type_details": "Events are added to the log every day; a run uses those before its end.",
        "access_type": "Non-interactive",
        "access_type_details": "Analysts get models and noised figures, each a use in the ledger.",
    }


def _accounting(one: Mapping[str, Any], counted: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    made = _distinct(name for use in counted for name in use["run"]["accountants"].values())
    return {
        "post_processing": "What is released is averaged over steps, rounded and ranked; none of it sees data again.",
        "composition": (
            f"All uses of a period are composed at delta {one['delta']} by a filter that holds for uses chosen one "
            "after another (Gaussian differential privacy for full batches, Renyi for all else; privacy loss "
            "distributions before format 3). Every price is found by two accountants that agree "
            f"({', '.join(made) or 'versions not stated'})."
        ),
    }


def _implementation(counted: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> dict[str, str]:
    software = ", ".join(_distinct([use["run"]["software"] for use in counted])) or "not stated"
    each = [
        f"{use['run']['stage'] or 'use'}: {_releases(use['mechanism'])}; epsilon {use['epsilon']}" for use in counted
    ]
    return {
        "preprocessing_and_hyperparameter_tuning": (
            "Bins, bounds and vocabularies come from the declaration and the catalogue, never from rows; settings were "
            "chosen on generated people only. Counting the units is a release of its own and is accounted."
        ),
        "mechanisms": _lines(
            [
                *each,
                f"Implemented in {software}. Sums are whole numbers on a grid; noise is by ChaCha20, its key not kept.",
                "Not promised: that the time of reading a log reveals nothing, or that the curator stores it safely.",
            ]
        ),
        "justification": (
            f"The whole ledger (root {report['root']}) can be verified offline: prices, composition, signatures. "
            f"{_audit_text(report)}"
        ),
    }


def _audit_text(report: Mapping[str, Any]) -> str:
    if not report["audits"]:
        return "No audit is recorded."
    audit = report["worst_audit"]
    lower = max(audit["lower"].values(), key=float)
    shown = f"{audit['canaries']} canaries claims {audit['claimed']} and shows at least {lower}"
    return f"Of {len(report['audits'])} recorded audits the one that shows the most against its claim, with {shown}."


def _releases(parts: Iterable[Mapping[str, Any]]) -> str:
    def said(part: Mapping[str, Any]) -> str:
        noise = f" with noise {part['noise']} of the sensitivity" if part["noise"] else ""
        drawn = "everybody" if part["rate"] is None else f"a Poisson sample at rate {part['rate']}"
        return f"{part['kind']}{noise}, {part['steps']} times on {drawn}"

    return ", ".join(map(said, parts))


def _administrative(report: Mapping[str, Any], facts: DeploymentFacts) -> dict[str, Any]:
    return {
        "sources": _lines([*facts.sources, f"The ledger {report['ledger']}, {report['entries']} entries"]),
        "notes": "Written from the ledger's entries; what is not promised: " + " ".join(report["not_promised"]),
        "registry_authors": list(facts.authors),
    }
