"""The private ranker beside its twin without noise, LightGBM and popularity, on a world that shares nothing with it.

Whether a person takes a programme up follows from random rules: up to two conditions on 25 attributes of the person, at
thresholds that no public bin knows, and one on the programme; hundreds of programmes, about 42 of them open to a
person, 1.55 take-ups a list, fewer further down. Fresh programmes are judged too, which were never shown. NDCG@5
against true probabilities, on people not learned from. One person is one unit; epsilon is 1, delta a millionth. With
`world` it is a named world of data/worlds instead, of 99 programmes (`research.private_worlds`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from features.arrays import Float32, Float64, Int32
from features.problem import Problem, Rejected
from privacy.learning.noise import secure
from recommender.ranking.attributes import NUMBERS as FIGURES
from recommender.ranking.attributes import BoundArrays, ProgrammeAttributes
from recommender.ranking.bilinear import AttributeScaler
from recommender.ranking.bins import Bins, Slot, paired
from recommender.ranking.class_share import RARE_YES
from recommender.ranking.programme_fit import Fits
from research import private_worlds
from research.bench_world import CHOICES, COLUMNS, GROUPS, NUMBERS, PROGRAMMES, TEXT, YES_NO, BenchWorld, sigmoid
from research.shown_lists import Offers, Shown
from research.tuned_forest import TunedForest, tuned
from training.measures import ndcg
from training.rankers.bilinear_arrays import Sample
from training.rankers.first_release import PLACES, released_start
from training.rankers.models import PooledForest
from training.rankers.private_bilinear import PrivateBilinear
from training.rankers.private_ranker import estimator, space_of
from training.rankers.schedules import Learner, TrainingPlan, plan
from training.rankers.shrinkage import shrunk

Tell = Callable[[str], None]

UNITS: Final = 10_000
EPSILONS: Final = ("0.25", "0.5", "1", "2", "4", "8")
SIZES: Final = (3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
DELTA: Final = Decimal("0.000001")
SEED: Final = 20_261_122  # not the world that the plans were made in
HELD_OUT: Final = 4_000
FOREST_PEOPLE: Final = 10_000
"""LightGBM is not run beside more people than that: to tune it takes minutes of processor time already."""
CURVE_PEOPLE: Final = 30_000
"""The curve over epsilon is drawn at so many people at most."""
TAGS: Final = ("category", "form", "level", "asks")
"""What the world's four groups of tags count as, to the scales of a plan."""


def measure(
    progress: Tell, units: int | None = None, pictures: Path | None = None, world: str | None = None,
    epsilon: str = "1", learner: Learner | None = None,
) -> Mapping[str, object]:  # fmt: skip
    """Run the benchmark; with a folder for pictures, also the curves over epsilon and over numbers of people.

    Args:
        progress: takes a line about what begins.
        units: how many people to learn from; of a named world, how many to make.
        pictures: where to draw the curves.
        world: a named world instead, or `all` of them.
        epsilon: what the private ranker may cost.
        learner: which other one to learn beside it, in named worlds.

    Raises:
        Rejected: curves of a named world were asked for, which are not drawn, or another learner without one.
    """
    if world is None and learner is not None:
        what = "is compared in named worlds only"
        raise Rejected([Problem(("--learner",), "conflict", what, "Give --world NAME, or --world all, too")])
    if world is None:
        return _in_large_catalogue(progress, units or UNITS, pictures, epsilon)
    if pictures is not None:
        remedy = "Leave out --pictures, or --world"
        raise Rejected([Problem(("--pictures",), "conflict", "are not drawn of a named world", remedy)])
    asked = private_worlds.asked(Decimal(epsilon), DELTA)
    return private_worlds.measure(progress, world, units or private_worlds.PEOPLE, asked, learner)


