"""Every way in which the privacy budget refuses: one class for each reason, with a code for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from features.problem import Problem, Rejected
from privacy.accounting.amount import text_of


class Refused(Rejected):
    """An entry that may not follow the entries before it; `code` names the reason for programs."""

    code: ClassVar[str] = "refused"

    def __init__(self, where: str, what: str, remedy: str) -> None:
        """State where, what and what to do."""
        super().__init__([Problem((where,), "refused", what, remedy)])


class UnknownPopulation(Refused):
    """No budget was opened for this population."""

    code = "unknown-population"


class AlreadyOpen(Refused):
    """The population has a budget; a second one would double it."""

    code = "already-open"


class Exhausted(Refused):
    """The spend is larger than the rest of the budget.

    Attributes:
        asked: the increase of the composed epsilon.
        left: the increase that is still permitted.
        difference: asked minus left.
    """

    code = "privacy-budget-exhausted"

    def __init__(self, population: str, asked: Decimal, left: Decimal) -> None:
        """State the three numbers."""
        self.asked, self.left, self.difference = asked, left, asked - left
        what = (
            f"asked for epsilon {amount_text(asked)}, {amount_text(left)} is left: "
            f"{amount_text(self.difference)} too much"
        )
        remedy = "Ask for less, wait for the next period, or have two approvers raise the cap"
        super().__init__(population, what, remedy)


class Conflict(Refused):
    """The spend id belongs to another spend."""

    code = "spend-conflict"


class UnknownSpend(Refused):
    """No spend has this id."""

    code = "unknown-spend"


class NotOpen(Refused):
    """The spend is already settled in another way."""

    code = "spend-settled"


class NotTheirs(Refused):
    """The spend was reserved in another way than it is committed."""

    code = "not-theirs"


class TooMuch(Refused):
    """More was run than had been reserved."""

    code = "more-than-reserved"


class WrongPrice(Refused):
    """The claim is below the accountants' price, or a price is missing."""

    code = "wrong-price"


class NotApproved(Refused):
    """The statement lacks the signatures of two distinct enrolled approvers."""

    code = "not-approved"


class Unsigned(NotApproved):
    """Too few signed the statement, or others than may; nothing else speaks against it."""


class PeriodReopened(Refused):
    """A period that was begun or passed cannot begin again."""

    code = "period-reopened"


class NotDisjoint(Refused):
    """Cohorts that are not proven disjoint cannot be accounted in parallel."""

    code = "cohorts-not-disjoint"


class KnownPeople(Refused):
    """These people already have a budget under another population: a copy does not get a fresh one."""

    code = "known-people"


class UnknownLedgerKey(Refused):
    """A key that is not, or no longer, a key of the ledger."""

    code = "unknown-key"


def amount_text(amount: Decimal) -> str:
    """The text of an amount that may be infinite."""
    return text_of(amount) if amount.is_finite() else "infinity"
