"""Reading: services imported and judged for four people, beside what two readers of the same texts say.

The labels (ids and values, no text) stand in tests/recommender/reading/labels, one file a split. The reader was tuned
on `open`, then on `second`, then on `fourth`; all but `open` were unseen at their first run, `fifth` at all times. A
label may leave out fields of the text: they are not scored. A file `sealed.jsonl` is scored apart.
The people are fully described: of the facts declared every boolean is false unless they say otherwise. A second pass
states only the facts that were declared before texts were read. The rate is services imported and judged a second of
CPU.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from composition import reading
from composition.target_groups import read_vocabulary
from features.calendar import day_of
from features.declaration.declaration import Declaration
from features.snapshot import from_facts
from features.value import UNKNOWN
from recommender.gov24.importer import ImportTables, import_services
from recommender.reading.other_help import OTHER_HELP
from recommender.rules.clause import clause_document
from recommender.rules.programme import Programme
from recommender.rules.programme_reader import parse_programme
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle

LABELS = Path(__file__).resolve().parents[1] / "tests" / "recommender" / "reading" / "labels"
FILES = ("serviceList.json", "serviceDetail.json", "supportConditions.json")
AS_OF = date(2026, 11, 28)
ANSWERS = ("no", "depends", "yes")
CITIZEN = 1
LIVED_SINCE = "2016-11-01"
ADDED = "resident_since"
"""From this fact on facts.yaml holds what was declared for texts."""


class LabelledPerson(NamedTuple):
    """Somebody fully described: what is true of them, what nobody said, and their other facts."""

    true: tuple[str, ...]
    unsaid: tuple[str, ...]
    facts: Mapping[str, object]


PEOPLE = {
    "P": LabelledPerson(
        ("worker", "employment_insured", "renter", "no_home", "citizen_of_korea"), ("single_person_household",),
        {"birth_date": "1990-03-01", "sex": "male", "children": [], "income_percent": 120, "household_size": 1},
    ),
    "G": LabelledPerson(
        ("widowed", "single_person_household", "home_owner", "basic_pension_recipient", "citizen_of_korea"), (),
        {
            "birth_date": "1951-05-01", "sex": "female", "children": ["1975-04-01", "1978-09-01"],
            "income_percent": 60, "household_size": 1,
        },
    ),
    "M": LabelledPerson(
        (
            "married", "on_parental_leave", "employment_insured", "renter", "no_home", "gave_birth_or_adopted",
            "citizen_of_korea",
        ),
        ("worker", "dual_income"),
        {
            "birth_date": "1994-06-01", "sex": "female", "children": ["2026-09-20"], "income_percent": 100,
            "household_size": 3,
        },
    ),
    "J": LabelledPerson(
        ("job_seeker", "renter", "no_home", "single_person_household", "citizen_of_korea"), (),
        {"birth_date": "2002-02-01", "sex": "female", "children": [], "income_percent": 55, "household_size": 1},
    ),
}  # fmt: skip


class LabelledWorld(NamedTuple):
    """What the labelled services are judged with."""

    declaration: Declaration
    regions: Regions
    programmes: Mapping[str, Programme]
    oracle: Oracle


def measure(progress: Callable[[str], None], data: str | None = None) -> Mapping[str, object]:
    """Import the labelled services and compare with the labels; `data` is the folder with the API's three files."""
    labels = {file.stem: labels_of(file) for file in sorted(LABELS.glob("*.jsonl"))}
    rows = rows_of(folder(data), {label["id"] for split in labels.values() for label in split})
    progress(f"{len(rows[0])} labelled services, {len(PEOPLE)} people")
    started = time.process_time()
    world = _world(rows)
    scores = {split: _scores(world, labelled) for split, labelled in labels.items()}
    rate = len(rows[0]) / (time.process_time() - started)
    again = _world(rows)
    return {
        "name": "reading",
        "work": f"{len(rows[0])} services read and judged for {len(PEOPLE)} people, twice",
        "unit": "services/s of CPU",
        "ours": rate,
        "peers": {},
        "ratio": {},
        "equal_results": again.programmes == world.programmes,
        "splits": scores,
    }


