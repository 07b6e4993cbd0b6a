// The shares of a bank line ([data-allocation]): a box fills or empties its share, what is left is said as
// one types, and the button says what it will do.
import { euros } from "./french.js";

const cents = (text) => {
  const clean = (text ?? "").replace(/[\s\u00a0\u202f€]/g, "").replace(",", ".");
  return /^\d+(\.\d{1,2})?$/.test(clean) ? Math.round(Number(clean) * 100) : 0;
};
const typed = (value) => (value ? `${Math.floor(value / 100)},${String(value % 100).padStart(2, "0")}` : "");
const sum = (fields) => [...fields].reduce((total, one) => total + cents(one.value), 0);

// What the shares leave: the line, what was kept of it, the credit notes used, less the shares.
function surplus(form) {
  const fees = cents(form.querySelector("[data-fees]")?.value);
  const credits = sum(form.querySelectorAll("[data-credit]"));
  return Number(form.dataset.line) + fees + credits - sum(form.querySelectorAll("[data-allocated]"));
}

// What is still to allocate: the surplus, less the penalties and the 40 € that it pays where that is ticked.
function left(form) {
  const rest = surplus(form);
  const onTop = form.querySelector("[data-on-top]");
  return onTop?.checked ? rest - Math.min(Number(onTop.dataset.onTop), Math.max(rest, 0)) : rest;
}

function granted(form) {
  if (!form.querySelector("[data-grants]")?.checked) return 0;
  let total = 0;
  for (const one of form.querySelectorAll("[data-allocated]")) {
    const gap = Number(one.dataset.owed) - cents(one.value);
    if (one.value && gap > 0 && gap <= Number(one.dataset.discount) + 1) total += gap;
  }
  return total;
}

function say(form) {
  const rest = left(form);
  const box = form.querySelector("[data-rest-box]");
  if (!box) return;
  box.classList.toggle("open", rest !== 0);
  box.classList.toggle("bad", rest < 0);
  box.querySelector("[data-rest-words]").textContent = rest < 0 ? "De trop" : "Reste à affecter";
  box.querySelector("[data-rest-sum]").textContent = euros(Math.abs(rest));
  const words = form.querySelector("[data-settle-words]");
  const line = Number(form.dataset.line);
  if (words) words.textContent = rest > 0 && rest < line ? `Affecter ${euros(line - rest)}, laisser ${euros(rest)}` : "Affecter";
  const primary = form.querySelector("button.primary");
  if (primary) primary.disabled = rest < 0 || (line > 0 && rest >= line);
  const discount = form.querySelector("[data-granted]");
  if (discount) discount.textContent = granted(form) ? euros(-granted(form)) : "";
  for (const share of form.querySelectorAll("[data-share]")) {
    const row = share.closest("tr");
    share.checked = cents(row.querySelector("[data-allocated], [data-credit]").value) > 0;
    row.setAttribute("aria-selected", String(share.checked));
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-allocation]");
  if (form && !event.target.matches("[data-share]")) say(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-allocation]");
  if (!form) return;
  if (event.target.matches("[data-share]")) {
    const field = event.target.closest("tr").querySelector("[data-allocated], [data-credit]");
    field.value = "";
    if (event.target.checked) {
      const most = Number(field.dataset.owed);
      const offered = form.querySelector("[data-grants]")?.checked ? Number(field.dataset.discount || 0) : 0;
      const wanted = field.matches("[data-credit]") ? most : Math.min(most - offered, Math.max(surplus(form), 0));
      field.value = typed(wanted);
    }
  }
  say(form);
});

document.body.addEventListener("htmx:afterSettle", () => {
  for (const form of document.querySelectorAll("[data-allocation]")) say(form);
});
for (const form of document.querySelectorAll("[data-allocation]")) say(form);

// An account was chosen: what it owes comes next, and Enter settles from there.
document.body.addEventListener("account-chosen", () =>
  document.querySelector("[data-allocation] :is([data-share], [name=rejet])")?.focus());

// A search whose answers are chosen ([data-picks] names them): Enter takes the first, the arrows walk them.
document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("[data-picks]");
  const choices = field ? document.getElementById(field.dataset.picks) : event.target.closest?.("[role=listbox]");
  if (!choices || event.isComposing) return;
  const options = [...choices.querySelectorAll("[role=option]")];
  const at = options.indexOf(document.activeElement);
  if (field && event.key === "Enter") {
    event.preventDefault();
    options[0]?.click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    const wanted = next < 0 ? document.querySelector(`[data-picks="${choices.id}"]`) : options[Math.min(next, options.length - 1)];
    event.preventDefault();
    wanted?.focus();
  }
});
