"""The exported ledger as an auditor's verbs read it: checked first, and what the check found in words."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from composition import clock, ledger_files, terminal
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.ledger_report import ExportCheck
    from privacy.ledger.verify import Verification

_ASK = "Give the ledger's ledger.pub, or a witness's .vkey, as its keeper gave it to you by another way"


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add the bundle that is checked, and what it is checked with."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `export` wrote")
    _add_checking(parser, required=True)


def add_or_home(parser: argparse.ArgumentParser) -> None:
    """Add a bundle that is read in place of the home's ledger, and what it is checked with."""
    said = "what `export` wrote, read once it verifies (with --key) in place of the home's ledger"
    parser.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE", help=said)
    _add_checking(parser, required=False)


def _add_checking(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add what a bundle is checked with."""
    known = "the ledger's public key: a file or the key itself"
    parser.add_argument("--key", required=required, metavar="PUB", help=known)
    kept = "a checkpoint you kept from before: the ledger must still begin with it"
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE", help=kept)
    seen = "key of a witness who must have cosigned the last checkpoint"
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help=seen)
    stale = "day or time (RFC 3339) at or after which a witness, or without one the last entry, must have been seen"
    pinned = "root approvers' public keys, one a line, as you were given them by another way"
    parser.add_argument("--approvers", type=Path, metavar="FILE", help=pinned)
    parser.add_argument("--not-before", metavar="T", help=stale)


def verify(args: argparse.Namespace) -> int:
    """Check an exported ledger, without network, database or operator; exit 1 when anything is wrong."""
    return _tell(args, _checked(args))


class ReadExport(NamedTuple):
    """The entries of a ledger that are in order, and how they were checked; None where they are the home's own."""

    export: LedgerExport
    check: ExportCheck | None = None


def read(args: argparse.Namespace) -> ReadExport | None:
    """The bundle that was named, once it verifies, or else the home's ledger; None where it does not, which is told.

    Raises:
        Rejected: a bundle is named without a key, or what it is checked with without one; or a file cannot be read.
    """
    from privacy.ledger.export import LedgerExport
    from privacy.ledger.ledger_report import ExportCheck

    _refuse_half(args)
    if args.bundle is None:
        return ReadExport(ledger_files.open_ledger(args.home).exported())
    found = _checked(args)
    if not found.verdict.ok:
        _tell(args, found)
        return None
    return ReadExport(LedgerExport.parse(found.content), ExportCheck(found.key, args.approvers is not None))


class CheckedBundle(NamedTuple):
    """A bundle that was checked: its bytes, what was found, and the key by which."""

    content: bytes
    verdict: Verification
    key: str


def _tell(args: argparse.Namespace, checked: CheckedBundle) -> int:
    """Print a verdict, as `verify` does."""
    from privacy.ledger.legible import escaped

    verdict, compared = checked.verdict, args.approvers is not None
    document = {**verdict.to_document(), "root_approvers_compared": compared}
    terminal.emit(document, args.json, lambda: escaped(_verdict_text(verdict, compared)))
    return terminal.DONE if verdict.ok else terminal.FAILED


def _checked(args: argparse.Namespace) -> CheckedBundle:
    """Read a bundle, and what it is checked with; everything that cannot be read is said at once."""
    from privacy.ledger.verify import AuditTerms, verify

    problems, keys, retained, bundle, not_before, approvers = Problems(), [], [], b"", None, None
    with problems.gathered():
        bundle = ledger_files.bundle_bytes(args.bundle)
    for given in (args.key, *args.witness):
        with problems.gathered():
            keys.append(ledger_files.public_key(given, _ASK))
    for path in args.checkpoint:
        with problems.gathered():
            retained.append(ledger_files.kept_note(path))
    with problems.gathered():
        approvers = None if args.approvers is None else ledger_files.approver_keys(args.approvers)
    with problems.gathered():
        not_before = _moment(args.not_before)
    problems.raise_any()
    key, *witnesses = keys
    with _pricing() as advance:
        asked = AuditTerms(not_before, approvers, advance, datetime.fromtimestamp(clock.now(), UTC))
        verdict = verify(bundle, key, retained=retained, witnesses=witnesses, asked=asked)
    return CheckedBundle(bundle, verdict, key.text())


def _refuse_half(args: argparse.Namespace) -> None:
    """Refuse a bundle without the key that it is checked by, and what a bundle is checked with without one."""
    if args.bundle is not None and args.key is None:
        raise Rejected([Problem(("--key",), "missing", "is what an exported ledger is verified by", _ASK)])
    given = [name for name in ("key", "checkpoint", "witness", "approvers", "not_before") if getattr(args, name)]
    if args.bundle is None and given:
        what, remedy = "checks a BUNDLE, and none is given", "Give the file that `proffer privacy export` wrote"
        raise Rejected([Problem((f"--{name.replace('_', '-')}",), "forbidden", what, remedy) for name in given])


def _moment(given: str | None) -> datetime | None:
    """A day or a time; one that names no zone is UTC."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where UTC has no such year
        remedy = "Write it like 2026-11-01 or 2026-11-01T12:00:00Z"
        raise Rejected([Problem(("--not-before",), "invalid", f"{given[:40]!r} is no day or time", remedy)]) from None


@contextmanager
def _pricing() -> Iterator[Callable[[int], Callable[[int], object]]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda total: stack.enter_context(terminal.bar(total, "pricing again", "mechanism"))


def _verdict_text(verdict: Any, compared: bool) -> str:
    if not verdict.ok:
        return "\n".join(["NOT verified:", *(f"- {finding}" for finding in verdict.findings), _formats_text(verdict)])
    keys = ["population", "unit", "period", "cap", "spent", "left", "lifetime", "delta", "exact_fits"]
    heads = [*keys[:-1], "fits without noise"]
    rows = [[balance.to_document()[key] for key in keys] for balance in verdict.balances]
    unseen = "no witness, so a rewrite by the key holder cannot be ruled out (require one with --witness)"
    seen = ", ".join(verdict.witnesses) or unseen
    counts = (verdict.entries, verdict.checkpoints, verdict.mechanisms)
    names = (("entry", "entries"), ("checkpoint", "checkpoints"), ("price recomputed", "prices recomputed"))
    told = ", ".join(f"{count} {one if count == 1 else many}" for count, (one, many) in zip(counts, names, strict=True))
    age = f"last entry {_aged(verdict.last)}" if verdict.last else "no entry"
    ages = "".join(f"; a witness saw it {_aged(moment)}" for moment in verdict.cosigned_at)
    held = "compared with the keys you gave" if compared else "NOT compared with keys you hold: give --approvers FILE"
    attested = "that two keys are two people is attested by who handed them out"
    roots = f"{', '.join(verdict.roots)} ({held}; {attested})"
    named = f"root approvers: {roots if verdict.roots else 'nobody: only synthetic people, or budgets of version 1'}"
    whole = f"Verified: {told}\n{_formats_text(verdict)}\nroot {verdict.root}\ncosigned by {seen}\n{named}\n{age}{ages}"
    return f"{whole}\n{_audits_text(verdict)}\n{terminal.table(heads, rows, [3, 4, 5, 6, 8])}"


def _audits_text(verdict: Any) -> str:
    """What audits of runs showed: an auditor must see one that refutes its claim, though the ledger is in order."""
    if verdict.worst_audit is None:
        return "no audit of a run is recorded"
    one = verdict.worst_audit
    shows = f"shows epsilon {max(one['lower'].values(), key=float)} of the claimed {one['claimed']}"
    refuted = ": THE CLAIM IS REFUTED" if one["refuted"] else ""
    return f"of the recorded audits the worst, entry {one['index']}, {shows}{refuted}"


def _formats_text(verdict: Any) -> str:
    *earlier, last = verdict.formats or ("unknown",)
    return f"format {last}" + (f", after {', '.join(earlier)}" if earlier else "")


def _aged(moment: str) -> str:
    days = (clock.now() - int(datetime.fromisoformat(moment).timestamp())) // 86_400
    return f"{moment} ({days} days ago)"
