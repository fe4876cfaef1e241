// The table: several papers decided in one request. A batch is kept in this browser until the server
// has answered, and has a key under which it is done once.

import { onKey, onOtherKey } from "../js/keys.js";
import { say } from "../js/say.js";
import { meta, post, refreshToken, uuid } from "./net.js";
import { showKeys } from "./view.js";

const MOST = 100;
const LONGEST_WAIT_MS = 30_000;
const SAID = { approve: "Approved", reject: "Rejected", later: "Put aside" };
const prefix = `litmine.bulk.${encodeURIComponent(meta("user"))}.`;

const table = document.querySelector("table.bulk");
const rows = table ? [...table.tBodies[0].rows] : [];
const sending = document.getElementById("sending");
let lastPicked = null;
let lastDone = [];

function tell(text) {
  say(text);
  const line = document.getElementById("told");
  if (line) line.textContent = text;
}

const box = (row) => row.querySelector(".pick input");
const rowOf = (id) => rows.find((row) => row.dataset.id === id);
const here = () => document.activeElement?.closest?.(".bulk tbody tr") ?? null;

function go(by) {
  const at = rows.indexOf(here());
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  if (!row) return;
  box(row).focus();
  row.scrollIntoView({ block: "nearest" });
}

// ---- Sending ----

function batches() {
  const slots = Object.keys(localStorage).filter((slot) => slot.startsWith(prefix));
  return slots.sort().map((slot) => ({ slot, ...JSON.parse(localStorage.getItem(slot)) }));
}

let running = false;
async function flush(wait = 500) {
  if (running) return;
  running = true;
  for (let batch = batches()[0]; batch; batch = batches()[0]) {
    sending.textContent = `${batch.wishes.length} unsent`;
    const send = () =>
      post("/api/v1/queue/decisions", batch.wishes, { "Idempotency-Key": batch.key });
    let result = await send();
    if (result.kind === "token" && (await refreshToken().catch(() => false))) result = await send();
    if (result.kind === "retry" || result.kind === "login") {
      running = false;
      sending.textContent =
        result.kind === "login" ? "Unsent: log in again" : `${batch.wishes.length} unsent, kept here`;
      setTimeout(() => flush(Math.min(2 * wait, LONGEST_WAIT_MS)), wait);
      return;
    }
    localStorage.removeItem(batch.slot);
    if (result.kind === "done") showResults(batch, result.data.items);
    else refuse(batch, result.detail);
  }
  running = false;
  if (sending) sending.textContent = lastDone.length ? "All sent" : "";
}

function showResults(batch, items) {
  const refused = [];
  lastDone = [];
  for (const item of items) {
    const row = rowOf(item.id);
    const action = batch.wishes.find((wish) => wish.id === item.id).action;
    if (item.outcome) {
      lastDone.push({ id: item.id, revision: item.outcome.revision });
      if (row) row.dataset.revision = item.outcome.revision;
      mark(row, item.outcome.opinion && !item.outcome.decision ? "Opinion given" : SAID[action]);
    } else {
      refused.push(item);
      mark(row, item.problem.detail, "bad");
    }
  }
  const done = `${SAID[batch.wishes[0].action]}: ${lastDone.length}`;
  tell(refused.length ? `${done}. Not taken: ${refused.length}, see the table` : `${done}. Undo takes them back`);
}

function refuse(batch, detail) {
  for (const wish of batch.wishes) mark(rowOf(wish.id), detail, "bad");
  tell(detail);
}

function mark(row, text, kind = "") {
  if (!row) return;
  const cell = row.querySelector(".outcome");
  cell.textContent = text;
  cell.className = `outcome ${kind}`;
  row.classList.toggle("gone", !kind && text !== "");
  row.removeAttribute("aria-busy");
}

function decide(action) {
  if (table?.dataset.mayDecide !== "true") return;
  const picked = rows.filter((row) => box(row).checked);
  const current = here();
  const wanted = picked.length ? picked : current ? [current] : [];
  const open = wanted.filter((row) => !row.classList.contains("gone")).slice(0, MOST);
  const bare = action === "approve" ? open.filter((row) => !row.dataset.cells) : [];
  const chosen = open.filter((row) => !bare.includes(row));
  for (const row of bare) mark(row, "no cell suggested: decide on it alone", "bad");
  if (!chosen.length) {
    tell(wanted.length ? "None of these can be decided so" : "Select a row first");
    return;
  }
  const wishes = chosen.map((row) => ({
    id: row.dataset.id,
    action,
    revision: Number(row.dataset.revision),
    ...(action === "approve" && {
      cells: row.dataset.cells.split(" "),
      technique: row.dataset.technique ? row.dataset.technique.split(" ") : [],
    }),
  }));
  const slot = `${prefix}${String(Date.now()).padStart(14, "0")}`;
  localStorage.setItem(slot, JSON.stringify({ key: uuid(), wishes }));
  for (const row of chosen) {
    box(row).checked = false;
    row.setAttribute("aria-busy", "true");
  }
  if (!picked.length) go(1);
  void flush();
}

async function undo() {
  const done = lastDone;
  lastDone = [];
  if (!done.length) {
    tell("Nothing to undo here");
    return;
  }
  let back = 0;
  for (const { id, revision } of done) {
    const headers = { "If-Match": `"${revision}"`, "Idempotency-Key": uuid() };
    let result = await post(`/api/v1/queue/${id}/undo`, {}, headers);
    for (let tries = 0; result.kind === "retry" && tries < 6; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
      result = await post(`/api/v1/queue/${id}/undo`, {}, headers);
    }
    const row = rowOf(id);
    if (result.kind === "done") {
      back += 1;
      mark(row, "");
      if (row) row.dataset.revision = result.data.revision;
    } else mark(row, result.detail ?? "not taken back: the server cannot be reached", "bad");
  }
  tell(`Taken back: ${back}`);
}

// ---- Keys, mouse ----

const actions = { approve: () => decide("approve"), reject: () => decide("reject"), later: () => decide("later"), undo };
for (const [name, act] of Object.entries(actions)) onKey(name, act);
onKey("next", () => go(1));
onKey("previous", () => go(-1));
onKey("open", () => here()?.querySelector(".paper-link").click());
onOtherKey((key) => {
  if (key !== "ArrowDown" && key !== "ArrowUp") return false;
  go(key === "ArrowDown" ? 1 : -1);
  return true;
});

document.addEventListener("click", (event) => {
  const does = event.target.closest("button")?.dataset.does;
  if (does) {
    void actions[does]();
    return;
  }
  if (event.target.id === "pick-all") {
    for (const row of rows) box(row).checked = event.target.checked && !row.classList.contains("gone");
    tell(`${rows.filter((row) => box(row).checked).length} selected`);
    return;
  }
  const row = event.target.matches(".pick input") ? event.target.closest("tbody tr") : null;
  if (!row) return;
  if (event.shiftKey && lastPicked) {
    const [from, to] = [rows.indexOf(lastPicked), rows.indexOf(row)].sort((a, b) => a - b);
    for (const other of rows.slice(from, to + 1)) box(other).checked = event.target.checked;
  }
  lastPicked = row;
});

showKeys(document);
addEventListener("online", () => flush());
if (batches().length) void flush();
document.documentElement.dataset.ready = "table";
