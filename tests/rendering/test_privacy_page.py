"""The public page on a ledger says in both languages what the report holds, and nothing in it is taken as markup."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from privacy.accounting import mechanism as m
from privacy.ledger import entry, ledger_report
from privacy.ledger.dataset import NO_SKETCH
from privacy.ledger.registry_entry import DeploymentFacts, registry_entry
from privacy.ledger.report_text import LIMITS
from privacy.ledger.terms import EVERYBODY, EntryType
from rendering import privacy_page
from rendering.page import page
from tests.privacy.ledgers import ALICE, BOB, DELTA, Forge, Forge3, Forge4, lived
from tests.recommender.catalogues import MESSAGES

SAY = {language: MESSAGES.speaking(language) for language in ("en", "ko")}
FACTS = DeploymentFacts("Benefits", ("An office",), ("A person",), "South Korea", "To offer benefits")
TAG = "<script>alert(1)</script>"


def report_of(forge: Forge) -> dict:
    seen = ledger_report.SeenBy("ab" * 32, (("office", "2026-11-02T00:00:00Z"),), "2026-11-05T00:00:00Z")
    return ledger_report.document([entry.parse(line) for line in forge.lines], seen, SAY["en"])


def shown(report: dict, language: str = "en") -> str:
    return page(privacy_page.TEMPLATE, privacy_page.view(report, language, SAY[language]))


class Reader(HTMLParser):
    """The tags of a page, which must close in order, and the text of each."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.read = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, _attributes):
        if tag != "meta":
            self.open.append((tag, len(self.read)))
            self.read.append([tag, ""])

    def handle_startendtag(self, tag, _attributes):
        self.read.append([tag, ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, place in self.open:
            self.read[place][1] += data

    def texts(self, tag: str) -> list[str]:
        return [text.strip() for found, text in self.read if found == tag]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_whole_and_carries_no_script_and_nothing_from_elsewhere(language):
    html = shown(report_of(lived()), language)
    tags = {tag for tag, _ in Reader(html).read}
    assert {"main", "h1", "svg", "table", "figure", "details"} <= tags
    assert "script" not in tags
    assert "http" not in html
    assert "a ranker &lt;script&gt;" in html
    assert f'<html lang="{language}">' in html


@pytest.mark.parametrize("place", ["population", "purpose", "requester", "ledger", "root", "reason", "signed_by"])
def test_a_tag_in_any_text_of_the_report_is_shown_as_text(place):
    report = report_of(lived())
    one = report["populations"][0]
    if place in ("ledger", "root"):
        report[place] = TAG
    elif place == "population":
        one[place] = TAG
    elif place in ("purpose", "requester"):
        one["uses"][0][place] = TAG
    else:
        (report["approvals"][0]["what"] if place == "reason" else report["approvals"][0])[place] = (
            TAG if place == "reason" else [TAG]
        )
    html = shown(report)
    assert TAG not in html
    assert TAG in Reader(html).texts("main")[0]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_headings_stand_in_order_in_the_language_of_the_page(language):
    read, say = Reader(shown(report_of(lived()), language)), SAY[language]
    assert read.texts("h1") == read.texts("title") == [say("report.title")]
    headings = ("from_whom", "not_promised", "audited", "seen", "signed", "check")
    assert read.texts("h2") == [say("report.population", population="kr"), *(say(f"report.{one}") for one in headings)]
    assert read.texts("h3") == [say(f"report.{one}") for one in ("what", "how_much", "uses", "each")]
    assert read.texts("li") == [say(f"report.limit.{number}") for number in range(1, LIMITS + 1)]


@pytest.mark.parametrize(
    ("language", "chance"), [("en", "at most 89 times in 100"), ("ko", "100번 가운데 많아야 89번")]
)
def test_the_page_says_how_much_as_a_guess_and_what_became_of_each_use(language, chance):
    html = shown(report_of(lived()), language)
    keys = ("report.state.reserved", "report.state.released", "report.did.raise", "report.whole")
    assert chance in html
    assert all(SAY[language](key) in html for key in keys)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_to_be_typed_or_compared_is_shown_as_code(language):
    report = report_of(lived())
    read = Reader(shown(report, language))
    entries = [f"{use['index']}, {use['spend']}" for use in report["populations"][0]["uses"]]
    assert read.texts("code") == [report["ledger"], *entries, privacy_page.COMMAND, "ab" * 32]
    check = SAY[language]("report.check_text", command=privacy_page.COMMAND, root="ab" * 32)
    assert check in read.texts("p")


def test_the_table_under_the_chart_lists_the_values_that_are_drawn():
    report = report_of(lived())
    timeline = report["populations"][0]["timeline"]
    html = shown(report)
    folded = Reader(html.partition("</summary>")[2].partition("</details>")[0])
    values = [value for point in timeline for value in (point["at"][:10], point["spent"], point["cap"])]
    assert folded.texts("td") == values
    drawn = ElementTree.fromstring(re.search(r"<svg.*?</svg>", html, re.DOTALL)[0])
    heights = [float(pair.split(",")[1]) for pair in drawn.find("polygon").get("points").split()[:-2:2]]
    assert heights == [round(200 * (1 - float(point["spent"]) / 6), 1) for point in timeline]
    assert drawn.get("aria-label") == SAY["en"]("report.caption")


def test_households_are_called_so_and_a_budget_that_nobody_used_says_so():
    forge = Forge()
    forge.init(unit="household")
    html = shown(report_of(forge))
    assert SAY["en"]("report.protects.household") in html
    assert SAY["en"]("report.protects.person") not in html
    assert SAY["en"]("report.no_uses") in html


def test_a_ledger_without_a_budget_says_so():
    assert SAY["en"]("report.nothing") in shown(report_of(Forge()))


def told(forge: Forge, place: int = 0, **models) -> str:
    """The text of what is folded under the uses of the first population."""
    report = report_of(forge)
    for use in report["populations"][0]["uses"]:
        use["model"] = models.get(use["spend"].replace("-", "_"))
    return Reader(shown(report)).texts("dl")[place]


def signed_run() -> Forge3:
    forge = Forge3(ALICE, BOB)
    forge.open("100")
    run = {"accountants": {"pld": "dp-accounting 1", "prv": "opacus 2"}, "catalogue": "c" * 64, "declaration": "d" * 64}
    run |= {"software": "proffer 9", "stage": "train", "units_are": "noised", "why": "the November ranker"}
    price = {"pld": "0.96", "prv": "0.97", "rdp": None}
    people = {"fingerprint": "0" * 64, "sketch": NO_SKETCH, "units": 3259}
    noisy = {"epsilon": "0.97", "price": price, "run": run, "dataset": people}
    forge.reserve("train-1", m.repeated(m.gaussian("33.4"), 60), signer=ALICE, **noisy)
    forge.commit("train-1", m.repeated(m.gaussian("33.4"), 60), artefact="e" * 64)
    return forge


def test_a_use_opens_to_all_that_the_ledger_says_of_it():
    text = told(signed_run(), train_1={"name": "private-1", "serves": True})
    assert "the November ranker" in text
    assert "33.4 times as much as one can change; 60 steps, each on everybody" in text
    assert "PLD 0.96 (dp-accounting 1); PRV 0.97 (opacus 2)" in text
    assert "about 3,259, counted with noise" in text
    assert all(digest * 64 in text for digest in "cde")
    assert "private-1 is in use" in text
    assert f"signed with the key {ALICE.verifier().text()} of an approver" in text
    assert "No audit is recorded" in text


def test_an_audit_stands_beside_the_claim_and_one_that_refutes_it_says_so():
    forge = signed_run()
    seen = {"correct": 60, "guesses": 100, "lower": "0.42"}
    audit = {"canaries": 1000, "confidence": "0.99", "delta": DELTA, "epsilon": "1", "software": "proffer 9"}
    audit |= {"mechanism": m.declared("1").to_document(), "steps": seen, "model": seen | {"lower": "0.1"}}
    forge.add(EntryType.AUDIT, audit, EVERYBODY)
    assert "claims epsilon 1 at delta 0.000001; what could be seen shows that it is at least 0.42 (99 % sure)" in told(
        forge
    )
    forge.add(EntryType.AUDIT, audit | {"steps": seen | {"lower": "1.2"}}, EVERYBODY)
    assert "FALSE" in told(forge)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_later_audit_hides_no_worse_one(language):
    forge = signed_run()
    seen = {"correct": 60, "guesses": 100}
    audit = {"canaries": 1000, "confidence": "0.95", "delta": DELTA, "software": "proffer 9"}
    audit |= {"mechanism": m.declared("1").to_document()}
    for claimed, lower in (("1", "1.9"), ("8", "2.5"), ("1", "0.2")):
        one = seen | {"lower": lower}
        forge.add(EntryType.AUDIT, audit | {"epsilon": claimed, "steps": one, "model": one}, EVERYBODY)
    report, say = report_of(forge), SAY[language]
    assert (report["worst_audit"]["lower"]["steps"], len(report["audits"])) == ("1.9", 3)
    told = {"day": "2026-11-01", "claimed": "1", "delta": DELTA, "canaries": 1000, "confidence": "95"}
    false = say("report.audit.worst", told=say("report.audit.refuted", lower="1.9", **told), audits=3)
    texts = Reader(shown(report, language)).texts("p")
    at = texts.index(false)
    assert "0.2" in texts[at + 1]
    assert "2.5" in texts[at + 2]
    assert false in Reader(shown(report, language)).texts("dl")[0]
    registry = registry_entry(report, "kr", FACTS)["deployment"]["implementation"]["justification"]
    assert "Of 3 recorded audits" in registry
    assert "shows at least 1.9" in registry


def used(*uses: tuple[str, dict]) -> dict:
    """The report on a budget of households, each use reserved in a way, with or without a roll."""
    forge = Forge4(ALICE, BOB)
    forge.open("9", unit="household")
    for at, (way, dataset) in enumerate(uses):
        forge.reserve(f"run-{at}", m.declared("1"), by=way, dataset=dataset)
    return report_of(forge)


ROLL = {"roll": "c" * 64, "sketch": "d" * 64}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("uses", "unkept"),
    [([("gate", ROLL)], 0), ([("gate", ROLL), ("hand", {})], 1), ([("http", {}), ("hand", {"sketch": "d" * 64})], 2)],
)
def test_what_is_promised_to_households_depends_on_how_each_use_came_by_them(language, uses, unkept):
    report, say = used(*uses), SAY[language]
    (one,) = report["populations"]
    some = {"two": one["together"]["2"], "three": one["together"]["3"]}
    read = Reader(shown(report, language))
    kept, not_kept = say("report.together", **some), say("report.unkept", all=len(uses), unkept=unkept, **some)
    assert (kept in read.texts("p"), not_kept in read.texts("p")) == (unkept == 0, unkept > 0)
    for told, (way, _) in zip(read.texts("dl"), uses, strict=True):
        assert say(f"report.households.{'roll' if way == 'gate' else 'asker'}") in told
    details = registry_entry(report, "kr", FACTS)["deployment"]["privacy_loss"]["privacy_unit_details"]
    assert ("stays as it was" in details) == (unkept == 0)


def test_the_page_says_why_the_single_figures_are_more_than_the_whole_and_how_old_the_view_is():
    forge = Forge()
    forge.init("100")
    for i in range(3):
        forge.reserve(f"run-{i}", m.gaussian("10"), epsilon="0.4", price={"pld": "0.4", "prv": "0.4", "rdp": None})
    html = shown(report_of(forge))
    assert "add up to 1.2; together they reveal at most 0." in html
    assert "The witness office saw it whole on 2026-11-02, 3 days before" in html
    assert "The last entry is of 2026-11-01, 4 days before" in html


def test_an_exact_fit_is_a_use_of_infinite_epsilon_on_the_page():
    forge = signed_run()
    what = {"fingerprint": "f" * 64, "rows": "1" * 64}
    forge.approved("public", what)
    forge.add(EntryType.EXACT, what | {"learner": "lightgbm", "requester": "tester", "spend": "exact-1"})
    assert "Without noise" in told(forge, 1)
    assert "infinity" in shown(report_of(forge))


def test_a_limit_far_above_what_was_spent_is_a_broken_line_at_the_edge_with_its_figure():
    html = shown(report_of(signed_run()))
    assert 'stroke-dasharray="8 8"' in html
    assert "100 ↑" in html
    timeline = report_of(signed_run())["populations"][0]["timeline"]
    assert timeline[0]["spent"] == "0"  # a budget that was signed for begins empty, too
    assert "stroke-dasharray" not in shown(report_of(lived()))
