// While a bound is dragged the page asks for the counts again: one question at a time, the newest next, none left out.
// They are then counted quickly: who stands likely is told apart once the bound is let go.
const form = document.querySelector("form[data-reach]");
const part = "#reached";
let asking = false;
let waiting = 0;
let released = 0;

function address(quick) {
  const fields = new URLSearchParams(new FormData(form));
  if (quick) fields.set("quick", "1");
  return `${form.action}?${fields}`;
}

async function ask() {
  if (asking) return;
  asking = true;
  while (waiting || released) {
    const quick = waiting > 0, since = waiting || released;
    if (quick) waiting = 0;
    else released = 0;
    const answer = await fetch(address(quick), { credentials: "same-origin" }).catch(() => null);
    if (!answer) { // the connection is lost: nothing that was entered is, and the next move asks again
      asking = false;
      return lost();
    }
    const text = answer.ok ? await answer.text() : "";
    const found = text && new DOMParser().parseFromString(text, "text/html").querySelector(part);
    if (!found) {
      form.submit(); // an ended session, or a fault: the page says which
      return;
    }
    if (found.hasAttribute("data-apart")) released = waiting ? released : 0; // nothing is left to be told apart
    document.querySelector(part).replaceWith(found);
    history.replaceState(null, "", address(false));
    document.dispatchEvent(new Event("reach"));
    performance.measure(quick ? "reach" : "reach apart", { start: since, end: performance.now() });
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
  form.addEventListener("change", () => {
    released = performance.now();
    ask();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    released = performance.now();
    ask();
  });
}
