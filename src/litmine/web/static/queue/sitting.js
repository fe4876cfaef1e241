// What this reviewer did here lately: how many in this sitting, and what can be taken back, also
// after the page was loaded again.

const KEPT = 200;

export class Sitting {
  #slot;

  constructor(user) {
    this.#slot = `litmine.done.${encodeURIComponent(user)}`;
    this.tally = JSON.parse(sessionStorage.getItem("litmine.sitting") ?? "null") ?? {
      since: Date.now(),
      decided: 0,
    };
  }

  count(by) {
    this.tally.decided = Math.max(0, this.tally.decided + by);
    sessionStorage.setItem("litmine.sitting", JSON.stringify(this.tally));
  }

  inWords() {
    const { decided, since } = this.tally;
    if (!decided) return "";
    const seconds = Math.round((Date.now() - since) / 1000 / decided);
    const pace = decided < 3 || seconds > 600 ? "" : `, ${seconds} s each`;
    return `${decided} in this sitting${pace}`;
  }

  history() {
    return JSON.parse(localStorage.getItem(this.#slot) ?? "[]");
  }

  push(done) {
    this.#keep([...this.history().filter((one) => one.id !== done.id), done].slice(-KEPT));
  }

  last() {
    return this.history().at(-1) ?? null;
  }

  remove(id) {
    this.#keep(this.history().filter((one) => one.id !== id));
  }

  /** The server has it: remember the revision it gave. */
  sent(id, key, revision) {
    this.#keep(this.history().map((one) => (one.id === id && one.key === key ? { ...one, revision } : one)));
  }

  #keep(list) {
    localStorage.setItem(this.#slot, JSON.stringify(list));
  }
}
