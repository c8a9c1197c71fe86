"""Take-up by kind: every programme is of one kind, and each rate says where it is from."""

from data.synthetic.take_up_kinds import is_tested, kind_of, take_up_kinds


def test_every_programme_of_the_shipped_catalogue_is_of_a_kind(material):
    assert all(0 < kind_of(programme).rate < 1 for programme in material.catalogue.programmes)


def test_every_rate_says_where_it_is_from_and_an_assumption_that_it_is_one():
    for kind in take_up_kinds():
        assert kind.confirmed != any(word in kind.source for word in ("assumption", "recalled")), kind


def test_every_kind_is_the_kind_of_some_programme(material):
    met = {kind_of(programme).kind for programme in material.catalogue.programmes}
    assert met == {kind.kind for kind in take_up_kinds()}


def test_programmes_named_by_id_are_in_the_catalogue(material):
    ids = {programme.id for programme in material.catalogue.programmes}
    assert {one for kind in take_up_kinds() for one in kind.ids} <= ids


def test_a_test_of_means_is_told_from_none(material):
    by_id = {programme.id: programme for programme in material.catalogue.programmes}
    assert is_tested(by_id["kr.livelihood-benefit"])
    assert not is_tested(by_id["kr.child-allowance"])
