"""The labelled library: papers whose cells are known, and the nearest of them to a new paper.

The library is evidence. For each new paper the nightly run shows the labelled papers closest to
it, with their cells, and the classifier may use the same neighbours as features. A fresh install
reads it from ``corpus/``; the nightly run builds it from database rows (the corpus plus the
reviewers' decisions).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from litmine.classify.labelled import LabelledPaper, Provenance, Split
from litmine.classify.library_files import (
    FACTS_FILE,
    REBUILD,
    VECTORS_FILE,
    read_facts,
    read_vectors,
)
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.index.exact import on_grid, top_k

__all__ = ["FACTS_FILE", "VECTORS_FILE", "LabelledLibrary", "LabelledPaper", "Neighbour"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from litmine.index.base import VectorIndex


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled paper near a new one. `similarity` is the cosine, rounded to 4 decimals."""

    id: str
    title: str
    similarity: float
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    provenance: Provenance
    relevant: int = -1


class LabelledLibrary:
    """Labelled papers with their vectors, in order of arXiv id.

    Parameters
    ----------
    papers : iterable of LabelledPaper
        In any order; ids must be distinct.
    vectors : array_like, shape (n, dim)
        One row per paper, in the order given. Rows are scaled to unit length.
    encoder_id : str
        The encoder that made the vectors. Only its vectors may be compared with these.
    title_only : array_like of bool, shape (n,), optional
        True where the vector stands for the title alone because no abstract was known.

    Raises
    ------
    InputError
        If an id repeats, or the vectors do not fit the papers.
    """

    def __init__(
        self,
        papers: Iterable[LabelledPaper],
        vectors: ArrayLike,
        encoder_id: str,
        title_only: ArrayLike | None = None,
    ) -> None:
        given = list(papers)
        rows = on_grid(vectors)
        if len(rows) != len(given):
            raise InputError(f"the library has {len(given)} papers but {len(rows)} vectors")
        flags = np.zeros(len(given), bool) if title_only is None else np.asarray(title_only, bool)
        if flags.shape != (len(given),):
            raise InputError("title_only must hold one flag per paper")
        order = sorted(range(len(given)), key=lambda i: given[i].id)
        self.papers: tuple[LabelledPaper, ...] = tuple(given[i] for i in order)
        self._rows: NDArray[np.float64] = rows[order]
        self.title_only: NDArray[np.bool_] = flags[order]
        self.encoder_id = encoder_id
        self._index: VectorIndex | None = None
        self._row_of = {paper.id: row for row, paper in enumerate(self.papers)}
        if len(self._row_of) != len(self.papers):
            raise InputError("an arXiv id stands in the library twice")

    @classmethod
    def from_corpus(
        cls, corpus_dir: Path | None = None, encoder_id: str | None = None
    ) -> LabelledLibrary:
        """Read ``library.jsonl`` and ``library_vectors.npz``.

        Parameters
        ----------
        corpus_dir : Path, optional
            Folder of both files; the installed corpus by default.
        encoder_id : str, optional
            Identity of the encoder in use, to be checked against the library's.

        Raises
        ------
        ArtefactMismatch
            If a file is missing or damaged, the files disagree, or the encoder is another one.
        """
        if corpus_dir is None:
            from litmine.core.resources import corpus_dir as installed_corpus

            corpus_dir = installed_corpus()
        papers = read_facts(corpus_dir / FACTS_FILE)
        ids, vectors, title_only, made_by = read_vectors(corpus_dir / VECTORS_FILE)
        if ids != [paper.id for paper in papers]:
            raise ArtefactMismatch(f"{VECTORS_FILE} does not match {FACTS_FILE}: {REBUILD}")
        try:
            library = cls(papers, vectors, made_by, title_only)
        except InputError as error:
            raise ArtefactMismatch(f"{corpus_dir} is damaged ({error}): {REBUILD}") from error
        if encoder_id is not None:
            library.require_encoder(encoder_id)
        return library

    def require_encoder(self, encoder_id: str) -> None:
        """Raise ArtefactMismatch unless the library's vectors were made by `encoder_id`."""
        if encoder_id != self.encoder_id:
            raise ArtefactMismatch(
                f"the labelled library holds vectors of encoder {self.encoder_id}, "
                f"but {encoder_id} is in use: {REBUILD}"
            )

    def __len__(self) -> int:
        return len(self.papers)

    def __contains__(self, arxiv_id: str) -> bool:
        return arxiv_id in self._row_of

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._rows.shape[1])

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The arXiv ids, ascending."""
        return tuple(paper.id for paper in self.papers)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The titles, in order of id."""
        return tuple(paper.title for paper in self.papers)

    @cached_property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The cells of each paper, in order of id."""
        return tuple(paper.cells for paper in self.papers)

    @cached_property
    def techniques(self) -> tuple[tuple[str, ...], ...]:
        """The techniques of each paper, in order of id."""
        return tuple(paper.technique for paper in self.papers)

    @cached_property
    def provenance(self) -> tuple[Provenance, ...]:
        """Where each label comes from, in order of id."""
        return tuple(paper.provenance for paper in self.papers)

    @cached_property
    def relevant(self) -> NDArray[np.int8]:
        """1, 0 or -1 (not judged) for each paper, shape (n,), read-only."""
        judged = np.array([paper.relevant for paper in self.papers], dtype=np.int8)
        judged.flags.writeable = False
        return judged

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Unit vectors, shape (n, dim), in order of id, read-only."""
        rows = self._rows.astype(np.float32)
        rows.flags.writeable = False
        return rows

    def nearest_rows(
        self, vectors: ArrayLike, k: int, exclude_ids: Sequence[str | None] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the `k` most similar papers of each vector, as row numbers of the library.

        Exact, and the same for a vector whatever else stands in the batch. Ties in the rounded
        similarity go to the lower arXiv id.

        Parameters
        ----------
        vectors : array_like, shape (m, dim)
            Made by the library's encoder.
        k : int
            Neighbours per vector.
        exclude_ids : sequence of str or None, length m, optional
            The id of the paper itself, so that no paper is its own evidence.

        Returns
        -------
        rows : ndarray, shape (m, k), int64
            -1 where the library has fewer papers.
        similarities : ndarray, shape (m, k), float64
            Cosine rounded to 4 decimals; ``-inf`` where `rows` is -1.
        """
        queries = on_grid(vectors, self.dim)
        if self._index is not None:
            return self._nearest_by_index(self._index, queries, k, exclude_ids)
        exclude = None
        if exclude_ids is not None:
            if len(exclude_ids) != len(queries):
                raise InputError("exclude_ids must hold one entry per vector")
            exclude = np.array(
                [-1 if i is None else self._row_of.get(i, -1) for i in exclude_ids], dtype=np.int64
            )
        return top_k(queries, self._rows, k, exclude)

    def attach(self, index: VectorIndex) -> None:
        """Search through `index`, which must hold exactly this library's vectors.

        Answers stay the same to the last bit (`litmine.index.flat`); a large library answers in
        milliseconds and needs no matrix product over all of it.

        Raises
        ------
        ArtefactMismatch
            If the index is of another encoder or another number of papers.
        """
        if index.encoder_id != self.encoder_id or len(index) != len(self):
            raise ArtefactMismatch(
                f"the index holds {len(index)} papers of encoder {index.encoder_id}, the library "
                f"{len(self)} of {self.encoder_id}: remove the cache folder and run again"
            )
        self._index = index

    def _nearest_by_index(
        self,
        index: VectorIndex,
        queries: NDArray[np.float64],
        k: int,
        exclude_ids: Sequence[str | None] | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        excluded = [None] * len(queries) if exclude_ids is None else list(exclude_ids)
        if len(excluded) != len(queries):
            raise InputError("exclude_ids must hold one entry per vector")
        ids, similarities = index.search(queries, k + 1)  # one more: the paper itself may be there
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf)
        for position, own in enumerate(excluded):
            found = [
                (self._row_of[name], score)
                for name, score in zip(ids[position], similarities[position], strict=True)
                if name != own
            ][:k]
            for rank, (row, score) in enumerate(found):
                rows[position, rank], scores[position, rank] = row, score
        return rows, scores

    def nearest(
        self, vectors: ArrayLike, k: int, exclude_ids: Sequence[str | None] | None = None
    ) -> list[list[Neighbour]]:
        """Find the `k` most similar papers of each vector; see `nearest_rows`."""
        return self.neighbours(*self.nearest_rows(vectors, k, exclude_ids))

    def neighbours(
        self, rows: NDArray[np.int64], similarities: NDArray[np.float64]
    ) -> list[list[Neighbour]]:
        """Give the papers behind what `nearest_rows` found, those missing (-1) left out."""
        return [
            [
                self._neighbour(int(row), float(score))
                for row, score in zip(row_list, scores, strict=True)
                if row >= 0
            ]
            for row_list, scores in zip(rows, similarities, strict=True)
        ]

    def _neighbour(self, row: int, similarity: float) -> Neighbour:
        paper = self.papers[row]
        return Neighbour(
            id=paper.id,
            title=paper.title,
            similarity=similarity,
            cells=paper.cells,
            technique=paper.technique,
            provenance=paper.provenance,
            relevant=paper.relevant,
        )

    def without(self, ids: Iterable[str]) -> LabelledLibrary:
        """Give the library without some papers, for evaluation that does not see them."""
        gone = frozenset(ids)
        return self._filtered(lambda paper: paper.id not in gone)

    def where(
        self,
        *,
        split: Split | None = None,
        provenance: Provenance | None = None,
        judged: bool | None = None,
    ) -> LabelledLibrary:
        """Give the papers that meet every condition given.

        Parameters
        ----------
        split : {'train', 'dev'}, optional
            Only gold labels of that set; list-derived papers belong to neither.
        provenance : {'gold', 'list', 'review'}, optional
        judged : bool, optional
            True: relevance is known (0 or 1). False: it is not.
        """
        return self._filtered(
            lambda paper: (
                (split is None or paper.split == split)
                and (provenance is None or paper.provenance == provenance)
                and (judged is None or (paper.relevant >= 0) == judged)
            )
        )

    def _filtered(self, keep: Callable[[LabelledPaper], bool]) -> LabelledLibrary:
        rows = [row for row, paper in enumerate(self.papers) if keep(paper)]
        if len(rows) == len(self.papers):
            return self
        kept = LabelledLibrary.__new__(LabelledLibrary)
        kept.papers = tuple(self.papers[row] for row in rows)
        kept._rows = self._rows[rows]
        kept.title_only = self.title_only[rows]
        kept.encoder_id = self.encoder_id
        kept._index = None  # it would still find the papers that were left out
        kept._row_of = {paper.id: row for row, paper in enumerate(kept.papers)}
        return kept
