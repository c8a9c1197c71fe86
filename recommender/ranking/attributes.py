"""What is public about programmes, as numbers a ranker reads: tags, amounts, what the rules demand, and the text."""

from __future__ import annotations

import io
import json
import math
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.calendar import parse_duration
from features.value import identifier_code
from recommender.rules.bounds import FactBound, fact_bounds

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.programme import Programme

BUCKETS = 2048
"""Hash buckets of the text; more separate rare letter groups better, and cost memory per programme."""
GRAMS = (2, 3)
"""Lengths of letter groups: two or three Korean syllables are about a word."""
SHARED = 2
"""So many programmes of the fitted catalogue must carry a tag; a tag of one programme would act as its id."""


@dataclass(frozen=True)
class TextSpace:
    """A public representation of texts: hashed letter groups, weighted by rarity, projected on a few directions.

    TF-IDF (Sparck Jones 1972) and latent semantic analysis (Deerwester et al. 1990), fitted on a catalogue's texts.
    """

    rarity: Float32
    """float32[BUCKETS], inverse document frequency."""
    directions: Float32
    """float32[BUCKETS, k], orthonormal columns."""

    @classmethod
    def fit(cls, texts: Sequence[str], size: int, rng: np.random.Generator) -> TextSpace:
        """Find the `size` directions in which the texts differ most (fewer where there are fewer texts)."""
        counts = _counts(texts)
        rarity = np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))).astype(np.float32) + np.float32(1)
        return cls(rarity, _directions(_unit(counts * rarity), min(size, max(len(texts) - 1, 0)), rng))

    def project(self, texts: Sequence[str]) -> Float32:
        """The position of texts, also of unseen ones: float32[len(texts), k]."""
        return np.asarray(_unit(_counts(texts) * self.rarity) @ self.directions, dtype=np.float32)


def _counts(texts: Sequence[str]) -> Float32:
    out = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in enumerate(texts):
        for bucket, count in Counter(_buckets(text)).items():
            out[row, bucket] = 1 + math.log(count)
    return out


def _buckets(text: str) -> Iterator[int]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for word in plain.split():
        padded = f" {word} "
        for length in GRAMS:
            for at in range(len(padded) - length + 1):
                yield zlib.crc32(padded[at : at + length].encode()) % BUCKETS


def _unit(rows: Float32) -> Float32:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0), dtype=np.float32)


def _directions(rows: Float32, size: int, rng: np.random.Generator) -> Float32:
    """Truncated SVD by subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4), signs fixed."""
    if size < 1:
        return np.zeros((BUCKETS, 0), dtype=np.float32)
    basis = np.linalg.qr(rows.T @ (rows @ rng.standard_normal((BUCKETS, size + 8)).astype(np.float32)))[0]
    for _ in range(6):
        basis = np.linalg.qr(rows.T @ (rows @ basis))[0]
    inside = np.linalg.svd(rows @ basis, full_matrices=False)[2]
    found = basis @ inside[:size].T
    largest = found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])]
    return np.asarray(found * np.sign(largest), dtype=np.float32)


@dataclass(frozen=True)
class BoundArrays:
    """What all programmes ask of the columns of a snapshot; programme p asks rows `at[p]` to `at[p + 1]`."""

    at: Int64
    column: Int64
    low: Int64
    high: Int64
    firm: Bool


@dataclass(frozen=True)
class ProgrammeAttributes:
    """One catalogue's programmes as a ranker reads them, rows in the catalogue's order.

    Attributes:
        ids: programme ids.
        codes: their identifier codes, int64[P].
        names: the names of the columns.
        values: float32[P, A]; NaN where the value is unknown.
        asks: what each programme's rules ask of a person's facts.
        trigger_at: int64[P + 1]; rows of `trigger` that belong to each programme.
        trigger: snapshot columns that count days since a life event the programme is offered on.
        amount: won, float64[P]; NaN where none is stated.
        within: days after the trigger in which to apply, float64[P]; NaN where there is no such limit.
        closes: the last day of a dated window, float64[P] in days since 1970-01-01; NaN where there is none.
    """

    ids: tuple[str, ...]
    codes: Int64
    names: tuple[str, ...]
    values: Float32
    asks: BoundArrays
    trigger_at: Int64
    trigger: Int64
    amount: Float64
    within: Float64
    closes: Float64


