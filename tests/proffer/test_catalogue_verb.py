"""`proffer catalogue`: imports with the contract's exit codes, and downloads from a fake of the API on loopback."""

import argparse
import contextlib
import http.server
import json
import os
import threading
import urllib.parse
from pathlib import Path

import pytest

from composition.gov24_client import DELAYS, RESTARTS, Client
from features.problem import Rejected
from proffer import catalogue_verb, cli
from recommender.gov24.axes import CODES

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PROFFER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "gov24"
KEY = "c2VjcmV0/key+with=="
OPERATIONS = ("serviceList", "serviceDetail", "supportConditions")


# --- rows and files ------------------------------------------------------------------------------------------------


def services(count):
    """The three operations' rows of services 000000000001 and so on."""
    ids = [f"{number:012d}" for number in range(1, count + 1)]
    listed = {
        "서비스명": "수당",
        "서비스분야": "생활안정",
        "사용자구분": "개인",
        "소관기관코드": "3130000",
        "소관기관명": "서울특별시 마포구",
        "소관기관유형": "시군구",
        "신청방법": "방문신청",
        "신청기한": "상시신청",
    }
    return {
        "serviceList": [{"서비스ID": one} | listed for one in ids],
        "serviceDetail": [{"서비스ID": one, "구비서류": "신청서"} for one in ids],
        "supportConditions": [{"서비스ID": one} | dict.fromkeys(sorted(CODES)) | {"JA0101": "Y"} for one in ids],
    }


def written(folder, rows):
    for operation in OPERATIONS:
        text = json.dumps({"totalCount": len(rows[operation]), "data": rows[operation]}, ensure_ascii=False)
        (folder / f"{operation}.json").write_text(text, encoding="utf-8")
    return folder


def import_words(folder, *more):
    files = [
        f"--{name}={folder / f'{operation}.json'}"
        for name, operation in zip(("list", "detail", "conditions"), OPERATIONS, strict=True)
    ]
    return ["catalogue", "import", "gov24", *files, f"--out={folder / 'out.jsonl'}", *more]


def lines(folder):
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


# --- import --------------------------------------------------------------------------------------------------------


def test_an_import_writes_programmes_and_its_report_and_ends_with_0(tmp_path, capsys):
    written(tmp_path, services(3))
    assert cli.main(import_words(tmp_path, f"--report={tmp_path / 'r.json'}", "--json")) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert {"services", "imported", "rejected", "axes", "windows", "delivery", "regions"} <= set(report)
    assert [programme["id"] for programme in lines(tmp_path)] == [f"gov24.{n:012d}" for n in (1, 2, 3)]
    assert cli.main(["catalogue", "check", str(tmp_path / "out.jsonl")]) == 0


def test_without_json_the_report_is_told_to_a_person(tmp_path, capsys):
    rows = services(1)
    rows["serviceList"][0]["소관기관코드"] = "9999999"
    written(tmp_path, rows)
    assert cli.main(import_words(tmp_path)) == 0
    told = capsys.readouterr().out
    assert "1 of 1 services imported" in told
    assert "9999999 서울특별시 마포구  (unverified)" in told


def test_options_of_every_verb_stand_before_or_after_the_action(tmp_path, capsys):
    written(tmp_path, services(1))
    words = import_words(tmp_path)
    assert cli.main(["catalogue", "--json", *words[1:]]) == 0
    before = json.loads(capsys.readouterr().out)
    assert cli.main([*words, "--json", f"--home={tmp_path}", "--no-progress"]) == 0
    assert json.loads(capsys.readouterr().out) == before


@pytest.mark.parametrize("as_list", [False, True])
def test_a_bare_list_is_as_good_as_an_envelope(tmp_path, as_list):
    rows = services(2)
    written(tmp_path, rows)
    if as_list:
        (tmp_path / "serviceDetail.json").write_text(json.dumps(rows["serviceDetail"]), encoding="utf-8")
    assert cli.main(import_words(tmp_path)) == 0


def missing_row(rows):
    del rows["supportConditions"][1]


def doubled_row(rows):
    rows["serviceDetail"].append(rows["serviceDetail"][1] | {"구비서류": "다른 서류"})


