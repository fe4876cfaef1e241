"""Where the word model's terms stand in a paper, and what each adds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from litmine.classify.lexical import lexical_text
from litmine.classify.model import HasText, WordModel
from litmine.classify.sentences import split_sentences

__all__ = ["Sentence", "WordEvidence", "sentences_of"]

Floats = NDArray[np.float64]
Sentence = tuple[str, int, int]
"""Field (``title`` or ``abstract``), start and end; space around it left out."""

_WORD = re.compile(r"(?u)\b\w\w+\b")  # as in lexical.py, where places are not needed


def sentences_of(paper: HasText) -> list[Sentence]:
    """The title, which counts as a sentence, and the sentences of the abstract."""
    found = [("title", paper.title, 0, len(paper.title))]
    found += [("abstract", paper.abstract, a, b) for a, b in split_sentences(paper.abstract)]
    trimmed = []
    for field, text, start, end in found:
        piece = text[start:end]
        if piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            trimmed.append((field, begin, start + len(piece.rstrip())))
    return trimmed


class _Word(NamedTuple):
    """A word as it is counted: where it stands, and in which sentence."""

    text: str
    field: str
    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class WordEvidence:
    """The word model's view of one paper, for several weighted sums of its outputs.

    Attributes
    ----------
    terms
        The paper's known terms.
    idf
        (terms,).
    weights
        (terms, sums) what one unit of tf-idf adds.
    added
        (terms, sums) what each term adds; down the columns they add up to what the text does.
    bias
        (sums,) what the model adds whatever the text.
    words
        The words of `lexical_text` in order, so those of the title stand there twice.
    sentences
        As from `sentences_of`.
    """

    terms: list[str]
    idf: Floats
    weights: Floats
    added: Floats
    bias: Floats
    words: Sequence[_Word]
    sentences: Sequence[Sentence]

    @classmethod
    def of(
        cls,
        model: WordModel,
        paper: HasText,
        sentences: Sequence[Sentence],
        sums: Sequence[Mapping[int, float]],
    ) -> WordEvidence:
        """Look at a paper.

        Parameters
        ----------
        model
            The word model.
        paper
            Title and abstract.
        sentences
            Of `sentences_of`.
        sums
            For each sum the weight of each output in it, by column.
        """
        columns, values = model.table.row(lexical_text(paper.title, paper.abstract))
        codes = model.codes[columns]
        weights = np.zeros((len(columns), len(sums)))
        bias = np.zeros(len(sums))
        for k, parts in enumerate(sums):
            for column, weight in parts.items():
                weights[:, k] += codes[:, column] * (model.scales[column] * weight)
                bias[k] += model.bias[column] * weight
        title = list(_words("title", paper.title, sentences))
        return cls(
            terms=[model.table.terms[c] for c in columns.tolist()],
            idf=model.table.idf[columns],
            weights=weights,
            added=values[:, None] * weights,
            bias=bias,
            words=[*title, *title, *_words("abstract", paper.abstract, sentences)],
            sentences=sentences,
        )

    @cached_property
    def occurrences(self) -> Mapping[str, list[tuple[int, ...]]]:
        """For each term the words it was counted at: one for a word, two for a pair."""
        found: dict[str, list[tuple[int, ...]]] = {term: [] for term in self.terms}
        for i, word in enumerate(self.words):
            if word.text in found:
                found[word.text].append((i,))
            if i and (pair := f"{self.words[i - 1].text} {word.text}") in found:
                found[pair].append((i - 1, i))
        return found

    def losses(self) -> Floats:
        """(sentences, sums): by how much each sum falls when a sentence's words do not count.

        Pairs that would form across the gap are not counted either: nobody wrote them.
        """
        own = [word.sentence for word in self.words]
        width = len(self.terms)
        touched = []
        for column, term in enumerate(self.terms):
            for occurrence in self.occurrences[term]:
                first, last = own[occurrence[0]], own[occurrence[-1]]
                touched.append(first * width + column)
                if last != first:
                    touched.append(last * width + column)
        inside = np.bincount(np.array(touched, np.int64), minlength=len(self.sentences) * width)
        inside = inside.reshape(len(self.sentences), width)
        total = np.array([len(self.occurrences[term]) for term in self.terms])
        left = np.vstack([total, total - inside])
        values = np.where(left > 0, 1 + np.log(np.maximum(left, 1)), 0) * self.idf
        length = np.sqrt((values * values).sum(axis=1, keepdims=True))
        sums = (values / np.where(length > 0, length, 1)) @ self.weights
        result: Floats = sums[0] - sums[1:]
        return result

    def spans(self, term: str, most: int) -> list[list[str | int]]:
        """Field, start and end of a term's first occurrences."""
        spans: dict[Sentence, None] = {}
        for occurrence in self.occurrences[term]:
            first, last = self.words[occurrence[0]], self.words[occurrence[-1]]
            if first.field == last.field and first.start <= last.start:
                spans[first.field, first.start, last.end] = None
            else:  # the title's last word with what follows the title
                for word in (first, last):
                    spans[word.field, word.start, word.end] = None
        return [list(span) for span in list(spans)[:most]]


def _words(field: str, text: str, sentences: Sequence[Sentence]) -> Iterator[_Word]:
    own = [number for number, sentence in enumerate(sentences) if sentence[0] == field]
    lowered, origin = _lowered(text)
    at = 0
    for match in _WORD.finditer(lowered):
        start, end = origin[match.start()], origin[match.end() - 1] + 1
        while start >= sentences[own[at]][2]:
            at += 1
        yield _Word(match[0], field, start, end, own[at])


def _lowered(text: str) -> tuple[str, Sequence[int]]:
    """The text in lower case and, for each of its characters, where it came from."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered, range(len(text))
    # A few capitals become two characters, such as the Turkish dotted I.
    return lowered, [i for i, c in enumerate(text) for _ in c.lower()]
