"""Reasons: why the rule answers as it does and why a programme ranks where it does, in plain Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from features.calendar import date_of
from recommender.rules.window import ASK, CLOSED, UPCOMING, ApplicationWindow
from recommender.text import Text

Figures = Mapping[str, float | int | None]


def won(amount: int) -> Text:
    """An amount of won as people write it.

    >>> won(2_000_000).ko, won(2_000_000).en, won(123_450_000).ko, won(7_300).ko
    ('200만 원', '2,000,000 won', '1억 2,345만 원', '7,300원')
    """
    return Text(_won_in_korean(amount), f"{amount:,} won")


def _won_in_korean(amount: int) -> str:
    if amount < 10_000 or amount % 10_000:
        return f"{amount:,}원"
    large, rest = divmod(amount // 10_000, 10_000)
    parts = [f"{large:,}억"] * bool(large) + [f"{rest:,}만"] * bool(rest)
    return f"{' '.join(parts)} 원"


def minutes(count: int) -> Text:
    """A length of time as people say it.

    >>> minutes(90).ko, minutes(90).en, minutes(60).en, minutes(15).ko
    ('1시간 30분', '1 hour 30 minutes', '1 hour', '15분')
    """
    hours, rest = divmod(count, 60)
    ko = [f"{hours}시간"] * bool(hours) + [f"{rest}분"] * bool(rest or not hours)
    en = [_counted(hours, "hour")] * bool(hours) + [_counted(rest, "minute")] * bool(rest or not hours)
    return Text(" ".join(ko), " ".join(en))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def why_rank(factor: str, figures: Figures) -> Text:
    """One sentence on one part of the utility; the figures are those the part was computed from.

    Raises:
        KeyError: a factor this module has no sentence for.

    >>> why_rank("urgency", {"days_left": 12}).en
    'There are 12 days left to apply.'
    """
    return _SENTENCES[factor](figures)


def _expected(figures: Figures) -> Text:
    likelihood, amount = figures["likelihood"], figures["won"]
    percent = _percent(float(likelihood or 0))
    value = won(int(amount)) if amount is not None else None
    return Text(
        f"비슷한 상황에서 안내받은 사람의 {percent}가 이용합니다. {_value_ko(value)}",
        f"Of people in a similar situation who are told about it, {percent} take it up. {_value_en(value)}",
    )


def _value(figures: Figures) -> Text:
    amount = figures["won"]
    value = won(int(amount)) if amount is not None else None
    return Text(_value_ko(value), _value_en(value))


def _value_ko(value: Text | None) -> str:
    return f"첫해에 최대 {value.ko} 상당입니다." if value else "금액이 명시되어 있지 않아 중간 수준으로 보았습니다."


def _value_en(value: Text | None) -> str:
    if value:
        return f"It is worth up to {value.en} in the first year."
    return "Its amount is not stated, so it was placed as a modest one."


def _percent(share: float) -> str:
    """A probability in percent, honest about small ones.

    >>> _percent(0.346), _percent(0.012), _percent(0.0004)
    ('35%', '1.2%', '<0.1%')
    """
    if share < 0.001:
        return "<0.1%"
    return f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.1f}%"


def _certainty(_figures: Figures) -> Text:
    return Text("확인된 사실만으로 요건을 충족합니다.", "What is known already meets the conditions.")


def _doubt(_figures: Figures) -> Text:
    return Text(
        "아직 확인되지 않은 사항이 있어 가치를 낮추어 보았습니다.",
        "Something is still missing that may exclude it, so its worth counts for less.",
    )


def _urgency(figures: Figures) -> Text:
    left = int(figures["days_left"] or 0)
    if left == 0:
        return Text("오늘이 신청 마지막 날입니다.", "Today is the last day to apply.")
    verb = "is" if left == 1 else "are"
    return Text(f"신청 기한이 {left:,}일 남았습니다.", f"There {verb} {_counted(left, 'day')} left to apply.")


def _unlocks(figures: Figures) -> Text:
    count = int(figures["programmes"] or 0)
    return Text(
        f"받으면 다른 혜택 {count:,}건의 길이 열립니다.",
        f"Receiving it opens the way to {_counted(count, 'other benefit')}.",
    )


def _effort(figures: Figures) -> Text:
    time = minutes(int(figures["minutes"] or 0))
    return Text(f"신청에 약 {time.ko}이 걸립니다.", f"Applying takes about {time.en}.")


_SENTENCES: Final = {
    "likelihood_times_value": _expected,
    "value": _value,
    "doubt": _doubt,
    "certainty": _certainty,
    "urgency": _urgency,
    "unlocks": _unlocks,
    "effort": _effort,
}


def window_words(opening: ApplicationWindow) -> Text | None:
    """One sentence on when a programme can be applied for, or None where nothing is known to say.

    >>> from recommender.rules.window import between
    >>> from recommender.rules.working_days import WEEKENDS_ONLY
    >>> window_words(between("dated", None, 20_757, 20_757, WEEKENDS_ONLY)).en
    'Today, 31 October 2026, is the last day to apply.'
    """
    if opening.state == ASK and opening.closes is not None:
        ko, en = _date(opening.closes)
        return Text(
            f"신청 마지막 날({ko})이 휴일이었습니다. 아직 신청할 수 있는지 기관에 확인해야 합니다.",
            f"The last day to apply, {en}, was not a working day. Ask the agency whether you can still apply.",
        )
    if opening.state == CLOSED and opening.closes is not None:
        ko, en = _date(opening.closes)
        return Text(f"{ko}에 신청이 마감되었습니다.", f"Applications closed on {en}.")
    if opening.state == UPCOMING and opening.opens is not None:
        ko, en = _date(opening.opens)
        return Text(f"{ko}부터 신청할 수 있습니다.", f"Applications open on {en}.")
    if opening.closes is None or opening.days_left is None:
        return None
    ko, en = _date(opening.closes)
    if opening.days_left == 0:
        return Text(f"오늘({ko})이 신청 마지막 날입니다.", f"Today, {en}, is the last day to apply.")
    left = opening.days_left
    return Text(f"{ko}까지 신청할 수 있습니다({left:,}일 남음).", f"Apply by {en} ({_counted(left, 'day')} left).")


_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip  # spelled out: strftime would follow the machine's locale


def _date(day: int) -> tuple[str, str]:
    when = date_of(day)
    return f"{when.year}년 {when.month}월 {when.day}일", f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
