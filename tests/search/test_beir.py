"""Test collections in BEIR form: read strictly, searched like papers, written as TREC runs."""

from __future__ import annotations

import json

import pytest

from litmine.core.errors import InputError
from litmine.search.batch import CorpusSearch, index_corpus
from litmine.search.beir import read_corpus, read_queries, run_lines
from tests.support.meaning import WordEncoder

DOCUMENTS = [
    {"_id": "d1", "title": "Roses", "text": "Roses are red flowers."},
    {"_id": "d2", "title": "", "text": "Compilers translate programs."},
    {"_id": "d3", "title": "Tulips: a history", "text": "", "metadata": {"year": 1637}},
]


class Counting(WordEncoder):
    """Counts the texts it encodes."""

    texts = 0

    def encode(self, texts, **options):
        self.texts += len(texts)
        return super().encode(texts, **options)


@pytest.fixture
def corpus(tmp_path):
    def write(*lines, name="corpus.jsonl"):
        path = tmp_path / name
        path.write_text("".join(x if isinstance(x, str) else json.dumps(x) + "\n" for x in lines))
        return path

    return write


def test_a_corpus_is_searched_by_words_and_meaning(corpus, tmp_path):
    documents = list(read_corpus(corpus(*DOCUMENTS)))
    encoder = Counting()
    search = CorpusSearch(index_corpus(tmp_path / "index", documents, encoder), encoder)
    assert search.search("red roses", 10)[0][0] == "d1"
    assert [i for i, _ in search.search("tulips", 1)] == ["d3"]
    # Operators are plain text here: nothing is an error, nothing is filtered.
    for text in ('"compilers', "colour:red -roses", "author:rose", "-", "", "d1"):
        assert len({i for i, _ in search.search(text, 10)}) <= 3


def test_an_index_that_is_kept_is_brought_into_step_without_encoding_again(corpus, tmp_path):
    encoder = Counting()
    documents = list(read_corpus(corpus(*DOCUMENTS)))
    index_corpus(tmp_path / "index", documents, encoder)
    assert encoder.texts == 3
    index_corpus(tmp_path / "index", documents, encoder)
    assert encoder.texts == 3
    changed = [DOCUMENTS[0] | {"text": "Roses are blue."}, DOCUMENTS[1]]
    steps = []
    generation = index_corpus(
        tmp_path / "index", list(read_corpus(corpus(*changed))), encoder, progress=steps.append
    )
    assert encoder.texts == 4
    assert sum(steps) == 2
    assert generation.papers == 2
    found = CorpusSearch(generation, encoder).search("tulips history", 10)
    assert "d3" not in [i for i, _ in found]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], "corpus.jsonl:1: not JSON"),
        (["[]\n"], "not a JSON object"),
        ([{"text": "x"}], "'_id' is missing"),
        ([{"_id": "a b", "text": "x"}], "white space"),
        ([{"_id": "a\x00", "text": "x"}], "cannot be printed"),
        ([{"_id": "\udc80", "text": "x"}], "cannot be printed"),
        (["[" * 100_000], "corpus.jsonl:1: not JSON"),
        ([{"_id": "a", "title": "x"}], "'text' is missing"),
        ([{"_id": "a", "text": "x", "title": 3}], "'title' is missing or no string"),
        ([{"_id": "a", "text": "x"}, "\n", {"_id": "a", "text": "y"}], "jsonl:3: _id 'a' stands"),
    ],
)
def test_a_bad_corpus_is_told_with_file_and_line(corpus, lines, said):
    with pytest.raises(InputError, match=said):
        list(read_corpus(corpus(*lines)))


def test_half_characters_in_a_corpus_do_not_end_it(corpus):
    (one,) = read_corpus(corpus({"_id": "a", "title": "A\ud83d", "text": "\udc80b"}))
    assert (one.title, one.abstract) == ("A", "b")


def test_queries_need_no_title_and_ids_may_be_numbers(corpus, tmp_path):
    path = corpus({"_id": 1, "text": "one"}, {"_id": "2", "text": "two", "metadata": {}})
    assert [(q.id, q.text) for q in read_queries(path)] == [("1", "one"), ("2", "two")]
    with pytest.raises(InputError, match="no queries"):
        read_queries(corpus(name="empty.jsonl"))
    with pytest.raises(InputError, match="cannot read"):
        read_queries(tmp_path / "none.jsonl")


def test_scores_of_a_run_fall_even_where_papers_tie():
    lines = list(run_lines("q", [("a", 0.5), ("b", 0.5), ("c", 0.1)]))
    assert lines[0] == "q Q0 a 1 0.500000 litmine\n"
    scores = [float(line.split()[4]) for line in lines]
    assert scores == sorted(set(scores), reverse=True)
    assert [line.split()[2] for line in lines] == ["a", "b", "c"]


def test_a_byte_order_mark_at_the_beginning_is_passed_over(tmp_path):
    path = tmp_path / "queries.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"_id": "q1", "text": "caches"}\n')
    assert [(one.id, one.text) for one in read_queries(path)] == [("q1", "caches")]
