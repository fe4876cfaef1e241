// The technique picker: a combobox (WAI-ARIA 1.2) in a dialog. At most two, the main one first.

import { openDialog } from "../js/dialogs.js";
import { techniqueName } from "./view.js";

const MOST = 2;

export function wireTechniques(names, onPick) {
  const dialog = document.getElementById("technique-dialog");
  const field = document.getElementById("technique-field");
  const list = document.getElementById("technique-list");
  const row = document.getElementById("technique-chosen");
  let chosen = [];
  let active = 0;

  function found() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const scored = names.techniques.map((one) => {
      const alias = one.aliases.find((other) => words.every((w) => other.toLowerCase().includes(w)));
      const name = one.name.toLowerCase();
      const hit = words.every((w) => name.includes(w) || one.id.includes(w));
      const start = words.length && name.startsWith(words[0]);
      const score = hit ? (start ? 0 : 1) : alias ? 2 : 9;
      return { ...one, score, also: score === 2 ? alias : "" };
    });
    return scored.filter((one) => one.score < 9).sort((a, b) => a.score - b.score);
  }

  function draw() {
    const rows = found();
    active = Math.max(0, Math.min(active, rows.length - 1));
    list.replaceChildren(
      ...rows.map((one, place) => {
        const item = document.createElement("li");
        item.id = `technique-${one.id}`;
        item.dataset.id = one.id;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(place === active));
        const name = document.createElement("span");
        name.textContent = chosen.includes(one.id) ? `${one.name} ✓` : one.name;
        item.append(name);
        if (one.also) {
          const also = document.createElement("span");
          also.className = "also";
          also.textContent = one.also;
          item.append(also);
        }
        return item;
      }),
    );
    const now = list.children[active];
    now?.scrollIntoView({ block: "nearest" });
    if (now) field.setAttribute("aria-activedescendant", now.id);
    else field.removeAttribute("aria-activedescendant");
    row.replaceChildren(
      ...chosen.map((id) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "chip technique";
        button.dataset.remove = id;
        button.textContent = `${techniqueName(names, id)} ×`;
        button.setAttribute("aria-label", `Take ${techniqueName(names, id)} away`);
        return button;
      }),
    );
  }

  function keep(next, { close }) {
    chosen = next;
    onPick([...chosen]);
    if (close) dialog.close();
    else draw();
  }

  function pick(id, add) {
    const others = chosen.filter((one) => one !== id);
    keep(add ? [...others, id].slice(-MOST) : [id], { close: !add });
    if (add) {
      field.value = "";
      draw();
    }
  }

  field.addEventListener("input", () => {
    active = 0;
    draw();
  });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const many = list.children.length;
      if (many) active = (active + step + many) % many;
      draw();
    } else if (event.key === "Enter") {
      const item = list.children[active];
      if (item) pick(item.dataset.id, event.shiftKey);
    } else if (event.key === "Backspace" && !field.value && chosen.length) {
      keep(chosen.slice(0, -1), { close: false });
    } else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) pick(item.dataset.id, event.shiftKey);
  });
  row.addEventListener("click", (event) => {
    const id = event.target.closest("[data-remove]")?.dataset.remove;
    if (id) keep(chosen.filter((one) => one !== id), { close: false });
    field.focus();
  });

  return function open(technique) {
    chosen = [...technique];
    field.value = "";
    active = 0;
    openDialog("technique-dialog");
    draw();
    field.focus();
  };
}
