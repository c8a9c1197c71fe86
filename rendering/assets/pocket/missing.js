// Which facts that a person can state could still change the answer to a programme.
//
// A leaf that is open may turn out no or yes or stay open. Going up gives each part the answers it can still take; going
// down gives it the differences that anybody above would notice. Columns that several leaves read are tried value by
// value, up to TRIED combinations; beyond, a fact too many may be named, never one too few.

import {
  AGES, COUNT, EVERY, LEAF, NEGATED, ADVISED, NONE, NO, OPENED, OPEN_ANSWER, RANGE, UNKNOWN, YES, relation,
} from "./pack.js";

const TRIED = 4096;
const ONLY_NO = 1, ONLY_OPEN = 2, ONLY_YES = 4, ALL_ANSWERS = 7;
const NO_OPEN = 1, OPEN_YES = 2, NO_YES = 4, EVERYTHING = 7;
const PAIRS = [[0, 1], [1, 2], [0, 2]];
const NEVER_NEGATIVE = ["years_since", "months_since", "days_since", "count_of"];

function reached(pick) {
  const table = new Uint8Array(64);
  for (let pair = 0; pair < 64; pair++) {
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) if (pair >> 3 >> a & 1 && pair >> b & 1) table[pair] |= 1 << pick(a, b);
  }
  return table;
}

function noticed(pick) {
  const table = new Uint8Array(64);
  for (let pair = 0; pair < 64; pair++) {
    PAIRS.forEach(([a, b], bit) => {
      for (let other = 0; other < 3; other++) {
        if (!(pair >> other & 1)) continue;
        const low = pick(a, other), high = pick(b, other);
        if (PAIRS.some(([c, d], i) => pair >> 3 >> i & 1 && c === low && d === high)) table[pair] |= 1 << bit;
      }
    });
  }
  return table;
}

const REACH_AND = reached(Math.min), REACH_OR = reached(Math.max);
const NOTICE_AND = noticed(Math.min), NOTICE_OR = noticed(Math.max);
const SWAPPED = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => mask >> 2 & 1 | mask & 2 | (mask & 1) << 2);
const TURNED = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => mask & 4 | mask >> 1 & 1 | (mask & 1) << 1);

// The answer of one leaf that compares a column, for a value of it (and for a set of ages, its halves).
export function compare(pack, leaf, value, ages) {
  if (value <= NONE) return value === UNKNOWN ? OPEN_ANSWER : NO;
  if (leaf.kind === RANGE) {
    const { bounds } = leaf;
    for (let i = 0; i < bounds.length; i += 2) if (bounds[i] <= value && value <= bounds[i + 1]) return YES;
    return NO;
  }
  if (leaf.kind === AGES) return (leaf.low & ages[0]) | (leaf.high & ages[1]) ? YES : NO;
  let answer = YES;
  for (const set of leaf.sets) answer = Math.min(answer, relation(pack.regions, value, set));
  return answer;
}

// The answers (bits no and yes) that some value of an unknown column gives a leaf.
export function possible(pack, leaf) {
  if (leaf.possible === undefined) {
    leaf.possible = ONLY_NO | ONLY_YES;
    if (leaf.kind === AGES) leaf.possible = leaf.low | leaf.high ? ONLY_NO | ONLY_YES : ONLY_NO;
    if (leaf.kind === RANGE) {
      leaf.possible = points(pack, [leaf]).reduce((bits, value) => bits | 1 << compare(pack, leaf, value), 0);
    }
  }
  return leaf.possible;
}

// Values of a column that between them meet and miss the leaves in every way there is.
function points(pack, leaves) {
  const [low, high, none] = bounds(pack, pack.columns[leaves[0].column]);
  const values = new Set([low, high]);
  for (const { bounds: ends } of leaves) {
    for (let i = 0; i < ends.length; i += 2) {
      for (const value of [ends[i] - 1, ends[i], ends[i + 1], ends[i + 1] + 1]) if (low <= value && value <= high) values.add(value);
    }
  }
  return none ? [...values, NONE] : [...values];
}

