"""What is public about programmes, as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.reading import read_declaration
from features.value import identifier_code
from recommender.ranking.attributes import BUCKETS, NUMBERS, TextSpace, Vocabulary, tags, text_of, triggers_of
from recommender.rules.catalogue import Catalogue, catalogue
from tests.examples import examples

DECLARATION = read_declaration()
BASE = {
    "provider": {"id": "toy", "name": {"ko": "청"}, "level": "national"}, "form": "cash", "delivery": "offer",
    "documents": ["id-card"], "valid": {}, "source": {"url": "https://e.org"}, "verified": True,
}  # fmt: skip


def document(name, ko, category, **more):
    own = {
        "id": f"toy.{name}", "title": {"ko": ko}, "category": category, "value": {"amount": 100_000},
        "who": {"fact": "age", "at_least": 65}, "window": {"kind": "open_ended"}, "effort_minutes": 30,
    }  # fmt: skip
    return BASE | own | more


DOCUMENTS = [
    document("a", "노인 돌봄 지원", "old-age", summary={"ko": "어르신을 돌봅니다"}),
    document("b", "노인 진료 지원", "old-age", value={"amount": None}, effort_minutes=None),
    document("c", "출산 축하금", "pregnancy-birth", who={"all": []},
             window={"after": "life.child_born", "within": "P12M"}),
    document("d", "산후 조리 지원", "health", who={"all": []}, triggers=["life.child_born", "life.farming_started"],
             window={"kind": "dated", "from": "2026-01-01", "until": "2026-12-31"}),
]  # fmt: skip


def programmes(*documents):
    return catalogue([(one["id"], one) for one in documents or DOCUMENTS], DECLARATION)


@pytest.fixture(scope="module")
def whole():
    return programmes()


@pytest.fixture(scope="module")
def vocabulary(whole):
    return Vocabulary.fit(whole, DECLARATION, 2, np.random.default_rng(0))


def test_a_tag_that_only_one_programme_bears_would_name_it_and_is_left_out(vocabulary):
    assert "category=old-age" in vocabulary.tags
    assert "category=pregnancy-birth" not in vocabulary.tags
    assert "trigger=life.child_born" in vocabulary.tags


def test_a_tag_that_every_programme_bears_says_nothing_and_is_left_out(vocabulary):
    assert "level=national" not in vocabulary.tags


def test_columns_and_names_agree(vocabulary, whole):
    found = vocabulary.attributes(whole, DECLARATION)
    assert found.values.shape == (4, len(found.names))
    assert found.values.dtype == np.float32
    assert found.names[: len(NUMBERS)] == NUMBERS
    assert found.ids == ("toy.a", "toy.b", "toy.c", "toy.d")
    assert found.codes.tolist() == [identifier_code(name) for name in found.ids]


def test_what_nobody_states_is_unknown_and_never_zero(vocabulary, whole):
    found = vocabulary.attributes(whole, DECLARATION)
    assert np.isnan(found.values[1, NUMBERS.index("log_amount")])
    assert np.isnan(found.values[1, NUMBERS.index("log_effort")])
    assert np.isnan(found.amount[1])
    assert np.isnan(found.within[0])


def test_triggers_are_columns_that_count_days_since_an_event(vocabulary, whole):
    found = vocabulary.attributes(whole, DECLARATION)
    since = DECLARATION.index("days_since_birth_of_child")
    of = [found.trigger[found.trigger_at[p] : found.trigger_at[p + 1]].tolist() for p in range(4)]
    assert of == [[], [], [since], [since]]  # nothing counts days since farming began
    assert triggers_of(whole.programmes[3]) == ("life.child_born", "life.farming_started")


def test_windows_are_measured_in_days(vocabulary, whole):
    found = vocabulary.attributes(whole, DECLARATION)
    assert 364 < found.within[2] < 367
    assert found.closes[3] == 20_818  # 2026-12-31


def test_a_demand_is_lowered_to_its_column(vocabulary, whole):
    asks = vocabulary.attributes(whole, DECLARATION).asks
    assert asks.at.tolist() == [0, 1, 2, 2, 2]
    assert asks.column.tolist() == [DECLARATION.index("age")] * 2
    assert asks.low.tolist() == [65, 65]
    assert vocabulary.bounded == ("age",)


def test_a_programme_published_later_lies_near_what_reads_alike(whole):
    vocabulary = Vocabulary.fit(whole, DECLARATION, 3, np.random.default_rng(0))
    new = document("z", "노인 돌봄 지원금", "old-age")
    found = vocabulary.attributes(programmes(*DOCUMENTS, new), DECLARATION)
    text = [at for at, name in enumerate(found.names) if name.startswith("text.")]
    apart = np.linalg.norm(found.values[:4, text] - found.values[4, text], axis=1)
    assert apart[:2].max() < apart[2:].min()


def test_an_empty_catalogue_has_no_rows(vocabulary):
    found = vocabulary.attributes(Catalogue(()), DECLARATION)
    assert found.values.shape == (0, len(vocabulary.names))


def test_bytes_bring_the_same_vocabulary_back(vocabulary, whole):
    again = Vocabulary.from_bytes(vocabulary.to_bytes())
    assert (again.tags, again.bounded) == (vocabulary.tags, vocabulary.bounded)
    assert np.array_equal(
        again.attributes(whole, DECLARATION).values, vocabulary.attributes(whole, DECLARATION).values, equal_nan=True
    )


def test_the_text_is_the_title_and_the_purpose_in_korean(whole):
    assert text_of(whole.programmes[0]) == "노인 돌봄 지원 어르신을 돌봅니다"
    assert text_of(whole.programmes[1]) == "노인 진료 지원 "


def test_tags_say_what_a_programme_asks_for():
    pregnant = programmes(document("p", "임산부", "health", who={"fact": "pregnant", "is": True})).programmes[0]
    from recommender.rules.bounds import fact_bounds

    assert "asks=pregnant" in tags(pregnant, fact_bounds(pregnant, DECLARATION))


@examples(20)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=6), st.integers(0, 4))
def test_directions_are_orthonormal_and_texts_lie_within_the_unit_ball(texts, size):
    space = TextSpace.fit(texts, size, np.random.default_rng(0))
    found = space.project([*texts, "한 번도 못 본 글"])
    assert space.directions.shape == (BUCKETS, min(size, len(texts) - 1))
    assert np.isfinite(found).all()
    assert (np.linalg.norm(found, axis=1) <= 1 + 1e-3).all()


def test_the_same_texts_and_seed_give_the_same_space():
    texts = ["청년 월세", "노인 돌봄", "출산 축하"]
    spaces = [TextSpace.fit(texts, 2, np.random.default_rng(1)) for _ in range(2)]
    assert np.array_equal(spaces[0].project(texts), spaces[1].project(texts))
