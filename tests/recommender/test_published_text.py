import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.published_text import decoded, readable


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("아동 &amp; 청소년", "아동 & 청소년"),
        ("2026.3.2&#126;2026.3.27", "2026.3.2~2026.3.27"),
        ("신청서&#44; 통장<br>", "신청서, 통장\n"),
        ("&amp;lt;공통&amp;gt;", "<공통>"),
        ("<p>가</p><p class='x'>나</p>", "\n가\n\n나\n"),
        ("<strong>가</strong> <제출서류> 5<6", "가 <제출서류> 5<6"),
        ("AT&T; R&D 사업", "AT&T; R&D 사업"),
        ("https://a.kr/?a=1&amp;reg=2&copy=3&sect=4", "https://a.kr/?a=1&reg=2&copy=3&sect=4"),
        ("\u1112\u1169\u11bc", "홍"),
    ],
)
def test_a_text_is_read_as_its_publisher_meant_it(sent, read):
    assert decoded(sent) == read


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="<&")))
def test_a_plain_text_only_changes_its_form_and_survives_being_encoded(text):
    composed = unicodedata.normalize("NFC", text)
    assert decoded(text) == composed
    assert decoded(decoded(text)) == composed
    assert decoded(html.escape(composed)) == composed


@given(st.text())
def test_what_people_read_has_no_line_twice_ended_and_reads_again_as_itself(text):
    once = readable(text)
    assert readable(once) == once
    assert "\r" not in once
    assert "||" not in once
