"""Shards are done by every engine alike, also where a worker or an executor is lost, and what cannot be is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from composition.shards import in_processes, map_here, on_spark
from features.problem import Rejected
from tests.spark import SPARK

RUN_BY_SPARK = [
    SPARK,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of pyspark, about versions of pandas and sockets of its own
]


class Named:
    def __init__(self, name):
        self.name = name

    def __call__(self, shard):
        return {"shard": shard, "name": self.name, "sum": shard.to_bytes(4, "little")}


class Fails:
    """Says of each shard what it is, but the first time it is asked for shard 2 it ends what does it."""

    def __init__(self, marker, whom=os.getpid):
        self.marker, self.whom = marker, whom

    def __call__(self, shard):
        if shard == 2 and not self.marker.exists():
            self.marker.touch()
            os.kill(self.whom(), signal.SIGKILL)
        return {"shard": shard}


LOADED: list[str] = []


class SaysWhatIsLoaded:
    def __call__(self, shard):
        return {"shard": shard, "loaded": [*LOADED]}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not fork")
@pytest.mark.parametrize("shared", [True, False])
def test_what_is_loaded_before_the_first_shard_is_shared_by_processes_that_are_to_share(monkeypatch, shared):
    monkeypatch.setattr(sys.modules[__name__], "LOADED", ["the rules"])
    with in_processes(2, shared) as mapped:
        told = list(mapped(SaysWhatIsLoaded(), range(4)))
    assert [one["loaded"] for one in told] == [["the rules"] if shared else []] * 4


class Refuses:
    def __call__(self, shard):
        raise ValueError(f"shard {shard} is none")


def executor_of_worker():
    """The process of the executor: a worker is the child of a daemon, which is the child of the executor."""
    daemon = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(daemon[1])


ENGINES = [
    pytest.param(lambda: nullcontext(map_here), id="here"),
    pytest.param(lambda: in_processes(1), id="one process"),
    pytest.param(lambda: in_processes(3), id="three processes"),
    pytest.param(lambda: on_spark("local[2]"), id="spark", marks=RUN_BY_SPARK),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_shard_is_done_once_whatever_maps_them(engine):
    with engine() as mapped:
        for count in (5, 70, 0):
            told = sorted(mapped(Named("x"), range(count)), key=lambda one: one["shard"])
            assert told == [Named("x")(shard) for shard in range(count)]


def with_marks(*values):
    return [pytest.param(*value, marks=RUN_BY_SPARK) for value in values]


@pytest.fixture
def by_value():
    """What is here is sent whole: an executor of a cluster runs in a folder of its own, and can import no test."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.mark.usefixtures("by_value")
@pytest.mark.parametrize(
    ("master", "whom"), with_marks(("local[2,4]", os.getpid), ("local-cluster[2,1,1024]", executor_of_worker))
)
def test_a_shard_whose_worker_or_executor_is_lost_is_done_by_another(tmp_path, master, whom):
    with on_spark(master) as mapped:
        told = list(mapped(Fails(tmp_path / "lost", whom), range(4)))
    assert sorted(one["shard"] for one in told) == [0, 1, 2, 3]
    assert (tmp_path / "lost").exists()


@pytest.mark.parametrize("master", [*with_marks(("local[2]",))])
def test_a_shard_that_fails_on_every_try_is_told_in_a_sentence(master):
    with on_spark(master) as mapped, pytest.raises(Rejected, match="gave a shard up"):
        list(mapped(Refuses(), range(3)))


@pytest.mark.parametrize("master", [*with_marks(("nonsense://here",))])
def test_a_master_that_is_none_is_told_in_a_sentence(master):
    with pytest.raises(Rejected, match="does not start"), on_spark(master):
        pass


_TELLS = """
import os, sys, time
from composition.shards import in_processes

class Tells:
    def __call__(self, shard):
        os.write(1, str(os.getpid()).encode() + os.linesep.encode())
        time.sleep(600)
        return dict(shard=shard)

if __name__ == "__main__":
    with in_processes(2, {shared}) as mapped:
        list(mapped(Tells(), range(4)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not fork")
@pytest.mark.parametrize("shared", [True, False])
def test_processes_end_when_the_one_that_gives_them_shards_is_killed(tmp_path, shared):
    script = tmp_path / "tells.py"
    script.write_text(_TELLS.format(shared=shared))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as run:
        workers = [int(run.stdout.readline()) for _ in range(2)]
        run.kill()
    deadline = time.monotonic() + 120
    while any(_runs(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [worker for worker in workers if _runs(worker)]
    for worker in left:
        os.kill(worker, signal.SIGKILL)
    assert not left


def _runs(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
