"""`proffer privacy` for changes that two people sign, and for the keys they sign with."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from composition import ledger_files, terminal
from features import strict_json
from features.problem import Problem, Rejected
from proffer import options
from proffer.approvals import check_options, enter, entered, write_draft


def _signed_arguments(*fields: tuple[str, str]) -> Callable[[argparse.ArgumentParser], None]:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--population", metavar="P", help="whose budget")
        for name, line in (*fields, ("reason", "why, in words")):
            parser.add_argument(f"--{name}", help=line)
        parser.add_argument("--draft", type=Path, metavar="FILE", help="write (or, with --approval, read) the draft")
        signed = "what `privacy approve` wrote; give two, by different people, to enter the change"
        parser.add_argument("--approval", type=Path, action="append", metavar="FILE", default=[], help=signed)
        parser.set_defaults(fields=tuple(name for name, _ in fields))

    return add


def _root_arguments(parser: argparse.ArgumentParser) -> None:
    _signed_arguments(*_KEY_CHANGE)(parser)
    parser.set_defaults(population="*")


def _public_arguments(parser: argparse.ArgumentParser) -> None:
    fields = (("fingerprint", "of the people, as the ledger computes it"), ("rows", "sha256 of the rows"))
    _signed_arguments(*fields)(parser)
    computed = (
        "a folder with events.parquet, whose people and rows are meant (default, unless --fingerprint and --rows "
    )
    computed += "are given: the home's log)"
    parser.add_argument("--data", type=Path, metavar="DIR", help=computed)


def _changed(kind: str, **fixed: str) -> Callable[[argparse.Namespace], int]:
    def handle(args: argparse.Namespace) -> int:
        return enter(args, kind) if args.approval else _draft(args, kind, fixed)

    return handle


def _public(args: argparse.Namespace) -> int:
    """Enter that rows are public, or write the draft over their digest and say what it would make public."""
    if args.approval:
        return enter(args, "public")
    if args.data is None and (args.fingerprint or args.rows):
        return _draft(args, "public", {})
    found = ledger_files.public_rows(args.home, args.data)
    args.fingerprint, args.rows = found.fingerprint, found.rows
    told = f"{found.what}: all events of {found.people} people, sha256 {found.rows}, would be public"
    return _draft(args, "public", {}, {**found._asdict(), "text": told})


def _draft(
    args: argparse.Namespace, kind: str, fixed: dict[str, str], told: Mapping[str, Any] = MappingProxyType({})
) -> int:
    """Write the statement that two approvers are to sign; `told` is said of it beside."""
    from privacy.accounting.amount import read_epsilon, text_of

    names = ["population", "draft", *args.fields, "reason"]
    missing = [name for name in names if not getattr(args, name)]
    if missing:
        where = (f"proffer privacy {args.subverb}",)
        raise Rejected(
            [Problem(where, "missing", f"needs --{name}", "Or give two --approval files") for name in missing]
        )
    check_options(args, *args.fields, "reason")
    ledger_files.refuse_own(args.home, args.draft)
    what = {name: getattr(args, name) for name in (*args.fields, "reason")} | fixed
    if "epsilon" in what:
        what["epsilon"] = text_of(read_epsilon(what["epsilon"], ("--epsilon",)))
    if "key" in what:
        what["key"] = ledger_files.public_key(what["key"]).text()
    ledger = ledger_files.open_ledger(args.home)
    return write_draft(args, args.draft, ledger, ledger.draft(kind, args.population, what), told)


def _approve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("draft", type=Path, metavar="DRAFT", help="what `raise`, `release`, ... wrote with --draft")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your private key")
    parser.add_argument("--name", default="", help="your name as enrolled, for a key file that does not hold one")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: DRAFT.NAME.sig)")


def _approve(args: argparse.Namespace) -> int:
    """Sign a draft as an approver. This needs no ledger: do it on your own machine, after reading the draft."""
    from composition.reading import read_text
    from features.whole_file import write_whole
    from privacy.ledger.approval import statement_text
    from privacy.ledger.note import Note
    from privacy.ledger.terms import read_statement

    text = read_text(ledger_files.regular(args.draft))
    try:
        statement = read_statement(strict_json.parse(text))
        whole = text == statement_text(statement)
    except ValueError:
        whole = False
    if not whole:
        remedy = "Sign the very file that --draft wrote, or ask for a new one"
        raise Rejected([Problem((str(args.draft),), "invalid", "is not a draft for approval", remedy)])
    signer = ledger_files.private_key(args.key, args.name)
    if args.name not in ("", signer.name):
        what = f"is {args.name!r}, and {args.key} is the key of {signer.name!r}"
        raise Rejected([Problem(("--name",), "conflict", what, "Leave --name out, or give the key of that name")])
    out = args.out or args.draft.with_name(f"{args.draft.name}.{signer.name.replace('/', '-')}.sig")
    ledger_files.refuse_own(args.home, out)
    write_whole(out, Note.sign(text, signer).encode())
    document = {"approval": str(out), "signed_by": signer.name, "statement": strict_json.parse(text)}
    terminal.emit(document, args.json, f"{signer.name} signed:\n{terminal.listing(document['statement'])}\n-> {out}")
    return terminal.DONE


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whose key: no spaces and no plus sign")
    parser.add_argument("--out", type=Path, metavar="STEM", help="writes STEM.key and STEM.pub (default: the name)")


def _key(args: argparse.Namespace) -> int:
    """Make an approver's pair of keys."""
    from features.whole_file import OWNER_ONLY, write_whole
    from privacy.ledger.legible import is_told_apart
    from privacy.ledger.note import BadNote, Signer

    try:
        signer = Signer.generate(args.name)
    except BadNote as failure:
        raise Rejected([Problem(("--name",), "invalid", str(failure), "Give a name such as alice")]) from None
    if not is_told_apart(args.name):
        what = "mixes Latin, Greek or Cyrillic letters, or holds what no screen shows: it could read as another's name"
        raise Rejected([Problem(("--name",), "invalid", what, "Write it in the letters of one script")])
    stem = args.out or Path(args.name)
    if not stem.name:
        raise Rejected([Problem(("--out",), "invalid", f"{stem} names no file", "Give one, such as alice")])
    private, public = (stem.with_name(f"{stem.name}.{end}") for end in ("key", "pub"))
    taken = [path for path in (private, public) if path.exists()]
    if taken:
        raise Rejected(
            [Problem((str(path),), "conflict", "is there already", "Choose another --out") for path in taken]
        )
    ledger_files.refuse_own(args.home, private, public)
    write_whole(private, signer.pem(), mode=OWNER_ONLY)
    write_whole(public, (signer.verifier().text() + "\n").encode())
    document = {"private": str(private), "public": str(public), "key": signer.verifier().text()}
    terminal.emit(document, args.json)
    return terminal.DONE


