// Who belongs to a person as stated, and how many of them certainly and possibly meet what a clause asks.

import { MANY, NO, OPEN_ANSWER, UNKNOWN, YES, completedMonths, dayOf } from "./pack.js";

const TRAITS = ["lives_with", "raises", "disabled"];
const EARLIEST = dayOf("1900-01-01"), LATEST = dayOf("2100-12-31"), LONGEST = 50, LONGEST_ID = 400;

// Adds to problems what is wrong with a household as it is written.
export function checkHousehold(home, stated, today, path, problems) {
  if (!isObject(stated)) return void problems.push({ path, code: "invalid", what: "is not a list of members" });
  for (const key of Object.keys(stated)) {
    if (key !== "complete" && key !== "members") unknownKey(problems, path, key);
  }
  if (typeof (stated.complete ?? false) !== "boolean" || stated.complete === null) {
    problems.push({ path: [...path, "complete"], code: "invalid", what: "is neither true nor false" });
  }
  const members = stated.members === undefined ? [] : stated.members;
  if (!Array.isArray(members)) problems.push({ path: [...path, "members"], code: "invalid", what: "is not a list" });
  else if (members.length > LONGEST) {
    problems.push({ path: [...path, "members"], code: "range", what: `lists ${members.length} members` });
  } else {
    const ids = new Set();
    members.forEach((member, i) => checkMember(home, member, today, [...path, "members", i], ids, problems));
  }
}

function checkMember(home, member, today, path, ids, problems) {
  if (!isObject(member)) return void problems.push({ path, code: "invalid", what: "is not a member" });
  const keys = ["relation", "birth_date", "due_date", ...TRAITS, "id"];
  for (const key of Object.keys(member)) if (!keys.includes(key)) unknownKey(problems, path, key);
  const relation = home.relations.find((one) => one.name === member.relation);
  if (!relation) return void problems.push({ path: [...path, "relation"], code: "unknown", what: "is not a relation" });
  const [right, wrong] = relation.expected ? ["due_date", "birth_date"] : ["birth_date", "due_date"];
  if (wrong in member) problems.push({ path: [...path, wrong], code: "forbidden", what: `is not known of ${relation.name}` });
  for (const trait of TRAITS) {
    if (trait in member && typeof member[trait] !== "boolean" && member[trait] !== "unknown") {
      problems.push({ path: [...path, trait], code: "invalid", what: "is neither true nor false" });
    }
  }
  if (relation.guards && member.raises === true) {
    problems.push({ path: [...path, "raises"], code: "conflict", what: "cannot be raised by the person" });
  }
  const { id } = member;
  if (id !== undefined && (typeof id !== "string" || !id || [...id].length > LONGEST_ID)) {
    problems.push({ path: [...path, "id"], code: "invalid", what: "is not a name" });
  } else if (ids.has(id)) problems.push({ path: [...path, "id"], code: "duplicate", what: "is two members" });
  if (id !== undefined) ids.add(id);
  if (!(right in member) || member[right] === "unknown") return;
  const day = dayOf(member[right]);
  if (day === undefined || day < EARLIEST || day > LATEST) {
    problems.push({ path: [...path, right], code: "invalid", what: "is not a day from 1900 to 2100" });
  } else if (day > today && !relation.expected) {
    problems.push({ path: [...path, right], code: "range", what: "is in the future" });
  }
}

