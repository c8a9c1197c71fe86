"""What differs between two catalogues, in words: every part that changes who may have what, when and how."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composition import reading
from composition.settings import country_folder
from recommender.catalogue_change import catalogue_change
from recommender.rules.catalogue import Catalogue, catalogue
from recommender.rules.rule_text import RuleText
from recommender.rules.window_rule import WindowRule
from recommender.rules.worth import Value

DECLARATION, REGIONS, MESSAGES = reading.read_declaration(), reading.read_regions(), reading.read_messages()
UNKNOWN = (WindowRule("unknown"),)
AGE = {"fact": "age", "at_least": 65}
HOME = {"fact": "no_home", "is": True}


def written(name="kr.a", **fields):
    return {
        "id": name,
        "title": {"ko": "수당", "en": "Allowance"},
        "provider": {"id": "kr.p", "name": {"ko": "구청"}},
        "category": "livelihood",
        "form": "cash",
        "who": {"all": [AGE, HOME]},
        "value": {"amount": 100000, "currency": "KRW", "period": "month"},
        "window": {"kind": "dated", "from": "2026-03-01", "until": "2026-03-31"},
        "documents": ["신청서", "통장사본"],
        "source": {"text": "나", "checked": "2026-06-01"},
        "verified": True,
    } | fields


def side(documents):
    read = catalogue([(f"{one['id']}[{place}]", one) for place, one in enumerate(documents)], DECLARATION, REGIONS)
    return read, RuleText(DECLARATION, REGIONS, {one.id: one.title for one in read.programmes}, MESSAGES)


def changed(old, new):
    return catalogue_change(side(old), side(new), MESSAGES, DECLARATION.country.currency)


def said(**fields):
    """What changed when fields of one programme did: (part, kind, old, new) in English."""
    (one,) = changed([written()], [written(**fields)]).changed
    english = [[text and text.in_language("en") for text in (each.old, each.new)] for each in one.changes]
    return [(each.part, each.kind, *words) for each, words in zip(one.changes, english, strict=True)]


def test_a_catalogue_compared_with_itself_changes_nothing():
    found = changed([written(), written("kr.b")], [written("kr.b"), written()])
    assert (found.added, found.ended, found.changed, found.same) == ((), (), (), 2)


def test_programmes_added_and_ended_are_named_with_how():
    ended = written("kr.c", ended=True, valid={"until": "2026-12-31"})
    found = changed([written("kr.a"), written("kr.c")], [written("kr.b"), ended])
    assert [one.id for one in found.added] == ["kr.b"]
    assert [(one.id, how) for one, how in found.ended] == [("kr.a", "missing"), ("kr.c", "ended")]
    assert [one.id for one in found.changed] == ["kr.c"]


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"who": {"all": [AGE | {"at_least": 67}, HOME]}}, [("who", "citizen", "age at least 65", "age at least 67")]),
        ({"who": {"all": [AGE]}}, [("who", "citizen", "is in a household that owns no home", None)]),
        ({"who": {"all": [HOME, AGE, {"fact": "worker", "is": False}]}}, [("who", "citizen", None, "is not employed")]),
        (
            {"who": {"all": [{"advisory": AGE}, HOME]}},
            [("who", "citizen", "age at least 65", "age at least 65 (excludes nobody)")],
        ),
        (
            {"value": {"amount": 150000, "currency": "KRW", "period": "month"}},
            [("amount", None, "100,000 won a month", "150,000 won a month")],
        ),
        (
            {"value": {"currency": "KRW", "parts": [{"at_most": 150000, "period": "year", "for": "P6M"}]}},
            [("amount", None, "100,000 won a month", 'up to 150,000 won a year; for "P6M"')],
        ),
        (
            {"value": {"amount": 5, "currency": "KRW", "age": {"of": "child", "below": "P13Y",
                       "born": {"at_least": "2017-01-01"}}}},
            [("amount", None, "100,000 won a month",
              "5 won, once; aged below 13 years, born on or after 1 January 2017")],
        ),
        ({"value": {"currency": "KRW"}}, [("amount", None, "100,000 won a month", "The amount is not stated.")]),
        (
            {"form": "loan"},
            [
                ("amount", None, "100,000 won a month", "100,000 won a month; gives loan"),
                ("form", None, '["cash"]', '["loan"]'),
            ],
        ),
        (
            {"window": {"after": "life.child_born", "within": "P1Y6M", "text": "출생일로부터"}},
            [("window", None, "1 March 2026 to 31 March 2026", "18 months after life.child_born; “출생일로부터”")],
        ),
        (
            {"window": [{"kind": "dated", "until": "2026-03-31"}, {"kind": "open_ended"}]},
            [("window", None, "1 March 2026 to 31 March 2026", "until 31 March 2026 and at any time")],
        ),
        (
            {"window": {"kind": "relative", "while": "pregnant", "after": "life.child_born", "opens_after": "P1M"}},
            [("window", None, "1 March 2026 to 31 March 2026",
              'for a time after an event; opens 1 month after; while "pregnant" holds')],
        ),
        (
            {"window": {"months": [3, 9]}},
            [("window", None, "1 March 2026 to 31 March 2026", "at certain times of the year; months [3,9]")],
        ),
        ({"documents": ["신청서", "신분증"]}, [("documents", None, "통장사본", "신분증")]),
        ({"valid": {"until": "2026-12-31"}}, [("valid", None, None, '{"until":"2026-12-31"}')]),
        ({"excludes": ["gov24.1"]}, [("excludes", None, None, '["gov24.1"]')]),
        ({"title": {"ko": "연금", "en": "Pension"}}, [("title", None, "Allowance", "Pension")]),
    ],
)  # fmt: skip
def test_every_part_is_told_before_and_after(fields, changes):
    assert said(**fields) == changes


@pytest.mark.parametrize(
    "fields",
    [
        {"source": {"text": "다", "checked": "2026-07-01"}},
        {"views": 3},
        {"who": {"all": [HOME, AGE]}},
        {"who": {"all": [AGE | {"axis": "age", "source": {"field": "지원대상", "from": 3, "to": 5}}, HOME]}},
    ],
)
def test_what_changes_nothing_for_anybody_is_no_change(fields):
    assert changed([written()], [written(**fields)]).changed == ()


def test_words_that_only_moved_in_their_field_are_no_change_and_other_words_are():
    def unread(start, words):
        return written(
            who={"unread_text": {"field": "지원대상", "from": start, "to": start + len(words), "words": words}}
        )

    assert changed([unread(0, "무주택자")], [unread(9, "무주택자")]).changed == ()
    (one,) = changed([unread(0, "무주택자")], [unread(0, "유주택자")]).changed
    assert [change.part for change in one.changes] == ["who"]
    assert one.changes[0].old is not None
    assert one.changes[0].new is not None


def test_the_facts_and_the_applicants_of_a_changed_programme_are_named():
    new = written(
        who={"citizen": {"all": [AGE | {"at_least": 67}, HOME]}, "small_business": {"fact": "founding", "is": True}}
    )
    (one,) = changed([written()], [new]).changed
    assert one.facts == ("age", "founding", "no_home")
    assert one.touched == ("age", "founding")
    assert one.kinds == ("citizen", "small_business")
    assert one.to_document()["applicants"] == ["citizen", "small_business"]


def test_a_period_that_runs_from_a_day_and_a_count_of_members_have_words():
    (changes,) = [said(who={"all": [{"fact": "children", "within": "P1Y30D"}, AGE, HOME]})]
    assert changes == [("who", "citizen", None, "children within the last 12 months and 30 days")]
    count = {"members": {"relation": "child", "age": {"below": 8}}, "at_least": 2}
    (one,) = changed([written()], [written(who={"all": [AGE, HOME, count]})]).changed
    assert one.touched == ("household",)


@pytest.mark.parametrize("country", ["kr", "fr"])
def test_everything_in_the_shipped_catalogues_has_words(country):
    folder = country_folder(country)
    declaration, regions = reading.read_declaration(country=folder), reading.read_regions(country=folder)
    messages = reading.read_messages(country=folder)
    shipped = reading.read_catalogue(None, declaration, regions, country=folder)
    rules = RuleText(declaration, regions, {one.id: one.title for one in shipped.programmes}, messages)
    bare = Catalogue(
        tuple(replace(one, who={}, value=Value(), windows=UNKNOWN, documents=()) for one in shipped.programmes)
    )
    told = catalogue_change((shipped, rules), (bare, rules), messages, declaration.country.currency)
    assert len(told.changed) == len(shipped)
    for change in (
        change for one in told.changed for change in one.changes if change.part in ("who", "amount", "window")
    ):
        assert change.old is not None
        assert all(change.old.in_language(language).strip() for language in declaration.country.languages)


def test_a_clause_that_asks_one_fact_more_is_one_change():
    student = {"fact": "university_student", "is": True}
    old = written(who={"any": [AGE, HOME]})
    (one,) = changed([old], [written(who={"any": [AGE, HOME, student]})]).changed
    assert [(change.old is None, change.new is None) for change in one.changes] == [(False, False)]
