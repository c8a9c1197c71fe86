"""One ledger entry: its kinds, the fields each must have, and the only bytes it may be written in."""

from __future__ import annotations

import json
import re
import struct
from binascii import Error, hexlify, unhexlify
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from privacy.accounting.amount import is_decimal
from privacy.accounting.canonical import NotCanonical, canonical

FORMAT: Final = "proffer-ledger-1"
EVERYBODY: Final = "*"
"""The population of entries about the whole ledger (its own keys)."""
BEGINNING: Final = "0" * 64
"""What the first entry names as the hash of the entry before it."""
LONGEST: Final = 2_000  # characters of a free text; an entry is a record, not an archive
DEEPEST: Final = 8  # mechanisms inside mechanisms


class EntryType(StrEnum):
    """What an entry says."""

    INIT = "init"
    RESERVE = "reserve"
    COMMIT = "commit"
    EXPIRE = "expire"
    EVALUATE = "evaluate"
    RELEASE = "release"
    RAISE = "raise"
    RESET = "reset"
    PUBLIC = "public"
    KEY = "key"


APPROVED: Final = frozenset({EntryType.RELEASE, EntryType.RAISE, EntryType.RESET, EntryType.PUBLIC})
"""Kinds that need the signatures of two people."""


# The standard encoder writes the same bytes as RFC 8785 where keys are ASCII and numbers are integers, which `_SHAPES`
# demands of every entry; it is fifteen times faster, and a property test holds the two together.
_fast = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _refuse_float(text: str) -> None:
    raise NotCanonical(f"holds the number {text}: amounts are decimal strings")


_decoder = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float)


class LedgerEntry(
    NamedTuple
):  # a tuple: made a hundred thousand times in a check, five times faster than a frozen dataclass
    """One line of the ledger.

    Attributes:
        index: its place, from 0; this, and no clock, orders entries.
        kind: what it says.
        population: whose budget it is about, or ``*`` for the ledger itself.
        at: RFC 3339 UTC time at which it was written; advisory.
        prior: hex leaf hash of the entry before it.
        body: the fields of its kind.
    """

    index: int  # type: ignore[assignment]  # a tuple's own `index` is not used of an entry
    kind: EntryType
    population: str
    at: str
    prior: str
    body: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """The entry as the JSON object whose canonical bytes are its leaf in the tree."""
        return {
            "at": self.at,
            "body": dict(self.body),
            "format": FORMAT,
            "index": self.index,
            "kind": str(self.kind),
            "population": self.population,
            "prior": self.prior,
        }

    def bytes(self) -> bytes:
        """The canonical bytes of a well-formed entry.

        Raises:
            NotCanonical: a field is missing, too many, or not of the form its kind asks for.
        """
        document = self.document()
        _check(document)
        return canonical(document)


def parse(line: bytes) -> LedgerEntry:
    """Read one entry back, accepting nothing but the bytes `LedgerEntry.bytes` would write.

    Raises:
        NotCanonical: it is not JSON, not canonical (spaces, order, escapes, repeated names), or not a known entry.
    """
    if b"\n" not in line:  # which parts the slots below, and is in no canonical JSON
        for unpack in reversed(_layouts.get(len(line), _NO_LAYOUTS).values()):
            found = _filled(unpack(line))
            if found is not None:
                return found
        found = _learned(line)
        if found is not None:
            return found
    try:
        text = line.decode()
    except UnicodeDecodeError as failure:
        raise NotCanonical(f"is not an entry: {failure}") from None
    return _parse_whole(text)


def _parse_whole(text: str) -> LedgerEntry:
    try:
        document, end = _decoder.raw_decode(text)
        again = _fast(document)
    except (ValueError, RecursionError) as failure:
        raise NotCanonical(f"is not an entry: {failure}") from None
    if end != len(text) or again != text:
        raise NotCanonical("is not in canonical form (RFC 8785)")
    _check(document)
    return LedgerEntry(
        document["index"],
        EntryType(document["kind"]),
        document["population"],
        document["at"],
        document["prior"],
        document["body"],
    )


