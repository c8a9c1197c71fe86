from __future__ import annotations

import pytest

from features.problem import Rejected
from recommender.reading.logic import softened
from recommender.reading.target_group import GROUP_KINDS, parse_vocabulary
from recommender.rules.clause import All, Compare, NoData


def parsed(declaration, *groups, **more):
    return parse_vocabulary({"groups": list(groups), **more}, ("x.yaml",), declaration)


def problems_of(declaration, *groups, **more):
    with pytest.raises(Rejected) as rejected:
        parsed(declaration, *groups, **more)
    return [f"{problem.where}: {problem.what}" for problem in rejected.value.problems]


FARMERS = {"name": "농업인", "words": ["농업인", "농가"], "clause": {"fact": "farmer", "is": True}}


def test_a_group_that_no_fact_knows_is_no_data_with_its_name(declaration):
    groups = parsed(declaration, FARMERS, {"name": "수몰민", "words": ["수몰민"]}).groups
    assert groups["농가"].clause == Compare("farmer", "is", True)
    assert groups["수몰민"].clause == NoData("수몰민")
    assert groups["농업인"].kin == NoData("농업인의 가족")


def test_the_longest_word_is_tried_first(declaration):
    vocabulary = parsed(declaration, FARMERS | {"words": ["농가", "농가주"]}, persons=["자"], neutral=["농"])
    assert [word for word, _ in vocabulary.by_letter["농"]] == ["농가주", "농가", "농"]


def test_a_law_stands_for_the_group_it_is_about(declaration):
    vocabulary = parsed(declaration, FARMERS, laws={"농업인지원법": "농업인", "지방세법": ""})
    assert vocabulary.of_law("「농업인지원법」") is vocabulary.groups["농업인"]
    assert vocabulary.of_law("지방세법") is None


@pytest.mark.parametrize(
    ("groups", "more", "says"),
    [
        ((FARMERS, FARMERS), {}, "농업인 stands in 농업인 too"),
        (({"words": ["x"]},), {}, "groups[0].name: is missing"),
        ((FARMERS | {"kind": "crowd"},), {}, "'crowd' is not known"),
        ((FARMERS | {"clause": {"fact": "farmr", "is": True}},), {}, "'farmr' is not a declared fact"),
        ((FARMERS | {"wordz": []},), {}, "unknown key (did you mean words?)"),
        ((FARMERS,), {"laws": {"민법": "시민"}}, "시민 is no word of a group"),
    ],
)
def test_what_is_wrong_in_the_vocabulary_is_said(declaration, groups, more, says):
    assert any(says in problem for problem in problems_of(declaration, *groups, **more))


def test_every_shipped_group_has_words_a_kind_and_a_clause_over_declared_facts(vocabulary):
    groups = set(vocabulary.groups.values())
    assert len(groups) > 100
    assert {group.kind for group in groups} == set(GROUP_KINDS)
    assert all(" " not in word for word in (*vocabulary.groups, *vocabulary.persons, *vocabulary.neutral))
    assert vocabulary.groups["주민"].clause == All(())


def test_a_kind_of_a_group_is_no_yes_and_its_no_is_the_groups(vocabulary):
    kind, whole = vocabulary.groups["벼농사"], vocabulary.groups["농업인"]
    assert kind.name == whole.name
    assert kind.clause == All((whole.clause, NoData("농업인의 종류")))


def test_a_compound_with_a_word_that_narrows_asks_for_it_too_and_shuts_out_nobody(vocabulary):
    young = vocabulary.groups["청년소상공인"].clause
    assert young.of[0] == vocabulary.groups["소상공인"].clause
    assert young.of[1] == softened(vocabulary.groups["청년"].clause)
