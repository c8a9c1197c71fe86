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
_AREA: Final = "http://data.europa.eu/88u/dataset/atu-type"
"""What CPSV-AP 3.2 asks a place of an office to be, beside a place."""
Titles = Mapping[str, Mapping[str, str]]
NAMES: Final = "urn:proffer:"
"""What ids of programmes, offices and papers begin with where they stand for a thing."""


def service_catalogue(programmes: Iterable[Programme], events: Titles, country: str) -> dict[str, Any]:
    """Return a catalogue as JSON-LD.

    Args:
        programmes: in force or not; each becomes a public service with its office, papers, law and life events.
        events: what each type of event is called, by language.
        country: the code of where its offices are, such as KR.
    """
    nodes: dict[str, dict[str, Any]] = {}
    for programme in programmes:
        for node in _nodes(programme, events, country):
            nodes.setdefault(node["@id"], node)
    return {"@context": dict(CONTEXT), "@graph": list(nodes.values())}


def _nodes(one: Programme, events: Titles, country: str) -> Iterator[dict[str, Any]]:
    papers = [_paper(text) for text in one.documents]
    happened = [_event(name, events.get(name, {})) for name in one.triggers]
    category = {"@id": f"{NAMES}category:{one.category}", "@type": "skos:Concept", "skos:notation": one.category}
    service: dict[str, Any] = {
        "@id": f"{NAMES}service:{one.id}",
        "@type": "cpsv:PublicService",
        "dct:identifier": one.id,
        "dct:title": _tagged(one.title.pairs),
        "dct:description": _tagged((one.summary or one.title).pairs),
        "dct:type": {"@id": category["@id"]},
        "cv:hasCompetentAuthority": {"@id": f"{NAMES}office:{one.provider.id}"},
        "cpsv:hasInput": [{"@id": paper["@id"]} for paper in papers],
        "cv:isGroupedBy": [{"@id": event["@id"]} for event in happened],
    }
    law = one.source.url
    if law:
        service["cv:hasLegalResource"] = [{"@id": law}]
    yield {name: value for name, value in service.items() if value}
    yield _office(one.provider, country)
    yield from (category, *papers, *happened)
    if law:
        yield {"@id": law, "@type": "eli:LegalResource"}


def _office(one: Provider, country: str) -> dict[str, Any]:
    return {
        "@id": f"{NAMES}office:{one.id}",
        "@type": "cv:PublicOrganisation",
        "dct:identifier": one.id,
        "skos:prefLabel": _tagged(one.name.pairs),
        "dct:spatial": {"@id": f"{NAMES}place:{country}", "@type": ["dct:Location", _AREA], "dct:identifier": country},
    }


def _event(name: str, title: Mapping[str, str]) -> dict[str, Any]:
    from features.mapping import UNDETERMINED

    return {
        "@id": f"{NAMES}event:{name}",
        "@type": ["cv:Event", "cv:LifeEvent"],
        "dct:identifier": name,
        "dct:title": _tagged((title or {UNDETERMINED: name}).items()),
    }


def _paper(text: Text) -> dict[str, Any]:
    name = hashlib.sha256(repr(text.pairs).encode()).hexdigest()[:16]
    return {
        "@id": f"{NAMES}paper:{name}",
        "@type": "cv:Evidence",
        "dct:identifier": name,
        "dct:title": _tagged(text.pairs),
    }


def _tagged(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Words in each language that they were written in; where none is known under `und`, since each has to have one."""
    return [{"@value": words, "@language": language} for language, words in pairs if words]
