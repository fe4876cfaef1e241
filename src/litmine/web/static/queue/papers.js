// The papers of this sitting: those seen, the one shown, and those read ahead.

import { fetchPieces } from "./net.js";

const AHEAD = 10;
const AT_ONCE = 5;
const LONGEST_WAIT_MS = 20_000;

export class Papers extends EventTarget {
  #fetching = null;
  #wait = 1_000;

  constructor(roots, { state, decided }) {
    super();
    this.state = state;
    this.decided = decided; // (id) => is there an unsent decision on it?
    this.list = [];
    this.at = 0;
    this.exhausted = false;
    this.unreachable = false;
    for (const root of roots) {
      for (const article of root.querySelectorAll("article.paper")) this.#take(article);
    }
  }

  get current() {
    return this.list[this.at] ?? null;
  }

  get ahead() {
    return this.list.slice(this.at + 1).filter((paper) => paper.open).length;
  }

  find(id) {
    return this.list.find((paper) => paper.id === id) ?? null;
  }

  /** Move to the next (or previous) paper; `open`: skip what was decided. */
  step(by, { open = false } = {}) {
    for (let at = this.at + by; at >= 0 && at < this.list.length; at += by) {
      if (!open || this.list[at].open) {
        this.at = at;
        return true;
      }
    }
    return false;
  }

  /** Go to the first that waits; behind the last, when none does. */
  toFirst() {
    const at = this.list.findIndex((paper) => paper.open);
    this.at = at < 0 ? this.list.length : at;
  }

  show(id) {
    const at = this.list.findIndex((paper) => paper.id === id);
    if (at >= 0) this.at = at;
    return at >= 0;
  }

  /** Keep at least ten more papers in memory. */
  async fill() {
    if (this.#fetching) return this.#fetching;
    if (this.exhausted || this.ahead >= AHEAD) return null;
    this.#fetching = this.#fill().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fill() {
    try {
      const skip = this.list.filter((paper) => paper.open || this.decided(paper.id));
      const query = new URLSearchParams({
        limit: String(Math.max(AT_ONCE, AHEAD - this.ahead)),
        state: this.state,
        skip: skip.map((paper) => paper.id).join(","),
      });
      const body = await fetchPieces(`/queue/papers?${query}`);
      const articles = [...body.querySelectorAll("article.paper")];
      let fresh = 0;
      for (const article of articles) fresh += this.#take(article) ? 1 : 0;
      this.exhausted = !articles.length;
      this.unreachable = false;
      this.#wait = 1_000;
      this.dispatchEvent(new CustomEvent("more", { detail: { fresh } }));
    } catch (error) {
      this.unreachable = true;
      this.dispatchEvent(new CustomEvent("unreachable", { detail: { error } }));
      setTimeout(() => this.fill(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    }
  }

  /** Read one paper anew: at its place, or behind the one shown. Null when it cannot be had. */
  async refresh(id) {
    let article;
    try {
      const body = await fetchPieces(`/queue/papers?${new URLSearchParams({ only: id })}`);
      article = body.querySelector("article.paper");
    } catch {
      return null;
    }
    if (!article) return null;
    const paper = make(article);
    const at = this.list.findIndex((one) => one.id === id);
    if (at >= 0) this.list[at] = paper;
    else this.list.splice(this.list.length ? this.at + 1 : 0, 0, paper);
    return paper;
  }

  /** Somebody else decided: forget it, if it is still to come. */
  forget(id) {
    const at = this.list.findIndex((paper) => paper.id === id);
    if (at <= this.at) return false;
    this.list.splice(at, 1);
    return true;
  }

  #take(article) {
    const paper = make(article);
    if (!paper.id) return false;
    const known = this.list.findIndex((one) => one.id === paper.id);
    if (known >= 0) {
      // It waits again (taken back elsewhere): show it again, at the end.
      if (this.list[known].open || this.decided(paper.id) || known === this.at) return false;
      this.list.splice(known, 1);
      if (known < this.at) this.at -= 1;
    }
    this.list.push(paper);
    return true;
  }
}

function make(article) {
  const told = JSON.parse(article.dataset.paper);
  return {
    ...told,
    article,
    selection: null,
    comment: "",
    explained: "relevance",
    mine: null, // what was decided here, in this sitting
    /** Whether it still waits for this reviewer. */
    get open() {
      return !this.mine && !this.gone && ["pending", "later"].includes(this.state) && !this.opinion;
    },
  };
}
