"""Budgets: the terms of a private run as its requester states them, and the account that it spends from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import clock, ledger_files
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from privacy.data_provenance import DataKind
from privacy.request import LegalBasis, RunInputs, RunRequest, check_delta
from privacy.unit import PrivacyUnit, smallest

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from privacy.account import LedgerAccount, SyntheticAccount
    from privacy.gate import BudgetAccount
    from training.data.material import TrainingData

PURPOSE: Final = "offers"


@dataclass(frozen=True)
class PrivateTerms:
    """The terms of a private run, before any row is read.

    Attributes:
        epsilon: the most that training may spend per privacy unit.
        delta: the probability with which epsilon may fail.
        evaluate: what noised metrics may spend on top; None for no metrics.
        population: whose budget; None for the only one there is.
        purpose: what people consented to.
        requester: who asks, for the auditor.
        basis: on what ground people may be learned from.
        unit: what the budget protects; None for what it was opened for.
        units: how many units there are where that is public; 0 for a noised count.
        why: in a sentence, for the auditor.
        requester_key: the private key of who asks, which signs for each spend; None where nobody signs.
        learner: what learns, as `training.rankers.schedules` names it, or `auto`.
    """

    epsilon: Decimal
    delta: Decimal
    evaluate: Decimal | None = None
    population: str | None = None
    purpose: str = PURPOSE
    requester: str = "not stated"
    basis: LegalBasis = LegalBasis.CONSENT
    unit: PrivacyUnit | None = None
    units: int = 0
    why: str | None = None
    requester_key: Path | None = None
    learner: str = "auto"


def exact_account(workspace: Workspace, kind: DataKind) -> BudgetAccount | None:
    """The account of exact access, which spends nothing; it only tells whether two people signed rows as public."""
    if kind is DataKind.SYNTHETIC or not workspace.ledger.is_dir():
        return None
    from privacy.account import any_account

    return any_account(workspace.ledger, clock.now)


def private_account(
    workspace: Workspace, kind: DataKind, declaration: Declaration, population: str | None
) -> BudgetAccount | None:
    """The account that a private run spends from; synthetic rows have their own unless another is named.

    Raises:
        Rejected: rows not verified as synthetic would spend the synthetic budget, or no such budget was opened.
    """
    from privacy.account import SYNTHETIC, account_of, is_synthetic

    synthetic = kind is DataKind.SYNTHETIC
    if synthetic and population in (None, SYNTHETIC):
        return synthetic_account(workspace, declaration)
    if population is not None and is_synthetic(population) and not synthetic:
        what = "is the budget of synthetic people, and these rows are not stamped synthetic"
        raise Rejected(
            [
                Problem(
                    (f"--population {population}",),
                    "forbidden",
                    what,
                    "Name the population that these people belong to",
                )
            ]
        )
    return account_of(workspace.ledger, clock.now, population, synthetic=synthetic)


def synthetic_account(workspace: Workspace, declaration: Declaration) -> LedgerAccount | SyntheticAccount:
    """The account of synthetic people."""
    from privacy import account

    return account.synthetic_account(workspace.ledger, clock.now, smallest(declaration))


def run_request(data: TrainingData, terms: PrivateTerms, workspace: Workspace) -> RunRequest:
    """The request that the terms make of a gate, checked as far as possible before anything is spent.

    Raises:
        Rejected: there is no budget, or delta is not below one in the number of people.
    """
    gate = data.gate
    if gate.account is None:
        what = "holds no budget for these people, who may be real"
        remedy = (
            "Open one with `proffer privacy init --population P --epsilon E --delta D --approver KEY --approver KEY`, "
            "which two root approvers sign"
        )
        raise Rejected([Problem((str(workspace.path),), "missing", what, remedy)])
    known = len(tuple(gate.rows.people())) if gate.provenance.kind is DataKind.SYNTHETIC else terms.units
    check_delta(terms.delta, known)  # of real people a run knows no more than a noised count, and holds it against that
    return RunRequest(
        gate.account.population, terms.unit or gate.account.unit, terms.epsilon, terms.delta, terms.purpose,
        terms.requester, terms.basis, terms.units, why=terms.why,
        inputs=RunInputs(data.declaration.hash, data.catalogue.hash),
        sign=ledger_files.request_signer(terms.requester_key),
    )  # fmt: skip
