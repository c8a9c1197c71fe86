"""The one way to make recommendations: people and a compiled catalogue in, ordered and explained offers out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from features.problem import Problem, Rejected
from features.snapshot import Snapshots
from recommender.offers.beside import (
    APART,
    RECEIVED,
    Alternative,
    alternative,
    apart_from,
    ending_notice,
    notices_of,
)
from recommender.offers.bundle import Bundle, Candidate, bundles
from recommender.offers.exploration import CERTAIN, OrderedOffer, explored, propensities
from recommender.offers.offer_arrays import PersonWindows, offer_arrays
from recommender.offers.other_applicant import for_other_applicants, unasked_kinds
from recommender.offers.person_arrays import StackedPeople
from recommender.offers.person_sums import PersonSum, PersonSums, child_keys
from recommender.offers.recommendation import Recommendation, Recommendations, traced_in
from recommender.offers.utility import UtilityInputs, UtilityWeights, Weighed, weigh
from recommender.ranking.scorer import Pairs
from recommender.rules.clause import Answer
from recommender.rules.like_verdicts import like_verdicts
from recommender.rules.look_ahead import ahead
from recommender.rules.verdict import Verdict, Verdicts
from recommender.rules.window import CLOSED

if TYPE_CHECKING:
    from recommender.offers.exploration import ExplorationPolicy
    from recommender.offers.order_correction import OrderCorrection
    from recommender.ranking.attributes import ProgrammeAttributes
    from recommender.ranking.scorer import Scorer
    from recommender.rules.compiled import Compiled
    from recommender.rules.look_ahead import Ahead
    from recommender.rules.person import Person
    from recommender.rules.programme import Programme
    from recommender.rules.question_form import Question
    from recommender.text import Text

__all__ = ["Ranker", "batch", "recommend"]


@dataclass(frozen=True)
class Ranker:
    """What decides the order: a scorer with the catalogue as it reads it, the weights, and what to call the model.

    `fingerprint` is the hash of the model's manifest, which lists the hashes of its files. `correction` adds to the
    utility, so that groups are reached alike; it was chosen for the order of a model, and goes with one. By
    `exploration` chance orders near-ties on the days it names.
    """

    weights: UtilityWeights = field(default_factory=UtilityWeights)
    scorer: Scorer | None = None
    attributes: ProgrammeAttributes | None = None
    model: Mapping[str, object] | None = None
    fingerprint: str | None = None
    correction: OrderCorrection | None = None
    exploration: ExplorationPolicy | None = None

    def explores(self, day: int) -> ExplorationPolicy | None:
        """By what chance orders near-ties on a day, in days since 1970-01-01; None where by nothing."""
        policy = self.exploration
        return policy if policy is not None and policy.first <= day <= policy.last else None

    def likelihoods(self, people: Snapshots, pairs: Pairs) -> Float64 | None:
        """P(takes up | offered) of each pair, float64[m], or None without a model.

        Raises:
            Rejected: the model answers with something that is not a probability.
        """
        if self.scorer is None or self.attributes is None:
            return None
        found = self.scorer.score(people, self.attributes, pairs).probability
        if found.shape != pairs.programme.shape or not bool(np.all((found >= 0) & (found <= 1))):
            remedy = "Train it again, or use --model none"
            raise Rejected([Problem(("model",), "invalid", "does not answer with probabilities", remedy)])
        return found

    def corrected(self, people: Snapshots, pairs: Pairs, compiled: Compiled) -> Int64 | None:
        """What is added to the utility of each pair so that groups are reached alike, in steps; None for nothing."""
        return None if self.correction is None else self.correction.steps(people, pairs, compiled)


def recommend(
    compiled: Compiled, person: Person, ranker: Ranker, k: int | None = None, asks: Sequence[Question] = ()
) -> Recommendations:
    """Recommend to one person: `batch` of one, with the questions to ask next.

    Raises:
        Rejected: the ranker's model answers with something that is not a probability.
    """
    return replace(batch([person], compiled, ranker, k)[0], asks=tuple(asks))


def batch(
    people: Sequence[Person], compiled: Compiled, ranker: Ranker, k: int | None = None, *, beside: bool = True
) -> tuple[Recommendations, ...]:
    """Recommend to each person what the rules do not exclude, the most useful first.

    The programmes that can be recommended depend on the rules, on what the person receives and on the day; the ranker
    only orders them, and `k` only says how many are shown. `beside` says whether it is told, too, what else there is
    than what can be recommended: what is received, kept apart by that, for others, soon or closed.

    Raises:
        Rejected: the ranker's model answers with something that is not a probability.
        ValueError: a snapshot has other columns than the catalogue was compiled for.
    """
    if not people:
        return ()
    weighed = _weighed(people, compiled, ranker)
    found = (_of_person(weighed, i, compiled, ranker, k) for i in range(len(people)))
    return tuple(_with_beside(one, weighed, i, compiled) if beside else one for i, one in enumerate(found))


@dataclass(frozen=True, eq=False)
class _WeighedOffers:
    """What can be offered to n people of P programmes, as arrays.

    Attributes:
        people: whom.
        known: their columns.
        windows: every programme's window as each person stands to it.
        answers: int8[n, P] of Answer.
        held: whether the person receives it, bool[n, P].
        closed: whether its window has closed, bool[n, P].
        beside: for each person the programmes that cannot be held with what the person holds, with the ids of that.
        pairs: what can be offered, m rows of (person, programme), by person.
        starts: where each person's rows begin, int64[n + 1].
        children: what sums can tell apart of each person's children, int64[n]; None where it takes more to tell.
        weighed: the utility of each row.
        sums: what each row comes to, int64[m, 4] as of `PairSums.told`; None where that is worked out when it is told.
        verdicts: of each row, None of one person, of whom those shown alone are explained.
    """

    people: Sequence[Person]
    known: Snapshots
    windows: Sequence[PersonWindows]
    answers: Int8
    held: Bool
    closed: Bool
    beside: Sequence[Mapping[int, tuple[str, ...]]]
    pairs: Pairs
    starts: Int64
    children: Int64 | None
    weighed: Weighed
    sums: Int64 | None = None
    verdicts: Sequence[Verdict] | None = None

    def children_of(self, i: int) -> Int64 | None:
        """What sums can tell apart of one person's children, int64[1]."""
        return None if self.children is None else self.children[i : i + 1]


