// What the page says back: the toast of an act, the live region, a failed request, the session's end.

const toasts = document.getElementById("toasts");
const busy = document.getElementById("busy");
const notices = () => document.getElementById("notices");
let underWay = 0;

document.body.addEventListener("htmx:beforeRequest", () => busy?.classList.toggle("on", ++underWay > 0));
document.body.addEventListener("htmx:afterRequest", () => busy?.classList.toggle("on", --underWay > 0));

// One toast at a time; it stays 8 s, and as long as it is hovered or focused.
if (toasts) {
  let timer = 0;
  const start = () => {
    clearTimeout(timer);
    if (toasts.firstElementChild) timer = setTimeout(() => toasts.replaceChildren(), 8000);
  };
  new MutationObserver(start).observe(toasts, { childList: true });
  for (const name of ["mouseenter", "focusin"]) toasts.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["mouseleave", "focusout"]) toasts.addEventListener(name, start);
  start();
}

document.body.addEventListener("announce", (event) => {
  const region = document.getElementById("announce");
  if (region) region.textContent = event.detail.value ?? "";
});

// A request that failed leaves the page as it was, and says so.
function failed(event, what) {
  const target = event.detail.elt;
  show("wax", what, () => htmx.trigger(target, event.detail.requestConfig?.triggeringEvent?.type ?? "click"));
}
document.body.addEventListener("htmx:sendError", (event) =>
  failed(event, "Le serveur ne répond pas. Rien n’a été modifié."));
document.body.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401 || (status === 403 && event.detail.xhr.getResponseHeader("X-Sign-In"))) {
    window.location.assign(`/connexion/?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (status === 404) {
    failed(event, "Cette page n’existe pas ou n’est pas dans votre portefeuille. Rien n’a été modifié.");
  } else if (status === 403) {
    show("wax", "La page a expiré : rechargez-la, puis recommencez. Rien n’a été modifié.", () => location.reload(), "Recharger");
  } else if (status === 503) {
    failed(event, "La base de données ne répond pas. Rien n’a été modifié.");
  } else {
    const reference = event.detail.xhr.getResponseHeader("X-Reference");
    failed(event, `Cette demande n’a pas abouti. Rien n’a été modifié.${reference ? ` Référence à communiquer : ${reference}.` : ""}`);
  }
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr?.status < 400) notices()?.querySelector("[data-failure]")?.remove();
});

function show(tone, words, act, label = "Réessayer") {
  const place = document.querySelector("dialog[open] .in") ?? notices();
  if (!place) return;
  for (const old of document.querySelectorAll("[data-failure]")) old.remove();
  const note = document.createElement("div");
  note.className = `note ${tone}`;
  note.dataset.failure = "";
  note.setAttribute("role", "alert");
  const text = document.createElement("div");
  text.textContent = `${words} `;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn s";
  again.textContent = label;
  again.addEventListener("click", () => {
    note.remove();
    act();
  });
  text.append(again);
  note.append(text);
  place.prepend(note);
}

// Two minutes before the session ends, offer to keep it.
const seconds = Number(document.body.dataset.sessionSeconds || 0);
if (seconds > 150 && seconds < 2_000_000) {
  setTimeout(() => {
    show("ochre", "Votre session se termine dans deux minutes ; ce que vous avez saisi reste à l’écran.", () => fetch("/profil/session/", { headers: { "HX-Request": "true" } }), "Rester connecté");
  }, (seconds - 120) * 1000);
}
