"""Programme turns: the days on which a programme's own text, window or period turns, for everybody alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from recommender.rules.clause import compares, fact_type
from recommender.rules.window import window_of

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.programme import Programme
    from recommender.rules.region import Regions
    from recommender.rules.window_rule import WindowRule
    from recommender.rules.working_days import WorkingDays

__all__ = ["programme_turns"]

_Seen = tuple[object, ...]


def programme_turns(
    catalogue: Catalogue,
    declaration: Declaration,
    regions: Regions,
    working_days: WorkingDays,
    days: range,
) -> Mapping[int, frozenset[str]]:
    """Return for each of the days the programmes that are another than the day before, for a reason of their own.

    That is another text, another window that no event and no fact of a person opens, a period of validity that begins
    or ends, or a region that was split or merged. What cannot be held together with one that turns turns with it.
    """
    turned: dict[int, set[str]] = {}
    windows: dict[tuple[WindowRule, ...], dict[int, _Seen]] = {}
    for name in (one.id for one in catalogue.programmes):
        texts = catalogue.versions(name)
        before = None
        for day in (days.start - 1, *days):
            seen = _seen(texts, day, working_days, windows)
            if before is not None and seen != before:
                turned.setdefault(day, set()).update((name, *catalogue.excluding.get(name, ())))
            before = seen
    for day in sorted({*_region_days(regions)} & set(days)):
        turned.setdefault(day, set()).update(_regional(catalogue, declaration))
    return {day: frozenset(names) for day, names in turned.items()}


def _seen(
    texts: Sequence[Programme],
    day: int,
    working: WorkingDays,
    windows: dict[tuple[WindowRule, ...], dict[int, _Seen]],
) -> _Seen:
    """What is the same for everybody of one programme on a day."""
    begun = [i for i, one in enumerate(texts) if one.valid.first is None or one.valid.first <= day]
    place = begun[-1] if begun else 0
    text = texts[place]
    rules = tuple([rule.wordless() for rule in text.windows])
    window: _Seen = ()
    if not any(rule.is_personal for rule in rules):
        known = windows.setdefault(rules, {})
        if day not in known:
            found = window_of(rules, (), day, working)
            known[day] = (found.state, found.opens, found.closes)
        window = known[day]
    return place, text.valid.holds(day), text.is_lapsed(day), window


def _region_days(regions: Regions) -> Iterator[int]:
    for region in regions.by_code.values():
        yield from (region.first, region.last + 1)


def _regional(catalogue: Catalogue, declaration: Declaration) -> Iterator[str]:
    """The programmes that ask where somebody lives."""
    for text in catalogue.texts:
        if any(fact_type(one.fact, declaration) == "region" for who in text.who.values() for one in compares(who)):
            yield text.id
