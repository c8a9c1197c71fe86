"""Authority: by whose word budgets are opened, keys change and rows are public; from version 2 it leads back to roots.

Entries of version 1 are judged for ever as they were written. Version 2 adds: the first entry names root approvers, or
the first budget of people who may be real does; such a budget is opened by two of them; two approvers have two names
and two keys; a key that was revoked never counts again; witnesses and public rows belong to the population whose
approvers signed for them; a statement is void after `approval.MOST_LATER` further entries, or in a later period.
Version 3 adds: a spend may say what it is part of and carry the signature of who asks (`privacy.ledger.asked`), an
audit is an entry, two approvers have names that a reader tells apart, and a spend on households states the roll that
fixes them (`privacy.ledger.unit_roll`). Version 4 adds: spends and commits say how they came, and only the same way
commits; the roll grows by entries of its own (`units`), and what no run reads names none; a service fixes its decisions
of a day (`records`). Version 5 adds: records state no number of decisions, who asks signs the reason, too, and a run on
households is committed only once they were fixed. Version 6 adds: whoever is named by a key has a name in letters of
one script, dates do not run backwards, who trains on units counted with noise counted them by a spend that was
committed before, and an audit claims the price of what it ran.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from decimal import Decimal

from msgspec import UNSET

from privacy.accounting.amount import LEAST_DELTA, MOST_EPSILON
from privacy.budget import most_units
from privacy.ledger.approval import TWO, check_approved, check_signed, named_key, other_statement, read_key
from privacy.ledger.change import ExactFit, KeyChanged, LedgerKeyChanged, MadePublic, Opened
from privacy.ledger.entry import (
    AnyEntry,
    ExactEntry,
    InitBody,
    InitEntry,
    KeyEntry,
    OpenEntry,
    PublicEntry,
)
from privacy.ledger.legible import is_shown
from privacy.ledger.note import NoteVerifier
from privacy.ledger.rule_versions import FORWARD, LEGIBLE, SAID
from privacy.ledger.size_limits import Growth, check_size
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import (
    EVERYBODY,
    KeyStatement,
    KeyTerms,
    OpenStatement,
    OpenTerms,
    PublicStatement,
    is_synthetic,
)
from privacy.refusal import AlreadyOpen, NotApproved, Refused, UnknownLedgerKey, UnknownPopulation

_LOOK_ALIKE = str.maketrans("авеіјкмнорстухѕԁһӏԛԝαβεικμορτυχ", "abeijkmhopctyxsdhlqwabeikmoptux")
"""Small Cyrillic and Greek letters that are drawn as Latin ones, or whose capitals are (Unicode TS 39, confusables)."""
_CAPITALS = str.maketrans("АВЕЅІЈКМНОРСТУХҮԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXYQWABEZHIKMNOPTYX")
_SMALL = str.maketrans("ζηνγωσςүıɑɡ", "znvywooyiag")
"""From version 4: the capitals before their case is folded (Η is drawn as H, and η as n), and more small letters."""
_NOT_SEEN = ("Cf", "Co", "Cn")  # formats such as zero-width marks, and what has no character

_SIGN = "Draft it with `proffer privacy init` and have two root approvers sign"

# --- budgets ---------------------------------------------------------------------------------------------------------


def opened_at_once(state: LedgerState, entry: InitEntry) -> Opened:
    """Open a budget that nobody signed for: from version 2 only one of synthetic people.

    Raises:
        NotApproved: the people may be real, or two approvers are not two.
        Refused: it may not be opened so.
    """
    if entry.version > 1 and not is_synthetic(entry.population):
        raise NotApproved(entry.population, "may be of real people, and nobody signed for it", _SIGN)
    return _opened(state, entry, entry.body)


def opened_by_roots(state: LedgerState, entry: OpenEntry) -> Opened:
    """Open a budget that two root approvers signed for; the first one may name them.

    Raises:
        NotApproved: they did not sign, or root approvers are named a second time.
        Refused: it may not be opened so.
    """
    statement, where = entry.body.statement, f"entry {entry.index}"
    if not isinstance(statement, OpenStatement):
        raise other_statement(entry.index)
    if is_synthetic(entry.population):
        raise NotApproved(where, "opens a budget of synthetic people by signatures", "Open it by `init` alone")
    named: tuple[NoteVerifier, ...] = ()
    if statement.what.roots is not UNSET:
        if state.roots:
            raise NotApproved(where, "names root approvers a second time", "Have two of those named before sign")
        named = _two_people(state, entry, statement.what.roots)
    opened = _opened(state, entry, statement.what, named, statement.id)
    check_signed(state, entry, named or list(state.roots.values()), TWO, state.origin)
    return opened


def _opened(
    state: LedgerState,
    entry: InitEntry | OpenEntry,
    terms: InitBody | OpenTerms,
    roots: tuple[NoteVerifier, ...] = (),
    statement: str = "",
) -> Opened:
    if entry.population in state.budgets:
        remedy = "Use it; `raise` and `reset` change it, each with two approvers' signatures"
        raise AlreadyOpen(entry.population, "has a budget already", remedy)
    if entry.population == EVERYBODY:
        raise UnknownPopulation(EVERYBODY, "is not a population", "Name one")
    check_size(state, entry.index, Growth(populations=1))
    cap, delta = Decimal(terms.epsilon), Decimal(terms.delta)
    check_bounds(f"entry {entry.index}", cap, delta)
    if entry.version > 1 and delta < LEAST_DELTA:
        what = f"has a delta below {LEAST_DELTA}, at which no training can be priced"
        raise Refused(f"entry {entry.index}", what, "Give a larger one, such as 0.000001")
    if terms.units > most_units(delta):
        raise too_many(entry.index, most_units(delta), terms.units)
    approvers = _two_people(state, entry, terms.approvers)
    return Opened(
        entry.index, entry.population, terms.unit, terms.relation, terms.period, cap, delta, approvers, roots,
        entry.version, statement,
    )  # fmt: skip


def check_bounds(where: str, cap: Decimal, delta: Decimal) -> None:
    """Accept only an epsilon and a delta that can be accounted.

    Raises:
        Refused: one is out of range.
    """
    if not (0 < cap <= MOST_EPSILON and 0 < delta < 1):
        what = "has an epsilon or delta that is out of range"
        raise Refused(where, what, "Give epsilon above 0 and a small delta")


def too_many(index: int, most: int, units: int) -> Refused:
    """The refusal of a delta that would permit publishing a whole record."""
    what = f"has a delta that is not below 1/n for n = {units}: it permits at most {most}"
    return Refused(f"entry {index}", what, "Open a budget with a smaller delta for a population of this size")


def _two_people(state: LedgerState, entry: AnyEntry, keys: Iterable[str]) -> tuple[NoteVerifier, ...]:
    """The approvers that an entry names: each of another name and key, none the ledger's own, none revoked."""
    where = f"entry {entry.index}"
    found = tuple(named_key(text, entry) for text in keys)
    names = {_folded(one.name, entry.version) for one in found}
    if len({one.public for one in found}) < len(found) or len(names) < len(found):
        raise NotApproved(where, "names an approver twice", "Give two or more different people's keys and names")
    if any(one.public in own_keys(state) for one in found):
        raise NotApproved(where, "the ledger's own key cannot approve", "Give keys that this process does not hold")
    if entry.version > 1 and any(one.public in state.revoked for one in found):
        raise NotApproved(where, "names a key that was revoked", "Give a new key of the same person")
    return found


