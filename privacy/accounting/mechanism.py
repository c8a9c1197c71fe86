"""A private mechanism as data: what was done to the rows, in a form that any accountant can price again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from features import strict_json
from features.problem import Problem, Rejected, Where
from privacy.accounting import amount
from privacy.accounting.canonical import canonical

if TYPE_CHECKING:
    from dp_accounting import DpEvent

Value = Any  # Decimal, int, str, Mechanism or a tuple of Mechanisms, as the kind's `_FIELDS` say
_DEEPEST: Final = 6
MOST_STEPS: Final = 1_000_000
MOST_WEIGHT: Final = 400
"""The weight of one mechanism: twenty sampled parts, priced in seconds; a training has one, and ten full batches."""
MOST_PARTS: Final = 100
SAMPLED: Final = 20
"""How many times as long as a full batch a sampled mechanism, or a choice among runs, takes to price."""
INFINITE: Final = "infinity"


@dataclass(frozen=True)
class Mechanism:
    """What was done to the rows: a dp_accounting DpEvent tree, with exact numbers.

    Make one by the functions below; two are equal where their documents are.

    Attributes:
        kind: which event (a key of `_FIELDS`).
        fields: its parameters in the order of their names.
    """

    kind: str
    fields: tuple[tuple[str, Value], ...]
    _hash: int = field(init=False, compare=False, repr=False)  # ledgers count by mechanism, a hundred thousand times

    def __post_init__(self) -> None:
        """Hash once."""
        object.__setattr__(self, "_hash", hash((self.kind, self.fields)))

    def __hash__(self) -> int:
        """The same for equal mechanisms."""
        return self._hash

    def __getitem__(self, name: str) -> Value:
        return dict(self.fields)[name]

    def to_document(self) -> dict[str, Any]:
        """As entries write it: decimal strings, integers, nested objects.

        >>> gaussian_sgd(sigma="1.5", q="0.1", steps=10).to_document()["count"]
        10
        """
        return {"mechanism": self.kind, **{name: _document(value) for name, value in self.fields}}

    @classmethod
    def from_document(cls, document: object, where: Where = ("mechanism",)) -> Mechanism:
        """The inverse of `to_document`.

        Raises:
            Rejected: it is not such a document, a number in it is out of bounds, or pricing it takes too long.
        """
        read = _read(document, where, 0)
        read.check_priceable(where)
        return read

    def check_priceable(self, where: Where = ("mechanism",)) -> None:
        """Accept only what is priced in seconds; it is asked before any accountant is.

        Raises:
            Rejected: it has more steps or parts, or weighs more.
        """
        if self.steps() > MOST_STEPS:
            raise _bad(where, f"is run more than {MOST_STEPS} times in all")
        if self.steps() * self.innermost() > MOST_STEPS:
            what = f"is run {self.steps()} times in all, and holds {self.innermost()} mechanisms: multiplied, at most"
            raise _bad(where, f"{what} {MOST_STEPS} are priced")
        smaller = "Reserve fewer parts at a time, each spend under an id of its own"
        if self.weight() > MOST_WEIGHT:
            what = f"weighs {self.weight()}, and at most {MOST_WEIGHT} is priced: a sampled part weighs {SAMPLED}"
            raise _bad(where, what, smaller)
        if self.innermost() > MOST_PARTS:
            raise _bad(where, f"holds {self.innermost()} mechanisms, and at most {MOST_PARTS} are priced", smaller)

    def weight(self) -> int:
        """How long it takes to price, beside one full batch.

        >>> full, sampled = gaussian("4"), gaussian_sgd("4", "0.1", 9)
        >>> full.weight(), sampled.weight(), composed(full, full, sampled).weight()
        (1, 20, 22)
        """
        inside = sum(part.weight() for part in self.parts()) or 1
        return inside * (SAMPLED if self.kind in ("poisson", "repeat_and_select") else 1)

    def innermost(self) -> int:
        """How many mechanisms it holds that hold no other."""
        return sum(part.innermost() for part in self.parts()) or 1

    def steps(self) -> int:
        """How often its innermost mechanisms are run in all; pricing takes time that grows with it.

        >>> composed(laplace("2"), repeated(gaussian_sgd("2", "1", 5), 3)).steps()
        16
        """
        inside = sum(part.steps() for part in self.parts()) or 1
        return inside * self["count"] if self.kind == "repeated" else inside

    def text(self) -> str:
        """Its canonical JSON: the same text is the same mechanism."""
        return canonical(self.to_document()).decode()

    def dp_event(self) -> DpEvent:
        """The tree that dp_accounting's accountants take.

        Raises:
            ValueError: a `declared` mechanism, which only its promise is known of, has no tree.
        """
        from dp_accounting import dp_event

        if self.kind == "declared":
            raise ValueError("a declared mechanism is known by its promise only")
        return _EVENTS[self.kind](dp_event, self)

    def parts(self) -> tuple[Mechanism, ...]:
        """The mechanisms directly inside it."""
        if self.kind == "composed":
            return tuple(self["of"])
        return (self["of"],) if any(name == "of" for name, _ in self.fields) else ()

    def holds(self, kind: str) -> bool:
        """Whether it is, or has inside, a mechanism of this kind."""
        return self.kind == kind or any(part.holds(kind) for part in self.parts())

    def declared(self) -> tuple[Decimal, Decimal]:
        """The (epsilon, delta) that a declared mechanism promises; (0, 0) for any other."""
        return (self["epsilon"], self["delta"]) if self.kind == "declared" else (Decimal(0), Decimal(0))

    def at_most(self, other: Mechanism) -> bool:
        """Whether it is certain, without an accountant, that it reveals no more than another one.

        The same tree with at least as much noise, and at most as many steps, as likely a sampling and as large a
        promise. A training that stopped early is at most what was reserved for it.

        >>> short, long = (gaussian_sgd(sigma="2", q="0.1", steps=n) for n in (5, 10))
        >>> short.at_most(long), long.at_most(short)
        (True, False)
        """
        if self.kind != other.kind:
            return False
        return all(_ORDER[name](value, other[name]) for name, value in self.fields)

    def shortens(self, other: Mechanism) -> bool:
        """Whether it is the other mechanism, or fewer steps of it.

        >>> full, short, loud = (gaussian_sgd(sigma=s, q="1", steps=n) for s, n in (("2", 9), ("2", 5), ("3", 9)))
        >>> short.shortens(full), full.shortens(full), full.shortens(short), loud.shortens(full)
        (True, True, False, False)
        """
        return self.kind == other.kind and all(_shortened(name, value, other[name]) for name, value in self.fields)

    def gaussian_runs(self) -> tuple[tuple[float, float, int], ...] | None:
        """(sigma, q, steps) of each run where it is nothing but Poisson-sampled Gaussian training, else None.

        This is all that Opacus' PRV accountant can express.
        """
        return _runs(self, 1)


def _document(value: Value) -> Any:
    if isinstance(value, Mechanism):
        return value.to_document()
    if isinstance(value, tuple):
        return [part.to_document() for part in value]
    return amount.text_of(value) if isinstance(value, Decimal) else value


def _make(kind: str, **fields: Value) -> Mechanism:
    made = Mechanism(kind, tuple(sorted(fields.items())))
    return _read(made.to_document(), (kind,), 0)


def exact(number: str | float | Decimal) -> Decimal:
    """A number as the shortest decimal that a float reads back as the same."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def gaussian(sigma: str | float | Decimal) -> Mechanism:
    """One Gaussian release: noise of `sigma` times the most that one unit can change (L2)."""
    return _make("gaussian", noise=exact(sigma))


