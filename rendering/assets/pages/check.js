// Check without telling us: asks a household question by question, and judges in this browser by the rules of the day.
// Files are loaded once, when somebody begins; from then on nothing is asked of anybody, sent or kept.

const MOST_SHOWN = 30;
const root = document.getElementById("pocket");
const { files, language } = root.dataset;
const start = document.getElementById("begin");
start.addEventListener("click", begin);
start.disabled = false; // until then it could do nothing, and where scripts do not run it is not shown

function made(tag, text = "", attributes = {}, ...children) {
  const one = Object.assign(document.createElement(tag), attributes);
  one.append(...(text === "" ? [] : [text]), ...children);
  return one;
}

// A text as an agency wrote it, in which language it is where that is not the page's.
const written = ([text, lang]) => made("bdi", text, lang ? { lang } : {});

let tries = 0;

async function begin(event) {
  event.target.disabled = true;
  const again = tries++ ? `?try=${tries}` : ""; // a browser may keep that a module could not be loaded from an address
  const state = document.getElementById("state");
  state.textContent = root.dataset.loading;
  try {
    const [{ Pocket, Refused }, rules, words] = await Promise.all([
      import(`${files}/pocket.js${again}`), fetch(`${files}/rules.pocket`).then((answer) => answer.arrayBuffer()),
      fetch(`${files}/words.${language}.json`).then((answer) => answer.json()),
    ]);
    const pocket = new Pocket(rules);
    if (pocket.day !== words.day || pocket.programmes !== words.titles.length) throw new Error("of two days");
    new Check(pocket, Refused, words).show();
  } catch {
    event.target.disabled = false;
    state.textContent = root.dataset.failed;
  }
}

class Check {
  constructor(pocket, Refused, words) {
    Object.assign(this, { pocket, Refused, words, given: [] });
    this.byFact = new Map(words.facts.map((fact) => [fact.fact, fact]));
    this.told = made("div");
    this.told.setAttribute("role", "status");
    this.asking = made("section", "", { className: "panel" });
    this.found = made("div");
    root.replaceChildren(this.told, this.asking, this.found);
  }

  // Facts as they were given; what is not known is not among them.
  facts() {
    return Object.fromEntries(this.given.filter(({ value }) => value !== undefined).map(({ fact, value }) => [fact, value]));
  }

  answer(fact, value, shown) {
    this.given.push({ fact, value, shown });
    try {
      this.pocket.judge(this.facts());
    } catch (refused) {
      if (!(refused instanceof this.Refused)) throw refused;
      this.given.pop();
      this.problem.textContent = this.words.say.refused;
      return;
    }
    this.show();
  }

  show() {
    const judged = this.pocket.judge(this.facts());
    const groups = { yes: [], likely: [], depends: [] }, counts = new Map();
    this.words.titles.forEach((title, one) => {
      const standing = judged.standing(one);
      if (!(standing in groups)) return;
      groups[standing].push(one);
      for (const fact of judged.missing(one)) counts.set(fact, (counts.get(fact) ?? 0) + 1);
    });
    const { standings, say } = this.words;
    const counted = Object.keys(groups).filter((name) => groups[name].length);
    this.told.replaceChildren(made("ul", "", { className: "tally" }, ...counted.map((name) => (
      made("li", "", { className: name }, made("span", `${standings[name]}${say.colon}${groups[name].length}`, { className: "standing" }))))));
    this.ask(this.best(counts));
    this.found.replaceChildren(
      ...["yes", "likely"].filter((name) => groups[name].length).map((name) => this.list(name, groups[name])),
      ...(groups.yes.length + groups.likely.length ? [] : [made("p", say.nothing)]), made("p", this.words.details ? say.written : say.about, { className: "hint" }), this.said(),
    );
  }

  // The question that could settle most; what is sensitive comes last.
  best(counts) {
    const done = new Set(this.given.map(({ fact }) => fact));
    const open = this.words.facts.filter(({ fact }) => counts.has(fact) && !done.has(fact));
    const rank = (one) => counts.get(one.fact) - (one.sensitive ? 1e9 : 0);
    return open.reduce((best, one) => (best && rank(best) >= rank(one) ? best : one), undefined);
  }

  // A programme with what it gives and when one applies, in the words of its agency.
  item(one) {
    const { say, titles, details } = this.words;
    const [gives, when] = details?.[one] ?? [[], []];
    const part = (head, texts) => (texts.length ? [made("dt", head), ...texts.map((text) => made("dd", "", {}, written(text)))] : []);
    const parts = [...part(say.gives, gives.length ? [gives] : []), ...part(say.when, when)];
    return made("li", "", {}, made("strong", "", {}, written(titles[one])), ...(parts.length ? [made("dl", "", { className: "facts" }, ...parts)] : []));
  }

  list(name, found) {
    const heading = made("h2", `${this.words.standings[name]} (${found.length})`);
    const item = (one) => this.item(one);
    const rest = found.slice(MOST_SHOWN);
    const more = rest.length ? [made("details", "", {}, made("summary", `${this.words.say.more} (${rest.length})`), made("ul", "", {}, ...rest.map(item)))] : [];
    return made("section", "", { className: `card ${name}` }, heading, made("ul", "", {}, ...found.slice(0, MOST_SHOWN).map(item)), ...more);
  }

