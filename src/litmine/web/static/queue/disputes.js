// Settling disagreements: an ordinary decision, sent through the same outbox as all others.

import { say } from "../js/say.js";
import { meta } from "./net.js";
import { Outbox } from "./outbox.js";
import { showCounts } from "./standing.js";
import { listen } from "./stream.js";
import { showOutbox, showTroubles } from "./trouble.js";

const outbox = new Outbox(meta("user"));

function section(id) {
  return document.querySelector(`[data-dispute="${CSS.escape(id)}"]`);
}

function words(list) {
  return list ? list.split(" ") : [];
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { settles, cells, technique, track, leave } = button.dataset;
  if (settles) {
    const dispute = button.closest("[data-dispute]");
    const { dispute: id, title, revision } = dispute.dataset;
    const approving = settles === "approve";
    outbox.add({
      id,
      title,
      state: "disputed",
      revision: Number(revision),
      action: settles,
      cells: approving ? words(cells) : [],
      technique: approving ? words(technique) : [],
      comment: "",
    });
    for (const other of dispute.querySelectorAll("[data-settles]")) other.disabled = true;
    say(`${button.textContent}: ${title}`);
  } else if (track) {
    const item = outbox.troubles().find((one) => one.slot === track);
    outbox.drop(track);
    if (item) location.assign(`/queue?${new URLSearchParams({ id: item.id })}`);
  } else if (leave) {
    outbox.drop(leave);
  }
});

outbox.addEventListener("change", () => {
  showOutbox(outbox);
  showTroubles(outbox);
});
outbox.addEventListener("sent", ({ detail: { item, outcome } }) => {
  showSettled(item.id, outcome.state);
});

function showSettled(id, state) {
  const dispute = section(id);
  if (!dispute || !["approved", "rejected"].includes(state)) return;
  dispute.querySelector("[data-outcome]").textContent = `Settled: ${state}.`;
  for (const button of dispute.querySelectorAll("[data-settles]")) button.disabled = true;
}

showOutbox(outbox);
showTroubles(outbox);
outbox.flush();
listen(
  document.getElementById("troubles").dataset.last,
  ({ changed, counts }) => {
    for (const one of changed ?? []) showSettled(one.id, one.state);
    if (counts) showCounts(counts);
  },
  () => outbox.flush(),
);
document.documentElement.dataset.ready = "disputes";
