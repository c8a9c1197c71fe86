"""A country that nobody shipped: one small folder is all it takes, and all that is wrong in it is said at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from composition.settings import SHIPPED, country_folder
from features.problem import Rejected
from proffer.cli import main

COUNTRY = """
languages: [tok, en]
currency: {code: BHD, decimals: 3, wage_day: 10000, unit: dinar}
zone: Pacific/Chatham
regions: {code: "[A-Z]{1,2}", levels: {island: ma, village: tomo}, biggest_first: [tok]}
"""
REGIONS = """
regions:
  - {code: A, name: ma A, level: island}
  - {code: AB, name: {tok: tomo B, en: village B}, level: village, within: A}
  - {code: AC, name: tomo C, level: village, within: A}
"""
EVENTS = """
epoch: 1900-01-01
types:
  fact.stated: {title: toki, complete_from: never}
  life.moved: {title: tawa, complete_from: never, fields: {region: {type: region}}}
"""
FACTS = """
facts:
  birth_date: {type: date, low: 1900-01-01, high: 2100-12-31, purpose: [eligibility], label: suno, question: seme?}
  age: {type: integer, purpose: [eligibility], label: {tok: suli, en: age}, derived: {years_since: birth_date}}
  region:
    type: region
    purpose: [eligibility]
    label: tomo
    question: "tomo seme?"
    states: [{event: life.moved, gives: {field: region}}]
  mani: {type: integer, low: 0, high: 99999, scale: 1000, unit: dinar, purpose: [eligibility], label: mani, question: a}
"""
PROGRAMME = """
id: tok.mani-suli
title: mani suli
provider: {id: tok.lawa, name: lawa}
category: old-age
form: cash
who: {all: [{fact: age, at_least: 60}, {fact: region, is: AB}, {fact: mani, at_most: 12.5}]}
value: {amount: 1234.5, period: month, text: mani mute}
window: {kind: open_ended}
source: {url: "https://example.org", text: lipu}
verified: true
"""


def flat(messages, prefix=""):
    for key, value in messages.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def own_messages():
    """English as it is shipped, and a language in which every sentence is said as its key and its placeholders."""
    english = yaml.safe_load((SHIPPED.messages / "en.yaml").read_text(encoding="utf-8"))
    english["language"] = {"money": {"BHD": "BD {amount}"}, "singular": [1]}
    other: dict[str, object] = {}
    for key, message in flat(english["messages"]):
        place = other
        *above, last = key.split(".")
        for part in above:
            place = place.setdefault(part, {})
        place[last] = f"toki {message}"
    return {"en": english, "tok": {"language": {"thousands": "'", "decimal": "·"}, "messages": other}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The whole folder of a country."""
    root = tmp_path / "toki"
    for name in ("declaration", "catalogue", "messages"):
        (root / name).mkdir(parents=True)
    files = {
        "country.yaml": COUNTRY, "regions.yaml": REGIONS, "declaration/events.yaml": EVENTS,
        "declaration/facts.yaml": FACTS, "declaration/features.yaml": "features: {}", "catalogue/mani.yaml": PROGRAMME,
    }  # fmt: skip
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    for language, document in own_messages().items():
        (root / "messages" / f"{language}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    return root


def run(folder, tmp_path, capsys, *words, facts=None):
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts or {"birth_date": "1950-01-01", "region": "AB", "mani": 12.5}), encoding="utf-8")
    verb, *rest = words
    home = ["--home", str(tmp_path / "home")]
    (tmp_path / "home").mkdir(exist_ok=True)
    code = main([verb, "--country", str(folder), "--facts", str(file), "--as-of", "2026-11-29", *home, *rest])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_folder_is_all_that_a_country_needs(folder, tmp_path, capsys):
    code, said, _ = run(folder, tmp_path, capsys, "recommend", "--model", "none")
    assert code == 0
    assert "mani suli\n" in said
    assert "toki It is worth 14'814 BHD in the first year." in said
    code, said, _ = run(folder, tmp_path, capsys, "recommend", "--model", "none", "--json")
    (offered,) = json.loads(said)["recommendations"]
    assert (offered["answer"], offered["title"], offered["value"]["currency"]) == ("yes", {"tok": "mani suli"}, "BHD")
    assert offered["why_rank"][0]["text"]["en"] == "It is worth BD 14,814 in the first year."


