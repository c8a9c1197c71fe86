"""France: the golden cases of its catalogue, its holidays and regions, and output that has nothing Korean in it."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from composition import reading
from composition.engines import EngineSettings, build_engine
from composition.settings import country_folder
from features.calendar import date_of, day_of
from features.country import parse_country
from features.value import region_code
from proffer.cli import main
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from tests.serving.conftest import Caller

FRANCE = country_folder("fr")
TODAY = date(2026, 11, 29)
CASES = yaml.safe_load((Path(__file__).parent / "france.yaml").read_text(encoding="utf-8"))
LEVELS = {"region": "région", "departement": "département", "epci": "EPCI", "commune": "commune"}
KOREAN = re.compile(r"[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]|\bwon\b|KRW|₩", re.IGNORECASE)
PEOPLE = (
    {},
    {"birth_date": "2004-05-01", "region": "29019", "boursier": True, "statut": "etudiant", "mention": "tres_bien",
     "enfants": [], "quotient_familial": 800.55, "regime_general": True, "reside_en_france": True, "locataire": True},
    {"birth_date": "1988-02-03", "region": "67482", "enfants": ["2014-01-01", "2019-05-06"], "parent_isole": True,
     "reside_en_france": True, "statut": "salarie", "travaille": True, "difficulte_energie": True},
    {"birth_date": "1955-02-03", "region": "83", "gir": 3, "taux_incapacite": 80, "reside_en_france": True,
     "statut": "retraite", "enfants": []},
    {"birth_date": "2008-01-01", "region": "R84", "enceinte": True, "statut": "apprenti", "reside_en_france": True},
)  # fmt: skip


@functools.cache
def engine():
    return build_engine(EngineSettings(country=FRANCE))


def judged(case):
    facts = ({"reside_en_france": True} if case.get("known") else {}) | case["facts"]
    person = engine().from_facts(facts, ["citizen"], TODAY)
    programme = engine().catalogue.by_id[case["programme"]]
    verdict = next(one for one in engine().verdicts(person, TODAY) if one.programme.id == programme.id)
    made = engine()
    members = person.snapshot.members
    oracle = Oracle(made.declaration, made.regions, day_of(TODAY), made.working_days, members)
    return verdict.answer.name.lower(), oracle.programme(
        programme, person.snapshot.value, person.applicant
    ).name.lower()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['programme']}: {case['case']}")
def test_the_french_catalogue_answers(case):
    assert judged(case) == (case["answer"], case["answer"])


def test_every_benefit_has_a_case_on_both_sides_and_twenty_there_are():
    seen = {name: {case["answer"] for case in CASES if case["programme"] == name} for name in engine().catalogue.by_id}
    assert len(seen) == 20
    assert {name: answers for name, answers in seen.items() if "no" not in answers or len(answers) < 2} == {}
    verified = [one.id for one in engine().catalogue.programmes if one.verified]
    assert {name for name in verified if "yes" in seen[name]} == {
        "fr.allocations-familiales", "fr.atout-voir", "fr.aura-bourse-merite", "fr.brest-bibus-boursiers",
    }  # fmt: skip


def test_every_benefit_is_in_both_languages_and_says_where_it_is_from():
    for one in engine().catalogue.programmes:
        assert one.title.get("fr"), one.id
        assert one.title.get("en"), one.id
        assert one.source.url.startswith("https://")
        assert one.verified == (one.source.checked is not None), one.id
        if not one.verified:
            assert one.source.text.own.startswith("Écrit de mémoire"), one.id


@pytest.mark.parametrize("verb", ["eligible", "recommend"])
@pytest.mark.parametrize("way", [["--json"], ["--language", "fr"], ["--language", "en"]], ids=lambda way: way[-1])
@pytest.mark.parametrize("facts", PEOPLE, ids=lambda facts: str(len(facts)))
def test_nothing_korean_is_in_the_output_of_a_french_verb(verb, way, facts, tmp_path, capsys):
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    words = [verb, "--country", "fr", "--facts", str(file), "--as-of", "2026-11-29", *way]
    assert main([*words, *(["--model", "none", "-k", "20"] if verb == "recommend" else ["--all"])]) == 0
    said = capsys.readouterr().out
    assert len(said) > 200
    assert KOREAN.findall(said) == []


def test_every_benefit_is_as_the_schema_of_programmes_says():
    schema = json.loads((Path(__file__).parents[2] / "recommender" / "programme.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for one in engine().catalogue.programmes:
        assert [error.message for error in validator.iter_errors(one.to_document())] == [], one.id


def test_french_is_what_a_terminal_shows_and_amounts_are_in_euros(tmp_path, capsys):
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(PEOPLE[1]), encoding="utf-8")
    words = ["--country", "fr", "--facts", str(file), "--as-of", "2026-11-29", "--model", "none", "--why"]
    assert main(["recommend", *words]) == 0
    said = capsys.readouterr().out
    assert "Vous économisez 158,40\u00a0€ la première année." in said
    assert "Vous pouvez la demander à tout moment." in said
    assert said.index("fr.brest-bibus-boursiers") < said.index("fr.apl")


def test_the_declaration_asks_everything_in_french_and_in_english():
    facts = engine().declaration.facts.values()
    assert [fact.name for fact in facts if set(fact.label) != {"fr", "en"}] == []
    assert [fact.name for fact in facts if fact.stated and set(fact.question) != {"fr", "en"}] == []
    assert engine().declaration.zone.name == "Europe/Paris"


def test_people_are_addressed_with_vous():
    messages = yaml.safe_load((FRANCE.messages / "fr.yaml").read_text(encoding="utf-8"))["messages"]
    facts = [fact.question.get("fr", "") for fact in engine().declaration.facts.values()]
    titles = [text.get("fr") for one in engine().catalogue.programmes for text in (one.title, one.summary)]
    said = [json.dumps(messages, ensure_ascii=False), *facts, *titles]
    assert [text for text in said if re.search(r"\b(tu|te|toi|ton|tes)\b", text)] == []
    assert [question for question in facts if question and not re.search(r"\?( \(.*\))?$", question)] == []


def easter(year: int) -> date:
    """The Sunday after the first full moon of spring (Gauss's rule, as O'Beirne wrote it)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (8 * b + 13) // 25 + 15) % 30
    k, m = divmod(c, 4)
    g = (32 + 2 * e + 2 * k - h - m) % 7
    n = (a + 11 * h + 19 * g) // 433
    month = (h + g - 7 * n + 90) // 25
    return date(year, month, (h + g - 7 * n + 33 * month + 19) % 32)


