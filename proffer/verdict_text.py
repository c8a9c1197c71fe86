"""Verdict text: verdicts, titles and questions as people read them on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from composition import terminal
from features.calendar import date_of
from recommender.standing import DEPENDS, LIKELY, NO, STANDINGS, YES, standing
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.messages import Messages, Value
    from recommender.rules.clause import Source
    from recommender.rules.programme import Programme
    from recommender.rules.question_form import Question
    from recommender.rules.rule_text import RuleText
    from recommender.rules.verdict import Reason, Verdict


@dataclass(frozen=True)
class Screen:
    """What text on a terminal is written with.

    Attributes:
        language: the language of the text.
        messages: the messages of the country.
        names: tells what facts and receipts are called.
        programmes: the programmes of the catalogue, by id.
        columns: the widest a line may be.
        why: whether ids, names of facts and weights are shown, for who checks the rules.
    """

    language: str
    messages: Messages
    names: RuleText
    programmes: Mapping[str, Programme]
    columns: int = terminal.READABLE
    why: bool = False

    def say(self, key: str, /, **values: Value) -> str:
        """Return a message."""
        return self.messages.said(self.language, key, **values)

    def read(self, text: Text) -> str:
        """Return a text of the catalogue; what is only in another language is marked as a quotation."""
        return self.messages.read(text, self.language)

    def sentence(self, text: Text) -> str:
        """Return a text as a sentence: with a capital and a full stop where it has neither."""
        said = self.read(text)
        return f"{said[:1].upper()}{said[1:]}{'' if said.endswith(_ENDS) else '.'}" if said else ""

    def title(self, programme: str) -> str:
        """Return the title of a programme by its id, with the id where ids are wanted."""
        if programme not in self.programmes:
            return programme
        title = self.read(self.programmes[programme].title)
        return f"{title} [{programme}]" if self.why else title

    def labels(self, facts: Iterable[str]) -> str:
        """Return what several facts are called, as a list."""
        return ", ".join(self.read(self.names.label(fact)) for fact in facts)

    def lines(self, text: str, indent: str = "") -> list[str]:
        """Lay out running text."""
        return terminal.wrap(text, min(self.columns, terminal.READABLE), indent)


_CITES = ": “"  # what a law is called stands before, what it says after
_ENDS = (".", "?", "!", ":", ")", "”", '"')


def screen_of(engine: Engine, day: date, language: str, why: bool = False) -> Screen:
    """Return what writes text about an engine's answers on a day."""
    names, programmes = engine.compiled(day).rule_text, engine.catalogue.by_id
    return Screen(language, engine.messages, names, programmes, terminal.columns(), why)


def verdicts_text(
    day: date, verdicts: Sequence[Verdict], asks: Sequence[Question], screen: Screen, rows: int | None
) -> str:
    """All verdicts: counts, the first `rows` (None for all) of each standing but no, and what to ask next."""
    groups = _grouped(verdicts)
    parts = [_counts(day, groups, screen)]
    for name in (YES, LIKELY):
        parts += _group(screen.say(f"screen.{name}"), groups[name], screen, rows)
    open_ones = sorted(
        groups[DEPENDS], key=lambda one: (any(map(screen.names.is_sensitive, one.missing)), len(one.missing))
    )
    parts += _group(screen.say(f"screen.{DEPENDS}"), open_ones, screen, rows)
    return "\n".join([*parts, *questions(asks, screen)])


def refusals_text(day: date, verdicts: Sequence[Verdict], screen: Screen, rows: int | None) -> str:
    """The first `rows` (None for all) of what the rules exclude, each with why not."""
    groups = _grouped(verdicts)
    # what is of one place is asked about by nobody who lives in another
    near = sorted(groups[NO], key=lambda one: screen.programmes[one.programme.id].provider.level != "national")
    return "\n".join([_counts(day, groups, screen), *_group(screen.say("screen.no"), near, screen, rows)])


