"""The service's first page is one well-formed page without scripts in each language, and tells what is so."""

import pytest

from rendering import welcome_page
from rendering.page import page
from tests.recommender.catalogues import MESSAGES
from tests.rendering.test_privacy_page import Reader

SAYS = {language: MESSAGES.speaking(language) for language in ("en", "ko")}


def shown(language: str = "en", *, model: bool = False, dev: bool = False, pages: bool = False) -> str:
    return page(welcome_page.TEMPLATE, welcome_page.view(language, SAYS, 11_000, model=model, dev=dev, pages=pages))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_whole_and_carries_no_script(language):
    html = shown(language)
    tags = {tag for tag, _ in Reader(html).read}
    assert {"main", "h1", "table", "nav", "a"} <= tags
    assert "script" not in tags
    assert "11,000" in html


def test_the_page_says_what_orders_and_who_may_call():
    assert "in the order of the rules alone" in shown()
    assert "in the order of a model" in shown(model=True)
    assert "needs a token" in shown()
    assert "needs no token" in shown(dev=True)


def test_each_language_is_offered_in_its_own_words():
    for language in SAYS:
        assert '<a href="?language=ko" lang="ko" hreflang="ko">한국어</a>' in shown(language)


def test_the_pages_for_people_are_named_where_there_are_some():
    assert '<a href="citizen">' in shown(pages=True)
    assert "citizen" not in shown()
