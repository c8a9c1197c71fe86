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


WORDS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z", "M"]), min_size=1), min_size=1)


@given(WORDS, st.integers(4, 30), st.sampled_from(["", "  ", "- "]))
def test_wrapped_text_fits_and_loses_nothing(words, columns, indent):
    lines = terminal.wrap(" ".join(words), columns, indent)
    assert max(map(terminal.width, lines)) <= columns
    assert "".join(lines).replace(" ", "").removeprefix(indent.strip()) == "".join(words)


def test_a_line_is_never_broken_at_a_space_that_does_not_break():
    assert terminal.wrap("158,40\u00a0€ la", 9) == ["158,40\u00a0€", "la"]


@given(
    st.lists(st.tuples(WORDS.map(" ".join), WORDS.map(" ".join), st.integers(0, 10**6)), max_size=4),
    st.integers(60, 130),
)
def test_a_table_that_must_fit_continues_its_cells_below(rows, most):
    lines = terminal.table(["first", "second", "won"], rows, right=[2], most=most).split("\n")
    assert max(map(terminal.width, lines)) <= most
    kept = sorted(letter for line in lines[2:] for letter in line if letter != " ")
    assert kept == sorted(letter for row in rows for cell in row for letter in str(cell) if letter != " ")


def test_nothing_stands_out_where_no_terminal_is_or_colour_is_unwanted(monkeypatch):
    heard = io.StringIO()
    monkeypatch.setattr(sys, "stdout", heard)
    assert terminal.strong("head") == "head"
    heard.isatty = lambda: True
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert terminal.strong("head") == "\x1b[1mhead\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.strong("head") == "head"


@pytest.mark.parametrize(("told", "columns"), [("60", 60), ("", 100), ("wide", 100), ("7", 40)])
def test_text_is_as_wide_as_the_terminal_says(monkeypatch, told, columns):
    monkeypatch.setenv("COLUMNS", told)
    assert terminal.columns() == columns


def test_counted_steps_rename_what_is_shown_and_are_no_lines(capsys):
    heard = []
    told = terminal.steps(False, heard.append, "  ")
    told("growing trees")
    told("growing trees, round 20 of at most 300")
    assert heard == ["growing trees", "growing trees, round 20 of at most 300"]
    assert capsys.readouterr().err == "  growing trees\n"


def test_work_that_was_interrupted_is_not_called_done(monkeypatch):
    heard = io.StringIO()
    heard.isatty = lambda: True
    monkeypatch.delenv(terminal.SILENT, raising=False)
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", heard)

    def interrupted():
        with terminal.working("fitting"):
            time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert heard.getvalue().endswith("stopped\n")


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


def test_what_is_prepared_before_the_first_step_does_not_count_as_its_pace(capsys, monkeypatch):
    """24 seconds of preparation before 100 of 20,000 steps must not read as more than an hour for the rest."""
    now = [0.0]
    monkeypatch.delenv(terminal.SILENT, raising=False)
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    with terminal.bar(20_000, "living") as advance:
        for second, steps in ((24.0, 100), (34.0, 5_000), (44.0, 5_000)):
            now[0] = second
            advance(steps)
            drawn = capsys.readouterr().err.rpartition("\r")[2]
            assert ("?" in drawn) == (second == 24.0), drawn
    assert "00:19" in drawn  # 9,900 more at 500 a second


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
