"""What the documents say is complete and runs."""

import argparse
import importlib
import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml

from composition import reading
from features.calendar import day_of
from features.log.event_parser import parse_event
from features.log.statement import encode_facts
from proffer import cli
from recommender.rules.programme_reader import parse_programme
from tests.architecture.test_layers import MEGABYTES, measured
from tests.proffer import fact_table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def read(name):
    return (DOCS / name).read_text(encoding="utf-8")


def sections():
    """The text of docs/cli.md under each verb's heading, and that on options which several verbs share."""
    parts = re.split(r"^## ", read("cli.md"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].removeprefix("proffer "): part for part in parts}


def flags(parser):
    """Every option of a parser and of its actions' parsers."""
    for action in parser._actions:
        yield from (option for option in action.option_strings if option not in ("-h", "--help"))
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from flags(inner)


def test_every_verb_has_a_section_and_every_section_a_verb():
    assert list(sections()) == ["Every verb", *cli.VERBS]


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_flag_of_a_verb_is_documented_under_it(verb):
    section, shared = sections()[verb], sections()["Every verb"]
    everywhere = {"--home", "--json", "--no-progress"}
    found = set(flags(cli.parser_of(verb, importlib.import_module(cli.module_of(verb)))))
    missing = [flag for flag in found if f"`{flag}" not in (shared if flag in everywhere else section)]
    assert sorted(missing) == []


@pytest.mark.parametrize("verb", cli.VERBS)
def test_no_flag_is_documented_that_a_verb_does_not_have(verb):
    found = set(flags(cli.parser_of(verb, importlib.import_module(cli.module_of(verb)))))
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", re.sub(r"`proffer [^`]*`", "", sections()[verb])))
    assert named - found - {"--json"} == set()


def test_no_placeholder_is_left_in_a_document():
    pages = [*DOCS.glob("*.md"), *ROOT.glob("*.md")]
    assert [page.name for page in pages if "<!--" in page.read_text(encoding="utf-8")] == []


def test_every_link_between_documents_leads_somewhere():
    links = [
        (page, target)
        for page in [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("examples/*.md")]
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    ]
    local = [(page, target) for page, target in links if "://" not in target]
    assert [(page.name, target) for page, target in local if not (page.parent / target).exists()] == []


def test_what_each_fact_follows_from_is_written_as_it_is_declared():
    assert fact_table.PAGE.read_text() == fact_table.written(), "write it anew: python -m tests.proffer.fact_table"


@pytest.mark.parametrize(("page", "names"), [("events.md", "events"), ("facts.md", "facts")])
def test_every_shipped_event_type_and_fact_is_documented(page, names):
    text = read(page)
    assert [name for name in getattr(reading.read_declaration(), names) if f"| `{name}` |" not in text] == []


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)


def test_the_events_shown_are_events():
    declaration = reading.read_declaration()
    shown = [json.loads(block) for block in blocks(read("events.md"), "json")]
    assert [parse_event(event, declaration).id for event in shown] == ["b-2026-000123", "fix-1"]


def test_the_events_shown_are_lines_of_the_file_that_the_page_names():
    lines = (ROOT / "examples" / "events.ndjson").read_text(encoding="utf-8").splitlines()
    assert [block.rstrip("\n") for block in blocks(read("events.md"), "json")] == lines[1:3]
    declaration = reading.read_declaration()
    assert len({parse_event(json.loads(line), declaration).id for line in lines}) == len(lines) == 4


def test_the_facts_shown_are_facts():
    shown, household = [json.loads(block) for block in blocks(read("facts.md"), "json")]
    declaration = reading.read_declaration()
    for facts in (shown, household):
        assert encode_facts(facts, declaration, day_of(date(2026, 11, 28))).keys() == facts.keys()


def test_the_programme_shown_is_a_programme():
    shown, *_ = [yaml.safe_load(block) for block in blocks(read("programmes.md"), "yaml")]
    programme = parse_programme(shown, "docs/programmes.md", reading.read_declaration(), reading.read_regions())
    assert programme.id == "kr.first-meeting-voucher"


def test_every_layer_stands_in_the_table_of_sizes_with_what_was_measured():
    """The figures themselves are held by tests/architecture/test_layers.py, which installs each layer."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    page = read("install.md")
    assert [name for name in extras if name not in ("bench", "dev") and f"proffer.whl[{name}]'` |" not in page] == []
    assert measured().keys() == {"", *MEGABYTES}
    assert [name for name, (_, megabytes) in measured().items() if megabytes > MEGABYTES[name]] == []
