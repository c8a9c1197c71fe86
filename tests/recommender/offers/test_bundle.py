from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from features.snapshot import Occurrence
from recommender.offers import bundle
from recommender.offers.bundle import Candidate, SetAside, bundles, compatible
from recommender.text import Text

BORN, MOVED = "life.child_born", "life.moved"
CERTIFICATE, BANKBOOK = Text(ko="출생증명서", en="birth certificate"), Text(ko="통장 사본")


def candidate(name, utility=10, excludes=(), **more):
    return Candidate(name, utility, frozenset(more.pop("events", {BORN})), frozenset(excludes), **more)


def names(candidates):
    return [one.programme for one in candidates]


@st.composite
def rivals(draw, most=9):
    count = draw(st.integers(0, most))
    ids = [f"p{i}" for i in range(count)]
    return [
        candidate(name, draw(st.integers(-5, 20)), draw(st.sets(st.sampled_from(ids), max_size=3)) - {name})
        for name in ids
    ]


def clash(one, other):
    return other.programme in one.excludes or one.programme in other.excludes


@given(rivals())
def test_what_is_chosen_goes_together_and_nothing_better_does(candidates):
    chosen, aside = compatible(candidates)
    assert not any(clash(one, other) for one, other in combinations(chosen, 2))
    assert {*names(chosen)} | {left.programme for left in aside} == {*names(candidates)}
    assert not {*names(chosen)} & {left.programme for left in aside}
    best = max(
        sum(max(one.utility, 1) for one in subset)
        for size in range(len(candidates) + 1)
        for subset in combinations(candidates, size)
        if not any(clash(one, other) for one, other in combinations(subset, 2))
    )
    assert sum(max(one.utility, 1) for one in chosen) == best


@given(rivals())
def test_whoever_is_set_aside_is_excluded_by_somebody_chosen(candidates):
    chosen, aside = compatible(candidates)
    by_name = {one.programme: one for one in candidates}
    for left in aside:
        assert left.excluded_by in names(chosen)
        assert clash(by_name[left.programme], by_name[left.excluded_by])


@given(rivals(), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(candidates, random):
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert compatible(shuffled) == compatible(candidates)


def test_two_small_ones_beat_the_large_one_that_excludes_both():
    chosen, aside = compatible([candidate("large", 10, ["a", "b"]), candidate("a", 6), candidate("b", 6)])
    assert names(chosen) == ["a", "b"]
    assert aside == (SetAside("large", "a"),)


def test_among_many_that_exclude_one_another_the_most_useful_go_first():
    ids = [f"p{i:03}" for i in range(bundle.LARGEST + 1)]
    crowd = [candidate(name, 1_000 - i, set(ids) - {name}) for i, name in enumerate(ids)]
    chosen, aside = compatible(crowd)
    assert names(chosen) == ["p000"]
    assert {left.excluded_by for left in aside} == {"p000"}


def test_the_largest_group_that_is_tried_whole_needs_no_deeper_stack_than_there_is():
    ids = [f"p{i:03}" for i in range(bundle.LARGEST)]
    chain = [candidate(name, 10, ids[i + 1 : i + 2]) for i, name in enumerate(ids)]
    assert len(compatible(chain)[0]) == bundle.LARGEST // 2
    crowd = [candidate(name, 1_000 - i, set(ids) - {name}) for i, name in enumerate(ids)]
    assert names(compatible(crowd)[0]) == ["p000"]


def most_worth(candidates):
    """The worth of the best choice that goes together, as an integer programme finds it."""
    clashes = [(i, j) for (i, one), (j, other) in combinations(enumerate(candidates), 2) if clash(one, other)]
    worth = np.array([max(one.utility, 1) for one in candidates], dtype=float)
    rows = np.zeros((len(clashes), len(candidates)))
    for row, pair in enumerate(clashes):
        rows[row, list(pair)] = 1
    together = [LinearConstraint(rows, ub=1)] if clashes else []
    found = milp(-worth, integrality=np.ones_like(worth), bounds=Bounds(0, 1), constraints=together)
    return round(-found.fun)


def crowds(count, seed):
    """Random groups of up to thirty programmes, from hardly any that exclude each other to nearly all."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        ids = [f"p{i:02}" for i in range(int(rng.integers(2, 31)))]
        share = rng.random() ** 2
        yield [
            candidate(name, int(rng.integers(-5, 60)), [other for other in ids[i + 1 :] if rng.random() < share])
            for i, name in enumerate(ids)
        ]


def no_choice_is_better(count, seed):
    for crowd in crowds(count, seed):
        chosen, _ = compatible(crowd)
        assert not any(clash(one, other) for one, other in combinations(chosen, 2))
        assert sum(max(one.utility, 1) for one in chosen) == most_worth(crowd)


@pytest.mark.slow
def test_no_choice_is_better_as_an_integer_programme_says():
    no_choice_is_better(2_000, 1)


@pytest.mark.soak
def test_no_choice_of_many_is_better_as_an_integer_programme_says():
    no_choice_is_better(100_000, 2)


def test_who_is_offered_one_more_programme_never_ends_with_less():
    for crowd in crowds(300, 3):
        before, after = (sum(max(one.utility, 1) for one in compatible(some)[0]) for some in (crowd[:-1], crowd))
        assert after >= before


def test_what_is_held_excludes_whichever_side_says_so():
    held = {"old": frozenset({"a"}), "older": frozenset()}
    chosen, aside = compatible([candidate("a"), candidate("b", excludes=["older"]), candidate("c")], held)
    assert names(chosen) == ["c"]
    assert aside == (SetAside("a", "old"), SetAside("b", "older"))


def test_one_bundle_for_each_event_the_latest_event_first():
    found = bundles(
        [
            candidate("a"),
            candidate("b", events={MOVED}),
            candidate("c", events={BORN, MOVED}),
            candidate("d", events=()),
        ],
        {},
        [Occurrence(BORN, 100), Occurrence(MOVED, 90), Occurrence(BORN, 50), Occurrence("life.retired", 99)],
        today=120,
    )
    assert [(one.event, one.day, one.programmes) for one in found] == [
        (BORN, 100, ("a", "c")),
        (MOVED, 90, ("b", "c")),
    ]


def test_an_event_of_tomorrow_or_of_long_ago_makes_no_bundle():
    happened = [Occurrence(BORN, 1000)]
    assert bundles([candidate("a")], {}, happened, today=999) == ()
    assert len(bundles([candidate("a")], {}, happened, today=1000 + bundle.RECENT_DAYS)) == 1
    assert bundles([candidate("a")], {}, happened, today=1001 + bundle.RECENT_DAYS) == ()


def test_a_programme_whose_own_window_runs_from_the_event_belongs_as_long_as_it_is_open():
    long_after = bundles([candidate("a", events=(), window_event=BORN)], {}, [Occurrence(BORN, 0)], today=700)
    assert long_after[0].programmes == ("a",)


def test_documents_are_united_in_order_without_repeats_and_effort_is_summed():
    found = bundles(
        [
            candidate("a", 3, documents=(CERTIFICATE, BANKBOOK), effort_minutes=20),
            candidate("b", 2, documents=(BANKBOOK,), effort_minutes=15),
            candidate("c", 1, documents=(CERTIFICATE,), effort_minutes=None),
        ],
        {},
        [Occurrence(BORN, 0)],
        today=0,
    )[0]
    assert found.documents == (CERTIFICATE, BANKBOOK)
    assert (found.effort_minutes, found.effort_unstated) == (35, 1)
