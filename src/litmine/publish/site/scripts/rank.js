// Which papers answer a query, and in which order: BM25F over the words, then filters and counts.
import { nameKey } from "./words.js";

/** The level of a paper whose title begins with the name; search_words.TITLED. */
const TITLED = 15;
/** How surely a later paper of the same name is meant, where the earliest counts 1. */
const LATER = 0.5;
/** What a name counts, where the best paper by words counts 1. */
const NAMED = 2;
/** Of so few words, a paper must have all. */
const SHORT = 3;
/** Of more, those that weigh so much of the weight of all. */
const QUORUM = 0.45;
/** Where fewer papers are left, all that have any of the words are found. */
const FEWEST = 20;
/** What two words count beside each other in a title, and what the ends of an unfinished word do. */
const BESIDE = 0.15;
const ENDING = 0.6;
/** Words of a query that are looked up; of longer ones, the first in order of length. */
const MOST_WORDS = 12;
const MOST_ENDINGS = 24;
const ENDINGS = ["s", "es", "ed", "d", "ing", "er", "ers", "ion", "ions", "ation", "ations", "ly", "e"];

/**
 * Find the papers for an understood query (words.js), best first.
 *
 * Returns { places, scores, full, forms, unknown }: the papers; what each is worth; those that have
 * all the words; for the marks, the words that stand for those asked for; and words no paper has.
 */
export async function find(index, query) {
  const asked = chosen(query.words);
  const last = query.typing ? query.words.at(-1) : "";
  const [held, unwanted, sure] = await Promise.all([
    Promise.all(asked.map((word) => uses(index, word, word === last))),
    Promise.all(query.without.map((word) => uses(index, word, false))),
    query.name ? meant(index, query.name) : new Map(),
  ]);
  const pairs = asked.slice(1).map((_, n) => sideBySide(index, held[n].term, held[n + 1].term));
  const beside = await Promise.all(pairs);
  return {
    ...ranked(index, query, asked, held, beside, unwanted, sure),
    forms: new Set(held.flatMap((one) => [...one.forms])),
    unknown: asked.filter((_, n) => !held[n].levels.size),
  };
}

/** Take the words that tell most: long ones are rare. */
function chosen(words) {
  if (words.length <= MOST_WORDS) return words;
  const kept = new Set(
    words.map((word, n) => [word, n]).sort(([a, n], [b, m]) => b.length - a.length || n - m)
      .slice(0, MOST_WORDS).map(([word]) => word),
  );
  return words.filter((word) => kept.has(word));
}

/** Where a word is used: { levels: Map of place to worth, forms, term }; if typing, its endings too. */
async function uses(index, word, typing) {
  const shards = await Promise.all(index.parts.map((part) => part.shard(word)));
  // One part's papers may spell it as those of another do not.
  const term = first(shards, (shard) => shard.words.get(word)) ?? first(shards, (shard) => nearest(shard, word));
  const terms = new Map(term === undefined ? [] : [[term, 1]]);
  if (typing) {
    for (const one of shards.flatMap((shard) => endings(shard, word))) if (!terms.has(one)) terms.set(one, ENDING);
  }
  const levels = new Map();
  const forms = new Set(typing ? [`${word}*`] : []);
  for (const [one, share] of terms) {
    const homes = await Promise.all(index.parts.map((part) => part.shard(one)));
    homes.forEach((home, n) => {
      for (const form of home.terms.get(one)?.words ?? []) forms.add(form);
      home.each(one, (row, level) => {
        const place = index.parts[n].first + row;
        const worth = share * index.entry.levels[level];
        if (worth > (levels.get(place) ?? 0)) levels.set(place, worth);
      });
    });
  }
  return { levels, forms, term };
}

