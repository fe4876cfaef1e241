"""Putting the corpus's labelled library into the database, once for each version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litmine.classify.library import LabelledLibrary, LabelledPaper
from litmine.classify.library_files import FACTS_FILE, VECTORS_FILE
from litmine.core.errors import ArtefactMismatch
from litmine.core.log import get_logger
from litmine.jobs.context import RunContext
from litmine.store.labels import (
    StoredLabel,
    all_labels,
    corpus_fingerprint,
    finish_corpus,
    put_labels,
)
from litmine.store.meta import get_meta, put_meta
from litmine.store.vectors import get_vectors, put_vectors

if TYPE_CHECKING:
    from litmine.index.base import VectorIndex

__all__ = [
    "corpus_files_fingerprint",
    "library_from_store",
    "seed_library",
    "seed_search_vectors",
]

_log = get_logger(__name__)

#: Labels a transaction: all of them at once keep reviewers waiting for half a second.
_SLICE = 400

_SEARCH_KEY = "search_vectors_fingerprint"


def corpus_files_fingerprint() -> str:
    """Hex sha256 over both files of the shipped library."""
    import hashlib

    from litmine.core.files import sha256_file
    from litmine.core.resources import corpus_dir

    try:
        parts = [sha256_file(corpus_dir() / name) for name in (FACTS_FILE, VECTORS_FILE)]
    except OSError as error:
        raise ArtefactMismatch(
            f"the labelled library cannot be read ({error.strerror}: {error.filename}): "
            "reinstall litmine or run litmine library build"
        ) from error
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def seed_library(context: RunContext, encoder_id: str) -> int:
    """Bring the database's gold and list labels up to date with the corpus.

    Returns the number of labels written: 0 when they were already there. Vectors that the nightly
    run made from full abstracts are kept. A run that is killed here begins again at the start.
    """
    fingerprint = f"{corpus_files_fingerprint()}:{encoder_id}"
    with context.store.read() as connection:
        if corpus_fingerprint(connection) == fingerprint:
            return 0
    library = LabelledLibrary.from_corpus(encoder_id=encoder_id)
    labels = [
        StoredLabel(
            arxiv_id=paper.id,
            source=paper.provenance,
            title=paper.title,
            published=paper.date,
            relevant=paper.relevant,
            cells=paper.cells,
            weak_stages=paper.weak_stages,
            technique=paper.technique,
            split=paper.split,
            lists=paper.lists,
        )
        for paper in library.papers
    ]
    for start in range(0, len(labels), _SLICE):
        part = slice(start, start + _SLICE)
        with context.write() as connection:
            put_labels(connection, labels[part])
            put_vectors(
                connection,
                encoder_id,
                library.ids[part],
                [None] * len(labels[part]),
                library.vectors[part],
                keep_existing=True,
            )
    with context.write() as connection:
        finish_corpus(connection, {(one.arxiv_id, one.source) for one in labels}, fingerprint)
    _log.info("library_seeded", labels=len(labels))
    return len(labels)


def seed_search_vectors(context: RunContext, encoder_id: str) -> int:
    """Store the corpus's vectors to search with, where papers have none; return how many there are.

    Nothing is stored when the corpus was encoded by another encoder: those papers are then found
    by the words of their titles.
    """
    from litmine.classify.library_files import read_facts
    from litmine.classify.library_search import SEARCH_FILE, read_search_vectors
    from litmine.core.files import sha256_file
    from litmine.core.resources import corpus_dir

    path = corpus_dir() / SEARCH_FILE
    if not path.is_file():
        return 0
    fingerprint = f"{sha256_file(path)}:{encoder_id}"
    with context.store.read() as connection:
        if get_meta(connection, _SEARCH_KEY) == fingerprint:
            return 0
    papers = read_facts(corpus_dir() / FACTS_FILE)
    ids, vectors, made_by = read_search_vectors(path, papers)
    if made_by != encoder_id:
        return 0
    for start in range(0, len(ids), _SLICE):
        part = slice(start, start + _SLICE)
        with context.write() as connection:
            put_vectors(
                connection,
                encoder_id,
                ids[part],
                [None] * len(ids[part]),
                vectors[part],
                keep_existing=True,
            )
    with context.write() as connection:
        put_meta(connection, _SEARCH_KEY, fingerprint)
    return len(ids)


def library_from_store(context: RunContext, encoder_id: str) -> LabelledLibrary:
    """Build the library of judged papers from the database: corpus and reviewers' decisions.

    Papers that stand in public lists without a judgement neither vote nor serve as evidence.
    """
    with context.store.read() as connection:
        labels = {label.arxiv_id: label for label in all_labels(connection) if label.relevant >= 0}
        ids, vectors = get_vectors(connection, encoder_id, sorted(labels))
    papers = [
        LabelledPaper(
            id=i,
            title=labels[i].title,
            date=labels[i].published,
            relevant=labels[i].relevant,
            cells=labels[i].cells,
            weak_stages=labels[i].weak_stages,
            technique=labels[i].technique,
            provenance=labels[i].source,  # type: ignore[arg-type]  # held by a check constraint
            split=labels[i].split,  # type: ignore[arg-type]
            lists=labels[i].lists,
        )
        for i in ids
    ]
    library = LabelledLibrary(papers, vectors, encoder_id)
    if len(library):
        library.attach(_index(context, library))
    return library


def _index(context: RunContext, library: LabelledLibrary) -> VectorIndex:
    import hashlib

    from litmine.index.cache import open_or_build

    fingerprint = hashlib.sha256("\n".join(library.ids).encode())
    fingerprint.update(library.vectors.tobytes())
    return open_or_build(
        context.settings.cache_dir / "labelled" / library.encoder_id,
        library.encoder_id,
        fingerprint.hexdigest(),
        lambda: [(library.ids, library.vectors)],
        dim=library.dim,
        threads=context.settings.models.threads or 1,
    )