def folder(data: str | None) -> Path:
    """Where the API's files are: as given, as `PROFFER_SHARED_DATA` says, or beside the checkout."""
    if data is not None:
        return Path(data)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("PROFFER_SHARED_DATA", beside)) / "gov24"


def labels_of(file: Path) -> list[dict[str, Any]]:
    """The labels of one split."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def rows_of(place: Path, wanted: set[str]) -> list[list[dict[str, Any]]]:
    """The rows of the labelled services in the three files."""
    read = (reading.read_json(place / name) for name in FILES)
    tables: Iterator[Any] = (found["data"] if isinstance(found, dict) else found for found in read)
    return [[row for row in table if row["서비스ID"] in wanted] for table in tables]


def _world(rows: Sequence[Sequence[object]]) -> LabelledWorld:
    declaration, regions = reading.read_declaration(), reading.read_regions()
    tables = ImportTables(regions, declaration.events, read_vocabulary(declaration))
    imported = import_services(rows[0], rows[1], rows[2], tables)
    programmes = {
        document["id"].removeprefix("gov24."): parse_programme(document, (document["id"],), declaration, regions)
        for document in imported.programmes
    }
    return LabelledWorld(declaration, regions, programmes, Oracle(declaration, regions, day_of(AS_OF)))


def _scores(world: LabelledWorld, labels: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The figures of one split: verdicts of people described in full and by the older facts, and fields of the text."""
    return {
        "services": len(labels),
        "all_facts": _verdicts(world, labels, False),
        "older_facts": _verdicts(world, labels, True),
        "fields": {name: found for name in _FIELDS if (found := _found(world, labels, name))["services"]},
        "read_whole": sum(world.programmes[label["id"]].verified for label in labels),
    }


def _verdicts(world: LabelledWorld, labels: Sequence[Mapping[str, Any]], older: bool) -> Mapping[str, object]:
    pairs: Counter[tuple[str, str, str]] = Counter()
    for label in labels:
        programme = world.programmes[label["id"]]
        region = _region_of(programme)
        for name in PEOPLE:
            value = _person(world.declaration, name, older, region)
            answer = ANSWERS[int(world.oracle.programme(programme, value, CITIZEN))]
            pairs[name, answer, label[name]] += 1
    return {"all": _figures(pairs)} | {
        name: _figures(Counter({key: count for key, count in pairs.items() if key[0] == name})) for name in PEOPLE
    }


def _figures(pairs: Counter[tuple[str, str, str]]) -> dict[str, object]:
    """Precision and recall of yes and no; `settled` is what of the answers that labels settle is settled rightly."""
    counts = Counter[tuple[str, str]]()
    for (_, answer, truth), count in pairs.items():
        counts[answer, truth] += count
    figures: dict[str, object] = {}
    for answer in ("yes", "no"):
        right = counts[answer, answer]
        given = sum(counts[answer, truth] for truth in ANSWERS)
        true = sum(counts[said, answer] for said in ANSWERS)
        figures[answer] = {"right": right, "given": given, "true": true}
    settled = sum(counts[said, truth] for said in ANSWERS for truth in ("yes", "no"))
    rightly = counts["yes", "yes"] + counts["no", "no"]
    return figures | {"no_hides_yes": counts["no", "yes"], "settled": rightly / settled if settled else 1.0}


def demands_of(programme: Programme) -> list[Mapping[str, Any]]:
    """What a programme demands of each kind of applicant."""
    return [clause_document(clause) for clause in programme.who.values()]


