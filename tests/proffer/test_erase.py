"""`proffer erase`: no byte of the person is left in the home, and no restored or repeated file brings one back."""

from __future__ import annotations

import json
import shutil
import stat
import threading
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from composition import demonstration
from composition.demo_people import DemoPeople
from composition.engines import EngineSettings, build_engine
from composition.erasures import Erasures
from composition.sources import folder_to_learn_from
from composition.workspace import Workspace
from features.log.event import Event
from features.problem import Rejected
from proffer.cli import main
from serving.records.decision import Recorder
from serving.records.decision_log import DecisionLog
from serving.records.request_book import RequestBook

DAY = date(2026, 10, 31)
FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440"}
SECRET = "secretname"
TIMES = {"time": "2026-09-23T00:00:00+09:00", "recordedtime": "2026-09-23T00:00:01+09:00"}
SENT = [
    {"id": "1", "source": "registry", "subject": SECRET, "type": "fact.stated", "data": FACTS, **TIMES},
    {"id": "2", "source": "registry", "subject": "mother", "type": "fact.stated", "data": FACTS, **TIMES},
    {"id": "3", "source": "registry", "subject": "mother", "type": "life.child_born",
     "data": {"about": [{"person": SECRET, "role": "child"}]}, **TIMES},
]  # fmt: skip


@pytest.fixture(scope="module")
def recorder():
    return Recorder(build_engine(EngineSettings()))


def decided(recorder, events, name):
    return recorder.decide(recorder.engine.from_events(events, name, ["citizen"], DAY), DAY, 3, name)


@pytest.fixture
def home(tmp_path, recorder, capsys):
    """A home with a log of two people and a decision about each; and the file that was ingested."""
    path, file = tmp_path / "home", tmp_path / "sent.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in SENT))
    assert main(["ingest", str(file), "--home", str(path)]) == 0
    with Workspace(path).store() as store:
        lives = {name: list(store.log.events([name])) for name in (SECRET, "mother")}
    with Workspace(path).store_to_write() as store:
        for name, events in lives.items():
            DecisionLog(store.connection).write(decided(recorder, events, name), 7)
    capsys.readouterr()
    return path


def erase(home, name=SECRET):
    return main(["erase", name, "--home", str(home)])


