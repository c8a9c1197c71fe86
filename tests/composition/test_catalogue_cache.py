from __future__ import annotations

import dataclasses
import json
import stat

import pytest

from composition import catalogue_cache, reading
from composition.catalogue_cache import checked_catalogue
from composition.document_cache import DocumentCache
from features.problem import Rejected

DECLARATION, REGIONS = reading.read_declaration(), reading.read_regions()
SOURCE = {"url": "https://example.org", "checked": "2026-11-01", "text": {"ko": "원문"}}
PROGRAMME = {
    "id": "t.a", "title": {"ko": "가"}, "provider": {"id": "t", "name": {"ko": "나"}, "level": "national"},
    "category": "health", "form": "cash", "who": {"fact": "farmer", "is": True}, "source": SOURCE, "verified": True,
}  # fmt: skip


class Home:
    """A home with a catalogue file in it, and how often the catalogue was read."""

    def __init__(self, path):
        self.folder, self.read_times = path / "cache", 0
        self.file = path / "catalogue.jsonl"
        self.write(PROGRAMME)

    def write(self, *programmes):
        self.file.write_text("".join(json.dumps(one) + "\n" for one in programmes), encoding="utf-8")

    def catalogue(self, declaration=DECLARATION, regions=REGIONS):
        def read():
            self.read_times += 1
            return reading.read_catalogue(self.file, declaration, regions)

        return checked_catalogue([self.file], (declaration, regions), DocumentCache(self.folder), read)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_the_same_catalogue_is_checked_once(home):
    first, second = home.catalogue(), home.catalogue()
    assert repr(first) == repr(second) == repr(reading.read_catalogue(home.file, DECLARATION, REGIONS))
    assert home.read_times == 1


def test_other_programmes_another_declaration_other_regions_and_other_code_are_checked_again(home, monkeypatch):
    home.catalogue()
    home.write(PROGRAMME | {"verified": False})
    assert not home.catalogue().programmes[0].verified
    home.catalogue(declaration=dataclasses.replace(DECLARATION, hash="0" * 64))
    home.catalogue(regions=dataclasses.replace(REGIONS, sources=("another",)))
    monkeypatch.setattr(catalogue_cache, "_code", lambda: b"other code")
    home.catalogue()
    assert home.read_times == 5


def test_a_damaged_entry_is_made_again_and_replaced(home):
    first = home.catalogue()
    (entry,) = home.folder.iterdir()
    entry.write_bytes(entry.read_bytes().replace(b"t.a", b"t.b"))
    assert home.catalogue() == home.catalogue() == first
    assert home.read_times == 2


def test_an_entry_is_json_for_its_owner_alone(home):
    home.catalogue()
    (entry,) = home.folder.iterdir()
    _, _, content = entry.read_bytes().partition(b"\n")
    assert [row[0] for row in json.loads(content)["programmes"]] == ["t.a"]
    assert (stat.S_IMODE(home.folder.stat().st_mode), stat.S_IMODE(entry.stat().st_mode)) == (0o700, 0o600)


def test_a_home_that_cannot_be_written_is_only_slower(home):
    home.folder.write_text("a file where the folder should be", encoding="utf-8")
    assert home.catalogue() == home.catalogue()
    assert home.read_times == 2


def test_a_catalogue_that_is_wrong_is_refused_every_time_and_not_kept(home):
    home.write(PROGRAMME | {"category": "none"})
    for _ in range(2):
        with pytest.raises(Rejected, match="category"):
            home.catalogue()
    assert not home.folder.exists()


def test_lines_and_folders_are_read_through_it_and_a_folder_with_nothing_in_it_is_refused(home, tmp_path):
    cache = DocumentCache(home.folder)
    (tmp_path / "folder").mkdir()
    for _ in range(2):
        held = reading.read_catalogue(home.file, DECLARATION, REGIONS, cache)
        assert repr(held) == repr(reading.read_catalogue(home.file, DECLARATION, REGIONS))
        with pytest.raises(Rejected, match="holds no"):
            reading.read_catalogue(tmp_path / "folder", DECLARATION, REGIONS, cache)
    assert len(list(home.folder.iterdir())) == 1