def _in_large_catalogue(progress: Tell, units: int, pictures: Path | None, epsilon: str) -> Mapping[str, object]:
    """The benchmark's own world, of 800 programmes."""
    progress(f"drawing {units:,} people and what they were shown")
    world = BenchWorld(SEED)
    learned = world.shown(units, 1)
    held_out = {"warm": world.shown(HELD_OUT, 2), "fresh": world.shown(HELD_OUT, 3, fresh=True)}
    planned = plan(units, Decimal(epsilon), DELTA, PROGRAMMES)
    ours = _timed(progress, f"private steps at epsilon {epsilon}", lambda: fitted(learned, world, planned))
    twin = _timed(progress, "the same steps without noise", lambda: fitted(learned, world, planned.without_noise()))
    orders = {
        "proffer": of_ranker(ours.made, world),
        "without noise": of_ranker(twin.made, world),
        "popularity": of_popularity(learned),
        "reachable": of_reachable(world),
    }
    seconds = {"proffer": ours.seconds, "twin": twin.seconds}
    settings: Mapping[str, object] | None = None
    if units <= FOREST_PEOPLE:
        peer = _timed(progress, "LightGBM", lambda: forest(learned, world, progress))
        orders["lightgbm"], settings = of_forest(peer.made.made, world), peer.made.settings
        seconds["forest"] = peer.seconds
    found = {name: {kind: judged(order, one) for kind, one in held_out.items()} for name, order in orders.items()}
    document = _document(units, epsilon, found, seconds) | {"lightgbm_settings": settings and dict(settings)}
    if pictures is None:
        return document
    known = {(units, epsilon): {name: found[name]["warm"] for name in ("proffer", "without noise", "popularity")}}
    curves = Curves(world, learned, held_out["warm"], progress, known).drawn()
    _pictures(Path(pictures), curves, min(units, CURVE_PEOPLE))
    return {**document, "curves": curves}


@dataclass(frozen=True)
class _Timed:
    made: Any
    seconds: float


def _timed(progress: Tell, what: str, work: Callable[[], Any]) -> _Timed:
    progress(what)
    begun = time.process_time()
    return _Timed(work(), time.process_time() - begun)


def _document(
    units: int, epsilon: str, found: Mapping[str, Mapping[str, float]], seconds: Mapping[str, float]
) -> dict[str, object]:
    warm = {name: one["warm"] for name, one in found.items()}
    peers = {name: value for name, value in warm.items() if name != "proffer"}
    return {
        "name": "private",
        "work": f"NDCG@5 at epsilon {epsilon}, delta {DELTA}, from {units:,} people; {HELD_OUT:,} others judged",
        "unit": "NDCG@5",
        "ours": warm["proffer"],
        "peers": peers,
        "ratio": {name: warm["proffer"] / value for name, value in peers.items()},
        "equal_results": True,
        "fresh": {name: one["fresh"] for name, one in found.items()},
        "gap_closed": (warm["proffer"] - warm["popularity"]) / (warm["reachable"] - warm["popularity"]),
        "processor_seconds": dict(seconds),
        "cost_of_privacy": seconds["proffer"] / seconds["twin"],
        "seed": SEED,
    }


# --- the contenders --------------------------------------------------------------------------------------------------


def bins() -> Bins:
    """What is public of people: fifths of every number, choices, yes or no, and in pairs what parts them evenly."""
    numbers = [Slot(f"number {at}", (20, 40, 60, 80), ordered=True) for at in range(NUMBERS)]
    choices = [Slot(f"choice {at}", tuple(range(1, many)), ordered=False) for at, many in enumerate(CHOICES)]
    said = [Slot(f"yes {at}", (1,), ordered=False, share=(1 - RARE_YES, RARE_YES)) for at in range(YES_NO)]
    slots = (*numbers, *choices, *said)
    return Bins(slots, paired(slots, {slot.column for slot in slots}))


def bins_of(shown: Shown) -> Int32:
    """The bins of all people, as `recommender.ranking.bins.Bins` numbers them."""
    found = bins()
    out = np.zeros((len(shown.values), 1 + COLUMNS), dtype=np.int32)
    for at, (slot, start) in enumerate(zip(found.slots, found.starts, strict=False)):
        read = shown.values[:, at] * (100 if at < NUMBERS else 1)
        place = np.searchsorted(np.array(slot.cuts), read, side="right")
        out[:, at + 1] = start + np.where(shown.known[:, at], place, slot.classes + 1)
    return found.with_pairs(out)


