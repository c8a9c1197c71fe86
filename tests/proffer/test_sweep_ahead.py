"""A sweep by what an earlier one left is the sweep of everybody; what is stale, missing or broken is not used."""

from __future__ import annotations

import json
import shutil

import pytest

from proffer import cli

BEFORE, DAY, LATER = "2025-10-30", "2025-10-31", "2025-11-02"


@pytest.fixture(scope="module")
def news(people, tmp_path_factory):
    """Three of the synthetic people, told something on the day."""
    import pyarrow.parquet

    file = tmp_path_factory.mktemp("news") / "news.ndjson"
    names = sorted(
        set(pyarrow.parquet.read_table(people / "events.parquet", columns=["subject"])["subject"].to_pylist())
    )
    documents = [
        {
            "specversion": "1.0", "id": f"n{at}", "source": "registry", "subject": name, "type": kind, "data": data,
            "time": f"{DAY}T01:00:00Z", "recordedtime": f"{DAY}T02:00:00Z",
        }
        for at, (name, kind, data) in enumerate([
            (names[3], "life.job_lost", {"voluntary": False}),
            (names[40], "fact.stated", {"income_percent": 20}),
            ("somebody new", "fact.stated", {"birth_date": "1950-01-01", "region": "11440"}),
        ])
    ]  # fmt: skip
    file.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    return file


def made(out, *events):
    words = [
        "population",
        "--events",
        *map(str, events),
        "--apart",
        "--shard",
        "60",
        "--out",
        str(out),
        "--no-progress",
    ]
    assert cli.main(words) == 0
    return out


def swept(people, out, day, *words):
    given = ["--people", people, "--as-of", day, "--out", out, "--processes", 1, "--no-progress", *words]
    assert cli.main(["sweep", *map(str, given)]) == 0
    return out


def content(out):
    return json.loads((out / "shards.json").read_text(encoding="utf-8"))["content"]


def counts(out):
    found = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return {name: one for name, one in found.items() if name not in ("out", "read", "earlier")}, found.get("read")


@pytest.fixture(scope="module")
def old(people, tmp_path_factory):
    """The people of the day before, and what the sweep of that day left."""
    place = tmp_path_factory.mktemp("ahead")
    folder = made(place / "old", people / "events.parquet")
    return folder, swept(folder, place / "before", BEFORE, "--ahead", 20)


@pytest.fixture(scope="module")
def new(people, news, tmp_path_factory):
    """The people of the day, and the sweep of everybody since the day before."""
    place = tmp_path_factory.mktemp("day")
    folder = made(place / "new", people / "events.parquet", news)
    return folder, swept(folder, place / "whole", DAY, "--since", BEFORE)


def test_only_people_with_news_or_a_day_of_their_own_are_read_and_the_rows_are_those_of_all(old, new, tmp_path, capsys):
    fast = swept(new[0], tmp_path / "fast", DAY, "--since", BEFORE, "--earlier", old[1])
    (told, read), (whole, _) = counts(fast), counts(new[1])
    assert content(fast) == content(new[1])
    assert told == whole
    assert read["news"] == 3
    assert 0 < read["days"] < whole["swept"] / 4
    assert "3 with news" in capsys.readouterr().out


def test_days_follow_one_another_each_by_what_the_one_before_left(old, new, tmp_path):
    links, told = [old[1]], []
    for since, day in ((BEFORE, DAY), (DAY, LATER), (LATER, "2025-11-19")):
        words = "--since", since, "--earlier", links[-1]
        links.append(swept(new[0], tmp_path / day, day, *words, "--ahead", 20))
        whole = swept(new[0], tmp_path / f"whole{day}", day, "--since", since)
        assert content(links[-1]) == content(whole)
        told.append(counts(links[-1])[1]["news"])
    orders = [json.loads((link / "sweep.json").read_text(encoding="utf-8"))["until"] for link in links]
    assert told == [3, 0, counts(new[1])[0]["swept"]]
    assert orders == ["2025-11-19"] * 3 + ["2025-12-09"]


def test_the_first_offers_of_each_are_those_of_a_sweep_of_everybody(old, new, tmp_path):
    words = "--since", BEFORE, "--first", 2, "--model", "none", "--home", tmp_path / "home"
    fast = swept(new[0], tmp_path / "fast", DAY, *words, "--earlier", old[1])
    whole = swept(new[0], tmp_path / "whole", DAY, *words)
    assert content(fast) == content(whole)
    assert counts(fast)[0] == counts(whole)[0]


def broken(old, tmp_path, harm):
    folder = tmp_path / "broken"
    shutil.copytree(old[1], folder)
    harm(folder)
    return folder


def test_people_of_a_shard_whose_index_is_missing_or_broken_are_all_read(old, new, tmp_path):
    def harm(folder):
        (folder / "next-00000.index").unlink()
        file = folder / "next-00002.index"
        file.write_bytes(file.read_bytes()[:-9])

    fast = swept(new[0], tmp_path / "fast", DAY, "--since", BEFORE, "--earlier", broken(old, tmp_path, harm))
    assert content(fast) == content(new[1])
    assert counts(fast)[1]["news"] > 100


@pytest.mark.parametrize(
    ("change", "told"),
    [({"rules": "0" * 64}, "it went by other rules"), ({"until": BEFORE}, f"it looked ahead up to {BEFORE} only"),
     ({"until": None}, "it did not look ahead")],
)  # fmt: skip
def test_what_is_stale_is_not_used_and_that_is_said(old, new, tmp_path, change, told, capsys):
    def harm(folder):
        file = folder / "sweep.json"
        file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")

    fast = swept(new[0], tmp_path / "fast", DAY, "--since", BEFORE, "--earlier", broken(old, tmp_path, harm))
    assert content(fast) == content(new[1])
    assert told in capsys.readouterr().out
    assert counts(fast)[1]["news"] == counts(fast)[0]["swept"]


def test_where_the_catalogue_was_another_everybody_is_looked_at(old, new, tmp_path, capsys):
    fewer = tmp_path / "fewer"
    shutil.copytree("data/countries/kr/catalogue", fewer)
    (fewer / "naeil-baeum-card.yaml").unlink()
    words = "--since", BEFORE, "--catalogue-before", fewer
    fast = swept(new[0], tmp_path / "fast", DAY, *words, "--earlier", old[1])
    assert content(fast) == content(swept(new[0], tmp_path / "whole", DAY, *words))
    assert "other rules" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--earlier", "nowhere"], "holds no sweep"),
        (["--earlier", "OLD", "--since", "2025-10-29"], f"Give --since {BEFORE}"),
        (["--earlier", "OLD", "--since", ""], "none is given"),
        (["--ahead", "0"], "0 days are not looked ahead"),
        (["--ahead", "5", "--people", "WHOLE"], "proffer population --apart"),
        (["--ahead", "5", "--people", ""], "for a folder of people alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_written(old, new, people, tmp_path, words, told, capsys):
    whole = tmp_path / "people"
    named = {"OLD": str(old[1]), "WHOLE": str(whole)}
    cli.main(["population", "--events", str(people / "events.parquet"), "--out", str(whole), "--no-progress"])
    given = {"--people": str(new[0]), "--as-of": DAY, "--since": BEFORE, "--out": str(tmp_path / "out")}
    given |= dict(zip(words[::2], (named.get(word, word) for word in words[1::2]), strict=True))
    flat = [part for name, value in given.items() if value for part in (name, value)]
    extra = [] if given["--people"] else ["--events", str(people / "events.parquet")]
    assert cli.main(["sweep", *flat, *extra, "--no-progress"]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
