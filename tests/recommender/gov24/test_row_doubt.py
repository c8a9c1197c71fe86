"""What keeps a row whose words were read from a yes: papers that prove something else, a choice, and quotas."""

import pytest

from recommender.gov24.importer import ImportTables, import_services
from recommender.gov24.row_doubt import row_doubts

OLD = "만 65세 이상 어르신"


@pytest.mark.parametrize(
    "papers",
    [
        "장애인등록증",
        "신분증, 장애인증명서 1부",
        "임신확인서",
        "기초생활수급자 증명서",
        "한부모가족증명서",
        "재직증명서",
        "의사 진단서",
        "국가유공자증",
        "농업경영체 등록확인서",
        "임대차계약서 사본",
        "건강보험료 납부확인서",
        "장기요양인정서",
        "복지카드 사본",
        "학교장 추천서",
        "사업자등록증",
    ],
)
def test_a_paper_that_proves_what_no_word_asks_leaves_the_answer_open(told, papers):
    assert told(OLD, detail={"구비서류": papers}) == "UNKNOWN"
    assert told(OLD, detail={"공무원확인구비서류": papers}) == "UNKNOWN"


@pytest.mark.parametrize("ways", ["주민센터 방문(장애인등록증 지참)", "임신확인서를 제출하여 신청"])
def test_a_paper_named_in_how_one_applies_counts_too(told, ways):
    assert told(OLD, detail={"신청방법": ways}) == "UNKNOWN"


@pytest.mark.parametrize(
    "papers",
    [
        "신분증, 통장사본, 주민등록등본",
        "신분증 또는 장애인등록증",
        "장애인등록증(해당자)",
        "위임장(대리인 신청 시), 신분증",
        "○ 신청서\n○ 감면 대상자 추가서류\n - 장애인증명서",
    ],
)
def test_papers_that_everybody_has_and_those_of_some_ask_nothing(told, papers):
    assert told(OLD, detail={"구비서류": papers}) == "YES"


def test_a_paper_that_proves_what_the_words_ask_asks_nothing_more(told):
    disabled = {"disabled": True}
    assert told("등록장애인", "구민 지원", disabled, detail={"구비서류": "장애인등록증"}) == "YES"
    assert told("등록장애인", "구민 지원", disabled, detail={"구비서류": "재직증명서"}) == "UNKNOWN"


@pytest.mark.parametrize(
    "fields",
    [
        {"지원내용": "월 5만원 (예산 소진 시까지)"},
        {"지원내용": "선착순 100명"},
        {"신청기한": "예산소진시까지"},
        {"지원내용": "예산 범위 내에서 지원"},
        {"지원내용": "○ 모집인원 : 30명"},
        {"지원내용": "지원규모 : 50가구"},
        {"지원내용": "물량 소진 시 종료"},
        {"신청기한": "선착순 마감"},
    ],
)
def test_where_there_may_be_none_left_the_answer_is_open(told, fields):
    assert told(OLD, **fields) == "UNKNOWN"


@pytest.mark.parametrize("words", ["선착순 50명", "예산 소진 시 조기 마감"])
def test_a_quota_beside_whom_it_is_for_counts_too(told, words):
    assert told(f"{OLD}({words})") == "UNKNOWN"
    assert told(f"{OLD}\n※ {words}") == "UNKNOWN"


def test_the_sentence_of_a_quota_is_quoted_with_its_place(vocabulary):
    row = {"서비스명": "교통비", "지원내용": "○ 월 5만원\n※ 예산 소진 시 조기 마감"}
    (doubt,) = row_doubts(row, {}, (), vocabulary)
    assert doubt.source.text.own == "※ 예산 소진 시 조기 마감"
    assert (doubt.source.field, doubt.source.span) == ("지원내용", (8, 23))


@pytest.mark.parametrize(
    "ways", ["동장의 추천을 받아 신청", "신청 후 심사를 거쳐 선발", "신청자가 많을 경우 추첨", "면접 후 선정"]
)
def test_who_is_chosen_among_many_is_not_known(told, ways):
    assert told(OLD, detail={"신청방법": ways}) == "UNKNOWN"
    assert told(OLD, detail={"신청방법": "자격 심사 후 지급"}) == "YES"


@pytest.mark.parametrize("title", ["구민 장학금", "구민 공모전 지원", "구민 이사비 지원", "학자금 대출 이자 지원"])
def test_a_title_that_tells_of_a_choice_or_an_occasion_leaves_the_answer_open(told, title):
    assert told(OLD, title) == "UNKNOWN"


def test_the_importer_reads_papers_and_ways_of_the_details(regions, vocabulary, listed, detail, conditions):
    def who(**fields):
        rows = [listed()], [detail(**fields)], [conditions()]
        return str(import_services(*rows, ImportTables(regions, (), vocabulary)).programmes[0]["who"])

    assert "{'no_data': '서류로 확인하는 요건: 장애인증명서'}" in who(구비서류="장애인증명서")
    assert "no_data" not in who(구비서류="국가유공자증")
