// Which papers answer a query, and in which order: BM25F over the words, then filters and counts.

/** Papers with few of a long query's words are left out: those it has must weigh so much of all. */
const QUORUM = 0.6;
/** Up to so many words, a paper must have all. */
const SHORT = 3;
/** What two words count where they are written as one, and what an unfinished word's ends count. */
const JOINED = 0.25;
const ENDING = 0.6;
/** Two words count as one only where enough of the rarer one's papers write them so. */
const JOINED_SHARE = 0.05;
/** Words of a query that are looked up; of longer ones, the first in order of length. */
const MOST_WORDS = 10;
const MOST_ENDINGS = 24;
const ENDINGS = ["s", "es", "ed", "d", "ing", "er", "ers", "ion", "ions", "ation", "ations", "ly", "e"];

/**
 * Find the papers for an understood query (words.js), best first.
 *
 * Returns { places, scores, all, forms, unknown }: the papers; what each is worth; whether they have
 * all the words; for the marks, the words that stand for those asked for; and words no paper has.
 */
export async function find(index, query) {
  const asked = chosen(query.words);
  const held = await Promise.all(
    asked.map((word) => uses(index, word, query.typing && word === query.words.at(-1))),
  );
  const pairs = await Promise.all(
    asked.slice(1).map((word, n) => joined(index, asked[n], word, held[n], held[n + 1])),
  );
  const unwanted = await Promise.all(query.without.map((word) => uses(index, word, false)));
  return {
    ...ranked(index, query, asked, held, pairs, unwanted),
    forms: new Set(held.concat(pairs).flatMap((one) => [...(one?.forms ?? [])])),
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

/** Where a word is used: { levels: Map of place to worth, forms }, its endings too while typing. */
async function uses(index, word, typing) {
  const levels = new Map();
  const forms = new Set();
  await Promise.all(
    index.parts.map(async (part) => {
      const shard = await part.shard(word);
      const terms = new Map(); // term: [share, shard]
      const whole = termOf(shard, word);
      if (whole) terms.set(whole, 1);
      if (typing && word.length > 1) {
        for (const term of endings(shard, word)) if (!terms.has(term)) terms.set(term, ENDING);
      }
      for (const [term, share] of terms) {
        const home = shard.terms.has(term) ? shard : await part.shard(term);
        for (const form of home.terms.get(term)?.words ?? []) forms.add(form);
        home.each(term, (row, level) => {
          const worth = share * index.entry.levels[level];
          const place = part.first + row;
          if (worth > (levels.get(place) ?? 0)) levels.set(place, worth);
        });
      }
    }),
  );
  if (typing) forms.add(`${word}*`);
  return { levels, forms };
}

/** The term that a word stands for; of a form that no paper uses, that of its nearest form. */
function termOf(shard, word) {
  const term = shard.words.get(word);
  if (term !== undefined || word.length < 4 || /\d/.test(word)) return term;
  const stems = [word, ...ENDINGS.filter((end) => word.endsWith(end)).map((end) => word.slice(0, -end.length))];
  for (const stem of stems.filter((one) => one.length > 3)) {
    for (const end of ["", ...ENDINGS]) {
      const near = shard.words.get(stem + end);
      if (near !== undefined) return near;
    }
  }
  return undefined;
}

/** The commonest terms of a shard with a word that begins so. */
function endings(shard, begun) {
  const found = new Map();
  for (const [word, term] of shard.words) {
    if (word.startsWith(begun) && shard.terms.has(term)) found.set(term, shard.terms.get(term).length);
  }
  return [...found].sort(([, a], [, b]) => b - a).slice(0, MOST_ENDINGS).map(([term]) => term);
}

/** Where two words are written as one, if enough papers do; else null. */
async function joined(index, first, second, one, two) {
  if (/\d$/.test(first) && /^\d/.test(second)) return null;
  const found = await uses(index, first + second, false);
  const rarer = Math.min(one.levels.size, two.levels.size);
  return found.levels.size && found.levels.size >= JOINED_SHARE * rarer ? found : null;
}

function ranked(index, query, asked, held, pairs, unwanted) {
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
  pairs.forEach((one, n) => {
    if (!one) return;
    const weight = JOINED * rarity(one);
    for (const [place, worth] of one.levels) {
      scores[place] += weight * worth;
      has[place] |= 3 << n;
    }
  });
  const bit = (word) => 1 << asked.indexOf(word);
  const known = asked.filter((_, n) => held[n].levels.size || pairs[n] || pairs[n - 1]);
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
  if (!places.length) places = candidates;
  return { places, scores, all: full.length === places.length && known.length === asked.length };
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

/** Sort places: best first, or newest first. */
export function ordered(index, facts, places, scores, newest) {
  const day = (place) => dayNumber(index, facts, place);
  const by = newest ? (a, b) => day(b) - day(a) : (a, b) => scores[b] - scores[a] || day(b) - day(a);
  return [...places].sort((a, b) => by(a, b) || a - b);
}