function unknownKey(problems, path, key) {
  problems.push({ path: [...path, key], code: "unknown", what: "is not a key" });
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function statedReport(home, member) {
  const place = home.relations.findIndex((one) => one.name === member.relation), relation = home.relations[place];
  const day = dayOf(member[relation.expected ? "due_date" : "birth_date"]);
  const traits = {};
  for (const trait of TRAITS) if (typeof member[trait] === "boolean") traits[trait] = Number(member[trait]);
  return { relation: place, born: day ?? UNKNOWN, traits, name: member.id ?? "", presumed: false };
}

// The name of a list that says something else than the household stated beside it, empty where none does.
export function contradicted(home, household, lists) {
  if (!household) return "";
  const stated = (household.members ?? []).map((member) => statedReport(home, member));
  for (const { name, relations, days } of lists) {
    const left = new Map();
    for (const day of days) left.set(day, (left.get(day) ?? 0) + 1);
    let dateless = 0, others = 0;
    for (const one of stated) {
      if (!relations.includes(one.relation)) continue;
      if (one.born === UNKNOWN) dateless++;
      else if (left.get(one.born) > 0) left.set(one.born, left.get(one.born) - 1);
      else others++;
    }
    const lacking = [...left.values()].reduce((sum, count) => sum + count, 0);
    if (others || dateless > lacking || (household.complete && lacking > dateless)) return name;
  }
  return "";
}

// The members of a person, the eldest first, and whether the list of each relation is whole.
export function membersOf(home, household, lists, today) {
  const whole = new Uint8Array(home.relations.length);
  if (household?.complete) whole.fill(1);
  const reports = (household?.members ?? []).map((member) => statedReport(home, member));
  for (const { relations, days } of lists) {
    for (const relation of relations) whole[relation] = 1;
    addListed(home, relations, days, reports);
  }
  const kin = [];
  for (const report of reports) addReport(home, kin, report);
  const cells = kin.map((one) => cellsOf(home, one, today));
  return { whole, cells: cells.sort((a, b) => (a.born === UNKNOWN) - (b.born === UNKNOWN) || a.born - b.born) };
}

function addListed(home, relations, days, reports) {
  const left = [...days];
  const presumed = (relation) => {
    const { raises } = home.relations[relation];
    return raises === undefined ? {} : { raises };
  };
  for (const report of reports) {
    const at = relations.includes(report.relation) ? left.indexOf(report.born) : -1;
    if (at < 0) continue;
    left.splice(at, 1);
    report.traits = { ...presumed(report.relation), ...report.traits };
  }
  for (const born of left) {
    reports.push({ relation: relations[0], born, traits: presumed(relations[0]), name: "", presumed: true });
  }
}

// One statement names nobody twice, so only who can be but one (a birth expected) is joined with who was listed before.
function addReport(home, kin, report) {
  const relation = home.relations[report.relation];
  let found;
  for (const one of relation.single ? [...kin] : []) {
    if (one.relation !== report.relation) continue;
    if (report.name && one.name) kin.splice(kin.indexOf(one), 1);
    else if (!found) found = one;
  }
  if (!found) kin.push(found = { born: UNKNOWN, traits: {}, name: "" });
  found.relation = report.relation;
  if (report.born !== UNKNOWN) found.born = report.born;
  found.traits = report.presumed ? { ...report.traits, ...found.traits } : { ...found.traits, ...report.traits };
  found.name = report.name || found.name;
}

function cellsOf(home, kin, today) {
  const { expected, guards } = home.relations[kin.relation];
  const [lives, raises, disabled] = TRAITS.map((trait) => kin.traits[trait] ?? UNKNOWN);
  return {
    relation: kin.relation, born: kin.born, lives, disabled, raises: guards && raises === 1 ? UNKNOWN : raises,
    months: kin.born === UNKNOWN || expected ? UNKNOWN : completedMonths(kin.born, today),
  };
}

// How many members certainly, and how many possibly, meet a leaf over members.
export function countMembers(leaf, members, raised) {
  let sure = 0, possible = 0;
  for (let one = 0; one < members.cells.length; one++) {
    const answer = meets(leaf, members, one);
    if (answer === YES) sure++;
    if (answer !== NO) possible++;
  }
  const lacks = leaf.relations.some((place) => !members.whole[place] && !(leaf.raises === 1 && raised.has(place)));
  return [sure, lacks ? MANY : possible];
}

function meets(leaf, members, one) {
  const cell = members.cells[one], [from, to, bornFrom, bornTo, nthFrom, nthTo] = leaf.bounds;
  if (!leaf.relations.includes(cell.relation)) return NO;
  let answer = Math.min(
    trait(cell.lives, leaf.lives), trait(cell.raises, leaf.raises), trait(cell.disabled, leaf.disabled),
    within(cell.months, from, to), within(cell.born, bornFrom, bornTo),
  );
  if (answer > NO && (nthFrom > -Infinity || nthTo < Infinity)) {
    answer = Math.min(answer, place(leaf, members, one, nthFrom, nthTo));
  }
  return answer > NO && leaf.youngest ? Math.min(answer, youngest(leaf, members, one)) : answer;
}

function trait(value, wanted) {
  if (wanted < 0) return YES;
  if (value === UNKNOWN) return OPEN_ANSWER;
  return value === wanted ? YES : NO;
}

function within(value, low, high) {
  if (low === -Infinity && high === Infinity) return YES;
  if (value === UNKNOWN) return OPEN_ANSWER;
  return low <= value && value <= high ? YES : NO;
}

function isWhole(leaf, members) {
  return leaf.relations.every((place) => members.whole[place]);
}

// Whether somebody's place in the order of birth lies within an interval.
function place(leaf, members, one, low, high) {
  let sure = 1, most = 1;
  members.cells.forEach((other, at) => {
    if (at === one || !leaf.relations.includes(other.relation)) return;
    if (members.cells[one].born === UNKNOWN || other.born === UNKNOWN) most++;
    else if (at < one) {
      most++;
      sure++;
    }
  });
  if (!isWhole(leaf, members)) most = MANY;
  if (low <= sure && most <= high) return YES;
  return most < low || sure > high ? NO : OPEN_ANSWER;
}

function youngest(leaf, members, one) {
  const { born } = members.cells[one];
  let answer = isWhole(leaf, members) ? YES : OPEN_ANSWER;
  members.cells.forEach((other, at) => {
    if (at === one || !leaf.relations.includes(other.relation)) return;
    if (born === UNKNOWN || other.born === UNKNOWN) answer = Math.min(answer, OPEN_ANSWER);
    else if (other.born > born) answer = NO;
  });
  return answer;
}