def laplace(scale: str | float | Decimal) -> Mechanism:
    """One Laplace release: noise of `scale` times the most that one unit can change (L1)."""
    return _make("laplace", noise=exact(scale))


def gaussian_sgd(
    sigma: str | float | Decimal, q: str | float | Decimal, steps: int
) -> Mechanism:  # named as papers on DP-SGD name them
    """DP-SGD: `steps` Gaussian releases of noise multiplier `sigma`, each on a Poisson sample of rate `q`.

    Abadi et al. 2016 (arXiv:1607.00133). A rate of 1 is the full batch.
    """
    step = gaussian(sigma) if exact(q) == 1 else _make("poisson", of=gaussian(sigma), probability=exact(q))
    return repeated(step, steps)


def repeated(of: Mechanism, count: int) -> Mechanism:
    """The same mechanism again and again, each run free to depend on the results before it."""
    return _make("repeated", of=of, count=count)


def composed(*of: Mechanism) -> Mechanism:
    """Several mechanisms on the same rows."""
    return _make("composed", of=of)


def repeat_and_select(of: Mechanism, mean: str | float, shape: str | float = INFINITE) -> Mechanism:
    """Run a random number of times and keep the best (Papernot & Steinke 2022, arXiv:2110.03620).

    Args:
        of: one run.
        mean: how many runs on average.
        shape: of their number's distribution: 1 geometric, 0 logarithmic, ``infinity`` Poisson.
    """
    return _make("repeat_and_select", of=of, mean=exact(mean), shape=shape if shape == INFINITE else exact(shape))


