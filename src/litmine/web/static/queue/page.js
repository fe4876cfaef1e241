// The queue page: keys and buttons act on the paper shown; decisions go to the outbox, and the next
// paper, which is in memory already, is shown at once.

import { onKey, onOtherKey, takeNext } from "../js/keys.js";
import { openDialog } from "../js/dialogs.js";
import { say } from "../js/say.js";
import { wireComment } from "./comment.js";
import { meta } from "./net.js";
import { Outbox } from "./outbox.js";
import { Papers } from "./papers.js";
import { Selection } from "./selection.js";
import { Sitting } from "./sitting.js";
import { showCounts, showStanding } from "./standing.js";
import { listen } from "./stream.js";
import { wireTechniques } from "./technique.js";
import { showOutbox, showTroubles } from "./trouble.js";
import * as view from "./view.js";

const names = JSON.parse(document.getElementById("names").textContent);
const desk = document.getElementById("desk");
const place = document.getElementById("place");
const nothing = document.getElementById("nothing");
const mayDecide = desk.dataset.mayDecide === "true";
const double = desk.dataset.double === "true";

const sitting = new Sitting(meta("user"));
const outbox = new Outbox(meta("user"));
const papers = new Papers([place, document.getElementById("ahead").content], {
  state: desk.dataset.state,
  decided: (id) => outbox.waiting().some((item) => item.id === id),
});

// ---- Showing ----

/** Say what happened: to everybody, and more of it to those who do not see the page. */
function tell(text, more = "") {
  say(more ? `${text}. ${more}` : text);
  const line = document.getElementById("told");
  if (line) line.textContent = text;
}

function render(startedAt = null) {
  const paper = papers.current;
  desk.dataset.ahead = papers.ahead;
  if (!paper) {
    showNothing();
    return;
  }
  nothing.hidden = true;
  paper.selection ??= new Selection(names, paper.cells, paper.technique);
  if (place.firstElementChild !== paper.article) {
    const inside = place.contains(document.activeElement);
    place.replaceChildren(paper.article);
    view.showKeys(paper.article);
    scrollTo(0, 0);
    if (inside) paper.article.querySelector("h1").focus({ preventScroll: true });
  }
  view.showSelection(paper, names);
  view.explain(paper, paper.explained);
  if (startedAt !== null) {
    requestAnimationFrame(() =>
      requestAnimationFrame((end) =>
        performance.measure("litmine:paper", { start: startedAt, end: Math.max(end, startedAt) }),
      ),
    );
  }
}

function showNothing() {
  place.replaceChildren();
  nothing.hidden = !papers.exhausted && !papers.unreachable;
  document.getElementById("nothing-waits").hidden = !papers.exhausted;
  document.getElementById("nothing-reachable").hidden = papers.exhausted;
}

function showSitting() {
  document.getElementById("sitting").textContent = sitting.inWords();
}

// ---- Deciding ----

function pending(id) {
  return outbox.waiting().filter((item) => item.id === id);
}

function keep(paper, item) {
  // What waits to be sent on the same paper comes first and gives the revision.
  const revision = pending(paper.id).length ? null : paper.revision;
  return outbox.add({ id: paper.id, title: paper.title, state: paper.state, revision, ...item });
}

function decide(action, event) {
  const paper = papers.current;
  if (!paper || !mayDecide) return;
  const cells = action === "approve" ? paper.selection.list() : [];
  if (action === "approve" && !cells.length) {
    tell("Choose a cell first: a stage and a resource");
    return;
  }
  const technique = action === "approve" ? paper.selection.technique : [];
  try {
    if (paper.mine) takeBack(paper.mine);
    const item = keep(paper, { action, cells, technique, comment: paper.comment });
    paper.mine = item;
    sitting.push({ ...item, revision: null });
    sitting.count(1);
    const words = view.inWords(item);
    view.showVerdict(paper, `You ${words === "put aside" ? "put this aside" : words.replace(/^(approved|rejected)/, "$1 this")}.`);
    // Under double review only the answer tells whether it is decided.
    const opinion = double && action !== "later" && ["pending", "later"].includes(paper.state);
    if (opinion) view.showVerdict(paper, "Your opinion is on its way.");
    const said = opinion
      ? `Your opinion, ${words}: ${paper.title}`
      : `${words[0].toUpperCase()}${words.slice(1)}: ${paper.title}`;
    if (!papers.step(1, { open: true })) papers.toFirst();
    render(event?.timeStamp ?? performance.now());
    tell(said);
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    tell("This browser cannot keep the decision, so it was not taken: free some space first");
  }
  showSitting();
  papers.fill();
}

