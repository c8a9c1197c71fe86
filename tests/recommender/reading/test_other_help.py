from __future__ import annotations

import pytest

from recommender.reading.field_text import FieldText
from recommender.reading.other_help import OTHER_HELP, other_help


@pytest.mark.parametrize(
    "words",
    [
        "생계지원수당(보훈명예수당과 중복지급 불가)",
        "타사업 중복 지원 불가",
        "다른 법령에 따라 동일한 지원을 받는 자는 제외",
        "유사서비스 미수혜자",
        "방과후활동서비스와 주간활동서비스 중 택1",
        "기수혜자 제외",
        "(기초생계, 의료급여 대상자 제외)",
    ],
)
def test_a_text_that_excludes_other_help_is_quoted(words):
    clause = other_help(FieldText.of("지원내용", words))
    assert clause.reason == OTHER_HELP
    start, end = clause.source.span
    assert words[start:end] == clause.source.text.own


@pytest.mark.parametrize(
    "words",
    [
        "감면 사유가 중복되면 하나만 적용",
        "중복할인의 경우 유리한 하나만 적용",
        "월 10만원 지급",
        "중복장애인",
        "제외대상: 법인",
    ],
)
def test_words_on_the_service_itself_exclude_no_other_help(words):
    assert other_help(FieldText.of("지원내용", words)) is None
