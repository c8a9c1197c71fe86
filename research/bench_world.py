"""The benchmark's world: random rules, programmes and people, and who takes up what, for judging the private ranker."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from features.arrays import Array, Bool, Float32, Float64
from research.shown_lists import Condition, Offers, Shown

PROGRAMMES, RULES, ASKED = 800, 300, 60
NUMBERS, CHOICES, YES_NO = 14, (3, 4, 5, 6, 3, 4), 5
GROUPS: Final = (12, 6, 8, 10)  # category, form, provider, axes that the rules ask about
TEXT, ELIGIBLE, TAKEN, TIRING = 16, 42.0, 1.55, 0.08
COLUMNS, _BLOCK = NUMBERS + len(CHOICES) + YES_NO, 4_000


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
        column = int(rng.integers(0, COLUMNS))
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
            taken = share * float(sigmoid(odds + base).mean(axis=1).sum()) / len(values)
            low, high = (base, high) if taken < TAKEN else (low, base)
        return share, base

    def _people(self, count: int, rng: np.random.Generator) -> tuple[Float32, Bool]:
        values = np.empty((count, COLUMNS), dtype=np.float32)
        mixed = rng.standard_normal((count, 4)) @ self.latent + rng.standard_normal((count, NUMBERS))
        values[:, :NUMBERS] = sigmoid(1.3 * mixed)
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
        drawn[:, :, :NUMBERS] = sigmoid(1.3 * free)
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
        label = rng.random(who.size) < sigmoid(odds - TIRING * place)
        return sizes, what.astype(np.int32), label.astype(np.float64), np.log1p(place), sigmoid(odds)


def sigmoid(odds: Any) -> Any:
    """The probability of log-odds."""
    return 1.0 / (1.0 + np.exp(-odds))


def _normal(values: Float32) -> Float64:
    inside = np.clip(values.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)) / 1.3)