# Most entries differ from one seen before in nothing but seven slots: time, data set (three), spend id, index and prior
# hash. A slot has one form, which holds no quote or backslash, so an entry that is another one with only its slots
# exchanged is canonical if that one is. What stands around the slots is therefore read once, whole, and remembered, and
# so is where the slots begin in lines of each length. A property test holds this way of reading, one by one and many at
# once, and `_parse_whole` together.
_SLOTS: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n"
    r"(?:([0-9a-f]{64})\n([0-9a-f]{64})\n(0|[1-9][0-9]{0,14})|\n\n)\n"
    r"([A-Za-z0-9][A-Za-z0-9._:/@-]{0,127})\n(0|[1-9][0-9]{0,14})\n([0-9a-f]{64})",
    re.ASCII,
)
_DATASET_BEGINS: Final = b',"dataset":{"fingerprint":"'
_SKETCH_BEGINS: Final = b'","sketch":"'
_UNITS_BEGIN: Final = b'","units":'
_SPEND_BEGINS: Final = b'"spend":"'  # the last name in the body of the kinds that are many
_SPEND_ENDS: Final = b'"},"format":"proffer-ledger-1","index":'
_EXAMPLE: Final = b"0" * 64
_MOST_SHAPES: Final = 4096
_MOST_LAYOUTS: Final = 8  # of lines of one length

Parts = tuple[bytes, ...]  # what stands around the slots at even places, the slots at odd ones
_shapes: dict[
    Parts, LedgerEntry | None
] = {}  # by what stands around the slots: an entry of that shape, None where none can be
_layouts: dict[int, dict[str, Callable[[bytes], Parts]]] = {}  # by length of line

_NO_LAYOUTS: Final[dict[str, Callable[[bytes], Parts]]] = {}


def _filled(parts: Parts) -> LedgerEntry | None:
    shape = _shapes.get(parts[::2])
    slots = shape and _SLOTS.fullmatch(b"\n".join(parts[1::2]).decode("latin-1"))
    if not shape or not slots:
        return None
    at, fingerprint, sketch, units, spend, index, prior = slots.groups()
    body = {**shape.body, "spend": spend}
    if units is not None:
        body["dataset"] = {"fingerprint": fingerprint, "sketch": sketch, "units": int(units)}
    elif "dataset" in body:
        return None
    return LedgerEntry(int(index), shape.kind, shape.population, at, prior, body)


class Likeness(NamedTuple):
    """An entry told by another one that it is like, and by what may differ: all that balances depend on.

    Attributes:
        like: the same but for what follows (and the data set's hashes); in most kinds the entry itself.
        index: its place.
        at: when it was written.
        prior: hex leaf hash of the entry before it.
        spend: the spend it is about, or nothing.
        units: of its data set; 0 where it has none.
    """

    like: LedgerEntry
    index: int  # type: ignore[assignment]  # as in `LedgerEntry`
    at: str
    prior: str
    spend: str
    units: int


def likenesses(lines: Iterable[bytes]) -> Iterator[tuple[LedgerEntry, int, str, str, str, int]]:
    """Read many entries, refusing what `parse` refuses, without putting each together: the fields of a `Likeness`.

    Plain tuples: there are a hundred thousand.

    Raises:
        NotCanonical: as `parse`, when it comes to the line.
    """
    rest = iter(lines)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield from _alike(some) or map(_itself, map(parse, some))


def _itself(one: LedgerEntry) -> Likeness:
    rows = one.body.get("dataset", {"units": 0})
    return Likeness(one, one.index, one.at, one.prior, one.body.get("spend", ""), rows["units"])


def _alike(lines: Sequence[bytes]) -> Iterator[tuple[LedgerEntry, int, str, str, str, int]] | None:
    """The likenesses, where all lines are of shapes and layouts seen before, and their slots have their forms."""
    shapes, slots = [], []
    for line in lines:
        for unpack in reversed(_layouts.get(len(line), _NO_LAYOUTS).values()):
            parts = unpack(line)
            shape = _shapes.get(parts[::2])
            if shape is not None:
                shapes.append(shape)
                slots.append(parts[1::2])
                break
        else:
            return None
    columns = tuple(zip(*slots, strict=True))
    if not _in_form(*columns):
        return None
    at, _, _, units, spends, indices, priors = columns
    counts = (int(count or b"0") for count in units)
    return zip(shapes, map(int, indices), _texts(at), _texts(priors), _texts(spends), counts, strict=True)


def _texts(column: Parts) -> list[str]:
    return b"\n".join(column).decode().split("\n")


