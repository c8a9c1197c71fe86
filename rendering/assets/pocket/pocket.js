// Pocket: a nation's rules judged on the device of whoever asks. Give it the bytes of a pack (`proffer catalogue pack`)
// and a person's facts; it reads nothing else, keeps nothing and sends nothing. docs/pocket.md says what it answers.
//
//   import { Pocket } from "./pocket.js";
//   const pocket = new Pocket(bytes);
//   const found = pocket.judge({ birth_date: "1990-05-01", region: "11440" });
//   found.answers[i];      // 0 no, 1 unknown, 2 yes, for programme i of the titles file
//   found.standing(i);     // "yes", "likely", "depends" or "no"
//   found.missing(i);      // the facts that could still change the answer, by name

import { countMembers } from "./members.js";
import { ALL_ANSWERS, Missing, ONLY_OPEN, REACH_AND, REACH_OR, SWAPPED, compare, possible } from "./missing.js";
import { ADVISED, COUNT, EVERY, LEAF, NEGATED, NO, OPENED, OPEN_ANSWER, UNKNOWN, YES, readPack } from "./pack.js";
import { Refused, readStatement } from "./statement.js";

export { Refused };

const HOUSEHOLD = "household";
const OTHER = 1, SAID = 2, UNSAID = 4, ADVISED_OPEN = 8, AGAINST = 16, NAMED = 32;

export class Pocket {
  // Raises Error where the bytes are not a pack that this module reads.
  constructor(bytes) {
    this.pack = readPack(bytes);
    this.day = this.pack.day;
    this.programmes = this.pack.programmes;
  }

  // Raises Refused, with every problem, where the facts cannot be read.
  judge(facts) {
    return new Judgement(this.pack, readStatement(this.pack, facts));
  }
}

class Judgement {
  #pack;
  #person;
  #nodes;
  #open;
  #reasons = new Map();
  #settled = new Map();

  constructor(pack, person) {
    this.#pack = pack;
    this.#person = person;
    this.#nodes = new Uint8Array(pack.ops.length);
    this.#leaves();
    this.#operations();
    this.answers = new Uint8Array(pack.programmes);
    for (let kind = 0; kind < pack.kinds; kind++) if (person.kinds >> kind & 1) this.#answer(kind);
  }

