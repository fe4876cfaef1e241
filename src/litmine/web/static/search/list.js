// From paper to paper with keys, in any list of hits. Titles are links: Enter opens them by itself.
import { onKey, onOtherKey } from "../js/keys.js";

const titles = () => [...document.querySelectorAll(".hit .hit-title a")];
const hit = () => document.activeElement?.closest(".hit");

/** Go `by` papers on; `before` is called when it goes up from the first one. */
export function move(by, before) {
  const all = titles();
  const here = all.findIndex((one) => one.closest(".hit") === hit());
  if (by < 0 && here <= 0) {
    before?.();
    return;
  }
  const next = all[Math.min(here + by, all.length - 1)];
  next?.focus({ preventScroll: true });
  next?.closest(".hit").scrollIntoView({ block: "nearest" });
}

/** Listen to the keys of a list. */
export function wireList({ before = null } = {}) {
  onKey("next", () => move(1));
  onKey("previous", () => move(-1, before));
  onKey("open", () => {
    const address = hit()?.dataset.arxiv;
    if (address) window.open(address, "_blank", "noopener");
  });
  onOtherKey((key) => {
    if (key === "ArrowDown" || key === "ArrowUp") {
      // Elsewhere on the page arrows scroll.
      if (!hit() && document.activeElement !== document.body) return false;
      if (!titles().length) return false;
      move(key === "ArrowDown" ? 1 : -1, before);
      return true;
    }
    if (!hit()) return false;
    if (key === "w") {
      const why = hit().querySelector("details.why");
      why.open = !why.open;
      return true;
    }
    if (key === "m") {
      hit().querySelector("[name=to]")?.click();
      return true;
    }
    if (key === "Escape" && before) {
      before();
      return true;
    }
    return false;
  });
}
