"""`proffer offers`: what happened is worked off and sent to a receiver here; a caseworker's list is written."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow.parquet
import pytest

from composition.offer_service import WEBHOOK_KEYS, WEBHOOK_URL
from composition.settings import SHIPPED
from composition.workspace import Workspace
from proffer.cli import main
from serving.proactive.offer_book import OfferBook
from serving.proactive.webhook_signature import Verifier
from tests.serving.proactive.receivers import receiving
from tests.serving.proactive.test_webhook import SECRET

NOTICE = "tailored-notice"


def life(who, channel, hours=1):
    """Somebody with a newborn child, who applied for the notice and chose a channel, as of so many hours ago."""
    at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
    happened = [
        ("fact.stated", {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "income_percent": 80}),
        ("consent.given", {"purpose": NOTICE}),
        ("consent.given", {"purpose": f"{NOTICE}:{channel}"}),
        ("life.child_born", {"about": [{"person": f"{who}-child", "role": "child"}]}),
    ]
    return [
        {"specversion": "1.0", "id": f"{who}-{i}", "source": "registry/births", "subject": who, "type": kind,
         "time": at, "recordedtime": at, "data": data}
        for i, (kind, data) in enumerate(happened)
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home in which it is never night: quiet hours of a country of one's own are none."""
    country = tmp_path / "country"
    country.mkdir()
    for part in SHIPPED.folder.iterdir():
        if part.name != "contact.yaml":
            (country / part.name).symlink_to(part)
    text = SHIPPED.contact.read_text(encoding="utf-8").replace('quiet: {from: "21:00", until: "08:00"}\n', "")
    (country / "contact.yaml").write_text(text, encoding="utf-8")
    rows = tmp_path / "events.ndjson"
    events = [*life("ann", "webhook"), *life("bob", "caseworker")]
    rows.write_text("".join(json.dumps(one) + "\n" for one in events))
    place = tmp_path / "home"
    assert main(["ingest", str(rows), "--home", str(place)]) == 0
    monkeypatch.delenv(WEBHOOK_URL, raising=False)
    return ["--home", str(place), "--country", str(country)]


