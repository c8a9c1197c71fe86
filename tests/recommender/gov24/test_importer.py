import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.gov24.importer import CATEGORIES, FORMS, KINDS, ImportTables, import_services
from recommender.rules.catalogue import catalogue
from recommender.rules.programme import CATEGORIES as KNOWN_CATEGORIES
from recommender.rules.programme import FORMS as KNOWN_FORMS
from recommender.rules.programme_reader import parse_programme

EVENTS = {"life.child_born", "life.moved"}


@pytest.fixture
def run(regions, vocabulary, listed, detail, conditions):
    """Import one service made of these fields, or rows given whole."""

    def once(flags=("JA0101",), ages=(None, None), detail_fields=None, **fields):
        rows = [listed(**fields)], [detail(**(detail_fields or {}))], [conditions(flags=flags, ages=ages)]
        return import_services(*rows, ImportTables(regions, EVENTS, vocabulary))

    return once


def test_a_service_becomes_a_programme_in_the_projects_own_format(run, declaration, regions):
    imported = run(flags=("JA0102", "JA0313"), ages=(65, 120), 신청기한="출생일로부터 90일 이내")
    (document,) = imported.programmes
    assert document == {
        "id": "gov24.000000000001",
        "title": {"ko": "보훈명예수당"},
        "provider": {"id": "kr.3130000", "name": {"ko": "서울특별시 마포구"}, "level": "municipality"},
        "category": "livelihood",
        "form": ["cash"],
        "who": {
            "citizen": {
                "all": [
                    {"fact": "region", "is": "11440", "axis": "region"},
                    {
                        "fact": "veteran",
                        "is": True,
                        "source": {"text": {"ko": "국가유공자"}, "field": "지원대상", "from": 3, "to": 8},
                    },
                ]
            }
        },
        "value": {
            "parts": [
                {"amount": 100_000, "period": "month", "source": {"field": "지원내용", "from": 10, "to": 14}},
            ],
            "currency": "KRW",
            "text": "보훈명예수당 매월 10만원 지급",
        },
        "window": {"kind": "relative", "after": "life.child_born", "within": "P90D", "text": "출생일로부터 90일 이내"},
        "delivery": "offer",
        "documents": ["신청서"],
        "summary": "국가유공자를 예우한다",
        "how": "방문신청\n○ 방문: 주민센터",
        "contact": "복지정책과/02-0000-0000",
        "views": 12,
        "triggers": ["life.child_born"],
        "source": {
            "url": "https://www.gov.kr/portal/rcvfvrSvc/dtlEx/000000000001",
            "checked": "2026-05-11",
            "text": {"ko": "관내 국가유공자"},
        },
        "verified": True,
    }
    programme = parse_programme(document, ("x",), declaration, regions)
    assert parse_programme(programme.to_document(), ("x",), declaration, regions) == programme


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("개인", {"citizen"}),
        ("가구", {"citizen"}),
        ("개인||가구", {"citizen"}),
        ("소상공인", {"small_business"}),
        ("개인||가구||소상공인||법인/시설/단체", {"citizen", "small_business", "organisation"}),
    ],
)
def test_the_kinds_of_applicant_are_those_the_service_names(run, words, kinds):
    assert set(run(사용자구분=words, 지원대상="관내 사업장").programmes[0]["who"]) == kinds


@pytest.mark.parametrize(
    "words", ["소상공인 또는 예비 소상공인", "소비자\n사업자", "구민 누구나", "관내 시설과 어르신"]
)
def test_a_service_for_bodies_whose_words_name_people_leaves_individuals_open(run, words):
    demands = run(사용자구분="법인/시설/단체", 지원대상=words).programmes[0]["who"]
    assert {"no_data": "개인의 신청"} in demands["citizen"]["all"]


def test_a_service_for_bodies_whose_purpose_is_to_serve_people_leaves_individuals_open(run):
    fields = {"사용자구분": "법인/시설/단체", "지원대상": "발전소 반경 5km 이내의 읍·면·동"}
    served = run(**fields, 서비스목적요약="지역주민에게 장학금 등 지원").programmes[0]["who"]
    assert {"no_data": "개인의 신청"} in served["citizen"]["all"]
    assert "citizen" not in run(**fields, 서비스목적요약="지자체에 운영비 지원").programmes[0]["who"]


def test_services_that_a_text_names_as_excluded_are_those_of_the_list(listed, detail, conditions, tables):
    ids = ["000000000001", "000000000002"]
    rows = [
        listed(ids[0], 지원내용="월 10만원 (참전명예수당과 중복지급 불가, 보훈명예수당 포함)"),
        listed(ids[1], 서비스명="참전명예수당 지원"),
    ]
    imported = import_services(rows, [*map(detail, ids)], [*map(conditions, ids)], tables)
    assert [one.get("excludes") for one in imported.programmes] == [["gov24.000000000002"], None]
    assert imported.report["other_help"] == {"excluded": 1, "programmes_named": 1}


