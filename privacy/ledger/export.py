"""A ledger as one text file, and its check by somebody who trusts nobody: offline, without database or operator.

proffer-ledger-bundle-1
entries 3
checkpoints 1
                        an empty line, then each entry's canonical JSON on a line of its own
                        an empty line, then each checkpoint as a signed note, with an empty line after it
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple, NoReturn

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.accounting.canonical import NotCanonical
from privacy.ledger import entry, merkle
from privacy.ledger.note import BadNote, Checkpoint, Note, NoteVerifier
from privacy.ledger.state import Balance, BudgetInterval, LedgerState, mechanism_of

FORMAT: Final = "proffer-ledger-bundle-1"
MOST_CHECKPOINTS: Final = 1_000
Advance = Callable[[int], object]


class NotABundle(ValueError):  # noqa: N818  # reads as a sentence where it is caught
    """Bytes that are not laid out as a bundle; the message says what is off."""


class Lines(Collection[bytes]):
    r"""The lines between two places of a file, cut out some at a time: a check that holds them all waits for memory.

    >>> list(Lines(b"head\n\none\ntwo", 6, 13))
    [b'one', b'two']
    """

    def __init__(self, content: bytes, begin: int, end: int) -> None:
        """Take the lines that begin at `begin`; the last ends at `end`."""
        self._content, self._begin, self._end = content, begin, end
        self._count = content.count(b"\n", begin, end) + 1

    def __len__(self) -> int:
        return self._count

    def __contains__(self, line: object) -> bool:
        return any(line == one for one in self)

    def __iter__(self) -> Iterator[bytes]:
        begin = self._begin
        while begin <= self._end:
            found = self._content.find(b"\n", begin + _PIECE, self._end)
            end = found if found >= 0 else self._end
            yield from self._content[begin:end].split(b"\n")
            begin = end + 1


_PIECE: Final = 100_000  # bytes, about


@dataclass(frozen=True)
class LedgerExport:
    """The entries of a ledger as they are hashed, and checkpoints over them.

    Attributes:
        entries: canonical bytes, in order.
        notes: signed checkpoints, by size.
    """

    entries: Collection[bytes]
    notes: tuple[Note, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        return b"\n".join((self._head(), b"", *self.entries, b"", self._tail()))

    def _head(self) -> bytes:
        return f"{FORMAT}\nentries {len(self.entries)}\ncheckpoints {len(self.notes)}".encode()

    def _tail(self) -> bytes:
        return b"".join(note.encode() + b"\n" for note in self.notes)

    @classmethod
    def parse(cls, content: bytes) -> LedgerExport:
        """Read a file, accepting only what `encode` would write; entries are not looked into.

        Raises:
            NotABundle: it is cut off, has something added, or is laid out otherwise.
        """
        head, entries, notes = split(content)
        bundle = cls(entries, tuple(_notes(notes)))
        if (bundle._head(), bundle._tail()) != (head, notes):  # the entries are what is between, line by line
            raise NotABundle(f"has other counts of entries and checkpoints than its head says ({head[:60]!r})")
        return bundle


def split(content: bytes) -> tuple[bytes, Lines, bytes]:
    """The head, the entries' lines and the rest, without judging them.

    Raises:
        NotABundle: it does not begin as a bundle does, or ends before its checkpoints.
    """
    begin = content.find(b"\n\n")
    if begin < 0 or not content.startswith(f"{FORMAT}\nentries ".encode()):
        raise NotABundle(f"does not begin as a bundle does ({FORMAT})")
    end = content.find(b"\n\n", begin + 2)
    if end < 0:
        raise NotABundle("is cut off: it has no checkpoints")
    return content[:begin], Lines(content, begin + 2, end), content[end + 2 :]


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
class Verification:
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

    tree: merkle.Tree
    held: frozenset[Note]  # whose first signature is known to hold by the auditor's key
    books: LedgerState = field(default_factory=LedgerState)
    broken: list[int] = field(default_factory=list)  # entries that do not name the one before
    findings: list[Finding] = field(default_factory=list)

    def prices(self) -> dict[tuple[Any, ...], entry.LedgerEntry]:
        """The first entry with each mechanism at each delta and price."""
        found: dict[tuple[Any, ...], entry.LedgerEntry] = {}
        for terms, one in self.books.priced.items():
            found.setdefault((terms.mechanism, one.body["delta"], *one.body["price"].values()), one)
        return found


def verify(
    content: bytes,
    key: NoteVerifier,
    *,
    retained: Sequence[Note] = (),
    witnesses: Sequence[NoteVerifier] = (),
    epsilons: bool = True,
    advance: Callable[[int], Advance] = lambda _: lambda _: None,
) -> Verification:
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
        apart = _Apart(content, key)
        bundle, layout = _read(content)
        replay = _replayed(bundle, apart)
        findings = [*_signatures(bundle, replay, key), *_kept(retained, replay, key), *_cosigned(bundle, witnesses)]
        findings = [*_ordered([*replay.findings, *_broken_links(replay, bundle)]), *layout, *findings]
        prices = replay.prices()
    if epsilons and not findings:
        findings = _ordered(_epsilons(prices.values(), replay.books.last_peaks(), advance))
    last = bundle.notes[-1] if bundle.notes else None
    return Verification(
        tuple(findings),
        len(bundle.entries),
        len(bundle.notes),
        replay.tree.root(len(bundle.entries)).hex(),
        () if last is None or findings else tuple(signature.name for signature in last.signatures[1:]),
        _balances(replay.books) if epsilons and not findings else (),
        len({key[:2] for key in prices}),
    )


def _read(content: bytes) -> tuple[LedgerExport, list[Finding]]:
    try:
        return LedgerExport.parse(content), []
    except NotABundle as failure:
        return _salvaged(content), [Finding(None, f"the bundle {failure}")]


def _salvaged(content: bytes) -> LedgerExport:
    """What can still be read of a broken bundle, to name the first bad entry in it."""
    try:
        _, entries, notes = split(content)
    except NotABundle:
        return LedgerExport((), ())
    try:
        return LedgerExport(entries, tuple(_notes(notes)))
    except NotABundle:
        return LedgerExport(entries, ())


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


class _Apart:
    """What a second process finds out meanwhile, where there is a second core: the tree, and whose signatures hold.

    A process and no thread, since an entry is too short for Python to hash it beside other work; begun only for large
    bundles, and by a process of one thread, which can be copied safely. If anything fails there, it is done here.
    """

    def __init__(self, content: bytes, key: NoteVerifier) -> None:
        """Begin; `key` is the one whose signatures are checked."""
        self._child = self._pipe = 0
        if len(content) < _WORTH_A_PROCESS or not _can_be_copied():
            return
        self._pipe, ours = os.pipe()
        self._child = os.fork()
        if not self._child:
            _find_out_and_leave(content, key, ours)
        os.close(ours)

    def found(self, bundle: LedgerExport) -> tuple[merkle.Tree, frozenset[Note]]:
        """Wait for the tree over a bundle's entries, and those of its notes whose first signature is known to hold."""
        content = self._ended() if self._child else b""
        held = frozenset(note for note, holds in zip(bundle.notes, content, strict=False) if holds)
        with suppress(ValueError):
            return merkle.Tree.decode(content[len(bundle.notes) :], len(bundle.entries)), held
        return merkle.Tree(merkle.leaf_hashes(bundle.entries)), frozenset()

    def _ended(self) -> bytes:
        with open(self._pipe, "rb") as pipe:  # noqa: PTH123  # a pipe has no path
            content = pipe.read()
        _, status = os.waitpid(self._child, 0)
        return b"" if status else content


