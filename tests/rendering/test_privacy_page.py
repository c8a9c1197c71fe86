"""The public page on a ledger says in both languages what the report holds, and nothing in it is taken as markup."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from privacy.ledger import entry, ledger_report
from privacy.ledger.report_text import LIMITS
from rendering import privacy_page
from rendering.page import page
from tests.privacy.ledgers import Forge, lived
from tests.recommender.catalogues import MESSAGES

SAY = {language: MESSAGES.speaking(language) for language in ("en", "ko")}
TAG = "<script>alert(1)</script>"


def report_of(forge: Forge) -> dict:
    return ledger_report.document([entry.parse(line) for line in forge.lines], "ab" * 32, SAY["en"])


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
    headings = ("from_whom", "not_promised", "signed", "check")
    assert read.texts("h2") == [say("report.population", population="kr"), *(say(f"report.{one}") for one in headings)]
    assert read.texts("h3") == [say(f"report.{one}") for one in ("what", "how_much", "uses")]
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
    assert read.texts("code") == [report["ledger"], privacy_page.COMMAND, "ab" * 32]
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
