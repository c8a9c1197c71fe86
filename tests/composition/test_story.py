import datetime
import json

import pyarrow
import pyarrow.parquet
import pytest

from composition import reading, story
from features.log.event_parser import parse_event
from features.problem import Rejected
from proffer.story_text import story_text
from recommender.engine import Engine
from recommender.rules.catalogue import catalogue

SINCE = datetime.datetime(2023, 11, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def declaration():
    return reading.read_declaration()


@pytest.fixture(scope="module")
def engine(declaration):
    """An engine with two programmes: one for a birth, one for everybody."""
    programmes = [
        programme("x.birth", {"fact": "youngest_child_months", "below": 12}, triggers=["life.child_born"]),
        programme("x.all", {"all": []}),
    ]
    regions = reading.read_regions()
    held = catalogue([(p["id"], p) for p in programmes], declaration, regions)
    return Engine(declaration, held, regions, reading.read_messages())


def programme(name, who, **parts):
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "provider": {"id": "x.office", "name": "X", "level": "national"},
        "category": "livelihood",
        "form": "cash",
        "who": who,
        "window": {"kind": "open_ended"},
        "source": {"url": "https://example.org/", "checked": "2026-11-01", "text": "x"},
        "verified": True,
        **parts,
    }


def event(number, kind, day, data=None, subject="c1", recorded=None):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "registry",
        "subject": subject,
        "type": kind,
        "time": f"{day}T03:00:00Z",
        "recordedtime": f"{recorded or day}T04:00:00Z",
        "data": data or {},
    }


def table(tmp_path, events):
    path = tmp_path / "events.parquet"
    columns = {name: [row[name] for row in events] for name in ("id", "source", "subject", "type")}
    columns["data"] = [json.dumps(row["data"]) for row in events]
    for name in ("time", "recordedtime"):
        columns[name] = pyarrow.array(
            [datetime.datetime.fromisoformat(row[name]) for row in events], pyarrow.timestamp("ms", tz="UTC")
        )
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


SEX = {"sex": "female"}
LIFE = [
    event(1, "fact.stated", "2023-11-02", SEX | {"children": []}),
    event(2, "life.moved", "2024-01-10", {"region": "11440"}),
    event(3, "life.child_born", "2024-03-01", recorded="2024-03-05"),
    event(4, "life.job_lost", "2024-06-01"),
    event(5, "benefit.shown", "2024-06-02", {"programme": "x.all", "position": 1, "channel": "web"}),
    event(6, "benefit.granted", "2024-07-02", {"programme": "x.birth", "amount": 5}),
]


def lived(declaration, events):
    return [parse_event(one, declaration, now=2**40) for one in events]


def tell(engine, declaration, events):
    since = int(SINCE.timestamp())
    return story.tell(engine, lived(declaration, events), "c1", since, datetime.date(2024, 12, 31))


def test_the_heroine_is_a_woman_who_had_a_child(tmp_path):
    others = [
        event(11, "fact.stated", "2023-11-02", {"sex": "male"}, subject="c0"),
        event(12, "life.child_born", "2024-03-01", subject="c0"),
        event(13, "fact.stated", "2023-11-02", SEX, subject="c2"),
        event(14, "life.moved", "2024-03-01", {"region": "11"}, subject="c2"),
    ]
    assert story.protagonist(table(tmp_path, [*LIFE, *others]), int(SINCE.timestamp())) == "c1"


def test_turns_before_the_log_knew_her_do_not_count(tmp_path):
    early = [
        event(21, "fact.stated", "2023-11-02", SEX, subject="c0"),
        event(22, "life.child_born", "2023-01-01", subject="c0"),
    ]
    assert story.protagonist(table(tmp_path, [*early, *LIFE]), int(SINCE.timestamp())) == "c1"


