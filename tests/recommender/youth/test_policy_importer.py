"""Policies as programmes: windows, papers, sums, days, and a report whose figures agree."""

import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.problem import Rejected
from recommender.rules.catalogue import catalogue
from recommender.rules.programme_reader import parse_programme
from recommender.youth.policy_importer import PolicyTables, import_policies, windows_of
from recommender.youth.policy_rows import policies, rows_of
from tests.recommender.youth.conftest import FIELDS


@pytest.fixture
def run(regions, declaration, vocabulary):
    """Import rows."""

    def once(*rows):
        return import_policies(rows, PolicyTables(regions, declaration.events, declaration.facts, vocabulary))

    return once


def test_a_policy_becomes_a_programme_that_the_catalogue_reads(run, policy, regions, declaration):
    imported = run(
        policy(addAplyQlfcCndCn="서류를 낸 사람", aplyUrlAddr="https://a.kr/?a=1&amp;b=2", etcMttrCn="중복 불가")
    )
    (document,) = imported.programmes
    assert document["id"] == "youth.20260101005400111111"
    assert (document["category"], document["form"], document["verified"]) == ("housing", ["cash"], False)
    assert document["provider"] == {"id": "kr.3130000", "name": {"ko": "서울특별시 마포구"}, "level": "municipality"}
    assert document["who"]["citizen"]["all"] == [
        {"fact": "region", "is": "11440", "axis": "region"},
        {"fact": "age", "at_least": 19, "at_most": 34, "axis": "age"},
        {"unread_text": {"field": "addAplyQlfcCndCn", "from": 0, "to": 8, "words": "서류를 낸 사람"}},
    ]
    assert document["documents"] == ["신청서", "임대차계약서 사본"]
    assert document["valid"] == {"until": "2026-12-31"}
    assert document["how"] == "온라인 신청\n중복 불가\nhttps://a.kr/?a=1&b=2"
    assert document["source"]["checked"] == "2026-02-20"
    assert document["views"] == 17
    assert "담당자" not in json.dumps(document, ensure_ascii=False)  # a clerk's name is nobody's business
    parsed = parse_programme(document, ("x",), declaration, regions)
    assert parse_programme(parsed.to_document(), ("x",), declaration, regions) == parsed


@pytest.mark.parametrize(
    ("fields", "windows"),
    [
        ({}, [{"kind": "dated", "from": "2026-03-01", "until": "2026-03-31", "text": "20260301 ~ 20260331"}]),
        ({"aplyYmd": "20260301~99991231"}, [{"kind": "dated", "from": "2026-03-01", "text": "20260301~99991231"}]),
        ({"aplyPrdSeCd": "0057002", "aplyYmd": ""}, [{"kind": "open_ended"}]),
        ({"aplyPrdSeCd": "0057003", "aplyYmd": ""}, [{"kind": "dated", "until": "2026-02-20", "text": "마감"}]),
        ({"aplyPrdSeCd": "0057003", "aplyYmd": "", "lastMdfcnDt": ""}, [{"kind": "unknown"}]),
        ({"aplyYmd": "20260331 ~ 20260301"}, [{"kind": "unknown", "text": "20260331 ~ 20260301"}]),
        ({"aplyYmd": "20260230 ~ 20260331"}, [{"kind": "unknown", "text": "20260230 ~ 20260331"}]),
        ({"aplyYmd": ""}, [{"kind": "unknown"}]),
    ],
)
def test_windows(policy, fields, windows):
    assert windows_of(policy(**fields), ()) == windows


@pytest.mark.parametrize("between", ["\\N", "\n", ", ", " / ", "\\N\\N"])
def test_several_ranges_in_one_field_are_several_windows_each_once(policy, between):
    ranges = between.join(["20260101 ~ 20261231", "20270101 ~ 20271231", "20270101 ~ 20271231"])
    found = windows_of(policy(aplyYmd=ranges), ())
    assert [(one["from"], one["until"]) for one in found] == [
        ("2026-01-01", "2026-12-31"),
        ("2027-01-01", "2027-12-31"),
    ]


def test_a_policy_is_known_until_its_business_or_its_last_window_ends(run, policy):
    (document,) = run(policy(aplyYmd="20260301 ~ 20270115")).programmes
    assert document["valid"] == {"until": "2027-01-15"}
    (document,) = run(policy(bizPrdEndYmd="")).programmes
    assert "valid" not in document


