"""The golden cases: what the shipped catalogue answers at each boundary, in both evaluators, as a lawyer reads it."""

from __future__ import annotations

import datetime
import functools
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from composition.reading import applicants, read_catalogue, read_declaration, read_messages, read_regions
from composition.settings import SHIPPED
from features.calendar import day_of
from features.declaration.declaration import Declaration
from features.problem import Rejected
from features.snapshot import Snapshot, from_facts
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import All, Clause, NoData
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.programme import Programme, kinds_mask
from recommender.rules.programme_reader import parse_programme
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from recommender.rules.verdict import judge

CASES = Path(__file__).parent / "cases"
FILES = sorted(SHIPPED.catalogue.glob("*.yaml"))
GOV24 = Path(os.environ.get("PROFFER_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "gov24"
CITED = re.compile(r"gov24 서비스ID (\S+): “(.+?)”")
LIMITS = {"is", "below", "above", "at_most", "at_least", "within"}
OTHER = {"male": "female", "female": "male"}
KEYS = {"case", "programme", "as_of", "facts", "answer", "missing"}


@dataclass(frozen=True, eq=False)
class Case:
    """One golden case: who asks on which day for which programme, and what the law answers."""

    sentence: str
    programme: str
    as_of: Any
    facts: Mapping[str, object]
    applicant: int
    answer: str
    missing: tuple[str, ...] | None

    def __str__(self) -> str:
        return f"{self.programme}: {self.sentence}"


def _case(document: dict[str, Any], where: str) -> Case:
    assert set(document) | {"missing"} == KEYS, f"{where}: {sorted(document)}"
    answer = document["answer"]
    word = {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else str(answer)  # YAML 1.1 reads yes as true
    facts = dict(document["facts"])
    kinds = applicants(facts.pop("applicant", "citizen"), (where,))
    missing = document.get("missing")
    return Case(
        document["case"], document["programme"], document["as_of"], facts, kinds_mask(kinds), word,
        None if missing is None else tuple(missing),
    )  # fmt: skip


def _cases() -> list[Case]:
    files = sorted(CASES.glob("*.yaml"))
    return [_case(one, file.name) for file in files for one in yaml.load(file.read_bytes(), yaml.CSafeLoader)]


ALL_CASES = _cases()


@functools.cache
def declared() -> Declaration:
    """Return the declaration shipped."""
    return read_declaration()


@functools.cache
def places() -> Regions:
    """Return the table of regions shipped."""
    return read_regions()


@functools.cache
def shipped() -> Catalogue:
    """Return the catalogue shipped."""
    return read_catalogue(None, declared(), places())


@functools.cache
def compiled_on(day: int, columns: tuple[str, ...]) -> Compiled:
    """Return the catalogue compiled for one day."""
    return compile_catalogue(shipped(), columns, declared(), places(), day).explaining(read_messages())


@functools.cache
def _person(case: Case) -> Snapshot:
    t = declared().zone.end_of_day(case.as_of)
    return from_facts(declared(), case.facts, t, receives=shipped().receives)


def _by_programme() -> dict[str, list[Case]]:
    held: dict[str, list[Case]] = {programme.id: [] for programme in shipped().programmes}
    for case in ALL_CASES:
        held[case.programme].append(case)
    return held


def _always_open(clause: Clause) -> bool:
    """Tell whether a rule rests on something no fact settles, so that it can never say yes."""
    return isinstance(clause, NoData) or (isinstance(clause, All) and any(_always_open(part) for part in clause.of))


def _can_say_yes(programme: Programme) -> bool:
    return programme.verified and not all(_always_open(clause) for clause in programme.who.values())


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_the_catalogue_answers(case: Case) -> None:
    person, day = _person(case), day_of(case.as_of)
    compiled = compiled_on(day, person.columns)
    place = shipped().index[case.programme]
    verdict = judge(compiled, person, case.applicant).explain(place)
    oracle = Oracle(declared(), places(), day, members=person.members).programme(
        shipped().programmes[place], person.value, case.applicant
    )
    assert (verdict.answer.name.lower(), oracle.name.lower()) == (case.answer, case.answer)
    if case.missing is not None:
        assert verdict.missing == case.missing


def test_no_two_cases_of_a_programme_share_a_sentence() -> None:
    named = [str(case) for case in ALL_CASES]
    assert sorted({name for name in named if named.count(name) > 1}) == []


def test_there_are_at_least_two_hundred_cases_and_sixty_four_programmes() -> None:
    assert len(ALL_CASES) >= 200
    assert len(shipped()) >= 64


def test_every_programme_has_a_case() -> None:
    assert [name for name, cases in _by_programme().items() if not cases] == []


def test_every_programme_that_can_say_yes_is_seen_to_say_yes_and_no_and_unknown() -> None:
    able = {programme.id for programme in shipped().programmes if _can_say_yes(programme)}
    seen = {name: {case.answer for case in cases} for name, cases in _by_programme().items() if name in able}
    assert {name: answers for name, answers in seen.items() if answers != {"yes", "no", "unknown"}} == {}
    assert len(able) >= 35


def test_a_programme_that_cannot_say_yes_is_never_expected_to() -> None:
    unable = {programme.id for programme in shipped().programmes if not _can_say_yes(programme)}
    assert [str(case) for case in ALL_CASES if case.programme in unable and case.answer == "yes"] == []


def test_a_file_is_named_after_its_programme() -> None:
    named = {file.stem: yaml.load(file.read_bytes(), yaml.CSafeLoader)["id"] for file in FILES}
    assert {stem: name for stem, name in named.items() if name != f"kr.{stem}"} == {}


def test_every_programme_is_told_in_korean_and_in_english() -> None:
    said = {p.id: (p.title, p.summary) for p in shipped().programmes}
    untold = [name for name, texts in said.items() if not all(t and t.get("ko") and t.get("en") for t in texts)]
    assert untold == []


def test_exclusion_binds_both_programmes() -> None:
    pairs = {(p.id, other) for p in shipped().programmes for other in p.excludes}
    assert sorted((left, right) for left, right in pairs if (right, left) not in pairs) == []


def test_at_least_ten_programmes_unlock_another() -> None:
    granted = {fact for p in shipped().programmes for fact in p.grants}
    assert {f"receives.{name}" for name in shipped().receives} <= granted
    assert len(shipped().receives) >= 10


def test_at_least_thirty_verified_programmes_rest_on_a_service_of_gov24() -> None:
    texts = [p.source.text.get("ko") for p in shipped().programmes if p.verified and p.source.text]
    assert len({found[1] for text in texts for found in CITED.finditer(text)}) >= 30


def test_every_verified_programme_names_its_source_and_the_day_it_was_read() -> None:
    verified = [programme for programme in shipped().programmes if programme.verified]
    assert [p.id for p in verified if not (p.source.url and p.source.checked and p.source.text)] == []


def _moved(value: object) -> Iterator[object]:
    """Yield what a limit becomes when it is moved by the least that can be moved."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    elif isinstance(value, datetime.date):
        yield from (value - datetime.timedelta(days=1), value + datetime.timedelta(days=1))
    elif isinstance(value, str) and re.fullmatch(r"P\d+[YMD]", value):
        yield from (f"P{int(value[1:-1]) + by}{value[-1]}" for by in (-1, 1) if int(value[1:-1]) + by)
    elif isinstance(value, str):
        yield OTHER.get(value, "43")  # no shipped rule is about North Chungcheong as a whole


def _mutants(document: object) -> Iterator[tuple[str, object]]:
    """Yield every rule that differs from one by a single limit, each with what was moved."""
    if isinstance(document, dict):
        for key, value in document.items():
            inner = _mutants(value) if key not in {"why", "source", "no_data"} else ()
            yield from ((name, {**document, key: changed}) for name, changed in inner)
            if "fact" in document and key in LIMITS:
                yield from ((f"{document['fact']} {key} {new}", {**document, key: new}) for new in _moved(value))
    elif isinstance(document, list):
        for i, part in enumerate(document):
            yield from ((name, [*document[:i], changed, *document[i + 1 :]]) for name, changed in _mutants(part))


def _that_can_refuse(who: object) -> object:
    """Return a rule that never says yes without what cannot make it say no: only its refusals can be seen."""
    if isinstance(who, dict):
        if "advisory" in who or any("no_data" in part for part in who.get("any", ())):
            return {"all": []}
        return {key: _that_can_refuse(value) for key, value in who.items()}
    return [_that_can_refuse(part) for part in who] if isinstance(who, list) else who


def _unnoticed(document: Mapping[str, object], who: object, cases: list[Case]) -> bool:
    """Tell whether every case still answers as it did, though the rule is another; a rule nobody could write is not."""
    try:
        mutant = parse_programme({**document, "who": who}, str(document["id"]), declared(), places())
    except Rejected:
        return False
    for case in cases:
        oracle = Oracle(declared(), places(), day_of(case.as_of))
        if oracle.programme(mutant, _person(case).value, case.applicant).name.lower() != case.answer:
            return False
    return True


@pytest.mark.slow
def test_no_limit_can_be_moved_by_one_without_a_case_noticing() -> None:
    unnoticed: list[tuple[str, str]] = []
    by_programme = _by_programme()
    for file in FILES:
        document = yaml.load(file.read_bytes(), yaml.CSafeLoader)
        cases = by_programme[document["id"]]
        if document["verified"] and len({case.answer for case in cases}) > 1:  # what is always open has no limit to see
            able = _can_say_yes(shipped().by_id[document["id"]])
            document["who"] = document["who"] if able else _that_can_refuse(document["who"])
            mutants = _mutants(document["who"])
            unnoticed += [(document["id"], moved) for moved, who in mutants if _unnoticed(document, who, cases)]
    assert unnoticed == []


@pytest.mark.skipif(not GOV24.is_dir(), reason="the shared gov24 sample is not beside this checkout")
def test_what_is_quoted_from_gov24_stands_in_the_service_it_cites() -> None:
    rows: dict[str, str] = {}
    for name in ("serviceList.json", "serviceDetail.json"):
        for row in json.loads((GOV24 / name).read_text(encoding="utf-8"))["data"]:
            said = " ".join(str(value) for value in row.values() if value)
            rows[row["서비스ID"]] = " ".join((rows.get(row["서비스ID"], "") + " " + said).split())
    untrue = []
    for programme in shipped().programmes:
        for found in CITED.finditer(programme.source.text.get("ko") if programme.source.text else ""):
            passages = found[2].split(" … ")
            untrue += [(programme.id, one) for one in passages if " ".join(one.split()) not in rows.get(found[1], "")]
    assert untrue == []
