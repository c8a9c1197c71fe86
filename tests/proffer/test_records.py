"""`proffer records`: a day is sealed once, its root stands in the ledger, and what does not hold is found."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from composition import record_keeping
from composition.ledger_files import open_ledger
from composition.settings import SHIPPED, CountryFolder
from composition.workspace import Workspace
from features.calendar import parse_duration
from features.problem import Rejected
from proffer.cli import main
from serving.records.decision_log import DecisionLog
from serving.records.service_tables import SEALS
from tests.serving.records.test_decision_log import decision

DAY = "2026-10-31"
MADE = 1_793_400_000  # on that day in Seoul


@pytest.fixture
def home(tmp_path):
    kept = Workspace(tmp_path / "home")
    with kept.store_to_write() as store:
        for total in range(3):
            DecisionLog(store.connection).write(decision(total=total), MADE + total)
    return kept


@pytest.fixture
def ledger(home, capsys):
    """The ledger of the home, which has one synthetic population."""
    keys = []
    for name in ("a", "b"):
        assert main(["privacy", "key", "--name", name, "--out", str(home.path / name), "--home", str(home.path)]) == 0
        keys += ["--approver", str(home.path / f"{name}.pub")]
    words = ["privacy", "init", "--population", "synthetic-t", "--epsilon", "1", "--delta", "1e-6", *keys]
    assert main([*words, "--home", str(home.path)]) == 0
    capsys.readouterr()
    return home


def records(home, *words):
    return main(["records", *words, "--home", str(home.path)])


def test_without_a_ledger_the_root_is_told_to_be_kept_elsewhere(home, capsys):
    assert records(home, "seal", "--as-of", DAY) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{DAY}: what was decided stands under ")
    assert "keep this root where nobody can change it" in said
    assert records(home, "verify") == 0
    assert capsys.readouterr().out == "1 days were sealed\nVerified\n"


def test_the_root_of_a_day_stands_in_the_ledger_once(ledger, capsys):
    before = len(open_ledger(ledger.path).exported().entries)
    assert records(ledger, "seal", "--as-of", DAY, "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert done["in_ledger"] == 1
    assert records(ledger, "seal", "--as-of", DAY, "--json") == 0
    assert json.loads(capsys.readouterr().out)["in_ledger"] == 0
    lines = open_ledger(ledger.path).exported().entries
    assert len(lines) == before + 1
    entry = json.loads(lines[-1])
    assert (entry["kind"], entry["population"]) == ("records", "*")
    assert entry["body"] == {"day": DAY, "root": done["root"], "software": entry["body"]["software"]}
    assert "decisions" not in done
    assert records(ledger, "verify") == 0
    bundle, own = str(ledger.path / "b.bundle"), ["--home", str(ledger.path)]
    assert main(["privacy", "export", "--out", bundle, *own]) == 0
    assert main(["privacy", "verify", bundle, "--key", str(ledger.ledger / "ledger.pub"), *own]) == 0


def test_a_database_that_states_another_root_than_the_ledger_or_none_is_found(ledger, capsys):
    records(ledger, "seal", "--as-of", DAY)
    with ledger.store_to_write() as store:
        kept = store.connection.execute(sa.select(SEALS)).one()
        store.connection.execute(sa.delete(SEALS))
    assert records(ledger, "verify") == 1
    assert "of the ledger and not here" in capsys.readouterr().out
    with ledger.store_to_write() as store:
        store.connection.execute(sa.insert(SEALS), [{**kept._mapping, "root": "0" * 64}])
    assert records(ledger, "verify") == 1
    assert "another root than the ledger states" in capsys.readouterr().out


def test_a_root_whose_entry_a_crash_kept_from_the_database_is_not_stated_again(ledger):
    records(ledger, "seal", "--as-of", DAY)
    before = len(open_ledger(ledger.path).exported().entries)
    with ledger.store_to_write() as store:
        store.connection.execute(sa.update(SEALS).values(entry=None))
    assert records(ledger, "verify") == 0
    assert records(ledger, "seal", "--as-of", "2026-11-01") == 0
    assert len(open_ledger(ledger.path).exported().entries) == before + 1
    assert records(ledger, "verify") == 0


def test_a_seal_that_names_another_entry_than_its_own_is_found(ledger, capsys):
    for day in (DAY, "2026-11-01"):
        records(ledger, "seal", "--as-of", day)
    with ledger.store_to_write() as store:
        store.connection.execute(sa.update(SEALS).where(SEALS.c.day == DAY).values(entry=0))
    assert records(ledger, "verify") == 1
    assert "another root than the ledger states" in capsys.readouterr().out


def test_a_day_that_is_not_over_is_refused(home, capsys):
    assert records(home, "seal", "--as-of", "2099-01-01") == 2
    assert "is not over" in capsys.readouterr().err


def test_what_is_older_than_the_retention_is_deleted(home, capsys):
    assert records(home, "purge", "--as-of", "2031-10-30") == 0
    assert "deleted that were made over P60M before 2031-10-30: 0" in capsys.readouterr().out
    assert records(home, "purge", "--as-of", "2031-11-01", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": 3, "keep": "P60M", "as_of": "2031-11-01"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("keep: {decisions: P1M}", "is too short"), ("keep: {decisions: long}", "decisions"), ("keep: {x: P5Y}", "x")],
)
def test_a_retention_that_is_too_short_or_wrong_is_refused(tmp_path, text, said):
    (tmp_path / "records.yaml").write_text(text)
    with pytest.raises(Rejected, match=said):
        record_keeping.read_retention(CountryFolder(tmp_path))


def test_korea_keeps_decisions_for_five_years_and_so_does_who_says_nothing(tmp_path):
    usual = parse_duration("P5Y")
    assert record_keeping.read_retention(SHIPPED) == record_keeping.read_retention(CountryFolder(tmp_path)) == usual


def test_a_home_without_a_log_has_nothing_on_record(tmp_path, capsys):
    for words in (["seal", "--as-of", DAY], ["verify"], ["purge"]):
        assert main(["records", *words, "--home", str(tmp_path / "none")]) == 2
        assert "holds no event log" in capsys.readouterr().err
