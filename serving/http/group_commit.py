"""Group commit: one writer puts all requests that wait into one transaction, and answers each once that is durable."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from features.log.event import Event
from features.log.event_log import Outcome
from serving.http import metrics
from serving.http.problem_documents import BUSY, RefusedError

MOST_TOGETHER: Final = 10_000
"""Events of one transaction; a request has at most a tenth of these."""
MOST_WAITING: Final = 50_000
"""Events that may wait; a caller beyond them is told to come back."""

Commit = Callable[[Sequence[Event]], Sequence[Outcome]]
"""Writes events in one transaction; returns what became of each once it is durable, and raises where nothing was."""


@dataclass
class _Waiting:
    events: Sequence[Event]
    since: float
    done: Future[Sequence[Outcome]] = field(default_factory=Future)


class GroupCommit:
    """Collects what several threads want to write.

    While one transaction is being made durable the next requests collect; so a burst is written in few large commits,
    and a single request waits for nobody. The thread that writes begins with the first request, in this process, and
    ends when nothing has come for a while.
    """

    def __init__(self, commit: Commit, timer: Callable[[], float] = time.monotonic, idle: float = 5.0) -> None:
        """Write by `commit`; a thread that has had nothing to do for `idle` seconds ends."""
        self._commit, self._timer, self._idle = commit, timer, idle
        self._queue: deque[_Waiting] = deque()
        self._events = 0
        self._changed = threading.Condition()
        self._writing = False

    def put(self, events: Sequence[Event]) -> Future[Sequence[Outcome]]:
        """Hand over the events of one request; the future has what became of each, or why none was written.

        Raises:
            RefusedError: 503, too many events wait.
        """
        one = _Waiting(events, self._timer())
        if not events:
            one.done.set_result([])
            return one.done
        with self._changed:
            if self._events + len(events) > MOST_WAITING:
                raise RefusedError(BUSY, "Too many events wait to be written.", headers={"Retry-After": "1"})
            self._queue.append(one)
            self._events += len(events)
            metrics.EVENTS_WAITING.inc(len(events))
            if self._writing:
                self._changed.notify()
            else:
                self._writing = True
                threading.Thread(target=self._write, name="group-commit", daemon=True).start()
        return one.done

    def _write(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._changed.wait_for(lambda: bool(self._queue), self._idle):
                    self._writing = False
                    return
                together = self._taken()
            self._settle(together)
            with self._changed:
                written = sum(len(one.events) for one in together)
                self._events -= written
                metrics.EVENTS_WAITING.dec(written)

    def _taken(self) -> list[_Waiting]:
        found, count = [self._queue.popleft()], 0
        while self._queue and (count := count + len(found[-1].events)) + len(self._queue[0].events) <= MOST_TOGETHER:
            found.append(self._queue.popleft())
        return found

    def _settle(self, together: Sequence[_Waiting]) -> None:
        """Write some requests in one transaction; where that fails for a reason of theirs, each in its own."""
        begun = self._timer()
        try:
            outcomes = iter(self._commit([event for one in together for event in one.events]))
        except RefusedError as refusal:
            for one in together:
                one.done.set_exception(refusal)
        except Exception as failure:  # noqa: BLE001 - one request that cannot be written must not stop the others
            if len(together) == 1:
                together[0].done.set_exception(failure)
            else:
                for one in together:
                    self._settle([one])
        else:
            for one in together:
                one.done.set_result([next(outcomes) for _ in one.events])
            metrics.EVENT_LAG.set(self._timer() - together[0].since)
            metrics.COMMIT_SECONDS.observe(self._timer() - begun)
            metrics.COMMIT_EVENTS.observe(sum(len(one.events) for one in together))
