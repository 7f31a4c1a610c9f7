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

function toasts(place) {
  for (const toast of place.querySelectorAll("[data-toast]")) {
    const button = toast.querySelector("[data-dismiss]");
    if (!button.hidden) continue;
    button.hidden = false;
    button.addEventListener("click", () => dismiss(toast));
    setTimeout(() => dismiss(toast), 10000);
  }
}

toasts(document);
// Toasts that came with an answer to htmx.
document.addEventListener("htmx:load", () => toasts(document));

// Browsers lend the clipboard to pages over https only; elsewhere the text is marked, ready for Ctrl+C.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const voice = document.querySelector("#voice");
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 2000);
    voice.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    voice.textContent = "Marked, press Ctrl and C to copy";
  }
});

document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches("dialog[popover]")) {
    event.target.querySelector("input:not([type=hidden]), button")?.focus();
  }
}, true);
