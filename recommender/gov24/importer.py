"""Importer: the three files of the gov24 open API as programme documents, and a report of what could be read."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from features.calendar import day_of
from recommender.gov24 import agency, axes, benefit_amount, deadline, delivery, documents, residence, service_rows
from recommender.gov24.money import sums
from recommender.gov24.named_programmes import ListedTitle, NamedProgrammes
from recommender.gov24.service_rows import Service
from recommender.gov24.target_text import BASIS, TARGET, TargetText, target_text
from recommender.published_rows import NESTED, Imported, Rejection, Row, counted, day_at, source_document, text_of
from recommender.published_text import readable, word_of
from recommender.reading.criteria import UNREAD_REASONS
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.clause import clause_document
from recommender.rules.region import Regions

Document = dict[str, Any]

KINDS = {
    "개인": "citizen",
    "가구": "citizen",
    "소상공인": "small_business",
    "법인/시설/단체": "organisation",
}
CATEGORIES = {
    "생활안정": "livelihood",
    "농림축산어업": "agriculture",
    "보육·교육": "childcare-education",
    "보건·의료": "health",
    "임신·출산": "pregnancy-birth",
    "고용·창업": "work-startup",
    "문화·환경": "culture-environment",
    "행정·안전": "safety",
    "주거·자립": "housing",
    "보호·돌봄": "protection-care",
}
FORMS = {
    "현금": "cash",
    "현금(감면)": "tax_relief",
    "현금(장학금)": "scholarship",
    "현금(보험)": "insurance",
    "현금(융자)": "loan",
    "현물": "in_kind",
    "이용권": "voucher",
    "서비스(의료)": "medical",
    "의료지원": "medical",
    "서비스(돌봄)": "service",
    "서비스(일자리)": "service",
    "민원": "service",
    "기술지원": "service",
    "문화/여가지원": "service",
    "시설이용": "facility",
    "기타(교육)": "education",
    "기타(상담)": "counselling",
    "상담/법률지원": "counselling",
    "기타": "other",
}
_OTHER_FORM = "other"
_SEPARATOR = delivery.SEPARATOR
_LONG_AGO = datetime.date(1970, 1, 1)


class ImportTables(NamedTuple):
    """What rows are read with: the dated table of regions, the declared event types, and whom texts name."""

    regions: Regions
    events: Collection[str]
    vocabulary: GroupVocabulary = GroupVocabulary()


@dataclass(frozen=True)
class _Read:
    """One service as a programme document, with what the report counts of it."""

    document: Document
    conditions: axes.Conditions
    kinds: tuple[str, ...]
    place: agency.AgencyPlace
    looked_up: int
    unknown_forms: tuple[str, ...]
    text: TargetText
    contradicted: tuple[str, ...]


def import_services(
    listed: Sequence[object],
    details: Sequence[object],
    conditions: Sequence[object],
    tables: ImportTables,
    advance: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Read the rows of serviceList, serviceDetail and supportConditions into programme documents.

    Nothing is guessed: what cannot be read stays unknown and is counted; a row that is wrong is rejected with every
    reason, and the others are not touched by it.

    Args:
        listed: the parsed rows of serviceList.
        details: those of serviceDetail.
        conditions: those of supportConditions.
        tables: the table that agency codes are looked up in, the event types a relative deadline may name, and
            the groups of people that texts name.
        advance: called with 1 after each service.

    Example:
        >>> import_services([], [], [], ImportTables(Regions(), ())).report["services"]
        0
    """
    services, rejected, repeated = service_rows.join(listed, details, conditions)
    read: list[_Read] = []
    refused: list[Rejection] = []
    for service in services:
        reasons = _unknown_words(service.listed)
        if reasons:
            refused.append(Rejection(service.id, "; ".join(reasons)))
        else:
            try:
                read.append(_programme(service, tables))
            except RecursionError:
                refused.append(Rejection(service.id, NESTED))
        advance(1)
    refused += rejected
    _name_excluded(read)
    report = _report(read, refused) | {"repeated_rows": repeated}
    return Imported(tuple(one.document for one in read), tuple(refused), report)


