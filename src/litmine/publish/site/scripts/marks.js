// Words of a text that answer a query, in <mark>.
import { cut } from "./words.js";

/** Write a text into an element, with the words in `forms` marked; "quan*" stands for beginnings. */
export function write(element, text, forms) {
  const begun = [...forms].filter((one) => one.endsWith("*")).map((one) => one.slice(0, -1));
  let at = 0;
  for (const { word, start, end } of cut(text)) {
    const beginning = begun.find((one) => word.startsWith(one));
    if (!forms.has(word) && beginning === undefined) continue;
    element.append(text.slice(at, start));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    element.append(mark);
    at = end;
  }
  element.append(text.slice(at));
}
