// What htmx leaves to do: after a part of the page was replaced, the keyboard goes on where it was read last.
document.addEventListener("htmx:after:swap", () => {
  const next = document.querySelector("[data-next]");
  if (next) next.focus({ preventScroll: false });
});

function tell(text, kind, ...more) {
  const told = document.getElementById("told");
  const said = document.createElement("p");
  said.className = `notice ${kind}`;
  said.append(text, ...more);
  told.replaceChildren(said);
  return told;
}

// Where the connection is lost nothing is sent, and what was typed stays where it is: the page says so.
function lost() {
  tell(document.getElementById("told").dataset.lost, "warn").scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:error", lost);
// A form is sent once, however often its button is pressed; whoever comes back to the page may send it again.
const sent = new Set();
document.addEventListener("submit", (event) => {
  const again = event.target.method === "post" && sent.has(event.target); // what is only looked for may be again
  if (navigator.onLine && !again) return void sent.add(event.target);
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!again) lost();
}, true);
for (const ended of ["pageshow", "htmx:error", "htmx:after:request"]) addEventListener(ended, () => sent.clear());

// An answer without the part that is to be replaced is another page: to sign in on, or one that says what was refused.
document.addEventListener("htmx:after:request", (event) => {
  const { select, text, response } = event.detail.ctx;
  if (!select) return;
  const found = new DOMParser().parseFromString(text, "text/html");
  if (found.querySelector(select)) return;
  event.preventDefault();
  const main = found.querySelector("main");
  if (response.raw.redirected || !main) {
    location.assign(response.raw.redirected ? response.raw.url : location.href);
    return;
  }
  document.title = found.title;
  document.querySelector("main").replaceWith(main);
  main.focus();
});

// Before a session ends the page says so, and a button keeps it; nothing opens, moves or takes the focus.
const stays = document.getElementById("stays");
if (stays) {
  const { idle, whole, warned, soon, last, ended, stay, stayed } = stays.dataset;
  const wholly = Date.now() + whole * 1000;
  let until, state, timer;
  const seen = () => {
    until = Math.min(Date.now() + idle * 1000, wholly);
    state = "";
    check();
  };
  const say = (name, text, ...more) => {
    if (state === name) return;
    state = name;
    tell(text, "warn stays", ...more);
  };
  const keep = async () => {
    const form = document.querySelector("footer form");
    const answer = await fetch("/stay", { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    if (!answer) return lost();
    if (!answer.ok || answer.redirected) return say("ended", ended);
    tell(stayed, "stays");
    seen();
  };
  const check = () => {
    clearTimeout(timer);
    const left = until - Date.now();
    if (left <= 0) return say("ended", ended);
    timer = setTimeout(check, left > warned * 1000 ? left - warned * 1000 : left);
    if (left > warned * 1000) return;
    if (until === wholly) return say("last", last);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.textContent = stay;
    button.addEventListener("click", keep);
    say("soon", soon, button);
  };
  seen();
  for (const again of ["htmx:after:request", "reach"]) document.addEventListener(again, seen); // each keeps it as a page does
  for (const back of ["pageshow", "visibilitychange"]) addEventListener(back, check); // a machine that slept
}
