"""Approvals: statements that lower protection, and the signatures of distinct enrolled people under them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from privacy.ledger.entry import AnyEntry, ApprovedEntry
from privacy.ledger.legible import escaped, is_told_apart
from privacy.ledger.note import BadNote, NoteVerifier, Signature
from privacy.ledger.rule_versions import STATEMENTS, TOLD_APART
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, AnyStatement, canonical_bytes
from privacy.refusal import NotApproved, UnknownLedgerKey, Unsigned

MOST_LATER: Final = 1_000
"""A statement is void once so many entries were added since it was drafted (from version 2)."""
TWO: Final = 2  # people who must agree to a change that lowers protection


def check_approved(state: LedgerState, entry: ApprovedEntry) -> None:
    """Accept an entry that two enrolled approvers of its population signed; two root approvers, for the whole ledger.

    Raises:
        NotApproved: they did not both sign exactly this, or the statement was used before.
        UnknownPopulation: the population has no budget.
    """
    if entry.version > 1 and entry.population == EVERYBODY:
        trusted = state.roots
    else:
        trusted = state.budget(entry.population).approvers
    check_signed(state, entry, list(trusted.values()), TWO, state.origin)


def check_signed(
    state: LedgerState, entry: ApprovedEntry, trusted: Sequence[NoteVerifier], least: int, origin: str
) -> None:
    """Accept an entry whose statement is about it, is new, and is signed by at least `least` trusted keys.

    Raises:
        NotApproved: it is not.
    """
    where, statement = f"entry {entry.index}", entry.body.statement
    if (statement.ledger, statement.kind, statement.population) != (origin, entry.kind, entry.population):
        raise NotApproved(where, "the signed statement is about something else", "Draft and sign a new one")
    if statement.id in state.statements:
        raise NotApproved(where, "these signatures were used before", "Draft and sign a new statement")
    _check_draft(state, entry, where)
    signers = signers_of(statement, entry.body.signatures, trusted, where)
    if len(signers) < least:
        what = f"needs the signatures of {least} distinct enrolled keys and has {len(signers)}"
        raise Unsigned(where, what, "Have another approver sign the same draft with `proffer privacy approve`")


def _check_draft(state: LedgerState, entry: ApprovedEntry, where: str) -> None:
    """Accept a statement of the entry's version, drafted lately, in this period and on this very history."""
    statement, new = entry.body.statement, entry.version > 1
    size, head = statement.size, statement.head
    if statement.format != STATEMENTS[entry.version] or (size is not UNSET, head is not UNSET) != (new, new):
        raise NotApproved(where, "the signed statement is of another version of the rules", _AGAIN)
    if size is UNSET or head is UNSET:
        return
    if not 0 <= entry.index - size <= MOST_LATER:
        what = f"was drafted {entry.index - size} entries ago: signatures are void after {MOST_LATER}"
        raise NotApproved(where, what, _AGAIN)
    if head != (entry.prior if size == entry.index else state.heads.get(size)):
        raise NotApproved(where, "was drafted on another history of this ledger", _AGAIN)
    budget = state.budgets.get(entry.population)
    if budget is not None and size <= budget.begun:
        raise NotApproved(where, "was drafted in an earlier period: its signatures are void", _AGAIN)


_AGAIN: Final = "Draft and sign a new one"


def other_statement(index: int) -> NotApproved:
    """The refusal of signatures for something else than the entry says."""
    return NotApproved(f"entry {index}", "the signed statement is about something else", _AGAIN)


def signers_of(
    statement: AnyStatement, lines: Sequence[str], trusted: Sequence[NoteVerifier], where: str
) -> tuple[NoteVerifier, ...]:
    """The distinct trusted keys whose signatures stand under a statement.

    Raises:
        NotApproved: a signature is invalid, or is by a key that is not enrolled or was revoked.
    """
    text = statement_text(statement)
    found: dict[bytes, NoteVerifier] = {}
    for line in lines:
        try:
            signature = Signature.parse(line)
        except BadNote as failure:
            raise NotApproved(where, str(failure), "Sign the draft again") from None
        match = next((one for one in trusted if signature.by(one)), None)
        if match is None:
            what = f"the signature of {signature.name} is by a key that is not enrolled, or was revoked"
            raise Unsigned(where, what, "Have an enrolled approver sign")
        if not match.holds(text, signature.content):
            raise NotApproved(where, f"the signature of {match.name} is invalid", "Sign the draft again")
        found[match.public] = match
    return tuple(found.values())


def statement_text(statement: AnyStatement) -> str:
    """The text that approvers sign: the statement's canonical JSON and a newline."""
    return canonical_bytes(statement).decode() + "\n"


def read_key(text: str, where: str) -> NoteVerifier:
    """Read a public key that an entry names.

    Raises:
        UnknownLedgerKey: it is not one.
    """
    try:
        return NoteVerifier.parse(text)
    except BadNote as failure:
        remedy = "Give a vkey as `proffer privacy key` writes it"
        raise UnknownLedgerKey(where, str(failure), remedy) from None


def named_key(text: str, entry: AnyEntry) -> NoteVerifier:
    """The key of a person or a witness that an entry names; from version 6, one whose name is told apart from others'.

    Raises:
        UnknownLedgerKey: it is no key.
        NotApproved: its name could be read as another's.
    """
    where = f"entry {entry.index}"
    key = read_key(text, where)
    if entry.version >= TOLD_APART and not is_told_apart(key.name):
        what = f"names {escaped(key.name)}, in letters of several scripts, or with some that no screen shows"
        raise NotApproved(where, what, "Have them make a key whose name is written in one script")
    return key