  said() {
    const { say } = this.words;
    if (!this.given.length) return "";
    const rows = this.given.map(({ fact, shown }) => made("li", "", {}, made("p", this.byFact.get(fact).text), made("p", "", {}, made("strong", shown))));
    const undo = made("button", say.undo, { type: "button", className: "second" });
    const again = made("button", say.again, { type: "button", className: "second" });
    undo.addEventListener("click", () => { this.given.pop(); this.show(); });
    again.addEventListener("click", () => { this.given = []; this.show(); });
    return made("section", "", {}, made("h2", say.answers), made("ul", "", { className: "known" }, ...rows), made("div", "", { className: "row" }, undo, again));
  }

  ask(question) {
    const { say } = this.words;
    const heading = made("h2", question ? say.question : say.finished, { tabIndex: -1, id: "question" });
    this.problem = made("p", "", { className: "above" });
    this.problem.setAttribute("role", "alert");
    if (!question) return void this.asking.replaceChildren(heading);
    const { read, element } = FIELDS[question.type](question, this.words);
    const send = made("button", say.next, { type: "button" });
    const skip = made("button", say.unknown, { type: "button", className: "second" });
    const act = () => {
      const [value, shown] = read() ?? [];
      if (value === undefined) this.problem.textContent = shown === undefined ? say.empty : say.wrong;
      else this.answer(question.fact, value, shown);
    };
    send.addEventListener("click", act);
    skip.addEventListener("click", () => this.answer(question.fact, undefined, say.unknown));
    element.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.tagName === "INPUT") act(); });
    const legend = made("legend", question.text), hint = question.sensitive ? [made("p", say.voluntary, { className: "hint" })] : [];
    this.asking.replaceChildren(heading, made("fieldset", "", { className: "choices" }, legend, ...hint, element), this.problem,
      made("div", "", { className: "row" }, send, skip));
    heading.focus({ preventScroll: this.given.length === 0 });
  }
}

// No field stands in a form: there is nothing that a browser could send or remember.
function choices({ options }) {
  const inputs = options.map(([value, label]) => [value, label, made("input", "", { type: "radio", name: "answer", autocomplete: "off", value })]);
  const element = made("div", "", {}, ...inputs.map(([, label, one]) => made("label", "", {}, one, made("bdi", label))));
  return { element, read: () => inputs.filter(([, , one]) => one.checked).map(([value, label]) => [value, label])[0] };
}

function number(question, { say }) {
  const input = made("input", "", { type: "text", inputMode: "numeric", autocomplete: "off", maxLength: 15 });
  const read = () => {
    const digits = input.value.replace(/[,\s]/g, "");
    if (!digits) return undefined;
    const value = /^\d+$/.test(digits) ? Number(digits) : NaN;
    const fits = Number.isSafeInteger(value) && value >= (question.low ?? 0) && value <= (question.high ?? Infinity);
    return fits ? [value, value.toLocaleString(language)] : [undefined, ""];
  };
  return { element: made("label", say.number, {}, input), read };
}

const dayField = ({ low, high }) => made("input", "", { type: "date", autocomplete: "off", min: low ?? "", max: high ?? "" });
const dayShown = (day) => new Date(`${day}T00:00:00Z`).toLocaleDateString(language, { timeZone: "UTC", dateStyle: "long" });
const misread = (input) => input.validity.badInput || input.validity.rangeOverflow || input.validity.rangeUnderflow;

function day(question, { say }) {
  const input = dayField(question);
  const read = () => (misread(input) ? [undefined, ""] : input.value ? [input.value, dayShown(input.value)] : undefined);
  return { element: made("label", say.day, {}, input), read };
}

function days(question, { say }) {
  const list = made("div"), none = made("input", "", { type: "checkbox" });
  const add = () => list.append(made("label", say.days, {}, dayField(question)));
  const more = made("button", say.add, { type: "button", className: "second" });
  more.addEventListener("click", () => { add(); list.lastElementChild.querySelector("input").focus(); });
  add();
  const read = () => {
    const inputs = [...list.querySelectorAll("input")], value = inputs.map((one) => one.value).filter(Boolean);
    if (inputs.some(misread)) return [undefined, ""];
    if (none.checked) return value.length ? [undefined, ""] : [[], say.none];
    return value.length ? [value, value.map(dayShown).join(", ")] : undefined;
  };
  return { element: made("div", "", {}, list, more, made("label", "", {}, none, say.none)), read };
}

function place(_question, { say, regions }) {
  const select = made("select", "", {}, made("option", "", { value: "" }), ...regions.map(([value, name]) => made("option", name, { value })));
  return { element: made("label", say.place, {}, select), read: () => (select.value ? [select.value, select.selectedOptions[0].textContent] : undefined) };
}

const FIELDS = { boolean: choices, enum: choices, integer: number, date: day, dates: days, region: place };
