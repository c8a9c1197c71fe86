"""The catalogue as JSON-LD holds to what CPSV-AP 3.2 asks, by a validator of SHACL that knows nothing of Proffer.

What is asked is written down here once more, of the classes that the catalogue has, as the shapes published with
CPSV-AP 3.2.0 ask it (SEMICeu/CPSV-AP, releases/3.2.0/shacl/cpsv-ap-SHACL.ttl): that file names no licence, so it is not
kept here. Whoever has it names it in PROFFER_CPSV_SHACL, and is answered by the file itself.
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
import rdflib
from pyshacl import validate
from rdflib.namespace import RDF, SH, XSD

from composition.engines import EngineSettings, build_engine
from composition.page_service import catalogue_of
from composition.settings import country_folder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
PUBLISHED = os.environ.get("PROFFER_CPSV_SHACL", "")
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#", "cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/", "skos": "http://www.w3.org/2004/02/skos/core#",
    "area": "http://data.europa.eu/88u/dataset/",
}  # fmt: skip
TEXT, SPAN = RDF.langString, XSD.duration
ASKED = {
    "cpsv:PublicService": {
        "at least one": ("dct:identifier", "dct:title", "dct:description", "cv:hasCompetentAuthority"),
        "at most one": ("dct:identifier", "adms:status", "cv:processingTime"),
        "datatype": {"dct:title": TEXT, "dct:description": TEXT, "dcat:keyword": TEXT, "cv:processingTime": SPAN},
        "class": {
            "cv:hasInputType": "cv:EvidenceType", "cv:hasChannel": "cv:Channel", "adms:status": "skos:Concept",
            "cv:hasCompetentAuthority": "cv:PublicOrganisation", "dct:language": "dct:LinguisticSystem",
            "cv:relatedService": "cpsv:PublicService", "cv:sector": "skos:Concept", "cpsv:produces": "cv:Output",
            "dct:isPartOf": "dcat:Dataset", "cv:hasCost": "cv:Cost", "cv:contactPoint": "cv:ContactPoint",
            "cv:isClassifiedBy": "skos:Concept", "cpsv:hasInput": "cv:Evidence", "dct:spatial": "dct:Location",
            "dct:audience": "skos:Concept", "dct:requires": "cpsv:PublicService", "cv:thematicArea": "skos:Concept",
            "cv:holdsRequirement": "cv:Requirement", "cpsv:follows": "cpsv:Rule", "cv:isGroupedBy": "cv:Event",
            "dct:type": "skos:Concept", "cv:hasParticipation": "cv:Participation",
            "cv:hasLegalResource": "eli:LegalResource",
        },
    },
    "cv:PublicOrganisation": {
        "at least one": ("dct:spatial", "skos:prefLabel"),
        "datatype": {"skos:prefLabel": TEXT},
        "class": {"dct:spatial": "area:atu-type"},
    },
    "cv:Event": {
        "at least one": ("dct:identifier", "dct:title"),
        "at most one": ("dct:identifier",),
        "datatype": {"dct:title": TEXT, "dct:description": TEXT},
        "class": {"cv:hasRelatedService": "cpsv:PublicService"},
    },
    "cv:LifeEvent": {"class": {"dct:type": "skos:Concept"}},
    "cv:Evidence": {
        "at least one": ("dct:identifier", "dct:title"),
        "at most one": ("dct:identifier", "dct:type"),
        "datatype": {"dct:title": TEXT, "dct:description": TEXT},
        "class": {
            "dct:conformsTo": "cv:EvidenceType", "dct:language": "dct:LinguisticSystem", "dct:type": "skos:Concept",
            "cv:supportsRequirement": "cv:Requirement", "foaf:page": "foaf:Document",
        },
    },
    "eli:LegalResource": {"class": {"dct:relation": "eli:LegalResource"}},
    "dct:Location": {},
    "skos:Concept": {},
}  # fmt: skip
"""By class what is asked of each property; of a place and a concept nothing is."""


def named(short):
    prefix, _, name = short.partition(":")
    return rdflib.URIRef(PREFIXES[prefix] + name)


@pytest.fixture(scope="module")
def shapes():
    """The published shapes where they are named, else those made of what is written above."""
    if PUBLISHED:
        return rdflib.Graph().parse(Path(PUBLISHED))
    made = rdflib.Graph()
    for target, asked in ASKED.items():
        shape = rdflib.BNode()
        made.add((shape, RDF.type, SH.NodeShape))
        made.add((shape, SH.targetClass, named(target)))
        rules = [(path, SH.minCount, rdflib.Literal(1)) for path in asked.get("at least one", ())]
        rules += [(path, SH.maxCount, rdflib.Literal(1)) for path in asked.get("at most one", ())]
        rules += [(path, SH.datatype, datatype) for path, datatype in asked.get("datatype", {}).items()]
        rules += [(path, SH["class"], named(other)) for path, other in asked.get("class", {}).items()]
        for path, rule, value in rules:
            part = rdflib.BNode()
            made.add((shape, SH.property, part))
            made.add((part, SH.path, named(path)))
            made.add((part, rule, value))
    return made


@pytest.fixture(scope="module", params=["kr", "fr"])
def document(request):
    return catalogue_of(build_engine(EngineSettings(country=country_folder(request.param))), request.param.upper())


def complaints(document, shapes):
    """What the validator has against a document, a line each."""
    data = rdflib.Graph().parse(data=json.dumps(document), format="json-ld")
    _, report, _ = validate(data, shacl_graph=shapes, inference="none", allow_warnings=False)
    found = report.subjects(RDF.type, SH.ValidationResult)
    return sorted(f"{report.value(one, SH.focusNode)} {report.value(one, SH.resultPath)}" for one in found)


def test_the_shipped_catalogue_conforms(document, shapes):
    kinds = {
        kind
        for one in document["@graph"]
        for kind in ([one["@type"]] if isinstance(one["@type"], str) else one["@type"])
    }
    known = {"http://data.europa.eu/88u/dataset/atu-type", *ASKED}
    assert {"cpsv:PublicService", "cv:PublicOrganisation", "skos:Concept"} <= kinds <= known
    assert complaints(document, shapes) == []


@pytest.mark.parametrize("part", ["dct:identifier", "dct:title", "cv:hasCompetentAuthority", "skos:prefLabel"])
def test_a_document_without_what_is_asked_does_not_conform(document, shapes, part):
    lacking = copy.deepcopy(document)
    for one in lacking["@graph"]:
        one.pop(part, None)
    assert complaints(lacking, shapes) != []


def test_a_text_without_a_language_does_not_conform(document, shapes):
    plain = copy.deepcopy(document)
    service = next(one for one in plain["@graph"] if one["@type"] == "cpsv:PublicService")
    del service["dct:title"][0]["@language"]
    assert complaints(plain, shapes) == [f"{service['@id']} {PREFIXES['dct']}title"]


def test_an_event_has_the_name_that_people_know(document):
    events = [one for one in document["@graph"] if "cv:LifeEvent" in one["@type"]]
    assert events
    assert all(text["@value"] != one["dct:identifier"] for one in events for text in one["dct:title"])
