"""The rules that tests judge by: the shipped declaration, a small dated table of regions, random clauses and people."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from hypothesis import strategies as st

from composition.message_names import message_names
from features.calendar import day_of
from features.country import parse_country
from features.declaration.declaration import declare
from features.value import NONE, UNKNOWN
from recommender.messages import Messages
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import Advisory, All, Any, Compare, NoData, Not, UnreadText
from recommender.rules.region import Regions

ROOT = Path(__file__).parents[2]


def load(path):
    return yaml.load((ROOT / path).read_text(encoding="utf-8"), yaml.CSafeLoader)


KOREA = parse_country(load("data/countries/kr/country.yaml"))
DECLARATION = declare(
    *(load(f"data/countries/kr/declaration/{name}.yaml") for name in ("events", "facts", "features")),
    KOREA,
    load("data/countries/kr/declaration/household.yaml"),
)
MESSAGES = Messages.parse(
    {language: load(f"data/countries/kr/messages/{language}.yaml") for language in ("ko", "en")},
    message_names(),
)
TODAY = date(2026, 10, 31)
DAY = day_of(TODAY)
AT = DECLARATION.zone.end_of_day(TODAY)

REFORM = {"from": "2026-07-01"}
BEFORE = {"until": "2026-06-30"}
REGIONS = Regions.parse(
    {
        "regions": [
            {"code": 11, "name": {"ko": "서울특별시", "en": "Seoul"}, "people": 900},
            {"code": 11110, "name": {"ko": "종로구", "en": "Jongno-gu"}, "within": 11},
            {"code": 11440, "name": {"ko": "마포구", "en": "Mapo-gu"}, "within": 11},
            {"code": 41, "name": {"ko": "경기도", "en": "Gyeonggi-do"}, "people": 1300},
            {"code": 41110, "name": {"ko": "수원시", "en": "Suwon-si"}, "within": 41},
            {"code": 41111, "name": {"ko": "장안구", "en": "Jangan-gu"}, "within": 41110},
            {"code": 41113, "name": {"ko": "권선구", "en": "Gwonseon-gu"}, "within": 41110},
            {"code": 41130, "name": {"ko": "성남시", "en": "Seongnam-si"}, "within": 41},
            {"code": 28, "name": {"ko": "인천광역시", "en": "Incheon"}, "people": 300},
            {
                "code": 28110,
                "name": {"ko": "중구", "en": "Jung-gu"},
                "within": 28,
                "successors": [28125, 28155],
                **BEFORE,
            },
            {"code": 28140, "name": {"ko": "동구", "en": "Dong-gu"}, "within": 28, "successors": [28125], **BEFORE},
            {"code": 28125, "name": {"ko": "제물포구", "en": "Jemulpo-gu"}, "within": 28, **REFORM},
            {"code": 28155, "name": {"ko": "영종구", "en": "Yeongjong-gu"}, "within": 28, **REFORM},
            {"code": 29, "name": {"ko": "광주광역시", "en": "Gwangju"}, **BEFORE},
            {"code": 29110, "name": {"ko": "동구", "en": "Dong-gu"}, "within": 29, "successors": [12110], **BEFORE},
            {"code": 46, "name": {"ko": "전라남도", "en": "Jeollanam-do"}, **BEFORE},
            {"code": 46110, "name": {"ko": "목포시", "en": "Mokpo-si"}, "within": 46, "successors": [12310], **BEFORE},
            {"code": 12, "name": {"ko": "전남광주통합특별시", "en": "Jeonnam-Gwangju"}, "people": 310, **REFORM},
            {"code": 12110, "name": {"ko": "동구", "en": "Dong-gu"}, "within": 12, **REFORM},
            {"code": 12310, "name": {"ko": "목포시", "en": "Mokpo-si"}, "within": 12, **REFORM},
            {"code": 99, "name": {"ko": "없어진 곳", "en": "Gone"}, **BEFORE},
        ],
        "agencies": [
            {"code": "3130000", "region": 11440},
            {"code": "3540000", "region": 28110, **BEFORE},
            {"code": "3540000", "region": 28125, **REFORM},
            {"code": "6500000", "region": None},
            {"code": "6510000", "region": 41, "verified": False},
        ],
        "nationwide": ["중앙행정기관", "공공기관"],
        "sources": ["a list made up for tests"],
    },
    country=KOREA,
)


def document(name, who, **more):
    return {
        "id": name,
        "title": {"ko": f"{name} 사업", "en": f"The {name}"},
        "provider": {"id": "kr.x", "name": {"ko": "부처", "en": "Ministry"}, "level": "national"},
        "category": "livelihood",
        "form": "cash",
        "who": who,
        "source": {"url": "https://example.org/law", "checked": "2026-10-01"},
        "verified": True,
        **more,
    }


def loaded(*documents):
    return catalogue([(f"{one['id']}.yaml", one) for one in documents], DECLARATION, REGIONS)


RECEIPT = "receives.t.a"
COLUMNS = (*DECLARATION.columns, RECEIPT)
CODES = sorted(REGIONS.by_code)

UNREAD = UnreadText("지원대상", (3, 9), "그 밖의 사람")

integers = st.sampled_from(["is", "below", "above", "at_most", "at_least"])


def numbers(fact, values):
    """Comparisons of a number: one, two on the same value, or membership in a list."""
    value = st.sampled_from(values)
    single = st.builds(Compare, st.just(fact), integers, value)
    double = st.builds(lambda low, high: Compare(fact, "at_least", low, (("at_most", high),)), value, value)
    listed = st.lists(value, min_size=1, max_size=3).map(lambda many: Compare(fact, "in", tuple(many)))
    return st.one_of(single, double, listed)


COMPARES = {
    "age": (numbers("age", [0, 18, 19, 34, 65]), [UNKNOWN, 0, 18, 19, 34, 40, 65, 100]),
    "child_ages": (numbers("child_ages", [0, 1, 7, 18]), [UNKNOWN, NONE, 0, 1, 1 << 7, 1 | 1 << 18, 1 << 7 | 1 << 40]),
    "income_percent": (numbers("income_percent", [0, 50, 75, 100, 10000]), [UNKNOWN, 0, 50, 51, 100, 10000]),
    "care_grade": (numbers("care_grade", [1, 2, 3, 6]), [UNKNOWN, NONE, 1, 2, 3, 4, 6]),
    "youngest_child_months": (numbers("youngest_child_months", [0, 12, 24]), [UNKNOWN, NONE, 0, 11, 12, 23, 24]),
    "farmer": (st.booleans().map(lambda true: Compare("farmer", "is", true)), [UNKNOWN, 0, 1]),
    "worker": (st.booleans().map(lambda true: Compare("worker", "is", true)), [UNKNOWN, 0, 1]),
    "sex": (
        st.sampled_from([Compare("sex", "is", "male"), Compare("sex", "in", ("male", "female"))]), [UNKNOWN, 0, 1],
    ),
    "region": (
        st.one_of(
            st.sampled_from(CODES).map(lambda code: Compare("region", "is", str(code))),
            st.lists(st.sampled_from(CODES), min_size=1, max_size=3).map(
                lambda codes: Compare("region", "in", tuple(map(str, codes)))
            ),
        ),
        [UNKNOWN, NONE, *CODES, 77777],
    ),
    RECEIPT: (st.booleans().map(lambda true: Compare(RECEIPT, "is", true)), [UNKNOWN, 0, 1]),
}  # fmt: skip


def clauses(facts=tuple(COMPARES), depth=8):
    """Random clauses over some of the facts."""
    leaf = st.one_of(*(COMPARES[fact][0] for fact in facts), st.just(NoData("none")), st.just(UNREAD))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda of: All(tuple(of))),
            st.lists(inner, min_size=1, max_size=3).map(lambda of: Any(tuple(of))),
            inner.map(Not),
            inner.map(Advisory),
        ),
        max_leaves=depth,
    )


@st.composite
def people(draw, facts=tuple(COMPARES)):
    """A person's columns by name; those not drawn are unknown."""
    return {fact: draw(st.sampled_from(COMPARES[fact][1])) for fact in facts}


def row(person):
    return [person.get(name, UNKNOWN) for name in COLUMNS]
