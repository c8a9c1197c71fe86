"""The report says in plain words what was protected, from whom, how much, and what is not promised."""

import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from privacy.accounting import mechanism as m
from privacy.ledger import entry, ledger_report
from privacy.ledger.terms import EntryType
from tests.privacy.ledgers import Forge
from tests.recommender.catalogues import MESSAGES

SAY = {language: MESSAGES.speaking(language) for language in ("en", "ko")}


def document(forge: Forge) -> dict:
    return ledger_report.document([entry.parse(line) for line in forge.lines], "ab" * 32, SAY["en"])


def page(forge: Forge, language: str = "en") -> str:
    return ledger_report.page(document(forge), language, SAY[language])


def lived() -> Forge:
    forge = Forge()
    forge.init("3")
    forge.reserve("run-1", purpose="a ranker <script>")
    forge.reserve("run-2", m.declared("0.5"))
    forge.add(EntryType.EXPIRE, {"reason": "crash", "spend": "run-2"})
    forge.approved("release", {"spend": "run-2"})
    forge.approved("raise", {"epsilon": "5"})
    forge.approved("reset", {"epsilon": "4", "period": "2027"})
    forge.reserve("run-3")
    return forge


def test_it_says_what_was_spent_in_the_period_and_over_all_periods():
    (one,) = document(lived())["populations"]
    assert (one["spent"], one["lifetime"], one["left"], one["period"]) == ("1", "2", "3", "2027")
    assert one["promise"]["in_words"].endswith("at most 89 times in 100 with everything that was released.")
    assert [use["counts"] for use in one["uses"]] == [True, False, True]
    assert [point["spent"] for point in one["timeline"]] == ["0", "1", "1.5", "1", "1", "0", "1"]


def test_it_says_who_signed_for_what_and_what_is_not_promised():
    found = document(lived())
    assert [one["did"] for one in found["approvals"]] == [
        "changed a key",
        "returned a spend",
        "raised the cap",
        "opened a new period",
    ]
    assert found["approvals"][1]["signed_by"] == ["alice", "bob"]
    assert any("rewrite" in line and "witness" in line for line in found["not_promised"])


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, _attributes):
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_whole_and_carries_no_script_and_nothing_from_elsewhere(language):
    html = page(lived(), language)
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert {"main", "h1", "svg", "table"} <= tags.seen
    assert "script" not in tags.seen
    assert "http" not in html
    assert "a ranker &lt;script&gt;" in html
    assert f'<html lang="{language}">' in html
    assert "ab" * 32 in html


@pytest.mark.parametrize(
    ("language", "chance"), [("en", "at most 89 times in 100"), ("ko", "100번 가운데 많아야 89번")]
)
def test_the_page_says_how_much_as_a_guess_and_what_became_of_each_use(language, chance):
    html = page(lived(), language)
    keys = ("report.state.reserved", "report.state.released", "report.did.raise", "report.whole")
    assert chance in html
    assert all(SAY[language](key) in html for key in keys)


def test_households_are_called_so_and_a_budget_that_nobody_used_says_so():
    forge = Forge()
    forge.init(unit="household")
    html = page(forge)
    assert SAY["en"]("report.protects.household") in html
    assert SAY["en"]("report.protects.person") not in html
    assert SAY["en"]("report.no_uses") in html


def test_the_picture_is_an_svg_whose_steps_follow_the_spends():
    timeline = document(lived())["populations"][0]["timeline"]
    drawn = ElementTree.fromstring(ledger_report.picture(timeline))
    assert drawn.tag == "svg"
    points = drawn.find("polygon").get("points").split()
    assert len(points) == 2 * len(timeline) + 2
    assert ElementTree.fromstring(ledger_report.picture([])).tag == "svg"


def test_a_long_history_is_drawn_with_at_most_so_many_points_and_an_empty_one_at_all():
    forge = Forge()
    assert "No budget was opened yet" in page(forge)
    forge.init("900")
    for i in range(200):
        forge.reserve(f"run-{i}", checkpoint=False)
    (one,) = document(forge)["populations"]
    assert len(one["timeline"]) <= ledger_report.MOST_POINTS + 2
    assert one["timeline"][-1]["spent"] == "200"


def test_an_infinite_spend_is_called_infinity():
    forge = Forge()
    forge.init("3")
    forge.reserve("raw", m.non_private(), price={"pld": None, "prv": None, "rdp": "1"})
    (one,) = document(forge)["populations"]
    assert (one["promise"]["epsilon"], one["promise"]["best_guess"]) == ("infinity", "1.0000")