def own_keys(state: LedgerState) -> set[bytes]:
    """The public keys that a ledger was ever signed with: none of them speaks for anybody else."""
    return {key.verifier.public for key in state.keys}


def _folded(name: str, version: int) -> str:
    """A name as a reader tells it apart from others: neither case, width nor, from version 3, a look-alike is a second.

    >>> _folded("Alice", 2) == _folded("alice", 2), _folded("\u0430lice\u200b", 2) == _folded("alice", 2)
    (True, False)
    >>> _folded("\u0430lice\u200b", 3) == _folded("alice", 3)
    True
    >>> _folded("\u0396oe\ufe0f", 4) == _folded("Zoe", 4), _folded("\u0397al", 4) == _folded("hal", 4)
    (True, True)
    """
    if version == 1:
        return name
    if version >= LEGIBLE:
        seen = "".join(filter(is_shown, unicodedata.normalize("NFKC", name)))
        return seen.translate(_CAPITALS).casefold().translate(_LOOK_ALIKE).translate(_SMALL)
    folded = unicodedata.normalize("NFKC", name).casefold()
    if version < SAID:
        return folded
    return "".join(one for one in folded.translate(_LOOK_ALIKE) if unicodedata.category(one) not in _NOT_SEEN)


def check_date(state: LedgerState, entry: AnyEntry) -> None:
    """Accept only an entry that is dated no earlier than the one it follows; the writer sees to it by any clock.

    Raises:
        Refused: it is dated earlier: somebody wrote it by another program.
    """
    if entry.version >= FORWARD and entry.at < state.at:
        what = f"is dated {entry.at}, before the entry that it follows ({state.at})"
        raise Refused(f"entry {entry.index}", what, "Find out who dated it back")


