// The palette: a combobox over results the server sends; arrows move, Entrée opens.

const palette = document.getElementById("palette");
const input = document.getElementById("palette-input");
const results = document.getElementById("palette-results");

if (palette) {
  palette.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    input.focus();
    input.select();
    htmx.trigger(input, "open");
  });
  input.addEventListener("keydown", (event) => {
    const options = [...results.querySelectorAll("[role=option]")];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!options.length) return;
      mark(options, (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      options[Math.max(0, at)]?.click();
    }
  });
  results.addEventListener("click", (event) => {
    const option = event.target.closest("[data-run]");
    if (!option) return;
    event.preventDefault();
    palette.hidePopover();
    document.getElementById(option.dataset.run)?.click();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== results) return;
    const options = [...results.querySelectorAll("[role=option]")];
    input.setAttribute("aria-expanded", String(options.length > 0));
    if (options.length) mark(options, 0);
    else input.removeAttribute("aria-activedescendant");
  });
}

function mark(options, index) {
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
  input.setAttribute("aria-activedescendant", options[index].id);
  options[index].scrollIntoView({ block: "nearest" });
}
