"""A home with real people and a budget, in which a verb made a noised table twice."""

import contextlib
import io
import json

from proffer import cli
from tests.proffer.test_train_private import opened


def made_twice(verb, day, home, people, approvers):
    """Let a verb make its table before there is a budget, which is refused, and twice after; give what it said."""
    assert cli.main(["ingest", str(people / "events.parquet"), "--home", str(home)]) == 0
    words = [verb, "--make-table", "--epsilon", "1", "--basis", "law", "--home", str(home), "--as-of", day, "--json"]
    with contextlib.redirect_stdout(io.StringIO()) as refused:
        assert cli.main(words) == 2
    assert "holds no budget" in refused.getvalue()
    opened(home, approvers)
    said = []
    for _ in range(2):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert cli.main(words) == 0
        said.append(json.loads(out.getvalue()))
    return said
