// Single keys: which action each stands for, and who listens. Never in fields, never with Ctrl, Alt
// or Meta held, never over an open dialog, and not at all when switched off (WCAG 2.1.4).

export const DEFAULTS = {
  approve: ["a"],
  reject: ["x"],
  later: ["l"],
  undo: ["u", "Backspace"],
  next: ["j"],
  previous: ["k"],
  stage: ["s"],
  resource: ["r"],
  technique: ["t"],
  comment: ["c"],
  search: ["/"],
  help: ["?"],
  open: ["o"],
  codebook: ["g"],
  evidence: ["e"],
  reset: ["z"],
};

const NAMES = { " ": "Space", Backspace: "⌫", ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

class Bindings {
  constructor(chosen, enabled) {
    this.enabled = enabled;
    this.byAction = { ...DEFAULTS };
    for (const [action, keys] of Object.entries(chosen ?? {})) {
      if (action in DEFAULTS) this.byAction[action] = [keys].flat().filter((k) => k);
    }
    // Backspace takes back whatever else does.
    if (!this.byAction.undo.includes("Backspace")) this.byAction.undo.push("Backspace");
    this.byKey = new Map();
    // What was chosen wins over a default that uses the same key.
    const order = Object.keys(this.byAction).sort((a, b) => (a in (chosen ?? {})) - (b in (chosen ?? {})));
    for (const action of order) for (const key of this.byAction[action]) this.byKey.set(key, action);
  }

  actionOf(key) {
    return this.byKey.get(key);
  }

  keysOf(action) {
    return (this.byAction[action] ?? []).filter((key) => this.byKey.get(key) === action);
  }

  name(key) {
    return NAMES[key] ?? key;
  }
}

function preferences() {
  const block = document.getElementById("preferences");
  return block ? JSON.parse(block.textContent) : {};
}

const chosen = preferences();
export const bindings = new Bindings(chosen.keys, chosen.single_keys !== false);

const listeners = new Map();
let pending = null; // after s or r: takes the next key

/** Call `handler(event)` when the key bound to `action` is pressed. */
export function onKey(action, handler) {
  listeners.set(action, handler);
}

/** Give the next plain key to `handler(key)`; it returns true when it took the key. */
export function takeNext(handler) {
  pending = handler;
}

const raw = [];

/** Call `handler(key, event)` for keys no action is bound to; true means taken. */
export function onOtherKey(handler) {
  raw.push(handler);
}

function typing(target) {
  if (!(target instanceof Element)) return false;
  // For a moment after a dialog closes the focus is still in it.
  if (target.closest("dialog:not([open])")) return false;
  if (target.closest("textarea, select, [contenteditable]")) return true;
  const input = target.closest("input");
  return Boolean(input) && !["checkbox", "radio", "button", "submit"].includes(input.type);
}

document.addEventListener("keydown", (event) => {
  if (!bindings.enabled || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (pending && !["Shift", "CapsLock"].includes(event.key)) {
    const handler = pending;
    pending = null;
    if (handler(event.key)) {
      event.preventDefault();
      return;
    }
  }
  // A letter with Caps Lock on is still that letter.
  const key = event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
  const action = bindings.actionOf(key);
  const listener = action && listeners.get(action);
  if (listener) {
    if (event.repeat && !["next", "previous"].includes(action)) return;
    event.preventDefault();
    listener(event);
    return;
  }
  for (const handler of raw) {
    if (handler(key, event)) {
      event.preventDefault();
      return;
    }
  }
});
