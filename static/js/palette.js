// Find or do: Ctrl+K opens #palette, "?" opens #keys. In the list the arrows choose, Enter goes there, Escape closes.
// The options are the server's answer to what is typed; they are links, so the page behind them works without this.
// Letters as keys, outside of fields: G and a letter goes to a page, U pauses what updates itself.
const palette = document.querySelector("#palette");
const input = palette?.querySelector("input");
const keys = document.querySelector("#keys");
const options = () => [...palette.querySelectorAll('[role="option"]')];
const lettersWork = () => localStorage.getItem("letters") !== "off";

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function open(dialog) {
  if (!dialog || document.querySelector("dialog[open]")) return;
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
  dialog.showModal();
  if (dialog !== palette) return;
  input.select();
  htmx.trigger(input, "open");
}

// What begins something is sent as a form, with the page's own token.
function begin(option) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = option.dataset.post;
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  for (const [name, value] of [["csrfmiddlewaretoken", token], [option.dataset.field, option.dataset.value]]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener && palette) {
    event.preventDefault();
    open(document.getElementById(opener.dataset.opens));
  }
  const option = event.target.closest("[data-post]");
  if (option) {
    event.preventDefault();
    begin(option);
  }
});

let goes = false;
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open(palette);
    return;
  }
  const typing = event.target.matches("input, select, textarea, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]")) return;
  if (event.key === "?") open(keys);
  if (!lettersWork()) return;
  const page = goes && keys?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  goes = event.key.toLowerCase() === "g";
  if (page) location.assign(page.href);
  else if (event.key.toLowerCase() === "u") document.querySelector("#pause-updates")?.click();
});

input?.addEventListener("keydown", (event) => {
  const all = options();
  const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    choose(all.at((here + step) % all.length));
  } else if (event.key === "Enter" && all[here]) {
    event.preventDefault();
    all[here].click();
  }
});

palette?.addEventListener("htmx:afterSwap", () => {
  const all = options();
  choose(all[0]);
  palette.querySelector("#palette-voice").textContent = all.length ? `${all.length} found` : "Nothing found";
});
for (const dialog of [palette, keys]) {
  dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

const letters = document.querySelector("[data-letters]");
if (letters) {
  letters.checked = lettersWork();
  letters.addEventListener("change", () => localStorage.setItem("letters", letters.checked ? "on" : "off"));
}

// A search box above a menu leaves the entries that hold what is typed.
document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.narrows ?? "");
  for (const entry of list?.children ?? []) {
    entry.hidden = !entry.textContent.toLowerCase().includes(event.target.value.toLowerCase());
  }
});
