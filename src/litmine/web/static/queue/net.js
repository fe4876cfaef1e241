// Requests to litmine itself: the CSRF token, a time limit, and what an answer means for sending.

const WAIT_MS = 15_000;

export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? "";
}

/** GET a piece of a page and return its elements, or throw. */
export async function fetchPieces(path) {
  const answer = await fetch(path, {
    headers: { Accept: "text/html" },
    redirect: "manual",
    signal: AbortSignal.timeout(WAIT_MS),
  });
  // Without a session the answer is a redirect to the login page.
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new LoggedOut();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const text = await answer.text();
  // Reading ahead gives way to keys.
  await new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 300 }));
  return new DOMParser().parseFromString(text, "text/html").body;
}

export class LoggedOut extends Error {}

/**
 * POST JSON. The result's `kind` says what to do next: done, retry (nothing is known, or not now),
 * login, token (the CSRF token is not this session's), stale, refused.
 */
export async function post(path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRF-Token": meta("csrf"),
        ...headers,
      },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch {
    return { kind: "retry" };
  }
  let data = null;
  try {
    data = await answer.json();
  } catch {
    // An answer cut short tells nothing about what was done: the same key asks again.
    if (answer.ok) return { kind: "retry" };
  }
  if (answer.ok) return { kind: "done", data };
  const seconds = Number(answer.headers.get("Retry-After")) || 0;
  const status = answer.status;
  if (status >= 500 || [408, 425, 429].includes(status) || (status === 409 && seconds)) {
    return { kind: "retry", seconds };
  }
  const detail = data?.detail ?? `the server answered ${status}`;
  if (status === 401) return { kind: "login", detail };
  if (status === 403) return { kind: "token", detail };
  if (status === 412) return { kind: "stale", detail, data };
  return { kind: "refused", detail, status };
}

/** After a new login in another tab: take over its token; false when it is somebody else's. */
export async function refreshToken() {
  const answer = await fetch("/queue/table?limit=1", { redirect: "manual" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const other = (name) => page.querySelector(`meta[name="${name}"]`)?.content ?? "";
  if (!other("csrf") || other("user") !== meta("user") || other("csrf") === meta("csrf")) return false;
  document.querySelector('meta[name="csrf"]').content = other("csrf");
  return true;
}

/** A random UUID, also where the page is not served from a secure origin. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
