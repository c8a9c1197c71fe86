"""Served story: what a citizen, registries and a receiver of offers do with a service, one call after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from composition import replaying
from composition.dev_caller import BATCH, DevCall, DevCaller, Reply, citizen_path
from composition.story_cast import LEAVE_DAYS, StoryCast
from composition.webhook_inbox import WebhookInbox
from features.problem import Problem, Rejected
from recommender.messages import Messages
from recommender.text import Text

PATIENCE: Final = 120.0
"""Seconds until an offer that was to leave is given up."""


@dataclass(frozen=True)
class StoryStep:
    """One step: what is done, the command that asks for it, and what was answered.

    Attributes:
        name: of the step.
        head: what is done, in words.
        command: asks for it on a command line.
        answer: what was answered, in words.
        facts: the same as values.
    """

    name: str
    head: str
    command: str
    answer: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """The step as JSON values."""
        return {"step": self.name, "head": self.head, "command": self.command, "answer": self.answer, **self.facts}


@dataclass(frozen=True)
class ServedStory:
    """Tells the story of a cast with a service and a receiver of its offers.

    Attributes:
        cast: whose story it is.
        caller: asks the service.
        inbox: where offers arrive.
        messages: the words.
        language: in which it is told.
        clock: the UTC second.
    """

    cast: StoryCast
    caller: DevCaller
    inbox: WebhookInbox
    messages: Messages
    language: str
    clock: Callable[[], int]

    def steps(self) -> Iterator[StoryStep]:
        """Do one step after another, and tell each once it is done.

        Raises:
            Rejected: the service did not do what the story tells.
        """
        call = DevCall("POST", "/v1/events", "registries", ("--write-events",), list(self.cast.lives), BATCH)
        accepted = self._accepted(call)
        told = self._say("lives.answer", accepted=accepted, people=len(self.cast.people))
        yield self._step("lives", call, told, accepted=accepted)
        yield self._offered("born", self.cast.births(self.clock()), self.cast.applicants, 1)
        (first,) = self.inbox.messages(self.cast.mother)
        declined = first.body["offers"][0]
        yield self._explained(first.body["decision"])
        yield self._declined(declined)
        title = self._read(_title(declined))
        leave = self._offered("leave", self.cast.leave(self.clock()), (self.cast.mother,), 2, days=LEAVE_DAYS,
                              declined=title)  # fmt: skip
        self._hold(declined["programme"] not in leave.facts["message"]["programmes"], "what was declined was sent")
        yield leave
        yield self._withdrawn()
        yield self._listed()
        yield self._erased()
        yield self._gone(first.body["decision"])

    def _say(self, key: str, /, **values: Any) -> str:
        return self.messages.said(self.language, f"served.{key}", **values)

    def _read(self, words: Mapping[str, str]) -> str:
        return self.messages.read(Text.of(words), self.language)

    def _asked(self, call: DevCall, status: int = 200) -> Reply:
        reply = self.caller.ask(call)
        self._hold(reply.status == status, f"{call.method} {call.path} was answered {reply.status}, not {status}")
        return reply

    def _hold(self, holds: bool, otherwise: str) -> None:
        """See that what the story tells is true."""
        if not holds:
            remedy = f"Read serve.log and offers.log in {self.caller.home.path}"
            raise Rejected([Problem((self.caller.address,), "unavailable", otherwise, remedy)])

    def _step(self, name: str, call: DevCall, answer: str, **facts: Any) -> StoryStep:
        words = {"days": facts["days"]} if "days" in facts else {}
        head = self._say(f"{name}.head", person=self.cast.mother, **words)
        return StoryStep(name, head, self.caller.command(call, name), answer, facts)

    def _accepted(self, call: DevCall) -> int:
        outcomes = [one["outcome"] for one in self._asked(call).document["results"]]
        strange = sorted({*outcomes} - {"accepted", "duplicate"})  # registries say some things twice
        self._hold(not strange, f"events were {', '.join(strange)}")
        return outcomes.count("accepted")

    def _offered(
        self, name: str, events: list[dict[str, Any]], whom: tuple[str, ...], count: int, **values: Any
    ) -> StoryStep:
        """Post events, and wait for the message that leaves for each of some people."""
        call = DevCall("POST", "/v1/events", "registries", ("--write-events",), events, BATCH)
        accepted, began = self._accepted(call), time.monotonic()
        for one in whom:
            came = self.inbox.wait_for(one, count, PATIENCE)
            self._hold(came, f"no message about {one} arrived within {PATIENCE:.0f} seconds")
        took = round(time.monotonic() - began, 1)
        message = self.inbox.messages(self.cast.mother)[count - 1]
        titles = ", ".join(self._read(_title(one)) for one in message.body["offers"])
        silent = {one: len(self.inbox.messages(one)) for one in self.cast.people}
        self._hold(silent[self.cast.people[-1]] == 0, "a message went to somebody who had not applied")
        answer = self._say(f"{name}.answer", accepted=accepted, seconds=took, titles=titles,
                           signed=", ".join(message.signed), other=self.cast.people[-1], **values)  # fmt: skip
        facts = {"accepted": accepted, "seconds": took, "message": {
            "id": message.body["id"], "signed": list(message.signed),
            "programmes": [one["programme"] for one in message.body["offers"]],
        }, **values}  # fmt: skip
        return self._step(name, call, answer, **facts, messages=silent)

    def _explained(self, decision: str) -> StoryStep:
        path = f"/v1/decisions/{decision}?explain=short&language={self.language}"
        call = DevCall("GET", path, self.cast.mother)
        told = self._asked(call).document
        first = told["programmes"][0]
        summary = " ".join(self._read(one) for one in told["summary"])
        answer = self._say("why.answer", summary=summary, title=self._read(first["title"]),
                           because=self._read(first["because"]))  # fmt: skip
        return self._step("why", call, answer, decision=decision, programmes=len(told["programmes"]))

    def _declined(self, offer: Mapping[str, Any]) -> StoryStep:
        path = citizen_path(self.cast.mother, f"/offers/{offer['id']}/decline")
        call = DevCall("POST", path, self.cast.mother, ("--answer-offers",))
        state = self._asked(call).document["state"]
        answer = self._say("declined.answer", title=self._read(_title(offer)))
        return self._step("declined", call, answer, programme=offer["programme"], state=state)

    def _withdrawn(self) -> StoryStep:
        body = {"purpose": "tailored-notice", "given": False}
        call = DevCall("PUT", citizen_path(self.cast.mother, "/consents"), self.cast.mother, ("--rights",), body)
        self._asked(call)
        return self._step("withdrawn", call, self._say("withdrawn.answer"))

    def _listed(self) -> StoryStep:
        call = DevCall("GET", citizen_path(self.cast.mother, "/offers"), self.cast.mother)
        offers = self._asked(call).document["offers"]
        self._hold(not offers, "an offer was shown without consent")
        return self._step("listed", call, self._say("listed.answer", count=len(offers)), offers=len(offers))

    def _erased(self) -> StoryStep:
        call = DevCall("DELETE", citizen_path(self.cast.mother), self.cast.mother, ("--rights",))
        done = self._asked(call).document
        events, records = done["events"], sum(done["records"].values())
        return self._step("erased", call, self._say("erased.answer", events=events, records=records),
                          events=events, records=records)  # fmt: skip

    def _gone(self, decision: str) -> StoryStep:
        """The service says that there is nothing; whoever holds the home, that it was erased."""
        call = DevCall("GET", f"/v1/decisions/{decision}", self.cast.mother)
        status = self._asked(call, 404).status
        try:
            replaying.find(self.caller.home, decision)
            outcome = "kept"
        except replaying.ErasedError:
            outcome = "erased"
        self._hold(outcome == "erased", "the decision is still on record")
        command = f"proffer replay {decision} --home {self.caller.home.path}"
        answer = self._say("gone.answer", command=command, outcome=outcome)
        return self._step("gone", call, answer, status=status, outcome=outcome)


def _title(offer: Mapping[str, Any]) -> dict[str, str]:
    return dict(offer["title"])
