"""Letters become PDF with their letters embedded, or it is said what is missing."""

from __future__ import annotations

import re
import sys
import zlib

import pytest

from composition import paper
from features.problem import Rejected

PAGE = '<!doctype html><html lang="{0}"><head><title>{1}</title></head><body><p>{1}</p></body></html>'


@pytest.mark.slow
@pytest.mark.parametrize(("language", "text"), [("en", "Support"), ("ko", "부모급여")])
def test_a_page_becomes_a_pdf_with_subsets_of_its_fonts(language, text):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    if not paper.has_font(language):
        pytest.skip(f"no font has the letters of {language}")
    made = paper.pdf(PAGE.format(language, text), language)
    assert made.startswith(b"%PDF-")
    parts = [zlib.decompress(one) for one in re.findall(rb"stream\n(x.*?)\nendstream", made, re.DOTALL)]
    assert any(b"/FontFile" in part for part in parts)
    assert len(made) < 100_000  # a whole Korean font has megabytes


def test_a_missing_font_is_named_with_what_to_install(monkeypatch):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    monkeypatch.setattr(paper, "has_font", lambda _: False)
    with pytest.raises(Rejected) as refused:
        paper.pdf(PAGE.format("ko", "부모급여"), "ko")
    assert "fonts-nanum" in refused.value.problems[0].remedy


def test_without_pango_it_is_said_what_to_install(monkeypatch):
    class NoPango:
        def find_spec(self, name, *_):
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    with pytest.raises(Rejected) as refused:
        paper.pdf(PAGE.format("en", "Support"), "en")
    assert refused.value.problems[0].remedy == paper.PANGO