def _name_excluded(read: Sequence[_Read]) -> None:
    """Add to each programme those that its words name where they exclude other help."""
    agencies = [one.document["provider"]["id"] for one in read]
    known = NamedProgrammes(
        ListedTitle(one.document["id"], one.document["title"]["ko"], office, one.place.found == agency.TYPE)
        for one, office in zip(read, agencies, strict=True)
    )
    for one, office in zip(read, agencies, strict=True):
        named = known.named_in(one.text.other_help, office) if one.text.other_help else ()
        others = [programme for programme in named if programme != one.document["id"]]
        if others:
            one.document["excludes"] = others


def _unknown_words(row: Row) -> list[str]:
    kinds = [word for word in _words(row, "사용자구분") if word not in KINDS]
    category = word_of(text_of(row, "서비스분야") or "")
    return [f"사용자구분 {word!r} is not known" for word in kinds] + (
        [] if category in CATEGORIES else [f"서비스분야 {category!r} is not known"]
    )


def _words(row: Row, key: str) -> tuple[str, ...]:
    return tuple(word for part in (text_of(row, key) or "").split(_SEPARATOR) if (word := word_of(part)))


def _programme(service: Service, tables: ImportTables) -> _Read:
    listed, detail, regions = service.listed, service.detail, tables.regions
    kinds = tuple(dict.fromkeys(KINDS[word] for word in _words(listed, "사용자구분")))
    changed = day_at(listed, "수정일시") or day_at(detail, "수정일시")
    where = agency.place(listed, regions, day_of(changed or _LONG_AGO))
    forms, unknown_forms = _forms(listed)
    papers = documents.papers(detail)
    windows = deadline.of_row(listed, detail, tables.events)
    after = dict.fromkeys(event for window in windows for event in deadline.after_what(window))
    places = [regions.by_code[code].name.get("ko") for code in where.codes]
    text = target_text(listed, places, tables.vocabulary, detail)
    contradicted = axes.contradicted(kinds, service.conditions, text.clause)
    said = axes.ReadText(clause_document(text.clause), text.whole)
    document = {
        "id": f"gov24.{service.id}",
        "title": {"ko": text_of(listed, "서비스명")},
        "provider": agency.provider(listed),
        "category": CATEGORIES[word_of(text_of(listed, "서비스분야") or "")],
        "form": list(forms),
        "who": axes.who(kinds, service.conditions, where.reading.clause, said, text.people),
        "value": benefit_amount.value(
            {field: text_of(listed, field) or text_of(detail, field) for field in benefit_amount.READ},
            forms,
            _words(listed, "사용자구분"),
        ),
        "window": windows[0] if len(windows) == 1 else windows,
        "delivery": delivery.mode(listed, detail),
        "documents": list(papers.bring),
        "summary": text_of(listed, "서비스목적요약") or text_of(detail, "서비스목적"),
        "how": delivery.how(listed, detail, papers),
        "contact": readable(text_of(listed, "전화문의") or text_of(detail, "문의처") or "") or None,
        "views": service_rows.FORM.views_in(listed),
        "triggers": list(after),
        "source": source_document(
            text_of(listed, "상세조회URL"), changed, [text_of(listed, key) for key in (TARGET, BASIS)]
        ),
        "verified": text.whole,
    }
    kept = {key: value for key, value in document.items() if value not in (None, [])}
    return _Read(kept, service.conditions, kinds, where, len(papers.looked_up), unknown_forms, text, contradicted)


