// Judges households by a pack as an app would: node judge.mjs MODULE PACK [answers] < facts, a line each.
import { readFileSync } from "node:fs";

const [, , module, pack, only] = process.argv;
const { Pocket, Refused } = await import(module);
const pocket = new Pocket(readFileSync(pack));
const told = [];
for (const line of readFileSync(0, "utf-8").split("\n").filter(Boolean)) {
  try {
    const found = pocket.judge(JSON.parse(line)), answers = [...found.answers], each = [...answers.keys()];
    const standing = only ? undefined : each.map((one) => found.standing(one));
    const missing = only ? undefined : each.map((one) => found.missing(one));
    told.push(JSON.stringify({ answers, standing, missing }));
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    told.push(JSON.stringify({ refused: refusal.problems.map(({ path, code }) => [path.join("."), code]) }));
  }
}
process.stdout.write(told.map((line) => `${line}\n`).join(""));
