"""The check of an exported ledger by an auditor who trusts no one: offline, from its bytes and a public key alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Final

from features.problem import Rejected
from privacy.accounting.canonical import NotCanonical
from privacy.budget import Balance
from privacy.ledger import entry, merkle
from privacy.ledger.authority import own_keys
from privacy.ledger.dataset import NO_SKETCH
from privacy.ledger.export import LedgerExport, NotAnExport, parse_notes, split
from privacy.ledger.note import BadNote, Checkpoint, Note, NoteVerifier, Signature
from privacy.ledger.recorded_audits import audits, worst
from privacy.ledger.repricing import Advance, Finding, audited_again, claims_again, priced_again
from privacy.ledger.rule_versions import FORMATS
from privacy.ledger.rules import decide
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import is_synthetic


@dataclass(frozen=True)
class Verification:
    """The result of a check.

    Attributes:
        findings: everything that is wrong, the first bad entry first; empty if the ledger is in order.
        entries: the number of entries.
        checkpoints: the number of checkpoints.
        witnesses: the names that cosigned the last checkpoint.
        balances: of each population, if the ledger is in order.
        mechanisms: the number of distinct mechanisms priced again.
        last: when the last entry was written, by the ledger's own clock.
        roots: the names of the root approvers that the ledger names first.
        formats: of the entries, in the order of their versions; the last is the one that the ledger goes on by.
        cosigned_at: when each witness saw the last checkpoint, by its clock (RFC 3339).
        worst_audit: the audit of a run that shows the most against its claim, as `recorded_audits.audits` tells it.
    """

    findings: tuple[Finding, ...]
    entries: int = 0
    checkpoints: int = 0
    root: str = ""
    witnesses: tuple[str, ...] = ()
    balances: tuple[Balance, ...] = ()
    mechanisms: int = 0
    last: str = ""
    cosigned_at: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    worst_audit: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def first_bad_index(self) -> int | None:
        """The first entry at which something is wrong."""
        return min((finding.index for finding in self.findings if finding.index is not None), default=None)

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ok": self.ok,
            "first_bad_index": self.first_bad_index,
            "problems": [{"index": finding.index, "what": finding.what} for finding in self.findings],
            "format": self.formats[-1] if self.formats else None,
            "formats": list(self.formats),
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "root": self.root,
            "witnesses": list(self.witnesses),
            "populations": [balance.to_document() for balance in self.balances],
            "mechanisms": self.mechanisms,
            "last_entry_at": self.last or None,
            "cosigned_at": list(self.cosigned_at),
            "root_approvers": list(self.roots),
            "worst_audit": None if self.worst_audit is None else dict(self.worst_audit),
        }


CLOCKS_DIFFER: Final = timedelta(days=1)
"""By how much the clocks of a ledger, a witness and an auditor may differ."""


@dataclass(frozen=True)
class AuditTerms:
    """What an auditor asks beside what is always checked.

    Attributes:
        not_before: the ledger must have been alive at or after this moment: by the cosignatures of the witnesses that
            are asked for, and where none are, by the date of its last entry.
        approvers: the root approvers' keys, as the auditor was given them by another way than the ledger; None where
            they are not known, and the ledger's own word is taken for them.
        now: the auditor's clock; an entry dated more than a day after it is a finding, and no date after it counts for
            `not_before`. None: no date is held against a clock.
        advance: given how many prices are coming, returns what to call after each.
    """

    not_before: datetime | None = None
    approvers: Sequence[NoteVerifier] | None = None
    advance: Callable[[int], Advance] = lambda _: lambda _: None
    now: datetime | None = None

    @property
    def latest(self) -> datetime:
        """The latest moment that a clock which is not wrong can have told."""
        return datetime.max.replace(tzinfo=UTC) if self.now is None else self.now + CLOCKS_DIFFER


BY_ITSELF: Final = AuditTerms()
MOST_TOLD: Final = 100
"""Findings: a bundle of which more is wrong is not in order either, and nobody reads them all."""


@dataclass
class _Replay:
    """One pass over an export's entries."""

    tree: merkle.Tree
    state: LedgerState = field(default_factory=LedgerState)
    broken: list[int] = field(default_factory=list)  # entries that do not name the one before
    findings: list[Finding] = field(default_factory=list)
    audits: list[entry.AuditEntry] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)  # the population that first spent on a fingerprint
    last: str = ""  # when the last entry was written
    lived: str = ""  # the same, of those that are not dated after the auditor's clock
    formats: set[str] = field(default_factory=set)


