// Reads a pack (docs/pocket.md): the columns, the regions, the leaves and one shared graph of what programmes demand.

export const UNKNOWN = -(2 ** 60);
export const NONE = -(2 ** 59); // known that there is none; both lie below every value that JSON carries exactly
export const NO = 0, OPEN_ANSWER = 1, YES = 2;

const MAGIC = "PRPK", FORMAT = 1;
const FEW = 16, OPEN = 0, NOT = 1, ADVISORY = 2, ALL = 3, ANY = ALL + FEW + 1, FIRST_LEAF = ANY + FEW + 1;
export const LEAF = 0, OPENED = 1, NEGATED = 2, ADVISED = 3, EVERY = 4, SOME = 5; // what a node of the graph is
export const RANGE = 0, AGES = 1, REGION = 2, COUNT = 3; // what a leaf asks

export function readPack(source) {
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  const cursor = { at: MAGIC.length };
  if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC) throw new Error("this is not a pack of rules");
  const format = varint(bytes, cursor);
  if (format !== FORMAT) throw new Error(`the pack is of format ${format}, and this module reads ${FORMAT}`);
  const length = varint(bytes, cursor), end = cursor.at + length;
  const head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(cursor.at, end)));
  cursor.at = end;
  const pack = {
    day: head.day, today: dayOf(head.day), featuresHash: head.features_hash, applicants: head.applicants,
    columns: head.columns, places: new Map(head.columns.map((column, place) => [column.name, place])),
    household: head.household, regions: regionTable(head.regions),
  };
  pack.leaves = head.leaves.map((row) => leafOf(row, pack));
  Object.assign(pack, graphOf(bytes, cursor, head, pack.leaves.length));
  pack.columnBits = columnBits(pack);
  return pack;
}

// For each node a bit of 32 for every column that a leaf below it reads: none there, none of that column.
function columnBits({ ops, starts, parts, leaves }) {
  const bits = new Int32Array(ops.length);
  leaves.forEach(({ column }, leaf) => { bits[leaf] = column < 0 ? 0 : 1 << column % 32; });
  for (let node = leaves.length; node < ops.length; node++) {
    for (let at = starts[node]; at < starts[node + 1]; at++) bits[node] |= bits[parts[at]];
  }
  return bits;
}

function varint(bytes, cursor) {
  let value = 0, scale = 1, byte = 128;
  while (byte & 128) {
    if (cursor.at >= bytes.length) throw new Error("the pack is cut off");
    byte = bytes[cursor.at++];
    value += (byte & 127) * scale;
    scale *= 128;
  }
  return value;
}

function regionTable(table) {
  const leaves = table.codes.map((_, place) => [place]);
  for (const [place, ...own] of table.leaves) leaves[place] = own;
  return {
    places: new Map(table.codes.map((code, place) => [code, place])), leaves, vague: new Set(table.vague),
    known: new Map(),
  };
}

function leafOf(row, pack) {
  const [column, ...rest] = row;
  if (column < 0) {
    const [relations, lives, raises, disabled, ...more] = rest;
    const bounds = more.slice(0, 6).map((bound, place) => bound ?? (place % 2 ? Infinity : -Infinity));
    return {
      kind: COUNT, column, relations, lives, raises, disabled, bounds, youngest: more[6], low: more[7],
      high: more[8] ?? MANY, due: more[9],
    };
  }
  const type = pack.columns[column].type;
  if (type === "region") return { kind: REGION, column, sets: rest };
  if (type === "ages") return { kind: AGES, column, low: rest[0], high: rest[1] };
  return { kind: RANGE, column, bounds: rest.map((bound, place) => bound ?? (place % 2 ? Infinity : -Infinity)) };
}

export const MANY = 2 ** 31; // how many members a list that is not whole may hold