def traces(home):
    """The files of a home in which the name stands, whatever wrote them."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert home / "events.db" in files
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def decisions(home, name):
    with Workspace(home).store() as store:
        return DecisionLog(store.connection).ids_of(name)


def test_no_byte_of_an_erased_person_is_left_in_the_home(home, capsys):
    body = (home / "events.db").read_bytes()
    assert traces(home) == ["events.db"]
    assert erase(home) == 0
    assert "rows deleted from decisions: 1" in capsys.readouterr().out
    assert traces(home) == []
    assert len((home / "events.db").read_bytes()) == len(body)
    assert len(decisions(home, "mother")) == 1


def test_the_compressed_decision_and_its_salt_are_overwritten_too(home):
    (mine,) = decisions(home, SECRET)
    with Workspace(home).store() as store:
        row = store.connection.exec_driver_sql("SELECT body, salt FROM decisions WHERE id = ?", (mine,)).one()
    whole = (home / "events.db").read_bytes()
    assert row.salt in whole
    assert row.body[:40] in whole
    erase(home)
    left = (home / "events.db").read_bytes()
    assert [part for part in (row.salt, row.body[:40], row.body[-40:], mine.encode()) if part in left] == []


def test_the_family_of_others_keeps_its_shape_under_a_name_that_nothing_connects(home):
    erase(home)
    with Workspace(home).store() as store:
        (born,) = [one for one in store.log.events(["mother"]) if one.type == "life.child_born"]
    ((alias, role),) = born.about
    assert role == "child"
    assert alias.startswith("erased:")
    assert len(alias) == len("erased:") + 32


def test_what_is_ingested_again_brings_nobody_back(home, tmp_path, capsys):
    erase(home)
    (tmp_path / "more.ndjson").write_text(
        "".join(json.dumps({**one, "id": f"again-{one['id']}"}) + "\n" for one in SENT)
    )
    for file in ("sent.ndjson", "more.ndjson"):
        assert main(["ingest", str(tmp_path / file), "--home", str(home)]) == 1
        assert "somebody whose events were erased" in capsys.readouterr().err
    assert traces(home) == []


def test_a_database_restored_from_yesterday_is_erased_before_it_is_read(home, tmp_path):
    shutil.copy(home / "events.db", tmp_path / "yesterday.db")
    erase(home)
    shutil.copy(tmp_path / "yesterday.db", home / "events.db")
    assert traces(home) == ["events.db"]
    with Workspace(home).log() as log:
        assert not [name for name in log.people() if name == SECRET]
    assert traces(home) == []
    assert decisions(home, SECRET) == ()


def test_a_home_that_lost_its_list_learns_it_from_the_database(home):
    erase(home)
    listed = (home / "erased").read_text()
    assert len(listed.split()) == 2  # the person, and the decision about them
    (home / "erased").unlink()
    with Workspace(home).log():
        pass
    assert (home / "erased").read_text() == listed


def test_a_backup_that_a_migration_made_is_erased_too(home):
    shutil.copy(home / "events.db", home / "events.db.schema-0002")
    erase(home)
    assert traces(home) == []


def test_replay_answers_erased_of_what_was_about_the_person_and_makes_the_rest_again(home, capsys):
    (mine,), (others,) = decisions(home, SECRET), decisions(home, "mother")
    erase(home)
    capsys.readouterr()
    assert main(["replay", mine, "--home", str(home)]) == 1
    assert "erased, with everything about its person" in capsys.readouterr().out
    assert main(["replay", mine, "--home", str(home), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "erased"
    assert main(["replay", others, "--home", str(home)]) == 0


def test_the_key_is_its_owners_and_without_it_nothing_is_written(home, tmp_path, capsys):
    erase(home)
    key = home / "keys" / "erasure.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.unlink()
    assert main(["ingest", str(tmp_path / "sent.ndjson"), "--home", str(home)]) == 2
    assert "Restore keys/erasure.key" in capsys.readouterr().err


def test_the_key_of_the_environment_goes_before_and_one_that_is_none_is_refused(home, capsys, monkeypatch):
    monkeypatch.setenv("PROFFER_ERASURE_KEY", "ab" * 32)
    assert erase(home) == 0
    assert not (home / "keys" / "erasure.key").exists()
    monkeypatch.setenv("PROFFER_ERASURE_KEY", "short")
    assert erase(home, "mother") == 2
    assert "PROFFER_ERASURE_KEY: is no key of erasures" in capsys.readouterr().err


def test_somebody_unknown_is_refused_and_no_tombstone_is_left(home, capsys):
    assert erase(home, "nobody") == 2
    assert "nothing is known here under this id" in capsys.readouterr().err
    assert not (home / "erased").exists()


def test_a_crash_after_the_tombstone_erases_at_the_next_opening(home, monkeypatch):
    from serving.records import erasure

    def stopped(*_):
        raise OSError("the machine stopped")

    monkeypatch.setattr(erasure, "erase", stopped)
    with pytest.raises(OSError, match="stopped"):
        Workspace(home).erase(SECRET)
    monkeypatch.undo()
    assert traces(home) == ["events.db"]
    assert not Workspace(home).knows(SECRET)
    assert traces(home) == []


def test_a_process_that_opens_the_log_meanwhile_does_not_erase_uncounted(home, monkeypatch):
    keep, others = Erasures.keep, []

    def kept(self, digests):
        keep(self, digests)
        if not others:  # as another process that works off the log: it sees the list, and may have its turn now
            others.append(threading.Thread(target=Workspace(home).knows, args=["mother"]))
            others[0].start()
            others[0].join(1)

    monkeypatch.setattr(Erasures, "keep", kept)
    done = Workspace(home).erase(SECRET)
    others[0].join()
    assert (done.events, done.records["decisions"]) == (2, 1)


KIN = {"household": {"complete": True, "members": [{"id": SECRET, "relation": "child", "birth_date": "2020-05-01"}]}}


@pytest.fixture
def stated(tmp_path, capsys):
    """A home in which somebody stated another as a member of their household, and nothing more is known of that one."""
    path, file = tmp_path / "stated", tmp_path / "kin.ndjson"
    one = {"id": "k", "source": "registry", "subject": "mother", "type": "fact.stated", "data": KIN, **TIMES}
    file.write_text(json.dumps(one) + "\n")
    assert main(["ingest", str(file), "--home", str(path)]) == 0
    capsys.readouterr()
    return path


def test_somebody_known_only_as_a_stated_member_is_erased(stated, capsys):
    assert traces(stated) == ["events.db"]
    assert erase(stated) == 0
    assert "in place of this one: 1" in capsys.readouterr().out
    assert traces(stated) == []
    assert erase(stated) == 2


@pytest.mark.parametrize("other", [SECRET.upper(), SECRET[:-1], "%", "_" * len(SECRET)])
def test_a_stated_member_is_known_by_exactly_their_id(stated, capsys, other):
    assert erase(stated, other) == 2
    assert "nothing is known here under this id" in capsys.readouterr().err
    assert traces(stated) == ["events.db"]


def test_a_database_from_before_she_came_that_states_her_name_is_erased_before_it_is_read(stated, tmp_path):
    shutil.copy(stated / "events.db", tmp_path / "yesterday.db")
    (tmp_path / "more.ndjson").write_text(json.dumps(SENT[0]) + "\n")
    assert main(["ingest", str(tmp_path / "more.ndjson"), "--home", str(stated)]) == 0
    assert erase(stated) == 0
    shutil.copy(tmp_path / "yesterday.db", stated / "events.db")
    assert traces(stated) == ["events.db"]
    with Workspace(stated).log() as log:
        assert SECRET not in log.named()
    assert traces(stated) == []


def test_somebody_known_only_from_what_another_claims_is_erased_also_in_a_restored_database(home, tmp_path):
    name = "onlyclaimed"
    body = json.loads(json.dumps({"facts": KIN}).replace(SECRET, name))
    with Workspace(home).store_to_write() as store:
        RequestBook(store.connection).add("1", "mother", "claim", body, 7)
    shutil.copy(home / "events.db", tmp_path / "yesterday.db")
    assert erase(home, name.upper()) == 2
    assert erase(home, name) == 0
    for _ in range(2):
        with Workspace(home).store() as store:
            (claim,) = RequestBook(store.connection).of("mother")
        assert claim.body["facts"]["household"]["members"][0]["id"].startswith("erased:")
        assert name.encode() not in (home / "events.db").read_bytes()
        shutil.copy(tmp_path / "yesterday.db", home / "events.db")


@pytest.fixture
def synthetic(tmp_path, capsys):
    """A home with the files of synthetic people, as `demo` leaves them, and a log of theirs."""
    path = tmp_path / "demo"
    file = path / "population" / "events.parquet"
    file.parent.mkdir(parents=True)
    path.chmod(0o700)
    rows = [{**one, "data": json.dumps(one["data"])} for one in SENT]
    rows.append({**rows[1], "id": "4", "data": json.dumps(KIN).replace(SECRET, "stated")})
    columns = ("id", "source", "subject", "type", "time", "recordedtime", "data")
    pq.write_table(pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows]), file)
    (file.parent / "stamp.json").write_text("{}")
    assert main(["ingest", str(file), "--home", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.mark.parametrize("name", [SECRET, "stated", "mother"])
def test_the_files_of_synthetic_people_go_when_one_of_them_is_erased(synthetic, name):
    (synthetic / "population" / "notes.txt").write_text(SECRET)
    assert erase(synthetic, name) == 0
    assert not (synthetic / "population").exists()
    assert folder_to_learn_from(Workspace(synthetic), None) is None  # the log of the home, then


def test_somebody_who_stands_in_files_of_synthetic_people_alone_is_erased_and_others_leave_them_alone(synthetic):
    assert erase(synthetic, "nobody") == 2
    assert (synthetic / "population").exists()
    (synthetic / "events.db").unlink()
    with Workspace(synthetic).log() as log:
        assert log.people() == ()
    assert erase(synthetic, SECRET) == 0
    assert not (synthetic / "population").exists()


def test_a_stop_after_the_tombstone_erases_the_synthetic_person_at_the_next_opening(synthetic, monkeypatch):
    def stopped(*_):
        raise OSError("the machine stopped")

    monkeypatch.setattr(DemoPeople, "erase", stopped)
    with pytest.raises(OSError, match="stopped"):
        Workspace(synthetic).erase(SECRET)
    monkeypatch.undo()
    assert (synthetic / "population").exists()
    with Workspace(synthetic).log() as log:
        assert SECRET not in log.people()
    assert not (synthetic / "population").exists()


def test_the_demo_does_not_bring_a_synthetic_person_back(synthetic, monkeypatch):
    kept = (synthetic / "population" / "events.parquet").read_bytes()
    assert erase(synthetic, SECRET) == 0

    def made_again(people, *_):
        people.mkdir()
        (people / "events.parquet").write_bytes(kept)
        (people / "stamp.json").write_text("{}")

    monkeypatch.setattr(demonstration, "_synthesise", made_again)
    with pytest.raises(Rejected, match="synthetic people again who were erased here"):
        demonstration.synthesise_people(Workspace(synthetic), 2, 1, len)
    assert not (synthetic / "population").exists()


@pytest.mark.slow
def test_on_a_server_no_row_is_left(postgresql, tmp_path, monkeypatch):
    monkeypatch.setenv("PROFFER_DATABASE_URL", postgresql)
    home = Workspace(tmp_path / "home")
    with home.store_to_write() as store:
        for table in ("events", "others", "actions", "decisions", "tombstones"):
            store.connection.exec_driver_sql(f"DELETE FROM {table}")
        store.log.append([Event("1", "s", SECRET, "life.moved", 0, 1, {"region": "11"})])
    assert home.erase(SECRET).events == 1
    with home.store() as store:
        for table in ("events", "others", "actions", "decisions"):
            assert store.connection.exec_driver_sql(f"SELECT * FROM {table}").all() == []
    with home.store_to_write() as store:
        again = store.log.append([Event("2", "s", SECRET, "life.moved", 0, 1, {"region": "11"})])
        assert again.accepted == 0
        store.connection.exec_driver_sql("DELETE FROM tombstones")
