"""The bytes that the site's search fetches: terms by the beginning of their words, facts of papers.

A *part* of the collection (`search_index`) has its papers numbered from 0, its *row*. Its words lie
in shards by alphabet, whose borders are fixed (`search_borders`), so that a paper that is added
changes no border, and words with the same beginning lie together, for whoever is still typing.

Layout of a shard, integers as varints (seven bits a byte, lowest first):

- four bytes: fingerprint of the part's rows; another one is of another night;
- length of the text in bytes, the text (UTF-8), then the postings of its terms, one after another.

The text has one line a term, sorted: a digit of base 36 for how many characters it shares with the
term before, the rest of it, and after a tab, the length of its postings in base 36; then its words,
each after a tab, as a digit for the characters to cut off the term and an ending to put there; a
term without any is its own only word. Lines after an empty one are further words, most of them of
terms in other shards: the word, a tab, the term.

A posting is ``16 * gap + level``: the gap to the row before (the first counts from -1, so that none
is 0), and `search_words.LEVELS`; of a name, which ends in "=" and is no word, `search_words.TITLED`
or `COINED`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.site.search_words import Words
from litmine.publish.site.varint import BASE36, base36, varint

__all__ = ["FIRST_DAY", "encode_facts", "encode_shards"]

_MOST_SHARED = len(BASE36) - 1
#: Days are counted from here.
FIRST_DAY = date(2000, 1, 1)


def encode_shards(papers: Iterable[Words], borders: Sequence[str], mark: bytes) -> list[bytes]:
    """Encode the words of a part.

    Parameters
    ----------
    papers : iterable of Words
        In the order of their rows.
    borders : sequence of str
        The first word of each shard, sorted; the first one is empty.
    mark : bytes
        Fingerprint of the part's rows, four bytes.
    """
    postings: defaultdict[str, bytearray] = defaultdict(bytearray)
    last: dict[str, int] = {}
    forms: defaultdict[str, set[str]] = defaultdict(set)
    for row, words in enumerate(papers):
        for term, level in words.levels.items():
            # The empty row before the first has number -1.
            postings[term] += varint(16 * (row - last.get(term, -1)) + level)
            last[term] = row
        for term, spelt in words.forms.items():
            forms[term] |= spelt
    texts: list[list[str]] = [[] for _ in borders]
    elsewhere: list[list[str]] = [[] for _ in borders]
    bodies = [bytearray() for _ in borders]
    before = [""] * len(borders)
    for term in sorted(postings):
        home = bisect_right(borders, term) - 1
        endings = []
        spelt = forms[term]
        for word in sorted(spelt) if spelt != {term} else ():
            there = bisect_right(borders, word) - 1
            cut = len(term) - _shared(term, word)
            if there != home or cut > _MOST_SHARED:
                elsewhere[there].append(f"{word}\t{term}")
            else:
                endings.append(f"{BASE36[cut]}{word[len(term) - cut :]}")
        shared = _shared(before[home], term)
        line = f"{BASE36[shared]}{term[shared:]}\t{base36(len(postings[term]))}"
        texts[home].append("\t".join((line, *endings)))
        before[home] = term
        bodies[home] += postings[term]
    shards = []
    for lines, others, body in zip(texts, elsewhere, bodies, strict=True):
        text = "\n\n".join(["\n".join(lines), *(["\n".join(sorted(others))] if others else [])])
        encoded = text.encode()
        shards.append(mark + varint(len(encoded)) + encoded + bytes(body))
    return shards


def encode_facts(
    papers: Sequence[ListEntry], taxonomy: Taxonomy, mark: bytes, sheets: bytes
) -> bytes:
    """Encode what papers are filtered, counted and dated by.

    After the fingerprint and the number of papers: the marks of the part's sheets, two bytes each;
    the number of different *profiles* and each of them, commonest first (a varint: bits 0 to 4 the
    stages, from 5 to 9 the resources, above them how many techniques; and a byte for each of
    those); for each paper, the number of its profile; for each paper, its day as the difference to
    that of the row before (``2 n``, ``-2 n - 1`` where it is earlier; the first to `FIRST_DAY`).
    """
    profiles = [_profile(paper, taxonomy) for paper in papers]
    common = Counter(profiles)
    order = sorted(common, key=lambda profile: (-common[profile], profile))
    number = {profile: n for n, profile in enumerate(order)}
    days = bytearray()
    last = FIRST_DAY
    for paper in papers:
        gap = (paper.day - last).days
        days += varint(2 * gap if gap >= 0 else -2 * gap - 1)
        last = paper.day
    return b"".join(
        (
            mark,
            varint(len(papers)),
            sheets,
            varint(len(order)),
            *order,
            *(varint(number[profile]) for profile in profiles),
            days,
        )
    )


def _profile(paper: ListEntry, taxonomy: Taxonomy) -> bytes:
    stages = {one.id: 1 << n for n, one in enumerate(taxonomy.stages)}
    resources = {one.id: 1 << n for n, one in enumerate(taxonomy.resources, start=len(stages))}
    places = {one.id: n for n, one in enumerate(taxonomy.techniques)}
    techniques = [places[one] for one in dict.fromkeys(paper.technique) if one in places]
    bits = sum(stages.get(one, 0) for one in paper.stages)
    bits |= sum(resources.get(one, 0) for one in paper.resources)
    bits |= len(techniques) << len(stages) + len(resources)
    return varint(bits) + bytes(techniques)


def _shared(one: str, two: str) -> int:
    """Count the characters that two words begin with alike, up to what one digit can say."""
    for place, (a, b) in enumerate(zip(one, two, strict=False)):
        if a != b or place == _MOST_SHARED:
            return place
    return min(len(one), len(two), _MOST_SHARED)
