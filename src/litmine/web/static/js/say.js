// Tells screen readers what just happened.

/** Announce politely; the same words twice are announced twice. */
export function say(words) {
  const region = document.getElementById("said");
  if (!region) return;
  region.textContent = region.textContent === words ? `${words}\u00a0` : words;
}