def test_what_happened_is_sent_once_and_verifies_and_a_caseworker_has_a_list(home, capsys, monkeypatch):
    with receiving() as server:
        monkeypatch.setenv(WEBHOOK_URL, f"http://127.0.0.1:{server.server_port}/in")
        monkeypatch.setenv(WEBHOOK_KEYS, SECRET)
        capsys.readouterr()
        assert main(["offers", "--once", "--dev", "--json", *home]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["messages"], told["delivered"]) == (2, 1)
        assert main(["offers", "--once", "--dev", "--json", *home]) == 0
    assert len(server.got) == 1
    headers, body = server.got[0]
    assert Verifier.of([SECRET]).accepts(headers, body, int(headers["webhook-timestamp"]))
    assert json.loads(body)["citizen"] == "ann"
    capsys.readouterr()
    assert main(["offers", "--list", "caseworker", "--form", "csv", *home]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["citizen"] for row in rows} == {"bob"}
    assert len(rows) <= 3
    assert main(["offers", "--delivered", rows[0]["message"], *home]) == 0
    assert main(["offers", "--delivered", rows[0]["message"], *home]) == 2
    capsys.readouterr()
    assert main(["offers", "--status", "--json", *home]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["messages"] == {"caseworker": {"delivered": 1}, "webhook": {"delivered": 1}}
    assert status["waiting"]["events"] == 0


@pytest.mark.parametrize(("channel", "words"), [("letter", "준비할 서류"), ("caseworker", "연락할 분")])
def test_what_waits_is_printed_as_a_page_in_the_language_of_the_country(home, tmp_path, capsys, channel, words):
    rows = tmp_path / "more.ndjson"
    rows.write_text("".join(json.dumps(one) + "\n" for one in life("cid", "letter")))
    assert main(["ingest", str(rows), *home[:2]]) == 0
    assert main(["offers", "--once", "--dev", *home]) == 0
    out = tmp_path / "page.html"
    assert main(["offers", "--list", channel, "--form", "html", "--out", str(out), *home]) == 0
    text = out.read_text(encoding="utf-8")
    assert '<html lang="ko">' in text
    assert words in text
    capsys.readouterr()
    assert main(["offers", "--list", channel, *home]) == 0
    waiting = json.loads(capsys.readouterr().out)["messages"]
    assert waiting
    assert all(one["title"]["ko"] in text for message in waiting for one in message["offers"] if not one["sensitive"])
    assert main(["offers", "--list", channel, "--form", "html", "--language", "xx", *home]) == 2
    assert "xx" in capsys.readouterr().err


def test_a_programme_that_is_published_reaches_whom_a_sweep_finds_and_nobody_else(home, tmp_path, capsys):
    rows, before, swept = tmp_path / "more.ndjson", tmp_path / "before", tmp_path / "swept"
    childless = [one for one in life("dan", "caseworker", hours=72) if one["type"] != "life.child_born"]
    events = [*life("cid", "caseworker", hours=72), *childless]
    rows.write_text("".join(json.dumps(one) + "\n" for one in events))
    place = ["--home", str(tmp_path / "other")]
    assert main(["ingest", str(rows), *place]) == 0
    shutil.copytree(SHIPPED.catalogue, before)
    (before / "child-minding.yaml").unlink()
    offers = ["offers", "--json", *place, *home[2:]]
    assert main([*offers, "--once", "--catalogue", str(before)]) == 0
    capsys.readouterr()
    assert main([*offers, "--once"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == 0  # nothing happened to anybody
    today = datetime.now(ZoneInfo("Asia/Seoul")).date()
    since = ["--as-of", str(today), "--since", str(today - timedelta(days=1)), "--catalogue-before", str(before)]
    assert main(["sweep", *since, "--out", str(swept), *place, "--no-progress"]) == 0
    capsys.readouterr()
    assert main([*offers, "--swept", str(swept)]) == 0
    found = {row["person"] for row in pyarrow.parquet.read_table(swept / "shard-00000.parquet").to_pylist()}
    assert "cid" in found
    assert json.loads(capsys.readouterr().out) == {"people": len(found)}
    assert main([*offers, "--once"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == len(found)
    assert "kr.child-minding" in offered(tmp_path / "other", "cid")
    assert "kr.child-minding" not in offered(tmp_path / "other", "dan")
    assert main([*offers, "--swept", str(tmp_path)]) == 2
    assert "holds no sweep" in capsys.readouterr().err


def offered(home, citizen):
    with Workspace(home).store() as store:
        return {one.programme for one in OfferBook(store.connection).on_book(citizen).offers}


@pytest.mark.parametrize(
    ("url", "keys", "named"),
    [("http://hooks.example/", SECRET, WEBHOOK_URL), ("https://hooks.example/", "", WEBHOOK_KEYS)],
)
def test_a_wrong_address_or_key_is_refused_before_anything_is_done(home, monkeypatch, capsys, url, keys, named):
    monkeypatch.setenv(WEBHOOK_URL, url)
    monkeypatch.setenv(WEBHOOK_KEYS, keys)
    assert main(["offers", "--once", *home]) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("part", ["2", "0/2", "3/2", "1/100", "a/b"])
def test_what_is_no_part_is_bad_usage(part, home, capsys):
    assert main(["offers", "--once", "--part", part, *home]) == 2
    assert "write 1/2 and 2/2" in capsys.readouterr().err


def test_the_first_of_two_processes_works_off_what_happened(home, capsys):
    told = []
    for part in ("2/2", "1/2"):
        capsys.readouterr()
        assert main(["offers", "--once", "--json", "--part", part, *home]) == 0
        told.append(json.loads(capsys.readouterr().out)["messages"])
    assert told == [0, 2]