def odd_code(rows):
    rows["supportConditions"][1]["JA0302"] = "N"


def age_as_text(rows):
    rows["supportConditions"][1]["JA0110"] = "19"


def negative_age(rows):
    rows["supportConditions"][1]["JA0110"] = -1


def ages_the_wrong_way_round(rows):
    rows["supportConditions"][1] |= {"JA0110": 40, "JA0111": 30}


def unknown_code(rows):
    rows["supportConditions"][1]["JA0999"] = None


def test_policies_of_any_number_of_pages_are_imported_and_checked(tmp_path, capsys):
    pages = []
    for number in (1, 2):
        row = {
            "plcyNo": str(number),
            "plcyNm": "청년 수당",
            "zipCd": "11440",
            "sprtTrgtMinAge": "19",
            "sprtTrgtMaxAge": "34",
        }
        page = tmp_path / f"{number}.json"
        page.write_text(json.dumps({"resultCode": 200, "result": {"youthPolicyList": [row]}}), encoding="utf-8")
        pages.append(str(page))
    out, report = tmp_path / "out.jsonl", tmp_path / "report.json"
    words = ["catalogue", "import", "youth", "--list", *pages, "--out", str(out), "--report", str(report)]
    assert cli.main(words) == 0
    assert [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()] == ["youth.1", "youth.2"]
    assert json.loads(report.read_text(encoding="utf-8"))["axes"]["age"]["restricted"] == 2
    assert cli.main(["catalogue", "check", str(out)]) == 0
    capsys.readouterr()


