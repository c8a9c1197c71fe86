"""A country's file says what its values are written with; every problem of a bad one is found at once."""

from __future__ import annotations

import copy

import pytest

from features.calendar import Zone
from features.country import NO_COUNTRY, Country, Currency, parse_country
from features.declaration.declaration import declare
from features.problem import Rejected

FRANCE = {
    "languages": ["fr", "en"],
    "currency": {"code": "EUR", "decimals": 2},
    "zone": "Europe/Paris",
    "regions": {"code": "[0-9A-Z]+", "levels": {"commune": "commune", "epci": {"fr": "EPCI"}}},
}
EVENTS = {"epoch": "1900-01-01", "types": {"life.moved": {"title": "déménagement", "complete_from": "never"}}}
NOTHING = ({"facts": {}}, {"features": {}})


def changed(*path, value=None):
    document = copy.deepcopy(FRANCE)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_a_country_is_its_languages_its_money_its_zone_and_its_regions():
    assert parse_country(FRANCE) == Country(
        ("fr", "en"),
        Currency("EUR", 2),
        Zone("Europe/Paris"),
        {"commune": {"fr": "commune"}, "epci": {"fr": "EPCI"}},
        "[0-9A-Z]+",
        shown="fr",
    )
    assert parse_country(FRANCE | {"shown": "en"}).shown == "en"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (changed("languages"), "country.yaml: languages: is missing"),
        (changed("languages", value=[]), "country.yaml: languages: names no language"),
        (changed("languages", value=["French"]), "country.yaml: languages: ['French'] are not languages"),
        (changed("languages", value=["fr", "fr"]), "country.yaml: languages: ['fr', 'fr'] are not languages"),
        (changed("currency"), "country.yaml: currency: is missing"),
        (changed("currency", "decimals"), "country.yaml: currency.decimals: is missing"),
        (changed("currency", "code", value="euro"), "country.yaml: currency.code: 'euro' is not a currency"),
        (
            changed("currency", "code", value="EUX"),
            "country.yaml: currency.code: 'EUX' is not a currency (did you mean",
        ),
        (changed("currency", "decimals", value=9), "country.yaml: currency.decimals: 9 is above 4"),
        (changed("shown", value="ko"), "country.yaml: shown: 'ko' is not known. Use one of fr, en"),
        (changed("zone", value="Paris"), "zone: 'Paris' is not a time zone"),
        (changed("regions", "code", value="["), "country.yaml: regions.code: '[' is not a regular expression"),
        (
            changed("regions", "levels", value={"commune": {}}),
            "country.yaml: regions.levels.commune: {} is not words",
        ),
        (changed("regions", "biggest_first", value=["ko"]), "country.yaml: regions.biggest_first: ['ko'] are not"),
        (changed("capital", value="Paris"), "country.yaml: capital: unknown key"),
        ([], "country.yaml: [] is not a mapping"),
    ],
)
def test_what_is_wrong_with_a_country_is_said(document, problem):
    with pytest.raises(Rejected) as refused:
        parse_country(document)
    assert any(str(one).startswith(problem) for one in refused.value.problems), str(refused.value)


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(Rejected) as refused:
        parse_country({"languages": [], "currency": {"code": "x", "decimals": 9}, "zone": "Paris", "more": 1})
    assert len(refused.value.problems) == 5


def test_a_declaration_takes_its_zone_from_its_country_unless_it_names_one():
    country = parse_country(FRANCE)
    assert declare(EVENTS, *NOTHING, country).zone == Zone("Europe/Paris")
    assert declare(EVENTS | {"zone": "Europe/Rome"}, *NOTHING, country).zone == Zone("Europe/Rome")
    with pytest.raises(Rejected, match="is not a time zone"):
        declare(EVENTS, *NOTHING)


def test_a_string_alone_is_in_the_first_language_of_the_country():
    assert declare(EVENTS, *NOTHING, parse_country(FRANCE)).events["life.moved"].title == {"fr": "déménagement"}
    assert declare(EVENTS | {"zone": "UTC"}, *NOTHING).country == NO_COUNTRY
