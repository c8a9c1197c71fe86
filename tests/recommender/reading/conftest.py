import pytest

from composition import reading
from composition.target_groups import read_vocabulary


@pytest.fixture(scope="session")
def declaration():
    return reading.read_declaration()


@pytest.fixture(scope="session")
def vocabulary(declaration):
    return read_vocabulary(declaration)
