"""What is due is what recommendations hold, resting on the same terms as the states that changes are made of."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from composition.contact_terms import read_contact_policy
from composition.engines import EngineSettings, build_engine
from composition.purpose_terms import consent_terms
from composition.settings import country_folder
from features.problem import Rejected
from recommender.changes.offer_change import difference
from recommender.changes.offer_state import offer_states
from recommender.contact.due_offer import SensitiveMarks, Terms, due_after, due_offers, is_sensitive, terms_of
from recommender.offers.exploration import SUBSISTENCE
from recommender.rules.clause import Answer
from tests.recommender.contact.policies import state

TODAY = date(2026, 11, 20)
MOTHER = {
    "birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"], "income_percent": 40,
    "violence_victim": True,
}  # fmt: skip


@cache
def engine():
    return build_engine(EngineSettings())


@cache
def due():
    asked, policy = engine(), read_contact_policy()
    person = asked.from_facts(MOTHER, ["citizen"], TODAY)
    sensitive = frozenset(name for name, fact in asked.declaration.facts.items() if fact.sensitive)
    found = asked.answer(person, TODAY, None)
    marks = SensitiveMarks.of(asked.catalogue.programmes, policy, sensitive)
    return found, due_offers(found, person.held, marks), offer_states(person, asked.compiled(TODAY))


def test_exactly_what_can_be_recommended_is_due_on_the_terms_of_the_states():
    found, offers, states = due()
    assert [one.programme for one in offers] == [one.programme.id for one in found.shown]
    assert {one.programme for one in offers} == {name for name, one in states.items() if one.offerable}
    assert [one.terms for one in offers] == [terms_of(states[one.programme]) for one in offers]
    assert {name: one.bar for name, one in states.items() if one.bar} == found.barred


def test_the_gain_is_what_is_stated_and_bundles_are_those_of_the_recommendations():
    _, offers, _ = due()
    by_id = {one.programme: one for one in offers}
    assert by_id["kr.first-meeting-voucher"].gain == 2_000_000
    assert "life.child_born" in by_id["kr.first-meeting-voucher"].bundles


def test_a_programme_is_sensitive_by_what_its_rules_demand_or_by_the_policy_or_by_what_it_rests_on():
    asked, policy = engine(), read_contact_policy()
    facts = frozenset(name for name, fact in asked.declaration.facts.items() if fact.sensitive)
    marked = {one.id for one in asked.catalogue.programmes if is_sensitive(one, policy, facts)}
    assert {"kr.domestic-violence-recovery", "kr.defector-settlement", "kr.infertility-treatment"} <= marked
    assert policy.sensitive_programmes <= marked
    assert "kr.national-employment-support" not in marked  # most have it for other reasons
    assert len(marked) < 15
    assert {one.programme for one in due()[1] if one.sensitive} >= {"kr.domestic-violence-recovery"}


def test_what_nobody_can_be_asked_about_is_shown_and_what_can_be_asked_is_no_sensitive_fact():
    asked = engine()
    for one in due()[1]:
        assert one.standing != "likely" or one.open, one.programme
        assert one.asks is None or not asked.declaration.facts.get(one.asks, asked.declaration.facts["sex"]).sensitive


def test_a_policy_names_programmes_that_there_are(tmp_path):
    from composition.settings import SHIPPED, CountryFolder

    for part in ("country.yaml", "regions.yaml"):
        (tmp_path / part).write_bytes((SHIPPED.folder / part).read_bytes())
    country = CountryFolder(tmp_path)
    assert not read_contact_policy(country).channels
    text = SHIPPED.contact.read_text(encoding="utf-8").replace("kr.emergency-welfare", "kr.emergency-welfair")
    country.contact.write_text(text, encoding="utf-8")
    with pytest.raises(Rejected, match=r"did you mean kr\.emergency-welfare\?"):
        read_contact_policy(country, engine().catalogue)
    country.contact.write_text(
        SHIPPED.contact.read_text(encoding="utf-8").replace("near_poverty", "near_povrety"), encoding="utf-8"
    )
    with pytest.raises(Rejected, match=r"need: 'near_povrety' is no declared fact \(did you mean near_poverty\?\)"):
        read_contact_policy(country, engine().catalogue, engine().declaration)
    with pytest.raises(Rejected, match="near_povrety"):  # as a service reads it, before it answers anybody
        consent_terms(engine().declaration, country)


@pytest.mark.parametrize("code", ["kr", "fr"])
def test_a_shipped_policy_names_facts_that_are_declared(code):
    country = country_folder(code)
    assert read_contact_policy(country, declaration=reading.read_declaration(country.declaration)).need


def test_no_holdout_delays_a_benefit_of_basic_livelihood_security_or_the_allowance_of_who_seeks_work():
    """The seven benefits of the National Basic Living Security Act (article 7), and what job seekers live on."""
    named = ("livelihood-benefit", "housing-benefit", "medical-aid", "education-benefit", "birth-aid",
             "funeral-benefit", "self-support-work", "job-seeking-allowance", "unemployment-benefit")  # fmt: skip
    programmes, policy = engine().catalogue.by_id, read_contact_policy()
    waits = [
        name for name in (f"kr.{one}" for one in named)
        if programmes[name].category not in SUBSISTENCE and name not in policy.undelayed_programmes
    ]  # fmt: skip
    assert waits == []


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (Terms(1, 1, 2, 100, 100), False),
        (Terms(2, 1, 2, 100, 100), True),
        (Terms(1, 1, 3, 100, 100), True),
        (Terms(1, 1, 2, 109, 500), False),
        (Terms(1, 1, 2, 110, 110), True),
        (Terms(1, 1, 2, 1, 1), False),
        (Terms(0, 1, 2, None, None), False),
    ],
)
def test_what_was_declined_has_changed_with_a_yes_a_window_or_a_tenth_more(now, changed):
    assert now.has_changed(Terms(1, 1, 2, 100, 100), 10) == changed


MOMENTS = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.builds(state, st.sampled_from([Answer.YES, Answer.UNKNOWN]), held=st.booleans(), apart=st.booleans()),
    ),
    min_size=1,
    max_size=6,
)


@given(MOMENTS)
def test_what_is_due_after_many_differences_is_what_one_difference_leaves(moments):
    before, found = {}, frozenset()
    for after in moments:
        found = due_after(found, difference(before, after))
        before = after
    assert found == due_after((), difference({}, moments[-1]))
    assert found == {name for name, one in moments[-1].items() if one.offerable}