def verify(
    content: bytes,
    key: NoteVerifier,
    *,
    retained: Sequence[Note] = (),
    witnesses: Sequence[NoteVerifier] = (),
    epsilons: bool = True,
    asked: AuditTerms = BY_ITSELF,
) -> Verification:
    """Derive everything an export states again, from its entries alone.

    Args:
        content: the export.
        key: a key of the ledger that the auditor got from another source than the export.
        retained: checkpoints of this ledger that the auditor kept from before.
        witnesses: keys that must have cosigned the last checkpoint.
        epsilons: also price each distinct mechanism and each balance again (needs dp-accounting).
        asked: what else the auditor asks.
    """
    export, layout = _read(content)
    replay = _replayed(export, asked)
    signed = islice(_signatures(export, replay, key), MOST_TOLD)
    findings = [*signed, *_kept(retained, replay, key), *_cosigned(export, replay, witnesses)]
    findings += _stale(export, replay, witnesses, asked)
    findings = [*_ordered([*replay.findings, *_broken_links(replay, export)]), *layout, *findings]
    findings += _rooted(replay.state, asked.approvers)
    if epsilons and not findings:
        seen = audited_again(replay.audits), claims_again(replay.audits)
        again = chain(*seen, priced_again(replay.state, asked.advance))
        findings = _ordered(islice(again, MOST_TOLD))
    findings = findings[:MOST_TOLD]
    in_order, last = not findings, export.notes[-1] if export.notes else None
    return Verification(
        tuple(findings),
        len(export.entries),
        len(export.notes),
        replay.tree.root(len(export.entries)).hex(),
        tuple(signature.name for signature in last.signatures[1:]) if in_order and last is not None else (),
        tuple(map(replay.state.balance, sorted(replay.state.budgets))) if epsilons and in_order else (),
        len({(mechanism, price.delta) for mechanism, price in replay.state.prices}),
        replay.last,
        tuple(_text(moment) for moment in _moments(last.signatures[1:])) if in_order and last is not None else (),
        tuple(one.name for one in replay.state.first_roots),
        tuple(sorted(replay.formats, key=FORMATS.__getitem__)),
        worst(audits(replay.audits)),
    )


def _read(content: bytes) -> tuple[LedgerExport, list[Finding]]:
    try:
        return LedgerExport.parse(content), []
    except NotAnExport as failure:
        return _salvaged(content), [Finding(None, f"the export {failure}")]


def _salvaged(content: bytes) -> LedgerExport:
    """What can still be read of a broken export, to name the first bad entry in it."""
    try:
        _, entries, notes = split(content)
    except NotAnExport:
        return LedgerExport((), ())
    try:
        return LedgerExport(entries, tuple(parse_notes(notes)))
    except NotAnExport:
        return LedgerExport(entries, ())


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.index is None, finding.index or 0))


def _replayed(export: LedgerExport, asked: AuditTerms) -> _Replay:
    """Parse, chain and judge every entry, up to the first that is refused."""
    leaves = merkle.leaf_hashes(export.entries)
    replay, prior = _Replay(merkle.Tree(leaves)), entry.BEGINNING
    for index, line in enumerate(export.entries):
        try:
            one = entry.parse(line)
            _check_place(one, index, prior)
            if one.prior == prior:
                replay.state.apply(decide(replay.state, one), one)
                replay.findings += _copied(replay, one) if len(replay.findings) < MOST_TOLD else ()
                replay.audits += [one] if isinstance(one, entry.AuditEntry) else []
            else:
                replay.broken.append(index)
        except (NotCanonical, Rejected) as failure:
            replay.findings.append(Finding(index, str(failure)))
            break
        prior, replay.last = leaves[index].hex(), one.at
        _date(replay, one, asked)
        replay.formats.add(one.format)
    return replay


def _date(replay: _Replay, one: entry.AnyEntry, asked: AuditTerms) -> None:
    """Name an entry from a day that has not come; dates that run backwards are none (a clock that was put right)."""
    if asked.now is None or datetime.fromisoformat(one.at) <= asked.latest:
        replay.lived = one.at
    elif len(replay.findings) < MOST_TOLD:
        what = f"is dated {one.at}, and the auditor's clock says {_text(asked.now)}: one of the two clocks is wrong"
        replay.findings.append(Finding(one.index, what))


def _copied(replay: _Replay, one: entry.AnyEntry) -> Iterable[Finding]:
    """Name a spend on exactly the people of another population; a fingerprint of nobody in particular is no copy."""
    if not isinstance(one, entry.ReserveEntry | entry.EvaluateEntry) or one.body.dataset.sketch == NO_SKETCH:
        return
    first = replay.people.setdefault(one.body.dataset.fingerprint, one.population)
    if first != one.population:
        yield Finding(one.index, f"spends on the people of {first!r} from the budget of {one.population!r}: a copy")


def _check_place(one: entry.AnyEntry, index: int, prior: str) -> None:
    if one.index != index:
        raise NotCanonical(f"states that it is entry {one.index}: entries were cut, added or exchanged")
    if not index and one.prior != prior:
        raise NotCanonical("names an entry before the first")


def _checkpoint(note: Note) -> Checkpoint | None:
    try:
        return Checkpoint.parse(note.text)
    except BadNote:
        return None


