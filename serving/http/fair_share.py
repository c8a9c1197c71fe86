"""A fair share of the processor: bounded work, one queue for each party, served in turn, with a deadline."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from serving.http import metrics
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError

PARTY: Final[ContextVar[str]] = ContextVar("party", default="")
"""Who is being served; set once the token is verified."""
LEFT: Final[ContextVar[Callable[[], Awaitable[None]] | None]] = ContextVar("left", default=None)
"""Returns when the caller has closed the connection; set for each request."""
PATIENCE: Final = 10.0
"""The seconds for which a request waits for its turn."""
_AGAIN: Final = {"Retry-After": "1"}
T = TypeVar("T")


class CallerLeftError(Exception):
    """The caller closed the connection before its turn came: nothing is computed, and nobody is answered."""


class WorkerPool:
    """A bounded place for computing, so that the event loop, and with it `/healthz`, stays free.

    Requests that find every thread taken wait in the queue of their party, and the queues are served in turn. When all
    places are taken, the newest request of the longest queue gives way: who sends much waits for itself alone.
    """

    def __init__(self, at_work: int, waiting: int, name: str = "other", patience: float = PATIENCE) -> None:
        """Compute `at_work` jobs at once, and let so many wait at most `patience` seconds; metrics tell its `name`."""
        self._length = metrics.QUEUE.labels(name)
        self._at_work = at_work
        self._most = waiting
        self._patience = patience
        self._busy = 0
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        self._limiter: CapacityLimiter | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(map(len, self._queues.values()))

    async def run(self, job: Callable[[], T]) -> T:
        """Run a job in a worker thread when its turn comes.

        Raises:
            RefusedError: 503 with Retry-After: too many wait, or the turn did not come in time.
            CallerLeftError: the caller left while it waited.
        """
        if self._limiter is None:  # a limiter belongs to the loop it is first used in
            self._limiter = CapacityLimiter(self._at_work)
        if self._busy < self._at_work:
            self._busy += 1
        else:
            await self._turn(PARTY.get())
        try:
            return await to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._pass_on()

    async def _turn(self, party: str) -> None:
        """Wait for a thread, which is taken when this returns."""
        place = self._queued(party)
        left = LEFT.get()
        leaving = None if left is None else asyncio.ensure_future(left())
        self._length.inc()
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.wait(
                    [place] if leaving is None else [place, leaving], return_when=asyncio.FIRST_COMPLETED
                )
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            self._give_up(place, party)
            raise
        finally:
            self._length.dec()
            if leaving is not None:
                leaving.cancel()
        if place.done() and not place.cancelled():
            return
        evicted = place.cancelled()
        self._give_up(place, party)
        if leaving is not None and leaving.done() and not leaving.cancelled() and not evicted:
            raise CallerLeftError
        raise RefusedError(problems.BUSY, "Try again in a moment.", headers=_AGAIN)

    def _queued(self, party: str) -> asyncio.Future[None]:
        if self.waiting >= self._most:
            longest = max(self._queues, key=lambda one: len(self._queues[one]), default=party)
            if len(self._queues.get(longest, ())) <= len(self._queues.get(party, ())) + 1:
                raise RefusedError(problems.BUSY, "Try again in a moment.", headers=_AGAIN)
            self._queues[longest].pop().cancel()
        place = asyncio.get_running_loop().create_future()
        self._queues.setdefault(party, deque()).append(place)
        return place

    def _give_up(self, place: asyncio.Future[None], party: str) -> None:
        if place.done() and not place.cancelled():  # the thread was given at the same moment
            self._pass_on()
        elif place in self._queues.get(party, ()):
            self._queues[party].remove(place)
            if not self._queues[party]:
                del self._queues[party]

    def _pass_on(self) -> None:
        """Give a thread that is done to the party whose turn it is; it goes to the end of the line."""
        while self._queues:
            party = next(iter(self._queues))
            queue = self._queues.pop(party)
            place = queue.popleft()
            if queue:
                self._queues[party] = queue
            if not place.done():
                place.set_result(None)
                return
        self._busy -= 1
