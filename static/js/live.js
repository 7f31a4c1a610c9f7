// Parts that ask for themselves anew: not while nobody looks at the page, and at once when somebody does again.
// What was unfolded in them stays so, and nothing is taken away from under an open menu.
const polled = (event) => !event.detail.requestConfig?.triggeringEvent;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]") && polled(event)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "refresh");
});

let unfolded = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.target.matches("[data-live]")) return;
  if (event.target.querySelector(":popover-open")) event.detail.shouldSwap = false;
  unfolded = [...event.target.querySelectorAll("details[open][id]")].map(({ id }) => id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  unfolded = [];
});
