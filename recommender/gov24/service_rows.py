"""Rows: the three files joined on 서비스ID, and every row that cannot be used with what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from features.problem import Problem, Rejected, Where
from recommender.gov24.axes import AGE, CODES, Conditions
from recommender.published_rows import Rejection, Row, RowForm, not_text, text_of

ID = "서비스ID"
VIEWS = "조회수"
FILES = ("serviceList", "serviceDetail", "supportConditions")
_V1 = "SVC_ID"
_V1_REMEDY = "Fetch the v3 API: its JA codes mean other things than v1's"
FORM = RowForm(ID, VIEWS)
_FLAGS = CODES - set(AGE)
_REQUIRED = ("서비스명", "사용자구분", "서비스분야", "소관기관명")
_BOTH = ("지원대상", "선정기준", "지원내용", "신청방법", "신청기한", "지원유형", "서비스명", "소관기관명", "수정일시")
_LISTED = ("사용자구분", "서비스분야", "소관기관유형", "소관기관코드", "서비스목적요약", "상세조회URL", "전화문의")
_PAPERS = ("구비서류", "공무원확인구비서류", "본인확인필요구비서류")
TEXTS = ((*_BOTH, *_LISTED), (*_BOTH, *_PAPERS, "서비스목적", "문의처", "온라인신청사이트URL"))
"""The fields of a row of serviceList and of serviceDetail that are read as text."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service whose three rows are all there and well formed."""

    id: str
    listed: Row
    detail: Row
    conditions: Conditions


class JoinedRows(NamedTuple):
    """Services in the order of the list, rejections, and how many rows say what another row of their file says."""

    services: tuple[Service, ...]
    rejections: tuple[Rejection, ...]
    repeated: int


def rows_of(document: object, where: Where) -> list[object]:
    """The rows of one page or file of the API: its envelope's `data`, or a bare list.

    Raises:
        Rejected: the document is no such thing, it is an error the API sent, or all its rows are those of the older v1.

    Example:
        >>> rows_of({"totalCount": 1, "data": [{"서비스ID": "000000000001"}]}, "list.json")
        [{'서비스ID': '000000000001'}]
    """
    rows = document.get("data") if isinstance(document, Mapping) else document
    if not isinstance(rows, list):
        what, remedy = "has neither a list of rows nor an envelope with `data`", "Give the JSON that the API sends"
        if isinstance(document, Mapping) and "code" in document and "msg" in document:
            what, remedy = f"contains an error of the API (code {document['code']})", "Fetch the rows again"
        raise Rejected([Problem(where, "invalid", what, remedy)])
    if rows and all(isinstance(row, Mapping) and _V1 in row and ID not in row for row in rows):
        raise Rejected([Problem(where, "invalid", f"contains rows of the older v1 API ({_V1})", _V1_REMEDY)])
    return rows


def join(listed: Sequence[object], details: Sequence[object], conditions: Sequence[object]) -> JoinedRows:
    """Join the rows of the three files: services in the order of the list, then rejections, one for each service.

    A row that comes again, as overlapping pages bring it, is one row, with the higher of its views. A service is
    rejected as a whole, with all its reasons: of two rows with one id that differ, either may be the right one.

    Example:
        >>> join([{"서비스ID": "000000000001", "서비스명": "가"}], [], [])[1][0].id
        '000000000001'
    """
    files = [FORM.by_id(rows) for rows in (listed, details, conditions)]
    strays = [
        Rejection(f"{name}[{number}]", _stray(row))
        for name, file in zip(FILES, files, strict=True)
        for number, row in file.strays
    ]
    services, rejections = [], []
    for service_id in dict.fromkeys(service_id for file in files for service_id in file.found):
        service, reasons = _joined(service_id, [file.found.get(service_id, []) for file in files])
        if service is None:
            rejections.append(Rejection(service_id, "; ".join(reasons)))
        else:
            services.append(service)
    return JoinedRows(tuple(services), (*rejections, *strays), sum(file.repeated for file in files))


def _stray(row: object) -> str:
    if not isinstance(row, Mapping):
        return "is not an object"
    if _V1 in row and ID not in row:
        return f"is a row of the older v1 API ({_V1}), whose JA codes mean other things"
    return f"{ID} {row.get(ID)!r} is not an id" if ID in row else f"has no {ID}"


def _joined(service_id: str, found: Sequence[Sequence[Row]]) -> tuple[Service | None, list[str]]:
    reasons = [_count(name, rows) for name, rows in zip(FILES, found, strict=True) if len(rows) != 1]
    for row in found[0][:1]:
        missing = (key for key in _REQUIRED if text_of(row, key) is None and isinstance(row.get(key), str | None))
        reasons += [f"{key} is empty in serviceList" for key in missing]
    for name, rows, texts in zip(FILES[:2], found[:2], TEXTS, strict=True):
        reasons += [f"{wrong} (in {name})" for row in rows[:1] for wrong in not_text(row, texts)]
    read = [parse_conditions(row) for row in found[2]]
    reasons += [reason for _, wrong in read for reason in wrong]
    if reasons:
        return None, reasons
    return Service(service_id, found[0][0], found[1][0], read[0][0]), []


def _count(name: str, rows: Sequence[Row]) -> str:
    if not rows:
        return f"has no row in {name}"
    fields = dict.fromkeys(field for row in rows[1:] for field in FORM.differing(rows[0], row))
    return f"has {len(rows)} rows in {name} that differ in {', '.join(fields)}"


def parse_conditions(row: Row) -> tuple[Conditions, list[str]]:
    """Read a row of supportConditions: what it says, and everything in it that cannot be read.

    A code that is absent says as little as one that is null; a row without any code is not such a row.

    Example:
        >>> parse_conditions({"JA0101": "Y", "JA0110": 19, "JA0111": 34})[0]
        Conditions(flags=frozenset({'JA0101'}), lowest_age=19, highest_age=34)
        >>> parse_conditions({"JA0101": "N", "JA9999": "Y"})[1]
        ['JA0101 is "N", neither "Y" nor null', 'JA9999 is not a known code']
    """
    codes = [key for key in row if key.startswith("JA")]
    bad = [code for code in codes if code in _FLAGS and row[code] is not None and row[code] != "Y"]
    wrong = [f'{code} is {_shown(row[code])}, neither "Y" nor null' for code in bad]
    wrong += [f"{code} is not a known code" for code in codes if code not in CODES]
    if not codes:
        wrong.append("has no JA code at all")
    low, high = row.get(AGE[0]), row.get(AGE[1])
    for code, age in zip(AGE, (low, high), strict=True):
        if age is not None and (isinstance(age, bool) or not isinstance(age, int) or age < 0):
            wrong.append(f"{code} is {_shown(age)}, not an age")
    if isinstance(low, int) and isinstance(high, int) and 0 <= high < low:
        wrong.append(f"{AGE[0]} {low} is above {AGE[1]} {high}")
    flags = frozenset(code for code in codes if row[code] == "Y")
    return Conditions(flags, *(age if isinstance(age, int) else None for age in (low, high))), wrong


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
