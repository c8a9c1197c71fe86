"""Rows as the API writes them, the shipped region table and declaration, and the real sample where it is there."""

import datetime
import json
import os
from pathlib import Path

import pytest

from composition import reading
from composition.target_groups import read_vocabulary
from features.calendar import day_of
from features.snapshot import from_facts
from features.value import UNKNOWN
from recommender.gov24.axes import CODES
from recommender.gov24.importer import ImportTables
from recommender.gov24.target_text import target_text
from recommender.rules.rule_oracle import Oracle

AS_OF = datetime.date(2026, 11, 28)
ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PROFFER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "gov24"


@pytest.fixture(scope="session")
def regions():
    return reading.read_regions()


@pytest.fixture(scope="session")
def declaration():
    return reading.read_declaration()


@pytest.fixture(scope="session")
def vocabulary(declaration):
    return read_vocabulary(declaration)


@pytest.fixture(scope="session")
def told(declaration, regions, vocabulary):
    """Answer a row's words for somebody of 76 (or of other facts), every boolean fact false unless stated."""
    oracle = Oracle(declaration, regions, day_of(AS_OF))
    booleans = [name for name, fact in declaration.facts.items() if fact.type == "boolean" and fact.derived is None]

    def answer(words, title="구민 지원", about=(), detail=None, **fields):
        facts = dict.fromkeys(booleans, False) | {"birth_date": "1950-05-01", "sex": "female", "children": []}
        facts |= {"citizen_of_korea": True, "resident_since": "2016-11-01", "income_percent": 150} | dict(about)
        row = {"서비스명": title, "소관기관명": "부산광역시 해운대구", "지원대상": words} | fields
        read = target_text(row, (), vocabulary, detail or {})
        snapshot = from_facts(declaration, facts, declaration.zone.end_of_day(AS_OF))
        values = dict(zip(snapshot.columns, map(int, snapshot.values[0]), strict=True))
        return oracle.clause(read.clause, lambda column: values.get(column, UNKNOWN)).name

    return answer


@pytest.fixture(scope="session")
def tables(regions, declaration, vocabulary):
    return ImportTables(regions, declaration.events, vocabulary)


@pytest.fixture(scope="session")
def sample():
    """The rows of serviceList, serviceDetail and supportConditions of the real sample."""
    if not SHARED.is_dir():
        pytest.skip(f"the real gov24 sample is not at {SHARED}")
    names = ("serviceList", "serviceDetail", "supportConditions")
    return tuple(json.loads((SHARED / f"{name}.json").read_text(encoding="utf-8"))["data"] for name in names)


@pytest.fixture
def listed():
    """Make a row of serviceList; keyword arguments replace fields."""

    def make(service_id="000000000001", **fields):
        return {
            "서비스ID": service_id,
            "서비스명": "보훈명예수당",
            "서비스목적요약": "국가유공자를 예우한다",
            "서비스분야": "생활안정",
            "지원유형": "현금",
            "지원대상": "관내 국가유공자",
            "선정기준": None,
            "지원내용": "보훈명예수당 매월 10만원 지급",
            "신청방법": "방문신청",
            "신청기한": "상시신청",
            "상세조회URL": f"https://www.gov.kr/portal/rcvfvrSvc/dtlEx/{service_id}",
            "소관기관코드": "3130000",
            "소관기관명": "서울특별시 마포구",
            "소관기관유형": "시군구",
            "사용자구분": "개인",
            "조회수": 12,
            "전화문의": "복지정책과/02-0000-0000",
            "수정일시": "20260511095616",
        } | fields

    return make


@pytest.fixture
def detail():
    """Make a row of serviceDetail; keyword arguments replace fields."""

    def make(service_id="000000000001", **fields):
        return {
            "서비스ID": service_id,
            "서비스목적": None,
            "신청방법": "○ 방문: 주민센터",
            "구비서류": "신청서",
            "공무원확인구비서류": "해당없음",
            "본인확인필요구비서류": "해당없음",
            "온라인신청사이트URL": None,
            "문의처": "복지정책과/02-0000-0000",
            "수정일시": "2026-05-11",
        } | fields

    return make


@pytest.fixture
def conditions():
    """Make a row of supportConditions with these codes set; `ages` are JA0110 and JA0111."""

    def make(service_id="000000000001", flags=(), ages=(None, None), **fields):
        row = {"서비스ID": service_id} | dict.fromkeys(sorted(CODES))
        row |= dict.fromkeys(flags, "Y") | {"JA0110": ages[0], "JA0111": ages[1]}
        return row | fields

    return make