def _forms(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = _words(row, "지원유형")
    forms = dict.fromkeys(FORMS.get(word, _OTHER_FORM) for word in words)
    return tuple(forms) or (_OTHER_FORM,), tuple(word for word in words if word not in FORMS)


# --- the report ----------------------------------------------------------------------------------------------------


def _report(read: Sequence[_Read], refused: Sequence[Rejection]) -> Document:
    """Everything counted; `axes` counts every imported service, `axes_by_kind` those the axis is asked of."""
    unknown_forms = Counter(form for one in read for form in one.unknown_forms)
    return {
        "services": len(read) + len(refused),
        "imported": len(read),
        "rejected": [rejection.to_document() for rejection in refused],
        "axes": {axis: _states(axis, read) for axis in (*axes.AXES, "region")},
        "axes_by_kind": {
            kind: {axis: _states(axis, [one for one in read if kind in one.kinds]) for axis in (*of_kind, "region")}
            for kind, of_kind in axes.OF_KIND.items()
        },
        "windows": counted(deadline.KINDS, [_window(one)["kind"] for one in read]),
        "delivery": counted(delivery.MODES, [one.document["delivery"] for one in read]),
        "regions": counted(agency.HOW_FOUND, [one.place.found for one in read]),
        "residence": counted(residence.STATES, [one.place.residence for one in read]),
        "regions_to_check": [_to_check(one) for one in read if one.place.found in agency.DOUBTFUL],
        "amounts": counted(_AMOUNT_STATES, [_amount_state(one.document) for one in read]),
        "documents": {
            "to_bring": sum(len(one.document.get("documents", ())) for one in read),
            "looked_up": sum(one.looked_up for one in read),
            "services_with_none": sum(not one.document.get("documents") for one in read),
        },
        "other_help": {
            "excluded": sum(bool(one.text.other_help) for one in read),
            "programmes_named": sum("excludes" in one.document for one in read),
        },
        "texts": _texts(read),
        "unread": {
            "deadlines": sum(_unread_deadline(_window(one)) for one in read),
            "checked_dates": sum("checked" not in one.document["source"] for one in read),
            "views": sum("views" not in one.document for one in read),
            "forms": dict(unknown_forms.most_common()),
        },
    }


_PATTERNS = 200


def _texts(read: Sequence[_Read]) -> Document:
    """What of the words was read: whole rows, and the rest by reason, the most frequent words that stopped it first."""
    unread = [piece for one in read for piece in one.text.unread]
    patterns = Counter(piece.pattern for piece in unread if piece.pattern)
    return {
        "read_whole": sum(one.text.whole for one in read),
        "sentences": sum(one.text.sentences for one in read),
        "unread_sentences": len(unread),
        "unread_by_reason": counted(UNREAD_REASONS, [piece.reason for piece in unread]),
        "unread_words": dict(patterns.most_common(_PATTERNS)),
        "contradicted": {
            one.document["id"].removeprefix("gov24."): list(one.contradicted) for one in read if one.contradicted
        },
    }


def _states(axis: str, read: Sequence[_Read]) -> dict[str, int]:
    states = [one.place.reading.state if axis == "region" else axes.read(axis, one.conditions).state for one in read]
    return counted(axes.STATES, states)


_AMOUNT_STATES = ("read", "none_given", "no_sum", "absent")


def _amount_state(document: Mapping[str, Any]) -> str:
    value = document["value"]
    if "parts" in value:
        return "read"
    written = value.get("text")
    return "absent" if written is None else "none_given" if any(sums(written)) else "no_sum"


def _window(read: _Read) -> Mapping[str, Any]:
    """The first of a service's windows."""
    windows = read.document["window"]
    first: Mapping[str, Any] = windows[0] if isinstance(windows, list) else windows
    return first


def _unread_deadline(window: Mapping[str, Any]) -> bool:
    return window["kind"] == "unknown" and "text" in window


def _to_check(one: _Read) -> Document:
    """A service whose agency's code or name somebody should look at."""
    provider = one.document["provider"]
    return {
        "id": one.document["id"].removeprefix("gov24."),
        "agency": provider["id"].removeprefix("kr."),
        "name": provider["name"]["ko"],
        "found": one.place.found,
        "regions": [str(code) for code in one.place.codes],
    }