def _weighed(people: Sequence[Person], compiled: Compiled, ranker: Ranker) -> _WeighedOffers:
    table, stacked = offer_arrays(compiled), StackedPeople.of(people, compiled)
    known, answers = stacked.known, compiled.offerable(stacked.known.values, stacked.applicants, stacked.known.members)
    windows = [
        table.windows_of(person.occurrences, {name: person.snapshot.value(name) for name in table.states})
        for person in people
    ]
    closed, held = np.stack([one.closed for one in windows]), stacked.held()
    beside = [apart_from(compiled.catalogue, person.held) for person in people]
    apart = np.zeros_like(held)
    for i, places in enumerate(beside):
        apart[i, list(places)] = True
    pairs = Pairs.permitted(((answers != Answer.NO) & ~held & ~closed & ~apart).astype(np.int8))
    starts = np.searchsorted(pairs.person, np.arange(len(people) + 1))
    left, children = np.stack([one.days_left for one in windows]), child_keys(known, compiled)
    likely, sums = stacked.chances(answers), stacked.sums(pairs, children)
    said = None  # of one person those that are shown are explained
    if len(people) > 1:
        said = like_verdicts(compiled, known, stacked.applicants, answers, pairs.person, pairs.programme)
    inputs = UtilityInputs(
        likelihood=ranker.likelihoods(known, pairs),
        amount=sums.ordered,
        gives=table.gives[pairs.programme],
        chance=likely[pairs.person, pairs.programme],
        days_left=left[pairs.person, pairs.programme],
        unlocks=stacked.opened(answers, pairs),
        effort_minutes=table.effort_minutes[pairs.programme],
        corrected=ranker.corrected(known, pairs, compiled),
    )
    return _WeighedOffers(
        people, known, windows, answers, held, closed, beside, pairs, starts, children,
        weigh(inputs, ranker.weights), sums.told, said,
    )  # fmt: skip


