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
      showDisputed(document.querySelector('[data-count="pending"]').dataset.disputed);
    } catch {
      // The line is of a moment ago; the next decision asks again.
    }
  }, EVERY_MS);
}

/** Show at once how many wait, and how many are disputed. */
export function showCounts(counts) {
  const slot = document.querySelector('[data-count="pending"]');
  // Those with this reviewer's opinion wait for others; their number is of a moment ago.
  if (slot) slot.textContent = String(Math.max(0, counts.pending - Number(slot.dataset.answered)));
  showDisputed(counts.disputed);
}

function showDisputed(many) {
  for (const chip of document.querySelectorAll('[data-count="disputed"]')) {
    chip.textContent = String(many);
    chip.hidden = !Number(many);
  }
}
