// Files brought in: dropped or chosen, named before they leave, and how much of them has left.
//
// [data-upload] is the form, [data-drop] the zone around its file control, [data-chosen] the list of
// what was chosen, [data-uploading] the bar with [data-uploaded] and a <progress>.

const zoneOf = (event) => event.target.closest?.("[data-drop]");
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

function weight(bytes) {
  const rank = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const size = bytes / 1000 ** rank;
  const maximumFractionDigits = rank && size < 10 ? 1 : 0;
  return new Intl.NumberFormat("fr-FR", { style: "unit", unit: UNITS[rank], maximumFractionDigits }).format(size);
}

document.addEventListener("change", (event) => {
  const zone = zoneOf(event);
  if (zone && event.target.matches("input[type=file]")) name(zone, event.target.files);
});

for (const moment of ["dragenter", "dragover"]) {
  document.addEventListener(moment, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    if (!document.querySelector("[data-drop]")) return;
    event.preventDefault(); // a file dropped beside the zone must not replace the page
    event.dataTransfer.dropEffect = zoneOf(event) ? "copy" : "none";
    zoneOf(event)?.classList.add("over");
  });
}

document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event);
  if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  const zone = zoneOf(event);
  if (!document.querySelector("[data-drop]")) return;
  event.preventDefault();
  if (!zone || !event.dataTransfer.files.length) return;
  zone.classList.remove("over");
  const control = zone.querySelector("input[type=file]");
  control.files = event.dataTransfer.files;
  name(zone, control.files);
});

function name(zone, files) {
  const lines = [...files].map((file) => {
    const line = document.createElement("li");
    const bold = document.createElement("b");
    bold.textContent = file.name;
    line.append(bold, ` ${weight(file.size)}`);
    return line;
  });
  zone.querySelector("[data-chosen]").replaceChildren(...lines);
  zone.classList.remove("bad");
}

document.body.addEventListener("htmx:xhr:progress", (event) => {
  const form = event.target.closest?.("[data-upload]");
  if (!form || !event.detail.lengthComputable) return;
  const share = Math.floor((100 * event.detail.loaded) / event.detail.total);
  const bar = form.querySelector("[data-uploading]");
  bar.hidden = false;
  bar.querySelector("progress").value = share;
  bar.querySelector("[data-uploaded]").textContent = share < 100 ? `${share} %` : "Reçu, enregistrement…";
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("[data-upload]");
  if (form && !event.detail.successful) form.querySelector("[data-uploading]").hidden = true;
});