def _grouped(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    groups: dict[str, list[Verdict]] = {name: [] for name in STANDINGS}
    for verdict in verdicts:
        groups[standing(verdict)].append(verdict)
    return groups


def _counts(day: date, groups: Mapping[str, Sequence[Verdict]], screen: Screen) -> str:
    counts = {name: len(found) for name, found in groups.items()}
    said = screen.say("screen.counts", day=day, total=sum(counts.values()), **counts)
    return "\n".join(screen.lines(said))


def _group(head: str, verdicts: Sequence[Verdict], screen: Screen, rows: int | None) -> list[str]:
    if not verdicts:
        return []
    unmet = standing(verdicts[0]) == NO  # what the rules ask for is told, not what the person has
    heads = [screen.say("screen.head.title"), screen.say(f"screen.head.{'unmet' if unmet else 'because'}")]
    table = [[screen.title(one.programme.id), " ".join(reasons(one, screen))] for one in verdicts[:rows]]
    said = [terminal.strong(line) for line in screen.lines(head)]
    lines = ["", *said, terminal.table(heads, table, most=screen.columns)]
    left = len(verdicts) - len(table)
    return [*lines, *screen.lines(screen.say("screen.more", count=left))] if left else lines


def reasons(verdict: Verdict, screen: Screen) -> list[str]:
    """Why a verdict is as it is, each a whole sentence, the one that matters most first."""
    if standing(verdict) == DEPENDS:
        return [screen.say("screen.needs", facts=open_points(verdict, screen))]
    told = [screen.sentence(one.text) for one in in_order(verdict)]
    return list(dict.fromkeys(told))


def in_order(verdict: Verdict) -> list[Reason]:
    """The reasons of a verdict; what is true of nearly every programme, and of its source, comes last."""
    return sorted(verdict.because, key=lambda one: one.cause == "doubtful_source" and not one.advised)


def open_points(verdict: Verdict, screen: Screen) -> str:
    """What a standing depends on: the facts to be asked, else the criterion that speaks against it."""
    asked = dict.fromkeys(name for reason in verdict.because for name in reason.asks)
    facts = verdict.missing or tuple(asked)
    if facts:
        return screen.labels(facts)
    against = next((one for one in verdict.because if one.advised), verdict.because[0])
    return screen.read(against.text)


def source_line(source: Source | None, screen: Screen) -> str:
    """Where a rule can be looked up, by address or else in words, and when somebody last did; nothing if nowhere."""
    if source is None or (source.url is None and source.text is None):
        return ""
    pairs = () if source.text is None else source.text.pairs
    cited = Text.of({language: words.partition(_CITES)[0] for language, words in pairs})
    where = source.url or screen.read(cited)
    if source.checked is None:
        return screen.say("screen.source", where=where)
    return screen.say("screen.source_checked", where=where, day=date_of(source.checked))


def not_asked(kinds: Mapping[str, int], screen: Screen) -> list[str]:
    """How many programmes are for kinds of applicant that nobody asked as; the answer to those says nothing."""
    named = ((screen.say(f"verdict.kind.{kind}"), count) for kind, count in kinds.items())
    listed = ", ".join(screen.say("screen.of_kind", kind=kind, count=count) for kind, count in named)
    return ["", *screen.lines(screen.say("screen.not_asked", kinds=listed))] if kinds else []


def questions(asks: Sequence[Question], screen: Screen) -> list[str]:
    """The questions to ask next, one a line, and how to leave one unanswered."""
    if not asks:
        return []
    lines = ["", terminal.strong(screen.say("screen.ask_next"))]
    for ask in asks:
        words = ask.question.get(screen.language, ask.fact)
        lines += screen.lines(words + named(ask.fact, screen, bool(ask.boxes)) + voluntary(ask, words, screen), "  ")
        for fact, text in ask.boxes.items():
            lines += screen.lines(text.get(screen.language, fact) + named(fact, screen), "    [ ] ")
    lines += screen.lines(screen.say("screen.otherwise"), "  ")
    return lines + (screen.lines(screen.say("screen.otherwise_file"), "  ") if screen.why else [])


def named(fact: str, screen: Screen, several: bool = False) -> str:
    """The name of a fact in a facts file, where names are wanted."""
    return f" ({fact})" if screen.why and not several else ""


def voluntary(ask: Question, words: str, screen: Screen) -> str:
    """Say that nobody need answer a sensitive question, where its own words in brackets or a sentence do not."""
    told = not ask.sensitive or words.endswith((")", "."))
    return "" if told else f" {screen.say('screen.voluntary')}"
