"""The index of the site's search: read back as written, and the same however it was built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.site import search_index, search_words
from litmine.publish.site.search_borders import borders_for
from litmine.publish.site.search_shards import FIRST_DAY, encode_facts, encode_shards
from litmine.publish.site.search_words import COINED, TITLED, Words, level, name_key, words_of
from tests.support.site import invented

TAXONOMY = load_taxonomy()
_TERM = st.text("abcdexyz019é漢", min_size=1, max_size=60)
_WORDS = st.builds(
    Words,
    st.dictionaries(_TERM, st.integers(0, 15), max_size=8),
)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def _read(shard: bytes) -> tuple[dict[str, dict[int, int]], dict[str, str]]:
    """Read a shard as its description says: levels by term and row, terms by word."""
    length, at = _number(shard, 4)
    text = shard[at : at + length].decode()
    at += length
    own, _, others = text.partition("\n\n")
    terms: dict[str, dict[int, int]] = {}
    words: dict[str, str] = {}
    before = ""
    for line in own.split("\n") if own else []:
        head, size, *endings = line.split("\t")
        before = before[: int(head[0], 36)] + head[1:]
        end, row, levels = at + int(size, 36), -1, {}
        while at < end:
            value, at = _number(shard, at)
            row += value >> 4
            levels[row] = value & 15
        terms[before] = levels
        for ending in endings:
            words[before[: len(before) - int(ending[0], 36)] + ending[1:]] = before
        if not endings:
            words.setdefault(before, before)
    words |= dict(line.split("\t") for line in others.split("\n") if line)
    return terms, words


@given(st.lists(st.tuples(_WORDS, st.lists(_TERM, min_size=3, max_size=3)), max_size=20), st.data())
def test_what_is_written_is_read_back(
    given_: list[tuple[Words, list[str]]], data: st.DataObject
) -> None:
    papers = []
    spelt: dict[str, str] = {}  # a word stands for one term
    for words, forms in given_:
        words.forms = {}
        for term, form in zip(words.levels, forms, strict=False):
            if spelt.setdefault(form, term) == term:
                words.forms[term] = {form}
        papers.append(words)
    borders = ["", *sorted(data.draw(st.sets(st.text("abcxyz09", min_size=1, max_size=3))))]
    shards = encode_shards(papers, borders, b"mark")
    assert len(shards) == len(borders)
    seen: dict[str, dict[int, int]] = {}
    known: dict[str, str] = {}
    for number, shard in enumerate(shards):
        assert shard[:4] == b"mark"
        terms, words = _read(shard)
        seen |= terms
        known |= words
        for word in (*terms, *words):
            assert borders[number] <= word
            assert number + 1 == len(borders) or word < borders[number + 1]
    expected: dict[str, dict[int, int]] = {}
    for row, words in enumerate(papers):
        for term, own in words.levels.items():
            expected.setdefault(term, {})[row] = own
    assert seen == expected
    for words in papers:
        for term, forms in words.forms.items():
            assert all(known[form] == term for form in forms)


@given(
    st.lists(
        st.tuples(
            st.dates(date(1991, 8, 1), date(2039, 12, 31)),
            st.sets(st.sampled_from(TAXONOMY.cells), max_size=4),
            st.lists(st.sampled_from([t.id for t in TAXONOMY.techniques]), max_size=3, unique=True),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_facts_are_read_back(
    facts: list[tuple[date, set[str], list[str]]],
) -> None:
    papers = [
        ListEntry(f"2401.{n:05d}", "A title", day, technique=tuple(techniques), cells=tuple(cells))
        for n, (day, cells, techniques) in enumerate(facts)
    ]
    data = encode_facts(papers, TAXONOMY, b"mark", b"ab")
    count, at = _number(data, 4)
    assert (data[:4], count, data[at : at + 2]) == (b"mark", len(papers), b"ab")
    size, at = _number(data, at + 2)
    profiles = []
    for _ in range(size):
        bits, at = _number(data, at)
        own = data[at : at + (bits >> 10)]
        at += bits >> 10
        profiles.append(
            (
                {one.id for n, one in enumerate(TAXONOMY.stages) if bits >> n & 1},
                {one.id for n, one in enumerate(TAXONOMY.resources) if bits >> n + 5 & 1},
                [TAXONOMY.techniques[n].id for n in own],
            )
        )
    chosen = []
    for _ in papers:
        number, at = _number(data, at)
        chosen.append(profiles[number])
    day = FIRST_DAY
    for paper, profile in zip(papers, chosen, strict=True):
        gap, at = _number(data, at)
        day += timedelta(days=-(gap + 1) // 2 if gap & 1 else gap // 2)
        assert (day, *profile) == (
            paper.day, set(paper.stages), set(paper.resources), list(paper.technique),
        )  # fmt: skip
    assert at == len(data)


def _made(entries: list[ListEntry]) -> Iterator[tuple[str, str, bytes]]:
    for file in search_index.files(entries, TAXONOMY):
        yield file.path, file.inputs, file.make()


def _night(entries: list[ListEntry], more: list[ListEntry]) -> tuple[int, int]:
    """Check that kept inputs mean kept bytes; return how many files a night writes, and all."""
    before = {path: (inputs, data) for path, inputs, data in _made(entries)}
    after = {path: (inputs, data) for path, inputs, data in _made([*entries, *more])}
    written = 0
    for path, (inputs, data) in after.items():
        if before.get(path, ("",))[0] == inputs:
            assert before[path][1] == data, path
        else:
            written += 1
    return written, len(after)


def test_a_night_writes_few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "_SMALL_PART", 32)
    papers = sorted(invented(200), key=search_index._order)
    written, files = _night(papers[:195], papers[195:])
    # The entry, the shards and facts of the small part, the sheets that grew.
    assert written == 1 + len(borders_for(8)) + 1 + 1
    assert files > 5 * written


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 59), max_size=20), st.sets(st.integers(0, 59), max_size=4))
def test_the_same_inputs_give_the_same_bytes(first: set[int], more: set[int]) -> None:
    papers = invented(60)
    _night([papers[n] for n in sorted(first - more)], [papers[n] for n in sorted(more)])


def test_files_of_two_nights_are_told_apart() -> None:
    papers = invented(20)
    one = {path: data for path, _, data in _made(papers)}
    two = {path: data for path, _, data in _made(papers[1:])}
    marks = [json.loads(made["search/index.json"])["parts"][0]["mark"] for made in (one, two)]
    assert marks[0] != marks[1]
    for made, mark in zip((one, two), marks, strict=True):
        shards = [data for path, data in made.items() if path.endswith(".bin")]
        assert {shard[:4].hex() for shard in shards} == {mark}
    sheets = [
        [json.loads(data)["mark"] for path, data in made.items() if "/p" in path]
        for made in (one, two)
    ]
    assert sheets[0] != sheets[1]


def test_no_papers_no_parts() -> None:
    assert [path for path, _, _ in _made([])] == ["search/index.json"]


@pytest.mark.parametrize("papers", [0, 1, 107, 108, 109, 6656, 100_000])
def test_borders_are_sorted_and_few(papers: int) -> None:
    borders = borders_for(papers)
    assert borders[0] == ""
    assert list(borders) == sorted(set(borders))
    assert 6 <= len(borders) <= 768


def _words(title: str, abstract: str = "", **more: object) -> Words:
    entry = ListEntry("2401.00001", title, date(2024, 1, 2), abstract=abstract, **more)  # type: ignore[arg-type]
    return words_of(entry, TAXONOMY)


def test_names_and_titles_are_looked_up_as_one() -> None:
    words = _words("FlashCache: a cache for everything", "We introduce vQueue, a queue.")
    assert words.levels["flashcache="] == TITLED
    assert words.levels["vqueue="] == COINED
    assert words.levels[name_key("flashcacheacacheforeverything")] == TITLED
    assert {"flash", "cach", "everyth"} <= words.levels.keys()


def test_a_title_weighs_more_and_stopwords_stand_in_titles_only() -> None:
    words = _words("The pruning of caches", "The quantization of the models with caches.")
    assert words.levels["prune"] > words.levels["quantiz"]
    assert words.levels["cach"] > words.levels["prune"]
    assert "the" in words.levels
    assert "with" not in words.levels
    assert words.forms["quantiz"] == {"quantization"}


def test_authors_and_labels_are_words() -> None:
    words = _words("A title", authors=("Émile Borel", "T. O'Neill"), technique=("quantization",))
    assert {"emil", "borel", "quantiz"} <= words.levels.keys()
    assert words.forms["borel"] == {"borel"}
    assert "oneil" in words.levels or "oneill" in words.levels
    known = _words("A title", "An abstract.", technique=("quantization",))
    assert "quantiz" not in known.levels


def test_levels_rise_with_use() -> None:
    seen = [level(count / 4) for count in range(1, 80)]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 15)
    assert len(search_words.LEVELS) == 16


def test_titles_in_sheets_are_readable() -> None:
    paper = replace(invented(1)[0], title=r"Routing in $O(n \log n)$ with <b>")
    files = {path: data for path, _, data in _made([paper])}
    shown = json.loads(files["search/b/p0.json"])["papers"][0]
    assert shown[0] == paper.arxiv_id
    assert "\\log" not in shown[1]
    assert "<b>" in shown[1]
