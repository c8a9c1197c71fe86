"""Programme reader: programmes read from documents, every problem in them gathered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from features.mapping import MappingReader, nearest
from features.problem import Problems, Where
from recommender.rules.children import DATES
from recommender.rules.clause import RECEIVES, Clause, Source
from recommender.rules.clause_reader import ClauseReader, parse_source
from recommender.rules.payment_reader import read_value
from recommender.rules.programme import (
    BENEFICIARIES,
    CATEGORIES,
    DELIVERIES,
    FORMS,
    KINDS,
    Programme,
    Provider,
    Validity,
)
from recommender.rules.window_reader import read_events, read_windows
from recommender.text import Text, text_at, text_of

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.region import Regions

__all__ = ["parse_programme", "read_programme"]


def parse_programme(
    document: object, where: Where, declaration: Declaration, regions: Regions | None = None
) -> Programme:
    """Read one programme; raises Rejected with every problem in it."""
    problems = Problems()
    own = _own_name(document)
    reader = ClauseReader(declaration, regions, own)
    programme = read_programme(document, where, reader, declaration, own, problems)
    problems.raise_any()
    assert programme is not None  # what is wrong with it is a problem
    return programme


def _own_name(document: object) -> Callable[[str], str]:
    """Return what completes `first-meeting-voucher` to `kr.first-meeting-voucher` inside the latter's own document."""
    own = str(document.get("id", "")) if isinstance(document, dict) else ""
    return lambda name: own if own.partition(".")[2] == name else name


def read_programme(
    document: object,
    where: Where,
    reader: ClauseReader,
    declaration: Declaration,
    named: Callable[[str], str],
    problems: Problems,
) -> Programme | None:
    """Read one programme with a shared clause reader; None, and `problems` has grown, where anything is wrong."""
    if not isinstance(document, dict):
        problems.add(where, "invalid", "is not a programme", "Write a mapping with id, title, provider, who and so on")
        return None
    before = len(problems.found)
    fields = MappingReader(document, where, problems, None, declaration.country.languages)
    for key in _REQUIRED:
        fields.required(key)
    if "versions" in document and not (isinstance(document["versions"], list) and document["versions"]):
        remedy = "List them, each with its valid days, or leave it out"
        fields.take("versions")
        fields.wrong("versions", "invalid", "is no list of the programme's texts", remedy)
    parts = _parts(fields, reader, declaration, named, problems)
    if parts["ended"] and parts["valid"] == Validity(parts["valid"].first):  # type: ignore[attr-defined]  # checked
        fields.wrong("ended", "missing", "says no last day", "Add valid: {until: YYYY-MM-DD}")
    fields.close()
    return None if len(problems.found) > before else Programme(**parts)  # type: ignore[arg-type]  # each part was checked


_REQUIRED = ("id", "title", "provider", "category", "form", "who", "source")


def _parts(
    fields: MappingReader,
    reader: ClauseReader,
    declaration: Declaration,
    named: Callable[[str], str],
    problems: Problems,
) -> dict[str, object]:
    """Return everything a Programme is made of; what is wrong is a problem and stands as None."""
    windows = read_windows(fields, declaration)
    births = {signal.event for signal in declaration.facts[DATES].adds} if DATES in declaration.facts else set()
    back = next((one for one in windows if one.retroactive is not None and births.issuperset(one.after)), None)
    return {
        "id": fields.slug("id"),
        "title": text_at(fields, "title"),
        "provider": _provider(fields),
        "category": fields.choice("category", CATEGORIES),
        "form": _forms(fields),
        "who": _who(fields, reader, problems),
        "value": replace(read_value(fields, reader, declaration), back=back),
        "windows": windows,
        "delivery": fields.choice("delivery", DELIVERIES) or "offer",
        "documents": tuple(_texts(fields, "documents")),
        "excludes": tuple(named(name) for name in fields.slugs("excludes")),
        "grants": _grants(fields, declaration, named),
        "effort_minutes": fields.integer("effort_minutes"),
        "valid": _validity(fields),
        "source": _source(fields),
        "verified": fields.boolean("verified", False),
        "summary": text_at(fields, "summary"),
        "views": fields.integer("views"),
        "how": text_at(fields, "how"),
        "contact": text_at(fields, "contact"),
        "triggers": read_events(fields, "triggers", declaration),
        "beneficiary": fields.choice("beneficiary", BENEFICIARIES) or "citizen",
        "ended": fields.boolean("ended", False),
        "formerly": fields.slugs("formerly"),
        "succeeds": tuple(named(name) for name in fields.slugs("succeeds")),
        "renews": tuple(named(name) for name in fields.slugs("renews")),
    }


def _provider(fields: MappingReader) -> Provider | None:
    inner = fields.reader("provider")
    if inner is None:
        return None
    for key in ("id", "name"):
        inner.required(key)
    name, text, level = inner.slug("id"), text_at(inner, "name"), inner.slug("level")
    inner.close()
    return Provider(name, text, level or "national") if name and text else None


def _forms(fields: MappingReader) -> tuple[str, ...]:
    value = fields.take("form")
    forms = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
    wrong = [form for form in forms if form not in FORMS]
    if wrong or (value is not None and not forms):
        fields.wrong(
            "form", "unknown", f"{(wrong or value)!r} is not known", f"Use one of {', '.join(FORMS)}, or a list of them"
        )
    return tuple(str(form) for form in forms)


def _who(fields: MappingReader, reader: ClauseReader, problems: Problems) -> dict[str, Clause]:
    value = fields.take("who")
    if value is None:
        return {}
    path = fields.at("who")
    if not isinstance(value, dict) or not any(kind in value for kind in KINDS):
        clause = reader.read(value, path, problems)
        return {} if clause is None else {"citizen": clause}
    for kind in value:
        if kind not in KINDS:
            fields.wrong(("who", kind), "unknown", "is not a kind of applicant", f"Use one of {', '.join(KINDS)}")
    read = {kind: reader.read(value[kind], (*path, kind), problems) for kind in KINDS if kind in value}
    return {kind: clause for kind, clause in read.items() if clause is not None}


def _validity(fields: MappingReader) -> Validity:
    inner = fields.reader("valid")
    if inner is None:
        return Validity()
    valid = Validity(inner.day("from"), inner.day("until"))
    inner.close()
    if valid.first is not None and valid.last is not None and valid.last < valid.first:
        inner.wrong("until", "conflict", "is before from", "Give a last day that is not before the first")
    return valid


def _source(fields: MappingReader) -> Source:
    inner = fields.reader("source")
    return Source() if inner is None else parse_source(inner)


def _texts(fields: MappingReader, key: str) -> list[Text]:
    read = [text_of(fields, (key, i), item) for i, item in enumerate(fields.items(key))]
    return [text for text in read if text is not None]


def _grants(fields: MappingReader, declaration: Declaration, named: Callable[[str], str]) -> tuple[str, ...]:
    granted = []
    for i, name in enumerate(fields.slugs("grants")):
        if name.startswith(RECEIVES):
            granted.append(RECEIVES + named(name.removeprefix(RECEIVES)))
        elif name in declaration.facts and declaration.facts[name].type == "boolean":
            granted.append(name)
        else:
            close = nearest(name, declaration.facts)
            what = f"{name!r} is neither receives.<programme> nor a declared boolean fact{close}"
            fields.wrong(("grants", i), "unknown", what, "Name what receiving the programme makes true")
    return tuple(granted)
