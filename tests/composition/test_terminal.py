import contextlib
import io
import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import terminal


def test_a_json_result_is_one_document_with_korean_as_it_is_written(capsys):
    terminal.emit({"title": "첫만남이용권", "won": 2_000_000}, as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == {"title": "첫만남이용권", "won": 2_000_000}
    assert "첫만남이용권" in out


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    )
)  # fmt: skip
def test_every_result_is_written_as_python_indents_it(document):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        terminal.emit(document, as_json=True)
    assert out.getvalue() == json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def test_a_number_that_json_does_not_have_is_an_error_of_ours_and_not_printed():
    with pytest.raises(ValueError, match="Out of range"):
        terminal.emit({"ndcg": float("nan")}, as_json=True)


def test_people_read_the_text_when_there_is_one(capsys):
    terminal.emit({"a": 1}, as_json=False, text=lambda: "one a")
    assert capsys.readouterr().out == "one a\n"


def test_an_empty_list_reads_as_none():
    assert terminal.listing({"rejected": [], "by": {}}) == "rejected: none\nby: none"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), st.integers(1, 20))
def test_a_clipped_text_is_never_wider_than_asked(text, columns):
    assert terminal.width(terminal.clip(text, columns)) <= columns


def test_a_text_that_fits_is_not_clipped():
    assert terminal.clip("아동수당", 8) == "아동수당"
    assert terminal.clip("아동수당", 7) == "아동수…"


@given(st.lists(st.lists(st.sampled_from(["a", "아동", "e\u0301", ""]), min_size=2, max_size=2), max_size=5))
def test_the_second_column_of_a_table_starts_at_the_same_terminal_column_in_every_row(rows):
    lines = terminal.table(["가", "b"], [(first, f"|{second}") for first, second in rows]).split("\n")[2:]
    assert len({terminal.width(line.split("|")[0]) for line in lines}) <= 1


def test_a_bar_passes_its_items_on_and_stays_off_stdout(capsys):
    assert list(terminal.progress(range(5), "counting")) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().out == ""


def test_a_bar_that_takes_long_is_drawn_on_stderr(capsys, monkeypatch):
    monkeypatch.delenv(terminal.SILENT, raising=False)
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    monkeypatch.setattr(terminal, "_LOGFILE", 0.0)
    list(terminal.progress([1, 2], "counting"))
    with terminal.bar(4, "judging") as advance:
        advance(4)
    err = capsys.readouterr().err
    assert "counting" in err
    assert "judging" in err


def test_no_progress_draws_nothing(capsys, monkeypatch):
    monkeypatch.setenv(terminal.SILENT, "")
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    terminal.hide_progress()
    list(terminal.progress([1, 2], "counting"))
    with terminal.working("fitting"):
        pass
    assert capsys.readouterr().err == ""


def test_work_that_cannot_count_its_steps_says_how_long_it_has_been(monkeypatch):
    heard = io.StringIO()
    monkeypatch.delenv(terminal.SILENT, raising=False)
    monkeypatch.setattr(terminal, "PATIENCE", 0.01)
    monkeypatch.setattr(sys, "stderr", heard)
    with terminal.working("fitting"):
        while not heard.getvalue():
            time.sleep(0.001)
    assert heard.getvalue().startswith("fitting: 0 s")
