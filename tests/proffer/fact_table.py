"""The table of docs/facts.md that says what facts follow from; `python -m tests.proffer.fact_table` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from composition.reading import read_declaration
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import Fact, Selector, State
from features.value import UNKNOWN

PAGE = Path(__file__).parents[2] / "docs/facts.md"
BEGIN, END = "| fact | follows from |\n| --- | --- |\n", "\n## Another declaration"


def table() -> str:
    """The rows of every fact that follows from an event or hangs on another."""
    declaration = read_declaration()
    rows = [(name, "; ".join(_chain(declaration, fact))) for name, fact in declaration.facts.items()]
    return "".join(f"| {name} | {chain} |\n" for name, chain in rows if chain)


def _chain(declaration: Declaration, fact: Fact) -> Iterator[str]:
    if fact.tally:
        begins, ends = (_named(declaration, signals) for signals in (fact.tally.begins, fact.tally.ends))
        over = f", told apart by `{fact.tally.begins[0].over}`" if fact.tally.begins[0].over else ""
        yield f"counted: {begins} begins one, {ends} ends one{over}"
    by_outcome: dict[str, list[Selector]] = {}
    for state in fact.states:
        by_outcome.setdefault(_outcome(fact, state), []).append(state.signal)
    for outcome, signals in by_outcome.items():
        yield outcome.format(_named(declaration, signals))
    if fact.adds:
        yield f"{_named(declaration, fact.adds)} adds a date"
    if fact.only_while:
        yield f"false while `{fact.only_while[0]}` is {_shown(1 - fact.only_while[1])}"
    if fact.ends_with:
        yield f"over when an event makes `{fact.ends_with}` false"
    if not fact.exhaustive:
        yield "that none happened proves nothing"


def _outcome(fact: Fact, state: State) -> str:
    """What a state makes of the fact, `{}` being the events."""
    gives = "its own value" if state.gives is None else _shown(state.gives, fact)
    text = f"**{gives}** from {{}}"
    if state.changes:
        text += f" where it changes `{state.changes}`"
    if state.lapse is None:
        return text
    after = "as if it had never been" if state.then is None else _shown(state.then, fact)
    return f"{text} for {state.lapse}, then {after}"


def _shown(value: int, fact: Fact | None = None) -> str:
    if value == UNKNOWN:
        return "unknown"
    if fact is not None and fact.type != "boolean":
        return "that day" if fact.type == "date" and value < UNKNOWN + 2 else str(fact.decode(value))
    return "true" if value else "false"


def _named(declaration: Declaration, signals: tuple[Selector, ...] | list[Selector]) -> str:
    return ", ".join(dict.fromkeys(_event(declaration, signal) for signal in signals))


def _event(declaration: Declaration, signal: Selector) -> str:
    if signal.where is None:
        return f"`{signal.event}`"
    field, value = signal.where
    return f"`{signal.event}` ({field} {str(declaration.events[signal.event].fields[field].decode(value)).lower()})"


def written() -> str:
    """The page with the table as it should be."""
    before, rest = PAGE.read_text().split(BEGIN, 1)
    return before + BEGIN + table() + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    PAGE.write_text(written())
