// Forms marked data-draft: whoever leaves the page with something unsaved in one of them is asked first. The server
// writes "unsaved" where the draft differs from what is saved; what was typed since counts as well.
let leaving = false;

document.addEventListener("input", (event) => {
  const form = event.target.form ?? event.target.closest?.("form");
  // What has no name is never sent.
  if (event.target.name && form?.matches("[data-draft]")) form.dataset.draft = "unsaved";
});

// What keeps itself as it is typed (data-keeps) is saved with the answer.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest("[data-keeps]")?.form;
  if (form && detail.successful) form.dataset.draft = "";
});

// Saving leaves the page too: by the form itself, or to the address that the answer to htmx names.
window.addEventListener("submit", (event) => {
  leaving ||= event.target.matches("[data-draft]") && !event.defaultPrevented;
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  leaving ||= Boolean(event.detail.xhr.getResponseHeader("HX-Redirect"));
});
document.addEventListener("click", (event) => { leaving ||= Boolean(event.target.closest("[data-discard]")); });
// Back in the page from the browser's memory: it may hold a draft again.
window.addEventListener("pageshow", () => { leaving = false; });

window.addEventListener("beforeunload", (event) => {
  if (!leaving && document.querySelector('[data-draft="unsaved"]')) event.preventDefault();
});