def test_without_anybody_there_is_no_story(tmp_path):
    empty = pyarrow.table(
        {
            "subject": pyarrow.array([], pyarrow.string()),
            "type": pyarrow.array([], pyarrow.string()),
            "recordedtime": pyarrow.array([], pyarrow.timestamp("ms", tz="UTC")),
            "data": pyarrow.array([], pyarrow.string()),
        }
    )
    pyarrow.parquet.write_table(empty, tmp_path / "none.parquet")
    with pytest.raises(Rejected, match="contain no people"):
        story.protagonist(tmp_path / "none.parquet", 0)


def test_each_turn_is_a_chapter_on_the_day_it_became_known(engine, declaration):
    told = tell(engine, declaration, LIFE)
    assert [(c["on"], c["event"]) for c in told["chapters"]] == [
        ("2024-01-10", "life.moved"),
        ("2024-03-05", "life.child_born"),
        ("2024-06-01", "life.job_lost"),
    ]
    assert [c["happened"] for c in told["chapters"]] == ["2024-01-10", "2024-03-01", "2024-06-01"]


def test_nothing_is_told_twice_and_what_the_event_brings_comes_when_it_happens(engine, declaration):
    told = tell(engine, declaration, LIFE)
    offers = [[offer["programme"] for offer in chapter["offers"]] for chapter in told["chapters"]]
    assert offers == [["x.all"], ["x.birth"], []]


def test_an_event_that_never_happened_is_no_chapter(engine, declaration):
    retraction = event(9, "event.retracted", "2024-08-01", {"source": "registry", "id": "e4"})
    told = tell(engine, declaration, [*LIFE, retraction])
    assert "life.job_lost" not in [chapter["event"] for chapter in told["chapters"]]


def test_nothing_sensitive_answers_an_event_that_has_nothing_to_do_with_it(declaration):
    victims = programme("x.victims", {"fact": "violence_victim", "is": True})
    settled = programme("x.settled", {"fact": "north_korean_defector", "is": True}, triggers=["life.moved"])
    assert declaration.facts["violence_victim"].sensitive
    assert declaration.facts["north_korean_defector"].sensitive
    regions = reading.read_regions()
    held = catalogue([(p["id"], p) for p in (victims, settled)], declaration, regions)
    told = tell(Engine(declaration, held, regions, reading.read_messages()), declaration, LIFE)
    offers = {chapter["event"]: [one["programme"] for one in chapter["offers"]] for chapter in told["chapters"]}
    assert offers == {"life.moved": ["x.settled"], "life.child_born": [], "life.job_lost": []}


def test_what_the_notice_board_brought_her_stands_beside_it(engine, declaration):
    told = tell(engine, declaration, LIFE)
    assert told["board"] == {"shown": 1, "applied": 0, "granted": [{"ko": "x.birth", "en": "x.birth"}]}


@pytest.mark.parametrize(
    ("language", "said", "day"),
    [("en", "she is synthetic.", "1 March 2024: A child was born (known on 5 March 2024)"),
     ("ko", "가상의 인물", "2024년 3월 1일: 자녀 출생(2024년 3월 5일에 알려짐)")],
)  # fmt: skip
def test_the_story_reads_in_both_languages(engine, declaration, language, said, day):
    text = story_text(tell(engine, declaration, LIFE), language, engine.messages)
    assert said in " ".join(text.split())
    assert day in text
    assert "x.birth" in text


def test_what_is_open_is_asked_and_not_told_as_a_reason(declaration):
    open_ = programme("x.open", {"fact": "worker", "is": True}, triggers=["life.moved"])
    regions = reading.read_regions()
    held = catalogue([("x.open", open_)], declaration, regions)
    engine = Engine(declaration, held, regions, reading.read_messages())
    text = story_text(tell(engine, declaration, LIFE), "en", engine.messages)
    assert "To be sure, ask: Are you employed?" in text
    assert "is employed" not in text


def test_the_story_is_plain_json(engine, declaration):
    told = tell(engine, declaration, LIFE)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
