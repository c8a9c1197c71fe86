"""Wording: clauses told in plain Korean and English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from features.calendar import date_of
from recommender.rules.clause import RECEIVES, Advisory, All, Clause, Compare, NoData, Not, encoded, fact_type
from recommender.rules.region import Regions
from recommender.text import Text, joined, number, with_particle

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["RuleText"]

# The facts of the shipped declaration as they stand in a sentence: a boolean after "is", the others before a figure.
_LABELS: Mapping[str, tuple[str, str]] = {
    "birth_date": ("생년월일", "birth date"),
    "age": ("만 나이", "age"),
    "sex": ("성별", "sex"),
    "region": ("거주지", "home"),
    "children_count": ("자녀 수", "number of children"),
    "youngest_child_months": ("막내 자녀의 개월 수", "youngest child's age in months"),
    "youngest_child_age": ("막내 자녀의 만 나이", "youngest child's age"),
    "child_ages": ("자녀의 만 나이", "a child's age"),
    "income_percent": ("가구 소득(기준 중위소득 대비)", "household income (of the median)"),
    "household_size": ("가구원 수", "household size"),
    "care_grade": ("장기요양등급", "long-term care grade"),
    "assets_won": ("가구 총자산", "household assets"),
    "monthly_rent_won": ("월세", "monthly rent"),
    "rent_deposit_won": ("임차보증금", "rent deposit"),
    "annual_pay_won": ("연간 총급여", "annual pay"),
    "insured_days": ("최근 18개월간 고용보험 가입일수", "insured days in the last 18 months"),
    "expecting": ("예비부모 또는 난임 치료 중", "trying for a child or in fertility treatment"),
    "pregnant": ("임신 중", "pregnant"),
    "gave_birth_or_adopted": ("최근 출산·입양 가정", "a parent who recently gave birth or adopted"),
    "farmer": ("농업인", "a farmer"),
    "fisher": ("어업인", "a fisher"),
    "livestock_farmer": ("축산업인", "a livestock farmer"),
    "forester": ("임업인", "a forester"),
    "elementary_student": ("초등학생", "at elementary school"),
    "middle_student": ("중학생", "at middle school"),
    "high_student": ("고등학생", "at high school"),
    "university_student": ("대학생·대학원생", "a university student"),
    "worker": ("근로자", "employed"),
    "job_seeker": ("구직자", "looking for work"),
    "disabled": ("등록 장애인", "registered as disabled"),
    "veteran": ("국가보훈대상자", "covered by national merit law"),
    "ill": ("질병 치료 중", "under treatment for an illness"),
    "multicultural_family": ("다문화가족", "in a multicultural family"),
    "north_korean_defector": ("북한이탈주민", "a North Korean defector"),
    "single_parent_or_grandparent": ("한부모·조손 가정", "in a single-parent or grandparent household"),
    "single_person_household": ("1인 가구", "living alone"),
    "many_children": ("다자녀 가구", "in a household with many children"),
    "no_home": ("무주택 세대", "in a household that owns no home"),
    "newly_moved_in": ("최근 1년 내 전입자", "newly moved in"),
    "extended_family": ("확대가족", "in a three-generation household"),
    "founding": ("예비 창업자", "about to found a business"),
    "in_business": ("영업 중인 사업자", "running a business"),
    "struggling_business": ("생계 곤란 또는 폐업 예정 사업자", "running a business in hardship or about to close"),
    "restaurant": ("음식점업", "a restaurant"),
    "manufacturer": ("제조업", "a manufacturer"),
    "other_trade": ("기타 업종", "in another trade"),
    "sme": ("중소기업", "a small or medium enterprise"),
    "welfare_facility": ("사회복지시설", "a welfare facility"),
    "institution": ("기관·단체", "an institution or association"),
    "org_manufacturing": ("제조업 법인", "an organisation in manufacturing"),
    "org_primary": ("농림어업 법인", "an organisation in farming, forestry or fishing"),
    "org_ict": ("정보통신업 법인", "an organisation in information and communications"),
    "org_other": ("기타 업종 법인", "an organisation in another field"),
    "citizen_of_korea": ("대한민국 국민", "a Korean citizen"),
    "married": ("혼인 상태", "married"),
    "widowed": ("배우자와 사별한 사람", "widowed"),
    "bereaved_lately": ("최근 1년 내 가족을 잃은 사람", "bereaved within the last year"),
    "severely_disabled": ("장애 정도가 심한 장애인", "registered as severely disabled"),
    "basic_livelihood_recipient": ("기초생활수급자", "a basic livelihood recipient"),
    "near_poverty": ("차상위계층", "registered as near poverty"),
    "employment_insured": ("고용보험 가입자", "covered by employment insurance"),
    "lost_job_involuntarily": ("비자발적 실직자", "out of work against their will"),
    "on_parental_leave": ("육아휴직 중", "on parental leave"),
    "home_owner": ("본인 명의 주택 보유자", "a home owner"),
    "renter": ("임차인", "a tenant"),
    "in_crisis": ("위기 상황", "in a sudden crisis"),
    "violence_victim": ("가정폭력·성폭력 피해자", "a victim of domestic or sexual violence"),
    "minor_caretaker": ("부모 대신 아동을 양육하는 사람", "raising a child in place of the parents"),
    "left_care": ("보호종료아동(자립준비청년)", "somebody who left care after turning 18"),
    "recognised_income_percent": ("소득인정액(기준 중위소득 대비)", "recognised income (of the median)"),
    "pension_income_won": ("연간 연금소득", "annual pension income"),
    "occupational_pension": ("직역연금 수급권자 또는 그 배우자", "entitled to an occupational pension, or married so"),
    "infertility_diagnosed": ("난임 진단을 받은 사람", "diagnosed with infertility"),
    "cognitive_decline": ("치매 또는 인지저하 판정을 받은 사람", "found to have dementia or cognitive decline"),
    "directed_training": ("직업안정기관의 지시로 훈련 중", "in training as directed by the job centre"),
    "heir_of_deceased": ("사망자의 상속인", "an heir of somebody who died"),
    "children": ("자녀", "children"),
    "military_discharged": ("전역 3년 이내인 사람", "discharged from the military within three years"),
}
_NAMES: Mapping[str, tuple[str, str]] = {"male": ("남성", "male"), "female": ("여성", "female")}
_UNITS: Mapping[str, tuple[str, str]] = {
    "age": ("세", ""), "youngest_child_age": ("세", ""), "child_ages": ("세", ""),
    "youngest_child_months": ("개월", ""), "children_count": ("명", ""), "household_size": ("명", ""),
    "care_grade": ("등급", ""), "income_percent": ("%", "%"), "recognised_income_percent": ("%", "%"),
}  # fmt: skip
_UNITS_OF = {"won": ("원", " won"), "days": ("일", " days")}
_AXES: Mapping[str, tuple[str, str]] = {
    "sex": ("성별", "sex"), "age": ("나이", "age"), "income": ("소득", "income"), "person": ("개인 특성", "person"),
    "household": ("가구 특성", "household"), "stage": ("사업 단계", "business stage"), "trade": ("업종", "trade"),
    "type": ("기관 유형", "kind of organisation"), "field": ("분야", "field"), "region": ("지역", "region"),
}  # fmt: skip
_OPS: Mapping[str, tuple[str, str]] = {
    "is": ("{}", "{}"), "below": ("{} 미만", "below {}"), "above": ("{} 초과", "above {}"),
    "at_most": ("{} 이하", "at most {}"), "at_least": ("{} 이상", "at least {}"),
}  # fmt: skip


class RuleText:
    """Tells clauses; `titles` are the programmes' own, for rules on what somebody receives already."""

    def __init__(self, declaration: Declaration, regions: Regions, titles: Mapping[str, Text]) -> None:
        """Tell facts as `declaration` declares them and regions by their names."""
        self._declaration = declaration
        self._regions = regions
        self._titles = titles
        self._told: dict[tuple[int, bool], tuple[Clause, Text]] = {}

    def clause(self, clause: Clause, negated: bool = False) -> Text:
        """Return what a clause demands, or, negated, that this should not be so."""
        key = (id(clause), negated)
        if key not in self._told:
            self._told[key] = (clause, self._tell(clause, negated))  # the clause is kept, so its id stays its own
        return self._told[key][1]

    def any_of(self, clauses: Iterable[Clause], negated: bool = False) -> Text:
        """Return that one of several clauses should hold."""
        return joined((self.clause(clause, negated) for clause in clauses), " 또는 ", " or ")

    def _tell(self, clause: Clause, negated: bool) -> Text:
        if isinstance(clause, Compare):
            return self._compare(clause, negated)
        if isinstance(clause, NoData):
            told = clause.why if isinstance(clause.why, Text) else Text(*_AXES.get(clause.reason, (clause.reason,) * 2))
            return Text(f"자료 없음: {told.ko}", f"no data: {told.in_language('en')}")
        if isinstance(clause, (Not, Advisory)):
            return self.clause(clause.of, negated != isinstance(clause, Not))
        if not clause.of:
            return Text("아무도 해당하지 않음", "nobody") if negated else Text("누구나", "open to everyone")
        if isinstance(clause, All) == negated:
            return self.any_of(clause.of, negated)
        return joined((self._grouped(part, negated) for part in clause.of), " 그리고 ", " and ")

    def _grouped(self, clause: Clause, negated: bool) -> Text:
        """Tell a part of an AND, in brackets where it is an OR."""
        told = self.clause(clause, negated)
        return Text(f"({told.ko})", f"({told.en})") if " 또는 " in told.ko else told

    def _compare(self, compare: Compare, negated: bool) -> Text:
        kind = fact_type(compare.fact, self._declaration)
        if kind == "boolean":
            return self._boolean(compare.fact, bool(compare.operand) != negated)
        if kind == "region":
            return self._region(compare, negated)
        label = self._label(compare.fact)
        if kind == "enum":
            return _enum(label, compare, negated)
        figures = [self._figure(compare.fact, kind, op, codes) for op, codes in encoded(compare, self._declaration)]
        told = joined(figures, " ", " and ")
        if negated:
            return Text(f"{label.ko} {with_particle(told.ko, '이', '가')} 아닐 것", f"{label.en} not {told.en}")
        return Text(f"{label.ko} {told.ko}", f"{label.en} {told.en}")

    def _label(self, fact: str) -> Text:
        if fact in _LABELS:
            return Text(*_LABELS[fact])
        question = self._declaration.facts[fact].question
        named = fact.replace("_", " ")
        return Text(question.get("ko", named).rstrip("?"), question.get("en", named).rstrip("?"))

    def _boolean(self, fact: str, true: bool) -> Text:
        if fact.startswith(RECEIVES):
            name = fact.removeprefix(RECEIVES)
            title = self._titles.get(name, Text(name))
            ko = with_particle(f"‘{title.ko}’", "을", "를") + (" 받고 있을 것" if true else " 받고 있지 않을 것")
            return Text(ko, f"{'receives' if true else 'does not receive'} {title.in_language('en')}")
        label = self._label(fact)
        if fact not in _LABELS:
            return Text(f"“{label.ko}?” {'예' if true else '아니요'}", f'"{label.en}?" {"yes" if true else "no"}')
        ko = f"{label.ko}일 것" if true else f"{with_particle(label.ko, '이', '가')} 아닐 것"
        return Text(ko, f"{'is' if true else 'is not'} {label.en}")

    def _region(self, compare: Compare, negated: bool) -> Text:
        codes = [code for _, operands in encoded(compare, self._declaration) for code in operands]
        places = joined(
            [Text(self._regions.name(code, "ko"), self._regions.name(code, "en")) for code in codes], " 또는 ", " or "
        )
        ko = f"{with_particle(places.ko, '이', '가')} 아닐 것" if negated else f"{places.ko}일 것"
        return Text(f"거주지가 {ko}", f"{'does not live' if negated else 'lives'} in {places.en}")

    def _figure(self, fact: str, kind: str, op: str, codes: tuple[int, ...]) -> Text:
        show = self._shown(fact, kind)
        if op == "in":
            return joined([show(code) for code in codes], " 또는 ", " or ")
        (ko, en), value = _OPS[op], show(codes[0])
        return Text(ko.format(value.ko), en.format(value.en))

    def _shown(self, fact: str, kind: str) -> Callable[[int], Text]:
        if kind == "date":
            return lambda code: Text(date_of(code).isoformat(), date_of(code).isoformat())
        declared = self._declaration.facts[fact]
        ko, en = _UNITS.get(fact) or _UNITS_OF.get(declared.unit) or (f" {declared.unit}".rstrip(),) * 2
        scaled = declared.decode if kind == "integer" else int
        return lambda code: Text(f"{_plain(scaled(code))}{ko}", f"{_plain(scaled(code))}{en}")


def _plain(value: object) -> str:
    return number(value) if isinstance(value, int) else str(value)


def _enum(label: Text, compare: Compare, negated: bool) -> Text:
    values = compare.operand if isinstance(compare.operand, tuple) else (compare.operand,)
    told = joined((Text(*_NAMES.get(str(value), (str(value), str(value)))) for value in values), " 또는 ", " or ")
    ko = f"{with_particle(told.ko, '이', '가')} 아닐 것" if negated else f"{told.ko}일 것"
    return Text(f"{with_particle(label.ko, '이', '가')} {ko}", f"{label.en} is {'not ' if negated else ''}{told.en}")