function bounds(pack, { type, values, low, high, derived }) {
  if (type === "boolean") return [0, 1, false];
  if (type === "enum") return [0, values.length - 1, false];
  if (!derived) return [low ?? -Infinity, high ?? Infinity, type === "dates"];
  const none = derived.op !== "count_of" && pack.columns[derived.of].type === "dates";
  return [NEVER_NEGATIVE.includes(derived.op) ? 0 : -Infinity, Infinity, none];
}

// One person's open questions. `answers` and `reach` hold for each node its answer and those it can still take.
export class Missing {
  constructor(pack, person, answers, reach, asks) {
    Object.assign(this, { pack, person, answers, reach, asks, ways: pack.ways ??= new Map() });
    this.stamps = new Uint32Array(pack.ops.length);
    this.fixedReach = new Uint8Array(pack.ops.length);
    this.fixed = new Int8Array(pack.leaves.length).fill(-1);
    this.pairStamps = new Uint32Array(pack.ops.length);
    this.pairsKnown = new Uint16Array(pack.ops.length);
    this.stamp = this.differing = 0;
  }

  // The places of the columns that could change the answer to one programme, by the roots that count; with `least` only
  // so many of them, for whoever asks whether there is one.
  of(roots, capped, least = Infinity) {
    const above = capped ? NOTICE_AND[EVERYTHING << 3 | ONLY_OPEN] : EVERYTHING;
    const found = new Set(), seen = this.seen = new Map();
    this.joint(roots, 0, roots.length, above, REACH_OR, NOTICE_OR, ONLY_NO, found, this.reach);
    this.seen = undefined;
    if (!found.size || (least === Infinity && !this.isTried(roots, found))) return found;
    const named = this.tried(roots, above, seen, found, least);
    return named.size || least === Infinity || this.isTried(roots, found) ? named : found;
  }

  // Whether a column that was noticed is read by several open leaves, and all of those have few enough values together.
  isTried(roots, found) {
    const counted = new Map(), read = new Map();
    for (const root of roots) this.open(root, counted, read);
    const repeated = [...counted.keys()].filter((column) => counted.get(column) > 1);
    if (!repeated.some((column) => found.has(column))) return false;
    return repeated.reduce((product, column) => product * this.waysOf(column, [...read.get(column)]).length, 1) <= TRIED;
  }

  joint(parts, from, to, above, reachTable, notice, neutral, found, reach) {
    const after = [neutral];
    for (let at = to - 1; at > from; at--) after.push(reachTable[after[after.length - 1] << 3 | this.reachOf(parts[at], reach)]);
    let before = neutral;
    for (let at = from; at < to; at++) {
      const seen = notice[above << 3 | reachTable[before << 3 | after[to - 1 - at]]];
      this.notice(parts[at], seen, found, reach);
      before = reachTable[before << 3 | this.reachOf(parts[at], reach)];
    }
  }

  notice(node, above, found, reach) {
    const { ops, parts, starts, leaves } = this.pack, own = this.reachOf(node, reach), op = ops[node];
    if (!above || own === ONLY_NO || own === ONLY_YES || op === OPENED) return;
    if (op === LEAF) {
      if (!(above & NO_OPEN && own & ONLY_NO) && !(above & OPEN_YES && own & ONLY_YES)) return;
      if (this.seen && leaves[node].kind !== COUNT) this.see(node, above);
      if (leaves[node].kind === COUNT) for (const asked of this.asks(node)) found.add(asked);
      else found.add(leaves[node].column);
    } else if (op === NEGATED) this.notice(parts[starts[node]], TURNED[above], found, reach);
    else if (op === ADVISED) this.notice(parts[starts[node]], NOTICE_OR[above << 3 | ONLY_OPEN], found, reach);
    else if (op === EVERY) this.joint(parts, starts[node], starts[node + 1], above, REACH_AND, NOTICE_AND, ONLY_YES, found, reach);
    else this.joint(parts, starts[node], starts[node + 1], above, REACH_OR, NOTICE_OR, ONLY_NO, found, reach);
  }

  see(node, above) {
    const before = this.seen.get(node);
    if (before) {
      before.above |= above;
      before.times++;
    } else this.seen.set(node, { above, times: 1 });
  }

