"""Having papers judged again by the present champion: asked for, slice by slice, resumable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from litmine.core.clock import Clock, SystemClock
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.judge import classify_papers, encode_papers, screen_papers
from litmine.jobs.lease import held_lease
from litmine.jobs.nightly import Models, load_models, new_run_id
from litmine.jobs.progress import Progress, SilentProgress
from litmine.jobs.publish.outputs import write_lists
from litmine.jobs.seed import library_from_store, seed_library
from litmine.store import open_store
from litmine.store.papers import get_papers, papers_to_judge_again
from litmine.store.queue import enqueue
from litmine.store.sql import batched
from litmine.store.vectors import encoded_hashes

__all__ = ["Reclassified", "reclassify"]


@dataclass(frozen=True, slots=True)
class Reclassified:
    """What a call did.

    Attributes
    ----------
    model_id
        The champion that judged.
    judged, left
        Papers judged by this call, and those that still await it.
    added, rescored
        Papers that entered the queue, and waiting ones whose score changed.
    files
        Lists that changed.
    """

    model_id: str
    judged: int
    left: int
    added: int
    rescored: int
    files: tuple[str, ...]


def reclassify(
    settings: Settings,
    *,
    since: date | None = None,
    limit: int | None = None,
    waiting_only: bool = False,
    clock: Clock | None = None,
    progress: Progress | None = None,
    models: Models | None = None,
) -> Reclassified:
    """Have papers that others judged judged by the champion, the newest first.

    What remains is what the database holds no such prediction of, so a call that was killed is
    taken up by the next one, and a call after the last finds nothing to do. The predictions of the
    other models stay.

    Parameters
    ----------
    since : date, optional
        Only papers first submitted on this day or later.
    limit : int, optional
        At most so many papers in this call.
    waiting_only : bool
        Only papers that wait for a reviewer.

    Raises
    ------
    StoreError
        There is no database.
    LeaseHeld
        A nightly run or another such call is under way.
    ModelError
        The champion cannot be used.
    """
    clock = clock or SystemClock()
    with open_store(settings.database, must_exist=True) as store, held_lease(store, clock) as lease:
        context = RunContext(
            settings,
            store,
            clock,
            progress or SilentProgress(),
            lease,
            run_id=new_run_id(clock.now()),
        )
        models = models or load_models(settings)
        classifier, encoder = models.classifier, models.encoder

        def remaining() -> list[str]:
            with store.read() as connection:
                return papers_to_judge_again(
                    connection, classifier.model_id, since=since, waiting_only=waiting_only
                )

        ids = remaining()[:limit]
        judged = 0
        if ids:
            seed_library(context, encoder.encoder_id)
            # Also papers that the first stage of another model dropped before they had a vector.
            bare = []
            with store.read() as connection:
                for part in batched(ids):  # never the texts of a whole archive at once
                    papers = get_papers(connection, part)
                    encoded = encoded_hashes(connection, encoder.encoder_id, part)
                    bare += [i for i in part if encoded.get(i) != papers[i].content_hash]
            gone = set(screen_papers(context, classifier, bare))
            bare = [i for i in bare if i not in gone]
            if bare:
                encode_papers(context, encoder, bare)
            library = library_from_store(context, encoder.encoder_id)
            rest = [i for i in ids if i not in gone]
            judged = len(gone) + classify_papers(context, classifier, library, rest, encoder)
        with context.write() as connection:
            added, rescored = enqueue(
                connection,
                classifier.model_id,
                settings.queue.min_relevance,
                clock.now(),
                models.earlier,
            )
        files = tuple(str(path) for path in write_lists(context))
        return Reclassified(classifier.model_id, judged, len(remaining()), added, rescored, files)