def _broken_links(replay: _Replay, export: LedgerExport) -> Iterable[Finding]:
    """Name the entry that was changed where the next one no longer names its hash, or a root is another."""
    good = 0
    for checkpoint in sorted(filter(None, map(_checkpoint, export.notes)), key=lambda one: one.size):
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


def _signatures(export: LedgerExport, replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
    state, size = replay.state, -1
    if state.keys and all(known.verifier != key for known in state.keys):
        yield Finding(None, f"the key {key.name}+{key.id.hex()} is not a key of this ledger")
    for note in export.notes:
        checkpoint = _checkpoint(note)
        if checkpoint is None or checkpoint.size <= size or checkpoint.size > len(export.entries):
            yield Finding(None, "the checkpoints are not of growing sizes within the ledger")
            return
        size = checkpoint.size
        if checkpoint.origin != state.origin:
            yield Finding(None, f"the checkpoint of size {size} is of another log")
        yield from _signed(note, size, replay, key)
    if size != len(export.entries):
        yield Finding(None, f"no checkpoint signs all {len(export.entries)} entries")


def _signed(note: Note, size: int, replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
    state, where = replay.state, f"the checkpoint of size {size}"
    mine = next((known.verifier for known in reversed(state.keys) if known.since <= size), key)
    ours, *others = note.signatures
    if not ours.by(mine):
        old = any(ours.by(known.verifier) for known in state.keys)
        yield Finding(None, f"{where} is signed by {'a revoked or later' if old else 'an unknown'} key ({ours.name})")
    elif not mine.holds(note.text, ours.content):
        yield Finding(None, f"{where}: the ledger's signature is invalid")
    for signature in others:
        witness, revoked = state.witnessed.get(signature.id, (None, None))
        strange = witness is None or not signature.by(witness) or witness.public in own_keys(state)
        if witness is None or strange or (revoked is not None and revoked < size):
            yield Finding(None, f"{where} is cosigned by an unknown or revoked key, or its own ({signature.name})")
        elif not witness.holds(note.text, signature.content):
            yield Finding(None, f"{where}: the cosignature of {signature.name} is invalid")


def _kept(retained: Sequence[Note], replay: _Replay, key: NoteVerifier) -> Iterable[Finding]:
    keys = [known.verifier for known in replay.state.keys] or [key]
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


def _cosigned(export: LedgerExport, replay: _Replay, witnesses: Sequence[NoteVerifier]) -> Iterable[Finding]:
    signed = [(note.text, one) for note in export.notes[-1:] for one in note.signatures]
    for witness in witnesses:
        if witness.public in own_keys(replay.state):
            yield Finding(None, f"the witness {witness.name} is the ledger's own key, which vouches for nothing")
        elif not any(one.by(witness) and witness.holds(text, one.content) for text, one in signed):
            yield Finding(None, f"the witness {witness.name} did not cosign the last checkpoint")


def _rooted(state: LedgerState, known: Sequence[NoteVerifier] | None) -> Iterable[Finding]:
    """Hold the root approvers that the ledger names against the keys that the auditor was given."""
    if known is None:
        return
    if not state.first_roots:
        yield Finding(None, "names no root approvers: by whose word its budgets were opened cannot be said")
    mine = {key.public for key in known}
    for one in state.first_roots:
        if one.public not in mine:
            yield Finding(state.roots_at, f"names the root approver {one.name}, whose key is not among those you gave")
    for population, budget in state.budgets.items():
        if budget.opened.version == 1 and not is_synthetic(population):
            what = f"opened {population} by the rules of version 1, without a root approver's signature"
            yield Finding(budget.opened.index, what)


def _stale(
    export: LedgerExport, replay: _Replay, witnesses: Sequence[NoteVerifier], asked: AuditTerms
) -> Iterable[Finding]:
    not_before = asked.not_before
    if not_before is None:
        return
    if not witnesses:
        moments = [datetime.fromisoformat(replay.lived)] if replay.lived else []
        seen = "its last entry was written"
    else:
        signatures = export.notes[-1].signatures if export.notes else ()
        moments = _moments([one for one in signatures if any(one.by(witness) for witness in witnesses)])
        moments = [moment for moment in moments if moment <= asked.latest]
        seen = "the witness saw it last"
    if not moments or max(moments) < not_before:
        when = f"at {_text(max(moments))}" if moments else "never"
        yield Finding(None, f"{seen} {when}, before {_text(not_before)}: an older view of the ledger was given out")


def _moments(signatures: Iterable[Signature]) -> list[datetime]:
    """When the witnesses say they saw a checkpoint; a year that no calendar has is left out."""
    found = []
    for signature in signatures:
        with suppress(ValueError, OverflowError, OSError):
            found += [datetime.fromtimestamp(signature.moment, UTC)] if signature.moment is not None else []
    return found


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
