"""Recommendation text: what one person is recommended, as people read it on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from composition import terminal
from proffer.verdict_text import questions, titled

if TYPE_CHECKING:
    from recommender.offers.bundle import Bundle
    from recommender.offers.recommendation import Recommendation, Recommendations

_WIDTH = 100


def recommendations_text(found: Recommendations, language: str) -> str:
    """Recommendations in order, bundles, what is received or closed, and what to ask next."""
    order = "by the rules and the weights alone" if found.model is None else f"with model {found.model['name']}"
    document = found.to_json()
    parts = [f"As of {document['as_of']}: {found.total} to recommend, in order {order}."]
    for one in found.shown:
        parts += _recommendation(one, language)
    for bundle, written in zip(found.bundles, document["bundles"], strict=True):
        parts += _bundle(bundle, written["title"], language)
    if found.already:
        parts += ["", "Received already: " + ", ".join(titled(one, language) for one in found.already)]
    if found.closed:
        parts += ["", "Window closed: " + ", ".join(titled(one, language) for one, _ in found.closed)]
    return "\n".join([*parts, *questions(found.asks, language)])


def _recommendation(one: Recommendation, language: str) -> list[str]:
    document = one.to_json()
    certainty = "yes" if document["answer"] == "yes" else f"ask: {', '.join(document['missing']) or 'see the agency'}"
    lines = [f"\n{one.rank:>3}. {titled(one.programme, language)}  [{one.programme.id}]  {certainty}"]
    lines += [f"     {_in(part['text'], language)} ({part['contribution']:+.4f})" for part in document["why_rank"]]
    window = document["window"]["text"]
    return [*lines, f"     {terminal.clip(_in(window, language), _WIDTH)}"] if window else lines


def _in(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or next(iter(text.values()), "")


def _bundle(bundle: Bundle, title: Mapping[str, str], language: str) -> list[str]:
    documents = ", ".join(text.in_language(language) for text in bundle.documents) or "none"
    lines = [
        f"\nTogether, after: {_in(title, language) or bundle.event}",
        *(f"     {line}" for line in textwrap.wrap(", ".join(bundle.programmes), _WIDTH, break_on_hyphens=False)),
        f"     documents: {terminal.clip(documents, _WIDTH)}",
        f"     effort: about {bundle.effort_minutes} minutes in all",
    ]
    return lines + [f"     without {one.programme}: not together with {one.excluded_by}" for one in bundle.set_aside]
