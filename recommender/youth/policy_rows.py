"""Policy rows: the pages of the youth-policy API (getPlcy) as rows, each policy once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from features.problem import Problem, Rejected, Where
from recommender.published_rows import Rejection, Row, RowForm, not_text, text_of
from recommender.youth.policy_codes import APPROVED, NOT_APPROVED

ID = "plcyNo"
NAME = "plcyNm"
_LIST = "youthPolicyList"
_TEXTS = ("Cn", "Nm", "Cd", "Yn", "Ymd", "Addr", "Addr1", "Addr2")
"""How the names of the fields end that are text: contents, names, codes, days, addresses."""
FORM = RowForm(ID, "inqCnt", views_as_text=True)


class Policies(NamedTuple):
    """The rows that can be used, in their order, the others, and how many rows say what another row says."""

    used: tuple[Row, ...]
    rejected: tuple[Rejection, ...]
    repeated: int


def rows_of(document: object, where: Where) -> list[object]:
    """The rows of one page of the API (`result.youthPolicyList`), of a list of pages, or a bare list of rows.

    Raises:
        Rejected: the document is no such thing, or an error that the API sent.

    Example:
        >>> rows_of({"resultCode": 200, "result": {"youthPolicyList": [{"plcyNo": "2026"}]}}, ("list.json",))
        [{'plcyNo': '2026'}]
    """
    if isinstance(document, list):
        pages = [one for one in document if isinstance(one, Mapping) and ("result" in one or _LIST in one)]
        return [row for page in pages for row in rows_of(page, where)] if pages else document
    result = document.get("result", document) if isinstance(document, Mapping) else None
    rows = result.get(_LIST) if isinstance(result, Mapping) else None
    if isinstance(rows, list):
        return rows
    what, remedy = "has neither a list of rows nor `result.youthPolicyList`", "Give the JSON that getPlcy sends"
    if isinstance(document, Mapping) and document.get("resultCode") not in (None, 200, "200"):
        what, remedy = f"contains an error of the API (code {document['resultCode']})", "Fetch the rows again"
    raise Rejected([Problem(where, "invalid", what, remedy)])


def policies(rows: Sequence[object]) -> Policies:
    """The rows that can be used, in their order, and the others with what is wrong with each.

    A row that comes again is one row; of two rows with one id that differ, either may be the right one.
    """
    by_id, strays, repeated = FORM.by_id(rows)
    used: list[Row] = []
    rejected: list[Rejection] = []
    for policy, found in by_id.items():
        reasons = _reasons(found)
        if reasons:
            rejected.append(Rejection(policy, "; ".join(reasons)))
        else:
            used.append(found[0])
    for number, row in strays:
        reason = f"{ID} {row.get(ID)!r} is not an id" if isinstance(row, Mapping) else "is not an object"
        rejected.append(Rejection(f"row {number + 1}", reason))
    return Policies(tuple(used), tuple(rejected), repeated)


def _reasons(found: Sequence[Row]) -> list[str]:
    reasons = []
    if len(found) > 1:
        fields = dict.fromkeys(field for row in found[1:] for field in FORM.differing(found[0], row))
        reasons.append(f"has {len(found)} rows that differ in {', '.join(fields)}")
    reasons += not_text(found[0], (name for name in found[0] if name.endswith(_TEXTS)))
    if text_of(found[0], NAME) is None and isinstance(found[0].get(NAME), str | None):
        reasons.append(f"{NAME} is empty")
    state = text_of(found[0], "plcyAprvSttsCd")
    if state not in (None, APPROVED):
        reasons.append(f"plcyAprvSttsCd {state} ({NOT_APPROVED.get(str(state), 'not known')}): is not approved")
    return reasons