_WORTH_A_PROCESS: Final = 1_000_000  # bytes to hash


def _can_be_copied() -> bool:
    """Whether this process has a single thread, of Python or of any library, and may use more than one core."""
    try:
        return len(os.sched_getaffinity(0)) > 1 and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208  # as quick
    except (AttributeError, OSError):
        return False


def _find_out_and_leave(content: bytes, key: NoteVerifier, pipe: int) -> NoReturn:
    status = 1
    try:
        _, entries, notes = split(content)
        hashes = merkle.Tree(merkle.leaf_hashes(entries)).encode()
        holds = bytes(key.holds(note.text, note.signatures[0].content) for note in _notes(notes))
        with open(pipe, "wb") as out:  # a pipe has no path
            out.write(holds + hashes)
        status = 0
    finally:
        os._exit(status)  # nothing of the process that was copied may run here


def _replayed(bundle: LedgerExport, apart: _Apart) -> _Replay:
    unchained = _unchained(bundle)
    tree, held = apart.found(bundle)
    if unchained is not None and unchained.priors == entry.BEGINNING + tree.leaves.hex()[: -len(entry.BEGINNING)]:
        return _Replay(tree, held, unchained.books)
    return _replayed_to_the_fault(bundle, tree, held)


class _Unchained(NamedTuple):
    """Books of entries that follow each other, and all the hashes by which each says which one it follows."""

    books: LedgerState
    priors: str


def _unchained(bundle: LedgerExport) -> _Unchained | None:
    """Replay before the hashes are known; None where anything at all is off, which a second pass then names."""
    books, priors = LedgerState(), []
    try:
        for place, (like, index, at, prior, spend, units) in enumerate(entry.likenesses(bundle.entries)):
            if index != place:
                return None
            books.take(like, index, at, spend, units)
            priors.append(prior)
    except (NotCanonical, Rejected):
        return None
    return _Unchained(books, "".join(priors))


def _replayed_to_the_fault(bundle: LedgerExport, tree: merkle.Tree, held: frozenset[Note]) -> _Replay:
    replay = _Replay(tree, held)
    prior = entry.BEGINNING
    for index, line in enumerate(bundle.entries):
        try:
            one = entry.parse(line)
            _check_place(one, index, prior)
            if one.prior == prior:
                replay.books.judge(one)()
            else:
                replay.broken.append(index)
        except (NotCanonical, Rejected) as failure:
            replay.findings.append(Finding(index, str(failure)))
            break
        prior = tree.leaf(index).hex()
    return replay