def _of_person(offers: _WeighedOffers, i: int, compiled: Compiled, ranker: Ranker, k: int | None) -> Recommendations:
    """What can be recommended to a person."""
    person, (begin, end) = offers.people[i], offers.starts[i : i + 2].tolist()
    shown = tuple(_shown(offers, i, compiled, k, ranker.explores(compiled.day)))
    return Recommendations(
        day=compiled.day,
        total=end - begin,
        shown=shown,
        bundles=_bundled(offers, i, compiled),
        already=(),
        alternatives=(),
        other_applicants=(),
        not_asked=unasked_kinds(compiled, person.applicant),
        upcoming=(),
        messages=compiled.messages,
        known_from=traced_in(shown, person.known.origins),
        closed=(),
        asks=(),
        events={name: event.title for name, event in compiled.declaration.events.items()},
        model=ranker.model if ranker.scorer is not None else None,
        barred=_barred(offers, i, compiled),
        exploration=ranker.explores(compiled.day),
    )


def _shown(
    offers: _WeighedOffers, i: int, compiled: Compiled, k: int | None, policy: ExplorationPolicy | None
) -> Iterator[Recommendation]:
    """The first `k` recommendations of a person."""
    table, programmes, person = offer_arrays(compiled), compiled.catalogue.programmes, offers.people[i]
    begin, end = offers.starts[i : i + 2].tolist()
    places, likelihoods, said = offers.pairs.programme[begin:end], offers.weighed.inputs.likelihood, offers.verdicts
    order = np.lexsort((table.id_rank[places], -offers.weighed.total[begin:end]))
    members = offers.known.members[i : i + 1]
    verdicts = Verdicts(compiled, offers.answers[i], offers.known.values[i], person.applicant, members)
    chances: list[int] = []
    if policy is not None:
        order, chances = _drawn(offers, i, policy, verdicts, begin + order)
    order = order[:k]
    found = None if offers.sums is None else offers.sums[begin + order]
    sums = PersonSums(compiled, person, places[order], offers.children_of(i), found)
    for rank, (row, place) in enumerate(zip((begin + order).tolist(), places[order].tolist(), strict=True), start=1):
        programme, likelihood = programmes[place], None if likelihoods is None else float(likelihoods[row])
        yield Recommendation(
            rank, programme, verdicts.explain(place) if said is None else said[row], likelihood,
            offers.weighed.utility(row), table.window(place, offers.windows[i]), PersonSum(sums, place),
            compiled.messages, notices_of(programme, person.held, compiled), chances[rank - 1] if chances else None,
        )  # fmt: skip


def _drawn(
    offers: _WeighedOffers, i: int, policy: ExplorationPolicy, verdicts: Verdicts, rows: Int64
) -> tuple[Int64, list[int]]:
    """A person's rows as chance orders them, from the person's first, and the propensity of each place (millionths)."""
    table, programmes = offer_arrays(verdicts.compiled), verdicts.compiled.catalogue.programmes
    found = []
    for row in rows[: policy.places].tolist():
        place = int(offers.pairs.programme[row])
        verdict, window = verdicts.explain(place), table.window(place, offers.windows[i])
        alike = int(verdict.answer), bool(verdict.missing)
        steps = int(offers.weighed.total[row])
        found.append(OrderedOffer(table.ids[place], steps, policy.moves(programmes[place], window), alike))
    order = explored(policy, offers.people[i], verdicts.compiled.day, found)
    chances = propensities(policy, found, order) + [CERTAIN] * (rows.size - len(found))
    rows = rows - offers.starts[i]
    return np.concatenate([rows[np.array(order, np.int64)], rows[len(found) :]]), chances


def _barred(offers: _WeighedOffers, i: int, compiled: Compiled) -> dict[str, str]:
    """Why each programme that the rules do not exclude cannot be offered; the first that applies."""
    ids, permitted = offer_arrays(compiled).ids, offers.answers[i] != Answer.NO
    found = {ids[at]: CLOSED for at in np.flatnonzero(permitted & offers.closed[i]).tolist()}
    found |= {ids[at]: APART for at in offers.beside[i] if permitted[at]}
    return found | {ids[at]: RECEIVED for at in np.flatnonzero(permitted & offers.held[i]).tolist()}


