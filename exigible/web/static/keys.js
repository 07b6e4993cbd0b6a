// Keys. A key is the shortcut of a visible button or link, named by its data-key; pressing it does
// what clicking does. Letters act only when no field has the focus, and only behind Alt for those
// who chose so. Digits are read by their place on the keyboard, so that AZERTY needs no Shift.

import { dialogIsComing } from "./dialogs.js";

const FIELD = "input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]";
let awaitingSection = false;
let awaitingTimer = 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    const find = document.getElementById("find");
    if (find) {
      event.preventDefault();
      document.getElementById("palette").showPopover({ source: find });
    }
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const inField = event.target.closest?.(FIELD);
  if (inField) return;
  const name = nameOf(event);
  if (!name) return;
  const bare = name.length === 1;
  const behindAlt = document.body.dataset.letters === "alt";
  if (bare && event.altKey !== behindAlt) return;
  if (!bare && event.altKey) return;
  if (dialogIsComing()) {
    event.preventDefault();
    return;
  }

  if (awaitingSection) {
    awaitingSection = false;
    clearTimeout(awaitingTimer);
    const link = document.querySelector(`[data-go="${CSS.escape(name)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (name === "G") {
    awaitingSection = true;
    awaitingTimer = setTimeout(() => (awaitingSection = false), 1500);
    event.preventDefault();
    return;
  }
  // A row's link that says so leaves Enter to the screen's own act; a button keeps it.
  const own = event.target.closest?.("a, button, summary, [role=option], input");
  if (name === "Enter" && own && !own.matches("[data-enter-acts], [data-share]")) return;
  if (act(name)) event.preventDefault();
});

// "A", "1", "?", "Enter", "ArrowDown", "Maj X"… or "" for a key that means nothing here.
function nameOf(event) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  if (digit && !event.shiftKey) return digit[1];
  if (event.key.length === 1 && /\p{L}/u.test(event.key)) {
    const letter = event.key.toUpperCase();
    return event.shiftKey ? `Maj ${letter}` : letter;
  }
  // With Alt, some layouts type another sign: read the letter by its place then.
  if (event.altKey && /^Key[A-Z]$/.test(event.code)) return event.code.slice(3);
  if (["?", ",", ";", "/"].includes(event.key)) return event.key;
  if (["Enter", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return event.key;
  return "";
}

// Where a key is looked for: the open dialog alone, else the open popover, then the page.
function scopes() {
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (dialog) return [dialog];
  const open = document.querySelector(".pop:popover-open");
  return open ? [open, document] : [document];
}

function act(name) {
  for (const scope of scopes()) {
    if (scope === document) {
      const move = new CustomEvent("list-key", { detail: { name }, cancelable: true, bubbles: true });
      if (!document.dispatchEvent(move)) return true;
    }
    const wanted = name === "/" ? "F" : name;
    const all = [...scope.querySelectorAll(`[data-key="${CSS.escape(wanted)}"]`)].filter(usable);
    const found = all.find((element) => element.closest("[data-armed]")) ?? all[0];
    if (found) {
      if (found.matches("input:not([type=file]), textarea, select")) found.focus();
      else found.click();
      return true;
    }
  }
  return false;
}

function usable(element) {
  if (element.disabled || element.closest("[data-arms]:not([data-armed])")) return false;
  // « Autres actions » need not be open, nor the line of keys be shown (a phone with a keyboard).
  return element.checkVisibility() || Boolean(element.closest(".menu-acts, [data-help]"));
}

// A call that begins arms its outcomes: from then on, 1 to 6 are theirs.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-call]")) return;
  const outcomes = document.querySelector("[data-arms]");
  outcomes?.setAttribute("data-armed", "");
  outcomes?.scrollIntoView({ block: "nearest" });
});

// « Toutes les touches »: what this screen answers to, read from its own buttons.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-help]")) return;
  const rows = new Map();
  for (const element of document.querySelectorAll("#contenu [data-key], .toasts [data-key]")) {
    if (!usable(element) || element.dataset.key === "?") continue;
    rows.set(element.dataset.key, element.dataset.keyLabel || wordsOf(element));
  }
  for (const element of document.querySelectorAll("[data-go]")) rows.set(`G ${element.dataset.go}`, wordsOf(element));
  if (document.querySelector("[data-list]")) {
    rows.set("↑ ↓ Début Fin", "Parcourir la liste");
    if (document.querySelector("[data-tick]")) {
      rows.set("X", "Cocher la ligne");
      rows.set("Maj X", "Cocher jusqu’ici");
    }
  }
  if (document.querySelector(".why")) rows.set("W", "Pourquoi ce chiffre");
  if (document.getElementById("find")) rows.set("Ctrl K", "Chercher, aller à, faire");
  rows.set("Échap", "Fermer, revenir");
  const list = document.createElement("dl");
  list.className = "kv keys-list";
  for (const [key, words] of rows) {
    const term = document.createElement("dt");
    for (const part of key.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = part === "Enter" ? "Entrée" : part;
      term.append(kbd, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = words;
    list.append(term, meaning);
  }
  document.getElementById("help-body").replaceChildren(list);
  document.getElementById("help").showModal();
});

function wordsOf(element) {
  if (element.getAttribute("aria-label")) return element.getAttribute("aria-label");
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, svg, .n, .vh, span:not(.label)")) extra.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}