def _region_of(programme: Programme) -> str | None:
    """The region a programme asks for or, where that is doubtful, speaks of: the people live where it is."""
    for clause in demands_of(programme):
        parts = clause.get("all", [clause])
        doubted = [part["advisory"] for part in parts if part.get("axis") == "region" and "advisory" in part]
        for compare, _ in _compares({"all": [*parts, *doubted]}, ""):
            if compare["fact"] == "region":
                return str(compare["is"] if "is" in compare else compare["in"][0])
    return None


def _person(declaration: Declaration, name: str, older: bool, region: str | None) -> Callable[[str], int]:
    person = PEOPLE[name]
    facts: dict[str, object] = {
        fact: fact in person.true
        for fact, declared in declaration.facts.items()
        if declared.type == "boolean" and declared.derived is None and fact not in person.unsaid
    }
    facts |= {**person.facts, "resident_since": LIVED_SINCE}
    if older:
        names = list(declaration.facts)
        late = set(names[names.index(ADDED) :])
        facts = {fact: value for fact, value in facts.items() if fact not in late}
    if region is not None:
        facts["region"] = region
    snapshot = from_facts(declaration, facts, declaration.zone.end_of_day(AS_OF))
    values = dict(zip(snapshot.columns, map(int, snapshot.values[0]), strict=True))
    return lambda column: values.get(column, UNKNOWN)


# --- fields of the text --------------------------------------------------------------------------------------------

_STATUSES = {
    "basic_livelihood_recipient": "basic_livelihood", "medical_benefit": "basic_livelihood",
    "near_poverty": "near_poverty", "single_parent_or_grandparent": "single_parent",
    "disabled": "disabled", "disabled_in_household": "disabled",
    "veteran": "veteran", "merit_family": "veteran", "multicultural_family": "multicultural",
    "north_korean_defector": "defector", "many_children": "many_children", "pregnant": "pregnant",
    "gave_birth_or_adopted": "gave_birth", "farmer": "farmer", "livestock_farmer": "livestock", "fisher": "fisher",
    "forester": "forester", "worker": "worker", "job_seeker": "job_seeker", "elementary_student": "student",
    "middle_student": "student", "high_student": "student", "university_student": "student", "ill": "ill",
    "bereaved_lately": "bereaved", "heir_of_deceased": "bereaved", "violence_victim": "victim",
    "crime_victim": "victim", "disaster_victim": "victim", "state_violence_victim": "victim", "in_care": "in_care",
    "left_care": "in_care", "artist": "artist", "in_business": "business", "institution": "organisation",
    "sme": "business", "org_primary": "organisation",
}  # fmt: skip


