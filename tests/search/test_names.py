"""A bare name finds its paper first; a topic is not taken for a name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from litmine.index.document import Document
from litmine.search.batch import CorpusSearch, index_corpus
from litmine.search.names import meant
from litmine.search.rows import Rows
from tests.support.meaning import WordEncoder

# Papers on herons say the word more often than the one that has its name from them.
CHATTER = [
    Document(
        f"2505.{number:05}",
        f"{kind} with Heron and with herons",
        "Heron after heron: each heron is compared with a heron.",
        published=date(2025, 5, 1),
    )
    for number, kind in enumerate(("Speech", "Sight", "Smell", "Touch", "Taste"))
]
NAMED = Document("2401.00001", "Heron: wading in shallow caches", published=date(2024, 1, 1))
AGAIN = Document("2402.00001", "Heron: quite another thing", published=date(2024, 2, 1))
SECOND = Document("2403.00001", "Heron-2: wading further", published=date(2024, 3, 1))
COINING = Document(
    "2404.00001",
    "Managing memory by the page",
    "On top of pages we build vStork, which serves models.",
    published=date(2024, 4, 1),
)
SAYING = [
    Document(
        f"2506.{number:05}",
        "Serving faster than vStork",
        "vStork is slow; we beat vStork.",
        published=date(2025, 6, 1),
    )
    for number in range(4)
]
PHRASE = Document(
    "2405.00001",
    "AWT: Activation-aware weight thinning for small cards",
    published=date(2024, 5, 1),
)
SPREAD = [
    Document(
        f"2507.{number:05}",
        "Thinning of weight and activation",
        "Weight thinning is aware of activation; activation-aware thinning of weight.",
        published=date(2025, 7, 1),
    )
    for number in range(4)
]
ALL = [*CHATTER, *SAYING, *SPREAD, AGAIN, NAMED, SECOND, COINING, PHRASE]


def _search(folder: Path, documents: Iterable[Document]) -> CorpusSearch:
    encoder = WordEncoder()
    return CorpusSearch(index_corpus(folder, list(documents), encoder), encoder)


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> CorpusSearch:
    """A search over the papers above."""
    return _search(tmp_path_factory.mktemp("index"), ALL)


@pytest.mark.parametrize("query", ["Heron", "heron", "HERON"])
def test_a_name_finds_the_earliest_paper_of_that_name_then_the_others(search, query):
    assert [paper for paper, _ in search.search(query, 2)] == [NAMED.id, AGAIN.id]


@pytest.mark.parametrize("query", ["Heron-2", "heron 2", "heron2"])
def test_a_number_belongs_to_the_name(search, query):
    assert search.search(query, 1)[0][0] == SECOND.id


def test_a_name_that_only_an_abstract_introduces_finds_that_paper(search):
    assert search.search("vstork", 1)[0][0] == COINING.id


def test_words_side_by_side_in_a_title_find_it(search):
    assert search.search("activation-aware weight thinning", 1)[0][0] == PHRASE.id


def test_a_whole_title_finds_it_without_quotes(search):
    assert search.search("managing memory by the page", 1)[0][0] == COINING.id


def test_scores_stay_between_0_and_1(search):
    scores = [score for _, score in search.search("Heron", 20)]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1


def test_what_many_titles_say_is_a_topic(tmp_path):
    topic = [Document(f"2508.{n:05}", f"Paper {n} on weight thinning", "Thin.") for n in range(30)]
    rows = Rows.of(index_corpus(tmp_path, topic, WordEncoder()).segments)
    places, _ = meant(rows, "weight thinning", np.ones(len(rows), bool))
    assert not len(places)


def test_papers_that_may_not_be_found_do_not_carry_the_name(tmp_path):
    generation = index_corpus(tmp_path, ALL, WordEncoder())
    rows = Rows.of(generation.segments)
    allowed = np.ones(len(rows), bool)
    number, row = generation.find(NAMED.id)
    allowed[rows.place(number, row)] = False
    places, sure = meant(rows, "heron", allowed)
    number, row = rows.owner(int(places[sure == 1.0][0]))
    assert rows.segments[number].ids[row] == AGAIN.id
    assert rows.place(*generation.find(NAMED.id)) not in places.tolist()


@pytest.mark.parametrize("query", ["", "?!", "a " * 40])
def test_what_is_no_name_names_nothing(tmp_path, query):
    rows = Rows.of(index_corpus(tmp_path, ALL, WordEncoder()).segments)
    assert not len(meant(rows, query, np.ones(len(rows), bool))[0])


def test_a_play_upon_a_common_word_is_not_what_the_word_means(tmp_path):
    common = [Document(f"2508.{n:05}", f"Paper {n} on thinning", "Thin.") for n in range(30)]
    play = Document("2401.00009", "Th-inn-ing: a game", published=date(2024, 1, 1))
    rows = Rows.of(index_corpus(tmp_path, [*common, play], WordEncoder()).segments)
    assert not len(meant(rows, "thinning", np.ones(len(rows), bool))[0])
    assert len(meant(rows, "th-inn-ing", np.ones(len(rows), bool))[0]) == 1
