"""Policy importer: the rows of the youth-policy open API as programme documents, and a report of what could be read."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from recommender.gov24 import benefit_amount, deadline
from recommender.gov24.axes import STATES, AxisReading
from recommender.gov24.documents import Papers, listed_papers
from recommender.published_rows import (
    NESTED,
    Imported,
    Rejection,
    Row,
    counted,
    day_at,
    provider_id,
    source_document,
    text_of,
)
from recommender.published_text import readable
from recommender.reading.place_name import own_places
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.region import Regions, region_number
from recommender.youth import policy_codes, policy_rows, requirements

Document = dict[str, Any]

_PAGE = "https://www.youthcenter.go.kr/youthPolicy/ythPlcyTotalSearch/ythPlcyDetail/"
_RANGE = re.compile(r"(\d{8})\s*[~∼\-]\s*(\d{8})")
_BETWEEN_RANGES = re.compile(r"(?:\\N|\\n|[\s,;/|])*")
_CHANGED = "lastMdfcnDt"
_OPEN_END = "21"
"""How the year of a last day begins that stands for none: 9999, 2999, 2100."""


class PolicyTables(NamedTuple):
    """What policies are read with: the dated table of regions, the declared event types and facts, whom texts name."""

    regions: Regions
    events: Collection[str]
    facts: Collection[str]
    vocabulary: GroupVocabulary = GroupVocabulary()


class _Policy(NamedTuple):
    """One policy as a programme document, its windows, what it says on each axis, and how many texts nobody read."""

    document: Document
    windows: Sequence[Document]
    axes: Mapping[str, AxisReading]
    unread: tuple[str, ...]


def import_policies(
    rows: Sequence[object],
    tables: PolicyTables,
    advance: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Read rows of getPlcy into programme documents; what cannot be read stays unknown with its words and is counted.

    Args:
        rows: the parsed rows of all pages.
        tables: what they are read with.
        advance: called with 1 after each policy.

    Example:
        >>> import_policies([], PolicyTables(Regions(), (), ())).report["services"]
        0
    """
    policies, rejected, repeated = policy_rows.policies(rows)
    read = []
    for row in policies:
        try:
            read.append(_programme(row, tables))
        except RecursionError:
            rejected = (*rejected, Rejection(str(row[policy_rows.ID]), NESTED))
        advance(1)
    report = _report(read, rejected) | {"repeated_rows": repeated}
    return Imported(tuple(one.document for one in read), rejected, report)


def _programme(row: Row, tables: PolicyTables) -> _Policy:
    axes = requirements.readings(row, tables.regions, tables.facts)
    who = requirements.who(row, axes, tables.vocabulary, _places(row, axes["region"], tables.regions))
    forms = [policy_codes.FORMS.get(text_of(row, "plcyPvsnMthdCd") or "", "other")]
    papers = listed_papers(text_of(row, "sbmsnDcmntCn") or "")
    windows, field = windows_of(row, tables.events), text_of(row, "lclsfNm") or ""
    unread = tuple(_unread(who))
    document = {
        "id": f"youth.{row[policy_rows.ID]}",
        "title": {"ko": text_of(row, policy_rows.NAME)},
        "provider": _provider(row, axes["region"]),
        "category": next((own for name, own in policy_codes.CATEGORIES.items() if field.startswith(name)), "youth"),
        "form": forms,
        "who": {"citizen": who},
        "value": benefit_amount.value({"plcySprtCn": text_of(row, "plcySprtCn")}, forms, fields=("plcySprtCn",)),
        "window": windows[0] if len(windows) == 1 else windows,
        "valid": _valid(row, windows),
        "delivery": "offer",
        "documents": list(papers.bring),
        "summary": readable(text_of(row, "plcyExplnCn") or "") or None,
        "how": _how(row, papers),
        "contact": text_of(row, "operInstCdNm") or text_of(row, "sprvsnInstCdNm"),
        "views": policy_rows.FORM.views_in(row),
        "triggers": sorted({event for window in windows for event in deadline.after_what(window)}),
        "source": source_document(
            f"{_PAGE}{row[policy_rows.ID]}", day_at(row, _CHANGED), [text_of(row, key) for key in requirements.TEXTS]
        ),
        "verified": False,
    }
    kept = {key: value for key, value in document.items() if value not in (None, [], {})}
    return _Policy(kept, windows, axes, unread)


