from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from composition.document_cache import KEPT, DocumentCache
from composition.settings import SHIPPED
from features.problem import Rejected

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text() | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers() | st.dates(), inner, max_size=3)
    ),
    max_leaves=8,
)


class Parser:
    """Parses by a table and counts how often it was asked."""

    def __init__(self, *documents):
        self.documents, self.asked = list(documents), 0

    def __call__(self, paths):
        self.asked += 1
        return self.documents[: len(paths)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1", encoding="utf-8")
    return path


@pytest.fixture
def cache(tmp_path):
    (tmp_path / "home").mkdir()
    return DocumentCache(tmp_path / "home" / "cache")


def test_the_same_bytes_are_parsed_once_and_other_bytes_again(cache, file):
    parse = Parser({"a": 1})
    assert [cache.documents([file], parse) for _ in range(3)] == [[{"a": 1}]] * 3
    assert parse.asked == 1
    file.write_text("a: 2", encoding="utf-8")
    cache.documents([file], parse)
    assert parse.asked == 2


@given(VALUES)
def test_what_comes_back_is_what_was_parsed_whatever_it_is(tmp_path_factory, document):
    home = tmp_path_factory.mktemp("home")
    path = home / "a.yaml"
    path.write_bytes(b"a")
    cache, parse = DocumentCache(home / "cache"), Parser(document)
    first, second = (cache.documents([path], parse) for _ in range(2))
    assert repr(first) == repr(second) == repr([document])


def test_a_damaged_entry_is_parsed_again_and_replaced(cache, file, tmp_path):
    parse = Parser({"a": 1})
    cache.documents([file], parse)
    (entry,) = (tmp_path / "home" / "cache").glob("*.json")
    entry.write_bytes(entry.read_bytes().replace(b'"a":1', b'"a":7'))
    assert cache.documents([file], parse) == [{"a": 1}]
    assert parse.asked == 2
    assert cache.documents([file], parse) == [{"a": 1}]
    assert parse.asked == 2


def test_only_the_owner_can_read_it(cache, file, tmp_path):
    cache.documents([file], Parser({}))
    folder = tmp_path / "home" / "cache"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_written_is_only_slower(file, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    parse = Parser({"a": 1})
    cache = DocumentCache(tmp_path / "cache")
    assert [cache.documents([file], parse) for _ in range(2)] == [[{"a": 1}]] * 2
    assert parse.asked == 2


def test_without_a_home_nothing_is_made(file, tmp_path):
    assert DocumentCache(tmp_path / "none" / "cache").documents([file], Parser({})) == [{}]
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_wrong_is_refused_every_time_and_not_kept(cache, file, tmp_path):
    file.write_text("a: [", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(Rejected):
            reading.programme_documents(file, cache)
    assert not list((tmp_path / "home").rglob("*.json"))


def test_old_entries_are_dropped(cache, tmp_path):
    for i in range(KEPT + 5):
        path = tmp_path / "one.yaml"
        path.write_text(str(i), encoding="utf-8")
        cache.documents([path], Parser(i))
    assert len(list((tmp_path / "home" / "cache").glob("*.json"))) == KEPT


def test_everything_shipped_is_the_same_from_the_cache(cache):
    straight = reading.programme_documents(SHIPPED.catalogue)
    first, second = (reading.programme_documents(SHIPPED.catalogue, cache) for _ in range(2))
    assert repr(first) == repr(second) == repr(straight)
    declaration = reading.read_declaration()
    for _ in range(2):
        assert reading.read_declaration(cache=cache).hash == declaration.hash
        assert reading.read_regions(cache=cache) == reading.read_regions()
        assert reading.read_working_days(cache=cache) == reading.read_working_days()


@pytest.fixture
def two(tmp_path, file):
    """Two files that differ, and a parser for each."""
    other = tmp_path / "b.yaml"
    other.write_text("b: 2", encoding="utf-8")
    return (file, Parser({"a": 1})), (other, Parser({"b": 2}))


def test_two_entries_that_were_exchanged_are_made_again(cache, two, tmp_path):
    for path, parser in two:
        cache.documents([path], parser)
    one, other = sorted((tmp_path / "home" / "cache").glob("*.json"))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    for path, parser in two:
        assert cache.documents([path], parser) == parser.documents
        assert parser.asked == 2


def forbid(folder, how):
    if how == "others may write":
        folder.chmod(0o777)
    elif how == "a link":
        folder.rename(folder.with_name("elsewhere"))
        folder.symlink_to(folder.with_name("elsewhere"))
    else:
        for entry in folder.glob("*.json"):
            entry.chmod(0o666)


@pytest.mark.parametrize("how", ["others may write", "a link", "others may write an entry"])
def test_what_others_may_have_written_is_not_believed(cache, file, tmp_path, how):
    cache.documents([file], Parser({"a": 1}))
    forbid(tmp_path / "home" / "cache", how)
    parser = Parser({"a": 1})
    assert cache.documents([file], parser) == [{"a": 1}]
    assert parser.asked == 1


def test_a_pipe_in_the_place_of_an_entry_is_not_waited_for(cache, file, tmp_path):
    cache.documents([file], Parser({"a": 1}))
    (entry,) = (tmp_path / "home" / "cache").glob("*.json")
    entry.unlink()
    os.mkfifo(entry)
    assert cache.documents([file], Parser({"a": 1})) == [{"a": 1}]
