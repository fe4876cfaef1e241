// The dialog for a comment: kept with the decision, or thrown away.

import { openDialog } from "../js/dialogs.js";

/** Calls `onKeep(text)`; returns what opens the dialog with a text in it. */
export function wireComment(onKeep) {
  const dialog = document.getElementById("comment-dialog");
  const field = document.getElementById("comment-field");
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "keep") onKeep(field.value.trim());
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.close("keep");
  });
  return function open(text) {
    field.value = text;
    openDialog("comment-dialog").returnValue = "";
  };
}
