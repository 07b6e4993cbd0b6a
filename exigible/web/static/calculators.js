// Calculators answer as one types. The form stays as it is: what is wrong is said at each field.

document.body.addEventListener("field-errors", (event) => {
  const form = document.getElementById("question");
  if (!form) return;
  for (const old of form.querySelectorAll(".err")) {
    const field = old.closest(".field");
    field?.classList.remove("bad");
    const input = field?.querySelector("[aria-invalid]");
    input?.removeAttribute("aria-invalid");
    describe(input, old.id, false);
    old.remove();
  }
  const { elt, value, ...errors } = event.detail;
  for (const [id, words] of Object.entries(errors)) {
    const input = document.getElementById(id);
    const field = input?.closest(".field");
    if (!field) continue;
    const said = document.getElementById("wrong").content.firstElementChild.cloneNode(true);
    said.id = `${id}-error`;
    said.querySelector("[data-words]").textContent = words;
    field.classList.add("bad");
    field.append(said);
    input.setAttribute("aria-invalid", "true");
    describe(input, said.id, true);
  }
});

// Add an id to what describes a field, or take it off.
function describe(input, id, present) {
  if (!input) return;
  const ids = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  ids[present ? "add" : "delete"](id);
  if (ids.size) input.setAttribute("aria-describedby", [...ids].join(" "));
  else input.removeAttribute("aria-describedby");
}
