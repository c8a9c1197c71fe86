"""What an operator sets for pages is refused where it cannot be used, before anything is served."""

from __future__ import annotations

import pytest

from composition.engines import EngineSettings, build_engine
from composition.page_service import PAGE_KEY, PAGE_THEME, citizens_to_be, identity_provider, page_seal, page_theme
from composition.settings import country_folder
from features.log.event_parser import parse_event
from features.problem import Rejected

NOW = 1_793_500_000


def test_a_secret_of_the_environment_opens_what_it_sealed_and_an_older_one_still_does(monkeypatch):
    old, new = "o" * 32, "n" * 32
    monkeypatch.setenv(PAGE_KEY, old)
    sealed = page_seal(dev=False).sealed("session", {"a": 1}, NOW)
    monkeypatch.setenv(PAGE_KEY, f"{new} {old}")
    assert page_seal(dev=False).opened("session", sealed, NOW, 10) == {"a": 1}
    monkeypatch.setenv(PAGE_KEY, new)
    assert page_seal(dev=False).opened("session", sealed, NOW, 10) is None


@pytest.mark.parametrize("secret", ["", "short", f"{'a' * 32} short"])
def test_without_a_whole_secret_nothing_is_sealed(monkeypatch, secret):
    monkeypatch.setenv(PAGE_KEY, secret)
    with pytest.raises(Rejected, match="is no secret"):
        page_seal(dev=False)


def test_in_dev_mode_a_secret_is_made_anew(monkeypatch):
    monkeypatch.delenv(PAGE_KEY, raising=False)
    sealed = page_seal(dev=True).sealed("session", {"a": 1}, NOW)
    assert page_seal(dev=True).opened("session", sealed, NOW, 10) is None


def test_a_style_sheet_is_read_whole_or_refused(monkeypatch, tmp_path):
    assert page_theme() == b""
    file = tmp_path / "theme.css"
    monkeypatch.setenv(PAGE_THEME, str(file))
    with pytest.raises(Rejected, match="is no style sheet"):
        page_theme()
    file.write_text(":root { --act: green }")
    assert page_theme() == b":root { --act: green }"


def test_without_a_provider_nobody_signs_in_elsewhere(monkeypatch):
    monkeypatch.delenv("PROFFER_OIDC_ISSUER", raising=False)
    assert identity_provider() is None


def test_of_whom_events_say_nothing_is_nobody_to_try_the_pages_as():
    engine = build_engine(EngineSettings(country=country_folder("fr")))
    born = parse_event(
        {
            "specversion": "1.0", "id": "1", "source": "etat-civil", "subject": "anne", "type": "life.child_born",
            "time": "2026-10-20T09:00:00+02:00", "recordedtime": "2026-10-22T10:00:00+02:00",
            "data": {"about": [{"person": "kid", "role": "child"}]},
        },
        engine.declaration,
    )  # fmt: skip
    found = list(citizens_to_be(engine, {"anne": [born], "kid": [born], "nobody": []}))
    assert [one.subject for one in found] == ["anne"]
