"""A ledger as one text file, and its check by somebody who trusts nobody: offline, without database or operator.

proffer-ledger-bundle-1
entries 3
checkpoints 1
                        an empty line, then each entry's canonical JSON on a line of its own
                        an empty line, then each checkpoint as a signed note, with an empty line after it
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from features.problem import Rejected
from privacy import accountant, entry, merkle
from privacy.budget import Balance, Books, Peak, mechanism_of
from privacy.note import BadNote, Checkpoint, Note, Verifier

FORMAT: Final = "proffer-ledger-bundle-1"
MOST_CHECKPOINTS: Final = 1_000
Advance = Callable[[int], object]


class NotABundle(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """Bytes that are not laid out as a bundle; the message says what is off."""


@dataclass(frozen=True)
class Bundle:
    """The entries of a ledger as they are hashed, and checkpoints over them.

    Attributes:
        entries: canonical bytes, in order.
        notes: signed checkpoints, by size.
    """

    entries: tuple[bytes, ...]
    notes: tuple[Note, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        return b"\n".join((self._head(), b"", *self.entries, b"", self._tail()))

    def _head(self) -> bytes:
        return f"{FORMAT}\nentries {len(self.entries)}\ncheckpoints {len(self.notes)}".encode()

    def _tail(self) -> bytes:
        return b"".join(note.encode() + b"\n" for note in self.notes)

    @classmethod
    def parse(cls, content: bytes) -> Bundle:
        """Read a file, accepting only what `encode` would write; entries are not looked into.

        Raises:
            NotABundle: it is cut off, has something added, or is laid out otherwise.
        """
        head, entries, notes = split(content)
        bundle = cls(tuple(entries), tuple(_notes(notes)))
        if (bundle._head(), bundle._tail()) != (head, notes):  # the entries are what is between, line by line
            raise NotABundle(f"has other counts of entries and checkpoints than its head says ({head[:60]!r})")
        return bundle


def split(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The head, the entries' lines and the rest, without judging them.

    Raises:
        NotABundle: it does not begin as a bundle does, or ends before its checkpoints.
    """
    head, found, body = content.partition(b"\n\n")
    if not found or not head.startswith(f"{FORMAT}\nentries ".encode()):
        raise NotABundle(f"does not begin as a bundle does ({FORMAT})")
    lines, found, notes = body.partition(b"\n\n")
    if not found:
        raise NotABundle("is cut off: it has no checkpoints")
    return head, lines.split(b"\n"), notes


def _notes(content: bytes) -> Iterable[Note]:
    parts = content.split(b"\n\n")
    if len(parts) % 2 == 0 or parts[-1]:
        raise NotABundle("ends within a checkpoint, or has something after the last")
    for text, signatures in zip(parts[:-1:2], parts[1:-1:2], strict=True):
        try:
            yield Note.parse(text + b"\n\n" + signatures + b"\n")
        except BadNote as failure:
            raise NotABundle(f"has a checkpoint that is none: it {failure}") from None


@dataclass(frozen=True)
class Finding:
    """One thing that is off: at which entry (None: not at one), and what."""

    index: int | None
    what: str

    def __str__(self) -> str:
        """As a line."""
        return self.what if self.index is None else f"entry {self.index}: {self.what}"


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes:
        findings: everything that is off, the first bad entry first; empty means that all holds.
        entries: how many there are.
        checkpoints: how many there are.
        witnesses: names of those who cosigned the last checkpoint.
        balances: of each population, where all holds.
        mechanisms: how many distinct mechanisms were priced again.
    """

    findings: tuple[Finding, ...]
    entries: int = 0
    checkpoints: int = 0
    root: str = ""
    witnesses: tuple[str, ...] = ()
    balances: tuple[Balance, ...] = ()
    mechanisms: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is off."""
        return not self.findings

    @property
    def first_bad_index(self) -> int | None:
        """The first entry that something is off at."""
        found = [finding.index for finding in self.findings if finding.index is not None]
        return min(found) if found else None

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ok": self.ok,
            "first_bad_index": self.first_bad_index,
            "problems": [{"index": finding.index, "what": finding.what} for finding in self.findings],
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "root": self.root,
            "witnesses": list(self.witnesses),
            "populations": [balance.to_document() for balance in self.balances],
            "mechanisms": self.mechanisms,
        }


@dataclass
class _Replay:
    """One pass over a bundle's entries."""

    leaves: list[bytes]
    tree: merkle.Tree
    books: Books = field(default_factory=Books)
    broken: list[int] = field(default_factory=list)  # entries that do not name the one before
    findings: list[Finding] = field(default_factory=list)

    def prices(self) -> dict[tuple[Any, ...], entry.Entry]:
        """The first entry with each mechanism at each delta and price."""
        found: dict[tuple[Any, ...], entry.Entry] = {}
        for terms, one in self.books.priced.items():
            found.setdefault((terms.mechanism, one.body["delta"], *one.body["price"].values()), one)
        return found