def test_gov24_without_its_other_files_is_refused_with_each_of_them(tmp_path, capsys):
    folder = written(tmp_path, services(1))
    words = [
        "catalogue",
        "import",
        "gov24",
        "--list",
        str(folder / "serviceList.json"),
        "--out",
        str(tmp_path / "o.jsonl"),
    ]
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert "--detail" in said
    assert "--conditions" in said
    assert not (tmp_path / "o.jsonl").exists()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (missing_row, "has no row in supportConditions"),
        (doubled_row, "has 2 rows in serviceDetail that differ in 구비서류"),
        (odd_code, 'JA0302 is "N", neither "Y" nor null'),
        (age_as_text, 'JA0110 is "19", not an age'),
        (negative_age, "JA0110 is -1, not an age"),
        (ages_the_wrong_way_round, "JA0110 40 is above JA0111 30"),
        (unknown_code, "JA0999 is not a known code"),
    ],
)
def test_a_row_that_is_wrong_is_rejected_with_its_reason_and_the_others_are_written(tmp_path, capsys, harm, reason):
    rows = services(3)
    harm(rows)
    assert cli.main([*import_words(written(tmp_path, rows)), "--json"]) == 1
    report = capsys.readouterr()
    assert json.loads(report.out)["rejected"] == [{"id": "000000000002", "reason": reason}]
    assert f"rejected 000000000002: {reason}" in report.err
    assert [programme["id"] for programme in lines(tmp_path)] == ["gov24.000000000001", "gov24.000000000003"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"data": [{"서비스ID": "1"', "is not JSON"),
        ("", "is not JSON"),
        ('{"rows": []}', "has neither a list of rows nor an envelope"),
        ('{"code": -401, "msg": "유효하지 않은 인증키입니다."}', "contains an error of the API (code -401)"),
        ('[{"SVC_ID": "1", "JA0103": "Y"}]', "contains rows of the older v1 API"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_2_and_nothing_is_written(tmp_path, capsys, text, what):
    written(tmp_path, services(2))
    (tmp_path / "serviceDetail.json").write_text(text, encoding="utf-8")
    (tmp_path / "out.jsonl").write_text("as it was\n", encoding="utf-8")
    assert cli.main(import_words(tmp_path, f"--report={tmp_path / 'r.json'}")) == 2
    assert what in capsys.readouterr().err
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "as it was\n"
    assert not (tmp_path / "r.json").exists()


def test_every_file_that_cannot_be_read_is_named_at_once(tmp_path, capsys):
    written(tmp_path, services(1))
    (tmp_path / "serviceList.json").unlink()
    (tmp_path / "supportConditions.json").write_bytes(b"\xff")
    assert cli.main(import_words(tmp_path)) == 2
    said = capsys.readouterr().err
    assert "serviceList.json" in said
    assert "supportConditions.json" in said


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_read(tmp_path, capsys):
    written(tmp_path, services(1))
    words = [*import_words(tmp_path)[:-1], f"--out={tmp_path}", f"--report={tmp_path / 'no' / 'r.json'}"]
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert "is a folder" in said
    assert "does not exist" in said


def test_a_declaration_that_lacks_a_fact_is_refused_and_nothing_is_written(tmp_path, capsys):
    shipped = ROOT / "data" / "countries" / "kr" / "declaration"
    folder = tmp_path / "declaration"
    folder.mkdir()
    for name in ("events", "facts", "features", "household"):
        text = (shipped / f"{name}.yaml").read_text(encoding="utf-8")
        (folder / f"{name}.yaml").write_text(text.replace("  forester:\n", "  woodcutter:\n"), encoding="utf-8")
    rows = services(1)
    rows["supportConditions"][0]["JA0316"] = "Y"
    assert cli.main(import_words(written(tmp_path, rows), f"--declaration={folder}")) == 2
    assert "forester" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.slow
def test_the_real_sample_is_imported_whole_and_checks_clean(tmp_path, capsys):
    if not SHARED.is_dir():
        pytest.skip(f"the real gov24 sample is not at {SHARED}")
    words = import_words(SHARED)[:-1]
    assert cli.main([*words, f"--out={tmp_path / 'out.jsonl'}", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["services"], report["imported"], report["rejected"]) == (731, 731, [])
    assert len(lines(tmp_path)) == 731


# --- check ---------------------------------------------------------------------------------------------------------


def test_a_check_says_every_problem_with_file_and_field_and_ends_with_1(tmp_path, capsys):
    written(tmp_path, services(2))
    assert cli.main(import_words(tmp_path)) == 0
    one, two = lines(tmp_path)
    del one["title"]
    two["category"] = "leisure"
    (tmp_path / "bad.jsonl").write_text(f"{json.dumps(one)}\n{json.dumps(two)}\n", encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["catalogue", "check", str(tmp_path / "bad.jsonl"), "--json"]) == 1
    found = capsys.readouterr()
    problems = json.loads(found.out)["problems"]
    assert [problem["where"] for problem in problems] == ["bad.jsonl, line 1: title", "bad.jsonl, line 2: category"]
    assert "bad.jsonl, line 1: title: is missing" in found.err


def test_a_catalogue_that_is_not_there_ends_with_2(tmp_path):
    assert cli.main(["catalogue", "check", str(tmp_path / "none.jsonl")]) == 2


# --- fetch ---------------------------------------------------------------------------------------------------------


class Api:
    """A fake of the API: serves `rows` by page, and answers the next requests from `script` where it holds any."""

    def __init__(self, rows):
        self.rows = rows
        self.script = []
        self.requests = []
        self.authorization = f"Infuser {KEY}"

    def answer(self, path, headers):
        """Return status, headers and body for one request."""
        address = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(address.query))
        operation = address.path.rsplit("/", 1)[-1]
        self.requests.append((operation, int(query["page"])))
        assert KEY not in urllib.parse.unquote(path)
        if self.script:
            step = self.script.pop(0)
            if step is not None:
                return step(self, operation, query) if callable(step) else step
        if headers.get("Authorization") != self.authorization:
            return 401, {}, {"code": -401, "msg": "유효하지 않은 인증키입니다."}
        return 200, {}, self.page(operation, int(query["page"]), int(query["perPage"]))

    def page(self, operation, number, per_page):
        rows = self.rows[operation]
        data = rows[(number - 1) * per_page : number * per_page]
        counts = {"totalCount": len(rows), "matchCount": len(rows), "currentCount": len(data)}
        return {"page": number, "perPage": per_page} | counts | {"data": data}


@contextlib.contextmanager
def serving(api):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = api.answer(self.path, self.headers)
            raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/gov24/v3"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("PROFFER_GOV24_KEY", KEY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Api(services(7))


@pytest.fixture
def fetch(api, tmp_path):
    """Run the verb against the fake; returns its exit code and the seconds it would have slept."""
    with serving(api) as base_url:

        def once(per_page=3):
            slept = []
            args = argparse.Namespace(out=tmp_path / "raw", per_page=per_page, base_url=base_url, json=True)
            return catalogue_verb.fetch_gov24(args, slept.append), slept

        yield once


def test_a_fetch_writes_three_files_that_can_be_imported(api, fetch, tmp_path, capsys):
    assert fetch() == (0, [])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"] == dict.fromkeys(OPERATIONS, 7)
    assert "serviceList: page 3 of 3" in printed.err
    assert api.requests == [(operation, page) for operation in OPERATIONS for page in (1, 2, 3)]
    for operation in OPERATIONS:
        envelope = json.loads((tmp_path / "raw" / f"{operation}.json").read_text(encoding="utf-8"))
        assert envelope["data"] == api.rows[operation]
        assert envelope["totalCount"] == envelope["currentCount"] == 7
    assert not (tmp_path / "raw" / "pages").exists()
    assert cli.main(import_words(tmp_path / "raw")) == 0


def test_the_key_goes_into_a_header_and_nowhere_else(api, fetch, tmp_path, capsys):
    api.script = [(401, {}, {"code": -401, "msg": f"잘못된 키 {KEY}"})]
    with pytest.raises(Rejected) as refusal:
        fetch()
    assert KEY not in str(refusal.value)
    fetch()
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err + repr(Client(KEY))
    for path in (tmp_path / "raw").rglob("*"):
        assert path.is_dir() or KEY not in path.read_text(encoding="utf-8")


def test_a_key_given_percent_encoded_is_sent_decoded(fetch, monkeypatch):
    monkeypatch.setenv("PROFFER_GOV24_KEY", urllib.parse.quote(KEY, safe=""))
    assert fetch()[0] == 0


def test_an_empty_catalogue_is_one_empty_page_an_operation(api, fetch):
    api.rows = {operation: [] for operation in OPERATIONS}
    assert fetch()[0] == 0
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    "failure",
    [
        (503, {}, b"down"),
        (500, {}, b""),
        (429, {}, b"slow down"),
        (200, {"Content-Length": "99999"}, b'{"data": ['),
        (200, {}, b'{"totalCount": 7, "data": [{'),
        (200, {}, b"<returnReasonCode>23</returnReasonCode>"),
        (400, {}, {"code": 23, "msg": "LIMITED NUMBER OF SERVICE REQUESTS PER SECOND EXCEEDS ERROR"}),
    ],
)
def test_what_may_pass_is_tried_again_after_longer_and_longer_waits(api, fetch, failure):
    api.script = [failure, failure, None]
    code, slept = fetch()
    assert code == 0
    assert slept == list(DELAYS[:2])


def test_the_wait_a_server_asks_for_is_kept_within_reason(api, fetch):
    api.script = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": "86400"}, b""),
        (503, {"Retry-After": "soon"}, b""),
    ]
    assert fetch()[1] == [7.0, 120.0, DELAYS[2]]


def test_what_never_passes_is_given_up_and_the_pages_are_kept(api, fetch, tmp_path):
    api.script = [None, None, *[(503, {}, b"")] * (len(DELAYS) + 1)]
    with pytest.raises(Rejected, match=r"serviceList, page 3: went on failing after 7 attempts: HTTP 503"):
        fetch()
    assert not (tmp_path / "raw" / "serviceList.json").exists()
    assert sorted(path.name for path in (tmp_path / "raw" / "pages").iterdir()) == [
        "serviceList-00001.json",
        "serviceList-00002.json",
        "state.json",
    ]


def test_the_next_run_goes_on_where_the_last_one_stopped(api, fetch, tmp_path):
    test_what_never_passes_is_given_up_and_the_pages_are_kept(api, fetch, tmp_path)
    api.requests.clear()
    assert fetch()[0] == 0
    assert api.requests[:2] == [("serviceList", 3), ("serviceDetail", 1)]


def test_pages_asked_for_in_another_way_are_not_mixed_in(api, fetch, tmp_path):
    test_what_never_passes_is_given_up_and_the_pages_are_kept(api, fetch, tmp_path)
    api.requests.clear()
    assert fetch(per_page=4)[0] == 0
    assert len(api.requests) == 6


def test_a_page_file_cut_off_by_a_crash_is_fetched_again(api, fetch, tmp_path):
    test_what_never_passes_is_given_up_and_the_pages_are_kept(api, fetch, tmp_path)
    (tmp_path / "raw" / "pages" / "serviceList-00002.json").write_text('{"total": 7, "ro', encoding="utf-8")
    api.requests.clear()
    assert fetch()[0] == 0
    assert api.requests[:2] == [("serviceList", 2), ("serviceList", 3)]


def grow(api, operation, query):
    """One more service appears just before this page is answered."""
    api.rows = services(len(api.rows["serviceList"]) + 1)
    return 200, {}, api.page(operation, int(query["page"]), int(query["perPage"]))


def test_a_catalogue_that_grows_between_two_pages_is_begun_again(api, fetch, capsys):
    api.script = [None, grow]
    assert fetch()[0] == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["restarts"], report["rows"]) == (1, dict.fromkeys(OPERATIONS, 8))


def moved(api, operation, query):
    """The total stays, but the rows have moved by one: the last row of page 1 comes again."""
    rows = api.rows[operation]
    page = api.page(operation, int(query["page"]), int(query["perPage"]))
    return 200, {}, page | {"data": rows[2:5]}


def test_rows_that_move_from_page_to_page_are_noticed(api, fetch, capsys):
    api.script = [None, moved]
    assert fetch()[0] == 0
    assert json.loads(capsys.readouterr().out)["restarts"] == 1


def test_a_catalogue_that_never_holds_still_is_given_up(api, fetch):
    api.script = [None, grow] * (RESTARTS + 1)
    with pytest.raises(Rejected, match="serviceList: the catalogue changed 4 times"):
        fetch()


def test_files_that_differ_in_length_end_with_1(api, fetch, capsys):
    api.rows["serviceDetail"] = api.rows["serviceDetail"][:-1]
    assert fetch()[0] == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["agree"] is False
    assert "differ in length" in printed.err


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (401, {"code": -4, "msg": "등록되지 않은 인증키 입니다."}, "the key is not registered for this API"),
        (401, {"code": -401, "msg": "유효하지 않은 인증키입니다."}, "the key is not valid"),
        (403, b"", "the key is not valid"),
        (200, b"<OpenAPI_ServiceResponse><returnReasonCode>30</returnReasonCode>", "the key is not registered"),
        (200, b"<returnReasonCode> 22 </returnReasonCode>", "today's requests are used up"),
        (200, {"code": 31, "msg": "DEADLINE HAS EXPIRED ERROR"}, "the key has expired"),
        (403, {"code": "20", "msg": "SERVICE ACCESS DENIED ERROR"}, "no access to this API"),
        (404, b"not here", "HTTP 404"),
        (200, {"code": 99, "msg": "?"}, "error code 99"),
        (200, {"data": []}, "has no totalCount"),
        (200, {"totalCount": True, "data": []}, "has no totalCount"),
        (200, {"totalCount": 1}, "has neither a list of rows"),
        (200, [], "has no totalCount"),
    ],
)
def test_a_refusal_is_explained_and_not_repeated(api, fetch, status, body, what):
    api.script = [(status, {}, body)]
    with pytest.raises(Rejected, match="serviceList, page 1: ") as refusal:
        fetch()
    assert what in str(refusal.value)
    assert len(api.requests) == 1


