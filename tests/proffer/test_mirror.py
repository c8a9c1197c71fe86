"""`proffer promote --mirror` ends as failed where MLflow does not take it, and leaves its database as it is."""

from __future__ import annotations

import json

from proffer import cli


def test_a_mirror_that_mlflow_does_not_take_has_failed(tmp_path, capsys):
    database = tmp_path / "mlflow.db"
    database.write_bytes(b"no database" * 400)
    assert cli.main(["promote", "--mirror", "--home", str(tmp_path), "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["mlflow"]["problems"]
    assert "file is not a database" in problem["what"]
    assert database.read_bytes() == b"no database" * 400
