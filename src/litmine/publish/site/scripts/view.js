// Hits and filters as elements. Everything that papers say goes in as text, never as markup.
import { write } from "./marks.js";
import { dayNumber, dayOf } from "./rank.js";

const SVG = "http://www.w3.org/2000/svg";
const ROOT = new URL("../../", import.meta.url);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function made(name, kind = "", text = "") {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text) element.textContent = text;
  return element;
}

/** Where the page of a paper is. */
export function pageOf(id) {
  return new URL(`papers/${id}.html`, ROOT);
}

/** One hit, as a list item; `paper` from Index.paper. */
export function hit(index, facts, place, paper, forms) {
  const item = made("li");
  const body = made("div");
  const title = made("a", "title");
  title.href = pageOf(paper.id);
  write(title, paper.title, forms);
  body.append(title);
  if (paper.authors) {
    const by = made("p", "by");
    write(by, paper.authors, forms);
    body.append(by);
  }
  const about = made("p", "facts");
  const arxiv = made("a", "", `arXiv ${paper.id}`);
  arxiv.href = `https://arxiv.org/abs/${paper.id}`;
  const cells = made("span", "", cellNames(index, paper.cells));
  about.append(...[paper.venue && made("span", "venue", paper.venue), cells, arxiv].filter(Boolean)
    .flatMap((one, n) => (n ? [made("span", "dot", " · "), one] : [one])));
  body.append(about);
  const date = dayOf(index, dayNumber(index, facts, place));
  const time = made("time", "", `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`);
  time.dateTime = date.toISOString().slice(0, 10);
  item.append(glyph(paper.cells), body, time);
  return item;
}

function cellNames(index, cells) {
  const { stages, resources } = index.entry;
  const byStage = new Map();
  for (const cell of cells) {
    const stage = stages[Math.floor(cell / resources.length)][1];
    const resource = resources[cell % resources.length][1].toLowerCase();
    byStage.set(stage, [...(byStage.get(stage) ?? []), resource]);
  }
  return [...byStage].map(([stage, names]) => `${stage}: ${names.join(", ")}`).join("; ");
}

function glyph(cells) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "glyph");
  picture.setAttribute("viewBox", "0 0 14 14");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", cells.map((n) => `M${(n % 5) * 3} ${Math.floor(n / 5) * 3}h2v2h-2z`).join(""));
  picture.append(path);
  return picture;
}

/** Fill the filters: a group of boxes for each axis, with counts; what is chosen stays visible. */
export function filters(groups, index, counts, chosen) {
  for (const group of groups) {
    const { axis } = group.dataset;
    const names = axis === "year"
      ? [...new Set([...counts.year.keys(), ...chosen.year])].sort().reverse().map((year) => [year, year])
      : index.entry[`${axis}s`];
    const rows = names
      .map(([id, name]) => ({ id, name, count: counts[axis].get(id) ?? 0, on: chosen[axis].has(id) }))
      .filter(({ count, on }) => count || on || axis === "stage" || axis === "resource");
    if (axis === "technique") rows.sort((a, b) => b.on - a.on || b.count - a.count);
    const list = group.querySelector("ul");
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    list.replaceChildren(...rows.map((row) => choice(axis, row)));
    if (focused) list.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
    group.classList.toggle("none", !rows.length);
  }
}

function choice(axis, { id, name, count, on }) {
  const item = made("li");
  const label = made("label");
  const box = made("input");
  box.type = "checkbox";
  box.name = axis;
  box.value = id;
  box.checked = on;
  label.append(box, made("span", "name", name), made("span", "count num", count.toLocaleString("en")));
  item.append(label);
  return item;
}
