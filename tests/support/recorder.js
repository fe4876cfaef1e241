// Runs in the page before its own scripts: writes down, in one order, the keys that arrive with what
// is shown then, what the page keeps and drops of its outbox, and what the server answers.
(() => {
  const put = Storage.prototype.setItem;
  const drop = Storage.prototype.removeItem;
  const mine = (slot) => slot.startsWith("litmine.outbox.");
  const write = (event) => {
    const place = Number(sessionStorage.getItem("hour.n") ?? 0);
    put.call(sessionStorage, "hour.n", String(place + 1));
    put.call(sessionStorage, `hour.${String(place).padStart(6, "0")}`, JSON.stringify(event));
  };

  Storage.prototype.setItem = function (slot, text) {
    const fresh = mine(slot) && this.getItem(slot) === null;
    put.call(this, slot, text);
    if (fresh) write({ what: "kept", item: JSON.parse(text) });
    else if (mine(slot) && JSON.parse(text).trouble) write({ what: "trouble", item: JSON.parse(text) });
  };
  Storage.prototype.removeItem = function (slot) {
    const text = mine(slot) ? this.getItem(slot) : null;
    drop.call(this, slot);
    if (text !== null) write({ what: "dropped", item: JSON.parse(text) });
  };

  const send = window.fetch;
  window.fetch = async (path, options) => {
    const answer = await send(path, options);
    if (options?.method !== "POST") return answer;
    const text = await answer.clone().text();
    if (answer.ok) {
      const before = Number(sessionStorage.getItem("hour.stored") ?? 0);
      put.call(sessionStorage, "hour.stored", String(before + (path.endsWith("/undo") ? -1 : 1)));
    }
    write({
      what: "answered",
      key: options.headers["Idempotency-Key"],
      seen: options.headers["If-Match"],
      status: answer.status,
      replayed: answer.headers.get("Idempotency-Replayed") === "true",
      body: text ? JSON.parse(text) : null,
    });
    return answer;
  };

  addEventListener(
    "keydown",
    (event) => {
      if (document.querySelector("dialog[open]")) return;
      const article = document.querySelector("#place article.paper");
      write({
        what: "key",
        key: event.key,
        shown: article && {
          id: JSON.parse(article.dataset.paper).id,
          cells: [...article.querySelectorAll("[data-cell][aria-pressed=true]")].map((b) => b.dataset.cell),
          comment: article.querySelector(".comment-text").textContent,
          verdict: article.querySelector(".verdict").textContent,
        },
      });
    },
    { capture: true },
  );
})();
