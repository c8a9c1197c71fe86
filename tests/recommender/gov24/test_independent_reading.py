"""The axis rules read a second time, straight from the table of the design onto raw rows, against the real verdicts.

Nothing here goes through a clause: a row, a person and plain Python. Codes are written out once more on purpose.
"""

import datetime

import numpy as np
import pytest

from composition import reading
from composition.settings import SHIPPED
from features.calendar import day_of
from features.snapshot import from_facts
from recommender.gov24 import agency, residence
from recommender.gov24.importer import ImportTables, import_services
from recommender.rules.catalogue import catalogue
from recommender.rules.compiled import compile_catalogue
from recommender.rules.rule_oracle import Oracle

NO, UNKNOWN, YES = 0, 1, 2
AS_OF = datetime.date(2026, 7, 31)
DAY = day_of(AS_OF)
PEOPLE = 60

PERSON = {
    "JA0301": "expecting", "JA0302": "pregnant", "JA0303": "gave_birth_or_adopted", "JA0313": "farmer",
    "JA0314": "fisher", "JA0315": "livestock_farmer", "JA0316": "forester", "JA0317": "elementary_student",
    "JA0318": "middle_student", "JA0319": "high_student", "JA0320": "university_student", "JA0326": "worker",
    "JA0327": "job_seeker", "JA0328": "disabled", "JA0329": "veteran", "JA0330": "ill",
}  # fmt: skip
HOUSEHOLD = {
    "JA0401": "multicultural_family", "JA0402": "north_korean_defector", "JA0403": "single_parent_or_grandparent",
    "JA0404": "single_person_household", "JA0411": "many_children", "JA0412": "no_home", "JA0413": "newly_moved_in",
    "JA0414": "extended_family",
}  # fmt: skip
STAGE = {"JA1101": "founding", "JA1102": "in_business", "JA1103": "struggling_business"}
TRADE = {"JA1201": "restaurant", "JA1202": "manufacturer", "JA1299": "other_trade"}
TYPE = {"JA2101": "sme", "JA2102": "welfare_facility", "JA2103": "institution"}
FIELD = {"JA2201": "org_manufacturing", "JA2202": "org_primary", "JA2203": "org_ict", "JA2299": "org_other"}
KINDS = {"개인": "citizen", "가구": "citizen", "소상공인": "small_business", "법인/시설/단체": "organisation"}
BIT = {"citizen": 1, "small_business": 2, "organisation": 4}


def flags(row, codes):
    return [code for code in codes if row[code] == "Y"]


def sex(row, person):
    on = flags(row, ["JA0101", "JA0102"])
    if len(on) != 1:
        return UNKNOWN if not on else YES
    if "sex" not in person:
        return UNKNOWN
    return YES if person["sex"] == {"JA0101": "male", "JA0102": "female"}[on[0]] else NO


def years(born):
    had_birthday = (AS_OF.month, AS_OF.day) >= (born.month, born.day)
    return AS_OF.year - born.year - (not had_birthday)


def age(row, person):
    low, high = row["JA0110"], row["JA0111"]
    if low is None and high is None:
        return UNKNOWN
    low = 0 if low is None else low
    high = 10_000 if high is None or high >= 120 else high
    if low == 0 and high == 10_000:
        return YES
    own = None
    if "birth_date" in person:
        own = low <= years(datetime.date.fromisoformat(person["birth_date"])) <= high
    if high > 18:
        return UNKNOWN if own is None else YES if own else NO
    childs = None
    if "children" in person:
        childs = any(low <= years(datetime.date.fromisoformat(born)) <= high for born in person["children"])
    if own or childs:
        return YES
    return NO if own is False and childs is False else UNKNOWN


def income(row, person):
    brackets = {
        "JA0201": (0, 50),
        "JA0202": (51, 75),
        "JA0203": (76, 100),
        "JA0204": (101, 200),
        "JA0205": (201, 10**9),
    }
    on = flags(row, brackets)
    if len(on) == 5:
        return YES
    if not on or "income_percent" not in person:
        return UNKNOWN
    return YES if any(brackets[c][0] <= person["income_percent"] <= brackets[c][1] for c in on) else UNKNOWN


def traits(row, person, facts, none=None, opened=False):
    on = flags(row, facts)
    if (none and row[none] == "Y") or len(on) == len(facts):
        return YES
    if not on:
        return YES if opened else UNKNOWN
    stated = [person.get(facts[code]) for code in on]
    if True in stated:
        return YES
    return UNKNOWN if None in stated else NO


def citizen(row, person):
    """Only the household axis was right often enough to exclude; the others leave open what they deny."""
    doubted = (sex(row, person), age(row, person), income(row, person), traits(row, person, PERSON, "JA0322"))
    home = traits(row, person, HOUSEHOLD, "JA0410")
    if row["JA0413"] == "Y":  # who moved in: nothing says how long ago
        home = max(home, UNKNOWN)
    return min(UNKNOWN, *(max(one, UNKNOWN) for one in doubted), home)


def small_business(row, person):
    asked = min(traits(row, person, STAGE), traits(row, person, TRADE, opened=bool(flags(row, STAGE))))
    return min(UNKNOWN, max(asked, UNKNOWN))


def organisation(row, person):
    asked = min(traits(row, person, TYPE), traits(row, person, FIELD, opened=bool(flags(row, TYPE))))
    return min(UNKNOWN, max(asked, UNKNOWN))


