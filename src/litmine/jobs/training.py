"""Training a classifier: gather the material, fit, and leave a model folder with its story."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.classify.fusion import labelled_nights
from litmine.classify.gold import NIGHT_CATEGORIES, papers_of_nights
from litmine.classify.registry import Registry
from litmine.classify.train import (
    BASE_RATE,
    FOLDS,
    NIGHT_PAPERS,
    SEED,
    HeadEvidence,
    Night,
    TrainingSet,
    save_classifier,
    train_classifier,
    whole_nights,
)
from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.core.files import atomic_write, sha256_file
from litmine.core.resources import models_dir
from litmine.encode import load_encoder
from litmine.encode.artefact import MANIFEST, Artefact, open_artefact
from litmine.jobs.folder import writing_into
from litmine.jobs.material import (
    DEFAULT_PAPERS,
    HoldBack,
    Labelled,
    Reviewed,
    find_texts,
    gold_records,
    hash_of_ids,
    merge_labels,
    reviewed,
    text_of,
    vectors_of,
)
from litmine.jobs.progress import Progress, SilentProgress
from litmine.store import open_store
from litmine.store.announcements import announced_papers
from litmine.store.papers import get_papers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litmine.classify.library_build import PaperText
    from litmine.core.settings import Settings
    from litmine.encode import Encoder
    from litmine.store import Store

__all__ = ["TRAINED_ON", "TrainingPlan", "papers_trained_on", "train"]

TRAINED_ON = "trained_on.txt"
"""In the model folder: ids of every paper whose label the model has seen, one a line."""

_LEAST_NIGHT = 200
"""Fewer papers of whole nights than this say too little of a night's base rate."""

_STALE = 24 * 3600.0  # seconds after which an unfinished folder is of a run that died


@dataclass(frozen=True)
class TrainingPlan:
    """What to train on and where to leave the model.

    Attributes
    ----------
    labels, papers
        Files of gold labels and of texts; None for those that come with the project.
    encoder
        Encoder; None for that of the settings.
    nights
        First and last of the unlabelled nights that set base rate and thresholds; None for none.
    decisions
        Whether reviewers' decisions are trained on; None: yes, where a database exists and the
        model is a challenger.
    hold_back
        Which decisions are kept for the comparison.
    output
        Folder to write; None: a challenger in the registry.
    """

    labels: Sequence[Path] | None = None
    papers: Sequence[Path] | None = None
    encoder: str | None = None
    nights: tuple[date, date] | None = None
    decisions: bool | None = None
    hold_back: HoldBack = field(default_factory=HoldBack)
    output: Path | None = None


