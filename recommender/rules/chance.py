"""Chance: how likely a person is to meet the rules that are still open, by public shares of people like that.

It orders, and does nothing else: no answer, no reason and no question is made of it. Nothing is inferred from or about
a sensitive fact: its share is that of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64, Int8, Int64
from features.calendar import date_of
from features.declaration.vocabulary import STATED, Circumstance, CommonAnswer, Fact
from features.log.event import Event
from features.log.history import history_of
from features.log.statement import accepts_fact
from features.log.versions import FOREVER
from features.members import Members, nobody
from features.snapshot import Snapshots, snapshots
from features.value import UNKNOWN, is_known
from recommender.rules.chance_kernel import Priors, fill_chances
from recommender.rules.clause import RECEIVES, Answer
from recommender.rules.guess import RECEIVES_SHARE, choices
from recommender.rules.member_chance import ListedShare, counted_shares

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["MOST", "FactPrior", "assembled", "chances", "counted_of", "inside", "priors_of"]

MOST: Final = 0.99
"""What is still open is never certain."""
_RECEIPT: Final = (CommonAnswer(True, RECEIVES_SHARE), CommonAnswer(False, 100 - RECEIVES_SHARE))


@dataclass(frozen=True, eq=False)
class FactPrior:
    """One prior over the answers to a question, as what the columns that follow from it hold.

    Attributes:
        when: what must be known for it to count.
        columns: the columns, places.
        values: int64[answers, columns].
        weights: float64[answers], adding up to 1.
        listed: what it says of members; None where it lists nobody.
        closing: the share of people of whom a column that can close a list does not, by the column.
    """

    when: tuple[Circumstance, ...]
    columns: tuple[int, ...]
    values: Int64
    weights: Float64
    listed: ListedShare | None = None
    closing: Mapping[int, float] = field(default_factory=dict)


def chances(compiled: Compiled, known: Int64, applicant: int, answers: Int8, members: Members | None = None) -> Float64:
    """Return how likely one person is to meet each programme, float64[P]: 1 for a yes, 0 for a no.

    Args:
        compiled: the rules of the day.
        known: the person's columns, int64[F].
        applicant: bit mask of KINDS.
        answers: what the rules say, int8[P].
        members: who belongs to the person; None where nothing is known of that.
    """
    found = np.zeros(len(answers), dtype=np.float64)
    if bool(np.any(answers == Answer.UNKNOWN)):
        row = dict(zip(compiled.columns, known.tolist(), strict=True))
        chosen = choices(priors_of(compiled), compiled, row)
        starts, values, weights = assembled(compiled, chosen)
        region = int(known[compiled.region_columns[0]]) if compiled.region_columns.size else UNKNOWN
        plan = compiled.last_known
        room = np.empty(len(plan.atoms) + len(plan.ops), dtype=np.float64)
        counted = counted_of(compiled, known, chosen, members)
        priors = Priors(starts, values, weights, inside(compiled, region), counted)
        fill_chances(plan, compiled.rows(known[None, :], applicant, members), priors, room, found)
        np.minimum(found, MOST, out=found)
    found[answers == Answer.YES] = 1.0
    found[answers == Answer.NO] = 0.0
    return found


def counted_of(compiled: Compiled, known: Int64, chosen: tuple[int, ...], members: Members | None) -> Float64:
    """Return for each comparison how likely it is to hold where it counts members, by the priors that count."""
    home = compiled.declaration.household
    mine = nobody(1, len(home.relations) if home else 0) if members is None else members
    priors = [priors[place] for priors, place in zip(priors_of(compiled), chosen, strict=True)]
    lists = [prior.listed for prior in priors if prior.listed is not None]
    closing = {column: share for prior in priors for column, share in prior.closing.items()}
    return counted_shares(compiled, known, mine, lists, closing)


@lru_cache(maxsize=8)
def priors_of(compiled: Compiled) -> tuple[tuple[FactPrior, ...], ...]:
    """Return the priors of every fact that some rule rests on, the conditional ones first."""
    facts, read = compiled.declaration.facts, {compiled.columns[place] for place in compiled.columns_read}
    asked = {ask for name in read if name in facts for ask in facts[name].asks}
    wanted = [fact for name, fact in facts.items() if name in asked and fact.stated and fact.type != "region"]
    listed = [[*((one.when, one.answers) for one in fact.given), ((), fact.answers)] for fact in wanted]
    told = _carried(compiled, [(fact, answer) for fact, rows in zip(wanted, listed, strict=True)
                               for _, answers in rows for answer in answers])  # fmt: skip
    home, begin = compiled.declaration.household, 0
    found = []
    for fact, rows in zip(wanted, listed, strict=True):
        columns = tuple(place for place, name in enumerate(compiled.columns)
                        if name in facts and fact.name in facts[name].asks)  # fmt: skip
        priors = []
        for when, answers in rows:
            chosen, begin = np.arange(begin, begin + len(answers)), begin + len(answers)
            values, weights = told.values[chosen][:, list(columns)], _shares(answers)
            mask = home.mask(fact.members) if home else 0
            share = ListedShare.of(compiled, mask, told.members[chosen], weights) if mask else None
            closing = _closing(compiled, columns, values, weights)
            priors.append(FactPrior(when, columns, values, weights, share, closing))
        found.append(tuple(priors))
    for name in read:
        if name.startswith(RECEIVES):
            held = np.array([[1], [0]], dtype=np.int64)
            found.append((FactPrior((), (compiled.columns.index(name),), held, _shares(_RECEIPT)),))
    return tuple(found)


def _closing(compiled: Compiled, columns: tuple[int, ...], values: Int64, weights: Float64) -> dict[int, float]:
    closers = {column: value for column, value, _ in compiled.last_known.closers.tolist()}
    return {
        column: 1 - float(weights @ (values[:, k] == closers[column]))
        for k, column in enumerate(columns)
        if column in closers and weights.size
    }


def _shares(answers: Sequence[CommonAnswer]) -> Float64:
    weights = np.array([answer.weight for answer in answers], dtype=np.float64)
    return weights / max(float(weights.sum()), 1.0)


def _carried(compiled: Compiled, answers: Sequence[tuple[Fact, CommonAnswer]]) -> Snapshots:
    """Return somebody of whom one answer is known, for each answer."""
    declaration = compiled.declaration
    t = declaration.zone.end_of_day(date_of(compiled.day))
    values = [(fact.name, answer.on(compiled.day)) for fact, answer in answers]
    stated = [  # an answer that lay before a fact's bounds then is not known of anybody
        Event(str(i), "prior", f"{i:09d}", STATED, t - 1, t - 1,
              {name: value} if accepts_fact(name, value, declaration, FOREVER) else {})
        for i, (name, value) in enumerate(values)
    ]  # fmt: skip
    receives = tuple(name.removeprefix(RECEIVES) for name in compiled.columns if name.startswith(RECEIVES))
    at, rows = np.full(len(stated), t, dtype=np.int64), np.arange(len(stated))
    return snapshots(declaration, history_of(stated, declaration), rows, at, receives)


@lru_cache(maxsize=1024)
def assembled(compiled: Compiled, chosen: tuple[int, ...]) -> tuple[Int64, Int64, Float64]:
    """Return the values that each column may hold and their weights, where these priors count."""
    of: dict[int, tuple[Int64, Float64]] = {}
    for priors, place in zip(priors_of(compiled), chosen, strict=True):
        prior = priors[place]
        of |= {column: (prior.values[:, k], prior.weights) for k, column in enumerate(prior.columns)}
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float64))
    each = [of.get(column, none) for column in range(len(compiled.columns))]
    starts = np.zeros(len(each) + 1, dtype=np.int64)
    np.cumsum([len(values) for values, _ in each], out=starts[1:])
    return starts, np.concatenate([values for values, _ in each]), np.concatenate([weights for _, weights in each])


@lru_cache(maxsize=1024)
def inside(compiled: Compiled, code: int) -> Float64:
    """Return for each set of regions the share of the people living in `code` (or anywhere) who live inside."""
    regions, relations, day = compiled.regions, compiled.plan.relations, compiled.day
    mine = regions.leaves(code, day) if is_known(code) else None
    people = np.zeros(len(compiled.region_codes), dtype=np.float64)
    place = {int(one): i for i, one in enumerate(compiled.region_codes.tolist())}
    for top, region in regions.by_code.items():
        if region.within is None and region.current(day):
            leaves = regions.leaves(top, day)
            for leaf in leaves if mine is None else leaves & mine:
                people[place[leaf]] += (region.people or len(leaves)) / len(leaves)
    within = people @ (relations[: len(people)] == int(Answer.YES))
    return np.asarray(within / max(float(people.sum()), 1e-9), dtype=np.float64)
