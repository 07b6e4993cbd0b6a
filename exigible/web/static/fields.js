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