def train(
    settings: Settings,
    plan: TrainingPlan,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Artefact:
    """Train a classifier as planned.

    Raises
    ------
    InputError
        Labels or texts are missing, or too few of them are left.
    StoreError
        Decisions are asked for and there is no database.
    """
    began = time.monotonic()
    clock, progress = clock or SystemClock(), progress or SilentProgress()
    spec = plan.encoder or settings.models.encoder
    with _database(settings, plan) as store:
        labelled, label_facts = _labelled(plan, store, clock)
        encoder = load_encoder(spec, workers=settings.models.threads)
        evidence = _head_evidence(spec)
        vectors = vectors_of(
            encoder,
            labelled.ids,
            labelled.texts,
            store=store,
            progress=progress,
            what="labelled papers",
        )
        data = TrainingSet(
            labelled.records,
            [t.title for t in labelled.texts],
            [t.abstract for t in labelled.texts],
            vectors,
        )
        night, night_facts = _night(plan, encoder, data, evidence, store, progress)
    progress.start("fit")
    from threadpoolctl import threadpool_limits

    # Hundreds of small fits: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1):
        trained = train_classifier(data, encoder.encoder_id, evidence, night)
    progress.finish(f"fit: words, fusion and thresholds on {len(data.ids)} papers")
    # Through the encoder the model has seen labels that are none of today's, too.
    seen = sorted(
        {*data.ids, *(evidence.ids if evidence else ()), *(evidence.seen if evidence else ())}
    )
    facts = {
        "made": clock.now().isoformat(timespec="seconds"),
        "labels": len(data.ids),
        "relevant": int(trained.targets[:, 0].sum()),
        **label_facts,
        "trained_on": len(seen),
        "trained_on_sha256": hash_of_ids(seen),
        "base_rate": BASE_RATE,
        **night_facts,
        "folds": FOLDS,
        "seed": SEED,
        "seeds": {"folds": SEED, "papers_of_nights": SEED},
        "head": "trained with the encoder" if evidence else "linear probe",
        "hardware": _hardware(),
        "seconds": round(time.monotonic() - began, 1),
    }
    if plan.output is not None:
        with writing_into(plan.output):
            return _save(trained.classifier, plan.output, seen, facts)
    registry = Registry.of(settings)
    with writing_into(registry.folder):
        return _save_challenger(trained.classifier, registry, seen, facts)


@contextmanager
def _database(settings: Settings, plan: TrainingPlan) -> Iterator[Store | None]:
    """The database where there is one and it is wanted.

    A model that goes to a folder of its own is built from files alone, unless decisions are asked
    for: the shipped one must not depend on whose machine builds it.
    """
    from sqlalchemy import make_url

    url = make_url(settings.database)
    exists = url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
    # A challenger trained without decisions still finds texts and vectors there.
    wanted = bool(plan.decisions) or (plan.output is None and exists)
    opened = open_store(settings.database, must_exist=True) if wanted else nullcontext(None)
    with opened as store:
        yield store


def _labelled(
    plan: TrainingPlan, store: Store | None, clock: Clock
) -> tuple[Labelled, dict[str, Any]]:
    """Label records with texts, and what to tell of them."""
    gold, sources, complete = gold_records(plan.labels)
    found = Reviewed((), (), {})
    if store is not None and plan.decisions is not False:
        with store.read() as connection:
            found = reviewed(connection, plan.hold_back, clock.now())
    records = merge_labels(gold, found.used, found.held)
    # What is stored of a withdrawn paper may be the notice; its gold label is of the text before.
    texts = {i: text_of(paper) for i, paper in found.papers.items() if not paper.withdrawn}
    texts |= find_texts([r["id"] for r in records if r["id"] not in texts], plan.papers, store)
    missing = [r["id"] for r in records if r["id"] not in texts]
    if missing and complete:
        raise InputError(
            f"{len(missing)} papers of {', '.join(sources)} have no text, {missing[0]} for one: "
            "give --papers the files that hold them"
        )
    kept = [r for r in records if r["id"] in texts]
    relevant = sum(bool(r["relevant"]) for r in kept)
    if min(relevant, len(kept) - relevant) < 10:
        raise InputError(
            f"training needs at least ten relevant and ten other papers with texts; there are "
            f"{relevant} and {len(kept) - relevant}"
            + (
                f", and {len(missing)} papers of {', '.join(sources)} without: give --labels and "
                "--papers, fetch texts with `litmine ingest ids`, or review more papers"
                if missing
                else ": give more --labels, or review more papers"
            )
        )
    facts: dict[str, Any] = {"label_sources": sources}
    if plan.labels is not None and len(plan.labels) == 1:
        facts["labels_sha256"] = sha256_file(plan.labels[0])
    if missing:
        facts["labels_without_text"] = len(missing)
    facts["decisions"] = _decision_facts(found, records, plan.hold_back)
    return Labelled(kept, [texts[r["id"]] for r in kept]), facts


def _decision_facts(
    found: Reviewed, records: Sequence[Mapping[str, Any]], hold_back: HoldBack
) -> dict[str, Any]:
    used = {d.arxiv_id for d in found.used} & {r["id"] for r in records}
    facts: dict[str, Any] = {
        "used": len(used),
        "used_sha256": hash_of_ids(sorted(used)),
        "held_back": len(found.held),
        "held_back_sha256": hash_of_ids([d.arxiv_id for d in found.held]),
        "rule": f"the newest: of {hold_back.days} days or {hold_back.share:.0%} of all, "
        "whichever are fewer",
        "cutoff": found.held[0].decided_at.isoformat() if found.held else None,
    }
    return facts


def _night(
    plan: TrainingPlan,
    encoder: Encoder,
    data: TrainingSet,
    evidence: HeadEvidence | None,
    store: Store | None,
    progress: Progress,
) -> tuple[Night | None, dict[str, Any]]:
    """Papers of whole nights: of the files where there are any, else of the database.

    None are needed where enough nights are labelled.
    """
    marked = _labelled_nights(data, evidence)
    if marked:
        return None, marked
    if plan.nights is None:
        return None, {"nights": None, "papers_of_nights": 0}
    first, last = plan.nights
    source = plan.papers[0] if plan.papers else DEFAULT_PAPERS
    ids: Sequence[str]
    texts: Sequence[PaperText]
    if plan.papers or source.is_file():
        ids, texts = papers_of_nights(source, first, last, count=NIGHT_PAPERS, seed=SEED)
        said = f"{first}..{last}"
    else:
        ids, texts = _stored_night(store)
        said = "the newest announced papers of the database"
        if len(ids) < _LEAST_NIGHT:
            return None, {"nights": None, "papers_of_nights": 0}
    vectors = vectors_of(
        encoder, ids, texts, store=store, progress=progress, what="papers of whole nights"
    )
    night = Night(ids, [t.title for t in texts], [t.abstract for t in texts], vectors, data.vectors)
    return night, {"nights": said, "papers_of_nights": len(ids)}


def _labelled_nights(data: TrainingSet, evidence: HeadEvidence | None) -> dict[str, Any]:
    """What to tell of the labelled nights that set biases and thresholds; empty when none do."""
    seen = evidence.seen if evidence is not None else frozenset()
    honest = np.array([arxiv_id not in seen for arxiv_id in data.ids])
    whole = whole_nights(data.labels, honest)
    relevant = np.array([bool(label["relevant"]) for label in data.labels])
    if not labelled_nights(whole, relevant[:, None].astype(np.float32)):
        return {}
    nights = sorted({str(label["night"]) for label, k in zip(data.labels, whole, strict=True) if k})
    return {
        "nights": f"{nights[0]}..{nights[-1]}",
        "labelled_nights": nights,
        "papers_of_nights": int(whole.sum()),
        "base_rate": round(float(relevant[whole].mean()), 4),
    }


def _stored_night(store: Store | None) -> tuple[list[str], list[PaperText]]:
    if store is None:
        return [], []
    with store.read() as connection:
        ids = announced_papers(connection, 4 * NIGHT_PAPERS)
        papers = get_papers(connection, ids)
    fitting = [papers[i] for i in ids if NIGHT_CATEGORIES & set(papers[i].categories)]
    newest = sorted(fitting[:NIGHT_PAPERS], key=lambda paper: paper.arxiv_id)
    return [p.arxiv_id for p in newest], [text_of(p) for p in newest]


def _head_evidence(spec: str) -> HeadEvidence | None:
    folder = models_dir() / "encoder" if spec == "default" else Path(spec)
    if not (folder / MANIFEST).is_file():
        return None
    return HeadEvidence.load(open_artefact(folder, "encoder"))


def papers_trained_on(folder: Path) -> frozenset[str]:
    """Ids in the `TRAINED_ON` list of a model folder; none where it has no such list."""
    path = folder / TRAINED_ON
    return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else frozenset()


def _save(classifier: Any, folder: Path, seen: Sequence[str], facts: dict[str, Any]) -> Artefact:
    # The list first: a folder with a manifest is complete.
    atomic_write(folder / TRAINED_ON, "".join(f"{i}\n" for i in seen))
    return save_classifier(classifier, folder, facts=facts)


def _save_challenger(
    classifier: Any, registry: Registry, seen: Sequence[str], facts: dict[str, Any]
) -> Artefact:
    """Save under the model's own id, which is known only once its files are written."""
    registry.folder.mkdir(parents=True, exist_ok=True)
    for left in registry.folder.glob(".new-*"):
        if time.time() - left.stat().st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)
    new = registry.folder / f".new-{secrets.token_hex(6)}"
    try:
        made = _save(classifier, new, seen, facts)
        folder = registry.folder / made.artefact_id
        if folder.exists() and not _sound(folder):
            shutil.rmtree(folder)  # the same model, damaged since: training again mends it
        if not folder.exists():
            os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return registry.open(made.artefact_id)


def _sound(folder: Path) -> bool:
    try:
        open_artefact(folder, "classifier")
    except ArtefactMismatch:
        return False
    return True


def _hardware() -> dict[str, Any]:
    """The machine, as far as it says what a training run costs."""
    name = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        pass  # not Linux, or a processor that Linux does not name
    return {
        "processor": name or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "system": platform.system(),
        "python": platform.python_version(),
    }
