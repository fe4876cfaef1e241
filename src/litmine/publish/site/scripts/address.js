// The question in the address, so that it can be shared, kept and gone back to.

export const AXES = ["stage", "resource", "technique", "year"];

/** Read { text, chosen: { axis: Set }, newest } from the address. */
export function read() {
  const given = new URLSearchParams(location.search);
  return {
    text: given.get("q") ?? "",
    chosen: Object.fromEntries(AXES.map((axis) => [axis, new Set(given.getAll(axis))])),
    newest: given.get("order") === "newest",
  };
}

/** Write a question into the address; as a new entry of the history, or in place of this one. */
export function write({ text, chosen, newest }, { entry = false } = {}) {
  const given = new URLSearchParams();
  if (text.trim()) given.set("q", text.trim());
  for (const axis of AXES) for (const value of chosen[axis]) given.append(axis, value);
  if (newest) given.set("order", "newest");
  const search = given.size ? `?${given}` : location.pathname;
  if ((given.size ? search : "") === location.search) return;
  history[entry ? "pushState" : "replaceState"](null, "", search);
}