def test_a_redirect_is_not_followed_since_the_key_would_travel_along(api, fetch):
    elsewhere = Api(services(1))
    with serving(elsewhere) as other:
        api.script = [(302, {"Location": f"{other}/serviceList?page=1&perPage=3"}, b"")]
        with pytest.raises(Rejected, match="HTTP 302, a redirect"):
            fetch()
    assert elsewhere.requests == []


def test_a_server_that_is_not_there_is_tried_again_and_given_up(monkeypatch, tmp_path):
    monkeypatch.setenv("PROFFER_GOV24_KEY", KEY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Api({})) as base_url:
        pass
    slept = []
    args = argparse.Namespace(out=tmp_path / "raw", per_page=3, base_url=base_url, json=True)
    with pytest.raises(Rejected, match="no whole answer"):
        catalogue_verb.fetch_gov24(args, slept.append)
    assert slept == list(DELAYS)


@pytest.mark.parametrize(
    ("key", "base_url", "per_page", "what"),
    [
        ("", "https://api.example.kr", 10, "PROFFER_GOV24_KEY: is not set"),
        ("a b", "https://api.example.kr", 10, "holds spaces"),
        ("키", "https://api.example.kr", 10, "holds spaces or letters no key has"),
        ("key", "http://api.example.kr", 10, "is not https"),
        ("key", "ftp://api.example.kr", 10, "is not https"),
        ("key", "https://api.example.kr", 0, "0 rows a page"),
        ("key", "https://api.example.kr", 1001, "1001 rows a page"),
    ],
)
def test_what_would_fail_or_leak_on_the_first_page_is_refused_before_it(key, base_url, per_page, what):
    with pytest.raises(Rejected) as refusal:
        Client(key, base_url, per_page)
    assert what in str(refusal.value)


