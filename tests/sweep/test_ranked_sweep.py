"""The first offers of many people are those that the service shows to each, in its order, to the last step."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from composition import reading
from composition.sweeping import SweepSettings, population_sweep
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of
from features.log.columnar import read_segments
from features.snapshot import known
from recommender.offers.batch import Ranker, recommend
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.order_correction import parse_boosts
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.bilinear import UNIT, AttributeScaler, Bilinear
from recommender.ranking.bins import Bins
from recommender.ranking.hidden_layer import HiddenLayer
from recommender.ranking.programme_fit import fits
from recommender.rules.clause import Answer
from recommender.rules.people_group import parse_groups
from recommender.rules.person import Person, held_programmes
from recommender.rules.window import OPEN
from sweep.pair_difference import SAME, schema

DEFINITIONS = reading.read_definitions()
LAST, SINCE = date(2025, 10, 31), date(2025, 10, 20)
FIRST = 10


def drawn_model(seed=1):
    """A ranker as private training leaves one, its weights drawn at random."""
    declaration, catalogue, rng = DEFINITIONS.declaration, DEFINITIONS.catalogue, np.random.default_rng(seed)
    vocabulary = Vocabulary.fit(catalogue, declaration, 4, rng)
    attributes, bins = vocabulary.attributes(catalogue, declaration), Bins.of(declaration)
    scaler = AttributeScaler.fit(attributes, {}, 0.5)
    weights = fits(bins, attributes, declaration, scaler.codes).weights
    cross = rng.integers(-9_000, 9_000, (bins.size, scaler.width))
    fit, codes = rng.integers(-9_000, 9_000, weights), np.sort(attributes.codes)
    own = np.round(rng.normal(size=codes.size + 1) / UNIT**2).astype(np.int64)
    model = Bilinear(
        bins, scaler, vocabulary, cross, fit, codes, own, 0.4, -1.0, declaration.hash, catalogue.hash, {},
    )  # fmt: skip
    return Ranker(scorer=model, attributes=model.attributes(catalogue, declaration))


def network_model():
    """The same with a hidden layer, as a private network leaves one."""
    ranker, rng = drawn_model(), np.random.default_rng(2)
    linear = ranker.scorer
    hidden = rng.integers(-9_000, 9_000, (linear.bins.size, 12))
    model = HiddenLayer(linear, hidden, rng.integers(-90_000, 90_000, (12, linear.reading.width)))
    return Ranker(scorer=model, attributes=model.attributes(DEFINITIONS.catalogue, DEFINITIONS.declaration))


@pytest.fixture(scope="module")
def history(made_once):
    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    return read_segments(made_once("swept", make) / "events.parquet", DEFINITIONS.declaration)


def swept(history, ranker, since=None, first=FIRST):
    settings = SweepSettings(DEFINITIONS, LAST, since, first=first, ranker=ranker)
    return population_sweep(settings, history)


def shown(sweep, place):
    """What the service shows to a person: ids and utilities in steps, in order."""
    compiled, history = sweep.after.explaining(reading.read_messages()), sweep.calendar.history
    t = compiled.declaration.zone.end_of_day(date_of(sweep.as_of))
    found = known(compiled.declaration, history, history.people[place], t, compiled.catalogue.receipts)
    person = Person(found, 1, held_programmes(compiled.catalogue, found), compiled.regions)
    return [(one.programme.id, one.utility.steps) for one in recommend(compiled, person, sweep.ranker, FIRST).shown]


def listed(rows):
    """Of each person the programmes and utilities by rank."""
    found = {}
    for row in sorted((row for row in rows if row["rank"] is not None), key=lambda row: row["rank"]):
        found.setdefault(row["person"], []).append((row["programme"], row["utility"]))
        assert row["rank"] == len(found[row["person"]])
    return found


def corrected_model():
    """The same with boosts for who is young and for who is not."""
    rule = {"groups": {"young": {"who": {"fact": "age", "at_most": 34}}}}
    groups = parse_groups(rule, ("groups.yaml",), DEFINITIONS.declaration)
    names = [programme.id for programme in DEFINITIONS.catalogue.programmes]
    boosts = [
        {"group": "young", "of": side, "programme": name, "adds": 0.4}
        for side, some in (("group", names[::3]), ("rest", names[1::3]))
        for name in some
    ]
    return replace(drawn_model(), correction=parse_boosts(boosts, groups, ("w.yaml",)))


def test_the_intricate_have_a_household_something_that_lapses_or_an_open_window_of_their_own(history):
    sweep = swept(history, Ranker())
    compiled, found = sweep.after, []
    table, declaration = offer_arrays(compiled), compiled.declaration
    t = declaration.zone.end_of_day(date_of(sweep.as_of))
    passing = {state.signal for fact in declaration.facts.values() for state in fact.states if state.lapse}
    for place, name in enumerate(history.people):
        one = known(declaration, history, name, t, compiled.catalogue.receipts)
        states = {fact: one.snapshot.value(fact) for fact in table.states}
        heard = {history.signals[signal] for signal in history.signal[history.visible(name, t)].tolist()}
        windows, standing = table.windows_of(one.occurrences, states), sweep.calendar.states(place, sweep.as_of)
        mine = [compiled.catalogue.index[which] for which, state in standing.items() if state.answer != Answer.NO]
        own = [table.window(at, windows) for at in mine if table.personal_window[at] >= 0]
        opened = any(window.state == OPEN and window.closes is not None for window in own)
        kinds = bool(one.snapshot.members.counts[0]), bool(heard & passing), opened
        found.append(kinds)
    assert sweep.intricate().tolist() == [any(kinds) for kinds in found]
    assert all(0 < sum(kinds) < len(found) for kinds in zip(*found, strict=True))


@pytest.mark.parametrize("model", ["none", "private", "network", "corrected"])
def test_each_person_has_the_list_that_the_service_shows(history, model):
    ranker = {"none": Ranker, "private": drawn_model, "network": network_model, "corrected": corrected_model}[model]()
    sweep = swept(history, ranker)
    lists = listed(sweep.table(np.arange(len(history.people))).to_pylist())
    alone = {name: shown(sweep, place) for place, name in enumerate(history.people)}
    assert lists == {name: offers for name, offers in alone.items() if offers}
    ties = sum(len(offers) - len({steps for _, steps in offers}) for offers in alone.values())
    assert max(map(len, alone.values())) == FIRST
    assert len({tuple(offers) for offers in alone.values()}) > 50, "lists hardly differ"
    assert model != "none" or ties, "no two offers are tied"
    plain = listed(swept(history, drawn_model()).table(np.arange(len(history.people))).to_pylist())
    assert (model in ("corrected", "network")) == (model != "none" and lists != plain)


def test_without_an_earlier_day_only_the_first_are_written_and_as_they_stand_among_all(history):
    everybody = np.arange(len(history.people))
    few = swept(history, Ranker()).table(everybody).to_pylist()
    all_of_them = swept(history, Ranker(), first=None).table(everybody).to_pylist()
    plain = [tuple(row[name] for name in schema().names) for row in few]
    assert [tuple(row.values()) for row in all_of_them if tuple(row.values()) in set(plain)] == plain
    assert max(Counter(row["person"] for row in few).values()) == FIRST < len(all_of_them)


def test_since_a_day_all_that_changed_is_written_and_the_first_of_whoever_it_may_concern(history):
    everybody = np.arange(len(history.people))
    sweep, plain = swept(history, Ranker(), SINCE), swept(history, Ranker(), SINCE, first=None)
    rows = sweep.table(everybody).to_pylist()
    changed = [tuple(row.values())[:10] for row in rows if row["change"] != SAME]
    assert changed == [tuple(row.values()) for row in plain.table(everybody).to_pylist()]
    assert all(row["rank"] for row in rows if row["change"] == SAME)
    concerned = sweep.concerned(everybody).tolist()
    assert 0 < len(concerned) < len(everybody)
    lists = listed(rows)
    assert lists == {history.people[at]: offers for at in concerned if (offers := shown(sweep, at))}


def test_who_joins_a_group_that_boosts_name_is_ordered_anew(history):
    ages = {"groups": {"some": {"who": {"any": [{"fact": "age", "is": age} for age in range(20, 60)]}}}}
    groups = parse_groups(ages, ("groups.yaml",), DEFINITIONS.declaration)
    boosts = [{"group": "some", "of": "group", "programme": DEFINITIONS.catalogue.programmes[0].id, "adds": 1}]
    joined = Ranker(correction=parse_boosts(boosts, groups, ("w.yaml",)))
    concerned = []
    for ranker in (Ranker(), joined):
        days = date(2025, 11, 28), date(2025, 11, 3)  # between them no programme turns for anybody
        sweep = population_sweep(SweepSettings(DEFINITIONS, *days, first=FIRST, ranker=ranker), history)
        concerned.append(set(sweep.concerned(np.arange(len(history.people))).tolist()))
    assert concerned[0] < concerned[1]