def attributes_of(offers: Offers) -> ProgrammeAttributes:
    """What is public of programmes, as the ranker reads a catalogue: numbers, tags, text; no rule and no life event."""
    none, starts = np.zeros(0, dtype=np.int64), np.zeros(PROGRAMMES + 1, dtype=np.int64)
    unsaid = np.full(PROGRAMMES, np.nan)
    numbers = np.zeros((PROGRAMMES, len(FIGURES)))
    numbers[:, : offers.numbers.shape[1]] = offers.numbers
    tags = tuple(f"{name}={at}" for name, size in zip(TAGS, GROUPS, strict=True) for at in range(size))
    return ProgrammeAttributes(
        ids=tuple(map(str, range(PROGRAMMES))), codes=np.arange(PROGRAMMES),
        names=(*FIGURES, *tags, *(f"text.{at}" for at in range(TEXT))),
        values=np.concatenate([numbers, offers.tags, offers.text], axis=1).astype(np.float32),
        asks=BoundArrays(starts, none, none, none, none.astype(np.bool_)), trigger_at=starts, trigger=none,
        amount=unsaid, within=unsaid, closes=unsaid,
    )  # fmt: skip


class BenchFit(NamedTuple):
    """A ranker, and how it reads programmes."""

    ranker: PrivateBilinear
    reading: AttributeScaler


def fitted(shown: Shown, world: BenchWorld, planned: TrainingPlan) -> BenchFit:
    """The ranker as it ships, learned from one list of each unit; nobody says what was noticed, so take-up tells."""
    every, noise = np.arange(shown.list_at.size), secure()
    place = np.minimum(np.rint(np.expm1(shown.place)), PLACES - 1).astype(np.int32)
    sample = Sample(every, shown.list_at, bins_of(shown), shown.programme, shown.label, place, shown.label)
    offered = attributes_of(world.warm)
    reading = AttributeScaler.fit(offered, planned.row.blocks, planned.row.indicator)
    space = space_of(bins(), reading, offered, Fits.none(PROGRAMMES), planned)
    start = released_start(sample, PLACES, offered, planned.first, noise, planned.row.weighing)
    ranker = estimator(planned, threads=2).fit(sample, space.beside_shown(start), noise, start)
    return BenchFit(shrunk(ranker, planned.row), reading)


Order = Callable[[Shown], Float64]


def of_ranker(learned: BenchFit, world: BenchWorld) -> Order:
    """Its scores; of fresh programmes without effects of their own."""
    ranker, reading = learned

    def scores(shown: Shown) -> Float64:
        points = ranker.points()
        points[0] += ranker.start_.base
        if shown.fresh:
            weights = ranker.space_.of_plain(ranker.weights_.cross)
            points = ranker.space_.code.matrix() @ weights @ reading.of(attributes_of(world.fresh)).T
        each = sum(points[column] for column in bins_of(shown).T)
        return np.asarray(each)[shown.owner, shown.programme]

    return scores


def _table(shown: Shown, world: BenchWorld, place: bool) -> Float32:
    offers = world.fresh if shown.fresh else world.warm
    values = np.where(shown.known, shown.values, np.float32(np.nan))
    seen = (shown.place if place else np.zeros(shown.place.size)).astype(np.float32)[:, None]
    return np.concatenate([values[shown.owner], offers.table()[shown.programme], seen], axis=1)


def forest(shown: Shown, world: BenchWorld, progress: Tell) -> TunedForest:
    """LightGBM on one row per person and programme: every attribute of both, and the place, tuned on some of them."""
    return tuned(_table(shown, world, place=True), shown.label, shown.owner, told=progress)


def of_forest(trees: PooledForest, world: BenchWorld) -> Order:
    """Its scores, everything in first place."""
    return lambda shown: trees.decision_function(_table(shown, world, place=False))


def of_popularity(learned: Shown) -> Order:
    """How often of its showings each programme was taken up."""
    taken = np.bincount(learned.programme, weights=learned.label, minlength=PROGRAMMES)
    rate = taken / np.maximum(np.bincount(learned.programme, minlength=PROGRAMMES), 1)
    return lambda shown: np.zeros(shown.programme.size) if shown.fresh else rate[shown.programme]


