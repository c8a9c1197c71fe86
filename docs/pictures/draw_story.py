"""Draws the story of a demo in each language: `proffer demo --json > d.json`, then `python draw_story.py d.json`."""

import html
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILES = {"en": "story.svg", "ko": "story.ko.svg"}
WIDE, LINE, LEFT, DAY = 880, 24, 150, 24
CHAPTERS, OFFERS = 4, 3
WORDS = {
    "en": {
        "title": "What Proffer told one synthetic person, and when",
        "yes": "entitled",
        "likely": "likely",
        "depends": "depends on her answers",
        "board": "Without Proffer she had seen {shown} programmes on the notice board, and was granted {granted}.",
    },
    "ko": {
        "title": "Proffer가 가상의 한 사람에게 언제 무엇을 알려 주었는지",
        "yes": "받을 수 있음",
        "likely": "가능성 높음",
        "depends": "답변에 따라 달라짐",
        "board": "Proffer가 없었다면 그때까지 게시판에서 본 사업은 {shown}개, 받은 지원은 {granted}개입니다.",
    },
}
STYLE = (
    "text{font:15px system-ui,sans-serif;fill:#1a1a1a}"
    ".b{font-weight:600}.d{fill:#555}.t{font-size:18px;font-weight:600}"
    "@media(prefers-color-scheme:dark){.p{fill:#161b22}text{fill:#e6e6e6}.d{fill:#a0a0a0}}"
)
COLOURS = {"yes": "#2f855a", "likely": "#2b6cb0", "depends": "#b7791f"}


def main(source: Path) -> None:
    """Write the pictures beside this file."""
    story = json.loads(source.read_text(encoding="utf-8"))["story"]
    for language, name in FILES.items():
        (HERE / name).write_text(drawn(story, language), encoding="utf-8")


def drawn(story: Mapping[str, Any], language: str) -> str:
    """The picture as SVG: a line of time, what happened on the left of it, what she was told on the right."""
    words, rows, y = WORDS[language], [], 96
    told = [chapter for chapter in story["chapters"] if chapter["offers"]]
    told.sort(key=lambda chapter: all(offer["standing"] != "yes" for offer in chapter["offers"]))
    chapters = sorted(told[:CHAPTERS], key=lambda chapter: chapter["on"])
    top = y - 5
    for chapter in chapters:
        rows += _chapter(chapter, language, y)
        y += LINE * (1 + min(OFFERS, len(chapter["offers"]))) + LINE // 2
    board = words["board"].format(shown=story["board"]["shown"], granted=len(story["board"]["granted"]))
    last = f'<text class="d" x="24" y="{y + 14}">{story["until"]}. {html.escape(board)}</text>'
    line = f'<line x1="{LEFT - 16}" x2="{LEFT - 16}" y1="{top}" y2="{y - 16}" stroke="#bbb" stroke-width="2"/>'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {y + 36}" role="img">',
        f"<title>{html.escape(words['title'])}</title><style>{STYLE}</style>",
        '<rect class="p" width="100%" height="100%" rx="8" fill="#f6f8fa"/>',
        f'<text class="t" x="24" y="38">{html.escape(words["title"])}</text>',
        f'<text class="d" x="24" y="62">{html.escape(story["introduction"][language])}</text>',
    ]
    return "\n".join([*head, line, *rows, last, "</svg>"]) + "\n"


def _chapter(chapter: Mapping[str, Any], language: str, y: int) -> Iterator[str]:
    happened = html.escape(chapter["title"].get(language, chapter["event"]))
    yield f'<circle cx="{LEFT - 16}" cy="{y - 5}" r="6" fill="#1a1a1a"/>'
    yield f'<text class="d" x="{DAY}" y="{y}">{chapter["on"]}</text>'
    yield f'<text class="b" x="{LEFT}" y="{y}">{happened}</text>'
    for place, offer in enumerate(chapter["offers"][:OFFERS], start=1):
        at = y + LINE * place
        title = html.escape(_in(offer["title"], language))
        standing = WORDS[language][offer["standing"]]
        colour = COLOURS[offer["standing"]]
        yield f'<circle cx="{LEFT + 8}" cy="{at - 5}" r="4" fill="{colour}"/>'
        yield f'<text x="{LEFT + 22}" y="{at}">{title}</text>'
        yield f'<text class="d" x="{WIDE - 24}" y="{at}" text-anchor="end">{standing}</text>'


def _in(text: Mapping[str, str] | str, language: str) -> str:
    return text if isinstance(text, str) else text.get(language) or next(iter(text.values()), "")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
