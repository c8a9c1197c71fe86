"""What the report says to everybody, in English and in Korean; both say the same, sentence by sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Wording:
    """Every sentence of the page in one language; what stands in braces is filled in.

    Attributes:
        person, household: what was protected, by the unit of the budget.
        guess: how much, as a guess; `without` and `chance` are times in 100.
        states: by a spend's state, what became of it and whether it counts.
        did: by the kind of an entry that people signed, what they did.
    """

    language: str
    title: str
    source: str
    nothing: str
    for_whom: str
    what: str
    person: str
    household: str
    how_much: str
    guess: str
    measure: str
    spent: str
    cap: str
    caption: str
    uses: str
    uses_heads: tuple[str, str, str, str, str]
    no_uses: str
    states: dict[str, str]
    from_whom: str
    from_whom_text: str
    not_promised: str
    limits: tuple[str, ...]
    signed: str
    signed_heads: tuple[str, str, str, str, str]
    whole: str
    did: dict[str, str]
    check: str
    check_text: str


ENGLISH: Final = Wording(
    language="en",
    title="What was learned from people's data, and what it may have told about one of them",
    source="From the {entries} entries of the ledger {ledger}, the last of {day}.",
    nothing="No budget was opened yet: nothing was learned from anybody's data.",
    for_whom="People of {population}",
    what="What was protected",
    person="Everything the log holds about each person, all of it together: adding or leaving it out changes little.",
    household=(
        "Everything the log holds about each household, all of it together: adding or leaving it out changes little."
    ),
    how_much="How much",
    guess=(
        "Somebody who guesses whether your data were among these is right 50 times in 100 without any help, "
        "and at most {chance} times in 100 with everything that was released."
    ),
    measure=(
        "In the measure of the field: epsilon {lifetime} at delta {delta}, over everything since the budget "
        "was opened. In the period {period}: {spent} of at most {cap}; {left} is left."
    ),
    spent="spent",
    cap="most that may be spent",
    caption="Spent over time, entry by entry. The filled part may never rise above the line.",
    uses="For what",
    uses_heads=("day", "purpose", "asked by", "epsilon", "what became of it"),
    no_uses="Nothing was asked for yet.",
    states={
        "reserved": "set aside; counts",
        "committed": "done; counts",
        "expired": "did not finish; counts all the same",
        "released": "given back by two people; does not count",
    },
    from_whom="From whom it is protected",
    from_whom_text=(
        "Anybody who sees what was released (models, scores made by them, figures), whatever else they know "
        "and however much they compute. Not from those who run the system and hold the data itself."
    ),
    not_promised="What is not promised",
    limits=(
        (
            "That nothing about you can be guessed. What is true of people like you in general can still be "
            "learned, whether or not your data were used."
        ),
        "Anything about data that were used outside of this ledger, or were public before.",
        (
            "That the data were collected rightly, are correct, or are kept safe where they lie. Differential "
            "privacy protects what is released from them."
        ),
        (
            "Protection of groups larger than the unit named above to the same degree: for a group of k it is "
            "k times weaker."
        ),
        "That the mechanism was run as it is recorded. The empirical audit tests this; no ledger can prove it.",
        (
            "That the keeper of the signing key did not rewrite the whole ledger, unless an outside witness "
            "cosigned it, or you kept a checkpoint from before."
        ),
    ),
    signed="What people signed for",
    signed_heads=("day", "population", "what", "signed by", "why"),
    whole="the whole ledger",
    did={
        "release": "gave back a spend",
        "raise": "raised the cap",
        "reset": "opened a new period",
        "public": "marked data as public",
        "key": "changed a key",
    },
    check="How to check this",
    check_text=(
        "Ask for the ledger's bundle and its public key, and run {command} on a machine of yours, without a "
        "network. It must say this root: {root}"
    ),
)

KOREAN: Final = Wording(
    language="ko",
    title="사람들의 데이터에서 무엇을 배웠고, 그것이 한 사람에 대해 얼마나 알려 줄 수 있는가",
    source="원장 {ledger}의 기록 {entries}건에서 만들었으며, 마지막 기록은 {day}입니다.",
    nothing="아직 열린 예산이 없습니다. 누구의 데이터에서도 배운 것이 없습니다.",
    for_whom="{population}의 사람들",
    what="무엇을 보호하는가",
    person="기록에 있는 각 사람의 모든 것을 한꺼번에 보호합니다. 그것을 넣거나 빼도 결과는 거의 달라지지 않습니다.",
    household=(
        "기록에 있는 각 가구의 모든 것을 한꺼번에 보호합니다. 그것을 넣거나 빼도 결과는 거의 달라지지 않습니다."
    ),
    how_much="얼마나 보호하는가",
    guess=(
        "당신의 데이터가 쓰였는지 맞히려는 사람은 아무 도움이 없으면 100번 중 50번, 공개된 모든 것을 보고도 "
        "100번 중 많아야 {chance}번 맞힙니다."
    ),
    measure=(
        "전문 용어로는, 예산을 연 뒤 지금까지 모두 합하여 엡실론 {lifetime}(델타 {delta})입니다. 기간 "
        "{period}에는 한도 {cap} 중 {spent}을(를) 썼고 {left}이(가) 남았습니다."
    ),
    spent="쓴 양",
    cap="쓸 수 있는 한도",
    caption="기록 순서대로 본 사용량입니다. 칠한 부분은 선 위로 올라갈 수 없습니다.",
    uses="무엇에 썼는가",
    uses_heads=("날짜", "목적", "요청한 곳", "엡실론", "어떻게 되었는가"),
    no_uses="아직 요청된 것이 없습니다.",
    states={
        "reserved": "떼어 둠. 쓴 것으로 셈",
        "committed": "마침. 쓴 것으로 셈",
        "expired": "끝나지 못함. 그래도 쓴 것으로 셈",
        "released": "두 사람이 서명하여 돌려줌. 세지 않음",
    },
    from_whom="누구로부터 보호하는가",
    from_whom_text=(
        "공개된 것(모형, 모형이 매긴 점수, 수치)을 보는 누구로부터든, 그들이 다른 무엇을 알고 아무리 많이 "
        "계산하더라도 보호합니다. 시스템을 운영하며 데이터 자체를 가진 사람으로부터는 아닙니다."
    ),
    not_promised="약속하지 않는 것",
    limits=(
        (
            "당신에 대해 아무것도 짐작할 수 없다는 것. 당신과 비슷한 사람들에게 대체로 맞는 사실은 당신의 "
            "데이터가 쓰이든 아니든 알려질 수 있습니다."
        ),
        "이 원장 밖에서 쓰였거나 이미 공개되어 있던 데이터에 관한 것.",
        (
            "데이터가 올바로 모였고 정확하며 그 자리에서 안전하게 보관된다는 것. 차등 개인정보 보호는 "
            "거기에서 내보내는 것만 보호합니다."
        ),
        "위에 적은 단위보다 큰 집단을 같은 정도로 보호한다는 것. k개로 된 집단의 보호는 k배 약합니다.",
        "기록된 그대로 실행되었다는 것. 실험적 감사가 이를 시험하며, 어떤 원장도 증명하지는 못합니다.",
        (
            "서명 키를 가진 쪽이 원장 전체를 다시 쓰지 않았다는 것. 외부 증인이 함께 서명했거나 당신이 예전의 "
            "검사점을 간직하고 있을 때만 알 수 있습니다."
        ),
    ),
    signed="사람들이 서명한 것",
    signed_heads=("날짜", "대상", "무엇을", "서명한 사람", "이유"),
    whole="원장 전체",
    did={
        "release": "떼어 둔 것을 돌려줌",
        "raise": "한도를 높임",
        "reset": "새 기간을 엶",
        "public": "공개 데이터로 표시함",
        "key": "키를 바꿈",
    },
    check="확인하는 방법",
    check_text=(
        "원장 묶음과 공개 키를 받아 자신의 컴퓨터에서 네트워크 없이 {command} 을(를) 실행하십시오. 다음 뿌리 "
        "값이 나와야 합니다: {root}"
    ),
)
WORDINGS: Final = {one.language: one for one in (ENGLISH, KOREAN)}