def test_all_that_is_wrong_with_a_client_is_said_at_once():
    with pytest.raises(Rejected) as refusal:
        Client("", "http://api.example.kr", 0)
    assert len(refusal.value.problems) == 3


def test_the_command_line_without_a_key_ends_with_2_and_makes_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PROFFER_GOV24_KEY", raising=False)
    assert cli.main(["catalogue", "fetch", "gov24", f"--out={tmp_path / 'raw'}"]) == 2
    assert "PROFFER_GOV24_KEY: is not set" in capsys.readouterr().err
    assert not (tmp_path / "raw").exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path, capsys):
    (tmp_path / "raw").write_text("", encoding="utf-8")
    assert cli.main(["catalogue", "fetch", "gov24", f"--out={tmp_path / 'raw'}"]) == 2
    assert "is not a folder" in capsys.readouterr().err


# --- diff and what time has overtaken ------------------------------------------------------------------------------


def test_two_catalogues_are_compared_a_folder_with_lines_too(tmp_path, capsys):
    folder = written(tmp_path, services(2))
    assert cli.main(import_words(folder)) == 0
    lines = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    changed = json.loads(lines[0]) | {"form": "cash", "value": {"amount": 50000, "currency": "KRW", "period": "month"}}
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.yaml").write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["catalogue", "diff", str(folder / "out.jsonl"), str(tmp_path / "new"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in told["ended"]] == ["gov24.000000000002"]
    (one,) = told["changed"]
    assert one["changes"][0]["new"] == {"ko": "매월 5만 원", "en": "50,000 won a month"}
    assert one["applicants"] == ["citizen"]
    assert cli.main(["catalogue", "diff", str(folder / "out.jsonl"), str(tmp_path / "new"), "--language", "ko"]) == 0
    assert "-> 매월 5만 원" in capsys.readouterr().out