  #answer(kind) {
    const { programmes, kinds, roots, capped, lapsed } = this.#pack, nodes = this.#nodes, { answers } = this;
    for (let one = 0; one < programmes; one++) {
      const root = roots[one * kinds + kind];
      if (root < 0) continue;
      const answer = lapsed[one] || (capped[one] && nodes[root] === YES) ? OPEN_ANSWER : nodes[root];
      if (answer > answers[one]) answers[one] = answer;
    }
  }

  // How the person stands to a programme: "yes", "likely", "depends" or "no".
  standing(one) {
    if (this.answers[one] !== OPEN_ANSWER) return this.answers[one] === YES ? "yes" : "no";
    const { lapsed, capped } = this.#pack, roots = this.#roots(one);
    const answer = roots.reduce((most, root) => Math.max(most, this.#nodes[root]), NO);
    if (lapsed[one] && answer === NO) return "depends";
    if (!lapsed[one] && this.#missing(one, 1).size) return "depends";
    if (answer === YES) return "likely";
    let seen = 0;
    for (const root of roots) if (this.#nodes[root] === answer) seen |= this.#reasonsOf(root, false);
    if (seen & ADVISED_OPEN || (!lapsed[one] && seen & AGAINST) || (lapsed[one] && seen & NAMED)) return "depends";
    return seen & (OTHER | AGAINST) || !(seen & (SAID | UNSAID)) ? "likely" : "depends";
  }

  // The facts a person can state, in the declaration's order, that could change the answer to a programme.
  missing(one) {
    if (this.answers[one] !== OPEN_ANSWER || this.#pack.lapsed[one]) return [];
    const { columns, places } = this.#pack, names = new Set();
    for (const place of this.#missing(one)) {
      const column = columns[place];
      if (column === undefined) names.add(HOUSEHOLD);
      else for (const name of column.asks ?? [column.name]) names.add(name);
    }
    const order = (name) => (places.has(name) && !name.startsWith("receives.") ? places.get(name) : columns.length);
    return [...names].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  }

  #roots(one) {
    const { roots, kinds } = this.#pack, found = [];
    for (let kind = 0; kind < kinds; kind++) {
      if (this.#person.kinds >> kind & 1 && roots[one * kinds + kind] >= 0) found.push(roots[one * kinds + kind]);
    }
    return found;
  }

  #leaves() {
    const { leaves, household } = this.#pack, { values, ages, members } = this.#person, raised = new Set();
    for (const [column, value, relations] of household?.closings ?? []) {
      if (values[column] === value) for (const relation of relations) raised.add(relation);
    }
    leaves.forEach((leaf, node) => {
      if (leaf.kind === COUNT) {
        const [sure, most] = countMembers(leaf, members, raised);
        this.#nodes[node] = (leaf.low <= sure && most <= leaf.high) + (leaf.low <= most && sure <= leaf.high);
      } else this.#nodes[node] = compare(this.#pack, leaf, values[leaf.column], ages.get(leaf.column));
    });
  }

  #operations() {
    const { ops, starts, parts, leaves } = this.#pack, nodes = this.#nodes;
    nodes[leaves.length] = OPEN_ANSWER;
    for (let node = leaves.length + 1, at = starts[node]; node < ops.length; node++) {
      const op = ops[node], end = starts[node + 1];
      let answer = op === EVERY ? YES : op === ADVISED ? OPEN_ANSWER : NO;
      if (op === EVERY) for (; at < end && answer; at++) answer = nodes[parts[at]] < answer ? nodes[parts[at]] : answer;
      else for (; at < end && answer < YES; at++) answer = nodes[parts[at]] > answer ? nodes[parts[at]] : answer;
      nodes[node] = op === NEGATED ? 2 - answer : answer;
      at = end;
    }
  }

  // What each node can still answer, worked out once somebody asks what is missing.
  #reaches() {
    const { ops, starts, parts, leaves } = this.#pack, nodes = this.#nodes, reach = new Uint8Array(ops.length);
    leaves.forEach((leaf, node) => {
      const answer = nodes[node];
      reach[node] = answer !== OPEN_ANSWER ? 1 << answer
        : leaf.kind === COUNT ? ALL_ANSWERS : ONLY_OPEN | possible(this.#pack, leaf);
    });
    reach[leaves.length] = ONLY_OPEN;
    for (let node = leaves.length + 1; node < ops.length; node++) {
      const op = ops[node], table = op === EVERY ? REACH_AND : REACH_OR;
      let own = 1 << (op === EVERY ? YES : op === ADVISED ? OPEN_ANSWER : NO);
      for (let at = starts[node]; at < starts[node + 1]; at++) own = table[own << 3 | reach[parts[at]]];
      reach[node] = op === NEGATED ? SWAPPED[own] : own;
    }
    return reach;
  }

  #missing(one, least) {
    this.#open ??= new Missing(this.#pack, this.#person, this.#nodes, this.#reaches(), (node) => this.#asksOf(node));
    return this.#open.of(this.#roots(one), this.#pack.capped[one], least);
  }

  // What a person can state to settle a leaf over members: a short list where that is enough, and what closes a list.
  #asksOf(node) {
    if (!this.#settled.has(node)) {
      const leaf = this.#pack.leaves[node], { columns, household } = this.#pack, { values } = this.#person;
      const list = columns.findIndex((fact, place) => values[place] === UNKNOWN && listTells(fact, leaf, household));
      const closing = leaf.raises === 1 ? household.closings.filter(([column, , relations]) => (
        values[column] === UNKNOWN && relations.some((place) => leaf.relations.includes(place)))) : [];
      this.#settled.set(node, [list < 0 ? columns.length : list, ...closing.map(([column]) => column)]);
    }
    return this.#settled.get(node);
  }

  // Of which kinds the reasons are that keep a node's answer: see standing, and recommender/rules/verdict.py.
  #reasonsOf(node, advised) {
    const key = 2 * node + advised;
    if (!this.#reasons.has(key)) this.#reasons.set(key, this.#collected(node, advised));
    return this.#reasons.get(key);
  }

  #collected(node, advised) {
    const { ops, starts, parts } = this.#pack, op = ops[node], nodes = this.#nodes;
    if (op === OPENED) return OTHER;
    if (op === LEAF) {
      if (nodes[node] !== OPEN_ANSWER) return OTHER;
      return advised ? ADVISED_OPEN : this.#isNamed(node) ? SAID | NAMED : UNSAID;
    }
    if (op === NEGATED) return this.#reasonsOf(parts[starts[node]], advised);
    if (op === ADVISED) {
      const part = parts[starts[node]];
      return nodes[part] === NO ? AGAINST : this.#reasonsOf(part, true);
    }
    let seen = 0;
    for (let at = starts[node]; at < starts[node + 1]; at++) {
      if (nodes[parts[at]] === nodes[node]) seen |= this.#reasonsOf(parts[at], advised);
    }
    return seen;
  }

  // Whether a fact of the declaration, rather than a receipt or the household, settles an open leaf.
  #isNamed(node) {
    const { leaves, columns } = this.#pack, leaf = leaves[node];
    const asked = leaf.kind === COUNT ? this.#asksOf(node) : [leaf.column];
    return asked.some((place) => place < columns.length && !columns[place].receipt);
  }
}

// Whether a short list of dates settles a leaf over members: it tells of no trait but who raises them, where it presumes it.
function listTells(fact, leaf, household) {
  return fact.members && leaf.relations.every((relation) => fact.members.includes(relation))
    && leaf.lives < 0 && leaf.disabled < 0 && !leaf.due
    && (leaf.raises < 0 || fact.members.every((place) => household.relations[place].raises !== undefined));
}