def test_words_of_another_vocabulary_reject_the_row_with_all_of_them(run):
    imported = run(사용자구분="개인||외계인", 서비스분야="우주")
    assert imported.programmes == ()
    assert [one.to_document() for one in imported.rejected] == [
        {"id": "000000000001", "reason": "사용자구분 '외계인' is not known; 서비스분야 '우주' is not known"}
    ]


def test_words_typed_in_wide_letters_or_with_another_dot_are_the_words_they_show(run):
    (document,) = run(
        서비스분야="보육・교육", 지원유형="현금（장학금） || 현물", 사용자구분="개인 ", 소관기관유형="시군구 "
    ).programmes
    assert document["category"] == "childcare-education"
    assert document["form"] == ["scholarship", "in_kind"]
    assert document["provider"]["level"] == "municipality"


def test_a_form_nobody_knows_is_other_and_counted(run):
    imported = run(지원유형="현금||우주여행")
    assert imported.programmes[0]["form"] == ["cash", "other"]
    assert imported.report["unread"]["forms"] == {"우주여행": 1}
    assert run(지원유형=None).programmes[0]["form"] == ["other"]


def test_an_agency_nobody_verified_leaves_the_region_unknown_and_is_counted(run):
    imported = run(소관기관코드="9999999")
    assert {"no_data": "region", "axis": "region"} in imported.programmes[0]["who"]["citizen"]["all"]
    assert imported.report["regions"] == {"type": 0, "code": 0, "code_name_differs": 0, "unverified": 1}
    assert imported.report["axes"]["region"] == {"unrestricted": 0, "restricted": 0, "no_data": 1}
    assert imported.report["regions_to_check"] == [
        {"id": "000000000001", "agency": "9999999", "name": "서울특별시 마포구", "found": "unverified", "regions": []}
    ]


@pytest.mark.parametrize(
    ("fields", "detail_fields", "checked"),
    [
        ({}, {}, "2026-05-11"),
        ({"수정일시": None}, {"수정일시": "2025-01-02"}, "2025-01-02"),
        ({"수정일시": "20261332000000"}, {"수정일시": "2025-01-02"}, "2025-01-02"),
        ({"수정일시": "soon"}, {"수정일시": None}, None),
    ],
)
def test_the_day_checked_is_the_day_of_the_last_change(run, fields, detail_fields, checked):
    imported = run(detail_fields=detail_fields, **fields)
    assert imported.programmes[0]["source"].get("checked") == checked
    assert imported.report["unread"]["checked_dates"] == (checked is None)


@pytest.mark.parametrize(
    ("views", "kept"), [(0, 0), (595_220, 595_220), ("12", None), (True, None), (-1, None), (None, None)]
)
def test_views_are_counts_or_unknown(run, views, kept):
    imported = run(조회수=views)
    assert imported.programmes[0].get("views") == kept
    assert imported.report["unread"]["views"] == (kept is None)


def test_what_the_list_leaves_out_is_taken_from_the_details(run):
    left_out = dict.fromkeys(("서비스목적요약", "신청기한", "지원내용", "전화문의", "지원대상", "상세조회URL"))
    imported = run(
        detail_fields={"서비스목적": "예우", "신청기한": "연중", "지원내용": "월 5만원 지급", "문의처": "02"},
        **left_out,
    )
    (document,) = imported.programmes
    assert document["summary"] == "예우"
    assert document["window"]["kind"] == "open_ended"
    assert document["value"]["parts"][0]["amount"] == 50_000
    assert document["contact"] == "02"
    assert document["source"] == {"checked": "2026-05-11"}


def test_the_report_counts_everything_and_its_sums_agree(regions, listed, detail, conditions):
    rows = (
        [
            listed("1"),
            listed("2", 사용자구분="소상공인", 신청방법="신청불필요", 지원내용=None),
            listed("3"),
            listed("4"),
        ],
        [detail("1"), detail("2", 신청방법=None, 구비서류="해당없음", 공무원확인구비서류="주민등록등본"), detail("3")],
        [conditions("1", ["JA0101", "JA0102"]), conditions("2", ["JA1101"]), conditions("3", ["JA9"]), conditions("4")],
    )
    seen = []
    report = import_services(*rows, ImportTables(regions, EVENTS), seen.append).report
    assert (report["services"], report["imported"], len(report["rejected"])) == (4, 2, 2)
    assert report["axes"]["sex"] == {"unrestricted": 1, "restricted": 0, "no_data": 1}
    assert report["axes"]["trade"] == {"unrestricted": 1, "restricted": 0, "no_data": 1}
    assert report["axes_by_kind"]["small_business"]["stage"] == {"unrestricted": 0, "restricted": 1, "no_data": 0}
    assert report["axes_by_kind"]["citizen"]["sex"] == {"unrestricted": 1, "restricted": 0, "no_data": 0}
    assert report["delivery"] == {"auto_grant": 1, "offer": 1}
    assert (report["windows"]["open_ended"], report["windows"]["not_needed"]) == (1, 1)
    assert report["amounts"] == {"read": 1, "none_given": 0, "no_sum": 0, "absent": 1}
    assert report["documents"] == {"to_bring": 1, "looked_up": 1, "services_with_none": 1}
    for counts in (
        *report["axes"].values(),
        report["windows"],
        report["delivery"],
        report["regions"],
        report["residence"],
        report["amounts"],
    ):
        assert sum(counts.values()) == report["imported"]
    assert sum(seen) == 2  # the services whose rows are whole
    json.dumps(report)


