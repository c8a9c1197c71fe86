"""The pack and the module that ships: a device answers as the engine does, and refuses what it cannot read."""

from __future__ import annotations

import json
import random
import re
from datetime import date

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from composition.catalogue_growth import growth
from composition.settings import country_folder
from features.calendar import date_of
from features.problem import Rejected
from recommender.engine import Engine
from recommender.pocket.pack import FORMAT, MAGIC, pack_of, titles_of
from recommender.pocket.packed_rules import FEW
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import All, Any, Compare, Not, clause_document
from recommender.rules.region import Regions
from tests.examples import examples
from tests.features.families import BEGIN, FAMILY, stated_households
from tests.recommender.catalogues import DECLARATION, MESSAGES, REGIONS, TODAY, clauses, document, loaded
from tests.recommender.pocket.device import MODULE, assert_equal, needs_node, on_device
from tests.recommender.pocket.random_households import household
from tests.recommender.rules.test_members import can_be
from tests.recommender.rules.test_members import clauses as member_clauses

DAY = date(2026, 11, 30)
REACHING = (
    r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|navigator|window|globalThis|self|localStorage|caches"
    r"|indexedDB|eval|Function|import\(|require|process|Date|Math\.random|crypto|postMessage|Worker|cookie)\b"
)
"""Names by which a script reaches the network, a store, another script, the clock or chance."""
HEAD = 4_000
"""What the facts and the regions of a country take as sent, however many programmes there are."""
FIRST = {"who": {"citizen": {"fact": "age", "at_least": 19}}}


def engine_of(*documents):
    return Engine(DECLARATION, loaded(*documents), REGIONS, MESSAGES)


def shipped(name="kr"):
    country = country_folder(name)
    found, days = reading.read_definitions(country=country), reading.read_working_days(country=country)
    messages = reading.read_messages(country=country)
    return Engine(found.declaration, found.catalogue, found.regions, messages, None, days)


def judged(engine, facts, day=TODAY):
    (told,) = on_device(pack_of(engine.compiled(day)), [facts])
    return told


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("country", ["kr", "fr"])
def test_a_device_answers_a_shipped_catalogue_as_the_engine_does(country):
    engine, rng = shipped(country), random.Random(20)
    assert_equal(engine, DAY, [household(engine, DAY, rng) for _ in range(300)])


@needs_node
@pytest.mark.soak
def test_a_device_answers_a_hundred_thousand_households_as_the_engine_does():
    engine, rng = shipped(), random.Random(21)
    for _ in range(100):
        assert_equal(engine, DAY, [household(engine, DAY, rng) for _ in range(1000)], whole=False)


_days = st.sampled_from([{}, {"until": "2026-10-30"}, {"from": "2026-11-01"}, {"from": "2026-01-01"}])


@st.composite
def programmes(draw):
    kinds = draw(st.lists(st.sampled_from(["citizen", "small_business", "organisation"]), min_size=1, unique=True))
    who = {kind: clause_document(draw(clauses())) for kind in kinds}
    valid, verified = draw(_days), draw(st.booleans())
    return {"who": who, "verified": verified} | ({"valid": valid} if valid else {})


@needs_node
@pytest.mark.slow
@examples(6)
@given(st.lists(programmes(), min_size=20, max_size=40), st.integers(0, 2**32))
def test_a_device_judges_random_rules_over_split_and_merged_regions_as_the_engine_does(drawn, seed):
    named = document("t.a", {"citizen": {"fact": "worker", "is": True}})
    engine = engine_of(named, *(document(f"t.p{i}", **one) for i, one in enumerate(drawn)))
    rng = random.Random(seed)
    assert_equal(engine, TODAY, [household(engine, TODAY, rng) for _ in range(12)])


@needs_node
@pytest.mark.slow
@examples(6)
@given(st.lists(member_clauses, min_size=5, max_size=20), st.lists(stated_households().filter(can_be), max_size=12))
def test_a_device_counts_the_members_of_stated_households_as_the_engine_does(asked, households):
    documents = [document(f"t.p{i}", clause) for i, clause in enumerate(asked)]
    held = catalogue([(one["id"], one) for one in documents], FAMILY, Regions())
    engine, day = Engine(FAMILY, held, Regions(), MESSAGES), date_of(FAMILY.zone.today(BEGIN + 40 * 86_400))
    drawn = []
    for stated in households:
        facts = {"household": stated, "caretaker": len(drawn) % 2 == 0}
        try:
            drawn.append((facts, engine.from_facts(facts, ["citizen"], day)))
        except Rejected:  # a household that contradicts the caretaker
            continue
    assert_equal(engine, day, drawn)


@needs_node
def test_rules_of_many_parts_are_read_whole():
    parts = tuple(Compare("age", "is", age) for age in range(FEW + 5))
    wide = [All((Any(parts), Not(All(())))), All(tuple(Not(part) for part in parts)), Any(parts[:FEW]), All(())]
    engine = engine_of(*(document(f"t.p{i}", clause_document(one)) for i, one in enumerate(wide)))
    assert_equal(engine, TODAY, [household(engine, TODAY, random.Random(seed)) for seed in range(40)])


