"""Bringing the search index into step with the database.

Every sync compares all papers by id and fingerprint: nothing is believed of what was done before,
so a database restored from a backup, an interrupted run or a deleted paper is put right by the next
one. What differs in what is said of it alone (a new model, a new label) keeps its words and its
vector in the index; everything else is written anew.

While papers still await the vectors of a new encoder, the index of the old one is kept in step too,
and readers use it; the sync after the first complete one deletes it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from litmine.core.log import get_logger
from litmine.index.base import Damaged
from litmine.index.generation import SearchIndex
from litmine.index.manifest import encoder_folder, forget_manifest, read_manifest
from litmine.index.writer import IndexWriter
from litmine.search.progress import SilentSync, SyncProgress, SyncReport
from litmine.search.stored import (
    Fingerprints,
    read_documents,
    read_fingerprints,
    read_judgements,
)
from litmine.store import Store
from litmine.store.papers import papers_without_vector
from litmine.store.schema import labels, papers, predictions, vectors

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.index.generation import Generation

__all__ = [
    "SyncProgress",
    "SyncReport",
    "encoder_in_use",
    "index_folder",
    "is_behind",
    "sync",
    "sync_as_set",
]

#: Papers that may still await a vector of a new encoder when its index replaces the old one's.
_AWAITING_SHARE = 0.01
#: An index of up to so many bytes is read through and compared with its checksums every time.
_CHECKED_BYTES = 1_500_000_000
_DEFAULT_DIM = 384  # of the shipped encoder; matters only while there is no vector at all
_T = TypeVar("_T")
_log = get_logger("litmine.search")


@dataclass(frozen=True)
class _Difference:
    added: list[str]
    changed: list[str]
    judged: list[str]
    removed: list[str]


def index_folder(settings: Settings) -> Path:
    """Where the search indexes lie."""
    return settings.cache_dir / "search"


def sync(
    store: Store,
    folder: Path,
    encoder_id: str,
    *,
    model_id: str | None = None,
    earlier: Sequence[str] = (),
    dim: int | None = None,
    progress: SyncProgress | None = None,
    rebuild: bool = False,
    wait: float = 60.0,
) -> SyncReport:
    """Make the index say what the database says.

    Parameters
    ----------
    folder : Path
        Of the indexes, see `index_folder`.
    encoder_id : str
        Whose vectors are wanted.
    model_id : str, optional
        The champion: its predictions count wherever there are any.
    earlier : sequence of str
        Former champions, see `litmine.store.queue.enqueue`.
    dim : int, optional
        Length of a vector, where the database does not have one yet.
    rebuild : bool
        Make everything anew, beside the old index, which stays in use until then.
    wait : float
        Seconds to wait for another sync.

    Raises
    ------
    LeaseHeld
        Another sync is under way, and still was after `wait`.
    StoreError
        The disk is full or the folder cannot be written; the index stays as it was.
    """
    models = tuple(dict.fromkeys([*([model_id] if model_id else []), *earlier]))
    writer = IndexWriter(folder, encoder_id, dim=_dim(store, encoder_id, dim), wait=wait)
    with writer:
        finished = _is_complete(writer.folder)
        others = _complete_others(folder, writer.folder)
        report = _sync(store, writer, models, progress, rebuild=rebuild, replaces=bool(others))
        for other, other_encoder in others:
            if finished and report.complete:
                forget_manifest(other)
                shutil.rmtree(other, ignore_errors=True)
                _log.info("search_index_of_old_encoder_deleted", encoder_id=other_encoder)
            elif not report.complete:
                old = writer.beside(other_encoder, dim=_dim(store, other_encoder, None))
                _sync(store, old, models, progress, rebuild=False, replaces=False)
    return report


def sync_as_set(
    settings: Settings,
    store: Store,
    *,
    progress: SyncProgress | None = None,
    rebuild: bool = False,
    wait: float = 60.0,
) -> SyncReport:
    """Make the index say what the database says, with the encoder and the champion of the settings.

    Raises
    ------
    LeaseHeld, StoreError
        As of `sync`.
    ModelError
        The encoder cannot be used.
    """
    from litmine.classify.registry import champion_order

    order = champion_order(settings)
    return sync(
        store,
        index_folder(settings),
        encoder_in_use(settings),
        model_id=order[0] if order else None,
        earlier=order[1:],
        progress=progress,
        rebuild=rebuild,
        wait=wait,
    )


def encoder_in_use(settings: Settings) -> str:
    """Id of the encoder to search with; loads it only where nothing else tells.

    Raises
    ------
    ModelError
        It cannot be used.
    """
    from litmine.encode import load_search_encoder, search_encoder_id

    spec = settings.models.encoder
    return search_encoder_id(spec) or load_search_encoder(spec).encoder_id


def is_behind(store: Store, index: SearchIndex) -> bool:
    """Tell at little cost whether the database has what the index has not.

    It counts, and looks when a paper changed last; a sync compares everything. Costs some
    milliseconds at 200,000 papers: ask once a minute, not with every query.
    """
    generation = index.current()
    if generation.manifest is None:
        with store.read() as connection:
            tables = (papers, labels)  # the seeded library is there before any paper is pulled
            return any(connection.execute(select(one).limit(1)).first() for one in tables)
    known = generation.manifest.source
    with store.read() as connection:
        return known != _source(connection, generation.encoder_id, known.get("models", ()))


def _sync(
    store: Store,
    writer: IndexWriter,
    models: Sequence[str],
    progress: SyncProgress | None,
    *,
    rebuild: bool,
    replaces: bool,
) -> SyncReport:
    began = time.monotonic()
    told = progress or SilentSync()
    encoder_id = writer.encoder_id
    with writer:
        before = writer.open(verify_up_to=_CHECKED_BYTES)
        because = "it was asked for" if rebuild else writer.rebuilt_because
        if rebuild:
            writer.discard()
            before = writer.generation
        if because is not None:
            _log.info("search_index_rebuilt", encoder_id=encoder_id, reason=because)
        told.start("index")
        with store.read() as connection:
            source = _source(connection, encoder_id, models)
            wanted = read_fingerprints(connection, encoder_id, models)
            complete = not replaces or _mostly_encoded(connection, encoder_id, len(wanted.names))
        found = _compare(before, wanted)
        anew = sorted([*found.added, *found.changed])
        told.start("index", len(anew) + len(found.judged))
        after = writer.apply(
            _counted(read_documents(store, encoder_id, models, anew), told.advance),
            found.removed,
            _counted(read_judgements(store, encoder_id, models, found.judged), told.advance),
            complete=complete,
            source=source,
        )
        after = writer.compact(
            # Nothing more to count, but whoever counts may want to end it.
            lambda ids: _counted(
                read_documents(store, encoder_id, models, ids), lambda _: told.advance(0)
            )
        )
    report = SyncReport(
        encoder_id=encoder_id,
        added=len(found.added),
        changed=len(found.changed),
        judged=len(found.judged),
        removed=len(found.removed),
        papers=after.papers,
        vectors=after.vectors,
        segments=len(after.segments),
        generation=after.number,
        complete=after.complete,
        seconds=time.monotonic() - began,
        rebuilt_because=because,
    )
    told.finish(f"index: {report.summary}")
    return report


def _compare(generation: Generation, wanted: Fingerprints) -> _Difference:
    names, texts = _indexed(generation)
    places = np.searchsorted(names, wanted.names)
    inside = np.zeros(len(places), bool)
    near = places < len(names)
    inside[near] = names[places[near]] == wanted.names[near]
    differs = np.zeros(len(places), bool)
    differs[inside] = texts[places[inside]] != wanted.texts[inside]
    old, new = texts[places[differs]], wanted.texts[differs]
    # The first two of three parts: the paper and its vector.
    rewritten = old.astype("S32") != new.astype("S32")
    ids = wanted.names[differs]
    gone = np.ones(len(names), bool)
    gone[places[inside]] = False
    return _Difference(
        added=_decoded(wanted.names[~inside]),
        changed=_decoded(ids[rewritten]),
        judged=_decoded(ids[~rewritten]),
        removed=_decoded(names[gone]),
    )


def _indexed(generation: Generation) -> tuple[NDArray[np.bytes_], NDArray[np.bytes_]]:
    """Ids and fingerprints of the papers in an index, in order of id."""
    names, texts = [np.empty(0, "S32")], [np.empty(0, "S64")]
    for one in generation.segments:
        names.append(one.ids.names[one.alive])
        texts.append(one.state.fingerprints[one.alive])
    joined = np.concatenate(names)
    order = np.argsort(joined)
    return joined[order], np.concatenate(texts)[order]


def _decoded(names: NDArray[np.bytes_]) -> list[str]:
    return [name.decode() for name in names.tolist()]


def _source(connection: Connection, encoder_id: str, models: Sequence[str]) -> dict[str, Any]:
    """What the database looks like at a glance."""

    def count(table: Any, *conditions: Any) -> int:
        found = connection.execute(select(func.count()).select_from(table).where(*conditions))
        return int(found.scalar_one())

    newest = connection.execute(select(func.max(papers.c.changed_at))).scalar()
    return {
        "papers": count(papers),
        "changed": None if newest is None else newest.isoformat(),
        "vectors": count(vectors, vectors.c.encoder_id == encoder_id),
        "predictions": count(predictions, predictions.c.model_id == next(iter(models), "")),
        "labels": count(labels, labels.c.source != "review"),
        "models": list(models),
    }


def _dim(store: Store, encoder_id: str, given: int | None) -> int:
    with store.read() as connection:
        stored = connection.execute(
            select(vectors.c.dim).where(vectors.c.encoder_id == encoder_id).limit(1)
        ).scalar()
    return int(stored or given or _DEFAULT_DIM)


def _mostly_encoded(connection: Connection, encoder_id: str, count: int) -> bool:
    return len(papers_without_vector(connection, encoder_id)) <= _AWAITING_SHARE * count


def _is_complete(folder: Path) -> bool:
    try:
        manifest = read_manifest(folder)
    except Damaged:
        return False
    return manifest is not None and manifest.complete


def _complete_others(index: Path, own: Path) -> list[tuple[Path, str]]:
    """Folders of other encoders with a complete index, and their encoders."""
    found = []
    for folder in sorted(index.iterdir()) if index.is_dir() else []:
        try:
            manifest = read_manifest(folder) if folder != own and folder.is_dir() else None
        except Damaged:
            continue
        if manifest is None or encoder_folder(index, manifest.encoder_id) != folder:
            continue
        if manifest.complete:
            found.append((folder, manifest.encoder_id))
    return found


def _counted(items: Iterable[_T], advance: Callable[[int], None]) -> Iterator[_T]:
    for item in items:
        yield item
        advance(1)
