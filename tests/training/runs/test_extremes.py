"""Empty and extreme rows: each is refused in one sentence before a tree is grown, or works."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from features.log.history import history_of
from features.problem import Rejected
from privacy.gate import Gate
from recommender.rules.catalogue import Catalogue, catalogue
from recommender.rules.region import Regions
from tests.privacy.fixed_rows import FixedRows
from tests.training.conftest import _REGIONS, DAYS, START, _programme
from training.data.examples import LearningLog
from training.data.hold_out import HoldOut
from training.data.label_form import LabelForm
from training.rankers import forest_ranker
from training.rankers.forest_ranker import ForestSettings
from training.runs import exact_run
from training.runs.exact_run import train

pytestmark = pytest.mark.slow

QUICK = ForestSettings(rounds=20, min_leaf=20, threads=1)


def rows(material, events, **changed):
    log = LearningLog.of(history_of(events, material.declaration))
    return replace(material, gate=Gate(FixedRows(lambda _: log, len(events)), material.gate.provenance), **changed)


def only(events, *types):
    return [one for one in events if not one.type.startswith("benefit") or one.type in types]


def alike(material, _):
    """All of one category, form, provider and amount: no tag tells programmes apart."""
    same = [_programme(0) | {"id": f"toy.p{at}", "title": {"ko": "같음", "en": "Same"}} for at in range(8)]
    return replace(material, catalogue=catalogue([(f"p{at}", one) for at, one in enumerate(same)],
                                                 material.declaration, Regions.parse(_REGIONS)))  # fmt: skip


def alone(material, _):
    return replace(material, catalogue=Catalogue(material.catalogue.programmes[:1]))


def always_answered(material, events):
    """Every list has an answer, and there are more rows than are learned from."""
    answered = {one.id.rsplit("-", 2)[0] for one in events if one.type == "benefit.applied"}
    shown = [one for one in events if one.type == "benefit.shown" and one.id.rsplit("-", 1)[0] in answered]
    return rows(material, [*only(events, "benefit.applied"), *shown])


def recent(material, events):
    """Every showing is so young that an answer may still come."""
    last = max(one.time for one in events)
    return rows(material, events, end=last + 1, labels=LabelForm(within=DAYS * 4))


WORKS = {
    "no tags that differ": alike,
    "one programme": alone,
    "every list answered": always_answered,
    "by day": lambda material, _: replace(
        material, hold_out=HoldOut(since=material.declaration.zone.end_of_day(START + datetime.timedelta(days=150)))
    ),
}
REFUSED = {
    "nothing shown": (lambda material, events: rows(material, only(events, "benefit.applied")), "were shown anything"),
    "nothing applied": (lambda material, events: rows(material, only(events, "benefit.shown")), "nobody applied"),
    "everything applied": (
        lambda material, events: rows(material, everything(events)), "everybody applied in time"
    ),
    "nobody held out": (lambda material, _: replace(material, hold_out=HoldOut(10**9)), "nobody is held out"),
    "everybody held out": (
        lambda material, events: replace(material, hold_out=HoldOut(named=frozenset(one.subject for one in events))),
        "nobody is learned from",
    ),
    "one person": (
        lambda material, events: rows(material, [one for one in events if one.subject == "c0000001"]), "too few people"
    ),
    "no events at all": (lambda material, _: rows(material, []), "too few people"),
    "the whole log young": (recent, "nobody is held out"),
    "no programme": (lambda material, _: replace(material, catalogue=Catalogue(())), "too few people"),
    "nothing held": (
        lambda material, _: replace(material, labels=LabelForm("held", (), None, at=0)), "known to hold anything"
    ),
    "labels of a day whose answers are not in": (
        lambda material, _: replace(material, labels=LabelForm("granted", within=10**4, at=20_000)),
        "the log ends before",
    ),
    "a day before everything": (
        lambda material, _: replace(material, hold_out=HoldOut(since=1)), "nobody is learned from"
    ),
    "a day after everything": (lambda material, _: replace(material, hold_out=HoldOut(since=2**40)), "held out"),
}  # fmt: skip


def everything(events):
    shown = [one for one in events if one.type == "benefit.shown"]
    applied = [
        replace(one, id=f"{one.id}-all", type="benefit.applied", time=one.time + 9, recorded=one.recorded + 9,
                data={"programme": one.data["programme"]})
        for one in shown
    ]  # fmt: skip
    return [*only(events, "benefit.shown"), *applied]


@pytest.mark.parametrize("case", WORKS)
def test_what_is_extreme_and_can_be_learned_from_works(material, lives, case):
    trained = train(WORKS[case](material, lives[0]), replace(QUICK, most_rows=600))
    assert trained.report.observed.log_loss > 0
    assert trained.files("r", "now")["model.txt"]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_learned_from_is_refused_before_a_tree_is_grown(material, lives, case, monkeypatch):
    monkeypatch.setattr(exact_run, "learn", lambda *_, **__: pytest.fail("a tree was grown"))
    monkeypatch.setattr(forest_ranker.PooledForest, "fit", lambda *_, **__: pytest.fail("a tree was grown"))
    make, told = REFUSED[case]
    with pytest.raises(Rejected) as refusal:
        train(make(material, lives[0]), QUICK)
    (problem,) = refusal.value.problems
    assert told in problem.what
    assert problem.remedy
