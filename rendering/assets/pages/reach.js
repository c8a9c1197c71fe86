// While a bound is dragged the page asks for the counts again: one question at a time, the newest next, none left out.
const form = document.querySelector("form[data-reach]");
const part = "#reached";
let asking = false;
let waiting = 0;

function address() {
  return `${form.action}?${new URLSearchParams(new FormData(form))}`;
}

async function ask() {
  if (asking) return;
  asking = true;
  while (waiting) {
    const since = waiting;
    waiting = 0;
    const answer = await fetch(address(), { credentials: "same-origin" }).catch(() => null);
    const text = answer && answer.ok ? await answer.text() : "";
    const found = text && new DOMParser().parseFromString(text, "text/html").querySelector(part);
    if (!found) {
      form.submit(); // an ended session, or a fault: the page says which
      return;
    }
    document.querySelector(part).replaceWith(found);
    history.replaceState(null, "", address());
    performance.measure("reach", { start: since, end: performance.now() });
  }
  asking = false;
}

if (form) {
  form.addEventListener("input", (event) => {
    const told = form.querySelector(`output[for="${event.target.id}"]`);
    if (told) told.value = Number(event.target.value).toLocaleString(document.documentElement.lang);
    waiting = waiting || performance.now();
    ask();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    waiting = waiting || performance.now();
    ask();
  });
}
