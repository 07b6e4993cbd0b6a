import { euros } from "./french.js";
// Dates and amounts are typed as one likes and rewritten as the server understood them.

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (!field.matches?.("[data-typed]") || !field.value.trim()) return;
  const query = new URLSearchParams({ genre: field.dataset.typed, texte: field.value });
  const answer = await fetch(`/saisie/?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return; // the form itself will say what is wrong
  const { value, words } = await answer.json();
  if (!value) return;
  field.value = value;
  const said = field.parentElement.querySelector("[data-understood]") ?? document.createElement("span");
  said.dataset.understood = "";
  said.className = "hint";
  said.textContent = words;
  if (words) field.after(said);
});

// « +3 jours », « fin de semaine »: a button that fills a field of the same form.
document.addEventListener("click", (event) => {
  const preset = event.target.closest?.("[data-fill]");
  if (!preset) return;
  const field = preset.form?.elements[preset.dataset.fill];
  if (!field) return;
  field.value = preset.dataset.value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  for (const other of preset.form.querySelectorAll(`[data-fill="${CSS.escape(preset.dataset.fill)}"]`))
    other.setAttribute("aria-pressed", String(other === preset));
  field.focus();
});

// A choice that sends its form (theme, creditor, sort on the phone).
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submit]")) event.target.form.requestSubmit();
});

// Allocation of a payment: what is left is said as one types; a button pays the oldest first.
const cents = (text) => {
  const clean = text.replace(/[\s\u00a0\u202f€]/g, "").replace(",", ".");
  return /^\d+(\.\d{1,2})?$/.test(clean) ? Math.round(Number(clean) * 100) : 0;
};
const typed = (value) => `${Math.floor(value / 100)},${String(value % 100).padStart(2, "0")}`;

function available(form) {
  const table = form.querySelector("[data-allocations]");
  return table.dataset.available ? Number(table.dataset.available) : cents(form.elements.amount?.value ?? "");
}

function sayRest(form) {
  const rest = form.querySelector("[data-rest]");
  if (!rest) return;
  const used = [...form.querySelectorAll("[data-allocate]")].reduce((sum, one) => sum + cents(one.value), 0);
  const left = available(form) - used;
  if (left < 0) rest.textContent = `${euros(-left)} de trop : réduisez une affectation.`;
  else if (left > 0) rest.textContent = `${euros(left)} resteront à affecter.`;
  else rest.textContent = "Tout est affecté.";
}

document.addEventListener("input", (event) => {
  if (event.target.form?.querySelector("[data-allocations]")) sayRest(event.target.form);
});

document.addEventListener("click", (event) => {
  const spread = event.target.closest?.("[data-spread]");
  if (!spread) return;
  let left = available(spread.form);
  for (const one of spread.form.querySelectorAll("[data-allocate]")) {
    const part = Math.min(left, Number(one.dataset.owed));
    one.value = part ? typed(part) : "";
    left -= part;
  }
  sayRest(spread.form);
});

// A line of a list that is a form: once it is saved, the next line's first box takes the focus; a
// line that was refused keeps it, at what is wrong.
document.body.addEventListener("line-saved", (event) => {
  const row = document.getElementById(event.detail.id);
  if (!row) return;
  if (!event.detail.good) return row.querySelector("[aria-invalid], input:not([type=checkbox], [type=hidden])")?.focus();
  const box = ".input:not(:disabled)";
  let next = row.nextElementSibling;
  while (next && !next.querySelector(box)) next = next.nextElementSibling;
  const empty = next && [...next.querySelectorAll(box)].find((one) => !one.value);
  (empty ?? next?.querySelector(box) ?? row.querySelector(box))?.focus();
});

// « Copier le lien », « Copier le texte »: the button names the field; where the clipboard is denied, the text is selected.
document.addEventListener("click", async (event) => {
  const copies = event.target.closest?.("[data-copies]");
  if (!copies) return;
  const field = document.getElementById(copies.dataset.copies);
  field.select();
  await navigator.clipboard?.writeText(field.value).then(
    () => (copies.textContent = copies.dataset.copied ?? "Lien copié"),
    () => {},
  );
});

// What does not change what a form shows does not draw it again: the button clicked next would be gone.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.closest("[data-still]")) event.stopPropagation();
  },
  true,
);