NUMBERS = ("log_amount", "log_effort", "documents", "log_within", "demands")


@dataclass(frozen=True)
class Vocabulary:
    """Which attributes exist: fitted once on a public catalogue, kept in the artefact, applied to any catalogue.

    Attributes:
        tags: what several programmes share, sorted.
        bounded: numeric facts that the rules of several programmes bound, in declaration order.
        space: the space of texts.
    """

    tags: tuple[str, ...]
    bounded: tuple[str, ...]
    space: TextSpace

    @classmethod
    def fit(
        cls, catalogue: Catalogue, declaration: Declaration, size: int, rng: np.random.Generator, own_most: int = 0
    ) -> Vocabulary:
        """Learn what programmes share, and `size` directions of their texts.

        In a catalogue of at most `own_most` programmes each is told by a tag of its own besides; a new one has none.
        """
        programmes = catalogue.programmes
        asked = [fact_bounds(programme, declaration) for programme in programmes]
        borne = Counter(tag for one, asks in zip(programmes, asked, strict=True) for tag in tags(one, asks))
        shared = tuple(sorted(tag for tag, count in borne.items() if SHARED <= count < len(programmes)))
        bounds = Counter(ask.fact for asks in asked for ask in asks)
        bounded = tuple(
            name for name, fact in declaration.facts.items() if bounds[name] >= SHARED and fact.type in _NUMERIC
        )
        if len(programmes) <= own_most:
            shared = (*shared, *(own_tag(programme.id) for programme in programmes))
        return cls(shared, bounded, TextSpace.fit([text_of(programme) for programme in programmes], size, rng))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the attribute columns."""
        texts = tuple(f"text.{i}" for i in range(self.space.directions.shape[1]))
        return (*NUMBERS, *self.tags, *texts)

    def attributes(self, catalogue: Catalogue, declaration: Declaration) -> ProgrammeAttributes:
        """Read a catalogue's programmes, also ones that were not there at the fit."""
        programmes = catalogue.programmes
        asked = [fact_bounds(programme, declaration) for programme in programmes]
        starts, triggers = _triggers(programmes, declaration)
        return ProgrammeAttributes(
            ids=tuple(programme.id for programme in programmes),
            codes=np.array([identifier_code(programme.id) for programme in programmes], dtype=np.int64),
            names=self.names,
            values=self._values(programmes, asked),
            asks=_lowered(asked, declaration),
            trigger_at=starts,
            trigger=triggers,
            amount=_numbers(programme.value.amount for programme in programmes),
            within=_numbers(_within(programme) for programme in programmes),
            closes=_numbers(programme.closes for programme in programmes),
        )

    def _values(self, programmes: Sequence[Programme], asked: Sequence[Sequence[FactBound]]) -> Float32:
        numbers = [_figures(programme, asks) for programme, asks in zip(programmes, asked, strict=True)]
        borne = [
            [tag in has or tag == own_tag(one.id) for tag in self.tags]
            for one, has in zip(programmes, map(tags, programmes, asked), strict=True)
        ]
        columns = (
            np.array(numbers, dtype=np.float32).reshape(-1, len(NUMBERS)),
            np.array(borne, dtype=np.float32).reshape(len(programmes), len(self.tags)),
            self.space.project([text_of(programme) for programme in programmes]),
        )
        return np.concatenate(columns, axis=1)

    def to_bytes(self) -> bytes:
        """This vocabulary as the bytes of an .npz without pickles."""
        out = io.BytesIO()
        words = np.frombuffer(json.dumps({"tags": self.tags, "bounded": self.bounded}).encode(), dtype=np.uint8)
        np.savez(out, words=words, rarity=self.space.rarity, directions=self.space.directions)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Vocabulary:
        """The inverse of `to_bytes`."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            words = json.loads(arrays["words"].tobytes())
            space = TextSpace(arrays["rarity"], arrays["directions"])
        return cls(tuple(words["tags"]), tuple(words["bounded"]), space)


_NUMERIC = ("integer", "date", "ages")
_MONTH = 30.4375
"""Days in a mean month of the Gregorian calendar; only for measuring how long a window is."""


def text_of(programme: Programme) -> str:
    """The words that tell what a programme is: its title and purpose, in its own language where there is that.

    One language only, so that a catalogue with translations and one without share one space.
    """
    purpose = programme.summary.own if programme.summary else ""
    return f"{programme.title.own} {purpose}"


def tags(programme: Programme, asked: Iterable[FactBound]) -> frozenset[str]:
    """What a programme is like, in words that other programmes may share."""
    words = {
        f"category={programme.category}",
        f"level={programme.provider.level}",
        f"delivery={programme.delivery}",
        f"period={programme.value.period}",
        f"beneficiary={programme.beneficiary}",
    }
    words |= {f"form={form}" for form in programme.form} | {f"for={kind}" for kind in programme.who}
    words |= {f"window={window.kind}" for window in programme.windows}
    words |= {f"trigger={event}" for event in triggers_of(programme)}
    return frozenset(words | {f"asks={ask.fact}" for ask in asked if ask.high > 0})


def own_tag(programme: str) -> str:
    """The tag that only this programme bears."""
    return f"id={programme}"


def triggers_of(programme: Programme) -> tuple[str, ...]:
    """The life events a programme is offered on: those it names and those its window runs from."""
    return tuple(dict.fromkeys((*programme.triggers, *programme.window_events)))


def _figures(programme: Programme, asked: Sequence[FactBound]) -> list[float]:
    return [
        _log(programme.value.amount),
        _log(programme.effort_minutes),
        len(programme.documents),
        _log(_within(programme)),
        len(asked),
    ]


def _log(number: float | None) -> float:
    return math.nan if number is None else math.log1p(number)


def _within(programme: Programme) -> float | None:
    """The longest of its windows that run from an event, in days."""
    lengths = [parse_duration(window.within) for window in programme.windows if window.within is not None]
    return max((length.months * _MONTH + length.days for length in lengths), default=None)


def _numbers(values: Iterable[float | None]) -> Float64:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _lowered(asked: Sequence[Sequence[FactBound]], declaration: Declaration) -> BoundArrays:
    flat = [ask for asks in asked for ask in asks]
    place = {name: at for at, name in enumerate(declaration.columns)}
    return BoundArrays(
        at=np.cumsum([0, *(len(asks) for asks in asked)], dtype=np.int64),
        column=np.array([place[ask.fact] for ask in flat], dtype=np.int64),
        low=np.array([ask.low for ask in flat], dtype=np.int64),
        high=np.array([ask.high for ask in flat], dtype=np.int64),
        firm=np.array([ask.firm for ask in flat], dtype=np.bool_),
    )


def _triggers(programmes: Sequence[Programme], declaration: Declaration) -> tuple[Int64, Int64]:
    since: dict[str, list[int]] = {}
    for name, feature in declaration.features.items():
        if feature.op == "time_since" and feature.unit == "days":
            for signal in feature.signals:
                since.setdefault(signal.event, []).append(declaration.index(name))
    found = [sorted({at for event in triggers_of(one) for at in since.get(event, [])}) for one in programmes]
    starts = np.cumsum([0, *map(len, found)], dtype=np.int64)
    return starts, np.array([at for columns in found for at in columns], dtype=np.int64)