def _compares(clause: Mapping[str, Any], said: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every comparison of a clause with the words it was read from."""
    source = clause.get("source")
    words = source["text"].get("ko", "") if isinstance(source, dict) and "text" in source else said
    if "fact" in clause:
        yield clause, words
    for key in ("all", "any"):
        for part in clause.get(key, ()):
            yield from _compares(part, words)
    if "advisory" in clause and "axis" not in clause:
        yield from _compares(clause["advisory"], words)


def cited_in(programme: Programme) -> list[tuple[Mapping[str, Any], str]]:
    """Every comparison read from words, with the words."""
    return [(compare, words) for clause in demands_of(programme) for compare, words in _compares(clause, "") if words]


def ages_in(programme: Programme) -> set[object]:
    """The spans of ages that a programme's words state."""
    facts = [one for one, words in cited_in(programme) if one["fact"] == "age" and ("세" in words or "살" in words)]
    return {(one.get("at_least"), one.get("at_most")) for one in facts}


def incomes_in(programme: Programme) -> set[object]:
    """The one income limit that its words state, in percent of the median."""
    limits = ("at_most", "below")
    found = {
        one[op]
        for one, words in cited_in(programme)
        for op in limits
        if "income_percent" in one["fact"] and op in one and "중위" in words
    }
    return found if len(found) == 1 else set()


def lengths_in(programme: Programme) -> set[object]:
    """The months of residence that its words ask."""
    return {
        one["at_least"] for one, _ in cited_in(programme) if one["fact"] == "residence_months" and "at_least" in one
    }


def statuses_in(programme: Programme) -> set[object]:
    """The groups its words are for, as the labels name them."""
    held = [one for one, _ in cited_in(programme) if one.get("is") is True]
    found: set[object] = {_STATUSES[one["fact"]] for one in held if one["fact"] in _STATUSES}
    foreign = any(one["fact"] == "citizen_of_korea" and one.get("is") is False for one, _ in cited_in(programme))
    return found | {"foreigner"} if foreign else found


def amounts_in(programme: Programme, *beside: str) -> set[object]:
    """The sums it pays, in won: each bound of a range is one; `beside` names what else of a payment counts.

    "kind" is how it is stated (exact, at_most, from), "period" how often it is paid, "per" for each of what.
    """
    value = programme.to_document()["value"]
    parts = value.get("parts", [value]) if isinstance(value, Mapping) else []
    found: set[object] = set()
    for part in parts:
        own = {"per": "person"} | part
        for key, kind in _STATED.items():
            if part.get(key):
                said = {"kind": kind, "period": own.get("period"), "per": own["per"]}
                found.add((part[key], *(said[name] for name in beside)))
    return found


def _labelled_amounts(label: Mapping[str, Any], *beside: str) -> set[object]:
    """The sums that a label says, as `amounts_in` gives them."""
    names = {"kind": "kind", "period": "per", "per": "of"}
    return {(one["won"], *(one[names[name]] or "unknown" for name in beside)) for one in label["amounts"]}


_STATED: Mapping[str, str] = {"amount": "exact", "at_most": "at_most", "from": "from"}


def deadline_in(programme: Programme) -> set[object]:
    """The kind of its first window."""
    window = programme.to_document()["window"]
    first = window[0] if isinstance(window, list) else window
    return {first["kind"]} if isinstance(first, Mapping) else set()


def other_help_in(programme: Programme) -> set[object]:
    """Whether it says that it is not given together with other help."""
    return {True} if OTHER_HELP in json.dumps(demands_of(programme), ensure_ascii=False) else set()


_FIELDS: dict[str, tuple[str, Callable[[Programme], set[object]], Callable[[Mapping[str, Any]], set[object]]]] = {
    "ages": ("ages", ages_in, lambda label: {(age["low"], age["high"]) for age in label["ages"]}),
    "income": ("income_percent", incomes_in, lambda label: {label["income_percent"]} - {None}),
    "residence": ("residence", lengths_in, lambda label: {label["residence"]} - {"none", "lives"}),
    "statuses": ("statuses", statuses_in, lambda label: set(label["statuses"])),
    "exclusion": ("other_help_excluded", other_help_in, lambda label: {label["other_help_excluded"]} - {False}),
    "amounts": ("amounts", amounts_in, _labelled_amounts),
    "amounts_kind": ("amounts", lambda one: amounts_in(one, "kind"), lambda label: _labelled_amounts(label, "kind")),
    "amounts_period": ("amounts", lambda one: amounts_in(one, "period"), lambda one: _labelled_amounts(one, "period")),
    "amounts_per": ("amounts", lambda one: amounts_in(one, "per"), lambda label: _labelled_amounts(label, "per")),
    "deadline": ("deadline", deadline_in, lambda label: {label["deadline"]["kind"]} - {"unknown"}),
}
"""By the name of the field: where a label says it, what is found in a programme, and what the label says."""


def _found(world: LabelledWorld, labels: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    key, read, said = _FIELDS[name]
    stating = [label for label in labels if key in label]
    right = given = true = 0
    for label in stating:
        found, wanted = read(world.programmes[label["id"]]), said(label)
        found -= {"unknown"}
        right, given, true = right + len(found & wanted), given + len(found), true + len(wanted)
    return {"services": len(stating), "right": right, "given": given, "true": true}
