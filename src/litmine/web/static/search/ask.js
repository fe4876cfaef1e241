// Asks the server for an answer; a newer question ends the one before.

let under_way = null;

export class LoggedOut extends Error {}

/**
 * Return the answer to an address as an element, or null when a newer question overtook it.
 * Throws when there is no answer.
 */
export async function ask(address, { typing = false } = {}) {
  under_way?.abort();
  const mine = new AbortController();
  under_way = mine;
  const path = typing ? `${address}${address.includes("?") ? "&" : "?"}typing=true` : address;
  try {
    const reply = await fetch(path, {
      headers: { Accept: "text/html", "HX-Request": "true" },
      redirect: "manual",
      signal: mine.signal,
    });
    // Without a session the answer is a redirect to the login page.
    if (reply.type === "opaqueredirect" || reply.status === 401) throw new LoggedOut();
    const answer = new DOMParser().parseFromString(await reply.text(), "text/html").querySelector(".answer");
    if (under_way !== mine) return null;
    if (!answer) throw new Error(`${reply.status}`);
    return document.adoptNode(answer);
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  } finally {
    if (under_way === mine) under_way = null;
  }
}
