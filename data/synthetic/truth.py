"""The truth, written apart from the log: what held-out people would take up at the end of it, if it were offered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.synthetic.holdings import Holdings
from data.synthetic.legacy_policy import HOPEFUL, Neighbourhood, eligible
from data.synthetic.takeup import probability
from features.arrays import Bool, Float64, Int64
from features.value import identifier_code

HELD_OUT_EVERY = 5


def held_out(person: str) -> bool:
    """Whether nothing may be learned from a person: the truth is written for these only, one in five by a stable hash.

    >>> [held_out(f"c{number:07d}") for number in range(1, 6)].count(True) <= 5
    True
    """
    return identifier_code(person) % HELD_OUT_EVERY == 0


@dataclass(frozen=True)
class Truth:
    """One row for each held-out person and each programme the rules do not exclude for them at the end.

    `probability` is P(takes up | offered), if they look at the offer, with the person's latent traits; `reachable` its
    expectation over everything that cannot be observed, given all that the person's answers betray; `unasked` is
    P(takes up | not offered) within `takeup.HORIZON_DAYS`, `unasked_reachable` what the log could tell of it;
    `eligible` whether an office that knows everything would grant it.
    """

    person: Int64
    programme: Int64
    probability: Float64
    reachable: Float64
    unasked: Float64
    unasked_reachable: Float64
    eligible: Bool

    def table(self, people: pa.Array, programmes: tuple[str, ...]) -> pa.Table:
        """As written, in the order of the fields; `people` names the citizens of the block."""
        columns = {
            "person": people.take(pa.array(self.person)),
            "programme": pa.array(programmes, pa.string()).take(pa.array(self.programme)),
            "probability": pa.array(self.probability),
            "reachable": pa.array(self.reachable),
            "unasked": pa.array(self.unasked),
            "unasked_reachable": pa.array(self.unasked_reachable),
            "eligible": pa.array(self.eligible),
        }
        return pa.table(columns)


def truth(place: Neighbourhood, held: Holdings, people: Int64) -> Truth:
    """The truth about some of the living of a block, at the end of the log."""
    people = people[place.course.died[people] >= place.course.months.end]
    t = np.full(len(people), place.course.months.end)
    receives = held.receives(people, t, place.receipts)
    answers = place.known.answers(people, t, receives)
    row, programme = np.nonzero(answers > 0)
    person = people[row]
    observable = place.takeup.observable(place.situation(held, people, t), place.offered)[row, programme]
    offered = probability(observable + place.hidden(person, programme))
    reachable = place.belief.expected(place.takeup, (person, programme), observable)
    heard, believed = place.aware.heard(people, t)[row, programme], place.aware.believed(people, t)[row, programme]
    true = place.true.answers(people, t, receives)[row, programme]
    due = eligible(place, true, person, programme)
    comes = np.where(due, 1.0, HOPEFUL)
    might_come = np.where(answers[row, programme] == 2, 1.0, HOPEFUL + (1 - HOPEFUL) * place.takeup.meant[programme])
    return Truth(
        person, programme, offered, reachable, place.takeup.unasked(offered, np.where(heard, comes, 0.0)),
        place.takeup.unasked(reachable, believed * might_come), due,
    )  # fmt: skip
