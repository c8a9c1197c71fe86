"""Every way of saying no: what was wrong, where, and what to do, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what was given.

    >>> print(Problem("facts.json: income_percent", "-5 is below 0", "Give a whole number from 0 to 10000"))
    facts.json: income_percent: -5 is below 0. Give a whole number from 0 to 10000
    """

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Where, what and what to do, on one line."""
        return f"{self.where}: {self.what}. {self.remedy}"


class Rejected(ValueError):  # noqa: N818  # the word people use for it; catching it reads as a sentence
    """What was given cannot be used; `problems` holds every reason, `str()` one reason a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order in which they were found."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Problems:
    """Collects problems while reading goes on, then raises them together.

    >>> problems = Problems()
    >>> problems.add("a.yaml: x", "is missing", "Add it")
    >>> with problems.gathered():
    ...     raise Rejected([Problem("a.yaml: y", "is not a date", "Write YYYY-MM-DD")])
    >>> len(problems.found)
    2
    """

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.found: list[Problem] = []

    def add(self, where: str, what: str, remedy: str) -> None:
        """Remember one more problem."""
        self.found.append(Problem(where, what, remedy))

    def gathered(self) -> _Gathering:
        """Run a block; if it is rejected, remember its problems and go on after the block."""
        return _Gathering(self.found)

    def raise_any(self) -> None:
        """Raise `Rejected` with everything found, or do nothing."""
        if self.found:
            raise Rejected(self.found)


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
