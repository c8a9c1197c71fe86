"""Service catalogue: programmes as public services of CPSV-AP 3.2, the vocabulary of public services in the EU."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from recommender.rules.programme import Programme, Provider
    from recommender.text import Text

MEDIA_TYPE: Final = "application/ld+json"
CONTEXT: Final[Mapping[str, str]] = {
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
NAMES: Final = "urn:proffer:"
"""What ids of programmes, offices and papers begin with where they stand for a thing."""


def service_catalogue(programmes: Iterable[Programme], country: str) -> dict[str, Any]:
    """Return a catalogue as JSON-LD.

    Args:
        programmes: in force or not; each becomes a public service with its office, papers, law and life events.
        country: the code of where its offices are, such as KR.
    """
    nodes: dict[str, dict[str, Any]] = {}
    for programme in programmes:
        for node in _nodes(programme, country):
            nodes.setdefault(node["@id"], node)
    return {"@context": dict(CONTEXT), "@graph": list(nodes.values())}


def _nodes(one: Programme, country: str) -> Iterator[dict[str, Any]]:
    papers = [_paper(text) for text in one.documents]
    happened: list[dict[str, Any]] = [
        {"@id": f"{NAMES}event:{name}", "@type": "cv:LifeEvent", "dct:identifier": name, "dct:title": name}
        for name in one.triggers
    ]
    service: dict[str, Any] = {
        "@id": f"{NAMES}service:{one.id}",
        "@type": "cpsv:PublicService",
        "dct:identifier": one.id,
        "dct:title": _said(one.title),
        "dct:description": _said(one.summary or one.title),
        "dct:type": one.category,
        "cv:hasCompetentAuthority": {"@id": f"{NAMES}office:{one.provider.id}"},
        "cpsv:hasInput": [{"@id": paper["@id"]} for paper in papers],
        "cv:isGroupedBy": [{"@id": event["@id"]} for event in happened],
    }
    law = one.source.url
    if law:
        service["cv:hasLegalResource"] = [{"@id": law}]
    yield {name: value for name, value in service.items() if value}
    yield _office(one.provider, country)
    yield from (*papers, *happened)
    if law:
        yield {"@id": law, "@type": "eli:LegalResource"}


def _office(one: Provider, country: str) -> dict[str, Any]:
    return {
        "@id": f"{NAMES}office:{one.id}",
        "@type": "cv:PublicOrganisation",
        "dct:identifier": one.id,
        "skos:prefLabel": _said(one.name),
        "dct:spatial": {"@id": f"{NAMES}place:{country}", "@type": "dct:Location", "dct:identifier": country},
    }


def _paper(text: Text) -> dict[str, Any]:
    name = hashlib.sha256(repr(text.pairs).encode()).hexdigest()[:16]
    return {
        "@id": f"{NAMES}paper:{name}",
        "@type": "cv:Evidence",
        "dct:identifier": name,
        "dct:title": _said(text),
    }


def _said(text: Text) -> list[dict[str, str]]:
    """A text in each language that it was written in; where no language is known, without one."""
    from features.mapping import UNDETERMINED

    return [
        {"@value": words} if language == UNDETERMINED else {"@value": words, "@language": language}
        for language, words in text.pairs
        if words
    ]
