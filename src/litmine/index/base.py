"""What every index promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike


class Damaged(Exception):
    """Files of an index are missing, cut off or not what they claim; the message says which.

    No user meets it: indexes are made from the database, so whoever opens one builds it again.
    """


class VectorIndex(Protocol):
    """Nearest papers by cosine similarity, each arXiv id at most once.

    An index holds vectors of one encoder only: `encoder_id` says which.
    """

    @property
    def encoder_id(self) -> str:
        """The encoder whose vectors it holds."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def __len__(self) -> int:
        """Number of papers."""
        ...

    def __contains__(self, arxiv_id: object) -> bool:
        """Tell whether a paper is in the index."""
        ...

    def add(self, ids: Sequence[str], vectors: ArrayLike) -> None:
        """Put papers in; an id that is there already gets the new vector.

        Parameters
        ----------
        ids : sequence of str, length n
            If an id stands here twice, its last row counts.
        vectors : array_like, shape (n, dim)
            Scaled to unit length.

        Raises
        ------
        InputError
            If the shapes disagree or a vector is not finite; the index is then unchanged.
        """
        ...

    def remove(self, ids: Iterable[str]) -> int:
        """Take papers out and return how many were there; unknown ids are passed over."""
        ...

    def search(self, vectors: ArrayLike, k: int) -> tuple[list[list[str]], list[list[float]]]:
        """Find the `k` most similar papers of each vector.

        Returns
        -------
        ids : list of list of str
            Most similar first; fewer than `k` only if the index holds fewer.
        similarities : list of list of float
            Cosine rounded to 4 decimals. Equal similarities stand in order of id.
        """
        ...
