// Fetches the files of the index and takes them apart. Layouts: search_shards.py, search_index.py.

/** What is read here; `search_index.VERSION`. */
export const VERSION = 1;

/** The index of another night than the entry file: both are fetched again. */
export class Renewed extends Error {}

const FOLDER = new URL("../../search/", import.meta.url);

async function fetched(path, mark, read) {
  const address = new URL(path, FOLDER);
  // Another night has another address, so that browsers may keep what they have.
  if (mark) address.searchParams.set("v", mark);
  const reply = await fetch(address, mark ? {} : { cache: "no-cache" });
  if (reply.status === 404 && mark) throw new Renewed(path);
  if (!reply.ok) throw new Error(`${reply.status} ${path}`);
  return read(reply);
}

/** The whole index: `await Index.open()`, then ask it. What was fetched is kept. */
export class Index {
  static async open() {
    const entry = await fetched("index.json", "", (reply) => reply.json());
    if (entry.version !== VERSION) throw new Renewed("index.json");
    return new Index(entry);
  }

  constructor(entry) {
    this.entry = entry;
    this.stopwords = new Set(entry.stopwords.split(" "));
    let first = 0;
    this.parts = entry.parts.map((part) => {
      const made = new Part(part, entry, first);
      first += part.papers;
      return made;
    });
    this.papers = first;
  }

  /** Facts of all papers, part by part. */
  async facts() {
    this.known ??= Promise.all(this.parts.map((part) => part.facts())).catch((error) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  /** What is shown of the paper at a place. */
  async paper(place) {
    const part = this.parts[this.partOf(place)];
    return part.paper(place - part.first);
  }

  /** The number of the part that holds a place. */
  partOf(place) {
    let n = this.parts.length - 1;
    while (this.parts[n].first > place) n--;
    return n;
  }
}

class Part {
  constructor({ path, papers, mark, borders }, entry, first) {
    this.path = path;
    this.size = papers;
    this.mark = mark;
    this.borders = ["", ...borders.split(" ").filter(Boolean)];
    this.sheet = entry.sheet;
    this.first = first;
    this.kept = new Map();
  }

  /** The shard that would hold a word. */
  shard(word) {
    return this.#keep(`w${this.#home(word)}.bin`, async (reply) => {
      const bytes = new Uint8Array(await reply.arrayBuffer());
      this.#check(bytes);
      return new Shard(bytes);
    });
  }

  /** Whether words that begin so may lie in a further shard, and the beginning of that. */
  following(word) {
    return this.borders[this.#home(word) + 1];
  }

  facts() {
    return this.#keep("facts.bin", async (reply) => {
      const bytes = new Uint8Array(await reply.arrayBuffer());
      this.#check(bytes);
      return readFacts(bytes, this.sheet);
    });
  }

  async paper(row) {
    const number = Math.floor(row / this.sheet);
    const [{ mark, papers }, { sheets }] = await Promise.all([
      this.#keep(`p${number}.json`, (reply) => reply.json()),
      this.facts(),
    ]);
    if (parseInt(mark, 16) !== sheets[number]) throw new Renewed(this.path);
    const [id, title, authors, venue, cells] = papers[row % this.sheet];
    return { id, title, authors, venue, cells };
  }

  #home(word) {
    let low = 0;
    let high = this.borders.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.borders[middle] <= word) low = middle;
      else high = middle;
    }
    return low;
  }

  #check(bytes) {
    if (hex(bytes.subarray(0, 4)) !== this.mark) throw new Renewed(this.path);
  }

  #keep(name, read) {
    let kept = this.kept.get(name);
    if (!kept) {
      kept = fetched(`${this.path}/${name}`, this.mark, read);
      this.kept.set(name, kept);
      kept.catch(() => this.kept.delete(name)); // the next question asks again
    }
    return kept;
  }
}

/** Words of one shard, and the papers that hold them. */
export class Shard {
  constructor(bytes) {
    const [length, start] = varint(bytes, 4);
    const text = new TextDecoder().decode(bytes.subarray(start, start + length));
    this.bytes = bytes;
    this.terms = new Map(); // term: { at, length, words }
    this.words = new Map(); // word: term
    let at = start + length;
    let before = "";
    const [own, others = ""] = text.split("\n\n");
    for (const line of own ? own.split("\n") : []) {
      const [head, size, ...endings] = line.split("\t");
      const term = before.slice(0, parseInt(head[0], 36)) + head.slice(1);
      const words = endings.length
        ? endings.map((one) => term.slice(0, term.length - parseInt(one[0], 36)) + one.slice(1))
        : /[ =]/.test(term) ? [] : [term];
      this.terms.set(term, { at, length: parseInt(size, 36), words });
      for (const word of words) if (endings.length || !this.words.has(word)) this.words.set(word, term);
      at += parseInt(size, 36);
      before = term;
    }
    for (const line of others ? others.split("\n") : []) this.words.set(...line.split("\t"));
  }

  /** Call `tell(row, level)` for each paper that holds a term. */
  each(term, tell) {
    const found = this.terms.get(term);
    if (!found) return;
    const end = found.at + found.length;
    let row = -1;
    for (let at = found.at; at < end; ) {
      let value = 0;
      let shift = 0;
      let byte;
      do {
        byte = this.bytes[at++];
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      row += value >> 4;
      tell(row, value & 15);
    }
  }
}

/** Facts of a part's papers: { sheets, profiles, profile, day }; see search_shards.encode_facts. */
function readFacts(bytes, sheetSize) {
  let at = 4;
  const number = () => {
    const [value, next] = varint(bytes, at);
    at = next;
    return value;
  };
  const papers = number();
  const sheets = Array.from({ length: Math.ceil(papers / sheetSize) }, () => (bytes[at++] << 8) | bytes[at++]);
  const profiles = Array.from({ length: number() }, () => {
    const bits = number();
    return { bits: bits & 1023, techniques: Array.from({ length: bits >> 10 }, () => bytes[at++]) };
  });
  const profile = Uint16Array.from({ length: papers }, number);
  let last = 0;
  const day = Int32Array.from({ length: papers }, () => {
    const gap = number();
    last += gap & 1 ? -(gap + 1) / 2 : gap / 2;
    return last;
  });
  return { sheets, profiles, profile, day };
}

function varint(bytes, at) {
  let value = 0;
  let shift = 0;
  let byte;
  do {
    byte = bytes[at++];
    value |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127);
  return [value, at];
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