def _in_form(*columns: Parts) -> bool:
    """Whether all slots have their forms; their lengths are those of slots that had (a layout is of such)."""
    at, fingerprints, sketches, units, spends, indices, priors = columns
    times, hashes = b"".join(at), b"".join((*fingerprints, *sketches, *priors))
    names, counts = b"\n".join(spends), b"\n".join((*units, *indices))
    return (
        times.translate(_ZEROS) == _A_TIME * len(at)
        and names.count(b"\n") + 1 == len(at)
        and counts.count(b"\n") + 1 == 2 * len(at)
        and _NAMES.fullmatch(names) is not None
        and _COUNTS.fullmatch(counts) is not None
        and _is_hex(hashes)
    )


def _is_hex(text: bytes) -> bool:
    try:
        return hexlify(unhexlify(text)) == text
    except Error:
        return False


_AT_ONCE: Final = 256
_ZEROS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_A_TIME: Final = b"0000-00-00T00:00:00Z"
_NAMES: Final = re.compile(rb"(?:[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}(?:\n|\Z))*+")
_COUNTS: Final = re.compile(rb"(?:(?:0|[1-9][0-9]{0,14})?(?:\n|\Z))*+")


def _learned(line: bytes) -> LedgerEntry | None:
    parts = _apart(line)
    if parts[::2] not in _shapes:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
            _layouts.clear()
        _shapes[parts[::2]] = _shape(parts)
    found = _filled(parts)
    layouts = _layouts.setdefault(len(line), {})
    if found is not None and len(layouts) < _MOST_LAYOUTS:
        form = "".join(f"{len(part)}s" for part in parts)
        layouts[form] = struct.Struct(form).unpack
    return found


def _apart(line: bytes) -> Parts:
    head, begins, end = line[27:].rpartition(_SPEND_BEGINS)
    spend, ends, end = end.partition(_SPEND_ENDS)
    index, comma, end = end.partition(b",")
    head, rows, tail = head + begins, b"", b""
    if head.startswith(b'","body":{"cohort":'):
        head, found, tail = head.partition(_DATASET_BEGINS)
        rows, brace, tail = tail.partition(b"}")
        head, tail = head + found, brace + tail
    fingerprint, sketches, rows = rows.partition(_SKETCH_BEGINS)
    sketch, counts, units = rows.partition(_UNITS_BEGIN)
    before = (line[:7], line[7:27], head, fingerprint, sketches, sketch, counts, units, tail)
    return *before, spend, ends, index, comma + end[:-66], end[-66:-2], end[-2:]


def _shape(parts: Parts) -> LedgerEntry | None:
    *around, last = parts[::2]
    _, _, sketches, *_ = around
    rows = (_EXAMPLE, _EXAMPLE, b"0") if sketches else (b"", b"", b"")
    slots = (b"2026-01-01T00:00:00Z", *rows, b"x", b"0", _EXAMPLE)
    example = b"".join(map(b"%b%b".__mod__, zip(around, slots, strict=True))) + last
    try:
        return _parse_whole(example.decode())
    except (NotCanonical, UnicodeDecodeError):
        return None  # the entry itself is read whole, to say what is off with it


