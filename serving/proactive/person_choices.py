"""Person choices: what a person agreed to and declined, as the log holds it: the word of the log is the only one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from features.log.consents import consents
from features.log.interactions import KINDS, interactions
from recommender.contact.contact_record import DECLINED, SENSITIVE, Choices, PastOffer

if TYPE_CHECKING:
    from features.log.history import History
    from recommender.contact.contact_policy import ContactPolicy
    from recommender.rules.catalogue import Catalogue

__all__ = ["choices_of", "declines_of"]

DECLINE: Final = "benefit.declined"


def choices_of(history: History, citizen: str, t: int, policy: ContactPolicy, sensitive: Iterable[str] = ()) -> Choices:
    """Return what a person agreed to and took back, as the log holds it at the UTC second `t`.

    Args:
        history: events of the person.
        citizen: whom.
        t: what is recorded at or after it does not count.
        policy: which purposes and channels there are.
        sensitive: programmes for which the person may have chosen a channel.
    """
    found, place = consents(history, t), int(history.rows_of([citizen])[0])
    given, refused = set(), set()
    for name in _names(policy, tuple(sensitive)):
        if found.agreeing(name, silent=False)[place]:
            given.add(name)
        elif not found.agreeing(name, silent=True)[place]:
            refused.add(name)
    return Choices(frozenset(given), frozenset(refused))


def _names(policy: ContactPolicy, sensitive: tuple[str, ...]) -> Iterator[str]:
    yield from policy.purposes
    for name, channel in policy.channels.items():
        yield policy.consent_to(name)
        if channel.sensitive:
            yield from (policy.consent_to(name, programme) for programme in (SENSITIVE, *sensitive))


def declines_of(history: History, citizen: str, t: int, catalogue: Catalogue) -> dict[str, PastOffer]:
    """Return what a person declined by the word of the log, by programme: the latest each.

    `at` is when it was recorded: the person declines what stands, whatever their clock says of when that was.
    """
    found, place = interactions(history, t), int(history.rows_of([citizen])[0])
    rows = np.flatnonzero((found.person == place) & (found.kind == KINDS.index(DECLINE)))
    declined = {}
    for row in rows[np.argsort(found.recorded[rows], kind="stable")].tolist():
        name = catalogue.by_code.get(int(found.programme[row]))
        if name is not None:
            name = catalogue.renamed.get(name, name)
            declined[name] = PastOffer(name, DECLINED, int(found.recorded[row]))
    return declined
