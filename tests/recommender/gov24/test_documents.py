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
