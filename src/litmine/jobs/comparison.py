"""Comparing a challenger with the champion, on gold labels and on recent decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.classify.baselines import Scores
from litmine.classify.compare import (
    Rules,
    Truth,
    compare,
    conclude,
    render_report,
    scores_of,
)
from litmine.classify.library import LabelledLibrary
from litmine.classify.library_build import PaperText
from litmine.classify.model import Classifier
from litmine.classify.records import TextRecord
from litmine.classify.registry import REPORTS, SHIPPED, Registry
from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.core.files import atomic_write
from litmine.core.taxonomy import load_taxonomy
from litmine.encode import load_encoder
from litmine.encode.training.data import read_labels
from litmine.jobs.context import RunContext
from litmine.jobs.folder import writing_into
from litmine.jobs.material import (
    HoldBack,
    as_label,
    find_texts,
    hash_of_ids,
    reviewed,
    text_of,
    vectors_of,
)
from litmine.jobs.progress import Progress, SilentProgress
from litmine.jobs.seed import library_from_store
from litmine.jobs.training import TRAINED_ON
from litmine.store import Store, open_store
from litmine.store.labels import corpus_fingerprint

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.encode import Encoder

__all__ = ["DEFAULT_GOLD", "Comparison", "Gold", "compare_models"]

DEFAULT_GOLD = Path("../shared/labels/dev.jsonl")
_MOST_DECISIONS = 2000
_SEEN = "that the challenger was trained on"
_SEEN_BY_CHAMPION = "that the champion was trained on"


@dataclass(frozen=True)
class Gold:
    """Gold labels to compare on: a label file, and files with its texts (None: the project's)."""

    labels: Path
    papers: Sequence[Path] | None = None


@dataclass(frozen=True)
class Comparison:
    """A comparison report and where it lies.

    Attributes
    ----------
    report
        As `litmine.classify.compare` describes it, with ``champion``, ``challenger`` and ``made``.
    path
        The Markdown file; the JSON file stands beside it.
    """

    report: dict[str, Any]
    path: Path

    @property
    def not_worse(self) -> bool:
        """Whether the challenger may replace the champion."""
        return bool(self.report["not_worse"])


def compare_models(
    settings: Settings,
    name: str,
    *,
    gold: Gold | None = None,
    rules: Rules | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare a model with the champion on gold labels and on recent decisions.

    Papers that either model is known to have been trained on are left out. The decisions are the
    newest that stand, those held back at training and those taken since.

    Parameters
    ----------
    name
        Id of the challenger, the start of it, or ``shipped``.
    gold
        None: the gold labels that come with the project, where they are there.

    Raises
    ------
    NotFound
        There is no such model.
    InputError
        It is the champion already, or a file cannot be read.
    ModelError
        A model is damaged, or made for another encoder.
    """
    clock, progress, rules = clock or SystemClock(), progress or SilentProgress(), rules or Rules()
    registry = Registry.of(settings)
    challenger, champion = registry.find(name), registry.current()
    if challenger == champion:
        raise InputError(f"{challenger} is the champion already; there is nothing to compare")
    with open_store(settings.database) as store:
        bench = _Bench(settings, store, registry, champion, challenger, rules, progress)
        parts = {"gold": bench.on_gold(gold), "decisions": bench.on_decisions(clock)}
    now = clock.now()
    report: dict[str, Any] = {
        "champion": bench.champion.model_id,
        "challenger": bench.challenger.model_id,
        "encoder": bench.encoder.encoder_id,
        "made": now.isoformat(timespec="seconds"),
        "rules": asdict(rules),
        "parts": parts,
        **conclude(parts),
    }
    folder = registry.folder / REPORTS
    stem = f"{now:%Y%m%dT%H%M%S.%f}-{bench.challenger.model_id}-vs-{bench.champion.model_id}"
    if challenger != SHIPPED:
        folder = registry.folder_of(challenger) / "comparisons"
    with writing_into(folder):
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        atomic_write(folder / f"{stem}.json", text)
        atomic_write(folder / f"{stem}.md", render_report(report))
    return Comparison(report, folder / f"{stem}.md")


class _Bench:
    """Two loaded classifiers and what they are compared on."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        registry: Registry,
        champion: str,
        challenger: str,
        rules: Rules,
        progress: Progress,
    ) -> None:
        self.settings, self.store, self.rules, self.progress = settings, store, rules, progress
        try:
            self.champion = Classifier.load(registry.open(champion).folder)
        except ArtefactMismatch as error:
            raise ArtefactMismatch(
                f"the champion {champion} cannot be compared with: {error}; go back first with "
                "`litmine models rollback`"
            ) from None
        self.challenger = Classifier.load(registry.open(challenger).folder)
        self.encoder: Encoder = load_encoder(
            settings.models.encoder, workers=settings.models.threads
        )
        for classifier in (self.champion, self.challenger):
            classifier.require_encoder(self.encoder.encoder_id)
        self._seen = {
            _SEEN: _trained_on(registry, challenger),
            _SEEN_BY_CHAMPION: _trained_on(registry, champion) or frozenset(),
        }

    def on_gold(self, gold: Gold | None) -> dict[str, Any]:
        """Compare on a gold file."""
        if gold is None and not DEFAULT_GOLD.is_file():
            return _not_shown("no gold file", "no gold labels were given (--gold FILE)")
        chosen = gold or Gold(DEFAULT_GOLD)
        records = {r["id"]: r for r in read_labels(chosen.labels)}
        return self._part(
            chosen.labels.name,
            records,
            lambda ids: find_texts(ids, chosen.papers, self.store),
        )

    def on_decisions(self, clock: Clock) -> dict[str, Any]:
        """Compare on the newest decisions that the challenger has not seen."""
        with self.store.read() as connection:
            found = reviewed(connection, HoldBack(), clock.now())
        standing = [*found.used, *found.held]
        seen = self._seen[_SEEN] or frozenset()
        fresh = [d for d in standing if d.arxiv_id not in seen][-_MOST_DECISIONS:]
        part = self._part(
            "standing decisions",
            {d.arxiv_id: as_label(d) for d in fresh},
            lambda ids: {i: text_of(found.papers[i]) for i in ids},
        )
        trained = len(standing) - len([d for d in standing if d.arxiv_id not in seen])
        if trained:
            part["left_out"] = {**part["left_out"], _SEEN: trained}
        if fresh:
            part["source"] = (
                f"decisions of {fresh[0].decided_at:%Y-%m-%d} to {fresh[-1].decided_at:%Y-%m-%d}"
            )
        return part

    def _part(
        self,
        source: str,
        records: Mapping[str, Mapping[str, Any]],
        texts_of: Callable[[Sequence[str]], Mapping[str, PaperText]],
    ) -> dict[str, Any]:
        left_out: dict[str, int] = {}
        ids = list(records)
        for reason, seen in self._seen.items():
            if seen is None:
                return _not_shown(
                    source,
                    f"what the challenger was trained on is not recorded ({TRAINED_ON} is missing "
                    "or altered): train it again",
                )
            left_out[reason] = sum(i in seen for i in ids)
            ids = [i for i in ids if i not in seen]
        texts = texts_of(ids)
        left_out["without a text"] = sum(i not in texts for i in ids)
        ids = [i for i in ids if i in texts]
        cells = load_taxonomy().cells
        truth = Truth(
            source,
            np.array([bool(records[i]["relevant"]) for i in ids], bool),
            np.array([[c in records[i].get("cells", ()) for c in cells] for i in ids], bool),
            [tuple(records[i].get("technique", ())) for i in ids],
            left_out,
        )
        old, new = self._judge(ids, [texts[i] for i in ids], cells, source)
        return compare(old, new, truth, self.rules)

    def _judge(
        self, ids: Sequence[str], texts: Sequence[PaperText], cells: Sequence[str], source: str
    ) -> tuple[Scores, Scores]:
        vectors = vectors_of(
            self.encoder, ids, texts, store=self.store, progress=self.progress, what=source
        )
        papers = [TextRecord(i, i, t.title, t.abstract) for i, t in zip(ids, texts, strict=True)]
        # No paper under comparison is evidence on another one of them.
        library = self._library().without(ids)
        champion, challenger = (
            scores_of(c.model_id, c.predict(papers, vectors, library), cells)
            for c in (self.champion, self.challenger)
        )
        return champion, challenger

    def _library(self) -> LabelledLibrary:
        with self.store.read() as connection:
            seeded = corpus_fingerprint(connection) is not None
        if not seeded:  # no nightly run yet
            return LabelledLibrary.from_corpus(encoder_id=self.encoder.encoder_id)
        return library_from_store(RunContext(self.settings, self.store), self.encoder.encoder_id)


def _not_shown(source: str, why: str) -> dict[str, Any]:
    return {
        "source": source,
        "papers": 0,
        "relevant": 0,
        "left_out": {},
        "figures": {},
        "verdict": "not shown",
        "why": f"could not be shown: {why}",
    }


def _trained_on(registry: Registry, model: str) -> frozenset[str] | None:
    """Ids of the papers whose labels a model has seen; None when that is not on record."""
    artefact = registry.open(model)
    try:
        ids = (artefact.folder / TRAINED_ON).read_text(encoding="utf-8").split()
    except OSError:
        return None
    if hash_of_ids(ids) != artefact.manifest["facts"].get("trained_on_sha256"):
        return None
    return frozenset(ids)
