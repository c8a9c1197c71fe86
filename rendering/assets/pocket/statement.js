// What a person states (the flat form of a facts file), checked and turned into the columns that rules compare.

import { checkHousehold, contradicted, isObject, membersOf } from "./members.js";
import { NONE, UNKNOWN, anniversary, completedMonths, dayOf } from "./pack.js";

const HOUSEHOLD = "household", RECEIVES = "receives.", LONGEST_LIST = 50, OLDEST_AGE = 61, HALF = 31;
const UNSAID = ["asked", "declined"]; // what was asked and not answered: it says nothing of the person

// Facts that cannot be judged: `problems` are {path, code, what}, all of them.
export class Refused extends Error {
  constructor(problems) {
    super(problems.map(({ path, what }) => `${path.join(".")} ${what}`).join("; "));
    this.name = "Refused";
    this.problems = problems;
  }
}

// Returns {kinds, values, ages, members}: a bit for each kind of applicant, and what is known of each column.
export function readStatement(pack, document) {
  if (!isObject(document)) throw new Refused([{ path: [], code: "invalid", what: "is not an object of facts" }]);
  const problems = [], kinds = applicants(pack, document.applicant ?? "citizen", problems);
  const codes = new Map();
  for (const [name, value] of Object.entries(document)) {
    if (name === "applicant" || UNSAID.includes(name)) continue;
    if (name.startsWith(RECEIVES) && name.length > RECEIVES.length) {
      if (typeof value !== "boolean") problems.push({ path: [name], code: "invalid", what: "is not true or false" });
      codes.set(name, Number(value));
    } else if (name === HOUSEHOLD && pack.household) {
      checkHousehold(pack.household, value, pack.today, [name], problems);
    } else readFact(pack, name, value, codes, problems);
  }
  if (problems.length) throw new Refused(problems);
  shareReceipts(pack, codes, problems);
  const lists = pack.columns.filter((column) => column.members && codes.has(column.name)).map((column) => (
    { name: column.name, relations: column.members, days: codes.get(column.name) }));
  const other = pack.household ? contradicted(pack.household, document[HOUSEHOLD], lists) : "";
  if (other) problems.push({ path: [other], code: "conflict", what: `lists others than ${HOUSEHOLD} beside it` });
  if (problems.length) throw new Refused(problems);
  const members = pack.household ? membersOf(pack.household, document[HOUSEHOLD], lists, pack.today) : undefined;
  return { kinds, members, ...columnsOf(pack, codes, members) };
}

function applicants(pack, said, problems) {
  const named = typeof said === "string" ? [said] : said;
  if (!Array.isArray(named) || !named.length || named.some((kind) => !pack.applicants.includes(kind))) {
    problems.push({ path: ["applicant"], code: "invalid", what: `is none of ${pack.applicants.join(", ")}` });
    return 0;
  }
  return named.reduce((mask, kind) => mask | 1 << pack.applicants.indexOf(kind), 0);
}

function readFact(pack, name, value, codes, problems) {
  const fact = pack.columns[pack.places.get(name)];
  if (!fact || fact.receipt) return void problems.push({ path: [name], code: "unknown", what: "is not a declared fact" });
  if (fact.derived) {
    const what = `is computed and cannot be stated: state ${pack.columns[fact.derived.of].name}`;
    return void problems.push({ path: [name], code: "forbidden", what });
  }
  const before = problems.length;
  const code = fact.type === "dates" ? readDates(fact, value, problems) : encode(pack, fact, value, [name], problems);
  if (problems.length > before) return;
  if (fact.past && [code].flat().some((day) => day > pack.today)) {
    problems.push({ path: [name], code: "range", what: "is in the future" });
  }
  codes.set(name, code);
}

function readDates(fact, value, problems) {
  if (!Array.isArray(value)) return void problems.push({ path: [fact.name], code: "invalid", what: "is not a list" });
  if (value.length > LONGEST_LIST) {
    return void problems.push({ path: [fact.name], code: "range", what: `lists ${value.length} values` });
  }
  const days = value.map((one, i) => encode(undefined, { ...fact, type: "date" }, one, [fact.name, i], problems));
  return days.sort((a, b) => a - b);
}

function encode(pack, fact, value, path, problems) {
  const code = ENCODERS[fact.type](fact, value, pack);
  if (code === undefined) problems.push({ path, code: "invalid", what: `is not of type ${fact.type}` });
  else if ((fact.type === "integer" || fact.type === "date") && !(code >= (fact.low ?? -Infinity) && code <= (fact.high ?? Infinity))) {
    problems.push({ path, code: "invalid", what: "is out of bounds" });
  } else if (code === NONE) problems.push({ path, code: "unknown", what: `is a region that there is not` });
  return code;
}

