// The list that actions are picked from: typing narrows it, arrows walk through it, Enter takes the first.
// And fields that are put into a text where the cursor was.
const listOf = (search) => document.getElementById(search.dataset.pick);
const shown = (list) => [...list.querySelectorAll("li:not([hidden]) > button")];

function narrow(search) {
  const list = listOf(search);
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of list.querySelectorAll("li")) {
    const text = `${item.closest("section").getAttribute("aria-label")} ${item.textContent}`.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of list.querySelectorAll("section")) group.hidden = !group.querySelector("li:not([hidden])");
  const count = shown(list).length;
  list.querySelector("[data-pick-none]").hidden = count > 0;
  search.parentElement.querySelector("[data-pick-count]").textContent = `${count} actions`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-pick]")) narrow(event.target);
});

document.addEventListener("keydown", (event) => {
  const dialog = event.target.closest?.(".picker");
  if (!dialog) return;
  const search = dialog.querySelector("[data-pick]");
  const choices = shown(listOf(search));
  if (event.key === "Enter" && event.target === search) {
    event.preventDefault();
    choices[0]?.click();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = choices.indexOf(document.activeElement) + step;
  (next < 0 ? search : choices[Math.min(next, choices.length - 1)])?.focus();
});

// The field that was written in last, to put something into it.
let written = null;
document.addEventListener("focusout", (event) => {
  if (event.target.matches(".action-values :is(input:not([type=checkbox]), textarea)")) written = event.target;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const texts = [...button.closest(".action-values").querySelectorAll("input:not([type=checkbox], [inputmode]), textarea")];
  const text = texts.includes(written) ? written : texts[0];
  if (!text) return;
  text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
  text.focus();
});
