"""Payment reader: the value of a programme read from its document, every problem in it gathered."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import TYPE_CHECKING, Final

from features.calendar import parse_duration
from features.country import Currency
from features.mapping import MappingReader, nearest
from recommender.currency import currencies_of
from recommender.rules.clause import Compare
from recommender.rules.clause_reader import ClauseReader, parse_source
from recommender.rules.interval import interval_of
from recommender.rules.payment import GIVES, HUNDREDTHS, OF, PER, PERIODS, AgeSpan, Payment, Tiers
from recommender.rules.worth import Value
from recommender.text import Text, text_at, text_of

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["read_value"]

_SUMS: Final = ("amount", "at_most", "from", "percent")
_NEAR: Final = {
    "monthly": "month", "yearly": "year", "annual": "year", "annually": "year", "weekly": "week", "daily": "day",
    "quarterly": "quarter", "semester": "half_year", "semiannual": "half_year", "one-off": "once", "one_time": "once",
    "visit": "time", "occasion": "time",
}  # fmt: skip
_FOREVER: Final = 10**6
_LARGEST: Final = 10**13
"""The largest sum, in minor units: times a few periods a year it is still exact in the kernels' integers."""


def read_value(fields: MappingReader, clauses: ClauseReader, declaration: Declaration) -> Value:
    """Read `value`: the short form of one amount, or `parts`; what is wrong is collected."""
    inner = fields.reader("value")
    if inner is None:
        return Value(currency=declaration.country.currency.code)
    known = currencies_of(declaration.country.currency)
    currency = _currency(inner, declaration.country.currency.code, known)
    reader = _PaymentReader(clauses, declaration, known[currency])
    listed = inner.take("parts")
    if listed is None:
        parts: tuple[Payment | Tiers, ...] = reader.short(inner)
    else:
        both = [key for key in (*_SUMS, "period", "per") if inner.take(key) is not None]
        if both:
            inner.wrong(both[0], "conflict", "stands beside parts", "Write it in the part that it belongs to")
        parts = reader.parts(inner)
    adds = inner.boolean("adds", True)
    value = Value(
        parts, currency, inner.choice("gives", GIVES), text_at(inner, "text"), adds, decimals=known[currency].decimals
    )
    inner.close()
    return value


def _currency(inner: MappingReader, own: str, known: Collection[str]) -> str:
    code = inner.string("currency")
    if code is not None and code not in known:
        near = _near(code.upper(), known)
        inner.wrong("currency", "unknown", f"{code!r} is not known{near}", f"Use one of {', '.join(known)}")
    return code if code is not None and code in known else own


