from __future__ import annotations

import copy
import json

import jsonschema
import pytest
import yaml

from features.problem import Rejected
from recommender.rules.catalogue import Catalogue
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json
from recommender.rules.clause import Compare
from recommender.rules.programme import (
    BENEFICIARIES,
    CATEGORIES,
    DELIVERIES,
    FORMS,
    KINDS,
    Validity,
    kinds_mask,
)
from recommender.rules.programme_reader import parse_programme
from recommender.rules.window_rule import WINDOWS, WindowRule
from recommender.rules.worth import Value
from recommender.text import Text
from tests.recommender.catalogues import DECLARATION, REGIONS, ROOT
from tests.recommender.catalogues import document as small

EXAMPLE = yaml.load(
    """
id: kr.first-meeting-voucher
title: {ko: 첫만남이용권, en: First-encounter voucher}
provider: {id: kr.mohw, name: {ko: 보건복지부, en: Ministry of Health and Welfare}, level: national}
category: pregnancy-birth
form: voucher
who:
  all:
    - {fact: youngest_child_months, below: 24}
value: {amount: 2000000, currency: KRW, period: once}
window: {after: life.child_born, within: P2Y}
delivery: offer
documents: [birth-certificate]
excludes: []
grants: [receives.first-meeting-voucher]
effort_minutes: 15
valid: {from: 2024-01-01}
source: {url: "https://www.law.go.kr", checked: 2026-11-01, text: 저출산고령사회기본법 제10조}
verified: true
""",
    yaml.CSafeLoader,
)
FULL = EXAMPLE | {
    "summary": "영아 양육 지원",
    "form": ["cash", "voucher"],
    "who": {"citizen": {"any": [{"fact": "age", "below": 3}, {"no_data": "x"}]}, "organisation": {"all": []}},
    "window": {"kind": "dated", "from": "2026-01-01", "until": "2026-12-31", "text": "연중"},
    "documents": ["통장", {"ko": "신분증", "en": "identity card"}],
    "views": 12,
    "how": {"en": "online"},
    "contact": "129",
    "triggers": ["life.child_born"],
    "beneficiary": "child",
    "valid": {"until": "2027-01-01"},
    "value": {"amount": None, "text": {"ko": "실비"}},
    "delivery": "auto_grant",
}
SCHEMA = json.loads((ROOT / "recommender/programme.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def changed(path, value):
    """The example with one place changed; a value of ... takes the place away."""
    document = copy.deepcopy(FULL)
    *way, last = path.split(".")
    inner = document
    for key in way:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return document


def as_json(document):
    return json.loads(json.dumps(document, default=str))


def read(document):
    return parse_programme(document, ("x.yaml",), DECLARATION, REGIONS)


def test_the_example_of_the_design_is_read():
    programme = read(EXAMPLE)
    assert programme.title == Text(ko="첫만남이용권", en="First-encounter voucher")
    assert dict(programme.who)["citizen"].of == (Compare("youngest_child_months", "below", 24),)
    assert programme.windows == (WindowRule("relative", after=("life.child_born",), within="P2Y"),)
    assert programme.value == Value.of(2_000_000, "KRW", "once")
    assert programme.grants == ("receives.kr.first-meeting-voucher",)
    assert programme.documents == (Text(ko="birth-certificate"),)
    assert (programme.valid, programme.verified) == (Validity(first=19723), True)


@pytest.mark.parametrize("document", [EXAMPLE, FULL, changed("value", ...), changed("documents", [])])
def test_a_programme_written_and_read_again_is_the_same(document):
    programme = read(document)
    written = programme.to_document()
    assert read(written) == programme
    assert read(json.loads(json.dumps(written))) == programme
    VALIDATOR.validate(written)


def test_what_is_not_said_is_not_made_up():
    bare = read({key: EXAMPLE[key] for key in ("id", "title", "provider", "category", "form", "who", "source")})
    assert bare.verified is False
    assert (bare.value, bare.windows, bare.delivery) == (Value(currency="KRW"), (WindowRule("unknown"),), "offer")
    assert (bare.effort_minutes, bare.views, bare.valid) == (None, None, Validity())


def test_the_kinds_of_applicant_are_a_mask():
    assert read(FULL).kinds == kinds_mask(["organisation", "citizen"]) == 0b101


def test_rules_hold_from_the_first_day_to_the_last():
    valid = Validity(10, 20)
    assert [valid.holds(day) for day in (9, 10, 20, 21)] == [False, True, True, False]
    assert Validity().holds(0)


WRONG = [
    ("id", ..., "id: is missing"),
    ("id", "a b", "id: 'a b' is not a name"),
    ("title", {}, "title: {} is not words"),
    ("title", {"ko": ""}, "title: {'ko': ''} is not words"),
    ("provider", ..., "provider: is missing"),
    ("provider", "mohw", "provider: 'mohw' is not a mapping"),
    ("provider.name", ..., "provider.name: is missing"),
    ("provider.phone", "1", "provider.phone: unknown key"),
    ("category", "birth", "category: 'birth' is not known"),
    ("form", "gold", "form: ['gold'] is not known"),
    ("form", ["cash", "gold"], "form: ['gold'] is not known"),
    ("form", [], "form: [] is not known"),
    ("form", 3, "form: 3 is not known"),
    ("who", ..., "who: is missing"),
    ("who", [], "who: [] is not a clause"),
    ("who.robot", {"all": []}, "who.robot: is not a kind of applicant"),
    ("who.citizen", {"fact": "age"}, "who.citizen: compares nothing"),
    ("value", 3, "value: 3 is not a mapping"),
    ("value.amount", -1, "value.amount: -1 is below 0"),
    ("value.amount", True, "value.amount: True is not a whole number"),
    ("window.kind", "always", "window.kind: 'always' is not known"),
    ("window", {"kind": "relative"}, "window: a relative window needs"),
    ("window", {"after": "life.child_born"}, "window: a relative window needs"),
    ("window", {"kind": "dated"}, "window: a dated window needs"),
    ("window", {"after": "life.child_born", "within": "2Y"}, "window.within: '2Y' is not a duration"),
    ("window", {"kind": "relative", "after": [], "within": "P1Y"}, "window.after: [] is not an event type"),
    ("window", [], "window: [] is no window"),
    ("window", "soon", "window: 'soon' is no window"),
    ("window", {"months": [13]}, "window.months: [13] are not months"),
    ("window", {"days": {"from": 0}}, "window.days.from: 0 is below 1"),
    ("window", {"yearly": {"from": "05-01"}}, "window.yearly.until: is missing"),
    ("window", {"yearly": {"from": "1 May", "until": "05-31"}}, "window.yearly.from: '1 May' is not a day of a year"),
    ("window", {"kind": "open_ended", "count_from": "later"}, "window.count_from: 'later' is not known"),
    ("window", {"kind": "open_ended", "while_funds_last": 1}, "window.while_funds_last: 1 is neither true nor false"),
    ("ended", "yes", "ended: 'yes' is neither true nor false"),
    ("delivery", "letter", "delivery: 'letter' is not known"),
    ("documents", "none", "documents: 'none' is not a list"),
    ("documents", [""], "documents[0]: '' is not words"),
    ("excludes", ["a b"], "excludes[0]: 'a b' is not a name"),
    ("excludes", [3], "excludes[0]: 3 is not a name"),
    ("effort_minutes", -5, "effort_minutes: -5 is below 0"),
    ("valid", {"from": "tomorrow"}, "valid.from: 'tomorrow' is not a date"),
    ("valid", {"from": 3}, "valid.from: 3 is not a date"),
    ("source", ..., "source: is missing"),
    ("source.page", 3, "source.page: unknown key"),
    ("source.url", " ", "source.url: ' ' is not a text"),
    ("verified", "yes", "verified: 'yes' is neither true nor false"),
    ("triggers", 3, "triggers: 3 is not an event type"),
    ("beneficiary", "dog", "beneficiary: 'dog' is not known"),
    ("colour", "red", "colour: unknown key"),
]
ONLY_THE_LOADER_KNOWS = [
    ("value.amount", 1.5, "value.amount: 1.5 is not a whole number"),
    ("title", {"fr": "x"}, 'title: fr is no language of this country. Write a string or {ko: "...", en: "..."}'),
    ("window", {"after": "life.party", "within": "P1Y"}, "window.after: 'life.party' is not a declared event"),
    ("window", {"kind": "dated", "from": "2026-02-01", "until": "2026-01-01"}, "window.until: is before from"),
    ("window", {"while": "age"}, "window.while: 'age' is not a declared boolean fact"),
    ("window", {"days": {"from": 20, "until": 10}}, "window.days: from 20 until 10 are not days of a month"),
    ("window", {"months": [2], "days": {"from": 30}}, "window.days: never opens"),
    (
        "window",
        {"yearly": {"from": "02-30", "until": "03-31"}},
        "window.yearly.from: '02-30' is a day that no year has",
    ),
    ("window", {"kind": "dated", "from": "2026-02-01", "months": [3]}, "window.kind: is dated, yet names days"),
    ("window", {"kind": "open_ended", "retroactive": "P60D"}, "window.retroactive: counts from no event"),
    ("window", {"kind": "open_ended", "from": "end_of_month"}, "window.from: is end_of_month of no event"),
    ("window", [{"kind": "unknown"}, {"kind": "unknown"}], "window[1]: is the same window again"),
    ("valid", {"from": "2026-02-01", "until": "2026-01-01"}, "valid.until: is before from"),
    ("valid", {"from": "2026-02-30"}, "valid.from: '2026-02-30' is not a date"),
    ("grants", ["age"], "grants[0]: 'age' is neither receives.<programme> nor a declared boolean fact"),
    ("triggers", ["life.childborn"], "triggers: 'life.childborn' is not a declared event (did you mean"),
    ("who.citizen", {"fact": "wealth", "is": 3}, "who.citizen.fact: 'wealth' is not a declared fact"),
]


@pytest.mark.parametrize(("path", "value", "problem"), WRONG + ONLY_THE_LOADER_KNOWS)
def test_what_is_wrong_is_told_with_file_and_field(path, value, problem):
    with pytest.raises(Rejected) as rejected:
        read(changed(path, value))
    assert [str(one).startswith(f"x.yaml: {problem}") for one in rejected.value.problems] == [True]


@pytest.mark.parametrize(("path", "value", "_problem"), WRONG)
def test_the_published_schema_refuses_what_the_loader_refuses(path, value, _problem):
    assert not VALIDATOR.is_valid(as_json(changed(path, value)))


def test_the_published_schema_accepts_what_the_loader_accepts():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(as_json(EXAMPLE))
    VALIDATOR.validate(as_json(FULL))


WINDOWS_OF_ALL_KINDS = [
    {"kind": "open_ended", "after": ["life.child_born"], "retroactive": "P60D", "count_from": "same_day"},
    {"kind": "recurring", "months": [3, 9], "days": {"from": 1, "until": 10}, "while_funds_last": True},
    {"kind": "recurring", "from": "2026-01-01", "until": "2026-12-31", "yearly": {"from": "12-15", "until": "01-15"}},
    {"kind": "relative", "after": ["life.child_born", "life.child_adopted"], "opens_after": "P1M", "within": "P1Y"},
    {
        "kind": "relative",
        "from": "end_of_month",
        "after": ["life.relative_died"],
        "within": "P1Y",
        "text": {"ko": "말일"},
    },
    {"kind": "relative", "while": "pregnant"},
    {"kind": "relative", "occasion": "퇴소", "opens_before": "P30D", "within": "P30D"},
    {"kind": "open_ended", "from": "start_of_month", "opens_before": "P1M"},
]


def test_windows_of_every_kind_are_read_written_and_known_to_the_schema():
    document = changed("window", WINDOWS_OF_ALL_KINDS)
    VALIDATOR.validate(as_json(document))
    programme = read(document)
    assert programme.to_document()["window"] == WINDOWS_OF_ALL_KINDS
    held = Catalogue.of([programme])
    assert catalogue_from_json(catalogue_to_json(held)).programmes == held.programmes
    for window in WINDOWS_OF_ALL_KINDS:
        assert read(changed("window", window)).to_document()["window"] == window


def test_the_kind_of_a_window_follows_from_what_it_says():
    kinds = {"relative": {"while": "pregnant"}, "recurring": {"months": [3]}, "dated": {"until": "2026-05-01"}}
    for kind, window in kinds.items():
        assert read(changed("window", window)).windows[0].kind == kind


def test_the_published_schema_knows_the_same_words():
    properties, definitions = SCHEMA["properties"], SCHEMA["$defs"]
    assert tuple(properties["category"]["enum"]) == CATEGORIES
    assert tuple(definitions["form"]["enum"]) == FORMS
    assert tuple(definitions["window"]["properties"]["kind"]["enum"]) == (*WINDOWS, None)
    assert tuple(properties["delivery"]["enum"]) == (*DELIVERIES, None)
    assert tuple(properties["beneficiary"]["enum"]) == (*BENEFICIARIES, None)
    assert tuple(properties["who"]["then"]["properties"]) == KINDS


def test_what_is_no_mapping_is_no_programme():
    with pytest.raises(Rejected, match=r"x\.yaml: is not a programme"):
        read(["id"])


def test_many_problems_are_told_at_once():
    with pytest.raises(Rejected) as rejected:
        read(changed("category", "x") | {"form": "y", "views": -1, "grants": [3]})
    assert [one.where for one in rejected.value.problems] == [
        "x.yaml: category", "x.yaml: form", "x.yaml: grants[0]", "x.yaml: views",
    ]  # fmt: skip


def test_a_claim_is_not_paid_back_for_longer_than_it_may_be_made():
    written = {"after": "life.child_born", "within": "P60D", "retroactive": "P61D"}
    with pytest.raises(Rejected, match=r"retroactive: is longer than within, P60D"):
        parse_programme(small("t.a", {"all": []}, window=written), ("x.yaml",), DECLARATION, REGIONS)
    parse_programme(
        small("t.a", {"all": []}, window=written | {"within": "P2M", "retroactive": "P60D"}),
        ("x.yaml",),
        DECLARATION,
        REGIONS,
    )
