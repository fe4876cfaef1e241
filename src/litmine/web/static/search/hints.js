// What a field can be, while somebody writes one: after "stage:inf" stands "Inference" to be taken.
import { say } from "../js/say.js";

const MOST = 8;
const FIELD = /(?:^|\s)-?([a-z]+):(?:[^\s",]*,)*([^\s",]*)$/i;

const values = JSON.parse(document.getElementById("field-values").textContent);

/** Return the values that begin as what stands before the caret, and how much of it they replace. */
export function fitting(before) {
  const [, name, begun] = before.match(FIELD) ?? [];
  const known = name && values[name.toLowerCase()];
  if (!known?.length) return { replaced: 0, list: [] };
  const wanted = begun.toLowerCase();
  const list = known.filter(([id, label]) =>
    id.startsWith(wanted) || label.toLowerCase().split(/\W+/).some((word) => word.startsWith(wanted)),
  );
  const done = list.length === 1 && list[0][0] === wanted;
  return { replaced: begun.length, list: done ? [] : list.slice(0, MOST) };
}

/** Tell whether a text ends in a field that has no value yet. */
export function unfinished(text) {
  const [, name] = text.match(/(?:^|\s)-?([a-z]+):$/i) ?? [];
  return name !== undefined && name.toLowerCase() in values;
}

/** Keep `list` (an element) in step with `box`. */
export function wireHints(box, list) {
  const caret = () => (box.selectionStart === box.selectionEnd ? box.selectionEnd : 0);
  let told = "";

  function look() {
    const found = document.activeElement === box ? fitting(box.value.slice(0, caret())).list : [];
    const names = found.map(([, label]) => label).join(", ");
    list.hidden = !found.length;
    if (names === told) return;
    told = names;
    list.replaceChildren(
      ...found.map(([id, label]) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        const code = document.createElement("code");
        button.type = "button";
        button.dataset.value = id;
        code.textContent = id;
        button.append(`${label} `, code);
        item.append(button);
        return item;
      }),
    );
    if (names) say(`${found.length === 1 ? "1 value" : `${found.length} values`}: ${names}`);
  }

  function take(value) {
    box.focus();
    const at = caret();
    const { replaced } = fitting(box.value.slice(0, at));
    // After a value there is room for the next word.
    const space = /^\s/.test(box.value.slice(at)) ? "" : " ";
    box.setRangeText(`${value}${space}`, at - replaced, at, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function close() {
    list.hidden = true;
  }

  box.addEventListener("input", look);
  box.addEventListener("keyup", (event) => {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) look();
  });
  box.addEventListener("click", look);
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") {
      // Otherwise the browser empties the box.
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      event.stopImmediatePropagation();
      list.querySelector("button").focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const here = buttons.indexOf(document.activeElement);
    if (event.key === "ArrowDown") buttons[Math.min(here + 1, buttons.length - 1)].focus();
    else if (event.key === "ArrowUp") (buttons[here - 1] ?? box).focus();
    else if (event.key === "Escape") {
      box.focus();
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) take(button.dataset.value);
  });
  box.addEventListener("blur", (event) => {
    if (!list.contains(event.relatedTarget)) close();
  });
  list.addEventListener("focusout", (event) => {
    if (event.relatedTarget !== box && !list.contains(event.relatedTarget)) close();
  });
}
