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
document.addEventListener("submit", (event) => {
  if (!navigator.onLine) {
    event.preventDefault();
    event.stopImmediatePropagation();
    lost();
  }
}, true);

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