def verify(
    content: bytes,
    key: Verifier,
    *,
    retained: Sequence[Note] = (),
    witnesses: Sequence[Verifier] = (),
    epsilons: bool = True,
    advance: Callable[[int], Advance] = lambda _: lambda _: None,
) -> Verdict:
    """Derive everything a bundle says again, from its entries alone.

    Args:
        content: the bundle.
        key: a key of the ledger that the auditor got from elsewhere than the bundle.
        retained: checkpoints of this ledger that the auditor kept from before.
        witnesses: keys that must have cosigned the last checkpoint.
        epsilons: also price each distinct mechanism and each balance again (needs dp-accounting).
        advance: given how many prices are coming, returns what to call after each.
    """
    with _undisturbed():
        bundle, layout = _read(content)
        replay = _replayed(bundle)
        findings = [*_signatures(bundle, replay, key), *_kept(retained, replay, key), *_cosigned(bundle, witnesses)]
        findings = [*_ordered([*replay.findings, *_broken_links(replay, bundle)]), *layout, *findings]
        prices = replay.prices()
    if epsilons and not findings:
        findings = _ordered(_epsilons(prices.values(), replay.books.last_peaks(), advance))
    last = bundle.notes[-1] if bundle.notes else None
    return Verdict(
        tuple(findings),
        len(bundle.entries),
        len(bundle.notes),
        replay.tree.root(len(bundle.entries)).hex(),
        () if last is None or findings else tuple(signature.name for signature in last.signatures[1:]),
        _balances(replay.books) if epsilons and not findings else (),
        len({key[:2] for key in prices}),
    )


def _read(content: bytes) -> tuple[Bundle, list[Finding]]:
    try:
        return Bundle.parse(content), []
    except NotABundle as failure:
        return _salvaged(content), [Finding(None, f"the bundle {failure}")]


def _salvaged(content: bytes) -> Bundle:
    """What can still be read of a broken bundle, to name the first bad entry in it."""
    try:
        _, entries, notes = split(content)
    except NotABundle:
        return Bundle((), ())
    try:
        return Bundle(tuple(entries), tuple(_notes(notes)))
    except NotABundle:
        return Bundle(tuple(entries), ())


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.index is None, finding.index or 0))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the collector of cycles, of which a replay makes none, from walking the growing books again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _replayed(bundle: Bundle) -> _Replay:
    leaves = merkle.leaf_hashes(bundle.entries)
    replay = _Replay(leaves, merkle.Tree(leaves))
    prior = entry.BEGINNING
    for index, line in enumerate(bundle.entries):
        try:
            one = entry.parse(line)
            _check_place(one, index, prior)
            if one.prior == prior:
                replay.books.judge(one)()
            else:
                replay.broken.append(index)
        except (entry.NotCanonical, Rejected) as failure:
            replay.findings.append(Finding(index, str(failure)))
            break
        prior = leaves[index].hex()
    return replay


def _check_place(one: entry.Entry, index: int, prior: str) -> None:
    if one.index != index:
        raise entry.NotCanonical(f"says it is entry {one.index}: entries were cut, added or exchanged")
    if not index and one.prior != prior:
        raise entry.NotCanonical("names an entry before the first")


def _checkpoint(note: Note) -> Checkpoint | None:
    try:
        return Checkpoint.parse(note.text)
    except BadNote:
        return None


def _broken_links(replay: _Replay, bundle: Bundle) -> Iterable[Finding]:
    """Name the entry that was changed where the next one no longer names its hash, or a root is another."""
    good = 0
    for checkpoint in sorted(filter(None, map(_checkpoint, bundle.notes)), key=lambda one: one.size):
        if checkpoint.size > len(replay.leaves) or replay.tree.root(checkpoint.size) != checkpoint.root:
            what = f"the tree is not the one the checkpoint of size {checkpoint.size} signed"
            link = _first_broken(replay, good)
            known = replay.findings[0].index if replay.findings else None
            index = next((one for one in (link, known) if one is not None), good)
            yield Finding(min(index, max(len(replay.leaves) - 1, 0)), what)
            return
        good = checkpoint.size
    if replay.broken and replay.broken[0] < good:  # the keeper of the key signed it so
        yield Finding(replay.broken[0], "does not name the entry before it")
        return
    link = _first_broken(replay, good)
    if link is not None:
        yield Finding(link, "is not the entry that the one after it names")


def _first_broken(replay: _Replay, good: int) -> int | None:
    """The changed one of the entries that no good checkpoint signs."""
    index = next((index for index in replay.broken if index >= good), None)
    if index is None:
        return None
    return index if index == good or index + 1 in replay.broken else index - 1