def declared(epsilon: str | Decimal, delta: str | Decimal = "0") -> Mechanism:
    """A mechanism of which only its (epsilon, delta) promise is known; such promises add up (basic composition)."""
    return _make("declared", epsilon=Decimal(epsilon), delta=Decimal(delta))


def non_private() -> Mechanism:
    """A release without noise: it spends an infinite epsilon."""
    return _make("non_private")


def _runs(one: Mechanism, times: int) -> tuple[tuple[float, float, int], ...] | None:
    if one.kind == "gaussian":
        return ((float(one["noise"]), 1.0, times),)
    if one.kind == "poisson" and one["of"].kind == "gaussian":
        return ((float(one["of"]["noise"]), float(one["probability"]), times),)
    if one.kind == "repeated":
        return _runs(one["of"], times * one["count"])
    if one.kind == "composed":
        found = [_runs(part, times) for part in one["of"]]
        return None if None in found else tuple(run for runs in found for run in runs or ())
    return None


# --- reading ---------------------------------------------------------------------------------------------------------


def _number(least: str, most: str, *, open_low: bool = True) -> Callable[[Any, Where, int], Decimal]:
    low, high = Decimal(least), Decimal(most)

    def read(value: Any, where: Where, depth: int) -> Decimal:  # noqa: ARG001 - as every reader
        if not amount.is_decimal(value):
            raise _bad(where, "is not a decimal string", 'Write it like "1.5"')
        number = Decimal(value)
        if not low <= number <= high or (open_low and number == low):
            raise _bad(where, f"{value} is not {'above' if open_low else 'at least'} {least} and at most {most}")
        return number

    return read


def _count(value: Any, where: Where, depth: int) -> int:  # noqa: ARG001 - as every reader
    if type(value) is not int or not 1 <= value <= MOST_STEPS:
        raise _bad(where, f"{value!r} is not a whole number from 1 to {MOST_STEPS}")
    return value


def _shape(value: Any, where: Where, depth: int) -> Decimal | str:
    return INFINITE if value == INFINITE else _number("0", "1000", open_low=False)(value, where, depth)


