import datetime
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from composition.settings import country_folder
from features.problem import Rejected


@pytest.fixture
def written(tmp_path):
    def write(text, name="facts.json"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_facts_file_says_the_facts_and_who_asks(written):
    facts, applicant, where = reading.read_facts(
        written('{"sex": "female", "applicant": ["small_business", "citizen"]}')
    )
    assert facts == {"sex": "female"}
    assert (applicant, where) == (("citizen", "small_business"), ("facts.json",))


def test_without_an_applicant_a_citizen_asks(written):
    assert reading.read_facts(written("{}")).applicant == ("citizen",)


def test_a_facts_file_may_come_on_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"pregnant": true}'))
    assert reading.read_facts("-").facts == {"pregnant": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "holds a list, not a JSON object"),
        ("3", "holds a number"),
        ("null", "holds null"),
        ("true", "holds true or false"),
        ('"x"', "holds a text"),
        ("", "line 1 column 1: is not JSON"),
        ('{"a": 1', "line 1 column 8: is not JSON"),
        ('{"a": 1, "a": 2}', "contains a name twice in one object: a"),
        ('{"a": NaN}', "contains NaN or Infinity"),
        ('{"a": -Infinity}', "contains NaN or Infinity"),
        ('{"a": 1e999}', "contains a number that is too large"),
        ('{"a": ' + "9" * 5000 + "}", "contains an integer beyond"),
        ("[" * 200_000, "is nested deeper than 64"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        ('{"applicant": "king"}', 'applicant: cannot be "king"'),
        ('{"applicant": []}', "applicant: cannot be"),
        ('{"applicant": {"citizen": 1}}', "applicant: cannot be"),
        ('{"applicant": ["citizen", 3]}', "applicant: cannot be"),
    ],
)
def test_a_facts_file_that_cannot_be_used_is_refused_saying_why(written, text, said):
    with pytest.raises(Rejected) as refusal:
        reading.read_facts(written(text))
    assert said in str(refusal.value)
    assert "facts.json" in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Rejected, match="no such file"):
        reading.read_facts(tmp_path / "nowhere.json")


def test_a_byte_order_mark_does_no_harm(written):
    assert reading.read_json(written(b"\xef\xbb\xbf{}")) == {}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


@given(json_values)
def test_json_that_is_proper_reads_as_it_was_written(value):
    assert reading.parse_json(json.dumps(value), ("x",)) == value


def test_the_day_to_judge_as_of_is_today_where_the_zone_is():
    late_evening_in_london = datetime.datetime(2026, 10, 31, 20, tzinfo=datetime.UTC).timestamp()
    assert reading.as_of(None, lambda: late_evening_in_london, "Asia/Seoul") == datetime.date(2026, 11, 1)
    assert reading.as_of(None, lambda: late_evening_in_london, zone="Europe/London") == datetime.date(2026, 10, 31)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "26-01-01", "2026/01/01", "today", "", "20260101", "0000-01-01"]
)
def test_a_day_that_is_none_is_refused(text):
    with pytest.raises(Rejected, match="--as-of"):
        reading.as_of(text, lambda: 0.0, "Asia/Seoul")


def test_the_shipped_declaration_catalogue_and_regions_are_right():
    declaration = reading.read_declaration()
    catalogue = reading.read_catalogue(None, declaration, reading.read_regions())
    assert len(catalogue.programmes) >= 60


def test_everything_wrong_with_a_declaration_is_said_at_once(tmp_path):
    (tmp_path / "events.yaml").write_text("a: [", encoding="utf-8")
    (tmp_path / "facts.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(Rejected) as refusal:
        reading.read_declaration(tmp_path)
    said = str(refusal.value)
    assert len(refusal.value.problems) == 3
    assert "events.yaml, line 2" in said
    assert "'a' is given twice" in said
    assert "features.yaml: no such file" in said


@pytest.mark.parametrize("text", ["a: 2026-02-30", "a: *nothing", "!!python/object:os.system {}", "a: \x00"])
def test_yaml_that_cannot_be_used_is_refused(written, text):
    with pytest.raises(Rejected, match=r"p\.yaml"):
        reading.read_yaml(written(text, "p.yaml"))


def test_a_day_in_yaml_that_the_calendar_lacks_is_named_with_its_line(written):
    with pytest.raises(Rejected) as refusal:
        reading.read_yaml(written("a: 2026-01-31\nb: 2026-02-30\n", "p.yaml"))
    assert str(refusal.value) == "p.yaml, line 2: there is no day 2026-02-30. Check the calendar"


def test_programmes_are_read_from_a_folder_one_file_or_json_lines(tmp_path, written):
    folder = tmp_path / "catalogue"
    (folder / "birth").mkdir(parents=True)
    (folder / "birth" / "b.yaml").write_text("id: b", encoding="utf-8")
    (folder / "a.yaml").write_text("- {id: a1}\n- {id: a2}", encoding="utf-8")
    assert reading.programme_documents(folder) == [
        ("a.yaml[0]", {"id": "a1"}),
        ("a.yaml[1]", {"id": "a2"}),
        ("birth/b.yaml", {"id": "b"}),
    ]
    assert reading.programme_documents(folder / "birth" / "b.yaml") == [("b.yaml", {"id": "b"})]
    lines = written('{"id": "x"}\n\n{"id": "y\u2028z"}\n', "c.jsonl")
    assert reading.programme_documents(lines) == [
        ("c.jsonl, line 1", {"id": "x"}),
        ("c.jsonl, line 3", {"id": "y\u2028z"}),
    ]


def test_every_broken_line_of_a_catalogue_is_named(written):
    with pytest.raises(Rejected) as refusal:
        reading.programme_documents(written('{\n{"id": "y"}\n]\n', "c.jsonl"))
    assert [problem.where.split(" column")[0] for problem in refusal.value.problems] == [
        "c.jsonl, line 1, line 1",
        "c.jsonl, line 3, line 1",
    ]


def test_a_folder_without_programmes_is_refused(tmp_path):
    with pytest.raises(Rejected, match=r"holds no \.yaml file"):
        reading.programme_documents(tmp_path)


@pytest.mark.parametrize("text", ["1899-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_that_no_fact_reaches_is_refused(text):
    with pytest.raises(Rejected, match=r"--as-of: .* is not from 1900 to 2100"):
        reading.as_of(text, lambda: 0.0, "Asia/Seoul")


def test_a_second_document_in_a_file_says_what_to_write_instead(tmp_path):
    (tmp_path / "two.yaml").write_text("id: t.a\n---\nid: t.b\n")
    with pytest.raises(Rejected, match=r"line 2 column 1: begins another document\. Write several as one list"):
        reading.read_yaml(tmp_path / "two.yaml")


def test_facts_from_standard_input_are_called_so(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"birth_date": "1990-05-01", "applicant": "organisation"}'))
    stated = reading.read_facts("-")
    assert stated == ({"birth_date": "1990-05-01"}, ("organisation",), ("standard input",))


def test_an_empty_name_is_no_country():
    with pytest.raises(Rejected, match="'' is neither a country that is shipped nor a folder"):
        country_folder("")