/** Take a decision back: out of the outbox if nobody can know of it, else by a request. */
function takeBack(done) {
  const waiting = pending(done.id);
  const last = waiting.at(-1);
  const gone = last?.slot === done.slot && outbox.takeOut(done.slot);
  if (!gone) {
    const paper = papers.find(done.id);
    const known = sitting.history().find((one) => one.id === done.id)?.revision;
    const revision = waiting.length ? null : (known ?? paper?.revision ?? null);
    outbox.add({ id: done.id, title: done.title, action: "undo", revision });
  }
  sitting.remove(done.id);
  sitting.count(-1);
}

async function undo(event) {
  if (!mayDecide) return;
  const done = papers.current?.mine ?? sitting.last();
  if (!done) {
    tell("Nothing to undo");
    return;
  }
  takeBack(done);
  tell(`Taken back: ${done.title}`);
  showSitting();
  const paper = papers.find(done.id) ?? (await papers.refresh(done.id));
  if (!paper) return;
  Object.assign(paper, { mine: null, state: done.state ?? "pending", decision: null, opinion: null });
  view.showVerdict(paper, "");
  papers.show(paper.id);
  render(event?.timeStamp ?? null);
}

function move(by, event) {
  if (papers.step(by)) {
    render(event?.timeStamp ?? performance.now());
    say(papers.current.title);
  } else tell(by > 0 ? "No further paper is loaded" : "This is the first paper of the sitting");
  papers.fill();
}

// ---- Correcting ----

function change(what, how) {
  const paper = papers.current;
  if (!paper) return;
  const on = how(paper.selection);
  view.showSelection(paper, names);
  const stored = paper.article.querySelector(".will-store").textContent;
  tell(`${what} ${on ? "on" : "off"}`, `To be stored: ${stored}`);
}

function axis(kind, place) {
  const one = names[kind === "stage" ? "stages" : "resources"][place];
  if (!one) return false;
  const label = `${kind[0].toUpperCase()}${kind.slice(1)} ${one.name}`;
  change(label, (selection) =>
    kind === "stage" ? selection.toggleStage(one.id) : selection.toggleResource(one.id),
  );
  return true;
}

function awaitDigit(kind) {
  const list = names[kind === "stage" ? "stages" : "resources"];
  desk.dataset.awaits = kind;
  tell(`${kind === "stage" ? "Stage" : "Resource"}: ${list.map((one, n) => `${n + 1} ${one.name}`).join(", ")}`);
  takeNext((key) => {
    delete desk.dataset.awaits;
    if (/^[1-5]$/.test(key)) return axis(kind, Number(key) - 1);
    const own = list.findIndex((one) => one.key === key);
    return own >= 0 && axis(kind, own);
  });
}

const openTechniques = wireTechniques(names, (technique) => {
  const paper = papers.current;
  paper.selection.technique = technique;
  view.showSelection(paper, names);
  tell(`Technique: ${technique.map((id) => view.techniqueName(names, id)).join(", ") || "none"}`);
});

const openComment = wireComment((text) => {
  const paper = papers.current;
  if (!paper) return;
  paper.comment = text;
  view.showSelection(paper, names);
  tell(text ? "Comment kept for the decision" : "Comment taken away");
});

function explainNext() {
  const paper = papers.current;
  if (!paper) return;
  const accounts = view.accountsOf(paper);
  if (!accounts.length) return;
  const next = accounts[(accounts.indexOf(paper.explained) + 1) % accounts.length];
  view.explain(paper, next);
  tell(`Marked: ${next === "relevance" ? "relevance" : view.cellName(next)}`);
}

function reset() {
  const paper = papers.current;
  if (!paper) return;
  paper.selection.reset();
  view.showSelection(paper, names);
  tell("As suggested");
}

// ---- Keys, buttons ----

const actions = {
  approve: (event) => decide("approve", event),
  reject: (event) => decide("reject", event),
  later: (event) => decide("later", event),
  undo,
  next: (event) => move(1, event),
  previous: (event) => move(-1, event),
  stage: () => awaitDigit("stage"),
  resource: () => awaitDigit("resource"),
  technique: () => papers.current && openTechniques(papers.current.selection.technique),
  comment: () => papers.current && openComment(papers.current.comment),
  evidence: explainNext,
  reset,
  open: () => papers.current && open(papers.current.url, "_blank", "noopener,noreferrer"),
  codebook: () => openDialog("codebook-dialog"),
};
for (const [name, act] of Object.entries(actions)) onKey(name, act);
onOtherKey((key) => {
  const stage = names.stages.findIndex((one) => one.key === key);
  if (stage >= 0) return axis("stage", stage);
  const resource = names.resources.findIndex((one) => one.key === key);
  return resource >= 0 && axis("resource", resource);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { does, cell, stage, resource, explains } = button.dataset;
  if (does) actions[does](event);
  else if (cell) {
    change(view.cellName(cell), (selection) => selection.toggleCell(cell));
    if (view.accountsOf(papers.current).includes(cell)) view.explain(papers.current, cell);
  } else if (stage) axis("stage", names.stages.findIndex((one) => one.id === stage));
  else if (resource) axis("resource", names.resources.findIndex((one) => one.id === resource));
  else if (explains) view.explain(papers.current, explains);
  else if (button.dataset.track) void lookAgain(button.dataset.track);
  else if (button.dataset.leave) outbox.drop(button.dataset.leave);
});