  // How often each column is read by leaves that are open, and which leaves those are.
  open(node, counted, read) {
    const { ops, parts, starts, leaves } = this.pack;
    if (ops[node] === LEAF) {
      const { kind, column } = leaves[node];
      if (kind === COUNT || this.answers[node] !== OPEN_ANSWER) return;
      counted.set(column, (counted.get(column) ?? 0) + 1);
      if (!read.has(column)) read.set(column, new Set());
      read.get(column).add(node);
    } else for (let at = starts[node]; at < starts[node + 1]; at++) this.open(parts[at], counted, read);
  }

  // The columns noticed when those that several leaves read take one value in all of them. A leaf whose difference nobody
  // notices, whatever the others are, may stay as open as it is; and it need not tell apart what nobody above tells apart.
  tried(roots, above, seen, found, least) {
    const leavesOf = new Map();
    for (const [leaf, { above: told }] of seen) {
      const { column } = this.pack.leaves[leaf];
      if (!leavesOf.has(column)) leavesOf.set(column, []);
      leavesOf.get(column).push({ leaf, told });
    }
    const cases = [];
    for (const [column, leaves] of leavesOf) {
      if (leaves.length > 1 || seen.get(leaves[0].leaf).times > 1) cases.push({ column, leaves, ways: this.told(column, leaves) });
    }
    const product = cases.reduce((ways, one) => ways * one.ways.length, 1);
    if (!cases.length || product > TRIED) return found;
    const repeated = new Set(cases.map(({ column }) => column)), named = new Set();
    const chosen = new Array(cases.length).fill(0);
    for (let at = 0; at >= 0 && named.size < Math.min(found.size, least);) {
      this.stamp++;
      cases.forEach(({ leaves, ways }, i) => leaves.forEach(({ leaf }, j) => { this.fixed[leaf] = ways[chosen[i]][j]; }));
      const more = new Set();
      this.joint(roots, 0, roots.length, above, REACH_OR, NOTICE_OR, ONLY_NO, more, undefined);
      for (const one of more) if (!repeated.has(one)) named.add(one);
      for (const { column } of cases) {
        if (!named.has(column) && this.differs(roots, above, column)) named.add(column);
      }
      at = cases.length - 1;
      while (at >= 0 && ++chosen[at] === cases[at].ways.length) chosen[at--] = 0;
    }
    for (const { leaves } of cases) for (const { leaf } of leaves) this.fixed[leaf] = -1;
    return named;
  }

  // The ways of a column's values, as far as they are told apart; that it is unknown comes first.
  told(column, leaves) {
    const ways = new Map();
    for (const way of this.waysOf(column, leaves.map(({ leaf }) => leaf))) {
      const merged = way.map((answer, i) => {
        if (answer === YES && !(leaves[i].told & OPEN_YES) || answer === NO && !(leaves[i].told & NO_OPEN)) return OPEN_ANSWER;
        return answer;
      });
      ways.set(merged.join(), merged);
    }
    return [...ways.values()];
  }

  // Every way in which the values of a column, unknown included, answer the leaves that read it.
  waysOf(column, leaves) {
    const value = this.person.values[column], key = `${value},${leaves}`;
    if (!this.ways.has(key)) this.ways.set(key, this.workedOut(value, leaves.map((leaf) => this.pack.leaves[leaf])));
    return this.ways.get(key);
  }

  workedOut(value, leaves) {
    const { pack } = this, ways = new Map(), add = (way) => ways.set(way.join(), way);
    add(leaves.map(() => OPEN_ANSWER));
    if (leaves[0].kind === AGES) this.metByAges(leaves).forEach(add);
    else {
      const values = leaves[0].kind === RANGE ? points(pack, leaves) : finest(pack.regions, value);
      for (const one of values) add(leaves.map((leaf) => compare(pack, leaf, one)));
    }
    return [...ways.values()];
  }

  // Which leaves sets of ages meet, the empty one too: those that single ages meet, together in any way.
  metByAges(leaves) {
    const ways = new Map([[leaves.map(() => NO).join(), leaves.map(() => NO)]]);
    for (let age = 0; age < 62; age++) {
      const met = leaves.map(({ low, high }) => (age < 31 ? low >> age : high >> age - 31) & 1);
      for (const way of [...ways.values()]) {
        const more = way.map((answer, i) => Math.max(answer, 2 * met[i]));
        ways.set(more.join(), more);
      }
    }
    return ways;
  }

