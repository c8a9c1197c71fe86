"""What is wrong with what was given: problems as data, and the refusals that carry them.

A `Problem` is a value: a path, a code of a small closed set, what is wrong and what to do. The text for people is
rendered here and nowhere else; a JSON pointer, a row of `--json` and an exit text are renderings at the edge, made from
the value. Nothing reads a rendered text again.

Every refusal is a `Rejected`, which holds all problems at once:

    Rejected                            what was given cannot be used
    |- Disagreement                     privacy.accounting.accountant: two accountants contradict each other
    |- Unpriceable                      privacy.accounting.accountant: an accountant cannot compute a price
    |- OwnFile                          privacy.ledger.folder: an output would overwrite the ledger
    |- NetworkFileSystem                privacy.ledger.folder: the ledger would lie on a network file system
    |- Inconsistent                     privacy.ledger.signed: the ledger contradicts what was signed last
    |- NoLedger                         privacy.ledger.journal: the folder holds no ledger
    |- Damaged                          privacy.ledger.ledger_tables: the database does not hold what was written
    |- Busy                             privacy.ledger.ledger_tables: another process is writing
    |- Unwritable                       privacy.ledger.ledger_tables: the disk refuses
    `- Refused                          privacy.refusal: an entry may not follow the ones before it
       |- UnknownPopulation, UnknownSpend, UnknownLedgerKey
       |- AlreadyOpen, NotOpen, PeriodReopened, Conflict
       |- Exhausted, TooMuch, WrongPrice
       `- NotApproved (Unsigned), NotDisjoint, KnownPeople

Two refusals are none of these, because what they carry is meant for another reader: `RefusedError`
(serving.http.problem_documents) is an answer of the service (RFC 9457), and `BadNote` and its like
(privacy.ledger.note) are failures of a signature that the ledger turns into problems.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Where = tuple[str | int, ...]
"""Where something is: the source (a file, a file and line, an option, a part of a request), then keys and positions."""

Code = Literal[
    "missing",  # something required is absent
    "unknown",  # a name that is not declared, not there or not allowed as a key
    "invalid",  # not of the required type or form
    "range",  # of the right form, but outside the bounds
    "duplicate",  # stands twice
    "conflict",  # contradicts something else that was given or is there
    "forbidden",  # means something, but not here
    "unreadable",  # the system could not read or write it
    "damaged",  # is not what was written: a hash or a signature differs
    "unavailable",  # needs something that is not installed, busy or not reachable
    "refused",  # a rule of privacy or of the service says no
]


def spelled(where: Where) -> str:
    """Return a place as people read it: the source, then the keys down to it.

    >>> spelled(("x.yaml", "who", "all", 1, "fact")), spelled(("events", 2, "time")), spelled(("--epsilon",))
    ('x.yaml: who.all[1].fact', 'events[2]: time', '--epsilon')
    """
    source, below = "", ""
    for key in where:
        if isinstance(key, int):
            below, source = (f"{below}[{key}]", source) if below else ("", f"{source}[{key}]")
        elif not source:
            source = key
        else:
            below += f".{key}" if below else key
    return f"{source}: {below}" if below else source


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was given.

    Attributes:
        path: where it is.
        code: what sort of wrong it is, for programmes.
        what: what is wrong, completing a sentence that begins with the place.
        remedy: what to do.

    >>> print(Problem(("facts.json", "income_percent"), "range", "-5 is below 0", "Give a whole number from 0"))
    facts.json: income_percent: -5 is below 0. Give a whole number from 0
    """

    path: Where
    code: Code
    what: str
    remedy: str

    @property
    def where(self) -> str:
        """The place as people read it."""
        return spelled(self.path)

    def __str__(self) -> str:
        """Where, what and what to do, on one line."""
        return f"{self.where}: {self.what}. {self.remedy}"

    def to_document(self) -> dict[str, object]:
        """Return it as JSON values, for `--json`."""
        return {
            "where": self.where, "what": self.what, "remedy": self.remedy, "code": self.code, "path": list(self.path)
        }  # fmt: skip


class Rejected(ValueError):  # noqa: N818  # the word people use for it; catching it reads as a sentence
    """What was given cannot be used; `problems` holds every reason, `str()` one reason a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order in which they were found."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Problems:
    """Collects problems while reading goes on, then raises them together.

    >>> problems = Problems()
    >>> problems.add(("a.yaml", "x"), "missing", "is missing", "Add it")
    >>> with problems.gathered():
    ...     raise Rejected([Problem(("a.yaml", "y"), "invalid", "is not a date", "Write YYYY-MM-DD")])
    >>> len(problems.found)
    2
    """

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.found: list[Problem] = []

    def add(self, path: Where, code: Code, what: str, remedy: str) -> None:
        """Remember one more problem."""
        self.found.append(Problem(path, code, what, remedy))

    def gathered(self) -> _Gathering:
        """Run a block; if it is rejected, remember its problems and go on after the block."""
        return _Gathering(self.found)

    def raise_any(self) -> None:
        """Raise `Rejected` with everything found, or do nothing."""
        if self.found:
            raise Rejected(list(dict.fromkeys(self.found)))  # two parts may need the same file


class _Gathering:
    """The block of `Problems.gathered`."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> bool:
        if isinstance(raised, Rejected):
            self.found.extend(raised.problems)
            return True
        return False