def _many(value: Any, where: Where, depth: int) -> tuple[Mechanism, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise _bad(where, "is not a list of mechanisms")
    return tuple(_read(part, (*where, i), depth + 1) for i, part in enumerate(value))


def _read(document: object, where: Where, depth: int) -> Mechanism:
    if depth > _DEEPEST:
        raise _bad(where, f"is nested more than {_DEEPEST} deep")
    kind = document.get("mechanism") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(kind, str) or kind not in _FIELDS:
        raise _bad(where, "is no mechanism known here", f"Use one of: {', '.join(_FIELDS)}")
    fields = _FIELDS[kind]
    if document.keys() != {"mechanism", *fields}:
        raise _bad(where, f"a {kind} has exactly the fields {', '.join(fields) or 'none'}")
    read = {name: read(document[name], (*where, name), depth) for name, read in fields.items()}
    return Mechanism(kind, tuple(sorted(read.items())))


def _inner(value: Any, where: Where, depth: int) -> Mechanism:
    return _read(value, where, depth + 1)


def _bad(where: Where, what: str, remedy: str = "See docs/ledger.md for the mechanisms and their bounds") -> Rejected:
    return Rejected([Problem(where, "invalid", what, remedy)])


_FIELDS: Final[dict[str, dict[str, Callable[[Any, Where, int], Value]]]] = {
    "gaussian": {"noise": _number("0", "1000000")},
    "laplace": {"noise": _number("0", "1000000")},
    "poisson": {"of": _inner, "probability": _number("0", "1")},
    "repeated": {"count": _count, "of": _inner},
    "composed": {"of": _many},
    "repeat_and_select": {"mean": _number("1", "100000", open_low=False), "of": _inner, "shape": _shape},
    "declared": {"delta": _number("0", "0.5", open_low=False), "epsilon": _number("0", "1000000")},
    "non_private": {},
}

_EVENTS: Final[dict[str, Callable[[Any, Mechanism], Any]]] = {
    "gaussian": lambda dp, one: dp.GaussianDpEvent(float(one["noise"])),
    "laplace": lambda dp, one: dp.LaplaceDpEvent(float(one["noise"])),
    "poisson": lambda dp, one: dp.PoissonSampledDpEvent(float(one["probability"]), one["of"].dp_event()),
    "repeated": lambda dp, one: dp.SelfComposedDpEvent(one["of"].dp_event(), one["count"]),
    "composed": lambda dp, one: dp.ComposedDpEvent([part.dp_event() for part in one["of"]]),
    "repeat_and_select": lambda dp, one: dp.RepeatAndSelectDpEvent(
        one["of"].dp_event(), float(one["mean"]), float("inf") if one["shape"] == INFINITE else float(one["shape"])
    ),
    "non_private": lambda dp, _: dp.NonPrivateDpEvent(),
}


def _prefix(mine: tuple[Mechanism, ...], other: tuple[Mechanism, ...]) -> bool:
    return len(mine) <= len(other) and all(map(Mechanism.at_most, mine, other))


def _shortened(name: str, mine: Value, other: Value) -> bool:
    if isinstance(mine, Mechanism):
        return mine.shortens(other)
    if isinstance(mine, tuple):
        return len(mine) == len(other) and all(map(Mechanism.shortens, mine, other))
    return bool(mine <= other) if name == "count" else bool(mine == other)


def _within(mine: Any, other: Any) -> bool:
    return _prefix(mine, other) if isinstance(mine, tuple) else mine.at_most(other)


_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "noise": lambda mine, other: mine >= other,
    "probability": lambda mine, other: mine <= other,
    "count": lambda mine, other: mine <= other,
    "mean": lambda mine, other: mine == other,
    "shape": lambda mine, other: mine == other,
    "epsilon": lambda mine, other: mine <= other,
    "delta": lambda mine, other: mine <= other,
    "of": _within,
}


def read_text(text: str, where: Where = ("mechanism",)) -> Mechanism:
    """Read a mechanism from JSON text, as a person writes it into a file.

    Raises:
        Rejected: it is not JSON, or no mechanism.
    """
    try:
        document = strict_json.parse(text)
    except strict_json.MalformedError as failure:
        raise _bad(where, f"{failure}{f': {failure.name}' if failure.name else ''}") from None
    return Mechanism.from_document(document, where)
