import pytest

from recommender.gov24.documents import papers


def bring(text):
    return list(papers({"구비서류": text}).bring)


@pytest.mark.parametrize(
    "text", ["해당없음", "- 해당없음", "없음", "구비서류 없음", "-", "해당 없음.", "해당사항없음", None, ""]
)
def test_none_needed_is_no_paper(text):
    assert bring(text) == []


@pytest.mark.parametrize(
    ("text", "papers_"),
    [
        ("신청서, 사업자등록증 등", ["신청서", "사업자등록증 등"]),
        ("- 시범사업신청서\r\n- 농업경영체등록증", ["시범사업신청서", "농업경영체등록증"]),
        ("○ 신분증(주민등록증, 운전면허증)", ["신분증(주민등록증, 운전면허증)"]),
        ("1. 신청서 1부\n2) 통장사본 각 2부.\n① 견적서", ["신청서", "통장사본", "견적서"]),
        ("신청서||신분증||신청서", ["신청서", "신분증"]),
        ("o 신청서\nO 신분증", ["신청서", "신분증"]),
        ("[방문]\n신청서\n※ 사본 가능\n* 원본 지참", ["신청서"]),
        ("가. 신청서\n나. 신분증", ["신청서", "신분증"]),
    ],
)
def test_papers_are_listed_one_by_one_without_bullets_copies_and_footnotes(text, papers_):
    assert bring(text) == papers_


def test_a_section_of_papers_officials_look_up_ends_where_the_next_begins():
    text = (
        "○ 공무원 확인가능 서류(신청인 미제출 서류)\n - 주민등록등본\n○ 신청인 제출서류 : 신청서, 신분증\n - 통장사본"
    )
    found = papers({"구비서류": text})
    assert (found.bring, found.looked_up) == (("신청서", "신분증", "통장사본"), ("주민등록등본",))


def test_the_three_fields_are_told_apart():
    found = papers(
        {
            "구비서류": "신청서",
            "본인확인필요구비서류": "가족관계증명서",
            "공무원확인구비서류": "제출 서류: 주민등록등본",
        }
    )
    assert found.bring == ("신청서", "가족관계증명서")
    assert found.looked_up == ("주민등록등본",)


def test_running_text_is_no_paper():
    assert bring("이 사업은 " + "아주 " * 80 + "길다") == []


def test_brackets_that_never_close_or_open_do_no_harm():
    assert bring("신청서(원본, 사본") == ["신청서(원본, 사본"]
    assert bring("신청서), 신분증") == ["신청서)", "신분증"]


@pytest.mark.parametrize("text", ["9" * 3000, "1부 " * 1500, "미제출 " * 1000 + ":", "( " * 2000])
def test_a_text_made_to_be_slow_is_read_at_once(text):
    assert bring(text) == []


@pytest.mark.parametrize(
    ("text", "papers_"),
    [
        # headings
        ("○ 필수서류\n - 신청서\n○ 선택서류\n - 임대차계약서", ["신청서", "임대차계약서"]),
        ("◎ 수당 신청시 필요서류\n - 신분증(필수), 통장사본(필수)", ["신분증", "통장사본"]),
        ("○ 전세자금 대출이자 지원\n임대차계약서 1부\n신분증", ["임대차계약서", "신분증"]),
        ("⑦ 매출증명서류 1부\n ◦ 면세사업자 : 수입금액 증명원", ["수입금액 증명원(면세사업자)"]),
        ("<공통서류> 장학금신청서, 추천서", ["장학금신청서", "추천서"]),
        ("65세 이상 노인 → 신분증\n다자녀부모 → 신분증, 주민등록등본", ["신분증", "주민등록등본(다자녀부모)"]),
        ("신분증 : 본인 확인용", ["신분증(본인 확인용)"]),
        ("방문신청 1. 신분증\n  2.통장사본", ["신분증", "통장사본"]),
        # sentences
        ("신청서\n공고문을 반드시 확인하시기 바랍니다.", ["신청서"]),
        ("홈페이지 공고문 참조", []),
        ("담당자 전화문의 요망(☎779-8887)", []),
        ("유선(전화)신청", []),
        ("○ 국가유공자\n○ 기초생활수급자", []),
        ("[안내사항]\n- 임신결과, 출산확인에 응답", []),
        ("입주 신청서 등 사업공고 확인", ["입주 신청서"]),
        ("주민등록등본, 신분증 확인", ["주민등록등본", "신분증"]),
        ("차상위 증빙서류 제출", ["차상위 증빙서류"]),
        ("보험금 청구서, 주민등록초본 등 기타 필요서류", ["보험금 청구서", "주민등록초본"]),
        # alternatives are one entry
        ("시체검안서 또는 사망진단서", ["시체검안서 또는 사망진단서"]),
        ("신청서, 자격증, 재직증명서 등 자격 입증 서류", ["신청서", "자격증, 재직증명서 등 자격 입증 서류"]),
        ("장기요양인정서, 진단서, 소견서 중 택 1", ["장기요양인정서, 진단서, 소견서 중 택 1"]),
        ("○ 2개 중 택 1\n - 주민등록등본\n - 여권사본", ["주민등록등본 또는 여권사본"]),
        ("출생증명서\n또는 주민등록등본", ["출생증명서 또는 주민등록등본"]),
        # one name is one entry
        ("국세, 지방세 완납증명서", ["국세, 지방세 완납증명서"]),
        ("건물등기부등본, 지방세 세목별\n과세증명서", ["건물등기부등본", "지방세 세목별 과세증명서"]),
        ("통장사본(본인,\n배우자)", ["통장사본(본인, 배우자)"]),
        ("참여신청서 1부 [서식1], 서약서 각1부 (붙임2)", ["참여신청서", "서약서"]),
        ("개인정보 수집 및 이용 동의서", ["개인정보 수집 및 이용 동의서"]),
    ],
)
def test_only_papers_are_papers_and_each_is_one_entry(text, papers_):
    assert bring(text) == papers_


@pytest.mark.parametrize(
    ("text", "papers_", "by_proxy"),
    [
        ("신청서(대리인 신청 시 위임장 첨부)", ["신청서"], ["위임장"]),
        ("신청자 신분증(대리인 신청 시 대리인 신분증 포함)", ["신청자 신분증"], ["대리인 신분증"]),
        ("통장사본, 신분증(대리신청인)", ["통장사본"], ["신분증(대리신청인)"]),
        ("신청인(대리신청인) 신분증", ["신청인 신분증"], []),
        ("○ 본인 신청\n - 신분증\n○ 대리인 신청\n - 신분증, 위임장", ["신분증"], ["신분증", "위임장"]),
        (
            "신분증\n* 대리신청의 경우에는 위임장, 관계를 확인할 수 있는 서류",
            ["신분증"],
            ["위임장", "관계를 확인할 수 있는 서류"],
        ),
        ("본인 방문 시 : 신분증\n대리인 방문 시 : 인감증명서", ["신분증"], ["인감증명서"]),
        ("법정대리인 동의서", ["법정대리인 동의서"], []),
    ],
)
def test_what_only_a_proxy_brings_stands_apart(text, papers_, by_proxy):
    found = papers({"구비서류": text})
    assert (list(found.bring), sorted(found.by_proxy)) == (papers_, sorted(by_proxy))
