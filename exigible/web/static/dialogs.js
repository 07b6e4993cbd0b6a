// The one dialog: what is loaded into it opens it, an act that succeeded closes it, and the focus
// goes back to the button it came from (or to the one that took its place).

const dialog = document.getElementById("dialog");
let opener = null;
let coming = 0; // answers on their way to the closed dialog

// Until the dialog asked for is there, a letter typed ahead is meant for it, not for the page.
export const dialogIsComing = () => coming > 0;

if (dialog) {
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === dialog && !dialog.open) opener = event.detail.elt;
  });
  const intoClosed = new WeakSet();
  document.body.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.target !== dialog || dialog.open) return;
    intoClosed.add(event.detail.xhr);
    coming += 1;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (intoClosed.delete(event.detail.xhr)) coming -= 1;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog || !dialog.firstElementChild) return;
    // An act that succeeded swaps nothing here, and is told as a swap all the same.
    if (event.detail.xhr.getResponseHeader("HX-Reswap") === "none") return;
    if (!dialog.open) dialog.showModal();
    const first =
      dialog.querySelector("[aria-invalid=true]") ??
      dialog.querySelector("[data-focus]") ??
      dialog.querySelector("[autofocus]") ??
      dialog.querySelector(".field input:not([type=hidden]), .field select, .field textarea");
    first?.focus();
    if (first?.matches("input[type=text]") && !first.getAttribute("aria-invalid")) first.select();
  });
  document.body.addEventListener("acted", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    const back = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
    opener = null;
    if (back && back.checkVisibility()) back.focus();
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest?.("[data-reload]")) {
    event.preventDefault();
    window.location.reload();
  }
});

// A click on the backdrop closes a dialog that holds nothing typed yet.
for (const one of document.querySelectorAll("dialog")) {
  one.addEventListener("mousedown", (event) => {
    if (event.target === one && !one.querySelector("input:not([type=hidden]), textarea")) one.close();
  });
}