const ENCODERS = {
  boolean: (_, value) => (typeof value === "boolean" ? Number(value) : undefined),
  integer: (fact, value) => (typeof value === "number" ? scaled(value, fact.scale ?? 1) : undefined),
  date: (_, value) => dayOf(value),
  enum: (fact, value) => (typeof value === "string" && fact.values.includes(value) ? fact.values.indexOf(value) : undefined),
  region: (fact, value, pack) => {
    if (typeof value !== "string" || !/^[0-9A-Z]{1,9}$/.test(value)) return undefined;
    if (fact.form && !new RegExp(`^(?:${fact.form})$`).test(value)) return undefined;
    return pack.regions.places.get(value) ?? NONE;
  },
};

// A decimal in stored units, by its digits: 72.55 in hundredths is 7255, whatever the nearest double is.
function scaled(value, scale) {
  if (!Number.isFinite(value)) return undefined;
  const found = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  const [, sign, whole, part = "", power = "0"] = found, shift = Number(power) - part.length;
  let code = BigInt(whole + part) * BigInt(scale);
  if (shift >= 0) code *= 10n ** BigInt(shift);
  else {
    const unit = 10n ** BigInt(-shift);
    if (code % unit) return undefined;
    code /= unit;
  }
  return code > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(sign ? -code : code);
}

// A fact that says what a receipt says, and back: one of them stated is both.
function shareReceipts(pack, codes, problems) {
  for (const { name, same_as: receipt } of pack.columns) {
    if (!receipt) continue;
    if (codes.has(name) && codes.has(receipt) && codes.get(name) !== codes.get(receipt)) {
      problems.push({ path: [receipt], code: "conflict", what: `is not what ${name}, which says the same, is` });
    } else if (codes.has(name)) codes.set(receipt, codes.get(name));
    else if (codes.has(receipt)) codes.set(name, codes.get(receipt));
  }
}

function columnsOf(pack, codes, members) {
  const values = new Array(pack.columns.length).fill(UNKNOWN), ages = new Map();
  pack.columns.forEach((column, place) => {
    if (column.receipt) {
      values[place] = column.receipt.reduce((most, name) => Math.max(most, codes.get(name) ?? UNKNOWN), UNKNOWN);
    } else if (!column.derived) {
      values[place] = column.type === "dates" ? latest(listOf(column, codes, members)) : held(pack, column, codes);
    }
  });
  pack.columns.forEach((column, place) => {
    if (!column.derived) return;
    values[place] = derive(pack, column.derived, codes, members, values);
    if (column.derived.op === "ages_of" && values[place] > NONE) ages.set(place, agesOf(pack, column.derived, codes, members));
  });
  return { values, ages };
}

// What is stated, but false where another fact is known to be otherwise than it has to be for this one.
function held(pack, fact, codes) {
  if (fact.only_while) {
    const [other, wanted] = fact.only_while;
    if (held(pack, pack.columns[other], codes) === 1 - wanted) return 0;
  }
  return codes.get(fact.name) ?? UNKNOWN;
}

// The days of a list, undefined where it is not known whole.
function listOf(fact, codes, members) {
  if (!fact.members) return codes.get(fact.name);
  if (!members || !fact.members.every((relation) => members.whole[relation])) return undefined;
  const days = members.cells.filter(({ relation }) => fact.members.includes(relation)).map(({ born }) => born);
  return days.includes(UNKNOWN) ? undefined : days;
}

function latest(days, which = "latest") {
  if (!days) return UNKNOWN;
  if (!days.length) return NONE;
  return which === "latest" ? Math.max(...days) : Math.min(...days);
}

function derive(pack, { op, of, which, unit, plus }, codes, members, values) {
  const fact = pack.columns[of];
  const days = fact.type === "dates" ? listOf(fact, codes, members) : undefined;
  if (op === "count_of") return days ? days.length : UNKNOWN;
  if (op === "ages_of") return days ? (days.length ? 0 : NONE) : UNKNOWN;
  const start = fact.type === "dates" ? latest(days, which) : values[of];
  if (start <= NONE) return start;
  if (op !== "time_until") return span(start, pack.today, op.replace("_since", ""));
  const [months, more] = plus, day = months || more ? anniversary(start + more, months) : start;
  return day >= pack.today ? span(pack.today, day, unit) : -span(day, pack.today, unit) + 0;
}

function span(start, end, unit) {
  if (unit === "days") return end - start;
  const months = completedMonths(start, end);
  return unit === "months" ? months : Math.floor(months / 12);
}

// A set of ages as two numbers of 31 bits.
function agesOf(pack, { of }, codes, members) {
  const halves = [0, 0];
  for (const day of listOf(pack.columns[of], codes, members)) {
    const age = Math.min(Math.max(span(day, pack.today, "years"), 0), OLDEST_AGE);
    halves[age < HALF ? 0 : 1] |= 1 << age % HALF;
  }
  return halves;
}
