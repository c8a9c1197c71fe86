"""Person: one person as known on the day, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from features.calendar import completed_months
from features.value import UNKNOWN, is_known
from recommender.rules.children import BIRTH, Children, children_of
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle

if TYPE_CHECKING:
    from features.snapshot import Known, Occurrence, Snapshot
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.clause import Answer, Clause


@dataclass(frozen=True, eq=False)
class Person:
    """One person on one day.

    Attributes:
        known: what is known of the person.
        applicant: bit mask of KINDS: in which roles the person asks.
        held: ids of the programmes the person receives or has applied for; see `held_programmes`.
        regions: how regions lie in each other, for payments that depend on where one lives.
        asked: facts that are not asked for again: the person does not know them or would rather not say.
    """

    known: Known
    applicant: int = 1
    held: frozenset[str] = frozenset()
    regions: Regions = field(default_factory=Regions)
    asked: frozenset[str] = frozenset()
    _children: dict[int, Children] = field(default_factory=dict, init=False, repr=False)

    @property
    def snapshot(self) -> Snapshot:
        """What is known, one row of columns."""
        return self.known.snapshot

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What happened, the earliest first."""
        return self.known.occurrences

    @property
    def t(self) -> int:
        """The second as of which the person is known."""
        return int(self.snapshot.t[0])

    def today(self, t: int) -> int:
        """Return the local day of the last second before `t`."""
        return self.snapshot.declaration.zone.today(t)

    def children(self, t: int) -> Children:
        """Return the children the person is known to have, as old as they are at `t`."""
        if t not in self._children:  # asked for by every payment for a child
            self._children[t] = children_of(self.known, self.today(t))
        return self._children[t]

    def age_months(self, t: int) -> int | None:
        """Return the person's own age at `t` in completed months, None where it is not known."""
        born = self.column(BIRTH)
        return completed_months(born, self.today(t)) if is_known(born) else None

    def column(self, name: str) -> int:
        """Return the integer of a column; UNKNOWN where the declaration has none of that name."""
        try:
            return self.snapshot.value(name)
        except KeyError:
            return UNKNOWN

    def answer(self, clause: Clause) -> Answer:
        """Answer one clause as the rules do."""
        row = self.snapshot
        return Oracle(row.declaration, self.regions, row.today(), members=row.members).clause(clause, self.column)


def held_programmes(catalogue: Catalogue, known: Known) -> frozenset[str]:
    """The ids of the programmes a person holds, of all that the catalogue names; a former id is the present one too."""
    names = [name for code in known.holdings if (name := catalogue.by_code.get(code)) is not None]
    return frozenset((*names, *(catalogue.renamed[name] for name in names if name in catalogue.renamed)))
