"""Drafts: statements as approvers get them to sign, on the history they were drafted on, and the words in them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from features.problem import Problem, Rejected
from privacy.accounting.amount import read_delta, read_epsilon, text_of
from privacy.ledger.approval import statement_text
from privacy.ledger.entry import BEGINNING
from privacy.ledger.legible import is_shown
from privacy.ledger.note import NoteVerifier, Signer
from privacy.ledger.rule_versions import STATEMENTS
from privacy.ledger.terms import EVERYBODY, is_name, read_statement

BEGUN: Final = {"size": 0, "head": BEGINNING}
"""What the first statement says of the history it was drafted on: there is none."""


def drafted(
    kind: str, origin: str, population: str, what: Mapping[str, Any], history: Mapping[str, Any]
) -> dict[str, Any]:
    """A statement of a kind about a population, on a history (`size` and `head`)."""
    return {
        "format": STATEMENTS[2],
        "id": secrets.token_hex(16),
        "kind": kind,
        "ledger": origin,
        "population": population,
        "what": dict(what),
        **history,
    }


def key_body(origin: str, history: Mapping[str, Any], what: Mapping[str, Any], *signers: Signer) -> dict[str, Any]:
    """The body of an entry about the ledger's own key, signed by the keys themselves."""
    named = {"key": signers[-1].verifier().text(), "reason": "the ledger begins", "role": "ledger", **what}
    statement = drafted("key", origin, EVERYBODY, named, history)
    text = statement_text(read_statement(statement))
    return {"signatures": [one.sign(text) for one in signers], "statement": statement}


@dataclass(frozen=True)
class BudgetTerms:
    """What a budget is opened with.

    Attributes:
        unit: `person` or `household`: the privacy unit.
        epsilon: the cap per period.
        delta: at which all releases compose.
        period: the name of the first period; later ones must sort after it.
        approvers: public keys of at least two people; this process holds none of their private keys.
        units: the number of units, where that is public; delta must be below one in that many.
    """

    unit: str
    epsilon: Decimal | str
    delta: Decimal | str
    period: str
    approvers: Sequence[NoteVerifier]
    units: int = 0


def opening(population: str, terms: BudgetTerms) -> dict[str, Any]:
    """The fields by which a budget is opened.

    Raises:
        Rejected: a name, amount or key is not usable.
    """
    check_names(population=population, period=terms.period)
    if len(terms.approvers) < 2:
        remedy = "Give --approver at least twice, with keys of different people"
        what = "a budget needs two people who can approve changes"
        raise Rejected([Problem(("approver",), "missing", what, remedy)])
    return {
        "approvers": [one.text() for one in terms.approvers],
        "delta": text_of(read_delta(terms.delta, terms.units)),
        "epsilon": text_of(read_epsilon(terms.epsilon)),
        "period": terms.period,
        "relation": "add_or_remove_one",
        "unit": terms.unit,
        "units": terms.units,
    }


def check_names(**names: str) -> None:
    """Raise Rejected with every name that cannot name a population, a spend or a period."""
    wrong = [name for name, value in names.items() if not is_name(value)]
    if wrong:
        remedy = "Use 1 to 128 letters, digits and ._:/@-, the first a letter or digit"
        raise Rejected([Problem((name,), "invalid", f"{names[name]!r} is not a valid name", remedy) for name in wrong])


def check_words(**texts: str) -> None:
    """Refuse what a terminal would act on or not show, and blanks: an auditor reads these words on a screen."""
    wrong = [name for name, text in texts.items() if not is_shown(text) or text.isspace()]
    if wrong:
        what = "is blank, or contains a line break or another character that does not print"
        remedy = "Write it in one line"
        raise Rejected([Problem((name,), "invalid", what, remedy) for name in wrong])
