from __future__ import annotations

from datetime import date, datetime

import pytest

from features.mapping import MappingReader, nearest
from features.problem import Problems


def read(document, method, *arguments, languages=()):
    problems = Problems()
    value = getattr(MappingReader(document, ("x.yaml",), problems, None, languages), method)(*arguments)
    return value, [str(problem) for problem in problems.found]


@pytest.mark.parametrize("method", ["string", "slug", "words", "integer", "day", "duration", "reader"])
def test_what_is_absent_is_none_and_no_problem(method):
    assert read({}, method, "a") == (None, [])
    assert read({"a": None}, method, "a") == (None, [])


def test_dates_are_read_as_days_however_they_were_written():
    assert read({"a": date(1970, 1, 11)}, "day", "a") == (10, [])
    assert read({"a": "1970-01-11"}, "day", "a") == (10, [])
    for wrong in (datetime(1970, 1, 11, 3), "1970-02-30", "1990-W01-1", "19900101", 10):
        value, problems = read({"a": wrong}, "day", "a")
        assert (value, len(problems)) == (None, 1)


def test_words_are_one_string_or_one_a_language():
    assert read({"a": "가"}, "words", "a") == ({"und": "가"}, [])
    assert read({"a": {"en": "b"}}, "words", "a") == ({"en": "b"}, [])
    assert read({"a": {"en": " "}}, "words", "a")[0] is None
    assert read({"a": {"fr": "c"}}, "words", "a") == ({"fr": "c"}, [])


def test_words_of_a_country_are_in_its_languages_and_in_their_order():
    assert read({"a": "c"}, "words", "a", languages=("fr", "en")) == ({"fr": "c"}, [])
    found, _ = read({"a": {"en": "b", "fr": "c"}}, "words", "a", languages=("fr", "en"))
    assert list(found.items()) == [("fr", "c"), ("en", "b")]
    assert read({"a": {"ko": "가", "fr": "c"}}, "words", "a", languages=("fr", "en")) == ({"fr": "c"}, [])
    assert read({"a": {"ko": "가"}}, "words", "a", languages=("fr", "en")) == ({"ko": "가"}, [])
    assert read({}, "as_words", "a", {"ko": "가", "fr": "c"}, languages=("fr", "en")) == (
        None,
        ['x.yaml: a: ko is no language of this country. Write a string or {fr: "...", en: "..."}'],
    )


def test_lists_keep_what_is_right_and_tell_what_is_wrong():
    assert read({"a": ["x", "y z", 3]}, "slugs", "a") == (
        ("x",),
        [
            "x.yaml: a[1]: 'y z' is not a name. Use letters, digits, dots, hyphens and underscores",
            "x.yaml: a[2]: 3 is not a name. Use letters, digits, dots, hyphens and underscores",
        ],
    )
    assert read({"a": "x"}, "items", "a")[0] == []


def test_a_boolean_has_a_default():
    assert read({}, "boolean", "a", True) == (True, [])
    assert read({"a": False}, "boolean", "a", True) == (False, [])
    assert len(read({"a": 0}, "boolean", "a", True)[1]) == 1


def test_keys_nobody_asked_for_are_told_with_what_was_meant():
    problems = Problems()
    fields = MappingReader({"inner": {"titel": "x"}}, ("x.yaml",), problems)
    inner = fields.reader("inner")
    inner.words("title")
    inner.close()
    fields.close()
    assert [str(problem) for problem in problems.found] == [
        "x.yaml: inner.titel: unknown key (did you mean title?). Use one of title"
    ]


def test_the_nearest_name_is_never_the_name_itself():
    assert nearest("age", ["age", "agee"]) == " (did you mean agee?)"
    assert nearest("zzz", ["age"]) == ""
