"""Approvals on the command line: drafts written for two people to sign, and signed ones entered with their receipt."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from composition import ledger_files, terminal
from features import strict_json
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from privacy.ledger.journal import LedgerReceipt
    from privacy.ledger.ledger import Ledger

_Form = tuple[Callable[[str], object], str, str]
"""What an option must be, what is wrong with one that is not, and what to do."""
_GIVEN: Final[_Form] = (bool, "is empty", "Give it")
APPROVAL: Final = "a signature as `approve` wrote it; give two"


def write_draft(
    args: argparse.Namespace, out: Path, ledger: Ledger, statement: Mapping[str, Any],
    told: Mapping[str, Any] = MappingProxyType({}),
) -> int:  # fmt: skip
    """Write a draft, and say who is to sign it; one that could not be entered is refused before anybody signs.

    Args:
        args: the options of the verb.
        out: where to write it.
        ledger: what would be changed.
        statement: the change.
        told: what is said beside, its `text` to people.
    """
    from features.whole_file import write_whole
    from privacy.ledger.approval import statement_text
    from privacy.ledger.terms import read_statement

    ledger_files.refuse_own(args.home, out)
    ledger.consider(statement)
    write_whole(out, statement_text(read_statement(dict(statement))).encode())
    signing = f"Have two approvers run: proffer privacy approve {out} --key THEIR.key"
    said = {name: value for name, value in told.items() if name != "text"}
    text = "\n".join(filter(None, (told.get("text"), signing)))
    terminal.emit({"draft": str(out), "statement": dict(statement), **said}, args.json, text)
    return terminal.DONE


def check_options(args: argparse.Namespace, *names: str) -> None:
    """Refuse options that no entry can hold, each by the name it was given under.

    Raises:
        Rejected: with all of them.
    """
    from privacy.ledger.legible import is_shown
    from privacy.ledger.terms import LONGEST, is_name

    named = (is_name, "is not a valid name", "Use 1 to 128 letters, digits and ._:/@-, the first a letter or digit")
    digest = (re.compile("[0-9a-f]{64}").fullmatch, "is not a sha256 in hex", "Give 64 of 0-9 and a-f, or --data DIR")
    words = (
        lambda text: text.strip() and len(text) <= LONGEST and is_shown(text),
        "is empty, too long, or contains a character that does not print",
        f"Say it in one line, in 1 to {LONGEST} characters",
    )
    forms: dict[str, _Form] = dict.fromkeys(("reason", "purpose", "requester"), words) | dict.fromkeys(
        ("spend", "period"), named
    )
    forms |= dict.fromkeys(("fingerprint", "rows"), digest)
    problems = Problems()
    for name in names:
        holds, what, remedy = forms.get(name, _GIVEN)
        if not holds(getattr(args, name)):
            problems.add((f"--{name}",), "invalid", what, remedy)
    problems.raise_any()


def enter(args: argparse.Namespace, kind: str) -> int:
    """Enter what two approvers signed."""
    from composition.reading import read_text
    from privacy.refusal import NotApproved

    given = [_approval(path) for path in args.approval]
    texts = {text for text, _ in given if text} | (
        {read_text(ledger_files.regular(args.draft))} if args.draft else set()
    )
    if len(texts) != 1:
        what = "are not signatures of one and the same draft"
        raise NotApproved("--approval", what, "Have both sign the same file; with bare signatures give --draft too")
    try:
        statement = strict_json.parse(texts.pop())
    except strict_json.MalformedError:
        statement = None
    if not isinstance(statement, dict) or statement.get("kind") != kind:
        raise NotApproved("--approval", f"does not sign a draft of {args.subverb}", "Give the files signed for it")
    ledger = ledger_files.open_ledger(args.home)
    return entered(args, ledger, ledger.approved(statement, [line for _, lines in given for line in lines]))


def _approval(path: Path) -> tuple[str, list[str]]:
    """The text that a file signs (nothing for bare signature lines) and its signature lines."""
    from privacy.ledger.note import BadNote, Note, Signature

    content = ledger_files.regular(path).read_bytes()
    try:
        if b"\n\n" not in content:
            lines = content.decode("utf-8", "replace").splitlines()
            return "", [Signature.parse(line).line for line in lines]
        note = Note.parse(content)
    except BadNote as failure:
        raise Rejected(
            [Problem((str(path),), "invalid", str(failure), "Give what `proffer privacy approve` wrote")]
        ) from None
    return note.text, [signature.line for signature in note.signatures]


def entered(args: argparse.Namespace, ledger: Ledger, receipt: LedgerReceipt) -> int:
    """Print the receipt of an entry, and what is left of the budget it is about."""
    document: dict[str, Any] = {"receipt": receipt.to_document()}
    if receipt.population != "*":
        document["balance"] = ledger.status(receipt.population).to_document()
    text = f"entry {receipt.index}" + (f": {document['balance']['left']} left" if "balance" in document else "")
    terminal.emit(document, args.json, text)
    return terminal.DONE