def test_who_is_not_approved_or_stands_twice_with_two_texts_is_rejected_and_named(run, policy):
    imported = run(
        policy(),
        policy(inqCnt="17"),
        policy(plcyNo="2", plcyAprvSttsCd="0044003"),
        policy(plcyNo="3"),
        policy(plcyNo="3", plcySprtCn="다른 내용"),
        policy(plcyNo=None),
        policy(plcyNo="4", plcyNm=" "),
        "text",
    )
    assert [one["id"] for one in imported.programmes] == ["youth.20260101005400111111"]
    assert {one.id: one.reason for one in imported.rejected} == {
        "2": "plcyAprvSttsCd 0044003 (반려): is not approved",
        "3": "has 2 rows that differ in plcySprtCn",
        "4": "plcyNm is empty",
        "row 6": "plcyNo None is not an id",
        "row 8": "is not an object",
    }
    assert imported.report["repeated_rows"] == 1


def test_a_field_of_text_that_is_none_rejects_the_policy_with_its_name(run, policy):
    imported = run(policy(plcySprtCn=["월 20만원"], zipCd=11680, sprtTrgtMinAge=19))
    assert imported.programmes == ()
    assert imported.rejected[0].reason == "plcySprtCn is a list, not text; zipCd is a number, not text"


def test_the_report_counts_everything_and_its_sums_agree(run, policy):
    imported = run(
        policy(plcyNo="1"),
        policy(
            plcyNo="2", aplyYmd="20260101 ~ 20260131\\N20260701 ~ 20260731", addAplyQlfcCndCn="우리 재단이 정하는 사람"
        ),
    )
    report = imported.report
    assert (report["services"], report["imported"]) == (2, 2)
    assert report["windows"]["dated"] == 3
    assert report["unread"]["texts"] == {"addAplyQlfcCndCn": 1}
    assert all(sum(states.values()) == 2 for states in report["axes"].values())


def test_pages_lists_of_pages_and_bare_rows_are_rows():
    page = {"resultCode": 200, "result": {"pagging": {"totCount": 1}, "youthPolicyList": [{"plcyNo": "1"}]}}
    assert rows_of(page, ("x",)) == rows_of([page], ("x",)) == rows_of([{"plcyNo": "1"}], ("x",)) == [{"plcyNo": "1"}]
    assert rows_of([page, page], ("x",)) == [{"plcyNo": "1"}] * 2


@pytest.mark.parametrize("document", [None, "x", {}, {"result": {}}, {"result": {"youthPolicyList": {}}}])
def test_anything_else_is_refused(document):
    with pytest.raises(Rejected, match=r"list\.json: has neither"):
        rows_of(document, ("list.json",))


def test_an_error_of_the_api_is_told_as_one():
    with pytest.raises(Rejected, match=r"error of the API \(code 401\)"):
        rows_of({"resultCode": 401, "resultMessage": "인증키"}, ("x",))


def test_rows_in_letters_apart_give_the_same_programmes(run, policy):
    rows = [policy(addAplyQlfcCndCn="무주택자 &amp; 근로자")]
    apart = json.loads(unicodedata.normalize("NFD", json.dumps(rows, ensure_ascii=False)))
    assert run(*apart) == run(*rows)


def test_an_empty_list_has_no_policies():
    assert policies([]) == ((), (), 0)


VALUES = (
    st.none() | st.text(max_size=30) | st.integers(-5, 10**6) | st.lists(st.integers(), max_size=2) | st.just("0013001")
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=12))
def test_whatever_stands_in_the_fields_a_policy_is_read_or_rejected(run, policy, regions, declaration, fields):
    imported = run(policy(**fields))
    assert len(imported.programmes) + len(imported.rejected) == 1
    catalogue([(one["id"], one) for one in imported.programmes], declaration, regions)


def test_a_policy_that_is_nested_too_deep_does_not_stop_the_others(run, policy, monkeypatch):
    def too_deep(*_):
        raise RecursionError

    monkeypatch.setattr("recommender.youth.requirements.who", too_deep)
    imported = run(policy())
    assert [one.reason for one in imported.rejected] == ["its text is nested too deep to be read"]
    assert imported.programmes == ()


def test_papers_that_officials_look_up_or_a_proxy_brings_are_said_and_not_dropped(run, policy):
    words = "- 신청서\r\n○ 공무원 확인 서류\r\n - 주민등록등본\r\n○ 대리 신청 시\r\n - 위임장"
    document = run(policy(sbmsnDcmntCn=words)).programmes[0]
    assert document["documents"] == ["신청서"]
    assert document["how"] == "온라인 신청\n대리인이 더 내는 서류: 위임장\n공무원이 확인하는 서류: 주민등록등본"


@pytest.mark.parametrize("views", [("17", "20"), ("20", "17"), ("20", ""), (17, "20")])
def test_a_policy_that_overlapping_pages_bring_twice_has_the_later_views(run, policy, views):
    imported = run(*(policy(inqCnt=count) for count in views))
    assert [programme["views"] for programme in imported.programmes] == [20]


@pytest.mark.parametrize("views", ["9" * 5000, "많음", "-1", True, None])
def test_views_that_are_no_count_are_unknown(run, policy, views):
    assert "views" not in run(policy(inqCnt=views)).programmes[0]