def _with_beside(found: Recommendations, offers: _WeighedOffers, i: int, compiled: Compiled) -> Recommendations:
    """The same with what else there is than what can be recommended."""
    table, programmes, person = offer_arrays(compiled), compiled.catalogue.programmes, offers.people[i]
    gone = [compiled.catalogue.index[name] for name, why in found.barred.items() if why == CLOSED]
    return replace(
        found,
        already=_already(offers, i, compiled),
        alternatives=_alternatives(offers, i, compiled),
        other_applicants=for_other_applicants(person, compiled, table.offered_on),
        upcoming=_upcoming(offers, i, compiled),
        closed=tuple((programmes[at], table.window(at, offers.windows[i])) for at in sorted(gone)),
    )


def _already(offers: _WeighedOffers, i: int, compiled: Compiled) -> tuple[tuple[Programme, Text | None], ...]:
    """What a person receives, and what has ended for good and is followed by something, with a notice on that."""
    catalogue, permitted = compiled.catalogue, offers.answers[i] != Answer.NO
    found = []
    for place in np.flatnonzero(offers.held[i]).tolist():
        programme = catalogue.programmes[place]
        followers = [name for name in catalogue.followers.get(programme.id, ()) if name in catalogue.index]
        notice = ending_notice(programme, followers, compiled)
        if permitted[place] or (notice is not None and followers):
            found.append((programme, notice))
    return tuple(found)


def _alternatives(offers: _WeighedOffers, i: int, compiled: Compiled) -> tuple[Alternative, ...]:
    """What the rules do not exclude and what cannot be held with something the person holds."""
    catalogue, person = compiled.catalogue, offers.people[i]
    places = [place for place in sorted(offers.beside[i]) if _may_be_told(offers, i, place)]
    return tuple(
        alternative(catalogue.programmes[place], Answer(int(offers.answers[i, place])), names, person, compiled)
        for place in places
        for names in (offers.beside[i][place],)
    )


def _upcoming(offers: _WeighedOffers, i: int, compiled: Compiled) -> tuple[Ahead, ...]:
    """What a birthday soon opens to a person who holds neither it nor what excludes it, its window not being over."""
    person = offers.people[i]
    found = ahead(compiled, offers.known.values[i], person.snapshot.members, person.applicant, offers.answers[i])
    apart = {*np.flatnonzero(offers.held[i] | offers.closed[i]).tolist(), *offers.beside[i]}
    return tuple(one for one in found if one.place not in apart)


def _may_be_told(offers: _WeighedOffers, i: int, place: int) -> bool:
    return bool(offers.answers[i, place] != Answer.NO and not offers.closed[i, place])


def _bundled(offers: _WeighedOffers, i: int, compiled: Compiled) -> tuple[Bundle, ...]:
    """Bundle what can be offered to a person on the life events that happened to them."""
    table, person = offer_arrays(compiled), offers.people[i]
    happened = {occurrence.event for occurrence in person.occurrences} & table.offered_on.keys()
    if not happened:
        return ()
    begin, end = offers.starts[i : i + 2].tolist()
    row_of = dict(zip(offers.pairs.programme[begin:end].tolist(), range(begin, end), strict=True))
    apart = {place for place in offers.beside[i] if _may_be_told(offers, i, place)}
    offered = set().union(*(table.offered_places[event] for event in happened))
    places = sorted(place for place in offered if place in row_of or place in apart)
    runs_from = [*(window.event for window in offers.windows[i].personal), None]  # -1 is a window without an event
    utilities = [int(offers.weighed.total[row_of[place]]) if place in row_of else 0 for place in places]
    candidates = [
        Candidate(table.ids[place], utility, table.events_of[place], table.excludes[place], table.documents[place],
                  table.efforts[place], runs_from[int(table.personal_window[place])])
        for place, utility in zip(places, utilities, strict=True)
    ]  # fmt: skip
    excluding = compiled.catalogue.excluding
    held = {name: excluding.get(name, frozenset()) for name in sorted(person.held)}
    return bundles(candidates, held, person.occurrences, compiled.day)
