// The line that tells how many wait and what is probably unread: asked for at most every 3 s.

import { fetchPieces } from "./net.js";

const EVERY_MS = 3_000;
let timer = 0;

/** Have the line brought up to date soon. */
export function showStanding() {
  timer ||= setTimeout(async () => {
    timer = 0;
    try {
      const body = await fetchPieces("/queue/standing");
      const line = document.getElementById("standing");
      if (!line.contains(document.activeElement)) line.replaceChildren(...body.childNodes);
    } catch {
      // The line is of a moment ago; the next decision asks again.
    }
  }, EVERY_MS);
}

/** Show the number that wait at once. */
export function showWaiting(counts) {
  const slot = document.querySelector('[data-count="pending"]');
  if (slot) slot.textContent = String(counts.pending);
}
