// The state of sending, and what the server would not take.

import { inWords } from "./view.js";

const PATIENCE_MS = 400;
let timer = 0;
let begun = false;

function text(tag, words, className = "") {
  const element = document.createElement(tag);
  element.textContent = words;
  if (className) element.className = className;
  return element;
}

/** "3 unsent", and why. What is sent at once is not worth a word. */
export function showOutbox(outbox) {
  const line = document.getElementById("sending");
  if (!line) return;
  const many = outbox.waiting().length;
  clearTimeout(timer);
  const write = (...parts) => {
    line.classList.toggle("waits", many > 0 || outbox.troubles().length > 0);
    const now = parts.map((part) => part.textContent ?? part).join("");
    if (line.textContent !== now) line.replaceChildren(...parts);
  };
  begun ||= many > 0;
  if (outbox.status === "login" && many) {
    const link = text("a", "log in again");
    link.href = "/login";
    link.target = "_blank";
    write(`${many} unsent: `, link);
  } else if (outbox.status === "waiting" && many) {
    write(`${many} unsent, kept here`);
  } else if (many) {
    timer = setTimeout(() => write(`${many} unsent`), PATIENCE_MS);
  } else if (outbox.troubles().length) {
    write(`${outbox.troubles().length} not stored`);
  } else if (begun) {
    write("All sent");
  }
}

/** One notice for each decision that was not taken: what happened, and what to do about it. */
export function showTroubles(outbox) {
  const box = document.getElementById("troubles");
  if (!box) return;
  const troubles = outbox.troubles();
  const shown = troubles.map((one) => one.slot).join(" ");
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.replaceChildren(
    ...troubles.map((item) => {
      const notice = text("div", "", "notice problem");
      const title = text("p", item.title, "serif");
      const words = item.action === "undo" ? "taking it back" : inWords(item);
      const why = text("p", `${item.trouble.detail}. Yours was not stored: ${words}.`, "small");
      const row = text("p", "", "row");
      const again = text("button", "Decide again", "button");
      again.type = "button";
      again.dataset.track = item.slot;
      const leave = text("button", "Leave it as it is", "button");
      leave.type = "button";
      leave.dataset.leave = item.slot;
      row.append(again, leave);
      notice.append(title, why, row);
      return notice;
    }),
  );
}
