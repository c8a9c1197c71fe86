// What htmx leaves to do: after a part of the page was replaced, the keyboard goes on where it was read last.
document.addEventListener("htmx:after:swap", () => {
  const next = document.querySelector("[data-next]");
  if (next) next.focus({ preventScroll: false });
});

// Where the connection is lost nothing is sent, and what was typed stays where it is: the page says so.
function lost() {
  const told = document.getElementById("told");
  const said = document.createElement("p");
  said.className = "notice warn";
  said.textContent = told.dataset.lost;
  told.replaceChildren(said);
  told.scrollIntoView({ block: "nearest" });
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
