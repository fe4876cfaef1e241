// How a paper's article shows the selection, the marks and what became of it.

import { bindings } from "../js/keys.js";

const SAID = { approve: "approved", reject: "rejected", later: "put aside" };

export function cellName(cell) {
  const button = document.querySelector(`.matrix [data-cell="${CSS.escape(cell)}"]`);
  return button ? button.getAttribute("aria-label").split(",")[0] : cell;
}

export function techniqueName(names, id) {
  return names.techniques.find((one) => one.id === id)?.name ?? id;
}

export function showSelection(paper, names) {
  const { article, selection } = paper;
  for (const button of article.querySelectorAll("[data-cell]")) {
    button.setAttribute("aria-pressed", String(selection.cells.has(button.dataset.cell)));
  }
  for (const button of article.querySelectorAll("[data-stage]")) {
    button.setAttribute("aria-pressed", String(selection.stages.has(button.dataset.stage)));
  }
  for (const button of article.querySelectorAll("[data-resource]")) {
    button.setAttribute("aria-pressed", String(selection.resources.has(button.dataset.resource)));
  }
  const labels = [...article.querySelectorAll("[data-cell]")]
    .filter((button) => selection.cells.has(button.dataset.cell))
    .map((button) => button.getAttribute("aria-label").split(",")[0].replaceAll(" ", "\u00a0"));
  const output = article.querySelector(".will-store");
  output.textContent = labels.join(", ") || "no cell yet";
  output.classList.toggle("nothing-chosen", !labels.length);
  const techniques = selection.technique.map((id) => techniqueName(names, id));
  article.querySelector(".chosen-techniques").textContent = techniques.join(", ") || "none";
  const line = article.querySelector(".comment-line");
  line.hidden = !paper.comment;
  line.querySelector(".comment-text").textContent = paper.comment;
}

export function showKeys(root) {
  for (const slot of root.querySelectorAll("[data-key-of]")) {
    const keys = bindings.keysOf(slot.dataset.keyOf);
    if (slot.tagName !== "KBD") continue;
    slot.textContent = keys.length ? bindings.name(keys[0]) : "";
    slot.hidden = !keys.length || !bindings.enabled;
  }
}

/** Show the marks of one account: relevance or a cell. */
export function explain(paper, key) {
  paper.explained = key;
  for (const part of paper.article.querySelectorAll("[data-account]")) {
    part.hidden = part.dataset.account !== key;
  }
  for (const button of paper.article.querySelectorAll("[data-explains]")) {
    button.setAttribute("aria-pressed", String(button.dataset.explains === key));
  }
}

export function accountsOf(paper) {
  return [...paper.article.querySelectorAll("[data-explains]")].map((b) => b.dataset.explains);
}

/** What was decided here stands above the paper until it is taken back. */
export function showVerdict(paper, text) {
  const line = paper.article.querySelector(".verdict");
  line.classList.remove("approve", "reject", "later");
  if (paper.mine) line.classList.add(paper.mine.action);
  line.textContent = text;
  line.hidden = !text;
}

/** What an answer means under double review; nothing where it means what was said at once. */
export function opinionInWords(item, { state, decision, opinion }) {
  if (!opinion) return "";
  if (decision) return `Both agree: ${inWords(item)}`;
  return state === "disputed"
    ? "The other reviewer is of another opinion: it waits under Disagreements"
    : "Your opinion is in; it waits for a second one";
}

export function inWords(item) {
  if (item.action === "undo") return "taken back";
  if (item.action !== "approve") return SAID[item.action];
  return `approved as ${item.cells.map(cellName).join(", ")}`;
}
