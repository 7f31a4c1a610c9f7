// A file dragged over a [data-drop] shows that it may be dropped; dropping puts it into the file input inside.
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector("[data-chosen]");
  let depth = 0;
  const over = (on) => zone.classList.toggle("is-over", on);
  zone.addEventListener("dragenter", () => { depth += 1; over(true); });
  zone.addEventListener("dragleave", () => { depth -= 1; over(depth > 0); });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    chosen.textContent = input.files.length ? `Chosen: ${input.files[0].name}` : "";
  });
}
