"""A corpus of a file, indexed and searched: the way of `litmine search --corpus`.

The index is the very one that papers are searched with, in a folder of its own, and queries are
ranked by the same code; only filters, scopes and the database are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from litmine.index.text import query_weights
from litmine.index.writer import IndexWriter
from litmine.search.engine import rank
from litmine.search.rows import Rows

if TYPE_CHECKING:
    from litmine.encode import Encoder
    from litmine.index.document import Document
    from litmine.index.generation import Generation

__all__ = ["CorpusSearch", "index_corpus"]

_AT_ONCE = 256


def index_corpus(
    folder: Path,
    documents: Sequence[Document],
    encoder: Encoder,
    *,
    progress: Callable[[int], None] | None = None,
) -> Generation:
    """Bring an index into step with a corpus; what is in it already is not encoded again.

    Parameters
    ----------
    folder : Path
        Made if missing.
    progress : callable, optional
        Called with the number of documents done since the last call.
    """
    writer = IndexWriter(folder, encoder.encoder_id, dim=encoder.dim)
    known = writer.fingerprints()
    wanted = {one.id: one.fingerprint for one in documents}
    fresh = [one for one in documents if known.get(one.id) != one.fingerprint]
    if progress is not None:
        progress(len(documents) - len(fresh))
    gone = [one for one in known if one not in wanted]
    return writer.apply(_encoded(fresh, encoder, progress), gone)


def _encoded(
    documents: Sequence[Document], encoder: Encoder, progress: Callable[[int], None] | None
) -> Iterator[tuple[Document, np.ndarray[tuple[int], np.dtype[np.float32]]]]:
    for start in range(0, len(documents), _AT_ONCE):
        part = documents[start : start + _AT_ONCE]
        vectors = encoder.encode([f"{one.title}\n{one.abstract}" for one in part])
        yield from zip(part, vectors, strict=True)
        if progress is not None:
            progress(len(part))


class CorpusSearch:
    """Ranks the documents of one generation of an index.

    Parameters
    ----------
    encoder : Encoder
        The one that the index was made with.
    """

    def __init__(self, generation: Generation, encoder: Encoder) -> None:
        self._rows = Rows.of(generation.segments)
        self._alive = np.concatenate(
            [np.zeros(0, bool), *(segment.alive for segment in generation.segments)]
        )
        self._encoder = encoder

    def run(
        self, queries: Iterable[str], limit: int, *, progress: Callable[[int], None] | None = None
    ) -> Iterator[list[tuple[str, float]]]:
        """Yield for each query its best documents with their scores, best first."""
        for text in queries:
            yield self.search(text, limit)
            if progress is not None:
                progress(1)

    def search(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return the best documents of a plain text; no sign in it is an operator."""
        vector = self._encoder.encode([text])[0]
        words = query_weights(text, self._rows.stats.frequency)
        found = rank(self._rows, words, vector, self._alive, text)
        result = []
        for place, score in zip(found.places[:limit], found.scores[:limit], strict=True):
            number, row = self._rows.owner(int(place))
            result.append((self._rows.segments[number].ids[row], float(score)))
        return result