// One node for each distinct demand: the leaves first, then what is not published, then operations, parts before them.
function graphOf(bytes, cursor, head, leaves) {
  const ops = [], starts = [0], parts = [], known = new Map();
  for (let leaf = 0; leaf <= leaves; leaf++) {
    ops.push(leaf < leaves ? LEAF : OPENED);
    starts.push(0);
  }
  function node(op, own) {
    const key = String.fromCharCode(op, ...own.map((part) => part & 0xffff), ...own.map((part) => part >>> 16));
    let place = known.get(key);
    if (place === undefined) {
      place = ops.length;
      known.set(key, place);
      ops.push(op);
      for (const part of own) parts.push(part);
      starts.push(parts.length);
    }
    return place;
  }
  function tree() {
    const token = varint(bytes, cursor);
    if (token >= FIRST_LEAF) {
      if (token - FIRST_LEAF >= leaves) throw new Error("the pack names a leaf that it does not have");
      return token - FIRST_LEAF;
    }
    if (token === OPEN) return leaves;
    if (token === NOT || token === ADVISORY) return node(token === NOT ? NEGATED : ADVISED, [tree()]);
    const first = token < ANY ? ALL : ANY;
    const count = token - first < FEW ? token - first : varint(bytes, cursor);
    const own = [];
    for (let part = 0; part < count; part++) own.push(tree());
    return node(first === ALL ? EVERY : SOME, own);
  }
  const kinds = head.applicants.length, roots = new Int32Array(head.programmes * kinds).fill(-1);
  const capped = new Uint8Array(head.programmes), lapsed = new Uint8Array(head.programmes);
  for (let one = 0; one < head.programmes; one++) {
    const flags = varint(bytes, cursor);
    capped[one] = flags >> kinds & 1;
    lapsed[one] = flags >> kinds + 1 & 1;
    for (let kind = 0; kind < kinds; kind++) if (flags >> kind & 1) roots[one * kinds + kind] = tree();
  }
  if (cursor.at !== bytes.length) throw new Error("the pack holds more than its programmes");
  return {
    programmes: head.programmes, kinds, roots, capped, lapsed, ops: Uint8Array.from(ops),
    starts: Int32Array.from(starts), parts: Int32Array.from(parts),
  };
}

// How somebody's region lies in a set of them: 2 wholly, 0 not at all, 1 in part or not known.
export function relation(regions, place, set) {
  let own = regions.known.get(set);
  if (own === undefined) regions.known.set(set, own = new Map());
  let answer = own.get(place);
  if (answer === undefined) own.set(place, answer = relate(regions, place, set));
  return answer;
}

function relate(regions, place, set) {
  const theirs = regions.leaves[place];
  if (!theirs.length || !set.length) return OPEN_ANSWER;
  const certain = new Set(set.filter((one) => !regions.vague.has(one)).flatMap((one) => regions.leaves[one]));
  if (set.includes(place) || theirs.every((leaf) => certain.has(leaf))) return YES;
  const covers = set.map((one) => regions.leaves[one]);
  return covers.every((cover) => cover.length && !theirs.some((leaf) => cover.includes(leaf))) ? NO : OPEN_ANSWER;
}

// Days since 1970-01-01 of a day of the calendar written YYYY-MM-DD, undefined for anything else.
export function dayOf(text) {
  const found = typeof text === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) : null;
  if (!found) return undefined;
  const [year, month, day] = found.slice(1).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month)) return undefined;
  return civilDay(year, month, day);
}

function monthDays(year, month) {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function civilDay(year, month, day) {
  const y = month > 2 ? year : year - 1, era = Math.floor(y / 400), ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468;
}

export function civil(days) {
  const z = days + 719468, era = Math.floor(z / 146097), ofEra = z - era * 146097;
  const yoe = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365);
  const ofYear = ofEra - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * ofYear + 2) / 153), month = mp < 10 ? mp + 3 : mp - 9;
  return [yoe + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - Math.floor((153 * mp + 2) / 5) + 1];
}

// Whole months from one day to another; a month that has no such day is complete on the first of the next.
export function completedMonths(start, today) {
  const [year, month, day] = civil(start), [thisYear, thisMonth, thisDay] = civil(today);
  return (thisYear - year) * 12 + thisMonth - month - (thisDay < day ? 1 : 0);
}

// The first day on which so many months are complete.
export function anniversary(start, months) {
  const [year, month, day] = civil(start), total = year * 12 + month - 1 + months;
  const toYear = Math.floor(total / 12), toMonth = total - toYear * 12 + 1, last = monthDays(toYear, toMonth);
  return civilDay(toYear, toMonth, Math.min(day, last)) + (last < day ? 1 : 0);
}