def test_its_rules_are_told_in_its_own_words_and_order(folder, tmp_path, capsys):
    _, said, _ = run(folder, tmp_path, capsys, "eligible", "--json", facts={"birth_date": "1990-01-01"})
    (verdict,) = json.loads(said)["verdicts"]
    assert verdict["answer"] == "no"
    _, said, _ = run(folder, tmp_path, capsys, "eligible", "--json")
    (verdict,) = json.loads(said)["verdicts"]
    told = {one["fact"]: one["text"] for one in verdict["because"]}
    assert told["region"] == {"tok": "toki lives in ma A tomo B", "en": "lives in village B, ma A"}
    assert told["mani"] == {"tok": "toki mani toki at most toki 12·5 won", "en": "“mani” at most 12.5 won"}


def test_a_person_whose_facts_are_events_is_judged_there_too(folder, tmp_path, capsys):
    event = {
        "specversion": "1.0", "id": "1", "source": "tok", "subject": "jan", "type": "fact.stated",
        "time": "2026-01-01T00:00:00Z", "recordedtime": "2026-01-01T00:00:00Z",
        "data": {"birth_date": "1950-01-01", "region": "AB", "mani": 3.125},
    }  # fmt: skip
    file, home = tmp_path / "events.ndjson", str(tmp_path / "home")
    file.write_text(json.dumps(event) + "\n")
    assert main(["ingest", "--country", str(folder), "--home", home, str(file)]) == 0
    capsys.readouterr()
    words = ["--citizen", "jan", "--as-of", "2026-11-29", "--model", "none", "--json"]
    assert main(["recommend", "--country", str(folder), "--home", home, *words]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 1


def test_every_file_that_is_missing_is_said_at_once(folder, tmp_path, capsys):
    for name in ("regions.yaml", "declaration/facts.yaml", "messages/tok.yaml"):
        (folder / name).unlink()
    shutil.rmtree(folder / "catalogue")
    code, _, said = run(folder, tmp_path, capsys, "recommend")
    assert code == 2
    for name in ("regions.yaml", "facts.yaml", "tok.yaml", "catalogue"):
        assert len([line for line in said.splitlines() if name in line]) == 1, (name, said)
    assert len(said.splitlines()) == 4


def test_what_is_wrong_in_several_files_is_said_at_once(folder, tmp_path, capsys):
    english = folder / "messages" / "en.yaml"
    english.write_text(english.read_text().replace("  counts:", "  count:"))
    (folder / "messages" / "fr.yaml").write_text("language: {}\nmessages: {}\n")
    (folder / "regions.yaml").write_text(REGIONS.replace("within: A}\n  - {code: AC", "within: ZZ}\n  - {code: ac"))
    code, _, said = run(folder, tmp_path, capsys, "eligible")
    assert code == 2
    assert "regions.yaml: regions[2].code: 'ac' is not a region code. Write a code of the form [A-Z]{1,2}" in said
    assert "regions.yaml: regions.AB.within: ZZ is not in the table" in said
    assert "messages/fr.yaml: is in no language of the country" in said


def test_a_message_that_one_language_lacks_is_said(folder, tmp_path, capsys):
    path = folder / "messages" / "tok.yaml"
    document = yaml.safe_load(path.read_text())
    del document["messages"]["screen"]["counts"]
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    code, _, said = run(folder, tmp_path, capsys, "eligible")
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("tok.yaml: screen.counts: is missing.")


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("1234.5678", "1234.5678 has more than the 3 decimals of BHD. Round it to 3 decimals"),
        (".inf", "inf has more than the 3 decimals of BHD"),
        ("-0.5", "-0.5 is below 0"),
        ("'12'", "'12' is not a whole number"),
    ],
)
def test_an_amount_has_at_most_the_decimals_of_its_currency(folder, tmp_path, capsys, amount, problem):
    (folder / "catalogue" / "mani.yaml").write_text(PROGRAMME.replace("amount: 1234.5", f"amount: {amount}"))
    code, _, said = run(folder, tmp_path, capsys, "eligible")
    assert (code, said.count("\n")) == (2, 1)
    assert f"mani.yaml: value.amount: {problem}" in said


def test_words_in_a_language_of_another_country_are_refused(folder, tmp_path, capsys):
    (folder / "catalogue" / "mani.yaml").write_text(PROGRAMME.replace("title: mani suli", "title: {ko: 돈}"))
    code, _, said = run(folder, tmp_path, capsys, "eligible")
    assert code == 2
    assert 'mani.yaml: title: ko is no language of this country. Write a string or {tok: "...", en: "..."}' in said


def test_a_country_that_is_neither_shipped_nor_a_folder_is_refused(tmp_path):
    with pytest.raises(Rejected, match="neither a country that is shipped nor a folder"):
        country_folder(str(tmp_path / "atlantis"))
    assert country_folder("kr") == SHIPPED
