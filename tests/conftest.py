"""How the properties are tried (the same examples on every run, more in `make soak`), and who may run a server."""

import fcntl
import os

import hypothesis
import numba  # noqa: F401  # loaded first, so that no verb under test makes this process read kernels as Python
import pytest

hypothesis.settings.register_profile("check", deadline=None, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))


@pytest.fixture
def only_server(tmp_path_factory):
    """Hold this to run a server: one at a time, however many processes share the tests."""
    shared = tmp_path_factory.getbasetemp().parent / "server.lock"
    with shared.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
