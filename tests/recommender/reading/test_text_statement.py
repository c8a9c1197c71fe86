from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.reading.text_statement import DEEPEST, statements


def told(text):
    def one(statement):
        below = [one(inner) for inner in statement.below]
        notes = [text[note.start : note.end].strip() for note in statement.notes]
        return (text[statement.start : statement.end].strip(), *([below] if below else []), *([notes] if notes else []))

    return [one(statement) for statement in statements(text)]


def test_bullets_nest_in_the_order_in_which_their_kinds_first_appear():
    assert told("○ 대상\n - 노인\n - 장애인\n○ 그 외") == [("대상", [("노인",), ("장애인",)]), ("그 외",)]
    assert told("- 대상\n ○ 노인\n- 그 외") == [("대상", [("노인",)]), ("그 외",)]


def test_a_note_before_everything_hangs_on_what_comes_first_and_stands_alone_where_nothing_does():
    (statement,) = statements("※ 장애인에 한함\n노인")
    assert [one.bullet for one in statement.walk()] == ["plain", "note"]
    assert [one.bullet for one in statements("※ 장애인에 한함")] == ["note"]


def test_notes_and_lines_in_brackets_hang_on_the_statement_before():
    assert told("○ 출산 가정\n※ 신청일 기준\n (단, 전입자 제외)") == [
        ("출산 가정", ["신청일 기준", "(단, 전입자 제외)"])
    ]
    assert told("○ 부부의 자녀   ※첫째   ※둘째") == [("부부의 자녀", ["첫째", "둘째"])]


@pytest.mark.parametrize(
    "text", ["주민등록을 두고,\n거주하는 자", "노인 (65세\n이상)", "기초생활수급자 및\n차상위계층"]
)
def test_a_line_that_cannot_end_there_goes_on(text):
    assert len(statements(text)) == 1


@pytest.mark.parametrize("text", ["1.5배", "2026.1.1 이후", "-1도", "30.000원"])
def test_a_number_is_no_bullet(text):
    assert told(text) == [(text,)]


def test_lists_nested_beyond_the_deepest_level_hang_on_it():
    text = "\n".join(
        f"{bullet} 대상{i}" for i, bullet in enumerate(["○", "-", "·", "①", "1)", "1.", "가.", "ㅇ", "(가)"])
    )
    (top,) = statements(text)
    assert len(list(top.walk())) == 9
    depth, level = 0, [top]
    while level:
        depth, level = depth + 1, [inner for one in level for inner in one.below]
    assert depth <= DEEPEST


@given(st.text(alphabet="○-※*·①1.)(\n 가나다노인장애<>[]:,", max_size=60))
def test_no_letter_stands_in_two_statements(text):
    spans = sorted((one.start, one.end) for top in statements(text) for one in top.walk())
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