_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_KEY = re.compile(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")
_SIGNATURE = re.compile(r"— [^\s+]{1,200} [A-Za-z0-9+/]{90,100}={0,2}")
_RANDOM = re.compile(r"[0-9a-f]{32}")
_MOST = 2**53 - 1

Check = Callable[[Any], bool]


def _matches(pattern: re.Pattern[str]) -> Check:
    whole = pattern.fullmatch

    @lru_cache(maxsize=4096)
    def check(value: object) -> bool:
        return isinstance(value, str) and whole(value) is not None

    return lambda value: isinstance(value, str) and check(value)


_name = _matches(_NAME)
_key = _matches(_KEY)


def is_name(value: object) -> bool:
    """Whether a value can name a population, a spend or a period."""
    return _name(value)


def _hex(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST


def _optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _many(check: Check, least: int, most: int) -> Check:
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


def _object(**fields: Check) -> Check:
    names, checks = frozenset(fields), tuple(fields.items())
    return lambda value: (
        isinstance(value, dict) and value.keys() == names and all(check(value[name]) for name, check in checks)
    )


def _tree(value: object, depth: int = 0) -> bool:
    """Whether a value can be a mechanism document; `privacy.accounting.mechanism` reads what it means."""
    if isinstance(value, str):
        return len(value) <= LONGEST
    if isinstance(value, list):
        return depth < DEEPEST and all(_tree(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return depth < DEEPEST and all(name.isascii() and _tree(part, depth + 1) for name, part in value.items())
    return _count(value)


def _mechanism(value: object) -> bool:
    return isinstance(value, dict) and _tree(value)


_PRICE = _object(pld=_optional(is_decimal), prv=_optional(is_decimal), rdp=_optional(is_decimal))
_DATASET = _object(fingerprint=_hex, sketch=_hex, units=_count)
_COHORT = _object(modulus=_count, residues=_many(_count, 1, 4096), salt=_name)
_SPEND: dict[str, Check] = {
    "cohort": _optional(_COHORT),
    "dataset": _DATASET,
    "delta": is_decimal,
    "epsilon": is_decimal,
    "mechanism": _mechanism,
    "price": _PRICE,
    "purpose": _text,
    "requester": _text,
    "spend": _name,
}
_WHAT: Final[dict[str, Check]] = {
    EntryType.RELEASE: _object(reason=_text, spend=_name),
    EntryType.RAISE: _object(epsilon=is_decimal, reason=_text),
    EntryType.RESET: _object(epsilon=is_decimal, period=_name, reason=_text),
    EntryType.PUBLIC: _object(fingerprint=_hex, reason=_text),
    EntryType.KEY: _object(
        change=lambda value: value in ("begin", "rotate", "enrol", "revoke"),
        key=_key,
        reason=_text,
        role=lambda value: value in ("ledger", "approver", "witness"),
    ),
}
STATEMENT: Final = "proffer-approval-1"
_statement = _object(
    format=lambda value: value == STATEMENT,
    id=lambda value: isinstance(value, str) and _RANDOM.fullmatch(value) is not None,
    kind=lambda value: isinstance(value, str) and value in _WHAT,
    ledger=_name,
    population=lambda value: value == EVERYBODY or _name(value),
    what=lambda value: isinstance(value, dict),
)


def is_statement(value: object) -> bool:
    """Whether a value is something that people can be asked to sign for the ledger."""
    return _statement(value) and _WHAT[value["kind"]](value["what"])  # type: ignore[index]  # `_statement` saw a dict


_SIGNED = _object(
    signatures=_many(lambda line: isinstance(line, str) and _SIGNATURE.fullmatch(line) is not None, 1, 16),
    statement=is_statement,
)
_SHAPES: Final[dict[str, Check]] = {
    EntryType.INIT: _object(
        approvers=_many(_key, 2, 64),
        delta=is_decimal,
        epsilon=is_decimal,
        period=_name,
        relation=lambda value: value == "add_or_remove_one",
        unit=lambda value: value in ("person", "household"),
        units=_count,
    ),
    EntryType.RESERVE: _object(**_SPEND),
    EntryType.COMMIT: _object(mechanism=_mechanism, spend=_name),
    EntryType.EXPIRE: _object(reason=_text, spend=_name),
    EntryType.EVALUATE: _object(**_SPEND, metrics=_many(_name, 1, 256)),
    **dict.fromkeys((EntryType.RELEASE, EntryType.RAISE, EntryType.RESET, EntryType.PUBLIC, EntryType.KEY), _SIGNED),
}
_OUTER = frozenset({"at", "body", "format", "index", "kind", "population", "prior"})


def _check(document: Any) -> None:
    if not isinstance(document, dict) or document.keys() != _OUTER or document["format"] != FORMAT:
        raise NotCanonical(f"is not an entry of {FORMAT}")
    kind = document["kind"]
    if not isinstance(kind, str) or kind not in _SHAPES:
        raise NotCanonical("is of no known kind")
    if not _count(document["index"]) or not _hex(document["prior"]):
        raise NotCanonical("does not say its index and the hash of the entry before it")
    if not isinstance(document["at"], str) or not _TIME.fullmatch(document["at"]):
        raise NotCanonical("does not say when it was written, as YYYY-MM-DDTHH:MM:SSZ")
    if not (document["population"] == EVERYBODY or _name(document["population"])):
        raise NotCanonical("does not name a population")
    if not _SHAPES[kind](document["body"]):
        raise NotCanonical(f"does not have the fields of a {kind} entry, each in its one form")