def test_the_vocabularies_are_those_of_programmes():
    assert set(CATEGORIES.values()) <= set(KNOWN_CATEGORIES)
    assert set(FORMS.values()) <= set(KNOWN_FORMS)
    assert set(KINDS.values()) == {"citizen", "small_business", "organisation"}


@pytest.mark.slow
def test_every_service_of_the_real_sample_is_imported_and_read_by_the_catalogue(sample, tables, regions, declaration):
    imported = import_services(*sample, tables)
    assert (imported.report["services"], imported.report["imported"], imported.rejected) == (731, 731, ())
    assert imported.report["regions"]["unverified"] == 0
    assert [one["name"] for one in imported.report["regions_to_check"]] == ["인천광역시남제물포구도시관리공단"]
    assert imported.report["unread"]["forms"] == {}
    read = catalogue([(document["id"], document) for document in imported.programmes], declaration, regions)
    assert len(read) == 731


def test_the_real_sample_in_letters_apart_gives_the_same_documents(sample, tables):
    apart = json.loads(unicodedata.normalize("NFD", json.dumps(sample, ensure_ascii=False)))
    assert import_services(*apart, tables) == import_services(*sample, tables)


def test_entities_are_decoded_everywhere_and_an_address_keeps_its_query(run):
    (document,) = run(
        지원대상="아동 &amp; 청소년",
        신청기한="2026.3.2&#126;2026.3.27",
        전화문의="국방부/02-748-6832||국방부/02-748-6833",
        detail_fields={
            "구비서류": "신청서&#44; 통장<br>신분증",
            "신청방법": "○ 방문\r\n - 구청",
            "온라인신청사이트URL": "https://a.kr/b.do?no=360&amp;key=3192&amp;copy=1",
        },
    ).programmes
    assert document["source"]["text"]["ko"] == "아동 & 청소년"
    assert (document["window"]["from"], document["window"]["until"]) == ("2026-03-02", "2026-03-27")
    assert document["contact"] == "국방부/02-748-6832\n국방부/02-748-6833"
    assert document["documents"] == ["신청서", "통장", "신분증"]
    assert document["how"].split("\n")[1:] == ["○ 방문", "- 구청", "https://a.kr/b.do?no=360&key=3192&copy=1"]


def test_the_order_of_the_rows_does_not_matter(sample, tables):
    forward = import_services(*sample, tables)
    backward = import_services(*(rows[::-1] for rows in sample), tables)
    assert backward.report["axes"] == forward.report["axes"]
    assert sorted(map(str, backward.programmes)) == sorted(map(str, forward.programmes))


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False), st.lists(st.none(), max_size=2),
    st.text(max_size=30), st.sampled_from(["||", "Y", "개인||", "현금||현금", "9" * 40, "2026.1.1~", "10원", "\x00"]),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the row makers keep nothing
@given(data=st.data())
def test_whatever_stands_in_the_fields_a_row_is_imported_or_rejected_and_never_half(
    data, tables, regions, declaration, listed, detail, conditions
):
    rows = listed(), detail(), conditions(flags=("JA0101",))
    for row in rows:
        for key in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=4, unique=True)):
            row[key] = data.draw(ODD)
    imported = import_services(*([row] for row in rows), tables)
    assert imported.report["services"] == len(imported.programmes) + len(imported.rejected)
    assert imported.programmes or imported.rejected
    catalogue([(document["id"], document) for document in imported.programmes], declaration, regions)
    json.dumps([imported.programmes, imported.report])


def test_a_row_that_is_nested_too_deep_does_not_stop_the_others(
    regions, vocabulary, listed, detail, conditions, monkeypatch
):
    def too_deep(*_):
        raise RecursionError

    monkeypatch.setattr("recommender.gov24.importer.target_text", too_deep)
    imported = import_services([listed()], [detail()], [conditions()], ImportTables(regions, EVENTS, vocabulary))
    assert [one.reason for one in imported.rejected] == ["its text is nested too deep to be read"]
    assert imported.programmes == ()


@pytest.mark.parametrize(
    "words", ["(" * 200 + "장애인" + ")" * 200, "9" * 8000 + "원", "매월 9999999999999억원 지급", "9" * 20_000 + "세"]
)
def test_what_is_imported_of_hostile_words_is_read_again(run, declaration, regions, words):
    for field in ("지원대상", "선정기준", "지원내용", "신청기한", "서비스명"):
        (document,) = run(**{field: words}).programmes
        assert parse_programme(document, ("x",), declaration, regions).id == document["id"]
