"""TF-IDF over words and word pairs, applied by hand.

The table is learnt with scikit-learn (`learn`) and applied with numpy alone, because importing
scikit-learn costs a second of CPU in every command. ``tests/classify/test_lexical.py`` holds both
to the same numbers. Weighting: 1 + log tf, smoothed idf, unit length (Salton & Buckley, 1988).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["TfidfTable", "learn_table", "lexical_text"]

_WORD = re.compile(r"(?u)\b\w\w+\b")


def lexical_text(title: str, abstract: str) -> str:
    """The text that is counted; the title counts twice, as it names what a paper is about."""
    return f"{title}\n{title}\n{abstract}"


def terms_of(text: str) -> list[str]:
    """Words of two letters or more and pairs of neighbouring ones, in lower case."""
    words = _WORD.findall(text.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)]


@dataclass(frozen=True)
class TfidfTable:
    """A vocabulary with its inverse document frequencies.

    Attributes
    ----------
    terms
        In column order.
    idf
        (terms,) float64.
    """

    terms: tuple[str, ...]
    idf: NDArray[np.float64]

    @cached_property
    def _column(self) -> Mapping[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    def row(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Columns (ascending) and values of one text's unit row; both empty for no known term."""
        column = self._column
        counts = Counter(
            found for term in terms_of(text) if (found := column.get(term)) is not None
        )
        columns = np.array(sorted(counts), dtype=np.int64)
        if not len(columns):
            return columns, np.zeros(0)
        tf = np.array([counts[c] for c in columns.tolist()], dtype=np.float64)
        values = (1 + np.log(tf)) * self.idf[columns]
        return columns, values / np.sqrt((values * values).sum())

    def matrix(self, texts: Sequence[str]) -> Any:
        """(texts, terms) as a scipy CSR matrix."""
        from scipy.sparse import csr_matrix

        rows = [self.row(text) for text in texts]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.zeros(0, np.int64), *(c for c, _ in rows)])
        values = np.concatenate([np.zeros(0), *(v for _, v in rows)])
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self.terms)))


def learn_table(texts: Iterable[str], *, min_df: int = 4, max_df: float = 0.6) -> TfidfTable:
    """Learn the vocabulary with scikit-learn's ``TfidfVectorizer``.

    Parameters
    ----------
    texts
        See `lexical_text`.
    min_df, max_df
        A term must stand in at least so many texts and at most such a share of them.
    """
    vectoriser = sklearn_vectoriser(min_df=min_df, max_df=max_df)
    vectoriser.fit(texts)
    return TfidfTable(
        terms=tuple(vectoriser.get_feature_names_out().tolist()),
        idf=np.asarray(vectoriser.idf_, dtype=np.float64),
    )


def sklearn_vectoriser(*, min_df: int, max_df: float) -> Any:
    """The vectoriser that `TfidfTable` stands in for."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, 2), min_df=min_df, max_df=max_df, sublinear_tf=True, lowercase=True
    )