def inside(person, listed, regions_of):
    """Containment by the codes' own digits; a district of a city shares the city's first four."""
    if listed["소관기관유형"] in ("중앙행정기관", "공공기관"):
        return YES
    asked = residence.asked(listed, OWN_NAMES[listed["소관기관코드"]])
    if asked == residence.NOT_ASKED:
        return YES
    within = contained(person, listed, regions_of)
    return max(within, UNKNOWN) if asked == residence.DOUBTFUL else within


OWN_NAMES: dict[str, list[str]] = {}
"""By an agency's code, what its region is called."""


def contained(person, listed, regions_of):
    wanted, theirs = regions_of[listed["소관기관코드"]], person.get("region")
    if theirs is None:
        return UNKNOWN
    city = wanted[:4] if len(wanted) == 5 and wanted[4] == "0" and wanted not in DISTRICTLESS else wanted
    if theirs.startswith((wanted, city)):
        return YES
    return UNKNOWN if wanted.startswith(theirs) and theirs != wanted else NO


DISTRICTLESS: set[str] = set()
"""Five digits that end in 0 although another municipality shares the first four: 43740 영동군 and 43745 증평군."""


def judged(listed, row, person, applicant, regions_of):
    kinds = {KINDS[word] for word in listed["사용자구분"].split("||")}
    rules = {"citizen": citizen, "small_business": small_business, "organisation": organisation}
    place = inside(person, listed, regions_of)
    return max((min(place, rules[kind](row, person)) for kind in kinds if BIT[kind] & applicant), default=NO)


def someone(rng, codes):
    """Anybody who can be: each fact known or not, true or not."""
    facts = {
        name: bool(rng.random() < 0.25)
        for group in (PERSON, HOUSEHOLD, STAGE, TRADE, TYPE, FIELD)
        for name in group.values()
    }
    facts |= {
        "sex": str(rng.choice(["male", "female"])),
        "birth_date": str(AS_OF - datetime.timedelta(days=int(rng.integers(0, 365 * 100)))),
        "income_percent": int(rng.choice([0, 50, 51, 75, 76, 100, 101, 200, 201, 900])),
        "children": [
            str(AS_OF - datetime.timedelta(days=int(rng.integers(0, 365 * 30)))) for _ in range(int(rng.integers(0, 4)))
        ],
        "region": str(rng.choice(codes)),
    }
    facts["pregnant"] &= facts["sex"] == "female"
    facts["extended_family"] &= not facts["single_person_household"]
    grown = datetime.date.fromisoformat(facts["birth_date"]) + datetime.timedelta(days=365 * 13)
    facts["children"] = [born for born in facts["children"] if born > str(grown)]
    known = rng.random()
    return {name: value for name, value in facts.items() if rng.random() < known}


@pytest.fixture(scope="module")
def world(sample):
    declaration, regions = reading.read_declaration(), reading.read_regions()
    imported = import_services(silent(sample[0]), *sample[1:], ImportTables(regions, declaration.events))
    read = catalogue([(document["id"], document) for document in imported.programmes], declaration, regions)
    table = reading.read_yaml(SHIPPED.regions)
    current = [str(row["code"]) for row in table["regions"] if "until" not in row and row.get("from", DAY_ONE) <= AS_OF]
    parents = {str(row["within"]) for row in table["regions"] if "within" in row}
    DISTRICTLESS.update(code for code in current if len(code) == 5 and code not in parents)
    regions_of = {row["code"]: str(row["region"]) for row in table["agencies"]}
    places = {row["서비스ID"]: agency.place(row, regions, DAY) for row in silent(sample[0])}
    for row in silent(sample[0]):
        codes = places[row["서비스ID"]].codes
        OWN_NAMES[row["소관기관코드"]] = [stem for code in codes for stem in agency.names_of(code, regions)]
    return declaration, regions, read, current, regions_of


def silent(rows):
    """The rows without their words, so that the flags alone decide."""
    return [row | {"지원대상": None, "선정기준": None} for row in rows]


DAY_ONE = datetime.date(1, 1, 1)


@pytest.mark.slow
def test_verdicts_on_the_real_sample_agree_with_an_independent_reading_of_the_rules(sample, world):
    declaration, regions, read, codes, regions_of = world
    listed = {row["서비스ID"]: row for row in silent(sample[0])}
    rows = {row["서비스ID"]: row for row in sample[2]}
    services = [programme.id.removeprefix("gov24.") for programme in read.programmes]
    rng = np.random.default_rng(20260731)
    people = [someone(rng, codes) for _ in range(PEOPLE)]
    applicants = rng.integers(1, 8, PEOPLE)
    end_of_day = declaration.zone.end_of_day(AS_OF)
    snapshots = [from_facts(declaration, person, end_of_day) for person in people]
    compiled = compile_catalogue(read, snapshots[0].columns, declaration, regions, DAY)
    answers = compiled.answers(np.concatenate([snapshot.values for snapshot in snapshots]), applicants)
    expected = np.array(
        [
            [judged(listed[s], rows[s], person, int(applicant), regions_of) for s in services]
            for person, applicant in zip(people, applicants, strict=True)
        ],
        dtype=np.int8,
    )
    wrong = [
        (services[j], people[i], int(expected[i, j]), int(answers[i, j])) for i, j in np.argwhere(expected != answers)
    ]
    assert wrong[:3] == []
    assert set(np.unique(expected)) == {NO, UNKNOWN}  # flags never grant
    oracle = Oracle(declaration, regions, DAY)
    for i in range(0, PEOPLE, 10):
        for j in range(0, len(services), 7):
            answer = oracle.programme(read.programmes[j], snapshots[i].value, int(applicants[i]))
            assert answer == expected[i, j]
