"""The private ranker beside its twin without noise, LightGBM and popularity, on a world that shares nothing with it.

Whether a person takes a programme up follows from random rules: up to two conditions on 25 attributes of the person, at
thresholds that no public bin knows, and one on the programme; hundreds of programmes, about 42 of them open to a
person, 1.55 take-ups a list, fewer further down. Fresh programmes are judged too, which were never shown. NDCG@5
against true probabilities, on people not learned from. One person is one unit; epsilon is 1, delta a millionth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from features.arrays import Array, Bool, Float32, Float64, Int32
from privacy.learning.noise import secure
from recommender.ranking.bins import Bins, Slot
from recommender.ranking.programme_fit import Fits
from research.shown_lists import Condition, Offers, Shown
from research.tuned_forest import TunedForest, tuned
from training.measures import ndcg
from training.rankers.bilinear_arrays import FeatureMap, Sample
from training.rankers.first_release import PLACES, released_start
from training.rankers.models import PooledForest
from training.rankers.private_bilinear import PrivateBilinear
from training.rankers.private_ranker import Scales, code_of, estimator
from training.rankers.schedules import TrainingPlan, plan

Tell = Callable[[str], None]

UNITS: Final = 10_000
EPSILONS: Final = ("0.25", "0.5", "1", "2", "4", "8")
SIZES: Final = (3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
DELTA: Final = Decimal("0.000001")
SEED: Final = 20_261_122  # not the world that the plans were made in
FOREST_PEOPLE: Final = 300_000
"""LightGBM learns from so many people at most: the table of a million would not fit into memory."""
CURVE_PEOPLE: Final = 100_000
"""The curve over epsilon is drawn at so many people at most."""

PROGRAMMES, RULES, ASKED = 800, 300, 60
NUMBERS, CHOICES, YES_NO = 14, (3, 4, 5, 6, 3, 4), 5
GROUPS: Final = (12, 6, 8, 10)  # category, form, provider, axes that the rules ask about
TEXT, HELD_OUT, ELIGIBLE, TAKEN, TIRING = 16, 4_000, 42.0, 1.55, 0.08
_COLUMNS, _BLOCK = NUMBERS + len(CHOICES) + YES_NO, 4_000


def measure(
    progress: Tell, units: int = UNITS, pictures: Path | None = None, epsilon: str = "1"
) -> Mapping[str, object]:
    """Run the benchmark; with a folder for pictures, also the curves over epsilon and over numbers of people."""
    progress(f"drawing {units:,} people and what they were shown")
    world = BenchWorld(SEED)
    learned = world.shown(units, 1)
    held_out = {"warm": world.shown(HELD_OUT, 2), "fresh": world.shown(HELD_OUT, 3, fresh=True)}
    planned = plan(units, Decimal(epsilon), DELTA, PROGRAMMES)
    ours = _timed(progress, f"private steps at epsilon {epsilon}", lambda: fitted(learned, world, planned))
    twin = _timed(progress, "the same steps without noise", lambda: fitted(learned, world, planned.without_noise()))
    peer = _timed(progress, "LightGBM", lambda: forest(learned.first(FOREST_PEOPLE), world, progress))
    orders = {
        "proffer": of_ranker(ours.made, world),
        "without noise": of_ranker(twin.made, world),
        "lightgbm": of_forest(peer.made.made, world),
        "popularity": of_popularity(learned),
        "reachable": of_reachable(world),
    }
    found = {name: {kind: judged(order, one) for kind, one in held_out.items()} for name, order in orders.items()}
    seconds = {"proffer": ours.seconds, "twin": twin.seconds, "forest": peer.seconds}
    document = _document(units, epsilon, found, seconds) | {"lightgbm_settings": dict(peer.made.settings)}
    if pictures is None:
        return document
    curves = drawn(world, learned, held_out["warm"], {(units, epsilon): found["proffer"]["warm"]}, progress)
    peers: dict[str, Mapping[float, float]] = {
        "LightGBM, not private": {min(units, FOREST_PEOPLE): found["lightgbm"]["warm"]}
    }
    peers["the same without noise"] = {units: found["without noise"]["warm"]}
    _pictures(Path(pictures), curves, peers, min(units, CURVE_PEOPLE))
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
    fresh = found["proffer"]["fresh"] / found["lightgbm"]["fresh"]
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
        "fresh_ratio_to_lightgbm": fresh,
        "processor_seconds": dict(seconds),
        "cost_of_privacy": seconds["proffer"] / seconds["twin"],
        "lightgbm_people": min(units, FOREST_PEOPLE),
        "seed": SEED,
    }


# --- the world -------------------------------------------------------------------------------------------------------


class BenchWorld:
    """Rules, programmes and people, all of one seed."""

    def __init__(self, seed: int) -> None:
        """Draw the rules and both catalogues."""
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.asked = [self._condition(rng) for _ in range(ASKED)]
        self.rules = [[self._condition(rng) for _ in range(rng.choice(3, p=[0.06, 0.54, 0.4]))] for _ in range(RULES)]
        self.force = 0.7 * rng.standard_normal(RULES)
        self.about = rng.integers(0, len(GROUPS) + 3, RULES)
        self.which, self.threshold = rng.random(RULES), rng.random(RULES)
        self.direction = rng.standard_normal((RULES, TEXT))
        self.mixing = 0.6 * rng.standard_normal((sum(GROUPS[:3]), TEXT))
        self.latent = 0.4 * rng.standard_normal((4, NUMBERS))
        self.warm, self.fresh = self._offers(rng), self._offers(rng)
        self.open, self.base = self._levels()

    @staticmethod
    def _condition(rng: np.random.Generator) -> Condition:
        column = int(rng.integers(0, _COLUMNS))
        if column < NUMBERS:
            return Condition(column, "above" if rng.random() < 0.5 else "below", 0.15 + 0.7 * rng.random())
        choices = CHOICES[column - NUMBERS] if column < NUMBERS + len(CHOICES) else 2
        return Condition(column, "equal", float(rng.integers(0, choices)))

    def _offers(self, rng: np.random.Generator) -> Offers:
        every, tags = np.arange(PROGRAMMES), np.zeros((PROGRAMMES, sum(GROUPS)), dtype=np.bool_)
        starts = np.cumsum([0, *GROUPS])
        for start, size in zip(starts[:3], GROUPS[:3], strict=True):
            tags[every, start + rng.integers(0, size, PROGRAMMES)] = True
        asks = rng.integers(0, ASKED, (PROGRAMMES, 2))
        axes = np.array([one.column % GROUPS[3] for one in self.asked])
        tags[every[:, None], starts[3] + axes[asks]] = True
        text = tags[:, : starts[3]] @ self.mixing + rng.standard_normal((PROGRAMMES, TEXT))
        text /= np.linalg.norm(text, axis=1, keepdims=True)
        return Offers(tags, rng.random((PROGRAMMES, 3)), text, 0.3 * rng.standard_normal(PROGRAMMES), asks)

    def _levels(self) -> tuple[float, float]:
        """How many of those eligible are open, and the level at which so many are taken up as should be."""
        values = self._people(2_000, np.random.default_rng((self.seed, 4)))[0]
        wish, eligible = self.wishes(values, self.warm)
        share = min(1.0, ELIGIBLE / float(eligible.sum(axis=1).mean()))
        odds = wish[eligible][:, None] - TIRING * np.linspace(0, ELIGIBLE, 9, dtype=np.float32)
        low, high = -20.0, 10.0
        for _ in range(25):
            base = (low + high) / 2
            taken = share * float(_sigmoid(odds + base).mean(axis=1).sum()) / len(values)
            low, high = (base, high) if taken < TAKEN else (low, base)
        return share, base

    def _people(self, count: int, rng: np.random.Generator) -> tuple[Float32, Bool]:
        values = np.empty((count, _COLUMNS), dtype=np.float32)
        mixed = rng.standard_normal((count, 4)) @ self.latent + rng.standard_normal((count, NUMBERS))
        values[:, :NUMBERS] = _sigmoid(1.3 * mixed)
        for at, choices in enumerate(CHOICES, start=NUMBERS):
            values[:, at] = rng.integers(0, choices, count)
        values[:, NUMBERS + len(CHOICES) :] = rng.random((count, YES_NO)) < 0.3
        return values, rng.random(values.shape) > 0.08

    def filled(self, shown: Shown, draws: int) -> Float32:
        """People with what is not known of them drawn given what is: float32[draws, people, attributes].

        Numbers are of one normal distribution, so that a free draw is corrected by what is known (Matheron's rule).
        """
        people, drawn = len(shown.values), self._people(draws * len(shown.values), np.random.default_rng(self.seed))[0]
        drawn = drawn.reshape(draws, people, -1)
        spread = self.latent.T @ self.latent + np.eye(NUMBERS)
        true, free = _normal(shown.values[:, :NUMBERS]), _normal(drawn[:, :, :NUMBERS])
        for at, known in enumerate(shown.known[:, :NUMBERS]):
            gain = np.linalg.solve(spread[np.ix_(known, known)], spread[np.ix_(known, ~known)])
            free[:, at, ~known] += (true[at, known] - free[:, at][:, known]) @ gain
        drawn[:, :, :NUMBERS] = _sigmoid(1.3 * free)
        return np.where(shown.known, shown.values, drawn)

    def wishes(self, values: Float32, offers: Offers) -> tuple[Float32, Bool]:
        """Log-odds but for the base, float32[n, P], and who is eligible for what."""
        met = np.ones((len(values), RULES), dtype=np.float32)
        for at, conditions in enumerate(self.rules):
            for condition in conditions:
                met[:, at] *= condition.of(values)
        wish = (met * self.force.astype(np.float32)) @ self._holds(offers) + offers.own.astype(np.float32)
        asked = np.stack([condition.of(values) for condition in self.asked], axis=1)
        return wish, asked[:, offers.asks[:, 0]] & asked[:, offers.asks[:, 1]]

    def _holds(self, offers: Offers) -> Float32:
        """Which rules are about which programmes: float32[rules, P]."""
        starts, rows = np.cumsum([0, *GROUPS]), []
        for at, about in enumerate(self.about):
            if about < len(GROUPS):
                rows.append(offers.tags[:, starts[about] + int(self.which[at] * GROUPS[about])])
            elif about == len(GROUPS):
                rows.append(offers.numbers[:, int(self.which[at] * 3)] > self.threshold[at])
            else:
                rows.append(offers.text @ self.direction[at] > 0)
        return np.stack(rows).astype(np.float32)

    def shown(self, people: int, draw: int, fresh: bool = False) -> Shown:
        """Show so many people what is open to them, in random places, and see what they take up."""
        offers, rng = self.fresh if fresh else self.warm, np.random.default_rng((self.seed, draw))
        values, known = self._people(people, rng)
        parts = [self._answers(values[at : at + _BLOCK], offers, rng) for at in range(0, people, _BLOCK)]
        sizes, programme, label, place, truth = (np.concatenate(column) for column in zip(*parts, strict=True))
        list_at = np.r_[0, np.cumsum(sizes)].astype(np.int64)
        return Shown(values, known, list_at, programme, label, place, truth, fresh)

    def _answers(self, values: Float32, offers: Offers, rng: np.random.Generator) -> tuple[Array, ...]:
        wish, eligible = self.wishes(values, offers)
        who, what = np.nonzero(eligible & (rng.random(eligible.shape, dtype=np.float32) < self.open))
        order = np.lexsort((rng.random(who.size), who))
        who, what = who[order], what[order]
        sizes = np.bincount(who, minlength=len(values))
        place = np.arange(who.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        odds = wish[who, what].astype(np.float64) + self.base
        label = rng.random(who.size) < _sigmoid(odds - TIRING * place)
        return sizes, what.astype(np.int32), label.astype(np.float64), np.log1p(place), _sigmoid(odds)


def _sigmoid(odds: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-odds))


def _normal(values: Float32) -> Float64:
    inside = np.clip(values.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)) / 1.3)


# --- the contenders --------------------------------------------------------------------------------------------------


def slots() -> tuple[Slot, ...]:
    """What is public of people: five equal parts of every number, and the choices."""
    numbers = [Slot(f"number {at}", (20, 40, 60, 80), ordered=True) for at in range(NUMBERS)]
    choices = [Slot(f"choice {at}", tuple(range(1, many)), ordered=False) for at, many in enumerate(CHOICES)]
    return (*numbers, *choices, *(Slot(f"yes {at}", (1,), ordered=False) for at in range(YES_NO)))


def bins_of(shown: Shown) -> Int32:
    """The bins of all people, as `recommender.ranking.bins.Bins` numbers them."""
    found = Bins(slots())
    out = np.zeros((len(shown.values), 1 + _COLUMNS), dtype=np.int32)
    for at, (slot, start) in enumerate(zip(found.slots, found.starts, strict=True)):
        read = shown.values[:, at] * (100 if at < NUMBERS else 1)
        place = np.searchsorted(np.array(slot.cuts), read, side="right")
        out[:, at + 1] = start + np.where(shown.known[:, at], place, slot.classes + 1)
    return out


def attributes_of(offers: Offers) -> Float64:
    """Public attributes as the bilinear ranker reads them: tags, two waves of each number, text; length about 1."""
    waves = [np.cos(np.pi * wave * offers.numbers) / wave for wave in (1, 2)]
    found = np.concatenate([offers.tags, *waves, offers.text], axis=1)
    return np.asarray(found / 2.3)


def space_of(offers: Offers, planned: TrainingPlan) -> FeatureMap:
    """The space a plan learns in."""
    code = code_of(Bins(slots()), Scales(planned.row.person, planned.row.waves, planned.row.everybody))
    return FeatureMap(code, attributes_of(offers), Fits.none(PROGRAMMES), planned.row.own)


def fitted(shown: Shown, world: BenchWorld, planned: TrainingPlan) -> PrivateBilinear:
    """The ranker, learned from lists of one unit each; nobody says what was noticed, so take-up stands for it."""
    every, noise = np.arange(shown.list_at.size), secure()
    place = np.minimum(np.rint(np.expm1(shown.place)), PLACES - 1).astype(np.int32)
    sample = Sample(every, shown.list_at, bins_of(shown), shown.programme, shown.label, place, shown.label)
    start = released_start(sample, PLACES, PROGRAMMES, planned.first, noise)
    return estimator(planned, threads=2).fit(sample, space_of(world.warm, planned), noise, start)


Order = Callable[[Shown], Float64]


def of_ranker(ranker: PrivateBilinear, world: BenchWorld) -> Order:
    """Its scores; of fresh programmes without effects of their own."""

    def scores(shown: Shown) -> Float64:
        space, learned = ranker.space_, ranker.weights_
        offers = world.fresh if shown.fresh else world.warm
        points = space.code.matrix() @ learned.cross @ attributes_of(offers).T
        if not shown.fresh:
            points[0] += ranker.start_.base + space.own * learned.beside[:PROGRAMMES]
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
            found += _sigmoid(wish[shown.owner, shown.programme].astype(np.float64) + world.base)
        return found / draws

    return scores


def judged(order: Order, shown: Shown) -> float:
    """The mean NDCG@5 against true probabilities."""
    return float(ndcg(shown.owner, order(shown), shown.truth)[1].mean())


# --- curves ----------------------------------------------------------------------------------------------------------

Curve = dict[str, float]


def drawn(
    world: BenchWorld, learned: Shown, held_out: Shown, known: Mapping[tuple[int, str], float], progress: Tell
) -> dict[str, Curve]:
    """NDCG@5 over epsilon, and over sizes up to the size learned from at epsilon 1; what is known is not learned again.

    Args:
        world: what is learned about.
        learned: whose answers to learn from.
        held_out: whom to judge on.
        known: (people, epsilon) -> NDCG@5, measured before.
        progress: hears what is being done.
    """
    units = learned.list_at.size - 1
    people = min(units, CURVE_PEOPLE)

    @cache
    def at(size: int, epsilon: str) -> float:
        if (size, epsilon) in known:
            return known[size, epsilon]
        progress(f"{size:,} people at epsilon {epsilon}")
        planned = plan(size, Decimal(epsilon), DELTA, PROGRAMMES)
        return judged(of_ranker(fitted(learned.first(size), world, planned), world), held_out)

    return {
        "epsilon": {epsilon: at(people, epsilon) for epsilon in EPSILONS},
        "units": {str(size): at(size, "1") for size in SIZES if size <= units},
    }


def _pictures(folder: Path, curves: Mapping[str, Curve], peers: Mapping[str, Mapping[float, float]], at: int) -> None:
    """Draw both curves beside peers (people -> NDCG@5): over epsilon only those that learned from as many people."""
    from training.evaluation.pictures import curve_picture

    folder.mkdir(parents=True, exist_ok=True)
    epsilons, sizes = ({float(name): value for name, value in curves[name].items()} for name in ("epsilon", "units"))
    equal = {name: one[at] for name, one in peers.items() if at in one}
    title, across = f"What does privacy cost, at {at:,} people?", "epsilon (delta one in a million)"
    (folder / "epsilon.png").write_bytes(curve_picture(epsilons, equal, across, title))
    title = "How many people make up for the noise, at epsilon 1?"
    (folder / "units.png").write_bytes(curve_picture(sizes, {}, "people learned from", title, peers))