  // The answers a node can take: of everybody like the person, or (without `reach`) with the fixed leaves as they are.
  reachOf(node, reach) {
    if (reach) return reach[node];
    const { ops, parts, starts } = this.pack, op = ops[node];
    if (op === LEAF) return this.fixed[node] < 0 ? this.reach[node] : 1 << this.fixed[node];
    if (op === OPENED) return ONLY_OPEN;
    if (this.stamps[node] === this.stamp) return this.fixedReach[node];
    const every = op === EVERY, table = every ? REACH_AND : REACH_OR;
    let own = every ? ONLY_YES : op === ADVISED ? ONLY_OPEN : ONLY_NO;
    for (let at = starts[node]; at < starts[node + 1]; at++) own = table[own << 3 | this.reachOf(parts[at])];
    if (op === NEGATED) own = SWAPPED[own];
    this.stamps[node] = this.stamp;
    return this.fixedReach[node] = own;
  }

  // Whether the answer can differ when the fixed leaves of one column are open instead, all else being equal.
  differs(roots, above, column) {
    this.opening = column;
    this.differing++;
    const pairs = roots.reduce((met, root) => meet(BIGGER, met, this.pairs(root)), 1);
    const seen = { 1: NO_OPEN, 2: NO_YES, 3: OPEN_YES };
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) if (a !== b && pairs >> 3 * a + b & 1 && above & seen[a + b]) return true;
    return false;
  }

  // The answers a node can take as they are fixed and, all else equal, opened: bit 3 a + b for each pair.
  pairs(node) {
    const { ops, parts, starts, leaves } = this.pack, op = ops[node];
    if (!(this.pack.columnBits[node] >> this.opening % 32 & 1)) return SAME[this.reachOf(node)];
    if (op === LEAF) {
      if (this.fixed[node] < 0) return SAME[this.reach[node]];
      return 1 << 3 * this.fixed[node] + (leaves[node].column === this.opening ? OPEN_ANSWER : this.fixed[node]);
    }
    if (this.pairStamps[node] === this.differing) return this.pairsKnown[node];
    const pick = op === EVERY ? SMALLER : BIGGER;
    let met = op === EVERY ? 1 << 8 : op === ADVISED ? 1 << 4 : 1;
    for (let at = starts[node]; at < starts[node + 1]; at++) met = meet(pick, met, this.pairs(parts[at]));
    if (op === NEGATED) met = turned(met);
    this.pairStamps[node] = this.differing;
    return this.pairsKnown[node] = met;
  }
}

const SAME = [0, 1, 2, 3, 4, 5, 6, 7].map((reach) => (reach & 1) | (reach >> 1 & 1) << 4 | (reach >> 2 & 1) << 8);
const SMALLER = { pick: Math.min, known: new Int16Array(1 << 18).fill(-1) };
const BIGGER = { pick: Math.max, known: new Int16Array(1 << 18).fill(-1) };

function meet({ pick, known }, left, right) {
  let met = known[left << 9 | right];
  if (met >= 0) return met;
  met = 0;
  for (let i = 0; i < 9; i++) {
    if (!(left >> i & 1)) continue;
    for (let j = 0; j < 9; j++) {
      if (right >> j & 1) met |= 1 << 3 * pick(Math.floor(i / 3), Math.floor(j / 3)) + pick(i % 3, j % 3);
    }
  }
  return known[left << 9 | right] = met;
}

function turned(pairs) {
  let found = 0;
  for (let bit = 0; bit < 9; bit++) if (pairs >> bit & 1) found |= 1 << 8 - bit;
  return found;
}

// The finest regions somebody may live in: those of the coarse one they gave, all where they gave none.
function finest(regions, value) {
  const from = value === UNKNOWN ? regions.leaves.keys() : [value];
  return [...new Set([...from].flatMap((place) => regions.leaves[place]))];
}

export { ALL_ANSWERS, ONLY_OPEN, REACH_AND, REACH_OR, SWAPPED };
