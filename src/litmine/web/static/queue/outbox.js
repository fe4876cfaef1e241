// Decisions on their way to the server. Each is written to this browser's storage before anything is
// sent, has a key under which the server does it once, and leaves only when the server has answered.
//
// One storage item each: two tabs never overwrite each other's. Items of one reviewer are sent one
// after the other, by one tab at a time. `tried` is set before a request leaves: from then on the
// server may know of it, and taking it back needs a request of its own.

import { post, refreshToken, uuid } from "./net.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class Outbox extends EventTarget {
  #prefix;
  #storage;
  #running = false;
  #timer = 0;
  #wait = FIRST_WAIT_MS;

  constructor(user, storage = localStorage) {
    super();
    this.#prefix = `litmine.outbox.${encodeURIComponent(user)}.`;
    this.#storage = storage;
    this.lock = `litmine-outbox-${user}`;
    this.status = "idle"; // idle | sending | waiting | login
    addEventListener("online", () => this.flush());
    addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.#prefix)) this.#changed();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.flush();
    });
  }

  /** What is not sent yet, oldest first. */
  waiting() {
    return this.#all().filter((item) => !item.trouble);
  }

  /** What the server would not take: for the reviewer to look at. */
  troubles() {
    return this.#all().filter((item) => item.trouble);
  }

  /** Keep an item and start sending. Throws when the browser cannot keep it. */
  add(item) {
    // Behind all that waits, also when the clock was put back.
    const at = Math.max(Date.now(), (this.#all().at(-1)?.at ?? 0) + 1);
    const kept = { ...item, key: uuid(), tried: false, at };
    kept.slot = `${this.#prefix}${String(at).padStart(14, "0")}.${kept.key}`;
    this.#put(kept);
    this.#changed();
    this.flush();
    return kept;
  }

  /** Drop an item that cannot have reached the server; false when it may have. */
  takeOut(slot) {
    const item = this.#get(slot);
    if (!item || item.tried) return false;
    this.drop(slot);
    return true;
  }

  drop(slot) {
    this.#storage.removeItem(slot);
    this.#changed();
  }

  flush() {
    clearTimeout(this.#timer);
    if (this.#running) return;
    this.#running = true;
    const run = () => this.#run();
    const turn = navigator.locks
      ? navigator.locks.request(this.lock, { ifAvailable: true }, (lock) => (lock ? run() : "busy"))
      : run();
    Promise.resolve(turn)
      .then((end) => {
        this.#running = false;
        // Another tab is sending; look again whether it came to an end.
        if (end === "busy" && this.waiting().length) this.#later(2_000);
        // Something may have come between the last look and the end.
        else if (end === "empty" && this.waiting().length) this.flush();
      })
      .catch((error) => {
        this.#running = false;
        this.#later(LONGEST_WAIT_MS);
        throw error;
      });
  }

  async #run() {
    for (;;) {
      const item = this.waiting()[0];
      if (!item) {
        this.#to("idle");
        return "empty";
      }
      this.#to("sending");
      item.tried = true;
      this.#put(item);
      const result = await this.#send(item);
      if (result.kind === "done") {
        this.#wait = FIRST_WAIT_MS;
        const still = this.#get(item.slot);
        this.#storage.removeItem(item.slot);
        this.#tellRevision(item.id, result.data.revision);
        this.#tell("sent", { item, outcome: result.data });
        // Taken out by another tab while it was on its way: take it back on the server, too.
        if (!still) this.add({ ...item, action: "undo", revision: result.data.revision });
      } else if (result.kind === "retry") {
        this.#to("waiting");
        this.#later(Math.max(this.#wait, 1000 * (result.seconds ?? 0)));
        this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
        return "later";
      } else if (result.kind === "login") {
        this.#to("login");
        this.#later(LONGEST_WAIT_MS);
        return "later";
      } else if (result.kind === "stale" && !item.again && this.#onlyMoved(item, result.data)) {
        this.#put({ ...item, revision: result.data.revision, again: true });
      } else {
        this.#fail(item, result);
      }
      this.#changed();
    }
  }

  async #send(item) {
    const path = `/api/v1/queue/${item.id}/${item.action === "undo" ? "undo" : "decisions"}`;
    const { action, cells, technique, comment } = item;
    const body = action === "undo" ? {} : { action, comment: comment ?? "" };
    if (action === "approve") Object.assign(body, { cells, technique });
    const headers = { "If-Match": `"${item.revision}"`, "Idempotency-Key": item.key };
    const result = await post(path, body, headers);
    if (result.kind !== "token") return result;
    let renewed = false;
    try {
      renewed = await refreshToken();
    } catch {
      return { kind: "retry" };
    }
    return renewed ? post(path, body, headers) : { ...result, kind: "refused" };
  }

  /** New scores change the revision, too, but not what the reviewer judged. */
  #onlyMoved(item, data) {
    return item.action !== "undo" && item.state === "pending" && data?.state === "pending";
  }

  /** Later items on the same paper were made on top of this one: they look at its revision. */
  #tellRevision(id, revision) {
    for (const item of this.waiting()) {
      if (item.id === id && !item.tried) this.#put({ ...item, revision });
    }
  }

  /**
   * The server would not take an item, so what was made on top of it falls, too. The reviewer is told
   * of the last word they said; of none, when they had taken back by then what was refused.
   */
  #fail(item, result) {
    const chain = this.waiting().filter((one) => one.id === item.id);
    const last = chain.at(-1) ?? item;
    const moot = last.action === "undo" && item.action !== "undo";
    for (const one of chain) if (moot || one.slot !== last.slot) this.#storage.removeItem(one.slot);
    if (!moot) this.#put({ ...last, trouble: { kind: result.kind, detail: result.detail } });
    this.#tell("trouble", { item: last, detail: result.detail });
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  #to(status) {
    this.status = status;
    this.#changed();
  }

  #changed() {
    this.#tell("change", {});
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #all() {
    const slots = [];
    for (let place = 0; place < this.#storage.length; place += 1) {
      const slot = this.#storage.key(place);
      if (slot.startsWith(this.#prefix)) slots.push(slot);
    }
    return slots.sort().map((slot) => this.#get(slot)).filter(Boolean);
  }

  #get(slot) {
    const text = this.#storage.getItem(slot);
    return text ? JSON.parse(text) : null;
  }

  #put(item) {
    this.#storage.setItem(item.slot, JSON.stringify(item));
  }
}
