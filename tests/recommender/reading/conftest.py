import pytest

from composition import reading
from composition.target_groups import read_vocabulary
from features.calendar import day_of
from features.snapshot import from_facts
from features.value import UNKNOWN
from recommender.reading.criteria import CriteriaReader
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from tests.benchmarks.test_reading_bench import READING


@pytest.fixture(scope="session")
def declaration():
    return reading.read_declaration()


@pytest.fixture(scope="session")
def vocabulary(declaration):
    return read_vocabulary(declaration)


@pytest.fixture(scope="module")
def answer(declaration, vocabulary):
    """Answer a text for one of the four people who are described in full; keyword arguments change their facts."""
    oracle = Oracle(declaration, Regions(), day_of(READING.AS_OF))

    def told(text, name, fees=False, **changed):
        person = READING.PEOPLE[name]
        facts = {
            fact: fact in person.true
            for fact, declared in declaration.facts.items()
            if declared.type == "boolean" and declared.derived is None and fact not in person.unsaid
        }
        facts |= {**person.facts, "resident_since": "2016-11-01"} | changed
        snapshot = from_facts(declaration, facts, declaration.zone.end_of_day(READING.AS_OF))
        values = dict(zip(snapshot.columns, map(int, snapshot.values[0]), strict=True))
        read = CriteriaReader(vocabulary, ("동작구", "동작"), fees).read("지원대상", text)
        return oracle.clause(read.clause, lambda column: values.get(column, UNKNOWN))

    return told
