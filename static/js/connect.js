// Connect a field to a field of the other side: drag it there, or press Enter on one and Enter on the other. The end of
// a row is a field too: dragged onto another field of its side, or taking one of the other, it goes there.
// Cards are [data-field][data-side][data-kind], ends of rows [data-row] as well, inside [data-connect], which knows by
// kinds why two make no row. Every step is said aloud; the form is told by a "connect" event. Escape lets go.
const say = (text) => { const voice = document.querySelector("#voice"); if (voice) voice.textContent = text; };
const CARD = "[data-connect] [data-field]";
const STATES = ["is-held", "is-target", "is-refused", "is-over"];
let held = null;

const place = () => document.querySelector("[data-connect]");
const cardsOf = () => [...document.querySelectorAll(CARD)];
const parse = (name) => JSON.parse(place().dataset[name] || "{}");

function name(card) {
  const picked = card.querySelector("select")?.selectedOptions[0];
  return (picked ?? card.querySelector("b")).textContent.trim();
}

// The row that a drop makes or changes, and its two fields; null where the two have nothing to do with each other.
function rowOf(card) {
  const ends = { [held.dataset.side]: held.dataset.field, [card.dataset.side]: card.dataset.field };
  if (held.dataset.side !== card.dataset.side) return { ...ends, row: card.dataset.row ?? held.dataset.row ?? "" };
  if (!held.dataset.row || card.dataset.row) return null;
  const side = held.dataset.side === "gist" ? "ghl" : "gist";
  const other = document.querySelector(`[data-row="${held.dataset.row}"][data-side="${side}"]`);
  return { [side]: other.dataset.field, [card.dataset.side]: card.dataset.field, row: held.dataset.row, other };
}

function refusalOf(card) {
  const row = rowOf(card);
  if (!row) return "the same side";
  if (held.dataset.row && card.dataset.row) return held.dataset.row === card.dataset.row ? "this row already" : "mapped already";
  const partner = row.other ?? held;
  const [gist, ghl] = partner.dataset.side === "gist" ? [partner, card] : [card, partner];
  return parse("refusals")[gist.dataset.kind]?.[ghl.dataset.kind] ?? "";
}

function note(card) {
  const row = rowOf(card);
  const equal = parse("evidence")[`${row.gist}|${row.ghl}`];
  if (equal) return `drop: ${equal}`;
  const [gist, ghl] = held.dataset.side === "gist" ? [held, card] : [card, held];
  return parse("oneWay")[gist.dataset.kind]?.includes(ghl.dataset.kind) ? "drop: one way only" : "drop to connect";
}

function write(card, text) {
  const type = card.querySelector(".type");
  type.dataset.was ??= type.textContent;
  type.textContent = text;
}

function pick(card) {
  letGo();
  held = card;
  card.classList.add("is-held");
  card.setAttribute("aria-pressed", "true");
  let targets = 0;
  for (const other of cardsOf()) {
    // Of its own side only the free fields matter, and those only to the end of a row.
    if (other === card || (other.dataset.side === card.dataset.side && (!card.dataset.row || other.dataset.row))) continue;
    const why = refusalOf(other);
    other.classList.add(why ? "is-refused" : "is-target");
    if (why) write(other, why);
    targets += !why;
  }
  say(`${name(card)} picked up. ${targets} fields take it. Choose one and press Enter, or Escape to let go.`);
}

function letGo() {
  for (const card of cardsOf()) {
    card.classList.remove(...STATES);
    if (card.hasAttribute("aria-pressed")) card.setAttribute("aria-pressed", "false");
    const type = card.querySelector(".type");
    if (type?.dataset.was !== undefined) { type.textContent = type.dataset.was; delete type.dataset.was; }
  }
  held = null;
}

const sayRefusal = (card) => say(`${name(held)} cannot go to ${name(card)}: ${refusalOf(card)}`);
// What the pointer is over, so that its reason is said once.
let refused = null;

function join(card) {
  if (refusalOf(card)) return sayRefusal(card);
  const { gist, ghl, row } = rowOf(card);
  const form = card.closest("form");
  Object.entries({ gist, ghl, row }).forEach(([key, value]) => { form.elements[`connect-${key}`].value = value; });
  say(`${name(held)} connected with ${name(card)}`);
  letGo();
  form.dispatchEvent(new CustomEvent("connect", { bubbles: true }));
}

const cardAt = (event) => event.target.closest?.(CARD);

document.addEventListener("dragstart", (event) => {
  const card = cardAt(event);
  if (!card) return;
  event.dataTransfer.effectAllowed = "link";
  event.dataTransfer.setData("text/plain", name(card));
  pick(card);
});
document.addEventListener("dragend", () => { if (held) letGo(); });
document.addEventListener("dragover", (event) => {
  if (!held) return;
  const card = cardAt(event);
  const over = document.querySelector("[data-connect] .is-over");
  if (over && over !== card) { over.classList.remove("is-over"); write(over, over.querySelector(".type").dataset.was); }
  if (card?.classList.contains("is-refused") && refused !== card) sayRefusal(card);
  refused = card;
  if (!card?.classList.contains("is-target")) return;
  event.preventDefault();
  if (over !== card) { card.classList.add("is-over"); write(card, note(card)); }
});
document.addEventListener("drop", (event) => {
  const card = held && cardAt(event);
  if (!card) return;
  event.preventDefault();
  join(card);
});

// By click, or Enter on a card that is a button. The ends of rows have a list of their own to pick from: they are taken
// as a target only.
document.addEventListener("click", (event) => {
  const card = cardAt(event);
  if (!card) return;
  if (!held) { if (card.matches("button")) pick(card); return; }
  if (card === held) { say("Let go"); letGo(); return; }
  if (card.dataset.side === held.dataset.side && !held.dataset.row) { if (card.matches("button")) pick(card); return; }
  event.preventDefault();
  join(card);
});
document.addEventListener("keydown", (event) => {
  if (!held) return;
  const card = cardAt(event);
  // A list that has the focus would open: while a field is held, Enter takes its card as the target.
  if (event.key === "Enter" && card?.dataset.row && !event.target.matches("button")) { event.preventDefault(); join(card); }
  if (event.key === "Escape") { say("Let go"); letGo(); }
});

// "Find a field" hides the free fields that do not have the text in their name.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find-field]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const card of document.querySelectorAll(".free [data-field]")) {
    card.parentElement.hidden = !name(card).toLowerCase().includes(wanted);
  }
  for (const more of document.querySelectorAll(".free details")) more.open = wanted !== "" || more.open;
});

// What was unfolded stays so when the form is put anew.
let unfolded = [];
document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll(".free details[open]")].map(({ id }) => id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
});
