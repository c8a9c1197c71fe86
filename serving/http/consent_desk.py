"""The consent desk: everything a person can agree to or take back in a deployment, and how it stands for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from features.declaration.declaration import Declaration
from features.log.consents import consents
from features.log.event import Event
from features.log.history import History, history_of
from features.log.versions import FOREVER
from recommender.contact.contact_policy import NO_OBJECTION, ContactPolicy
from recommender.contact.contact_record import SENSITIVE, Choices
from recommender.rules.catalogue import Catalogue
from serving.http.problem_documents import UNPROCESSABLE, ProblemItemValue, RefusedError
from serving.proactive.person_choices import choices_of
from serving.records.live_basis import PurposeRegister

_STATEMENTS: Final = ("consent.given", "consent.withdrawn")
_CONSENT: Final = "consent"
_ANY: Final = "<programme>"


@dataclass(frozen=True)
class ConsentDesk:
    """Tells consents, and refuses one to a purpose that nothing declares.

    Attributes:
        declaration: by which events are read.
        catalogue: whose programmes a channel can be chosen for.
        purposes: for what facts may be used.
        policy: for what, and through which channels, people are written to.
    """

    declaration: Declaration
    catalogue: Catalogue
    purposes: PurposeRegister = field(default_factory=PurposeRegister)
    policy: ContactPolicy = field(default_factory=lambda: ContactPolicy({}, {}))

    def told(self, citizen: str, held: Sequence[Event], *, acting: bool = False) -> Mapping[str, Any]:
        """How every purpose stands for a person now, by the events that are held of them.

        To whoever is `acting` for them nothing is told that is about a sensitive fact or programme.
        """
        history, stated = history_of(held, self.declaration), _stated(held)
        known = [*self._of_facts(history, citizen), *self._of_contact(history, citizen, stated)]
        names = {one["purpose"] for one in known}
        found, place = consents(history), int(history.rows_of([citizen])[0])
        if acting:
            shown = self._open_names()
            return {"purposes": [one for one in known if one["purpose"] in shown]}
        others = (name for name in stated if name not in names)
        return {
            "purposes": [
                *known,
                *(_row(name, bool(found.agreeing(name, silent=False)[place]), _CONSENT) for name in others),
            ]
        }

    def check(self, purpose: str, given: bool, held: Sequence[Event], *, acting: bool = False) -> None:
        """Refuse a statement on a purpose that is not declared; what the log holds can always be withdrawn.

        Whoever is `acting` for the person states only on what `told` tells them.

        Raises:
            RefusedError: 422, with the purposes that are declared.
        """
        parts = purpose.rsplit(":", 1)
        of_programme = f"{parts[0]}:{_ANY}" if parts[-1] in self.catalogue.index else purpose
        declared = self._open_names() if acting else [*self.purposes.purposes, *self._contact_names()]
        own = not acting and (of_programme in declared or (not given and purpose in _stated(held)))
        if purpose in declared or own:
            return
        items = [ProblemItemValue("/purpose", f"one of {', '.join(declared)}")]
        raise RefusedError(UNPROCESSABLE, "Nothing here is done for this purpose.", items)

    def _open_names(self) -> list[str]:
        """The declared purposes that say nothing of a sensitive fact or programme."""
        sensitive = self.declaration.sensitive_facts
        open_ones = (name for name, one in self.purposes.purposes.items() if sensitive.isdisjoint(one.facts))
        return [*open_ones, *self.policy.purposes, *map(self.policy.consent_to, self.policy.channels)]

    def _contact_names(self) -> Iterator[str]:
        yield from self.policy.purposes
        for name, channel in self.policy.channels.items():
            yield self.policy.consent_to(name)
            if channel.sensitive:
                yield from (self.policy.consent_to(name, which) for which in (SENSITIVE, _ANY))

    def _of_facts(self, history: History, citizen: str) -> Iterator[dict[str, Any]]:
        live = self.purposes.live(history, citizen)
        for name, one in self.purposes.purposes.items():
            yield _row(name, name in live, one.needs, one) | {"facts": list(one.facts)}

    def _of_contact(self, history: History, citizen: str, stated: Sequence[str]) -> Iterator[dict[str, Any]]:
        policy = self.policy
        programmes = sorted({name.rsplit(":", 1)[-1] for name in stated} & self.catalogue.index.keys())
        choices = choices_of(history, citizen, FOREVER, policy, programmes)
        for name, purpose in policy.purposes.items():
            live = name not in choices.refused and (purpose.needs == NO_OBJECTION or name in choices.given)
            yield _row(name, live, purpose.needs, purpose)
        for name, channel in policy.channels.items():
            purpose, live = policy.purposes[channel.purpose], choices.may_use(policy, name) is None
            needs = _CONSENT if channel.needs_choice else NO_OBJECTION
            yield _row(policy.consent_to(name), live, needs, purpose) | {"channel": name}
            for which in (SENSITIVE, *programmes) if channel.sensitive else ():
                chosen, own = _chosen(choices, policy, name, which), policy.consent_to(name, which)
                if which == SENSITIVE or own in stated:
                    yield _row(own, live and chosen, _CONSENT, purpose) | {"channel": name, "programme": which}


def _chosen(choices: Choices, policy: ContactPolicy, channel: str, which: str) -> bool:
    if which == SENSITIVE:
        return policy.consent_to(channel, SENSITIVE) in choices.given - choices.refused
    return choices.may_carry(policy, channel, which)


def _stated(held: Sequence[Event]) -> list[str]:
    """The purposes on which something was said, in the order in which it came."""
    said = (str(one.data.get("purpose", "")) for one in held if one.type in _STATEMENTS)
    return [name for name in dict.fromkeys(said) if name]


def _row(name: str, live: bool, needs: str, told: Any = None) -> dict[str, Any]:
    title, basis = (getattr(told, key, None) for key in ("title", "basis"))
    return {
        "purpose": name, "live": live, "needs": needs, "facts": [],
        "title": title.to_document() if title else None, "basis": basis.to_document() if basis else None,
    }  # fmt: skip