# --- public rows -----------------------------------------------------------------------------------------------------


def made_public(state: LedgerState, entry: PublicEntry) -> MadePublic:
    """Mark rows as public, by the approvers of the population that their people belong to.

    Raises:
        NotApproved: they did not sign, or the statement names no rows.
    """
    statement = entry.body.statement
    if not isinstance(statement, PublicStatement):
        raise other_statement(entry.index)
    rows = "" if statement.what.rows is UNSET else statement.what.rows
    if (entry.version > 1) != bool(rows):
        raise NotApproved(f"entry {entry.index}", "does not name the rows that are public", "Draft it again")
    check_approved(state, entry)
    return MadePublic(entry.index, entry.population, statement.what.fingerprint, rows, statement.id)


def exact_fit(state: LedgerState, entry: ExactEntry) -> ExactFit:
    """Record a fit without noise on rows that are public.

    Raises:
        NotApproved: nobody signed that these rows, of this population, are public.
        Conflict: the id is another spend's.
    """
    body = entry.body
    state.budget(entry.population)
    state.check_new(body.spend)
    if (entry.population, body.fingerprint, body.rows) not in state.public:
        what = "learns without noise from rows that this population's approvers did not call public"
        raise NotApproved(f"entry {entry.index}", what, "Have two approvers of the population sign `public`")
    return ExactFit(entry.index, entry.population, body.spend)


# --- keys ------------------------------------------------------------------------------------------------------------


def key_changed(state: LedgerState, entry: KeyEntry) -> LedgerKeyChanged | KeyChanged:
    """Begin, rotate, enrol or revoke a key.

    Raises:
        UnknownLedgerKey: the key cannot change so.
        NotApproved: those who may did not sign, or fewer than two people would be left.
    """
    statement = entry.body.statement
    if not isinstance(statement, KeyStatement):
        raise other_statement(entry.index)
    begins = entry.version > 1 and statement.what.role == "ledger" and statement.what.change == "begin"
    if (statement.what.roots is not UNSET) != begins:
        what = "names no root approvers" if begins else "names root approvers where none are named"
        raise UnknownLedgerKey(f"entry {entry.index}", what, "The first entry of a ledger names them, if only as none")
    if statement.what.role == "ledger":
        return _ledger_key(state, entry, statement)
    return _other_key(state, entry, statement)