def test_the_holidays_are_the_eleven_of_the_labour_code_each_year():
    working = reading.read_working_days(country=FRANCE)
    for year in range(2020, 2031):
        fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
        moving = [easter(year) + timedelta(days=days) for days in (1, 39, 50)]
        expected = Counter({*moving, *(date(year, *day) for day in fixed)})
        assert {date_of(day) for day in working.holidays if date_of(day).year == year} == set(expected)
    assert date_of(working.end_of_period(day_of(date(2026, 5, 8)))) == date(2026, 5, 11)


def test_the_table_has_every_region_and_every_departement_once():
    rows = yaml.safe_load(FRANCE.regions.read_text(encoding="utf-8"))["regions"]
    levels = Counter(row["level"] for row in rows)
    assert (levels["region"], levels["departement"]) == (18, 101)
    numbers = {row["code"] for row in rows if row["level"] == "departement"}
    metropole = {f"{number:02}" for number in range(1, 96) if number != 20} | {"2A", "2B"}
    assert numbers == metropole | {"971", "972", "973", "974", "976"}
    table = reading.read_regions(country=FRANCE)
    names = [table.name(region_code(code), "fr") for code in ("2A004", "29019", "974")]
    assert names == ["Ajaccio, Corse-du-Sud, Corse", "Brest, Finistère, Bretagne", "La Réunion"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("99999", "there is no region 99999"),
        ("1", "'1' is not a region code"),
        ("2a", "'2a' is not a region code"),
    ],
)
def test_a_code_that_is_none_is_refused(code, problem, tmp_path, capsys):
    file = tmp_path / "facts.json"
    file.write_text(json.dumps({"region": code}), encoding="utf-8")
    assert main(["eligible", "--country", "fr", "--facts", str(file)]) == 2
    assert problem in capsys.readouterr().err


def test_the_files_that_the_documentation_shows_are_read():
    text = (Path(__file__).parents[2] / "docs" / "countries.md").read_text(encoding="utf-8")
    about, table = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    country = parse_country(about | {"regions": about["regions"] | {"levels": LEVELS}})
    assert (country.languages, country.currency.decimals, country.shown) == (("fr", "en"), 2, "fr")
    places = Regions.parse(table, ("regions.yaml",), country)
    assert places.name(region_code("29019"), "fr") == "Brest, Brest Métropole, Finistère, Bretagne"


def test_the_service_answers_in_the_languages_of_its_country():
    app = create_app(RecommendationHandler(engine()), Authentication(dev=True), lambda: 1_795_900_000)
    answer = Caller(app)("POST", "/v1/recommendations", json={"facts": PEOPLE[1], "as_of": "2026-11-29", "k": 3})
    assert answer.status_code == 200
    first = answer.json()["recommendations"][0]
    assert first["title"] == engine().catalogue.by_id["fr.brest-bibus-boursiers"].title.to_document()
    assert KOREAN.findall(answer.text) == []


def test_an_event_log_of_french_events_is_read_and_ranked(tmp_path, capsys):
    base = {"specversion": "1.0", "source": "caf", "subject": "anne", "time": "2026-05-01T08:00:00+02:00"}
    base |= {"recordedtime": "2026-05-02T08:00:00Z"}
    events = [
        {"id": "1", "type": "life.child_born", "data": {"about": [{"person": "k1", "role": "child"}]}},
        {"id": "2", "type": "life.moved", "data": {"region": "2A004"}},
        {"id": "3", "type": "fact.stated", "data": {"reside_en_france": True, "enfants": ["2019-03-01", "2026-05-01"]}},
        {"id": "4", "type": "life.moved", "data": {"region": "Ajaccio"}},
    ]
    file, home = tmp_path / "events.ndjson", str(tmp_path / "home")
    file.write_text("".join(json.dumps(base | event) + "\n" for event in events), encoding="utf-8")
    assert main(["ingest", "--country", "fr", "--home", home, str(file)]) == 1
    assert "data.region: 'Ajaccio' is not a region code" in capsys.readouterr().err
    words = ["--home", home, "--citizen", "anne", "--as-of", "2026-11-29", "--model", "none", "-k", "20"]
    assert main(["recommend", "--country", "fr", *words]) == 0
    said = capsys.readouterr().out
    assert "À demander ensemble (Naissance d'un enfant) :" in said.replace("\u00a0", " ")
    assert KOREAN.findall(said) == []
