"""A page escapes every value, refuses what its template misses, and is styled for paper too."""

import subprocess
import sys

import pytest
from jinja2 import UndefinedError

from rendering.page import page

TEXTS = {"language": "en", "title": "T", "source": [], "populations": [], "limits": [], "check": []}
TEXTS |= {"audited": "", "seen": []}
WHOLE = TEXTS | {"say": str, "signed": {"heads": [], "rows": []}}
ATTACK = "<script>alert('1')</script>\" onload=\"x"


@pytest.mark.parametrize("name", ["language", "title"])
def test_a_value_is_escaped_in_text_and_in_an_attribute(name):
    html = page("privacy_report.html", WHOLE | {name: ATTACK})
    assert "<script" not in html
    assert 'onload="' not in html
    assert "&lt;script&gt;" in html


def test_characters_that_turn_or_hide_text_are_shown_as_such():
    html = page("privacy_report.html", WHOLE | {"title": "offers \u202eelif\u200b \u00e9\u00a0\uae00"})
    assert "\u202e" not in html
    assert "offers \ufffdelif\ufffd \u00e9\u00a0\uae00" in html


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_variable_that_is_missing_is_refused(name):
    with pytest.raises(UndefinedError, match=name):
        page("privacy_report.html", {key: value for key, value in WHOLE.items() if key != name})


def test_a_key_that_is_missing_inside_a_value_is_refused():
    with pytest.raises(UndefinedError, match="rows"):
        page("privacy_report.html", WHOLE | {"signed": {"heads": []}})


def test_it_has_a_style_for_paper():
    style = page("privacy_report.html", WHOLE).partition("<style>")[2].partition("</style>")[0]
    assert "@media print {" in style
    assert style.count("{") == style.count("}")


def test_jinja_is_loaded_only_when_a_page_is_made():
    code = "import sys, rendering.privacy_page, rendering.page\nassert 'jinja2' not in sys.modules"
    code += f"\nsigned = {WHOLE['signed']!r}\nmade = dict({TEXTS!r}, say=str, signed=signed)"
    code += "\nrendering.page.page('privacy_report.html', made)\nassert 'jinja2' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
