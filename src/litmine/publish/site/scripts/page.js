// The search page: what is typed and chosen becomes a list of papers and an address to share.
import * as address from "./address.js";
import { filter, find, ordered } from "./rank.js";
import { Index, Renewed } from "./shards.js";
import { filters, hit, pageOf } from "./view.js";
import { understand } from "./words.js";

const PAGE = 10;
const PAUSE = 90; // ms without a key before an answer is looked for
const TOLD_AFTER = 700; // ms before the count is read out, so that it is not read at every key

const form = document.getElementById("search");
const box = form.elements.q;
const list = document.getElementById("hits");
const status = document.getElementById("status");
const more = document.getElementById("more");
const groups = [...document.querySelectorAll("[data-axis]")];
const order = document.getElementById("order");
const start = document.getElementById("start");
const panel = document.getElementById("filters");
const windowTitle = document.title;

let index = null;
let question = address.read();
let newest = 0; // number of the latest question
let shown = null; // { places, forms, facts, from }

async function opened() {
  index ??= Index.open();
  try {
    return await index;
  } catch (error) {
    index = null;
    throw error;
  }
}

/** Answer the question; a newer one overtakes this. */
async function answer() {
  const mine = ++newest;
  const began = performance.now();
  const overtaken = () => mine !== newest;
  list.setAttribute("aria-busy", "true");
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await answered(overtaken);
        break;
      } catch (error) {
        if (!(error instanceof Renewed) || attempt) throw error;
        index = null; // the site was renewed since this page was opened
      }
    }
    if (overtaken()) return;
    performance.measure("litmine:answer", { start: began });
  } catch (error) {
    if (overtaken()) return;
    console.error(error);
    say("The search could not be loaded. ", true);
  } finally {
    if (!overtaken()) list.removeAttribute("aria-busy");
  }
}

async function answered(overtaken) {
  const known = await opened();
  const query = understand(question.text, known.stopwords);
  const filtered = address.AXES.some((axis) => question.chosen[axis].size);
  start.hidden = Boolean(query.words.length || query.id || filtered || question.text.trim());
  if (query.id) return onePaper(query.id, overtaken);
  if (!query.words.length && !filtered) return nothingAsked();
  // Both at once: what is looked for does not depend on the facts.
  const [facts, found] = await Promise.all([
    known.facts(),
    query.words.length ? find(known, query) : everything(known),
  ]);
  if (overtaken()) return;
  const { kept, counts } = filter(known, facts, found.places, question.chosen);
  const byDay = question.newest || !query.words.length;
  shown = { places: ordered(known, facts, kept, found.scores, byDay), forms: found.forms, facts, from: 0 };
  const first = await next(known, PAGE);
  if (overtaken()) return;
  list.replaceChildren(...first);
  filters(groups, known, counts, question.chosen);
  panel.hidden = false;
  const chosen = address.AXES.reduce((sum, axis) => sum + question.chosen[axis].size, 0);
  document.getElementById("chosen").textContent = chosen ? `: ${chosen}` : "";
  order.parentElement.hidden = !query.words.length;
  tell(kept, found, query);
}

function everything(known) {
  const places = Array.from({ length: known.papers }, (_, place) => place);
  return { places, scores: new Float32Array(known.papers), forms: new Set(), full: new Set(), unknown: [] };
}

function nothingAsked() {
  shown = null;
  list.replaceChildren();
  more.hidden = true;
  panel.hidden = true;
  order.parentElement.hidden = true;
  say("");
}

async function onePaper(id, overtaken) {
  nothingAsked();
  // Whether the paper is in the list, its own page tells.
  const reply = await fetch(pageOf(id));
  if (overtaken()) return;
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.className = "title";
  if (reply.ok) {
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    link.textContent = page.querySelector("h1")?.textContent.trim() || id;
    link.href = pageOf(id);
    say("1 paper with this identifier");
  } else {
    link.textContent = `arXiv ${id}`;
    link.href = `https://arxiv.org/abs/${id}`;
    say("This paper is not in the list. At arXiv it is here:");
  }
  item.className = "alone";
  item.append(link);
  list.replaceChildren(item);
}