class _PaymentReader:
    """Reads payments against one declaration."""

    def __init__(self, clauses: ClauseReader, declaration: Declaration, currency: Currency) -> None:
        self.clauses, self.declaration, self.currency = clauses, declaration, currency

    def short(self, inner: MappingReader) -> tuple[Payment, ...]:
        """Read the one payment that is written in the value itself."""
        payment = self.payment(inner, None)
        return () if payment is None or payment == Payment() else (payment,)

    def parts(self, inner: MappingReader) -> tuple[Payment | Tiers, ...]:
        """Read the list of parts."""
        found: list[Payment | Tiers] = []
        for i, item in enumerate(inner.items("parts")):
            part = inner.below(item, "parts", i)
            if part.has("tiers"):
                found += self._tiers(part)
            elif part.doc:
                payment = self.payment(part, part.choice("gives", GIVES))
                found += [] if payment is None else [payment]
            part.close()
        return tuple(found)

    def _tiers(self, part: MappingReader) -> list[Tiers]:
        tiers = []
        if not part.items("tiers"):
            part.wrong("tiers", "missing", "lists no payment", "List at least one, or leave the part out")
        for i, item in enumerate(part.items("tiers")):
            inner = part.below(item, "tiers", i)
            payment = self.payment(inner, inner.choice("gives", GIVES))
            inner.close()
            if payment is None:
                return []
            if (
                payment.when is None
                and payment.nth is None
                and payment.age is None
                and i + 1 < len(part.items("tiers"))
            ):
                inner.wrong(
                    (), "conflict", "holds for everybody, so no tier after it is ever given", "Move it to the end"
                )
            tiers.append(payment)
        for i, k in combinations(range(len(tiers)), 2):
            if self._overlap(tiers[i], tiers[k]):
                what = f"overlaps the tier {i + 1} before it"
                part.wrong(("tiers", k), "conflict", what, "Let one end where the next begins")
        return [Tiers(tuple(tiers))] if tiers else []

    def _overlap(self, first: Payment, second: Payment) -> bool:
        """Whether two tiers bound the same thing and both hold of some value of it."""
        pairs = []
        if first.nth and second.nth:
            pairs.append((_open(first.nth[0], first.nth[1]), _open(second.nth[0], second.nth[1])))
        if first.age and second.age and first.age.of == second.age.of:
            pairs.append((_ages(first.age), _ages(second.age)))
        one, other = first.when, second.when
        if isinstance(one, Compare) and isinstance(other, Compare) and one.fact == other.fact:
            bounds = (self._bounds(one), self._bounds(other))
            if bounds[0] is not None and bounds[1] is not None:
                pairs.append((bounds[0], bounds[1]))
        return bool(pairs) and all(max(a[0], b[0]) <= min(a[1], b[1]) for a, b in pairs)

    def _bounds(self, compare: Compare) -> tuple[int, int] | None:
        """The whole numbers a comparison holds of, where they are one stretch."""
        fact = self.declaration.facts.get(compare.fact)
        if fact is None or fact.type not in ("integer", "date") or any(op == "in" for op, _ in compare.tests):
            return None
        low, high = -_FOREVER * _FOREVER, _FOREVER * _FOREVER
        for op, operand in compare.tests:
            code = fact.encode(operand)
            begin, end = (code, code) if op == "is" else interval_of(op, code, low, high)
            low, high = max(low, begin), min(high, end)
        return low, high

    def payment(self, inner: MappingReader, gives: str | None) -> Payment | None:
        """Read one payment; None where something in it is wrong."""
        before = len(inner.problems.found)
        low, high = _sum(inner, self.currency)
        percent, base = _percent(inner), self._base(inner)
        condition, source = inner.take("when"), inner.reader("source")
        when = None if condition is None else self.clauses.read(condition, inner.at("when"), inner.problems)
        payment = Payment(
            low, high, _period(inner), inner.choice("per", PER) or "person", percent, base, _nth(inner), _age(inner),
            when, _within(inner, "days_a_week", 7), _within(inner, "times", 366), _months(inner, "for"),
            gives, None if source is None else parse_source(source),
        )  # fmt: skip
        if payment.nth is not None and payment.per == "person":
            inner.wrong("nth", "conflict", "counts children, and the sum is for a person", "Add per: child")
        return None if len(inner.problems.found) > before else payment

    def _base(self, inner: MappingReader) -> str | Text | None:
        document = inner.take("of")
        if not isinstance(document, dict) or "fact" not in document:
            return None if document is None else text_of(inner, "of", document)
        name = str(document["fact"])
        fact = self.declaration.facts.get(name)
        if fact is None or fact.type != "integer":
            what = f"{name!r} is not a declared whole number{nearest(name, self.declaration.facts)}"
            inner.wrong(("of", "fact"), "unknown", what, "Name a fact that is a sum, or write words")
        return name


def _sum(inner: MappingReader, currency: Currency) -> tuple[int | None, int | None]:
    exact, high, low = (_minor_units(inner, key, currency) for key in ("amount", "at_most", "from"))
    if exact is not None and (high is not None or low is not None):
        inner.wrong("amount", "conflict", "stands beside from or at_most", "Write one exact amount, or the bounds")
    if low is not None and high is not None and high < low:
        inner.wrong("at_most", "conflict", f"{high} is less than from, {low}", "Write the smaller sum in from")
    return (exact, exact) if exact is not None else (low, high)


def _minor_units(inner: MappingReader, key: str, currency: Currency) -> int | None:
    """Read a sum in the currency's units, with at most its decimals, as whole minor units."""
    written = inner.take(key)
    if not currency.decimals or isinstance(written, bool) or not isinstance(written, int | float):
        return _payable(inner, key, inner.integer(key), currency)
    units = Decimal(str(written)).scaleb(currency.decimals)
    if units.is_finite() and units > _LARGEST:
        return _payable(inner, key, _LARGEST + 1, currency)
    if not units.is_finite() or units != int(units):
        what = f"{written} has more than the {currency.decimals} decimals of {currency.code}"
        inner.wrong(key, "invalid", what, f"Round it to {currency.decimals} decimals")
    elif units < 0:
        inner.wrong(key, "range", f"{written} is below 0", "Write a sum of 0 or more")
    else:
        return int(units)
    return None