def _check_place(one: entry.LedgerEntry, index: int, prior: str) -> None:
    if one.index != index:
        raise NotCanonical(f"says it is entry {one.index}: entries were cut, added or exchanged")
    if not index and one.prior != prior:
        raise NotCanonical("names an entry before the first")


def _checkpoint(note: Note) -> Checkpoint | None:
    try:
        return Checkpoint.parse(note.text)
    except BadNote:
        return None


def _broken_links(replay: _Replay, bundle: LedgerExport) -> Iterable[Finding]:
    """Name the entry that was changed where the next one no longer names its hash, or a root is another."""
    good = 0
    for checkpoint in sorted(filter(None, map(_checkpoint, bundle.notes)), key=lambda one: one.size):
        if checkpoint.size > replay.tree.size or replay.tree.root(checkpoint.size) != checkpoint.root:
            what = f"the tree is not the one the checkpoint of size {checkpoint.size} signed"
            link = _first_broken(replay, good)
            known = replay.findings[0].index if replay.findings else None
            index = next((one for one in (link, known) if one is not None), good)
            yield Finding(min(index, max(replay.tree.size - 1, 0)), what)
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


def _signatures(bundle: LedgerExport, replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
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
        yield from _signed(note, size, replay, key)
    if size != len(bundle.entries):
        yield Finding(None, f"no checkpoint signs all {len(bundle.entries)} entries")


def _signed(note: Note, size: int, replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
    books, where = replay.books, f"the checkpoint of size {size}"
    mine = next((known.verifier for known in reversed(books.keys) if known.since <= size), key)
    ours, *others = note.signatures
    if not ours.by(mine):
        old = any(ours.by(known.verifier) for known in books.keys)
        yield Finding(None, f"{where} is signed by {'a revoked or later' if old else 'an unknown'} key ({ours.name})")
    elif not (mine == key and note in replay.held) and not mine.holds(note.text, ours.content):
        yield Finding(None, f"{where}: the ledger's signature does not hold")
    for signature in others:
        witness, revoked = books.witnessed.get(signature.id, (None, None))
        if witness is None or not signature.by(witness) or (revoked is not None and revoked < size):
            yield Finding(None, f"{where} is cosigned by an unknown or revoked key ({signature.name})")
        elif not witness.holds(note.text, signature.content):
            yield Finding(None, f"{where}: the cosignature of {signature.name} does not hold")


def _kept(retained: Sequence[Note], replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
    keys = [known.verifier for known in replay.books.keys] or [key]
    for note in retained:
        try:
            checkpoint = Checkpoint.parse(note.text)
            if not note.signers(keys):
                raise BadNote("is not signed by a key of this ledger")
        except BadNote as failure:
            yield Finding(None, f"the checkpoint you kept {failure}")
            continue
        if checkpoint.size > replay.tree.size:
            what = f"{checkpoint.size} entries were signed when you kept a checkpoint: some were cut off since"
            yield Finding(replay.tree.size, what)
        elif replay.tree.root(checkpoint.size) != checkpoint.root:
            what = f"the first {checkpoint.size} entries are not those of the checkpoint you kept: they were rewritten"
            yield Finding(None, what)


def _cosigned(bundle: LedgerExport, witnesses: Sequence[NoteVerifier]) -> Iterable[Finding]:
    for witness in witnesses:
        try:
            seen = bool(bundle.notes) and bool(bundle.notes[-1].signers([witness]))
        except BadNote:
            seen = False
        if not seen:
            yield Finding(None, f"the witness {witness.name} did not cosign the last checkpoint")


def _epsilons(
    priced: Collection[entry.LedgerEntry], peaks: Collection[BudgetInterval], advance: Callable[[int], Advance]
) -> Iterable[Finding]:
    done = advance(len(priced) + len(peaks))
    for one in priced:
        yield from _price_again(one)
        done(1)
    for peak in peaks:
        yield from _peak_again(peak)
        done(1)


def _price_again(one: entry.LedgerEntry) -> Iterable[Finding]:
    delta, mechanism, index = Decimal(one.body["delta"]), mechanism_of(one.body), one.index
    price = accountant.AccountedPrice.from_document(one.body["price"], delta)
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


def _peak_again(peak: BudgetInterval) -> Iterable[Finding]:
    epsilon = peak.epsilon()
    exact = all(one.kind == "declared" for bag in peak.bags.values() for one in bag)
    if epsilon > peak.cap + (0 if exact else accountant.DRIFT):
        what = f"with this the population {peak.population} has spent {epsilon} of {peak.cap}: overspent"
        yield Finding(peak.first_beyond(), what)


def _balances(books: LedgerState) -> tuple[Balance, ...]:
    return tuple(books.balance(population) for population in sorted(books.accounts))
