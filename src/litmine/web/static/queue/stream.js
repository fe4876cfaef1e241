// News of the queue as it happens, by server-sent events; by asking now and then where these fail.

const ASK_EVERY_MS = 20_000;
const FAILURES = 3;

/**
 * Call `onChange({changed, counts})` for all that happens behind audit entry `after`; `changed` is
 * null when what changed is not known. `onOpen()`: the server can be reached (again).
 */
export function listen(after, onChange, onOpen) {
  let failures = 0;
  let asking = 0;
  let last = after;
  const source = new EventSource(`/api/v1/events?after=${encodeURIComponent(last)}`);
  source.addEventListener("queue", (event) => {
    const told = JSON.parse(event.data);
    failures = 0;
    last = told.last;
    onChange({ changed: told.missed ? null : told.changed, counts: told.counts });
  });
  source.addEventListener("open", () => {
    onOpen();
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
    renewed ??= listen(last, onChange, onOpen);
  }
  addEventListener("pagehide", () => source.close());
  return source;
}