def _payable(inner: MappingReader, key: str, units: int | None, currency: Currency) -> int | None:
    """Return a sum in minor units, None where it is above what any programme pays."""
    if units is None or units <= _LARGEST:
        return units
    most = _LARGEST // 10**currency.decimals
    inner.wrong(key, "range", f"is above {most} {currency.code}", f"Write a sum of at most {most}")
    return None


def _period(inner: MappingReader) -> str:
    word = inner.take("period")
    if word is None or word in PERIODS:
        return str(word or "once")
    lower = str(word).lower()
    near = _near(_NEAR.get(lower, lower), PERIODS)
    inner.wrong("period", "unknown", f"{word!r} is not known{near}", f"Use one of {', '.join(PERIODS)}")
    return "once"


def _near(word: str, known: Collection[str]) -> str:
    """Return the word that was meant: the same one written otherwise, or one close to it."""
    return f" (did you mean {word}?)" if word in known else nearest(word, known)


def _percent(inner: MappingReader) -> int | None:
    written = inner.take("percent")
    if written is None:
        return None
    try:
        share = Decimal(str(written)) * HUNDREDTHS if not isinstance(written, bool) else Decimal("NaN")
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite() or share != int(share) or not 0 < share <= 1000 * HUNDREDTHS:
        remedy = "Write a number above 0 with at most two decimals, such as 85 or 2.5"
        inner.wrong("percent", "invalid", f"{written!r} is not a percentage", remedy)
        return None
    return int(share)


def _nth(inner: MappingReader) -> tuple[int, int | None] | None:
    written = inner.take("nth")
    if written is None:
        return None
    if isinstance(written, int) and not isinstance(written, bool) and written > 0:
        return written, written
    bounds = inner.reader("nth") if isinstance(written, dict) else None
    if bounds is None:
        inner.wrong("nth", "invalid", f"{written!r} is not a place among children", "Write 1, or {from: 3}")
        return None
    first, last = bounds.integer("from", 1), bounds.integer("until", 1)
    bounds.close()
    if last is not None and last < (first or 1):
        bounds.wrong("until", "conflict", "is before from", "Write the smaller place in from")
    return first or 1, last


def _age(inner: MappingReader) -> AgeSpan | None:
    bounds = inner.reader("age")
    if bounds is None:
        return None
    of = bounds.choice("of", OF) or "child"
    low, high, born = _months(bounds, "at_least"), _months(bounds, "below"), _cohort(bounds)
    bounds.close()
    if low is not None and high is not None and high <= low:
        bounds.wrong("below", "conflict", "is not after at_least", "Write the smaller age in at_least")
    if born != (None, None) and of != "child":
        bounds.wrong("born", "forbidden", "is of a child", "Write of: child, or a condition in when")
    return AgeSpan(of, low, high, born)


def _cohort(inner: MappingReader) -> tuple[int | None, int | None]:
    """Read the first and the last day on which a child may have been born."""
    bounds = inner.reader("born")
    if bounds is None:
        return None, None
    first, last = bounds.day("at_least"), bounds.day("at_most")
    bounds.close()
    if first is not None and last is not None and last < first:
        bounds.wrong("at_most", "conflict", "is before at_least", "Write the earlier day in at_least")
    return first, last


def _months(inner: MappingReader, key: str) -> int | None:
    text = inner.take(key)
    if text is None:
        return None
    with inner.problems.gathered():
        length = parse_duration(text, inner.at(key))
        if not length.days:
            return length.months
        inner.wrong(key, "invalid", f"{text!r} counts days", "Write months or years, such as P24M or P8Y")
    return None


def _within(inner: MappingReader, key: str, most: int) -> int | None:
    value = inner.integer(key, 1)
    if value is not None and value > most:
        inner.wrong(key, "range", f"{value} is above {most}", f"Write an integer from 1 to {most}")
        return None
    return value


def _open(first: int, last: int | None) -> tuple[int, int]:
    return first, _FOREVER if last is None else last


def _ages(age: AgeSpan) -> tuple[int, int]:
    return age.at_least or 0, _FOREVER if age.below is None else age.below - 1
