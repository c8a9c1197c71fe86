from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from recommender.rules.catalogue import catalogue
from tests.recommender.catalogues import DAY, DECLARATION, REGIONS, document, loaded

ANYONE = {"all": []}
FARMER = {"fact": "farmer", "is": True}


def receives(name, yes=True):
    return {"fact": f"receives.{name}", "is": yes}


def problems_of(*documents):
    with pytest.raises(Rejected) as rejected:
        loaded(*documents)
    return [f"{problem.where}: {problem.what}" for problem in rejected.value.problems]


def test_programmes_stand_in_the_order_of_their_ids():
    held = loaded(document("t.b", FARMER), document("t.a", ANYONE))
    assert [programme.id for programme in held.programmes] == ["t.a", "t.b"]
    assert (len(held), held.index["t.b"], held.by_id["t.a"].id) == (2, 1, "t.a")


@given(st.permutations(["t.a", "t.b", "t.c"]))
def test_the_hash_is_of_what_the_programmes_say_and_not_of_their_order(names):
    made = [document(name, FARMER) for name in names]
    assert loaded(*made).hash == loaded(*(document(name, FARMER) for name in sorted(names))).hash
    assert loaded(*made, document("t.d", ANYONE)).hash != loaded(*made).hash


def test_a_catalogue_written_as_lines_and_read_again_is_the_same():
    held = loaded(document("t.a", FARMER, views=3), document("t.b", {"all": [receives("t.a", False), FARMER]}))
    lines = [json.dumps(programme.to_document()) for programme in held.programmes]
    again = catalogue([(f"line {i}", json.loads(line)) for i, line in enumerate(lines)], DECLARATION, REGIONS)
    assert (again.programmes, again.hash) == (held.programmes, held.hash)


def test_the_receipts_asked_about_are_known():
    held = loaded(document("t.a", ANYONE), document("t.b", {"not": receives("t.a")}), document("t.c", receives("t.b")))
    assert held.receives == ("t.a", "t.b")


def test_only_rules_in_force_count_on_a_day():
    held = loaded(document("t.a", ANYONE, valid={"from": "2026-11-01"}), document("t.b", ANYONE))
    assert [programme.id for programme in held.in_force(DAY)] == ["t.b"]


def test_an_id_may_be_named_without_its_first_part_where_that_is_clear():
    held = loaded(
        document("t.a", receives("b"), excludes=["b"], grants=["receives.a"]),
        document("t.b", ANYONE),
        document("t.c", ANYONE, excludes=["gov24.x"]),
        document("gov24.c", ANYONE),
    )
    assert held.by_id["t.a"].excludes == ("t.b",)
    assert held.by_id["t.a"].grants == ("receives.t.a",)
    assert held.receives == ("t.b",)
    assert problems_of(document("t.c", ANYONE, excludes=["c"]), document("u.c", ANYONE)) == [
        "t.c.yaml: excludes[0]: 'c' is not a programme of this catalogue"
    ]


def test_a_programme_that_stands_twice_is_told_with_both_places():
    twice = [("a.yaml", document("t.a", ANYONE)), ("b.jsonl line 3", document("t.a", FARMER))]
    with pytest.raises(Rejected, match=r"b\.jsonl line 3: id: t\.a stands in a\.yaml already"):
        catalogue(twice, DECLARATION, REGIONS)


def test_names_of_programmes_that_do_not_exist_are_told():
    assert problems_of(document("t.a", receives("t.x"), excludes=["t.y"], grants=["receives.t.z", "farmer"])) == [
        "t.a.yaml: excludes[0]: 't.y' is not a programme of this catalogue (did you mean t.a?)",
        "t.a.yaml: grants[0]: 't.z' is not a programme of this catalogue (did you mean t.a?)",
        "t.a.yaml: who.citizen: 't.x' is not a programme of this catalogue (did you mean t.a?)",
    ]


def test_the_imported_part_may_be_named_without_being_loaded():
    assert len(loaded(document("t.a", receives("gov24.0001"), excludes=["gov24.0002"]))) == 1


def test_programmes_that_grant_each_other_go_in_a_circle():
    assert problems_of(
        document("t.a", ANYONE, grants=["receives.t.b"]), document("t.b", ANYONE, grants=["receives.t.a"])
    ) == ["t.a.yaml: grants: goes in a circle: t.a -> t.b -> t.a"]


def test_programmes_that_rest_on_what_they_grant_each_other_go_in_a_circle():
    own = [document(f"t.{a}", {"any": [receives(f"t.{b}"), FARMER]}, grants=[f"receives.t.{a}"])
           for a, b in ("ab", "bc", "ca")]  # fmt: skip
    assert problems_of(*own) == ["t.a.yaml: grants: goes in a circle: t.a -> t.c -> t.b -> t.a"]


def test_granting_oneself_or_excluding_a_receiver_is_no_circle():
    held = loaded(
        document("t.a", {"not": receives("t.b")}, grants=["receives.t.a", "farmer"]),
        document("t.b", {"all": [receives("t.a", False), {"advisory": FARMER}, {"no_data": "x"}]},
                 grants=["receives.t.b"]),
    )  # fmt: skip
    assert len(held) == 2


def test_a_negated_denial_is_a_demand():
    circle = [
        document("t.a", {"not": receives("t.b", False)}, grants=["receives.t.a"]),
        document("t.b", receives("t.a"), grants=["receives.t.b"]),
    ]
    assert problems_of(*circle) == ["t.a.yaml: grants: goes in a circle: t.a -> t.b -> t.a"]


def test_every_problem_of_every_file_is_told_at_once():
    found = problems_of(
        document("t.a", {"fact": "farmr", "is": True}),
        document("t.b", ANYONE, category="x", excludes=["t.a"]),
        document("t.c", ANYONE, excludes=["t.nobody"]),
        document("t.c", ANYONE),
    )
    assert [one.split(": ")[:2] for one in found] == [
        ["t.a.yaml", "who.fact"], ["t.b.yaml", "category"], ["t.c.yaml", "id"], ["t.c.yaml", "excludes[0]"],
    ]  # fmt: skip


def test_a_document_that_is_no_mapping_is_told():
    with pytest.raises(Rejected, match=r"x\.jsonl line 1: is not a programme"):
        catalogue([("x.jsonl line 1", [])], DECLARATION, REGIONS)


@pytest.mark.parametrize("key", ["excludes", "succeeds", "renews"])
def test_a_programme_that_names_itself_beside_others_is_told(key):
    assert problems_of(document("t.a", ANYONE, **{key: ["t.a"]})) == [f"t.a.yaml: {key}[0]: names the programme itself"]


def test_a_version_under_another_id_is_told():
    texts = [{"valid": {"until": "2025-12-31"}}, {"valid": {"from": "2026-01-01"}, "id": "t.b"}]
    told = problems_of(document("t.a", ANYONE) | {"versions": texts})
    assert told == ["t.a.yaml: versions[1].id: 't.b' is another id than that of the programme, 't.a'"]


@pytest.mark.parametrize("versions", [[], None, {"valid": {}}])
def test_versions_that_list_no_text_are_told(versions):
    told = problems_of(document("t.a", ANYONE) | {"versions": versions})
    assert told == ["t.a.yaml: versions: is no list of the programme's texts"]


def test_an_empty_relation_is_told():
    told = problems_of(document("t.a", {"members": {"relation": []}}))
    assert told == ["t.a.yaml: who.members.relation: names nobody"]
