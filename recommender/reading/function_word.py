"""Function word: the particles, endings and small words of Korean that join, close or turn round what they follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from recommender.reading.lexeme import LexemeKind

__all__ = ["AFTER", "ALONE", "BRACKET_MARK", "CLOSING", "PUNCTUATION"]

K = LexemeKind
BRACKET_MARK: Final = "\ue000"
"""Stands in a statement for a bracket, whose words are read by themselves."""

CLOSING: Final = (
    *("중", "중에서", "중에", "가운데", "로서", "으로서", "이면서", "면서", "이고", "이며", "이자"),
    *("자로서", "으로써", "로써", "인자로서", "된자로", "한자로", "자로", "+"),
)
"""What closes a noun: of those, as, who are also."""


def _as(kind: LexemeKind, words: str) -> dict[str, LexemeKind]:
    return dict.fromkeys(words.split(), kind)


_NOT: Final = _as(
    K.NOT,
    """
        이아닌 가아닌 아닌 아니고 이외 외 외의 이외의 제외 는제외 은제외 를제외한 을제외한 을제외하고 를제외하고
        제외한 제외함 제외됨 제외대상 이없는 가없는 없는 없고 없이 없을것 이없고 가없고 이없을것 하지않는 하지않은
        되지않은 되지않는 않은 않는 불가 불가능 은불가 는불가 지원불가 신청불가 에해당하지않는 에해당하지아니하는
        해당하지않는 지원제외 받지않는 받지않은 받지않고있는 미수급 미해당 미만자 중지 탈락 탈락자 미등록 없음
        이없음 이력이없는
        """,
)
AFTER: Final[Mapping[str, LexemeKind]] = (
    _as(
        K.NEUTRAL,
        """
        하는 한 된 되는 되어있는 있는 둔 두고있는 해온 하고있는 중인 인 이신 이어야함 여야함 이어야한다 해야함
        하여야함 하여야한다 있어야함 일것 할것 될것 임 함 됨 에 에서 으로 로 까지 부터 만 도 께 등록된 중 에만 이상
        상 내 내에 에서의 간 당 별 자격을 에대한 에게만 된경우 한경우 인경우 하는경우 있는경우 두고있는경우
        되어있는경우 하고있는경우 하였을것 되어있을것 두고있을것 하고있을것 되어있어야함 되어야함 하고있어야함
        이라면 에한함 에한하여 에한해 만해당 두고있어야함 들 로만 인자로 이상인 이하인 미만인 입니다 이다 합니다
        입니다. 분들 여러분 이었던 였던
        """,
    )
    | _as(
        K.AND,
        """
        으로서 로서 으로써 로써 이면서 면서 이고 이며 이자 인자로서 하고 하며 하면서 하여 되고 되며 되어 있고 있으며
        있으면서 두고 두며 하였으며 하였고 두고있고 두고있으며 이어야하며 이어야하고 여야하며 어야하며 있어야하며
        있어야하고 하고있으며 하고있고 되어있으며 되어있고 된자로 한자로 자로서 자로 중에서 중에
        """,
    )
    | _as(K.OR, "또는 혹은 이거나 거나 이나 나 과 와 하거나 되거나 있거나 및")
    | _NOT
    | _as(
        K.SUBJECT, "은 는 이 가 께서 에게는 모두가 중1인이 중한명이 본인이 중1인이상이 중1명이 중한명이상이 중한사람이"
    )
    | _as(K.OBJECT, "을 를 에게 대상으로 을대상으로 를대상으로 를위한 을위한 을위해 를위해")
    | _as(K.OF, "의")
    | _as(K.ETC, "등 등의")
)
"""What may follow a known word without a blank."""

ALONE: Final[Mapping[str, LexemeKind]] = (
    _as(
        K.AND,
        """
        중 중에서 가운데 이면서 이고 이며 로서 으로서 그리고 하고 있고 있으며 두고 하며 되고 되어 하여 하면서
        되어있고 되어있으며 면서 두고있고 이자 두고있으며 하고있고 하고있으며 자로서 자로
        """,
    )
    | _as(K.OR, "및 또는 혹은 이거나 내지 이나 거나 과 와")
    | _as(K.ETC, "등 등의 등에 등을 등이 등은 등으로 등과 등에게")
    | _NOT
    | _as(K.OF, "의")
    | _as(
        K.NEUTRAL,
        """
        하는 한 된 되는 있는 둔 두고있는 하고있는 되어있는 인 이신 일것 할것 함 됨 임 이어야함 중인 있어야함
        되어야함 하여야함 여야함 해온 있을것 하였을것 되어있을것 두고있을것 되어있어야함 해야함 에한함 입니다
        """,
    )
)
"""What stands by itself between blanks."""

PUNCTUATION: Final[Mapping[str, LexemeKind]] = (
    dict.fromkeys(",·/;、&", K.OR)
    | dict.fromkeys(".:-'!<>[]「」*\n~?※()", K.NEUTRAL)
    | {"+": K.AND, BRACKET_MARK: K.BRACKET}
)
