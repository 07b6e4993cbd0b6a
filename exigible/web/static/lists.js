// Lists: a current row moved by the arrows, ticks, the bar of actions on what is ticked.
//
// [data-list] holds rows [data-row]. A row's link [data-open] receives the focus; a row that carries
// hx-trigger="select" loads its detail when it becomes current. [data-tick] are the boxes, the bar
// is [data-bulk] with [data-bulk-count] and [data-bulk-sum]; [data-whole] ticks the whole view.
import { euros, grouped } from "./french.js";

let anchor = null; // where « Maj X » ticks from

const rowsOf = (list) => [...list.querySelectorAll("[data-row]")];
const currentList = () => document.querySelector("[data-list]");

function current(list) {
  const focused = document.activeElement?.closest?.("[data-row]");
  if (focused && list.contains(focused)) return focused;
  return list.querySelector("[data-row].here");
}

export function select(row, { focus = true } = {}) {
  const list = row.closest("[data-list]");
  for (const other of list.querySelectorAll("[data-row].here")) {
    if (other === row) continue;
    other.classList.remove("here");
    other.removeAttribute("aria-current");
  }
  const changed = !row.classList.contains("here");
  row.classList.add("here");
  row.setAttribute("aria-current", "true");
  if (focus) row.querySelector("[data-open]")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  if (changed && row.hasAttribute("hx-get")) htmx.trigger(row, "select");
}

document.addEventListener("list-key", (event) => {
  const list = currentList();
  if (!list) return;
  const rows = rowsOf(list);
  if (!rows.length) return;
  const at = rows.indexOf(current(list));
  const go = (index) => {
    event.preventDefault();
    select(rows[Math.max(0, Math.min(rows.length - 1, index))]);
  };
  switch (event.detail.name) {
    case "ArrowDown": return go(at + 1);
    case "ArrowUp": return go(at < 0 ? 0 : at - 1);
    case "Home": return go(0);
    case "End": return go(rows.length - 1);
    case "X":
    case "Maj X": {
      const row = rows[at];
      const box = row?.querySelector("[data-tick]");
      if (!box || box.disabled) return;
      event.preventDefault();
      if (event.detail.name === "X") box.checked = !box.checked;
      else tickRange(list, row);
      anchor = row;
      show(list);
      return;
    }
    case "W": {
      const scope = current(list) ?? document;
      const why = scope.querySelector(".why") ?? document.querySelector("[data-main-why], .why");
      if (!why) return;
      event.preventDefault();
      why.click();
    }
  }
});

// Without a list, W opens the main figure's explanation.
document.addEventListener("list-key", (event) => {
  if (event.detail.name !== "W" || currentList()) return;
  const focused = document.activeElement?.closest?.("tr, li, .fact")?.querySelector(".why");
  const why = focused ?? document.querySelector("[data-main-why], .why");
  if (!why) return;
  event.preventDefault();
  why.click();
});

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-tick]");
  if (box) {
    if (event.shiftKey) tickRange(box.closest("[data-list]"), box.closest("[data-row]"));
    anchor = box.closest("[data-row]");
    show(box.closest("[data-list]"));
    return;
  }
  const all = event.target.closest?.("[data-tick-all]");
  if (all) {
    const list = all.closest("[data-list]") ?? currentList();
    for (const one of list.querySelectorAll("[data-tick]:enabled")) one.checked = all.checked;
    whole(false);
    show(list);
    return;
  }
  if (event.target.closest?.("[data-whole]")) {
    whole(true);
    show(currentList());
    return;
  }
  if (event.target.closest?.("[data-untick]")) return untick();
  const row = event.target.closest?.("[data-row]");
  // Beside its detail, a row's own link chooses it; where the detail is below, it leads there.
  const own = event.target.closest?.("[data-enter-acts]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (row && own && plain && matchMedia("(min-width: 900px)").matches) {
    event.preventDefault();
    return select(row);
  }
  if (row && !event.target.closest("a, button, input, label, summary")) select(row);
});

// A list that refreshes by itself ([data-refresh]) waits while rows are ticked; an act refreshes it all the same.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.target;
  const byItself = !event.detail.requestConfig.triggeringEvent;
  if (byItself && list.matches?.("[data-refresh]") && list.querySelector("[data-tick]:checked")) event.preventDefault();
});

// Tab reaches a row's link: that row becomes current.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row && event.target.matches("[data-open]") && !row.classList.contains("here")) select(row, { focus: false });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  if (document.activeElement?.matches?.("input, textarea, select")) return document.activeElement.blur();
  if (document.querySelector("[data-bulk]:not([hidden])")) untick();
});

function tickRange(list, row) {
  const rows = rowsOf(list);
  const from = Math.max(0, rows.indexOf(anchor ?? row));
  const to = rows.indexOf(row);
  for (const one of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    const box = one.querySelector("[data-tick]:enabled");
    if (box) box.checked = true;
  }
}

