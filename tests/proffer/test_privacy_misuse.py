"""`proffer privacy` as a careless or hostile operator meets it: a refusal that says where, and never a traceback."""

import http.server
import json
import os
import threading
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from composition.witness_http import server
from privacy.ledger.note import Signer
from privacy.ledger.witness import Witness
from proffer.cli import main

FOREIGN = os.fsdecode(b"x\xff")
"""An argument that is not UTF-8, as Python reads it."""
POPULATION = "--population synthetic-x"
RESERVE = f"reserve {POPULATION} --spend q"


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """A ledger of synthetic people, whose budget nobody need sign for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROFFER_HOME", "home")
    assert privacy(f"init {POPULATION} --epsilon 4 --delta 1e-6") == 0
    assert privacy(f"reserve {POPULATION} --spend run-1 --epsilon 1") == 0
    Path("people").write_text("c1\n", encoding="utf-8")
    capsys.readouterr()
    return tmp_path


def privacy(words: str, *more: str) -> int:
    return main(["privacy", *words.split(), *more])


def refused(capsys, words: str, *more: str) -> str:
    """What a refusal says, and that nothing was written into the ledger."""
    before = {path: path.read_bytes() for path in Path("home").rglob("*") if path.is_file() and not path.is_fifo()}
    capsys.readouterr()
    assert privacy(words, *more) == 2
    assert before == {path: path.read_bytes() for path in before}
    return capsys.readouterr().err


# --- what is given ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "words",
    [
        "export --out",
        "status --population",
        "verify bundle --key",
        "cosign --witness",
        "serve --host",
        "commit --spend",
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_argument_that_is_not_utf_8_is_named(capsys, words, form):
    assert "x\\xff: is an argument that is not UTF-8" in refused(capsys, words, FOREIGN, *form)


@pytest.mark.usefixtures("here")
def test_a_home_whose_name_is_not_utf_8_is_told_as_json(capsys, monkeypatch):
    monkeypatch.setenv("PROFFER_HOME", FOREIGN)
    assert privacy(f"init {POPULATION} --epsilon 4 --delta 1e-6 --json") == 0
    assert "x?" in json.loads(capsys.readouterr().out)["key"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("out", ["", ".", "/"])
def test_a_report_that_has_no_file_name_is_not_begun(capsys, out):
    assert "--out: " in refused(capsys, "report --out", out)


@pytest.mark.usefixtures("here")
def test_a_name_with_a_slash_leads_to_no_other_folder(capsys):
    Path("draft").write_text("{}", encoding="utf-8")
    for name in ("office/alice", "../../x"):
        stem = name.replace("/", "-")
        assert main(["privacy", "key", "--name", name, "--out", stem]) == 0
        words = f"witness --folder w-{stem} --log home/ledger/ledger.pub --json --name"
        capsys.readouterr()
        assert privacy(words, name) == 0
        assert Path(json.loads(capsys.readouterr().out)["file"]) == Path(f"w-{stem}") / f"{stem}.vkey"
        assert privacy("init --population kr --epsilon 1 --delta 1e-6 --draft open --approver office-alice.pub "
                       "--approver ..-..-x.pub") == (2 if name == "office/alice" else 0)  # fmt: skip
    assert privacy("approve open --key office-alice.key") == 0
    assert Path("open.office-alice.sig").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("units", ["-1", "1" + "0" * 400, str(2**53)])
@pytest.mark.parametrize(
    "words", [f"{RESERVE} --epsilon 0.1", "init --population synthetic-y --epsilon 1 --delta 1e-6"]
)
def test_a_number_of_units_that_is_none_is_named(capsys, words, units):
    assert "--units: " in refused(capsys, words, f"--units={units}")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("given", ["", "  ", "0x10", "1,5", ".", "1_0", "\u0663", " 1", "nan", "-inf"])
@pytest.mark.parametrize("option", ["--sigma", "--rate"])
def test_noise_and_rate_are_plain_numbers(capsys, option, given):
    words = {"--sigma": "5", "--rate": "0.1"} | {option: given}
    told = refused(
        capsys, f"reserve {POPULATION} --spend q --steps 2", *(f"{one}={text}" for one, text in words.items())
    )
    assert told.startswith(f"{option}: ")


@pytest.mark.usefixtures("here")
def test_an_empty_delta_is_no_delta_and_is_not_left_out(capsys):
    assert "delta: '' is not a number" in refused(capsys, f"{RESERVE} --epsilon 0.1 --delta=")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("blank", ["", "  ", "\t"])
@pytest.mark.parametrize("option", ["--purpose", "--requester", "--reason"])
def test_who_asks_and_why_is_not_left_blank(capsys, option, blank):
    assert f"{option}: is empty" in refused(capsys, f"{RESERVE} --epsilon 0.1", f"{option}={blank}")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("blank", ["", "  ", "a\nb", "a\x1b[2J", "x" * 401])
def test_an_entry_of_the_registry_holds_no_blanks_and_nothing_that_no_screen_shows(capsys, blank):
    words = f"registry {POPULATION} --author a --region r --out entry"
    assert "--curator: is blank" in refused(capsys, words, f"--curator={blank}")
    assert not Path("entry").exists()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("day", ["9999-12-31T23:59-23:59", "0001-01-01T00:00+23:59", "2026-11-01T00:00+25:00"])
def test_a_time_that_no_calendar_has_is_named(capsys, day):
    assert privacy("export --out bundle") == 0
    assert "--not-before: " in refused(capsys, "verify bundle --key home/ledger/ledger.pub", f"--not-before={day}")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("content", ["", "\n\n", "  \n\t\n"])
def test_a_file_that_names_nobody_is_not_a_reservation_without_people(capsys, content):
    Path("nobody").write_text(content, encoding="utf-8")
    told = refused(capsys, f"{RESERVE} --epsilon 0.1 --people nobody")
    assert "nobody: names nobody" in told


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "subjects",
    [
        pyarrow.array([{"a": 1}]),
        pyarrow.array([[1]]),
        pyarrow.array([b"\xff"]),
        pyarrow.array(["c1", None]),
        pyarrow.array([], pyarrow.string()),
    ],
    ids=["object", "list", "no text", "nobody's", "none"],
)
def test_rows_without_a_subject_each_are_not_called_public(capsys, subjects):
    Path("rows").mkdir()
    pyarrow.parquet.write_table(pyarrow.table({"subject": subjects}), "rows/events.parquet")
    told = refused(capsys, f"public {POPULATION} --reason because --draft change --data rows")
    assert "rows/events.parquet: is no Parquet file of events" in told


# --- the files of the home -------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir(mode=0o700)


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)


def deep(path: Path) -> None:
    path.write_bytes(b"[" * 200_000)
    path.chmod(0o600)


def foreign(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)


def mistyped(path: Path) -> None:
    path.write_bytes(b'{"format":"proffer-signed-1","origin":"a","root":"","size":"4"}\n')
    path.chmod(0o600)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("fault", [cut, folder, pipe, deep, foreign, mistyped])
@pytest.mark.parametrize("name", ["ledger.sqlite", "signer.json", "ledger.key", "ledger.pub", "people.key"])
def test_a_file_of_the_home_that_was_damaged_is_named(capsys, name, fault):
    path = Path("home/ledger") / name
    fault(path)
    capsys.readouterr()
    assert privacy(f"{RESERVE} --epsilon 0.1 {'--people people' if name == 'people.key' else ''}") == 2
    told = capsys.readouterr().err
    assert told.startswith((f"{path}: ", "ledger: ") if name == "ledger.sqlite" else f"{path}: ")
    assert "disk" not in told.replace("disk image", "")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("secret", [b"", b" ", b"\n", bytes(31), bytes(33)])
def test_people_are_hashed_under_no_empty_and_no_short_secret(capsys, secret):
    """Under a secret that can be guessed, whoever holds an export could work out whether somebody was used."""
    path = Path("home/ledger/people.key")
    path.write_bytes(secret)
    assert f"{path}: has {len(secret)} bytes of 32" in refused(capsys, f"{RESERVE} --epsilon 0.1 --people people")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("fault", [cut, folder, pipe, deep, foreign])
@pytest.mark.parametrize("words", ["status", f"{RESERVE} --epsilon 0.1", "rotate --reason because"])
def test_a_successor_of_the_signing_key_that_was_damaged_is_named(capsys, words, fault):
    path = Path("home/ledger/ledger.key.next")
    fault(path)
    if path.is_file():
        path.chmod(0o600)
    capsys.readouterr()
    assert privacy(words) == 2
    assert capsys.readouterr().err.startswith(f"{path}: ")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_development_key_that_is_none_is_named(capsys, content):
    path = Path("home/keys/dev-token.pem")
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    assert f"{path}: holds no development key" in refused(capsys, "serve --dev --port 0")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN EC PRIVATE KEY-----"])
def test_a_witness_whose_key_was_damaged_says_which_file(capsys, content):
    path = Path("w/witness.key")
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    told = refused(capsys, "witness --folder w --name office.example --log home/ledger/ledger.pub")
    assert told.startswith(f"{path}: ")


@pytest.mark.parametrize("words", ["status", f"init {POPULATION} --epsilon 4 --delta 1e-6"])
def test_a_home_that_links_to_itself_is_named(capsys, tmp_path, monkeypatch, words):
    monkeypatch.setenv("PROFFER_HOME", str(tmp_path / "home"))
    (tmp_path / "home").symlink_to(tmp_path / "home")
    assert privacy(words) == 2
    assert str(tmp_path / "home") in capsys.readouterr().err


# --- witnesses -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://a b",
        "http://x:abc",
        "http://a\nb",
        "http://" + "a" * 300,
        "http://" + "\u00e9" * 70,
        "http://\u00e9",
        "http://",
    ],
)
def test_an_address_of_a_witness_that_is_none_is_named(capsys, url):
    assert refused(capsys, "cosign --witness", url).startswith("--witness: ")


@pytest.fixture
def answering():
    """A witness that answers whatever it is told to."""
    said = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(said[-1])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", said
        serving.shutdown()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n \n\n",
        b"HTTP/1.0 409 C\r\n\r\n\xc2\xb2",
        b"HTTP/1.0 409 C\r\n\r\n" + b"9" * 6_000,
        b"HTTP/1.0 500 C\r\n\r\n\xff\x1b[2J",
        b"HTTP/1.0 " + b"2" * 70_000,
        b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\x01\r\n\r\n",
        b"",
    ],
)
def test_a_witness_that_answers_nonsense_cosigned_nothing(capsys, answering, answer):
    url, said = answering
    said.append(answer)
    told = refused(capsys, f"cosign --witness {url}")
    assert "\x1b" not in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("host", ["\u00e9" * 70, "a..b"])
def test_a_host_that_is_none_is_named(capsys, host):
    witness = "witness --folder w --name w --log home/ledger/ledger.pub --listen"
    assert refused(capsys, witness, f"{host}:80").startswith("--listen: ")
    assert "cannot listen on" in refused(capsys, "serve --port 0 --host", host)


def test_a_request_to_a_witness_of_a_length_that_is_none_is_refused_in_words(tmp_path):
    witness = Witness.open(tmp_path, "w", Signer.generate("log").verifier())
    with server(witness, ("127.0.0.1", 0), lambda: 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        for length in ("\u00b2", "9" * 5_000, "-1", ""):
            asking = http.client.HTTPConnection(*serving.server_address[:2])
            asking.putrequest("POST", "/add-checkpoint")
            asking.putheader("Content-Length", length.encode("latin-1"))
            asking.endheaders()
            assert asking.getresponse().status == 413
        serving.shutdown()