def test_a_catalogue_that_cannot_be_read_is_refused_on_either_side(tmp_path, capsys):
    assert cli.main(["catalogue", "diff", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]) == 2
    said = capsys.readouterr().err
    assert "a.jsonl" in said
    assert "b.jsonl" in said


def test_a_check_names_what_time_has_overtaken_without_failing(tmp_path, capsys):
    rows = services(1)
    rows["serviceList"][0] |= {"신청기한": "2026.3.2~2026.3.27", "수정일시": "20260301000000"}
    folder = written(tmp_path, rows)
    assert cli.main(import_words(folder, "--as-of", "2026-03-27", "--report", str(tmp_path / "r.json"))) == 0
    assert not any(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["stale"].values())
    out = str(folder / "out.jsonl")
    capsys.readouterr()
    assert cli.main(["catalogue", "check", out, "--as-of", "2027-03-02", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["cause"], one["since"]) for one in told["stale"]] == [
        ("window_ended", "2026-03-27"),
        ("unmodified", "2026-03-01"),
    ]
    assert cli.main(["catalogue", "check", out, "--as-of", "2026-03-28", "--stale-after", "P30D"]) == 0
    assert "the last window is over (since 2026-03-27)" in capsys.readouterr().err
    assert cli.main(["catalogue", "check", out, "--stale-after", "long"]) == 2
