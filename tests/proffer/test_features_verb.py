import datetime
import json

import pyarrow
import pyarrow.parquet
import pytest

from features.value import NONE
from proffer import cli

BORN = "2024-03-01"


def event(number, kind, day, data, subject="c1"):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "registry",
        "subject": subject,
        "type": kind,
        "time": f"{day}T03:00:00Z",
        "recordedtime": f"{day}T04:00:00Z",
        "data": data,
    }


@pytest.fixture
def compute(tmp_path, capsys):
    """Runs the verb on one person's events and the pairs given; returns exit code, document and table."""
    facts = {"birth_date": "1990-05-01", "sex": "female", "children": []}
    events = [event(1, "fact.stated", "2024-01-01", facts), event(2, "life.child_born", BORN, {})]
    (tmp_path / "e.ndjson").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")

    def run(pairs):
        at, out = pairs, tmp_path / "out.parquet"
        if isinstance(pairs, str):
            at = tmp_path / "pairs.csv"
            at.write_text(pairs, encoding="utf-8")
        code = cli.main(
            ["features", "--events", str(tmp_path / "e.ndjson"), "--at", str(at), "--out", str(out), "--json"]
        )
        return code, json.loads(capsys.readouterr().out), pyarrow.parquet.read_table(out)

    return run


def test_a_pair_gives_the_person_as_known_then(compute):
    code, document, table = compute("person,t\nc1,2024-02-01\nc1,2024-05-01\nc1,2024-03-01T03:30:00Z\n")
    assert (code, document["rows"]) == (0, 3)
    assert table["age"].to_pylist() == [33, 34, 33]
    assert table["sex"].to_pylist() == [1, 1, 1]
    assert table["children_count"].to_pylist() == [0, 1, 0]


def test_unknown_is_null_and_none_is_a_number_that_the_metadata_names(compute):
    _, document, table = compute("person,t\nc1,2024-02-01\n")
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert table["income_percent"].to_pylist() == [None]
    assert table["youngest_child_months"].to_pylist() == [NONE] == [int(metadata["none"])]
    assert metadata["features_hash"] == document["features_hash"]
    assert json.loads(metadata["columns"])["sex"]["values"] == ["male", "female"]


def test_a_day_means_its_end_in_the_declared_zone(compute):
    _, _, table = compute("person,t\nc1,2024-05-01\n")
    assert table["t"].to_pylist() == [datetime.datetime(2024, 5, 1, 15, tzinfo=datetime.UTC)]


def test_a_person_of_no_event_is_rejected_and_the_others_kept(compute):
    code, document, table = compute("person,t\nc1,2024-02-01\nc9,2024-02-01\n")
    assert code == 1
    assert document["rejected"] == [{"where": "pairs.csv, line 3", "reason": "no event of this person"}]
    assert table["person"].to_pylist() == ["c1"]


@pytest.mark.parametrize(
    "moments",
    [
        pyarrow.array([datetime.date(2024, 5, 1)], pyarrow.date32()),
        pyarrow.array(
            [datetime.datetime(2024, 5, 1, 15, tzinfo=datetime.UTC)], pyarrow.timestamp("us", tz="Asia/Seoul")
        ),
        pyarrow.array([datetime.datetime(2024, 5, 1, 15)], pyarrow.timestamp("s")),
        pyarrow.array(["2024-05-02T00:00:00+09:00"]),
        pyarrow.array(["2024-05-01"]),
    ],
    ids=lambda array: str(array.type),
)
def test_pairs_may_come_as_parquet_with_any_kind_of_time(compute, tmp_path, moments):
    pyarrow.parquet.write_table(pyarrow.table({"person": ["c1"], "t": moments}), tmp_path / "pairs.parquet")
    code, _, table = compute(tmp_path / "pairs.parquet")
    assert code == 0
    assert table["t"].to_pylist() == [datetime.datetime(2024, 5, 1, 15, tzinfo=datetime.UTC)]
