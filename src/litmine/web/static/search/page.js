// The search page: an answer while somebody types, the address kept in step, keys.
import { onKey, onOtherKey } from "../js/keys.js";
import { say } from "../js/say.js";
import { LoggedOut, ask } from "./ask.js";
import { unfinished, wireHints } from "./hints.js";
import { move, wireList } from "./list.js";

const PAUSE_MS = 110;
const SAY_MS = 900;
const TELL_MS = 700;

const form = document.getElementById("ask");
const box = document.getElementById("q");
const found = document.getElementById("found");
const trouble = document.getElementById("trouble");

let shown = here(); // the address whose answer stands on the page
let wanted = shown; // the address that was asked for last
let filters = null; // open or not, once somebody has chosen
const ticked = new Set();
const timers = {};

function later(name, wait, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

/** The address of what stands in the form. */
function asked() {
  const given = new URLSearchParams();
  const text = box.value.trim().replace(/\s+/g, " ");
  let scope = form.elements.scope.value;
  if (scope === "night") scope = `night:${form.elements.night.value}`;
  if (text) given.set("q", text);
  if (scope !== "library") given.set("scope", scope);
  return given.size ? `/search?${given}` : "/search";
}

function here() {
  return location.pathname + location.search;
}

/** Put an address into the form. */
function fill(address) {
  const given = new URL(address, location.href).searchParams;
  box.value = given.get("q") ?? "";
  const [scope, night] = (given.get("scope") ?? "library").split(":");
  for (const radio of form.querySelectorAll("[name=scope]")) radio.checked = radio.value === scope;
  if (night && form.elements.night) form.elements.night.value = night;
}

/** Show the answer to an address; `keep` says what becomes of the browser's history. */
async function show(address, { keep = "replace", typing = false } = {}) {
  clearTimeout(timers.type);
  clearTimeout(timers.again);
  wanted = address;
  // What is typed is one place in the history; what is chosen is another.
  if (keep === "push" && address !== here()) history.pushState(null, "", address);
  if (keep === "replace" && address !== here()) history.replaceState(null, "", address);
  found.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await ask(address, { typing });
  } catch (error) {
    found.removeAttribute("aria-busy");
    if (error instanceof LoggedOut) location.assign(`/login?next=${encodeURIComponent(address)}`);
    trouble.textContent = "litmine does not answer; what you see is older than what you typed.";
    trouble.hidden = false;
    later("again", 4000, () => show(wanted, { keep: "leave", typing }));
    return null;
  }
  if (!answer) return null;
  found.removeAttribute("aria-busy");
  clearTimeout(timers.trouble);
  // Half a field is no mistake yet: what was found before stays, and a while later it is told.
  if (typing && "problem" in answer.dataset && found.querySelector(".hit")) {
    later("trouble", TELL_MS, () => {
      trouble.textContent = answer.querySelector("[role=alert]").textContent.trim();
      trouble.hidden = false;
    });
    return answer;
  }
  trouble.hidden = true;
  shown = address;
  put(answer);
  return answer;
}

function put(answer) {
  const old = found.querySelector(".answer");
  document.title = answer.dataset.title;
  prepare(answer);
  // Where nothing has changed nothing moves, and what is open stays open.
  if (!same(old, answer)) old.replaceWith(answer);
  refresh(answer);
  later("say", SAY_MS, () => {
    const total = Number(answer.dataset.total);
    if (answer.dataset.total) say(total === 1 ? "1 paper" : `${total.toLocaleString("en")} papers`);
  });
}

/** Compare two answers without what each answer has of its own. */
function same(one, other) {
  const bare = (answer) => {
    const copy = answer.cloneNode(true);
    for (const took of copy.querySelectorAll(".took")) took.remove();
    for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
    return copy.innerHTML;
  };
  return bare(one) === bare(other);
}

/** What somebody opened or ticked stays so in the next answer. */
function prepare(answer) {
  const facets = answer.querySelector("#facets");
  if (facets) facets.open = filters ?? matchMedia("(width >= 60rem)").matches;
  for (const tick of answer.querySelectorAll("[name=to]")) tick.checked = ticked.has(tick.value);
}

function refresh(answer) {
  const seconds = Number(answer.dataset.again);
  if (seconds) later("again", 1000 * seconds, () => show(wanted, { keep: "leave" }));
}

// ---- The box ----

function typed() {
  later("type", PAUSE_MS, () => {
    const address = asked();
    if (address !== wanted && !unfinished(box.value)) show(address, { typing: true });
  });
}

wireHints(box, document.getElementById("hints"));

box.addEventListener("input", (event) => {
  // Not while letters are put together (IME); the end of that is an event of its own.
  if (!event.isComposing) typed();
});
box.addEventListener("compositionend", typed);

box.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowDown" && found.querySelector(".hit")) {
    event.preventDefault();
    move(1);
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await show(asked(), { keep: "push" });
  if (answer?.dataset.paper) location.assign(answer.dataset.paper);
});

form.addEventListener("change", (event) => {
  if (event.target !== box) show(asked(), { keep: "push" });
});

// ---- Links to other searches: filters, pages, examples ----

found.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/search?'], a[href='/search']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const place = [...found.querySelectorAll("a")].indexOf(link);
  fill(link.href);
  const top = link.closest(".pager") !== null;
  show(link.pathname + link.search, { keep: "push" }).then((answer) => {
    if (!answer) return;
    if (top) document.getElementById("main").scrollIntoView();
    // The link is gone with the old answer; the focus stays about where it was.
    if (!found.contains(document.activeElement)) {
      const links = found.querySelectorAll("a");
      (top ? found.querySelector(".hit-title a") : links[Math.min(place, links.length - 1)] ?? box)
        ?.focus({ preventScroll: true });
    }
  });
});

found.addEventListener("change", (event) => {
  if (event.target.name !== "to") return;
  if (event.target.checked) ticked.add(event.target.value);
  else ticked.delete(event.target.value);
});

// Events of details do not bubble, but are caught on their way down.
found.addEventListener("toggle", (event) => {
  const name = document.getElementById("save-name");
  // Opened by its key, the name may be half written already.
  if (event.target.id === "save" && event.target.open && document.activeElement !== name) name.select();
}, true);

found.addEventListener("click", (event) => {
  if (event.target.closest("#facets > summary")) filters = !found.querySelector("#facets").open;
});

document.addEventListener("click", (event) => {
  const save = document.getElementById("save");
  if (save?.open && !save.contains(event.target)) save.open = false;
});
document.addEventListener("keydown", (event) => {
  const save = document.getElementById("save");
  if (event.key !== "Escape" || !save?.open) return;
  save.open = false;
  save.querySelector("summary").focus();
});

window.addEventListener("popstate", () => {
  if (here() === shown) return;
  fill(here());
  show(here(), { keep: "leave" });
});

// ---- Keys ----

function toBox() {
  box.focus();
  box.select();
}

wireList({ before: toBox });
onKey("search", toBox);
onOtherKey((key) => {
  if (key === "s") {
    const save = document.getElementById("save");
    if (!save) return false;
    save.open = true;
    document.getElementById("save-name").select(); // at once: the name may follow on the key's heels
    return true;
  }
  if (key === "f") {
    const facets = document.getElementById("facets");
    if (!facets) return false;
    facets.open = filters = !facets.open;
    return true;
  }
  return false;
});

const first = found.querySelector(".answer");
prepare(first);
refresh(first);
document.documentElement.dataset.ready = "search";
