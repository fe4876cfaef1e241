// A text to words, as the index has them: litmine.index.text and .terms, less what no query holds.

const SPELT = {
  "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "þ": "th", "æ": "ae",
  "œ": "oe", "ß": "ss", "’": "'",
};
const SPECIAL = new RegExp(`[${Object.keys(SPELT).join("")}]`, "g");
const CJK = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff"; // written without spaces
// What stands together: letters and digits with a point before digits, and the ending of "it's".
const TOGETHER = new RegExp(
  `[${CJK}]|(?:(?![${CJK}])[\\p{L}\\p{N}]\\p{M}*)+(?:\\.\\d(?:(?![${CJK}])[\\p{L}\\p{N}]\\p{M}*)*)*` +
    "(?:['’](?:s|t|d|m|re|ve|ll)(?![\\p{L}\\p{N}]))?",
  "gu",
);
const RUN = /\d+(?:\.\d+)*|(?:(?!\d)[\p{L}\p{N}]\p{M}*)+(?:['’](?:(?!\d)[\p{L}\p{N}]\p{M}*)+)?/gu;
const LONGEST = 32;

/** Lower case without accents, as everything is compared. */
export function fold(word) {
  const low = word.toLowerCase();
  if (/^[\x00-\x7f]*$/.test(low)) return low;
  const spelt = low.replace(SPECIAL, (one) => SPELT[one]);
  return spelt.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * Cut a text into words: [{ word, start, end }], `word` folded. "4bit" is two, "llama3" too; a
 * single letter stays with its digits: "8b", "w4a8".
 */
export function cut(text) {
  const words = [];
  for (const { 0: together, index } of text.matchAll(TOGETHER)) {
    let last = null;
    for (const { 0: run, index: at } of together.matchAll(RUN)) {
      const start = index + at;
      const end = start + run.length;
      const glued = last && last.end === start && [last.run, run].some((one) => /^[^\d]$/u.test(one));
      if (glued) {
        last.end = end;
        last.run = run;
      } else {
        last = { start, end, run };
        words.push(last);
      }
    }
  }
  return words
    .map(({ start, end }) => ({ word: plain(text.slice(start, end)), start, end }))
    .filter(({ word }) => word);
}

function plain(word) {
  return fold(word).replace(/'s$/, "").replaceAll("'", "").slice(0, LONGEST);
}

/** What a name is looked up by, from its words written as one: search_words.name_key. */
export function nameKey(name) {
  if (name.length <= 20) return `${name}=`;
  let hash = 2166136261;
  for (let n = 0; n < name.length; n++) hash = Math.imul(hash ^ name.charCodeAt(n), 16777619) >>> 0;
  return `${name.slice(0, 8)}=${hash.toString(36)}`;
}

/**
 * Understand a query.
 *
 * Returns { words, typing, needed, without, name, id }: words to look for, each once; whether the last of
 * them may be unfinished; those in quotes, which all must be there; those after a minus; the name
 * that the whole text may be, written as one; or the arXiv identifier that it is.
 */
export function understand(text, stopwords) {
  const id = identifier(text);
  if (id) return { words: [], typing: false, needed: new Set(), without: [], name: "", id };
  const needed = new Set();
  const without = [];
  const free = text
    .replace(/["“”„]([^"“”„]*)["“”„]/g, (_, quoted) => {
      for (const { word } of cut(quoted)) needed.add(word);
      return ` ${quoted} `;
    })
    .replace(/(^|\s)-([\p{L}\p{N}][^\s"]*)/gu, (_, before, unwanted) => {
      without.push(...cut(unwanted).map(({ word }) => word));
      return before;
    });
  const all = [...new Set(cut(free).map(({ word }) => word))];
  const telling = all.filter((word) => !stopwords.has(word));
  const words = telling.length ? telling : all;
  const last = words.at(-1) ?? "";
  return {
    words,
    typing: last.length > 1 && /[\p{L}\p{N}]$/u.test(text) && all.at(-1) === last,
    needed: new Set([...needed].filter((word) => words.includes(word))),
    without,
    name: without.length ? "" : cut(text).map(({ word }) => word).join(""),
    id: null,
  };
}

/** Return the arXiv identifier, without version, that a text or an address is; or null. */
export function identifier(text) {
  const found = text.trim().match(
    /^(?:https?:\/\/(?:[a-z0-9-]+\.)*arxiv\.org\/(?:abs|pdf|html|format)\/|arxiv:\s*)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z-]{2,})?\/\d{7})(?:v\d+)?(?:\.pdf)?[/?#]?$/i,
  );
  return found ? found[1].toLowerCase().replace(/\.[a-z-]+\//, "/") : null;
}