def _signatures(bundle: Bundle, replay: _Replay, key: Verifier) -> Iterable[Finding]:
    books, size = replay.books, -1
    if books.keys and all(known.verifier != key for known in books.keys):
        yield Finding(None, f"the key {key.name}+{key.id.hex()} is not a key of this ledger")
    for note in bundle.notes:
        checkpoint = _checkpoint(note)
        if checkpoint is None or checkpoint.size <= size or checkpoint.size > len(bundle.entries):
            yield Finding(None, "the checkpoints are not of growing sizes within the ledger")
            return
        size = checkpoint.size
        if checkpoint.origin != books.origin:
            yield Finding(None, f"the checkpoint of size {size} is of another log")
        yield from _signed(note, size, books, key)
    if size != len(bundle.entries):
        yield Finding(None, f"no checkpoint signs all {len(bundle.entries)} entries")


def _signed(note: Note, size: int, books: Books, key: Verifier) -> Iterable[Finding]:
    where = f"the checkpoint of size {size}"
    mine = next((known.verifier for known in reversed(books.keys) if known.since <= size), key)
    ours, *others = note.signatures
    if not ours.by(mine):
        old = any(ours.by(known.verifier) for known in books.keys)
        yield Finding(None, f"{where} is signed by {'a revoked or later' if old else 'an unknown'} key ({ours.name})")
    elif not mine.holds(note.text, ours.content):
        yield Finding(None, f"{where}: the ledger's signature does not hold")
    for signature in others:
        witness, revoked = books.witnessed.get(signature.id, (None, None))
        if witness is None or not signature.by(witness) or (revoked is not None and revoked < size):
            yield Finding(None, f"{where} is cosigned by an unknown or revoked key ({signature.name})")
        elif not witness.holds(note.text, signature.content):
            yield Finding(None, f"{where}: the cosignature of {signature.name} does not hold")


def _kept(retained: Sequence[Note], replay: _Replay, key: Verifier) -> Iterable[Finding]:
    keys = [known.verifier for known in replay.books.keys] or [key]
    for note in retained:
        try:
            checkpoint = Checkpoint.parse(note.text)
            if not note.signers(keys):
                raise BadNote("is not signed by a key of this ledger")
        except BadNote as failure:
            yield Finding(None, f"the checkpoint you kept {failure}")
            continue
        if checkpoint.size > len(replay.leaves):
            what = f"{checkpoint.size} entries were signed when you kept a checkpoint: some were cut off since"
            yield Finding(len(replay.leaves), what)
        elif replay.tree.root(checkpoint.size) != checkpoint.root:
            what = f"the first {checkpoint.size} entries are not those of the checkpoint you kept: they were rewritten"
            yield Finding(None, what)


def _cosigned(bundle: Bundle, witnesses: Sequence[Verifier]) -> Iterable[Finding]:
    for witness in witnesses:
        try:
            seen = bool(bundle.notes) and bool(bundle.notes[-1].signers([witness]))
        except BadNote:
            seen = False
        if not seen:
            yield Finding(None, f"the witness {witness.name} did not cosign the last checkpoint")


def _epsilons(
    priced: Collection[entry.Entry], peaks: Collection[Peak], advance: Callable[[int], Advance]
) -> Iterable[Finding]:
    done = advance(len(priced) + len(peaks))
    for one in priced:
        yield from _price_again(one)
        done(1)
    for peak in peaks:
        yield from _peak_again(peak)
        done(1)


def _price_again(one: entry.Entry) -> Iterable[Finding]:
    delta, mechanism, index = Decimal(one.body["delta"]), mechanism_of(one.body), one.index
    price = accountant.Price.from_document(one.body["price"], delta)
    again = accountant.price(mechanism, delta, second=False)
    for name, recorded, found in (("PLD", price.pld, again.pld), ("RDP", price.rdp, again.rdp)):
        if recorded is None and found is None:
            continue
        if recorded is None or found is None or abs(recorded - found) > accountant.DRIFT:
            yield Finding(index, f"{name} prices the mechanism at {found}, not at {recorded}")
    if price.prv is not None and again.pld is not None:
        gap = price.prv - again.pld
        if not -accountant.DRIFT <= gap <= accountant.AGREEMENT + accountant.DRIFT:
            yield Finding(index, f"PRV on record ({price.prv}) is not within 0 and 0.011 of PLD ({again.pld})")


def _peak_again(peak: Peak) -> Iterable[Finding]:
    epsilon = peak.epsilon()
    exact = all(one.kind == "declared" for bag in peak.bags.values() for one in bag)
    if epsilon > peak.cap + (0 if exact else accountant.DRIFT):
        what = f"with this the population {peak.population} has spent {epsilon} of {peak.cap}: overspent"
        yield Finding(peak.first_beyond(), what)


def _balances(books: Books) -> tuple[Balance, ...]:
    return tuple(books.balance(population) for population in sorted(books.accounts))
