// Keys for lists ("/" to the filter, j and k from row to row, Enter opens), toasts that go away by themselves,
// buttons that copy, and dialogs that put the cursor where typing begins.
const typing = (target) => target.matches("input, select, textarea, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const filter = document.querySelector(".filter input");
    if (!filter) return;
    event.preventDefault();
    filter.focus();
  }
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const rows = [...document.querySelectorAll(".table .row-link")];
  const here = rows.findIndex((row) => row.closest("tr") === document.activeElement?.closest("tr"));
  const next = rows[here < 0 ? 0 : here + step];
  next?.focus();
});

// An answer that did not come is said at the top of the page, and taken back with the next one that does.
const trouble = document.querySelector("#trouble");
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => { if (trouble) trouble.hidden = false; });
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (trouble && event.detail.successful) trouble.hidden = true;
});

const dismiss = (toast) => toast?.remove();
for (const toast of document.querySelectorAll("[data-toast]")) {
  const button = toast.querySelector("[data-dismiss]");
  button.hidden = false;
  button.addEventListener("click", () => dismiss(toast));
  setTimeout(() => dismiss(toast), 10000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  document.querySelector("#voice").textContent = "Copied";
});

document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches("dialog[popover]")) {
    event.target.querySelector("input:not([type=hidden]), button")?.focus();
  }
}, true);