/** Make the next hits of those shown. */
async function next(known, count) {
  const { places, forms, facts, from } = shown;
  const wanted = places.slice(from, from + count);
  const papers = await Promise.all(wanted.map((place) => known.paper(place)));
  shown.from = from + wanted.length;
  more.hidden = shown.from >= places.length;
  return papers.map((paper, n) => hit(known, facts, wanted[n], paper, forms));
}

function tell(kept, found, query) {
  const papers = `${kept.length.toLocaleString("en")} ${kept.length === 1 ? "paper" : "papers"}`;
  const missing = found.unknown.map((word) => `“${word}”`).join(", ");
  if (!query.words.length) return say(papers);
  if (!found.places.length) return say("No paper has these words. Fewer or other words may find some.");
  if (!kept.length) return say("No paper with these words is left by the filters.");
  if (missing) return say(`${papers} with other words; none has ${missing}`);
  const full = kept.filter((place) => found.full.has(place)).length;
  if (full === kept.length) return say(papers);
  return say(`${papers} with some of the words; ${full ? `${full.toLocaleString("en")} with all` : "none with all"}`);
}

let telling = 0;
function say(text, again = false) {
  document.getElementById("count").textContent = text;
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", answer);
    document.getElementById("count").append(button);
  }
  clearTimeout(telling);
  telling = setTimeout(() => { status.textContent = text; }, TOLD_AFTER);
}

function asked(change, { entry = false } = {}) {
  question = { ...question, ...change };
  address.write(question, { entry });
  document.title = question.text.trim() ? `${question.text.trim()} · ${windowTitle}` : windowTitle;
  return answer();
}

function show() {
  box.value = question.text;
  order.value = question.newest ? "newest" : "best";
  document.title = question.text ? `${question.text} · ${windowTitle}` : windowTitle;
}

let pause = 0;
box.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => asked({ text: box.value }), PAUSE);
});
box.addEventListener("focus", () => opened().catch(() => {}), { once: true });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  asked({ text: box.value }, { entry: true });
});
for (const group of groups) {
  group.addEventListener("change", ({ target }) => {
    const chosen = new Set(question.chosen[group.dataset.axis]);
    chosen[target.checked ? "add" : "delete"](target.value);
    asked({ chosen: { ...question.chosen, [group.dataset.axis]: chosen } }, { entry: true });
  });
}
order.addEventListener("change", () => asked({ newest: order.value === "newest" }, { entry: true }));
more.addEventListener("click", async () => {
  const place = list.children.length;
  const showing = shown;
  const items = await next(await opened(), PAGE);
  if (shown !== showing) return;
  list.append(...items);
  list.children[place]?.querySelector("a").focus();
});
window.addEventListener("popstate", () => {
  question = address.read();
  show();
  answer();
});

// From the box to the hits and back with the arrows; Enter opens the link that has the focus.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const writing = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "/" && !writing) {
    event.preventDefault();
    box.focus();
    box.select();
    return;
  }
  const down = event.key === "ArrowDown";
  if (!down && event.key !== "ArrowUp") return;
  const titles = [...list.querySelectorAll(".title")];
  const here = titles.indexOf(document.activeElement);
  if (event.target !== box && here < 0) return;
  if (event.target === box && !down) return;
  event.preventDefault();
  (titles[here + (down ? 1 : -1)] ?? (down ? titles.at(-1) : box))?.focus();
});

// Beside the papers where there is room; above them, on a phone, closed.
const wide = matchMedia("(width >= 48rem)");
const fold = () => { panel.open = wide.matches; };
wide.addEventListener("change", fold);
fold();

document.documentElement.classList.add("searching");
show();
if (location.search) answer();
// A phone would open its keyboard over the page.
else if (matchMedia("(hover: hover)").matches) box.focus({ preventScroll: true });
document.documentElement.dataset.ready = "search";