@needs_node
@pytest.mark.parametrize("facts", [
    [], {"applicant": "nobody"}, {"applicant": []}, {"no_such_fact": 1}, {"age": 20}, {"receives.t.a": 1},
    {"birth_date": "1990-02-30"}, {"birth_date": "2990-01-01"}, {"birth_date": 7}, {"farmer": "yes"}, {"farmer": None},
    {"sex": "other"}, {"care_grade": 7.5}, {"care_grade": "3"}, {"care_grade": -1}, {"region": 11110},
    {"region": "99999"}, {"region": "kr-11"}, {"children": "2020-01-01"}, {"children": ["2020-01-01", 3]},
    {"children": ["2020-01-01"] * 51}, {"livelihood_benefit": True, "receives.kr.livelihood-benefit": False},
    {"household": []}, {"household": {"all": True}}, {"household": {"complete": None}}, {"household": {"members": {}}},
    {"household": {"members": [{}]}}, {"household": {"members": [{"relation": "friend"}]}},
    {"household": {"members": [{"relation": "child", "due_date": "2026-12-01"}]}},
    {"household": {"members": [{"relation": "child", "birth_date": "2030-01-01"}]}},
    {"household": {"members": [{"relation": "guardian", "raises": True}]}},
    {"household": {"members": [{"relation": "child", "raises": 1}]}},
    {"household": {"members": [{"relation": "child", "id": "a"}, {"relation": "child", "id": "a"}]}},
    {"household": {"complete": True, "members": []}, "children": ["2020-01-01"]},
])  # fmt: skip
def test_a_device_refuses_facts_that_the_engine_refuses(facts):
    engine = engine_of(document("t.a", {"fact": "receives.t.a", "is": True}))
    said = {name: value for name, value in facts.items() if name != "applicant"} if isinstance(facts, dict) else facts
    if said:
        with pytest.raises(Rejected):
            engine.from_facts(said, ["citizen"], TODAY)
    assert judged(engine, facts)["refused"]


@needs_node
def test_decimals_are_read_by_their_digits():
    scaled = [fact.name for fact in DECLARATION.facts.values() if fact.type == "integer" and fact.kind.scale > 1]
    for name in scaled:
        engine = engine_of(document("t.a", {"fact": name, "at_least": 0.29}))
        assert judged(engine, {name: 0.29})["answers"] == [2]
        assert "refused" in judged(engine, {name: 0.000001})


@needs_node
@pytest.mark.parametrize(("spoilt", "told"), [
    (lambda pack: b"PRPX" + pack[4:], "not a pack"),
    (lambda pack: pack[:4] + bytes([FORMAT + 1]) + pack[5:], f"format {FORMAT + 1}"),
    (lambda pack: pack[:-1], "cut off"),
    (lambda pack: pack + b"\x00", "more than its programmes"),
    (lambda pack: pack[:-1] + b"\x7f", "does not have"),
])  # fmt: skip
def test_a_pack_that_is_spoilt_is_refused(spoilt, told):
    pack = pack_of(engine_of(document("t.a", FIRST["who"])).compiled(TODAY))
    assert pack.startswith(MAGIC)
    with pytest.raises(AssertionError, match=told):
        on_device(spoilt(pack), [{}])


@pytest.mark.slow
def test_a_pack_of_grown_programmes_is_small_enough_to_send():
    found, size = shipped(), 700
    held = catalogue(growth(1).documents(size), found.declaration, found.regions)
    compiled = Engine(found.declaration, held, found.regions, MESSAGES).compiled(DAY)
    pack = pack_of(compiled)
    assert len(brotli.compress(pack)) < HEAD + size * 250_000 / 11_000
    assert len(brotli.compress(titles_of(compiled, pack, "ko"))) < size * 400_000 / 11_000


def test_titles_stand_in_the_order_of_the_answers_and_name_their_pack():
    engine = engine_of(document("t.b", FIRST["who"]), document("t.a", FIRST["who"]))
    compiled = engine.compiled(TODAY)
    titles = json.loads(titles_of(compiled, pack_of(compiled), "en"))
    assert (titles["ids"], titles["titles"]) == (["t.a", "t.b"], ["The t.a", "The t.b"])
    other = pack_of(engine.compiled(date(2026, 11, 1)))
    assert titles["pack"] != json.loads(titles_of(compiled, other, "en"))["pack"]


def test_the_module_reaches_for_nothing_outside_itself():
    sources = {one.name: one.read_text(encoding="utf-8") for one in MODULE.parent.iterdir()}
    imported = {name for text in sources.values() for name in re.findall(r"from \"([^\"]+)\"", text)}
    assert imported <= {f"./{name}" for name in sources}
    written = {name: re.sub(r"//[^\n]*", "", text) for name, text in sources.items()}
    assert {name: found for name, text in written.items() if (found := re.findall(REACHING, text))} == {}