function untick() {
  const list = currentList();
  for (const box of document.querySelectorAll("[data-tick], [data-tick-all]")) box.checked = false;
  whole(false);
  show(list);
}

function whole(on) {
  const field = document.querySelector("[data-whole-field]");
  if (field) field.value = on ? "1" : "";
}

function show(list) {
  if (!list) return;
  const ticked = [...list.querySelectorAll("[data-tick]:checked")];
  for (const row of rowsOf(list)) {
    const box = row.querySelector("[data-tick]");
    if (box) row.toggleAttribute("data-ticked", box.checked);
    if (row.matches("tr") && box) row.setAttribute("aria-selected", String(box.checked));
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = ticked.length === 0;
  for (const strip of document.querySelectorAll("[data-bulk-replaces]")) strip.hidden = ticked.length > 0;
  const everything = document.querySelector("[data-whole-field]")?.value === "1";
  const count = everything ? Number(bar.dataset.wholeCount) : ticked.length;
  const sum = everything
    ? Number(bar.dataset.wholeCents)
    : ticked.reduce((total, box) => total + Number(box.dataset.cents || 0), 0);
  const word = count < 2 ? bar.dataset.one : bar.dataset.several;
  bar.querySelector("[data-bulk-count]").textContent = `${grouped(count)} ${word}`;
  const sumElement = bar.querySelector("[data-bulk-sum]");
  if (sumElement) sumElement.textContent = euros(sum);
  const offer = bar.querySelector("[data-whole]");
  if (offer) offer.hidden = everything || ticked.length < list.querySelectorAll("[data-tick]:enabled").length;
}

// « Commencer » walks the list: when a step is done, the next one opens.
document.addEventListener("click", (event) => {
  const start = event.target.closest?.("[data-walk]");
  if (!start) return;
  const list = currentList();
  if (!list) return;
  list.toggleAttribute("data-walking", true);
  const next = current(list) && !current(list).hasAttribute("data-done") ? current(list) : nextToDo(list);
  if (next) select(next);
});

document.body.addEventListener("step-done", (event) => {
  const list = currentList();
  if (!list) return;
  for (const id of [event.detail.value ?? event.detail.id].flat()) {
    const row = document.getElementById(id);
    row?.setAttribute("data-done", "");
    const box = row?.querySelector("[data-tick]");
    if (box) {
      box.checked = false;
      box.disabled = true;
    }
  }
  show(list);
  if (list.hasAttribute("data-walking")) {
    const next = nextToDo(list);
    if (next) select(next);
  }
});

function nextToDo(list) {
  const rows = rowsOf(list);
  const at = rows.indexOf(list.querySelector("[data-row].here"));
  return [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find((row) => !row.hasAttribute("data-done"));
}

// After a swap of the list the boxes are new; the bar must say so.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.querySelector?.("[data-list]") || event.detail.target?.matches?.("[data-list]")) show(currentList());
});

// A queue of work ([data-keep-place]) keeps one's place: what was dealt with leaves, the next line comes.
let place = -1;
document.body.addEventListener("acted", () => {
  const list = document.querySelector("[data-keep-place]");
  if (list) place = rowsOf(list).indexOf(list.querySelector("[data-row].here"));
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (place < 0 || document.querySelector("dialog[open]")) return;
  const list = document.querySelector("[data-keep-place]");
  if (!list || !(event.detail.target?.contains?.(list) || event.detail.elt?.contains?.(list))) return;
  const rows = rowsOf(list);
  const next = rows[Math.min(place, rows.length - 1)];
  place = -1;
  if (next) select(next);
});

// The list one came from is remembered, so that an account's page knows its neighbours.
function remember() {
  const list = document.querySelector("[data-store-list]");
  if (!list) return;
  const links = [...list.querySelectorAll("[data-open]")].map((link) => new URL(link.href).pathname);
  sessionStorage.setItem("neighbours", JSON.stringify(links));
}

function neighbours() {
  const place = document.querySelector("[data-neighbours]");
  if (!place) return;
  let links = [];
  try {
    links = JSON.parse(sessionStorage.getItem("neighbours") ?? "[]");
  } catch {
    return;
  }
  const at = links.indexOf(location.pathname);
  if (at < 0) return;
  for (const link of place.querySelectorAll("[data-step]")) {
    const target = links[at + Number(link.dataset.step)];
    if (target) link.href = target;
    else link.remove();
  }
  place.hidden = false;
}

function arrive() {
  remember();
  neighbours();
}
arrive();
document.body.addEventListener("htmx:afterSettle", arrive);

// After a whole screen was swapped, the focus goes to its title unless it stayed somewhere useful.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "contenu") return;
  if (document.activeElement && document.activeElement !== document.body) return;
  document.querySelector("#contenu h1")?.focus({ preventScroll: true });
});