function first(list, of) {
  for (const one of list) {
    const found = of(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** For a form that no paper uses, the term of its nearest form. */
function nearest(shard, word) {
  if (word.length < 4 || /\d/.test(word)) return undefined;
  const stems = [word, ...ENDINGS.filter((end) => word.endsWith(end)).map((end) => word.slice(0, -end.length))];
  return first(stems.filter((one) => one.length > 3), (stem) => first(["", ...ENDINGS], (end) => shard.words.get(stem + end)));
}

/** The commonest terms of a shard with a word that begins so. */
function endings(shard, begun) {
  const found = new Map();
  for (const [word, term] of shard.words) {
    if (word.startsWith(begun) && shard.terms.has(term)) found.set(term, shard.terms.get(term).length);
  }
  return [...found].sort(([, a], [, b]) => b - a).slice(0, MOST_ENDINGS).map(([term]) => term);
}

/** Where two words stand side by side in a title. */
async function sideBySide(index, one, two) {
  const levels = new Map();
  if (one && two) {
    const key = `${one} ${two}`;
    await Promise.all(index.parts.map(async (part) => {
      (await part.shard(key)).each(key, (row, level) => levels.set(part.first + row, index.entry.levels[level]));
    }));
  }
  return { levels };
}

/** Papers that a query may name, and how surely, as litmine.search.names has it. */
async function meant(index, name) {
  const key = nameKey(name);
  const titled = [];
  const coined = [];
  await Promise.all(index.parts.map(async (part) => {
    (await part.shard(key)).each(key, (row, level) => (level === TITLED ? titled : coined).push(part.first + row));
  }));
  const sure = new Map();
  const most = titled.length ? 0.5 : 1;
  if (coined.length <= 20) for (const place of coined) sure.set(place, most * coined.length ** -0.5);
  if (titled.length > 1) {
    const facts = await index.facts();
    titled.sort((a, b) => dayNumber(index, facts, a) - dayNumber(index, facts, b));
  }
  titled.forEach((place, n) => sure.set(place, n ? LATER : 1));
  return sure;
}

function ranked(index, query, asked, held, beside, unwanted, sure) {
  const rarity = ({ levels }) => Math.log(1 + (index.papers - levels.size + 0.5) / (levels.size + 0.5));
  const weights = held.map(rarity);
  const scores = new Float32Array(index.papers);
  const has = new Uint16Array(index.papers); // bit n: the paper has the n-th word
  held.forEach((one, n) => {
    for (const [place, worth] of one.levels) {
      scores[place] += weights[n] * worth;
      has[place] |= 1 << n;
    }
  });
  for (const one of beside) {
    const weight = BESIDE * rarity(one);
    for (const [place, worth] of one.levels) scores[place] += weight * worth;
  }
  // A paper that the query names comes before those that are about it.
  const best = scores.reduce((most, one) => Math.max(most, one), 1);
  for (const [place, share] of sure) {
    scores[place] += NAMED * best * share;
    has[place] = 0xffff;
  }
  const bit = (word) => 1 << asked.indexOf(word);
  const known = asked.filter((_, n) => held[n].levels.size);
  const every = known.reduce((bits, word) => bits | bit(word), 0);
  const needed = [...query.needed].filter((word) => asked.includes(word)).reduce((bits, word) => bits | bit(word), 0);
  const total = known.reduce((sum, word) => sum + weights[asked.indexOf(word)], 0);
  const banned = new Set(unwanted.flatMap(({ levels }) => [...levels.keys()]));
  const enough = (bits) => {
    let mass = 0;
    for (let n = 0; n < asked.length; n++) if (bits & (1 << n)) mass += weights[n];
    return mass >= QUORUM * total;
  };
  const candidates = [];
  for (let place = 0; place < scores.length; place++) {
    if (scores[place] && (has[place] & needed) === needed && !banned.has(place)) candidates.push(place);
  }
  const full = candidates.filter((place) => (has[place] & every) === every);
  let places = known.length <= SHORT ? full : candidates.filter((place) => enough(has[place]));
  if (places.length < FEWEST) places = candidates;
  return { places, scores, full: new Set(known.length === asked.length ? full : []) };
}

/** Keep the papers that fit the chosen values, and count each value as if its axis were free. */
export function filter(index, facts, places, chosen) {
  const axes = ["stage", "resource", "technique", "year"];
  const picked = axes.filter((axis) => chosen[axis]?.size);
  const values = facts.map((part) => part.profiles.map((profile) => named(index, profile)));
  const years = yearsOf(index);
  const counts = Object.fromEntries(axes.map((axis) => [axis, new Map()]));
  const kept = [];
  for (const place of places) {
    const n = index.partOf(place);
    const row = place - index.parts[n].first;
    const own = { ...values[n][facts[n].profile[row]], year: [years(facts[n].day[row])] };
    const misses = picked.filter((axis) => !own[axis].some((one) => chosen[axis].has(one)));
    if (misses.length > 1) continue;
    if (!misses.length) kept.push(place);
    for (const axis of misses.length ? misses : axes) {
      for (const value of own[axis]) counts[axis].set(value, (counts[axis].get(value) ?? 0) + 1);
    }
  }
  return { kept, counts };
}

function named(index, { bits, techniques }) {
  const { stages, resources } = index.entry;
  const set = (names, shift) => names.filter((_, n) => bits & (1 << (n + shift))).map(([id]) => id);
  return {
    stage: set(stages, 0),
    resource: set(resources, stages.length),
    technique: techniques.map((one) => index.entry.techniques[one][0]),
  };
}

function yearsOf(index) {
  const known = new Map();
  return (day) => {
    if (!known.has(day)) known.set(day, String(dayOf(index, day).getUTCFullYear()));
    return known.get(day);
  };
}

/** The day with a number, as a Date at midnight UTC. */
export function dayOf(index, number) {
  return new Date(Date.parse(index.entry.first_day) + number * 86_400_000);
}

/** The number of the day of the paper at a place. */
export function dayNumber(index, facts, place) {
  const n = index.partOf(place);
  return facts[n].day[place - index.parts[n].first];
}

/** Sort places: best first, and the earliest of equals, which others took a name from; or newest. */
export function ordered(index, facts, places, scores, newest) {
  const day = (place) => dayNumber(index, facts, place);
  const by = newest ? (a, b) => day(b) - day(a) : (a, b) => scores[b] - scores[a] || day(a) - day(b);
  return [...places].sort((a, b) => by(a, b) || a - b);
}
