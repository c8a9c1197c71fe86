"""Page tasks: five things that each of the four people comes for, done by pointer or by keyboard alone, and counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.serving.pages.citizen_site import desk_of, site_of
from tests.serving.pages.conftest import NOW
from tests.serving.pages.office_site import office_site
from tests.serving.pages.real_browser import tab_of

MOST_KEYS = 400
PATIENCE = 60_000
"""Milliseconds."""
FOCUSED = (
    "([place, group]) => { const at = document.activeElement; return at === place || (!!group && at.name === group) }"
)
TOLD = "#told p.notice"
PROPERTY = "page task"
WAYS = {
    "pointer": (False, True),
    "keyboard": (True, True),
    "pointer, no scripts": (False, False),
    "keyboard, no scripts": (True, False),
}
"""Whether by keyboard alone, and whether scripts run, by what it is called."""


class Done(NamedTuple):
    """What a task took: steps, presses of keys (none by pointer), and seconds of browser and server together."""

    role: str
    task: str
    way: str
    steps: int
    keys: int
    seconds: float


@dataclass
class Hand:
    """Somebody at a page.

    Attributes:
        page: what they look at.
        alone: whether they have the keyboard alone.
        steps: what they did to links, buttons and fields.
        keys: the keys that were pressed for it.
    """

    page: Any
    alone: bool
    steps: int = 0
    keys: int = 0

    def press(self, wanted, until):
        """Follow a link, or press a button, and wait for what is to be seen then."""
        if self._reach(wanted):
            self._type("Enter")
        else:
            self.page.locator(wanted).first.click()
        self.page.wait_for_selector(until, state="visible")

    def unfold(self, wanted):
        """Open what is folded together."""
        self.press(f"{wanted} > summary", f"{wanted}[open]")

    def choose(self, wanted):
        """Choose one of several answers: the tabulator leads to the group, and arrows within it."""
        name, value = (self.page.locator(wanted).get_attribute(part) for part in ("name", "value"))
        if not self._reach(wanted, name):
            self.page.locator(wanted).check()
            return
        self._type("Space")
        while self.page.evaluate("() => document.activeElement.value") != value:
            self._type("ArrowDown")
        assert self.page.locator(wanted).is_checked()

    def write(self, wanted, text):
        """Write into a field, in place of what stands there."""
        if not self._reach(wanted):
            self.page.locator(wanted).fill(text)
            return
        self._type("Control+A")
        self.page.keyboard.type(text)
        self.keys += len(text)

    def pick(self, wanted, value):
        """Pick one of a list by the beginning of its name."""
        if not self._reach(wanted):
            self.page.locator(wanted).select_option(value)
            return
        name = self.page.locator(f"{wanted} option[value='{value}']").inner_text()
        self.page.keyboard.type(name)
        self.keys += len(name)
        assert self.page.locator(wanted).input_value() == value

    def _reach(self, wanted, group=""):
        """Go there by the tabulator, where there is nothing but the keyboard; of a group to whichever has its turn."""
        self.steps += 1
        if self.alone:
            place = self.page.locator(wanted).first.element_handle()
            for _ in range(MOST_KEYS):
                self._type("Tab")
                if self.page.evaluate(FOCUSED, [place, group]):
                    return True
            raise AssertionError(f"the keyboard does not reach {wanted}")
        return False

    def _type(self, key):
        self.page.keyboard.press(key)
        self.keys += 1


# --- citizen ---------------------------------------------------------------------------------------------------------


def read_why(hand):
    """Read why a programme is shown, in full"""
    hand.press("a[href='/citizen/why/t.women']", "article.card > details")
    hand.unfold("article.card > details")
    assert hand.page.locator("details li").first.inner_text()


def answer_a_question(hand):
    """Answer the question on the page"""
    if hand.page.locator("form[action='/citizen/answer'] input[type=radio]").count():
        hand.choose("form[action='/citizen/answer'] label:first-of-type input[type=radio]")
    else:
        hand.write("form[action='/citizen/answer'] input[name=answer]", "20000000")
    hand.press("form[action='/citizen/answer'] button[value='']", TOLD)
    assert "Saved" in hand.page.inner_text(TOLD)


def say_not_for_me(hand):
    """Say that a programme is not for me"""
    card = "article.card:has(a[href='/citizen/why/t.women']) details"
    hand.unfold(card)
    hand.press(f"{card} button[value=decline]", TOLD)


def say_a_fact_is_wrong(hand):
    """Say that what a register says is wrong"""
    hand.press("a[href='/citizen/household']", "a[href='/citizen/fact/region']")
    hand.press("a[href='/citizen/fact/region']", "select[name=answer]")
    hand.pick("select[name=answer]", "26110")
    hand.write("#note", "I moved in May")
    hand.press("form[action='/citizen/claim'] button", "main table")
    assert "correction" in hand.page.inner_text("main").lower()


def take_consent_back(hand):
    """Stop that a model orders what I see"""
    hand.press("a[href='/citizen/consents']", "form:has(input[value=ranking])")
    hand.press("form:has(input[value=ranking]) button[value=no]", TOLD)
    assert "Stopped" in hand.page.inner_text(TOLD)


# --- auditor ---------------------------------------------------------------------------------------------------------


def follow_a_number(hand):
    """Follow a number to its entry and proof"""
    hand.press("main a[href='/auditor/entries/2']:visible", "a[href='/auditor/entries/2/proof']")


def check_the_ledger(hand):
    """Check the whole ledger"""
    hand.press("nav a[href='/auditor/ledger']", "#check button")
    hand.press("#check button", "#result .card.yes")


def draw_decisions(hand):
    """Draw decisions and make them again"""
    hand.press("nav a[href='/auditor/decisions']", "#seed")
    hand.write("#seed", "7")
    hand.press("form[action='/auditor/decisions'] button", "section .card.yes")


def read_a_run(hand):
    """Read what a training run claimed"""
    hand.press("nav a[href='/auditor/runs']", "details.use")
    hand.press("details.use p a", "a[href$='/proof']")


def take_the_table_home(hand):
    """Take the table of spends home"""
    hand.press("nav a[href='/auditor/files']", "a[href='/auditor/files/spends.csv']")
    with hand.page.expect_download() as told:
        hand.press("a[href='/auditor/files/spends.csv']", "main")
    assert told.value.suggested_filename == "spends.csv"


# --- agency ----------------------------------------------------------------------------------------------------------


def find_a_programme(hand):
    """Find a programme by the name of its agency"""
    hand.write("#agency", hand.page.locator("main h2").first.inner_text()[:4])
    hand.press("form[action='/agency'] button", "a[href='/agency/programmes/t.baby']")
    hand.press("a[href='/agency/programmes/t.baby']", "article.card")


def see_what_bars(hand):
    """See what a programme cannot be had with"""
    hand.press("a[href='/agency/programmes/t.baby']", "article.card")
    hand.press("a[href='/agency/programmes/t.seoul']", "a[href='/agency/programmes/t.baby']")


def try_a_wording(hand):
    """Try a wording"""
    hand.press("nav a[href='/agency/try']", "#text")
    hand.write("#text", "65세 이상 노인")
    hand.press("form[action='/agency/try'] button", "#tried .card.yes")


def see_what_is_not_read(hand):
    """See which words of a sentence are not read"""
    hand.press("nav a[href='/agency/try']", "#text")
    hand.write("#text", "시장이 특별히 살핀 사람")
    hand.press("form[action='/agency/try'] button", "#tried blockquote")


def read_it_in_korean(hand):
    """Read a programme in Korean"""
    hand.press("a[href='/agency/programmes/t.baby']", "article.card")
    hand.press("nav.languages a[lang=ko]", "html[lang=ko]")


# --- caseworker ------------------------------------------------------------------------------------------------------


def confirm_a_review(hand):
    """Read the reasons of an answer, and confirm it"""
    hand.press("a[href^='/caseworker/requests/']:has-text('ann')", "#note")
    hand.press("a[href$='#reasons']", "#reasons li")
    hand.choose("input[value=no]")
    hand.write("#note", "The rules are clear")
    hand.press("form:has(#note) button", TOLD)


def accept_a_claim(hand):
    """Accept a claim"""
    hand.press("a[href^='/caseworker/requests/']:has-text('ben')", "#note")
    hand.choose("input[value=yes]")
    hand.write("#note", "The register was late")
    hand.press("form:has(#note) button", TOLD)


def look_somebody_up(hand):
    """Look up somebody who agreed"""
    hand.press("nav a[href='/caseworker/people']", "#citizen")
    hand.write("#citizen", "ann")
    hand.press("form:has(#citizen) button", "article.card")


def say_it_was_brought(hand):
    """Say that a message was brought"""
    hand.press("nav a[href='/caseworker/bring']", "form:has(input[name=message])")
    hand.press("form:has(input[name=message]) button", TOLD)


def see_the_habits(hand):
    """See how answers were confirmed"""
    hand.press("nav a[href='/caseworker/habits']", "main p")


TASKS = {
    "citizen": (read_why, answer_a_question, say_not_for_me, say_a_fact_is_wrong, take_consent_back),
    "auditor": (follow_a_number, check_the_ledger, draw_decisions, read_a_run, take_the_table_home),
    "agency": (find_a_programme, see_what_bars, try_a_wording, see_what_is_not_read, read_it_in_korean),
    "caseworker": (confirm_a_review, accept_a_claim, look_somebody_up, say_it_was_brought, see_the_habits),
}


def site_for(role, engine, folder):
    """The application in which the tasks of a role are done."""
    if role == "citizen":
        return site_of(engine, desk_of(folder, engine), lambda: NOW)
    return office_site(folder, engine).app


def tasks_done(browser, address, role, way):
    """Do the tasks of a role one after another, each from their first page on; gives what each took."""
    alone, scripts = WAYS[way]
    page = tab_of(browser, address, role, scripts=scripts)
    page.set_default_timeout(PATIENCE)
    for task in TASKS[role]:
        page.goto(f"{address}/{role}?language=en")
        hand, began = Hand(page, alone), time.monotonic()
        task(hand)
        yield Done(role, task.__doc__, way, hand.steps, hand.keys, time.monotonic() - began)
    page.context.close()
