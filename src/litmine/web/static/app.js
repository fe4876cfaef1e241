// What every page has: dialogs opened by name, the CSRF token on htmx requests, "/" and "?".
import { bindings, onKey } from "./js/keys.js";
import { openDialog, wireDialogs } from "./js/dialogs.js";

wireDialogs(document);

document.addEventListener("htmx:configRequest", (event) => {
  const csrf = document.querySelector('meta[name="csrf"]')?.content;
  if (csrf && event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf;
});

// Menus are <details>: a click elsewhere or Escape closes them.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".account[open], .menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".account[open], .menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

onKey("search", () => {
  const field = document.getElementById("find");
  if (!field) return;
  field.focus();
  field.select();
});
onKey("help", () => openDialog("keys-dialog"));

// The list of keys shows what is bound, not what was once bound.
for (const slot of document.querySelectorAll("[data-key-of]:not(kbd)")) {
  const keys = bindings.keysOf(slot.dataset.keyOf);
  slot.replaceChildren(
    ...keys.flatMap((key, place) => {
      const shown = document.createElement("kbd");
      shown.textContent = bindings.name(key);
      return place ? [" or ", shown] : [shown];
    }),
  );
}
