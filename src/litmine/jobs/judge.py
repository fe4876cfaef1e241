"""Encoding and classifying what has not been judged yet, in slices committed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from litmine.jobs.context import RunContext
from litmine.store.papers import (
    get_papers,
    papers_without_prediction,
    papers_without_vector,
)
from litmine.store.predictions import StoredPrediction, put_predictions
from litmine.store.sql import batched
from litmine.store.vectors import encoded_hashes, get_vectors, put_vectors

if TYPE_CHECKING:
    from litmine.classify.library import LabelledLibrary, Neighbour
    from litmine.classify.model import Classifier, Prediction
    from litmine.core.paper import Paper
    from litmine.encode import Encoder

__all__ = [
    "classify_papers",
    "classify_pending",
    "encode_papers",
    "encode_pending",
    "screen_papers",
    "screen_pending",
]

#: Papers a transaction: a kill costs at most this much work again.
_SLICE = 64

#: The same for the first stage, which reads thousands of papers a second.
_SCREENED = 2000


def encode_pending(context: RunContext, encoder: Encoder) -> int:
    """Encode every paper whose present text has no vector; return how many."""
    with context.store.read() as connection:
        ids = papers_without_vector(connection, encoder.encoder_id)
    return encode_papers(context, encoder, ids)


def encode_papers(context: RunContext, encoder: Encoder, ids: Sequence[str]) -> int:
    """Encode the present texts of some papers; return how many."""
    context.progress.start("encode", len(ids))
    done = 0
    for part in batched(ids, _SLICE):
        with context.store.read() as connection:
            papers = list(get_papers(connection, part).values())
        vectors = encoder.encode([p.text for p in papers])
        with context.write() as connection:
            put_vectors(
                connection,
                encoder.encoder_id,
                [p.arxiv_id for p in papers],
                [p.content_hash for p in papers],
                vectors,
            )
        done += len(papers)
        context.progress.advance(len(papers))
    return done


def screen_pending(context: RunContext, classifier: Classifier) -> int:
    """Let the first stage drop new papers where there are many; return how many it dropped."""
    with context.store.read() as connection:
        ids = papers_without_prediction(connection)
    return len(screen_papers(context, classifier, ids))


def screen_papers(context: RunContext, classifier: Classifier, ids: Sequence[str]) -> list[str]:
    """Let the first stage drop papers where there are many; return those it dropped.

    Counted is what is still unjudged: after a kill the rest may be few enough to be read in full.
    A night is read in full: encoding it takes seconds and loses nothing. A backlog of many
    thousands goes through the cascade.
    """
    if classifier.first_stage is None or len(ids) < context.settings.models.cascade_from:
        return []
    context.progress.start("screen", len(ids))
    gone: list[str] = []
    for part in batched(ids, _SCREENED):
        with context.store.read() as connection:
            papers = list(get_papers(connection, part).values())
        low = classifier.screen(papers)
        said = [
            (paper, classifier.dropped(paper, relevance))
            for paper, relevance in zip(papers, low.tolist(), strict=True)
            if relevance == relevance  # not NaN: those go on
        ]
        with context.write() as connection:
            put_predictions(connection, [_stored(paper, judged, 0) for paper, judged in said])
        gone += [paper.arxiv_id for paper, _ in said]
        context.progress.advance(len(papers))
    return gone


def classify_pending(
    context: RunContext,
    classifier: Classifier,
    library: LabelledLibrary,
    encoder: Encoder | None = None,
) -> int:
    """Judge every encoded paper that no model has judged at its present text; return how many.

    What an earlier champion judged stays judged: `litmine models reclassify` is the way to have it
    judged again.
    """
    with context.store.read() as connection:
        ids = papers_without_prediction(connection, classifier.encoder_id)
    return classify_papers(context, classifier, library, ids, encoder)


def classify_papers(
    context: RunContext,
    classifier: Classifier,
    library: LabelledLibrary,
    ids: Sequence[str],
    encoder: Encoder | None = None,
) -> int:
    """Judge some papers, those whose present text has a vector; return how many.

    The vectors come back from the database, as float16: a resumed run sees the same numbers as a
    clean one. With an encoder, and unless the settings say otherwise, evidence is kept as well.
    """
    context.progress.start("classify", len(ids))
    done = 0
    for part in batched(ids, _SLICE):
        with context.store.read() as connection:
            found = get_papers(connection, part)
            # A text that changed meanwhile (an ingest needs no lease) waits for its own vector.
            encoded = encoded_hashes(connection, classifier.encoder_id, part)
            ready = [i for i in part if i in encoded and encoded[i] == found[i].content_hash]
            order, vectors = get_vectors(connection, classifier.encoder_id, ready)
        papers = [found[i] for i in order]
        judged = classifier.predict(papers, vectors, library)
        if encoder is not None and context.settings.models.evidence:
            judged = classifier.account(judged, papers, vectors, library, encoder)
        kept = context.settings.queue.neighbours
        with context.write() as connection:
            put_predictions(
                connection,
                [_stored(paper, said, kept) for paper, said in zip(papers, judged, strict=True)],
            )
        done += len(papers)
        context.progress.advance(len(papers))
    return done


def _stored(paper: Paper, prediction: Prediction, neighbours: int) -> StoredPrediction:
    return StoredPrediction(
        arxiv_id=paper.arxiv_id,
        model_id=prediction.model_id,
        content_hash=paper.content_hash,
        relevance=prediction.relevance,
        cells=prediction.cells,
        assigned=prediction.assigned,
        techniques=prediction.techniques,
        technique=prediction.technique,
        neighbours=_plain(prediction.neighbours[:neighbours]),
        relevant=-1 if prediction.relevant is None else int(prediction.relevant),
        possible=prediction.possible,
        decided_by=prediction.decided_by,
        evidence=prediction.evidence,
    )


def _plain(neighbours: Sequence[Neighbour]) -> tuple[dict[str, object], ...]:
    return tuple(
        {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(n).items()}
        for n in neighbours
    )
