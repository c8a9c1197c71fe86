"""The dials of worlds: every wrong key at once, what a file leaves alone, and the worlds that are here."""

import pytest

from data.synthetic import dials
from features.problem import Rejected


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(Rejected) as refused:
        dials.dials({"colour": 3, "pull": "strong", "parity": 7, "heard": True}, "bad")
    told = {(problem.path[-1], problem.code) for problem in refused.value.problems}
    assert {("colour", "unknown"), ("pull", "invalid"), ("parity", "range"), ("heard", "invalid")} <= told
    assert {("about", "missing"), ("looks", "missing")} <= told


def test_a_file_that_is_no_mapping_is_refused():
    with pytest.raises(Rejected):
        dials.dials([1, 2], "bad", dials.named("default"))


def test_a_world_turns_some_dials_and_leaves_the_others_as_in_the_default():
    default = dials.named("default")
    found = dials.dials({"about": "x", "pull": 2}, "mine", default)
    assert (found.pull, found.name, found.about) == (2.0, "mine", "x")
    assert (found.looks, found.heard) == (default.looks, default.heard)


@pytest.mark.parametrize("name", dials.worlds())
def test_every_world_that_is_here_can_be_read_and_says_what_it_is(name):
    found = dials.named(name)
    assert found.name == name
    assert len(found.about) > 40


def test_an_unknown_world_is_refused_with_the_nearest():
    with pytest.raises(Rejected, match="did you mean history"):
        dials.named("histroy")


def test_the_worlds_differ_from_each_other():
    turned = {name: tuple(getattr(dials.named(name), dial) for dial in dials.BOUNDS) for name in dials.worlds()}
    assert len(set(turned.values())) == len(turned)
