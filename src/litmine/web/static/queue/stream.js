// News of the queue as it happens, by server-sent events; by asking now and then where these fail.

const ASK_EVERY_MS = 20_000;
const FAILURES = 3;

/** Calls `onChange({changed, counts})`; `changed` is null when only asking was possible. */
export function listen(onChange) {
  let failures = 0;
  let asking = 0;
  const source = new EventSource("/api/v1/events");
  source.addEventListener("queue", (event) => {
    failures = 0;
    onChange(JSON.parse(event.data));
  });
  source.addEventListener("open", () => {
    failures = 0;
    clearInterval(asking);
    asking = 0;
  });
  source.addEventListener("error", () => {
    failures += 1;
    if (failures < FAILURES && source.readyState !== EventSource.CLOSED) return;
    if (!asking) asking = setInterval(() => onChange({ changed: null, counts: null }), ASK_EVERY_MS);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => reopen(), ASK_EVERY_MS);
  });
  let renewed = null;
  function reopen() {
    clearInterval(asking);
    renewed ??= listen(onChange);
  }
  addEventListener("pagehide", () => source.close());
  return source;
}