def of_reachable(world: BenchWorld, draws: int = 32) -> Order:
    """True probabilities averaged over what is not known of a person: the best that an order could reach, about."""

    def scores(shown: Shown) -> Float64:
        found = np.zeros(shown.programme.size)
        for values in world.filled(shown, draws):
            wish = world.wishes(values, world.fresh if shown.fresh else world.warm)[0]
            found += sigmoid(wish[shown.owner, shown.programme].astype(np.float64) + world.base)
        return found / draws

    return scores


def judged(order: Order, shown: Shown) -> float:
    """The mean NDCG@5 against true probabilities."""
    return float(ndcg(shown.owner, order(shown), shown.truth)[1].mean())


# --- curves ----------------------------------------------------------------------------------------------------------

Curve = dict[str, dict[str, float]]
"""Epsilon or the number of people -> what people are ordered by -> NDCG@5."""


@dataclass
class Curves:
    """The ranker as learned at any epsilon from the first so many people; nothing is learned twice.

    Attributes:
        world: what is learned about.
        learned: whose answers to learn from.
        held_out: whom to judge on.
        progress: hears what is being done.
        known: (people, epsilon) -> NDCG@5 by each order, as far as it was measured before.
    """

    world: BenchWorld
    learned: Shown
    held_out: Shown
    progress: Tell
    known: dict[tuple[int, str], dict[str, float]]
    twins: dict[tuple[int, float, float], float] = field(default_factory=dict)

    def drawn(self) -> dict[str, Curve]:
        """Over epsilon, and over sizes up to the size learned from at epsilon 1."""
        units = self.learned.list_at.size - 1
        people = min(units, CURVE_PEOPLE)
        return {
            "epsilon": {epsilon: self.at(people, epsilon) for epsilon in EPSILONS},
            "units": {str(size): self.at(size, "1") for size in SIZES if size <= units},
        }

    def at(self, size: int, epsilon: str) -> dict[str, float]:
        """NDCG@5 of each order."""
        if (size, epsilon) not in self.known:
            self.progress(f"{size:,} people at epsilon {epsilon}")
            some, planned = self.learned.first(size), plan(size, Decimal(epsilon), DELTA, PROGRAMMES)
            twin = size, planned.row.signal, planned.rate  # nothing else of a twin hangs on epsilon
            if twin not in self.twins:
                self.twins[twin] = self.judged(some, planned.without_noise())
            orders = {"proffer": self.judged(some, planned), "without noise": self.twins[twin]}
            self.known[size, epsilon] = orders | {"popularity": judged(of_popularity(some), self.held_out)}
            self.progress(f"{size:,} people at epsilon {epsilon}: {self.known[size, epsilon]}")
        return self.known[size, epsilon]

    def judged(self, some: Shown, planned: TrainingPlan) -> float:
        """What a plan reaches."""
        return judged(of_ranker(fitted(some, self.world, planned), self.world), self.held_out)


def _pictures(folder: Path, curves: Mapping[str, Curve], people: int) -> None:
    """Draw both curves, over epsilon at so many people and over people, beside popularity and what noise costs."""
    from training.evaluation.pictures import curve_picture

    folder.mkdir(parents=True, exist_ok=True)
    told = {
        (over, order): {float(at): found[order] for at, found in curve.items()}
        for over, curve in curves.items() for order in ("proffer", "without noise", "popularity")
    }  # fmt: skip
    level = {"popularity": list(told["epsilon", "popularity"].values())[-1]}
    twins = {over: {"the same without noise": told[over, "without noise"]} for over in curves}
    title, across = f"What does privacy cost, at {people:,} people?", "epsilon (delta one in a million)"
    (folder / "epsilon.png").write_bytes(
        curve_picture(told["epsilon", "proffer"], level, across, title, twins["epsilon"])
    )
    title, across = "How many people make up for the noise, at epsilon 1?", "people learned from"
    (folder / "units.png").write_bytes(curve_picture(told["units", "proffer"], level, across, title, twins["units"]))
