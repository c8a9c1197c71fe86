"""Exploration: a policy that two people signed, by which chance orders near-ties of a served list, on record.

It is what lets two orders be compared later at all. It changes in which order things of nearly one worth stand and
nothing else: what is listed is what the rules list. Nothing for subsistence or safety moves, nor anything of which
something is lost soon, nor does what the rules say yes to change places with what is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from features.calendar import date_of
from features.canonical_json import fingerprint
from features.mapping import MappingReader
from features.problem import Problems, Where
from features.value import identifier_code
from recommender.rules.clause import demands

if TYPE_CHECKING:
    from recommender.rules.person import Person
    from recommender.rules.programme import Programme
    from recommender.rules.window import ApplicationWindow

__all__ = ["CERTAIN", "SUBSISTENCE", "ExplorationPolicy", "OrderedOffer", "explored", "read_exploration"]

SUBSISTENCE: Final = frozenset(("livelihood", "housing", "health", "protection-care", "safety", "bereavement"))
"""Categories of programmes for subsistence or safety, which chance never touches; a country names more of them."""
CERTAIN: Final = 1_000_000
"""The propensity of what nothing was left to chance in, in millionths."""
SOON_DAYS: Final = 30
"""What is lost within so many days stays in its place."""
MOST_MARGIN: Final = 500
MOST_PLACES: Final = 20
MOST_TOGETHER: Final = 6
LONGEST_DAYS: Final = 366


@dataclass(frozen=True)
class ExplorationPolicy:
    """What chance may order, on whose word and why that is lawful.

    Attributes:
        name: part of the key of every draw; another name draws otherwise.
        first, last: days since 1970-01-01, both included.
        margin: how far the utilities of what is drawn among may lie apart, in steps of `recommender.offers.utility`.
        places: only the first so many places of a list.
        together: among how many programmes at most is drawn.
        legal_basis: the law or decision that allows it.
        slots: places, from 1, that are filled by lot while the rest keeps its order; without any, near-ties are
            shuffled wherever they stand.
        never: ids of programmes that do not move either.
        need: facts that tell of need; what cannot be had without one does not move either.
        signed_by: the two people of the deployment who signed it.
    """

    name: str
    first: int
    last: int
    margin: int
    places: int
    together: int
    legal_basis: str
    slots: tuple[int, ...] = ()
    never: frozenset[str] = frozenset()
    need: frozenset[str] = frozenset()
    signed_by: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """What every draw hangs on beside the person and the day: all that was signed, in hex."""
        return fingerprint(self.to_document())

    def to_document(self) -> dict[str, Any]:
        """Return what is signed, as `read_exploration` reads it."""
        return {
            "name": self.name,
            "first": date_of(self.first).isoformat(),
            "last": date_of(self.last).isoformat(),
            "margin": self.margin,
            "places": self.places,
            "together": self.together,
            "legal_basis": self.legal_basis,
            "slots": list(self.slots),
            "never": sorted(self.never),
            **({"need": sorted(self.need)} if self.need else {}),
        }

    def moves(self, programme: Programme, window: ApplicationWindow) -> bool:
        """Whether chance may move a programme whose window is this."""
        if programme.id in self.never or window.funds or is_for_need(programme, self.need):
            return False
        return window.pressing is None or window.pressing > SOON_DAYS


def is_for_need(programme: Programme, need: Collection[str]) -> bool:
    """Whether a programme is for subsistence or safety: by its category, or since it demands a fact that tells of need.

    Args:
        programme: whose category may be what an agency filed it under.
        need: the facts that a country says tell of need (`need` of its contact.yaml).
    """
    return programme.category in SUBSISTENCE or any(demands(clause, need) for clause in programme.who.values())


class OrderedOffer(NamedTuple):
    """One place of a list that utility ordered.

    Attributes:
        programme: its id.
        steps: its utility, in steps.
        moves: whether chance may move it.
        alike: what else has to be the same of all that is drawn among: the answer, and whether something is open.
    """

    programme: str
    steps: int
    moves: bool
    alike: tuple[int, bool]


def explored(policy: ExplorationPolicy, person: Person, day: int, offers: Sequence[OrderedOffer]) -> list[int]:
    """Draw the order of one list: which of the offers, by its place in `offers`, stands in each place.

    The draw is fixed by the policy, by what is known of the person (nobody's id) and by the day, so that it is the same
    on every page of an answer and when the decision is made again.

    Args:
        policy: that is in force.
        person: as known.
        day: days since 1970-01-01.
        offers: the first `policy.places` in the order of their utility.
    """
    order, values = list(range(len(offers))), person.snapshot.values[0].astype("<i8").tobytes()
    seed = f"{policy.key} {day} {person.applicant} {sha256(values).hexdigest()}"
    for run in draws(policy, offers):
        drawn = sorted(run, key=lambda at: identifier_code(f"{seed} {offers[at].programme}"))
        if policy.slots:
            drawn = [drawn[0], *(at for at in run if at != drawn[0])]
        for place, at in zip(run, drawn, strict=True):
            order[place] = at
    return order


def draws(policy: ExplorationPolicy, offers: Sequence[OrderedOffer]) -> Iterator[list[int]]:
    """Yield the places that chance orders among themselves; what does not move may stand between them and stays.

    Nothing between them stands otherwise than they do, so that no yes is put behind what is open.
    """
    slots, begin = {slot - 1 for slot in policy.slots}, 0
    while begin < len(offers):
        run = _run(policy, offers, begin) if not slots or begin in slots else [begin]
        if len(run) > 1:
            yield run
        begin = run[-1] + 1


def _run(policy: ExplorationPolicy, offers: Sequence[OrderedOffer], begin: int) -> list[int]:
    """The places from one on that are near-ties with it."""
    first, run = offers[begin], [begin]
    for at in range(begin + 1, len(offers) if first.moves else 0):
        other = offers[at]
        near = other.alike == first.alike and first.steps - other.steps <= policy.margin
        if not near or len(run) == policy.together:
            break
        run += [at] if other.moves else []
    return run


def propensities(policy: ExplorationPolicy, offers: Sequence[OrderedOffer], order: Sequence[int]) -> list[int]:
    """With what chance each place holds what it holds, in millionths; of m that were shuffled each has 1 in m.

    Where a slot was filled by lot, the rest moves down or stays: the place after i others holds what stood there before
    with i chances in m, and what stood one place higher with m - i.
    """
    found = [CERTAIN] * len(offers)
    for run in draws(policy, offers):
        many = len(run)
        for after, place in enumerate(run):
            chances = 1 if not policy.slots or after == 0 else after if order[place] == place else many - after
            found[place] = CERTAIN * chances // many
    return found


def read_exploration(document: object, where: Where = ("exploration.yaml",)) -> ExplorationPolicy:
    """Read a policy that nobody signed yet.

    `name`, `first`, `last`, `margin`, `places`, `together`, `legal_basis`; `slots`, `never`, `need` if there are any.

    Raises:
        Rejected: with everything that is wrong or missing.
    """
    problems, needed = Problems(), ("name", "first", "last", "margin", "places", "together", "legal_basis")
    reader = MappingReader(document, where, problems, {*needed, "slots", "never", "need"})
    for key in needed:
        reader.required(key)
    first, last = reader.span("first", "last", LONGEST_DAYS)
    places = reader.integer("places", 2, MOST_PLACES)
    read: dict[str, Any] = {
        "name": reader.string("name"),
        "first": first,
        "last": last,
        "margin": reader.integer("margin", 0, MOST_MARGIN),
        "places": places,
        "together": reader.integer("together", 2, MOST_TOGETHER),
        "legal_basis": reader.string("legal_basis"),
        "slots": _slots(reader, places or MOST_PLACES),
        "never": frozenset(reader.strings("never")),
        "need": frozenset(reader.strings("need")),
    }
    problems.raise_any()
    return ExplorationPolicy(**read)


def _slots(reader: MappingReader, places: int) -> tuple[int, ...]:
    found = reader.items("slots")
    for one in found:
        if type(one) is not int or not 1 <= one <= places:
            reader.wrong("slots", "range", f"cannot hold {one!r}", f"Give places from 1 to {places}")
            return ()
    return tuple(sorted({int(str(one)) for one in found}))
