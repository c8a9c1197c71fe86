// What htmx leaves to do: after a part of the page was replaced, the keyboard goes on where it was read last.
document.addEventListener("htmx:after:swap", () => {
  const next = document.querySelector("[data-next]");
  if (next) next.focus({ preventScroll: false });
});
