"""What an evaluation reads: labelled papers, whole nights, vectors, and opinions about them."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from litmine.classify.fusion import labelled_nights, night_weights
from litmine.classify.labels import Outputs
from litmine.classify.library import LabelledLibrary
from litmine.classify.library_build import PaperText
from litmine.classify.model import Classifier
from litmine.classify.opinions import HeadEvidence
from litmine.core.files import atomic_write
from litmine.encode.base import Encoder

__all__ = ["Bench", "Papers", "VectorCache", "dates_of", "known_vectors"]

_OLD_STYLE = re.compile(r"^[a-z-]+(?:\.[A-Z]{2})?/(\d{2})(\d{2})\d{3}$")
_NEW_STYLE = re.compile(r"^(\d{2})(\d{2})\.\d{4,5}$")


class Meter(Protocol):
    """Progress of an encoding; `litmine.cli.common.TerminalProgress` for one."""

    def start(self, stage: str, total: int | None = None) -> None: ...
    def advance(self, count: int = 1) -> None: ...
    def finish(self, summary: str) -> None: ...


@dataclass(frozen=True)
class Papers:
    """Papers with their texts and, where needed, vectors in the same order."""

    ids: Sequence[str]
    texts: Sequence[PaperText]
    vectors: NDArray[np.float32] | None = None

    @property
    def lines(self) -> list[str]:
        """Title and abstract, as encoders read them."""
        return [f"{t.title}\n{t.abstract}" for t in self.texts]

    def rows(self, rows: NDArray[Any]) -> Papers:
        """Some of the papers."""
        return Papers(
            [self.ids[int(i)] for i in rows],
            [self.texts[int(i)] for i in rows],
            None if self.vectors is None else self.vectors[rows],
        )


@dataclass(frozen=True)
class Bench:
    """One evaluation: the model, what it was trained on and what it is asked.

    Attributes
    ----------
    classifier, library
        The model, and the labelled library without any paper under test.
    known, known_labels
        The training labels.
    test, gold
        The papers under test, with vectors, and their labels.
    nights
        The night of each paper under test.
    others
        Unlabelled papers of whole nights before them, for base rate and thresholds where the
        training labels hold no whole nights.
    evidence
        What the encoder said out of fold about papers it was taught with; None when it has none.
    base_rate, seed
        Share of relevant papers on a night; seed of folds and draws.
    fold
        Held-out fold of each paper of `known`.
    """

    classifier: Classifier
    library: LabelledLibrary
    known: Papers
    known_labels: Sequence[dict[str, Any]]
    test: Papers
    gold: Sequence[dict[str, Any]]
    nights: NDArray[np.str_]
    others: Papers
    evidence: HeadEvidence | None
    base_rate: float
    seed: int
    fold: NDArray[np.int64]

    @property
    def outputs(self) -> Outputs:
        """What the columns of targets mean."""
        return self.classifier.outputs

    @property
    def targets(self) -> NDArray[np.float32]:
        """(known, outputs)."""
        return self.outputs.matrix(self.known_labels)

    @property
    def whole(self) -> NDArray[np.bool_]:
        """(known,): papers of whole labelled nights."""
        return np.array([bool(label.get("night")) for label in self.known_labels])

    @property
    def has_nights(self) -> bool:
        """Whether the training labels hold enough of whole nights to set base rate and cuts."""
        return labelled_nights(self.whole, self.targets)

    @property
    def weights(self) -> NDArray[np.float64]:
        """(known,): under these the training labels have the base rate of a night."""
        if self.has_nights:
            return self.whole.astype(np.float64)
        return night_weights(self.targets[:, 0] > 0, self.base_rate)

    @property
    def truth(self) -> NDArray[np.bool_]:
        """(test, outputs)."""
        return self.outputs.matrix(self.gold) > 0

    @property
    def techniques(self) -> list[tuple[str, ...]]:
        """Gold techniques of the papers under test."""
        return [tuple(label.get("technique", ())) for label in self.gold]


class VectorCache:
    """Vectors by encoder and text, kept in a folder when there is one, as half-precision numbers.

    Half precision is how the store keeps vectors, so a second run gives the same figures.
    """

    def __init__(self, folder: Path | None, meter: Meter) -> None:
        self._folder = folder
        self._meter = meter

    def of(self, encoder: Encoder, lines: Sequence[str], what: str) -> NDArray[np.float32]:
        """(texts, dim) vectors; texts met before are not encoded again."""
        keys = [hashlib.sha256(line.encode()).hexdigest()[:24] for line in lines]
        kept = self._read(encoder)
        missing = [i for i, key in enumerate(keys) if key not in kept]
        if missing:
            self._meter.start("encode", len(missing))
            new = encoder.encode([lines[i] for i in missing], progress=self._meter.advance)
            kept |= {keys[i]: row for i, row in zip(missing, new.astype(np.float16), strict=True)}
            self._meter.finish(f"encode: {len(missing)} {what} with {encoder.encoder_id}")
            self._write(encoder, kept)
        if not lines:
            return np.zeros((0, encoder.dim), np.float32)
        return np.stack([kept[key] for key in keys]).astype(np.float32)

    def _path(self, encoder: Encoder) -> Path | None:
        if self._folder is None:
            return None
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", encoder.encoder_id)
        return self._folder / f"vectors-{name}.npz"

    def _read(self, encoder: Encoder) -> dict[str, NDArray[np.float16]]:
        path = self._path(encoder)
        if path is None or not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["encoder_id"]) != encoder.encoder_id:
                return {}
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def _write(self, encoder: Encoder, kept: Mapping[str, NDArray[np.float16]]) -> None:
        path = self._path(encoder)
        if path is None:
            return
        buffer = io.BytesIO()
        np.savez(
            buffer,
            encoder_id=np.array(encoder.encoder_id),
            keys=np.array(list(kept)),
            vectors=np.stack(list(kept.values())),
        )
        atomic_write(path, buffer.getvalue())


def known_vectors(
    library: LabelledLibrary, papers: Papers, encode: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Vectors of labelled papers: from the library where it has them, else encoded."""
    row_of = {i: row for row, i in enumerate(library.ids) if not library.title_only[row]}
    missing = [place for place, i in enumerate(papers.ids) if i not in row_of]
    vectors = np.zeros((len(papers.ids), library.dim), np.float32)
    stored = library.vectors
    for place, arxiv_id in enumerate(papers.ids):
        if arxiv_id in row_of:
            vectors[place] = stored[row_of[arxiv_id]]
    lines = papers.lines
    vectors[missing] = encode([lines[i] for i in missing])
    return vectors


def dates_of(ids: Sequence[str], sources: Sequence[Path]) -> tuple[list[str], int]:
    """Days of submission (YYYY-MM-DD) from Parquet files, and for how many none was found.

    Those get the middle of the month that their id names.
    """
    from pyarrow import parquet

    found: dict[str, str] = {}
    wanted = set(ids)
    for path in sources:
        if path.suffix != ".parquet":
            continue
        schema = parquet.read_schema(path).names
        if not {"arxiv_id", "published"} <= set(schema):
            continue
        table = parquet.read_table(path, columns=["arxiv_id", "published"])
        for row in table.to_pylist():
            if row["arxiv_id"] in wanted and row["published"]:
                found[row["arxiv_id"]] = str(row["published"])[:10]
    return [found.get(i) or _month_of(i) for i in ids], sum(i not in found for i in ids)


def _month_of(arxiv_id: str) -> str:
    match = _NEW_STYLE.match(arxiv_id) or _OLD_STYLE.match(arxiv_id)
    if match is None:
        return "1991-01-01"
    year, month = int(match[1]), match[2]
    return f"{1900 + year if year > 90 else 2000 + year}-{month}-15"
