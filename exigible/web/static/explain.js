// « Pourquoi »: a figure's working, loaded when asked for, beside the figure.

const pop = document.getElementById("why");

if (pop) {
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== "why-body") return;
    document.getElementById("why-body").replaceChildren();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "why-body") return;
    const source = event.detail.requestConfig.elt;
    if (!pop.matches(":popover-open")) pop.showPopover({ source });
    pop.querySelector("[data-close-why]")?.focus();
  });
  pop.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-why]")) pop.hidePopover();
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(asText(pop.querySelector("table"))).then(() => (copy.textContent = "Copié"));
  });
}

function asText(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join("\t")).join("\n");
}