// ---- What comes back ----

outbox.addEventListener("change", () => {
  showOutbox(outbox);
  showTroubles(outbox);
});
outbox.addEventListener("sent", ({ detail: { item, outcome } }) => {
  const paper = papers.find(item.id);
  if (paper) Object.assign(paper, { revision: outcome.revision, state: outcome.state });
  sitting.sent(item.id, item.key, outcome.revision);
  const words = view.opinionInWords(item, outcome);
  if (words && paper?.mine?.slot === item.slot) view.showVerdict(paper, `${words}.`);
  if (words && !desk.dataset.awaits) tell(`${words}: ${item.title}`);
  showStanding();
});
outbox.addEventListener("trouble", ({ detail: { item, detail } }) => {
  const paper = papers.find(item.id);
  if (paper?.mine?.slot === item.slot) {
    paper.mine = null;
    paper.gone = true;
    view.showVerdict(paper, detail);
  }
  if (item.action !== "undo") {
    sitting.remove(item.id);
    sitting.count(-1);
  }
  showSitting();
  tell(detail);
});

/** Decide again on what the server would not take, with the paper as it is now. */
async function lookAgain(slot) {
  const item = outbox.troubles().find((one) => one.slot === slot);
  if (!item) return;
  const paper = await papers.refresh(item.id);
  if (!paper) {
    tell("The paper cannot be read just now: try again in a moment");
    return;
  }
  outbox.drop(slot);
  paper.selection = new Selection(names, paper.cells, paper.technique);
  if (item.action === "approve") {
    const wanted = new Selection(names, item.cells, item.technique);
    Object.assign(paper.selection, {
      cells: wanted.cells,
      stages: wanted.stages,
      resources: wanted.resources,
      technique: wanted.technique,
    });
  }
  paper.comment = item.comment ?? "";
  papers.show(item.id);
  render();
  tell(`Decide again: ${item.title}`);
}

/** Somebody changed a paper that is loaded here. */
async function changed({ id, state, revision }) {
  const paper = papers.find(id);
  if (!paper || pending(id).length || paper.revision >= revision) return;
  if (!["pending", "later"].includes(state) && papers.forget(id)) return;
  const { selection, comment } = paper;
  const isShown = papers.current === paper;
  const fresh = await papers.refresh(id);
  if (!fresh) return;
  Object.assign(fresh, { selection, comment });
  if (!isShown || papers.current !== fresh) return;
  render();
  if (!fresh.open) tell(`Somebody decided in the meantime: ${fresh.title}`);
}

function news({ changed: list, counts }) {
  papers.exhausted = false;
  if (list) for (const one of list) void changed(one);
  if (counts) showCounts(counts);
  showStanding();
  papers.fill();
}

/** Papers that were decided here a moment ago, before the page was loaded again. */
function adopt() {
  const history = new Map(sitting.history().map((one) => [one.id, one]));
  for (const paper of papers.list) {
    const last = pending(paper.id).at(-1);
    if (!paper.mine && last && last.action !== "undo") {
      paper.mine = last;
      view.showVerdict(paper, "Your decision on this is not sent yet.");
    }
    // Loaded again while decisions were on their way, the page may be of a moment before one arrived.
    const done = history.get(paper.id);
    if (!paper.mine && done?.revision > paper.revision) {
      Object.assign(paper, { mine: done, revision: done.revision });
      view.showVerdict(paper, "You decided on this a moment ago.");
    }
  }
}

papers.addEventListener("unreachable", () => {
  if (!place.firstElementChild) showNothing();
});
papers.addEventListener("more", () => {
  adopt();
  desk.dataset.ahead = papers.ahead;
  // Behind the last paper there is one now.
  if (place.firstElementChild) return;
  papers.toFirst();
  render();
});

adopt();
if (!desk.dataset.asked) papers.toFirst();
view.showKeys(document);
render();
showSitting();
showOutbox(outbox);
showTroubles(outbox);
outbox.flush();
papers.fill();
listen(desk.dataset.last, news, () => {
  outbox.flush();
  papers.fill();
});
addEventListener("online", () => papers.fill());
document.documentElement.dataset.ready = "queue";