def windows_of(row: Row, events: Collection[str]) -> list[Document]:
    r"""When one may apply: any number of date ranges in one field, at any time, or as the words of the row say.

    A policy that is closed ("마감") without days was so by the day its row was last changed.

    Example:
        >>> ranges = r"20260101 ~ 20260331\N20260701 ~ 20260930"
        >>> [window["until"] for window in windows_of({"aplyPrdSeCd": "0057001", "aplyYmd": ranges}, ())]
        ['2026-03-31', '2026-09-30']
        >>> windows_of({"aplyPrdSeCd": "0057002"}, ())
        [{'kind': 'open_ended'}]
    """
    words, code = text_of(row, "aplyYmd"), text_of(row, "aplyPrdSeCd")
    ranges = _ranges(words or "")
    if ranges:
        return ranges
    if code == policy_codes.ALWAYS and words is None:
        return [{"kind": "open_ended"}]
    changed = day_at(row, _CHANGED)
    if code == policy_codes.CLOSED and words is None and changed is not None:
        return [{"kind": "dated", "until": changed.isoformat(), "text": "마감"}]
    told = words or text_of(row, "bizPrdEtcCn")
    return deadline.windows(told, events)


def _ranges(words: str) -> list[Document]:
    """The ranges of a text that holds nothing else; none where a day does not exist or a range is reversed."""
    found = list(_RANGE.finditer(words))
    if not found or not _BETWEEN_RANGES.fullmatch(_RANGE.sub("", words)):
        return []
    windows = []
    for one in found:
        opens, closes = _day(one[1]), _day(one[2])
        if opens is None or closes is None or closes < opens:
            return []
        until = {} if one[2] >= _OPEN_END else {"until": closes.isoformat()}
        windows.append({"kind": "dated", "from": opens.isoformat()} | until | {"text": one[0]})
    return [window for place, window in enumerate(windows) if window not in windows[:place]]


def _valid(row: Row, windows: Sequence[Mapping[str, str]]) -> Document | None:
    """A policy is known until its business ends, or its last window if that is later; what follows nobody said."""
    ends = _day(text_of(row, "bizPrdEndYmd") or "")
    if ends is None:
        return None
    closed = [window["until"] for window in windows if "until" in window]
    return {"until": max([ends.isoformat(), *closed])}


def _provider(row: Row, region: AxisReading) -> Document:
    code = text_of(row, "sprvsnInstCd") or text_of(row, "rgtrInstCd") or ""
    name = text_of(row, "sprvsnInstCdNm") or text_of(row, "rgtrInstCdNm") or code or "온통청년"
    one_place = region.clause is not None and len(str(region.clause.get("is", ""))) > 2
    local = "municipality" if one_place else "province"
    national = text_of(row, "pvsnInstGroupCd") == policy_codes.NATIONAL
    return {
        "id": provider_id(code),
        "name": {"ko": name},
        "level": "national" if national else local,
    }


def _how(row: Row, papers: Papers) -> str | None:
    """How to apply and what else the row says: how many are chosen, papers not to bring, other matters, addresses."""
    count = text_of(row, "sprtSclCnt")
    parts = [
        readable(text_of(row, "plcyAplyMthdCn") or ""),
        "선착순" if text_of(row, "sprtArvlSeqYn") == "Y" else "",
        f"지원 규모: {count}명" if count not in (None, "0") else "",
        *papers.told,
        readable(text_of(row, "etcMttrCn") or ""),
        *(text_of(row, key) or "" for key in ("aplyUrlAddr", "refUrlAddr1", "refUrlAddr2")),
    ]
    return "\n".join(dict.fromkeys(part for part in parts if part)) or None


def _day(digits: str) -> datetime.date | None:
    """The day written YYYYMMDD, None where there is no such day."""
    try:
        return datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 else None
    except ValueError:
        return None


def _places(row: Row, region: AxisReading, regions: Regions) -> tuple[str, ...]:
    """What a policy's one region is called in its texts."""
    number = region_number((region.clause or {}).get("is"))
    names = [regions.name(number, "ko")] if number is not None else []
    return own_places(text_of(row, "sprvsnInstCdNm") or "", *names)


def _unread(clause: object) -> Iterator[str]:
    """The fields of the words in a rule that nobody read."""
    if isinstance(clause, Mapping):
        if "unread_text" in clause:
            yield str(clause["unread_text"]["field"])
        for part in ("all", "any", "not", "advisory"):
            yield from _unread(clause.get(part))
    elif isinstance(clause, list):
        for one in clause:
            yield from _unread(one)


def _report(read: Sequence[_Policy], rejected: Sequence[Rejection]) -> Document:
    windows = [window for one in read for window in one.windows]
    return {
        "services": len(read) + len(rejected),
        "imported": len(read),
        "rejected": [rejection.to_document() for rejection in rejected],
        "axes": {axis: counted(STATES, [one.axes[axis].state for one in read]) for axis in requirements.AXES},
        "windows": counted(deadline.KINDS, [str(window["kind"]) for window in windows]),
        "documents": {
            "to_bring": sum(len(one.document.get("documents", ())) for one in read),
            "services_with_none": sum(not one.document.get("documents") for one in read),
        },
        "unread": {
            "texts": dict(Counter(field for one in read for field in one.unread).most_common()),
            "deadlines": sum(window["kind"] == "unknown" and "text" in window for window in windows),
            "checked_dates": sum("checked" not in one.document["source"] for one in read),
        },
    }