def _ledger_key(state: LedgerState, entry: KeyEntry, statement: KeyStatement) -> LedgerKeyChanged:
    where, change = f"entry {entry.index}", statement.what.change
    new = read_key(statement.what.key, where)
    if entry.population != EVERYBODY or change != ("rotate" if state.keys else "begin"):
        raise UnknownLedgerKey(where, f"cannot {change} a ledger key here", "Use `rotate`")
    approves = any(new.public in budget.approvers for budget in state.budgets.values()) or new.public in state.roots
    if approves or new.public in own_keys(state):
        raise UnknownLedgerKey(where, "names a key that was in use before", "Make a new key")
    check_size(state, entry.index, Growth(rotations=1))
    roots = () if statement.what.roots is UNSET else _two_people(state, entry, statement.what.roots)
    if len(roots) == 1 or any(one.public == new.public for one in roots):
        raise NotApproved(where, "needs two root approvers besides the ledger's own key", "Name two people, or none")
    signing = [state.keys[-1].verifier, new] if state.keys else [new]
    check_signed(state, entry, signing, len(signing), state.origin or statement.ledger)
    return LedgerKeyChanged(entry.index, statement.ledger, new, statement.id, roots)


def _other_key(state: LedgerState, entry: KeyEntry, statement: KeyStatement) -> KeyChanged:
    what, where = statement.what, f"entry {entry.index}"
    key = named_key(what.key, entry) if what.change == "enrol" else read_key(what.key, where)
    held = _held(state, entry, what)
    if (what.change == "enrol") == (key.public in held) or what.change not in ("enrol", "revoke"):
        raise UnknownLedgerKey(where, f"cannot {what.change} this key", "See `proffer privacy status`")
    if what.role != "witness":
        if key.public in own_keys(state):
            raise NotApproved(where, "the ledger's own key cannot approve", "Enrol a person's key")
        if what.change == "revoke" and len(held) <= TWO:
            raise NotApproved(where, "would leave fewer than two approvers", "Enrol another first")
    if what.change == "enrol":
        check_size(state, entry.index, Growth(holders=max(0, len(held) + 1 - state.most_holders)))
    if entry.version > 1 and what.change == "enrol":
        _check_new(state, key, held.values() if what.role != "witness" else (), entry)
    check_approved(state, entry)
    return KeyChanged(entry.index, entry.population, what.role, what.change == "enrol", key, statement.id)


def _held(state: LedgerState, entry: KeyEntry, what: KeyTerms) -> dict[bytes, NoteVerifier]:
    """The keys of this role that the entry's population may change."""
    where = f"entry {entry.index}"
    everybody = entry.version > 1 and entry.population == EVERYBODY
    if what.role == "root":
        if not everybody:
            raise UnknownLedgerKey(where, "changes a root approver", "Draft it for the whole ledger, by two of them")
        return state.roots
    if what.role == "witness" and everybody:
        return state.witnesses
    budget = state.budget(entry.population)
    if what.role == "approver":
        return budget.approvers
    if entry.version == 1:
        return state.witnesses
    if is_synthetic(entry.population):
        raise NotApproved(where, "changes a witness by the word of nobody", "Have approvers of real people sign")
    if what.change == "enrol":
        return state.witnesses
    return {public: one for public, one in state.witnesses.items() if state.vouched[public] == entry.population}


def _check_new(state: LedgerState, key: NoteVerifier, held: Collection[NoteVerifier], entry: KeyEntry) -> None:
    where, version = f"entry {entry.index}", entry.version
    if key.public in state.revoked:
        raise NotApproved(where, "enrols a key that was revoked: it never counts again", "Enrol a new key")
    if _folded(key.name, version) in {_folded(one.name, version) for one in held}:
        what = f"enrols a second key of the name {key.name}: two keys of one person are not two people"
        raise NotApproved(where, what, "Enrol another before the old one is revoked, or give the key its owner's name")