def _rotate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why, in words")


def _rotate(args: argparse.Namespace) -> int:
    """Exchange the ledger's signing key for a new one."""
    check_options(args, "reason")
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.rotate(args.reason))


_KEY_CHANGE: Sequence[tuple[str, str]] = (("key", "the public key: a file or the key itself"),)

SUBVERBS: options.Subverbs = {
    "release": (
        "give back a reservation of which nothing left the process (two people sign)",
        _signed_arguments(("spend", "which reservation")),
        _changed("release"),
    ),
    "raise": (
        "raise a cap (two people sign)",
        _signed_arguments(("epsilon", "the new cap")),
        _changed("raise"),
    ),
    "reset": (
        "begin a new period (two people sign)",
        _signed_arguments(("period", "its name; sorts after those before"), ("epsilon", "its cap")),
        _changed("reset"),
    ),
    "public": (
        "mark rows as public (two people sign)",
        _public_arguments,
        _public,
    ),
    "enrol": (
        "enrol an approver (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="enrol", role="approver"),
    ),
    "revoke": (
        "revoke an approver (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="revoke", role="approver"),
    ),
    "enrol-root": (
        "enrol a root approver (two of them sign)",
        _root_arguments,
        _changed("key", change="enrol", role="root"),
    ),
    "revoke-root": (
        "revoke a root approver (two of them sign)",
        _root_arguments,
        _changed("key", change="revoke", role="root"),
    ),
    "enrol-witness": (
        "enrol a witness (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="enrol", role="witness"),
    ),
    "revoke-witness": (
        "revoke a witness (two people sign)",
        _signed_arguments(*_KEY_CHANGE),
        _changed("key", change="revoke", role="witness"),
    ),
    "approve": ("sign a draft, on your own machine", _approve_arguments, _approve),
    "key": ("make an approver's pair of keys", _key_arguments, _key),
    "rotate": ("exchange the ledger's signing key", _rotate_arguments, _rotate),
}
