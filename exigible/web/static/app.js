// The behaviour of every page. Markup says what it wants by data- attributes; no page has a script.
import "./keys.js";
import "./lists.js";
import "./dialogs.js";
import "./explain.js";
import "./palette.js";
import "./fields.js";
import "./feedback.js";
import "./uploads.js";
import "./calculators.js";
import "./allocation.js";

// htmx sends the button that holds the focus along with a form, whatever made the form leave. Only a
// submission names its button: to walk past « Ajouter » as one types must not add anything.
document.body.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, triggeringEvent } = event.detail;
  if (!(elt instanceof HTMLFormElement) || !triggeringEvent || triggeringEvent.type === "submit") return;
  for (const button of elt.querySelectorAll("button[name]")) delete parameters[button.name];
});

// On a narrow screen the tabs scroll: where one is must be seen.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  tab.scrollIntoView({ block: "nearest", inline: "center" });
}
